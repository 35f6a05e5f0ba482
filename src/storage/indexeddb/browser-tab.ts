import { type DBSchema, openDB } from 'idb';
import { PARTING, type SlotEntry, type Slots, type TabEvent, type TabHost } from '../../datastore/tabs/tab-host.js';
import { checkOptions, checkString } from '../../errors/arguments.js';
import { ServiceError } from '../../errors/datastore-error.js';
import { IndexedDbStorage } from './indexeddb-storage.js';
import { TabsAlive } from './tabs-alive.js';

/** Which application a {@link BrowserTab} belongs to. */
export interface BrowserTabOptions {
  /** Names the databases within the origin. Slot 0 is the database of `new IndexedDbStorage({ name })`. */
  readonly name: string;
}

/** The version of the registry and of what tabs tell each other. It is part of the names: old and new tabs do not meet. */
const FORMAT = 1;
const STORE = 'slots';

interface Registry extends DBSchema {
  [STORE]: { key: number; value: { readonly stuck: readonly string[] } };
}

/**
 * The page that this runs in, for a `Tab`: slots in IndexedDB databases, each held by a Web Lock as `IndexedDbStorage`
 * says; the slot that was had, in `sessionStorage`; a `BroadcastChannel`; and the events of the page. It works without
 * those that a browser lacks: a tab then may take another slot after a reload, or hear later that another tab has
 * ended. Spec: TAB-1, TAB-2, TAB-7.
 */
export class BrowserTab implements TabHost {
  readonly slots: Slots;
  readonly #key: string;
  readonly #listeners = new Set<(event: TabEvent) => void>();
  #channel: BroadcastChannel | undefined;
  #life: TabsAlive | undefined;

  /** @throws DatastoreError `invalid-option`. */
  constructor(options: BrowserTabOptions) {
    const { name } = checkOptions(options, { name: true });
    checkString(name, 'name');
    this.#key = `deltaic-v${FORMAT}-${name}/tabs`;
    this.slots = slotsOf(name, this.#key);
  }

  get remembered(): number | undefined {
    try {
      const text = sessionStorage.getItem(this.#key);
      const slot = Number(text);
      return text !== null && Number.isSafeInteger(slot) && slot >= 0 ? slot : undefined;
    } catch {
      return undefined;
    }
  }

  set remembered(slot: number | undefined) {
    try {
      if (slot === undefined) sessionStorage.removeItem(this.#key);
      else sessionStorage.setItem(this.#key, String(slot));
    } catch {
      // A worker and a page that may store nothing have none.
    }
  }

  get isOnline(): boolean {
    return navigator.onLine !== false;
  }

  tell(message: unknown): void {
    if (typeof BroadcastChannel !== 'function') return;
    const channel = this.#channel ?? new BroadcastChannel(this.#key);
    channel.postMessage(message);
    if (channel !== this.#channel) channel.close();
  }

  listen(listener: (event: TabEvent) => void): () => void {
    if (this.#listeners.size === 0) this.#begin();
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  #begin(): void {
    this.#openChannel();
    for (const type of ['pagehide', 'pageshow', 'online', 'offline']) globalThis.addEventListener(type, this.#hear);
    for (const type of ['visibilitychange', 'resume']) globalThis.document?.addEventListener(type, this.#hear);
  }

  #end(): void {
    this.#closeChannel();
    for (const type of ['pagehide', 'pageshow', 'online', 'offline']) globalThis.removeEventListener(type, this.#hear);
    for (const type of ['visibilitychange', 'resume']) globalThis.document?.removeEventListener(type, this.#hear);
  }

  readonly #hear = (event: Event): void => {
    const { type } = event;
    const isKept = (event as PageTransitionEvent).persisted === true;
    if (type === 'pagehide') {
      // A page with an open channel is not put aside by all browsers.
      this.#closeChannel();
      this.#pass({ type: 'leaving', isKept });
    } else if (type === 'resume' || (type === 'pageshow' && isKept)) {
      this.#openChannel();
      this.#pass({ type: 'back' });
    } else if (type === 'online' || type === 'offline') this.#pass({ type });
    else if (type === 'visibilitychange' && document.visibilityState === 'hidden') this.#pass({ type: 'hidden' });
  };

  #pass(event: TabEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  #openChannel(): void {
    if (this.#channel !== undefined || typeof BroadcastChannel !== 'function') return;
    const channel = new BroadcastChannel(this.#key);
    this.#channel = channel;
    this.#life = new TabsAlive(this.#key, {
      tell: (message) => channel.postMessage(message),
      ended: () => this.#pass({ type: 'told', message: PARTING }),
    });
    channel.addEventListener('message', ({ data }) => {
      if (this.#life?.hear(data) !== true) this.#pass({ type: 'told', message: data });
    });
  }

  #closeChannel(): void {
    this.#life?.end();
    this.#life = undefined;
    this.#channel?.close();
    this.#channel = undefined;
  }
}

function slotsOf(name: string, registry: string): Slots {
  return {
    list: () =>
      withRegistry(registry, async (database) => {
        const transaction = database.transaction(STORE);
        const [keys, values] = await Promise.all([transaction.store.getAllKeys(), transaction.store.getAll()]);
        return keys.map((slot, at): SlotEntry => ({ slot, stuck: values[at]?.stuck ?? [] }));
      }),
    put: ({ slot, stuck }) =>
      withRegistry(registry, async (database) => {
        const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
        transaction.store.put({ stuck }, slot).catch(() => undefined);
        transaction.commit();
        await transaction.done;
      }),
    storage: (slot) => new IndexedDbStorage({ name: slot === 0 ? name : `${name}/${slot}` }),
  };
}

type RegistryDatabase = Awaited<ReturnType<typeof openDB<Registry>>>;

/** Uses the registry, and closes it again: nobody ever waits for a page that has it open. */
async function withRegistry<Result>(
  name: string,
  action: (database: RegistryDatabase) => Promise<Result>,
): Promise<Result> {
  let database: RegistryDatabase | undefined;
  try {
    database = await openDB<Registry>(name, FORMAT, {
      upgrade: (upgraded) => void upgraded.createObjectStore(STORE),
    });
    return await action(database);
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new ServiceError('storage', `the registry of tabs "${name}" failed: ${reason}`, {}, error);
  } finally {
    database?.close();
  }
}

/**
 * Asks the browser not to delete the data of this site when room is scarce. Browsers decide by themselves, or ask the user;
 * some say yes only where the user has installed the application or visits it often.
 *
 * @returns whether the browser has promised it.
 */
export async function requestPersistence(): Promise<boolean> {
  const manager = typeof navigator === 'object' ? navigator.storage : undefined;
  if (typeof manager?.persist !== 'function') return false;
  return (await manager.persisted()) || (await manager.persist());
}
