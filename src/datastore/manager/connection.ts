import type { DatastoreError } from '../../errors/datastore-error.js';
import { Backoff, type RetryDelays } from './background-job.js';
import { isOfAccount } from './credentials.js';
import type { Environment } from './environment.js';
import type { Link, LinkEvent, Watch } from './link.js';

/** What a {@link Connection} is given. */
export interface ConnectionContext {
  readonly link: Link;
  readonly environment: Environment;
  readonly delays: RetryDelays;
  /** Hears each event of the watch, including its end. */
  readonly heard: (event: LinkEvent) => void;
}

type ConnectionState =
  | { readonly type: 'off' }
  /** A watch has begun, and has not said yet that it works. */
  | { readonly type: 'connecting'; readonly watch: Watch }
  | { readonly type: 'connected'; readonly watch: Watch }
  /** The last watch ended, and the next one waits for its time. */
  | { readonly type: 'waiting'; readonly cancel: () => void };

/**
 * Keeps a watch on the server while somebody needs it and the device is online. When a watch ends, the next one begins
 * after a wait that grows.
 *
 * ```text
 *   off ── needed, online ──▶ connecting ── connected ──▶ connected
 *                                 ▲  │                        │
 *                    time is up,  │  │ disconnected           │ disconnected
 *                    asked again  └──┴─── waiting ◀───────────┘
 *
 *   any state ── not needed, or offline ──▶ off
 * ```
 */
export class Connection {
  readonly #context: ConnectionContext;
  readonly #backoff: Backoff;
  #state: ConnectionState = { type: 'off' };
  #handles: readonly string[] = [];
  #isNeeded = false;
  #isOnline = true;

  constructor(context: ConnectionContext) {
    this.#context = context;
    this.#backoff = new Backoff(context.environment, context.delays);
  }

  /** Whether the watch works, as far as is known. */
  get isConnected(): boolean {
    return this.#state.type === 'connected';
  }

  /** Sets whether a watch is needed, and which datastores it follows. */
  need(isNeeded: boolean, handles: readonly string[]): void {
    this.#isNeeded = isNeeded;
    this.#handles = handles;
    this.#watch?.follow(handles);
    this.#adjust();
  }

  /** Sets whether the device is online. Coming online begins a watch at once. */
  setOnline(isOnline: boolean): void {
    this.#isOnline = isOnline;
    this.#backoff.reset();
    this.#adjust();
  }

  close(): void {
    this.need(false, []);
  }

  get #watch(): Watch | undefined {
    return 'watch' in this.#state ? this.#state.watch : undefined;
  }

  #adjust(): void {
    if (this.#state.type === 'waiting') {
      this.#state.cancel();
      this.#state = { type: 'off' };
    }
    if (!this.#isNeeded || !this.#isOnline) this.#end();
    else if (this.#state.type === 'off') this.#begin();
  }

  #begin(): void {
    const watch = this.#context.link.watch((event) => {
      if (watch === this.#watch) this.#hear(watch, event);
    });
    this.#state = { type: 'connecting', watch };
    watch.follow(this.#handles);
  }

  #end(): void {
    const watch = this.#watch;
    this.#state = { type: 'off' };
    watch?.close();
  }

  #hear(watch: Watch, event: LinkEvent): void {
    if (event.type === 'connected') {
      this.#state = { type: 'connected', watch };
      this.#backoff.reset();
    }
    if (event.type === 'disconnected') this.#wait(event.error);
    this.#context.heard(event);
  }

  #wait(error: DatastoreError): void {
    this.#end();
    // The account is suspended, which ends the need for a watch.
    if (isOfAccount(error)) return;
    const cancel = this.#context.environment.schedule(this.#backoff.next(error), () => this.#adjust());
    this.#state = { type: 'waiting', cancel };
  }
}
