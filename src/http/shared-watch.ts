import type { LinkEvent, Watch } from '../datastore/manager/link.js';
import { ServiceError } from '../errors/datastore-error.js';

/** What tabs tell each other. Tabs of other versions skip what they do not know. */
export type TabMessage =
  /** A tab is there, and follows these datastores. */
  | { readonly type: 'follow'; readonly tab: string; readonly handles: readonly string[] }
  /** The tab that has the stream is there. */
  | { readonly type: 'alive' }
  /** The stream works, or something came on it: for one tab, or for all. */
  | { readonly type: 'told'; readonly to?: string; readonly event: TabEvent }
  /** The stream has ended; perhaps the server has said after how many ms to come back. */
  | { readonly type: 'lost'; readonly after: number | undefined };

/** An event without what cannot be sent to another tab. */
type TabEvent = Exclude<LinkEvent, { type: 'disconnected' }>;

/** The tabs of a browser that share a stream, as one of them sees them. */
export interface TabGroup {
  /** Asks for the lock of the group. @param held is called once this tab has it. @returns a function that gives it back. */
  lock(held: () => void): () => void;
  /** Joins the group: hears what the others send. */
  join(listener: (message: TabMessage) => void): TabChannel;
}

/** What a tab that has joined can do. */
export interface TabChannel {
  /** Sends to the others. */
  post(message: TabMessage): void;
  leave(): void;
}

/** How often tabs say that they are there, in ms. */
const BEAT = 15_000;
/** After so many silent ms a tab asks by itself, and one that says nothing is forgotten. */
const SILENCE = 2 * BEAT;
/** How long a tab whose stream has ended keeps the lock, in ms, so that the others hear of it before one of them gets it. */
const HANDOVER = 250;

type Role =
  /** Another tab has the stream, or nobody yet. */
  | { readonly type: 'listening' }
  /** This tab has the stream, for all. */
  | { readonly type: 'leading'; readonly watch: Watch }
  /** The tab that has the lock says nothing: it may be frozen. This one has a stream for itself. */
  | { readonly type: 'alone'; readonly watch: Watch }
  | { readonly type: 'ended' };

/**
 * A watch that shares one stream with the other tabs of a browser: HTTP/1.1 gives an origin six connections, and a stream for
 * each tab would use them up. The tab that holds the lock has the stream and relays what it hears; the others ask by
 * themselves after two silent heartbeats. Spec: HTTP-13.
 */
export class SharedWatch implements Watch {
  readonly #channel: TabChannel;
  readonly #open: (listener: (event: LinkEvent) => void) => Watch;
  readonly #listener: (event: LinkEvent) => void;
  readonly #tab: string = crypto.randomUUID();
  readonly #beat: ReturnType<typeof setInterval>;
  readonly #unlock: () => void;
  /** What the other tabs follow, and when they said so. */
  readonly #others = new Map<string, { readonly handles: readonly string[]; readonly at: number }>();
  /** The last event of each datastore, for tabs that begin to follow it. */
  readonly #last = new Map<string, TabEvent>();
  #role: Role = { type: 'listening' };
  #handles: readonly string[] = [];
  #isConnected = false;
  #heardAt = Date.now();

  /** @param open begins a watch of this tab's own. */
  constructor(
    group: TabGroup,
    open: (listener: (event: LinkEvent) => void) => Watch,
    listener: (event: LinkEvent) => void,
  ) {
    this.#open = open;
    this.#listener = listener;
    this.#channel = group.join((message) => this.#hear(message));
    this.#unlock = group.lock(() => this.#lead());
    this.#beat = setInterval(() => this.#tick(), BEAT);
    this.#announce();
  }

  follow(handles: readonly string[]): void {
    this.#handles = [...handles];
    this.#announce();
    if (this.#role.type === 'leading') this.#followAll(this.#role.watch);
    else if (this.#role.type === 'alone') this.#role.watch.follow(this.#handles);
  }

  close(): void {
    this.#end();
    // Another tab gets the lock and goes on, without a break for the others.
    this.#unlock();
  }

  #end(): void {
    const role = this.#role;
    this.#role = { type: 'ended' };
    clearInterval(this.#beat);
    if ('watch' in role) role.watch.close();
    this.#channel.leave();
  }

  #lead(): void {
    if (this.#role.type === 'ended') return;
    if (this.#role.type === 'alone') this.#role.watch.close();
    const watch = this.#open((event) => {
      if (this.#role.type === 'leading' && this.#role.watch === watch) this.#relay(event);
    });
    this.#role = { type: 'leading', watch };
    this.#channel.post({ type: 'alive' });
    this.#followAll(watch);
  }

  #followAll(watch: Watch): void {
    const handles = new Set([...this.#handles, ...[...this.#others.values()].flatMap((other) => other.handles)]);
    for (const handle of this.#last.keys()) if (!handles.has(handle)) this.#last.delete(handle);
    watch.follow([...handles]);
  }

  /** Something came on the stream that this tab has for all. */
  #relay(event: LinkEvent): void {
    if (event.type === 'disconnected') {
      const { error } = event;
      this.#channel.post({ type: 'lost', after: error instanceof ServiceError ? error.retryAfter : undefined });
      this.#tell(event);
      return;
    }
    if ('handle' in event) this.#last.set(event.handle, event);
    this.#channel.post({ type: 'told', event });
    this.#tell(event);
  }

  #hear(message: TabMessage): void {
    if (message.type === 'follow') this.#noteOther(message.tab, message.handles);
    else if (message.type === 'alive' || message.type === 'told') this.#hearLeader(message);
    // Each tab watches again after a wait, and one of them gets the lock.
    else if (message.type === 'lost' && this.#role.type === 'listening') this.#disconnect(message.after);
  }

  #hearLeader(message: TabMessage): void {
    this.#heardAt = Date.now();
    if (this.#role.type === 'alone') {
      this.#role.watch.close();
      this.#role = { type: 'listening' };
      this.#announce();
    }
    if (this.#role.type !== 'listening' || message.type !== 'told') return;
    const { to, event } = message;
    if (to === undefined || to === this.#tab) this.#tell(event);
  }

  #noteOther(tab: string, handles: readonly string[]): void {
    const known = this.#others.get(tab);
    this.#others.set(tab, { handles, at: Date.now() });
    if (this.#role.type !== 'leading') return;
    const isKnown = known !== undefined && JSON.stringify(known.handles) === JSON.stringify(handles);
    if (isKnown) return;
    if (this.#isConnected) this.#channel.post({ type: 'told', to: tab, event: { type: 'connected' } });
    for (const handle of handles) {
      const event = this.#last.get(handle);
      if (event !== undefined) this.#channel.post({ type: 'told', to: tab, event });
    }
    this.#followAll(this.#role.watch);
  }

  #tick(): void {
    const now = Date.now();
    for (const [tab, { at }] of this.#others) if (now - at > SILENCE) this.#others.delete(tab);
    this.#announce();
    if (this.#role.type === 'leading') this.#channel.post({ type: 'alive' });
    else if (this.#role.type === 'listening' && now - this.#heardAt > SILENCE) this.#goAlone();
  }

  #goAlone(): void {
    const watch = this.#open((event) => {
      if (this.#role.type === 'alone' && this.#role.watch === watch) this.#tell(event);
    });
    this.#role = { type: 'alone', watch };
    watch.follow(this.#handles);
  }

  /** Says that this tab is there, and what it follows. */
  #announce(): void {
    this.#channel.post({ type: 'follow', tab: this.#tab, handles: this.#handles });
  }

  #tell(event: LinkEvent): void {
    if (this.#role.type === 'ended') return;
    if (event.type === 'connected') {
      if (this.#isConnected) return;
      this.#isConnected = true;
    } else if (event.type === 'disconnected') {
      this.#end();
      setTimeout(this.#unlock, HANDOVER);
    } else if ('handle' in event && !this.#handles.includes(event.handle)) return;
    this.#listener(event);
  }

  #disconnect(after: number | undefined): void {
    const reason = 'the tab that had the stream has lost it';
    const error = new ServiceError('network', reason, {}, undefined, 'unknown', after);
    this.#tell({ type: 'disconnected', error });
  }
}

/** The parts of a browser that are used. */
interface Browser {
  readonly navigator?: {
    readonly locks?: {
      request(name: string, options: { signal: AbortSignal }, callback: () => Promise<void>): Promise<unknown>;
    };
  };
  readonly BroadcastChannel?: new (
    name: string,
  ) => {
    onmessage: ((event: { readonly data: unknown }) => void) | null;
    postMessage(message: unknown): void;
    close(): void;
  };
}

/** The tabs of this browser that share the name, or `undefined` where there are no tabs. */
export function browserTabs(name: string): TabGroup | undefined {
  const { navigator, BroadcastChannel } = globalThis as unknown as Browser;
  const locks = navigator?.locks;
  if (locks === undefined || BroadcastChannel === undefined) return undefined;
  const channelName = `deltaic-watch-1:${name}`;
  return {
    lock: (held) => {
      const given = new AbortController();
      const hold = (): Promise<void> => {
        if (given.signal.aborted) return Promise.resolve();
        held();
        return new Promise((resolve) => given.signal.addEventListener('abort', () => resolve()));
      };
      locks.request(channelName, { signal: given.signal }, hold).catch(() => undefined);
      return () => given.abort();
    },
    join: (listener) => {
      const channel = new BroadcastChannel(channelName);
      channel.onmessage = ({ data }) => listener(data as TabMessage);
      return { post: (message) => channel.postMessage(message), leave: () => channel.close() };
    },
  };
}
