import { checkFunction, checkMethods } from '../../errors/arguments.js';
import { isServiceError, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { ResolutionRules } from '../../rules/resolution-rules.js';
import type { Account } from '../manager/account.js';
import { AccountManager, type AccountManagerOptions, type UnsavedOfAccount } from '../manager/account-manager.js';
import { Backoff, DEFAULT_RETRY_DELAYS } from '../manager/background-job.js';
import { tellFailure } from '../manager/environment.js';
import type { UnsentEdits } from '../manager/unsent-edits.js';
import { Mutex } from '../model/mutex.js';
import type { StorageLease } from '../storage/device-storage.js';
import { type LeftoverRefusal, Leftovers } from './leftovers.js';
import { handedOver, release, takeSlot } from './slot-choice.js';
import { PARTING, type TabEvent, type TabHost } from './tab-host.js';

/** What a {@link Tab} needs from the application. */
export interface TabOptions extends Omit<AccountManagerOptions, 'storage' | 'wait'> {
  /** `new BrowserTab({ name })` of `deltaic/storage/indexeddb`. */
  readonly host: TabHost;
  /**
   * Called with the account manager, to link accounts and open datastores: at first, and again whenever the tab had to
   * take another slot, or the browser has brought the page back. Everything that was open before is closed then.
   */
  readonly started: (accounts: AccountManager) => void | Promise<void>;
  /** The merge functions of edits that a closed tab has left, by the id of the datastore. */
  readonly rules?: (datastore: string) => ResolutionRules;
  /** Called with edits of a closed tab that the server refused. By default the reason goes to `onFailure`. */
  readonly refused?: (refusal: LeftoverRefusal) => void;
}

/** What goes wrong with the storage itself: another datastore would fare no better. */
const STORAGE_CODES = ['storage', 'quota', 'lease-lost'] as const;

type TabState =
  | {
      readonly type: 'working';
      readonly slot: number;
      readonly lease: StorageLease;
      readonly accounts: AccountManager;
    }
  /** Between two slots, or put aside by the browser. */
  | { readonly type: 'between'; readonly carried: Carried }
  | { readonly type: 'closed' };

/** What a tab takes along from one slot to the next: it is in memory alone, until the next slot has it. */
interface Carried {
  readonly accounts: readonly string[];
  readonly unsaved: UnsavedOfAccount[];
}

/** How long after the end of a tab its slot is surely free, in ms. */
const PARTING_TIME = 1_000;

/**
 * A browser tab: a device of its own, in a slot that no other tab uses. It uploads what closed tabs have left in theirs.
 * When it loses its slot, or the browser has put the page aside, it goes on in a slot that is free, with everything that was
 * not stored. Spec: TAB-1 to TAB-9.
 */
export class Tab {
  readonly #options: TabOptions;
  readonly #mutex = new Mutex();
  readonly #backoff: Backoff;
  readonly #leftovers: Leftovers;
  readonly #stopListening: () => void;
  #state: TabState = { type: 'between', carried: { accounts: [], unsaved: [] } };
  #closing: Promise<void> | undefined;
  /** Ends a pause between two tries. */
  #wake: () => void = () => undefined;

  private constructor(options: TabOptions) {
    const { host, started: _, connect: __, rules = () => new ResolutionRules(), refused, ...rest } = options;
    const { onAccountGone: handOver, ...others } = rest;
    this.#options = options;
    this.#backoff = new Backoff(options.environment, options.retryDelays ?? DEFAULT_RETRY_DELAYS);
    this.#leftovers = new Leftovers({
      ...{ host, rules, options: others, handOver },
      own: () => (this.#state.type === 'working' ? this.#state : undefined),
      refused:
        refused ??
        ((refusal) => {
          for (const { refusal: reason } of refusal.refused) this.#failed(refusedError(refusal, reason.message));
        }),
      failed: (error) => this.#failed(error),
    });
    this.#stopListening = host.listen((event) => this.#hear(event));
  }

  /**
   * Takes a slot and begins.
   *
   * @throws DatastoreError `invalid-option`, `storage`, and as `AccountManager.open` and `started` throw.
   */
  static async open(options: TabOptions): Promise<Tab> {
    checkMethods<TabHost>(options.host, 'host', ['tell', 'listen']);
    checkFunction(options.started, 'started');
    const tab = new Tab(options);
    try {
      await tab.#mutex.run(() => tab.#begin({ accounts: [], unsaved: [] }));
      return tab;
    } catch (error) {
      await tab.close();
      throw error;
    }
  }

  /** The account manager, or `undefined` while the tab is between two slots, put aside or closed. */
  get accounts(): AccountManager | undefined {
    return this.#state.type === 'working' ? this.#state.accounts : undefined;
  }

  /** The number of the slot, or `undefined` as {@link accounts}. */
  get slot(): number | undefined {
    return this.#state.type === 'working' ? this.#state.slot : undefined;
  }

  /** Closes the account manager and gives the slot back. Closing twice is closing once. @throws DatastoreError `storage`. */
  close(): Promise<void> {
    this.#stopListening();
    this.#closing ??= this.#mutex.run(async () => {
      await this.#leave();
      this.#state = { type: 'closed' };
    });
    this.#wake();
    return this.#closing;
  }

  #hear(event: TabEvent): void {
    switch (event.type) {
      case 'online':
      case 'offline':
        this.accounts?.setOnline(event.type === 'online');
        if (event.type === 'online') this.#leftovers.ask();
        break;
      case 'told':
        if (event.message === PARTING) this.#options.environment.schedule(PARTING_TIME, () => this.#leftovers.ask());
        break;
      case 'leaving':
        // First, and not only as a part of closing: a page may be gone before anything else is answered.
        this.#flush();
        this.#do(() => this.#leave());
        break;
      case 'back':
        // What happened meanwhile was not told. The write learns whether the lease is still held.
        this.accounts?.setOnline(this.#options.host.isOnline);
        if (this.#state.type === 'working') this.#state.lease.write({}).catch(() => undefined);
        this.#do(() => this.#return());
        break;
      case 'hidden':
        this.#flush();
        break;
    }
  }

  #flush(): void {
    this.accounts?.flush().catch((error: unknown) => this.#failed(error));
  }

  #do(work: () => Promise<void>): void {
    this.#mutex.run(work).catch((error: unknown) => this.#failed(error));
  }

  /** Gives the slot back. What the slot does not have stays in memory. */
  async #leave(): Promise<void> {
    if (this.#state.type !== 'working') return;
    const { accounts } = this.#state;
    const carried = { accounts: accounts.linkedAccounts.map(({ id }) => id), unsaved: accounts.unsaved };
    this.#state = { type: 'between', carried };
    const ended = accounts.close();
    await this.#leftovers.pause();
    await ended.catch((error: unknown) => this.#failed(error));
    this.#options.host.tell(PARTING);
  }

  /** Goes on in a slot that is free. It tries until it has one, since what it carries exists nowhere else. */
  async #return(): Promise<void> {
    while (this.#state.type === 'between' && this.#closing === undefined) {
      try {
        await this.#begin(this.#state.carried);
        this.#backoff.reset();
      } catch (error) {
        this.#failed(error);
        if (this.#state.type === 'between') await this.#pause();
      }
    }
  }

  /** Begins in a slot that is free; in another one if that is lost at once. @throws DatastoreError `storage`, and as the application. */
  async #begin(carried: Carried): Promise<void> {
    for (let isBegun = false; !isBegun; ) {
      try {
        await this.#beginOnce(carried);
        isBegun = true;
      } catch (error) {
        if (!isServiceError(error, 'lease-lost')) throw error;
        // Lost after the beginning, it is left as any slot that is lost.
        isBegun = this.#state.type !== 'between';
      }
    }
  }

  /** @throws DatastoreError `storage`, `lease-lost`, and what `connect` and `started` throw. */
  async #beginOnce(carried: Carried): Promise<void> {
    const { host, started, rules: _, refused: __, onAccountGone, ...options } = this.#options;
    this.#leftovers.prepare();
    const taken = await takeSlot(host, options.environment, (error) => this.#failed(error));
    const { slot } = taken;
    const handOver = async (account: Account, unsent: UnsentEdits): Promise<void> => {
      // First what closed tabs have left, which no tab may ever look at again once this one has no such account.
      await this.#leftovers.leaveGone(account, slot);
      await onAccountGone?.(account, unsent);
    };
    const lease = this.#watched(taken.lease);
    let accounts: AccountManager | undefined;
    try {
      host.remembered = slot;
      await host.slots.put({ slot, stuck: [] });
      const onFailure = (error: unknown): void => this.#failed(error);
      accounts = await AccountManager.open({
        ...{ ...options, onFailure, storage: handedOver(lease) },
        ...(onAccountGone !== undefined && { onAccountGone: handOver }),
      });
      for (const id of carried.accounts) await accounts.link(id);
      await this.#adopt(accounts, carried.unsaved);
    } catch (error) {
      await accounts?.close().catch(() => undefined);
      await release(lease);
      throw error;
    }
    accounts.addListener(() => this.#leftovers.ask());
    this.#state = { type: 'working', slot, lease, accounts };
    accounts.setOnline(host.isOnline);
    this.#leftovers.start();
    await started(accounts);
  }

  /** Takes over what is carried, one datastore after the other: what the slot has is carried no more. */
  async #adopt(accounts: AccountManager, unsaved: UnsavedOfAccount[]): Promise<void> {
    for (let [first] = unsaved; first !== undefined; [first] = unsaved) {
      try {
        await accounts.adopt(first);
      } catch (error) {
        if (STORAGE_CODES.some((code) => isServiceError(error, code))) throw error;
        this.#failed(error);
      }
      unsaved.shift();
    }
  }

  /** A lease that makes the tab take another slot if the lease is lost. */
  #watched(lease: StorageLease): StorageLease {
    const moveOn = async (): Promise<void> => {
      if (this.#state.type !== 'working' || this.#state.lease !== watched) return;
      await this.#leave();
      await this.#return();
    };
    const watched: StorageLease = {
      generation: lease.generation,
      get: (key) => lease.get(key),
      getAll: (prefix) => lease.getAll(prefix),
      release: () => lease.release(),
      write: async (batch) => {
        try {
          await lease.write(batch);
        } catch (error) {
          if (isServiceError(error, 'lease-lost')) this.#do(moveOn);
          throw error;
        }
      },
    };
    return watched;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#options.environment.schedule(this.#backoff.next(), resolve);
    });
  }

  #failed(error: unknown): void {
    // The tab goes elsewhere then, with what was not stored.
    if (isServiceError(error, 'lease-lost')) return;
    tellFailure(error, this.#options);
  }
}

function refusedError({ account, datastore }: LeftoverRefusal, reason: string): ServiceError {
  const where = `datastore ${quote(datastore)} of ${quote(account)}`;
  return new ServiceError('server', `the server refused an edit of a closed tab in ${where}: ${reason}`);
}
