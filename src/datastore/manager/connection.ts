import type { DatastoreError } from '../../errors/datastore-error.js';
import { Backoff, type RetryDelays } from './backoff.js';
import type { Environment } from './environment.js';
import type { Link, LinkEvent, Watch } from './link.js';

export interface ConnectionOptions {
  readonly link: Link;
  readonly environment: Environment;
  readonly delays: RetryDelays;
  /** Hears every event of the watch, also that it ended. */
  readonly heard: (event: LinkEvent) => void;
}

/**
 * Keeps a watch on the server while anybody is interested, and begins another when one ends, after a wait that grows.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #backoff: Backoff;
  #handles: readonly string[] = [];
  #isWanted = false;
  #isOnline = true;
  #isConnected = false;
  #watch: Watch | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.environment, options.delays);
  }

  /** Whether the watch works, as far as is known. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Whether a watch is kept, or would be if the server could be reached. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Says whether to keep a watch, and which datastores it should tell about. */
  want(isWanted: boolean, handles: readonly string[]): void {
    this.#isWanted = isWanted;
    this.#handles = handles;
    this.#watch?.follow(handles);
    this.#adjust();
  }

  /** Stops watching while the device is known to be offline. Coming online tries at once. */
  setOnline(isOnline: boolean): void {
    this.#isOnline = isOnline;
    this.#backoff.reset();
    this.#adjust();
  }

  close(): void {
    this.want(false, []);
  }

  #adjust(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    if (this.#isWanted && this.#isOnline) this.#begin();
    else this.#end();
  }

  #begin(): void {
    if (this.#watch !== undefined) return;
    const watch = this.#options.link.watch((event) => {
      if (watch === this.#watch) this.#hear(event);
    });
    this.#watch = watch;
    watch.follow(this.#handles);
  }

  #end(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#isConnected = false;
  }

  #hear(event: LinkEvent): void {
    if (event.type === 'connected') {
      this.#isConnected = true;
      this.#backoff.reset();
    }
    if (event.type === 'disconnected') this.#retry(event.error);
    this.#options.heard(event);
  }

  #retry(error: DatastoreError): void {
    this.#end();
    if (error.code === 'unauthorized') return;
    this.#cancelRetry = this.#options.environment.schedule(this.#backoff.next(), () => this.#adjust());
  }
}
