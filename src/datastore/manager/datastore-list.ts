import { DatastoreError } from '../../errors/datastore-error.js';
import type { Listener } from '../model/listeners.js';
import { Listeners } from '../model/listeners.js';
import type { RetryDelays } from './backoff.js';
import type { DatastoreCache } from './datastore-cache.js';
import type { Environment } from './environment.js';
import { isPassing } from './failure.js';
import type { Link } from './link.js';
import { type DatastoreInfo, listing } from './listing.js';
import { Worker } from './worker.js';

export interface DatastoreListOptions {
  readonly cache: DatastoreCache;
  readonly link: Link | undefined;
  readonly environment: Environment;
  readonly delays: RetryDelays;
  /** Tells the listeners' manager, and hears what they throw. */
  readonly failed: (error: unknown) => void;
  readonly unauthorized: () => void;
}

/** The list of a manager's datastores, and those who want to know when it changes. Spec: BACK-10, BACK-11. */
export class DatastoreList<Owner> {
  readonly #owner: Owner;
  readonly #options: DatastoreListOptions;
  readonly #listeners: Listeners<{ change: Owner }>;
  readonly #worker: Worker;
  /** What the listeners were told last, as text. */
  #told = '';

  constructor(owner: Owner, options: DatastoreListOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#listeners = new Listeners(options.failed);
    this.#worker = new Worker({
      environment: options.environment,
      delays: options.delays,
      job: () => this.refresh(),
      failed: (error) => this.#fail(error),
    });
  }

  /** What is known now. */
  get infos(): readonly DatastoreInfo[] {
    const { cache } = this.#options;
    return listing(cache.remoteList, cache.summaries);
  }

  get hasListeners(): boolean {
    return this.#listeners.has('change');
  }

  addListener(listener: Listener<Owner>): void {
    if (!this.hasListeners) this.#told = this.#text();
    this.#listeners.add('change', listener);
  }

  removeListener(listener: Listener<Owner>): void {
    this.#listeners.remove('change', listener);
    if (!this.hasListeners) this.#worker.rest();
  }

  /** Asks the server. @throws DatastoreError for what the link or the storage reject with. */
  async refresh(): Promise<void> {
    const { link, cache } = this.#options;
    if (link === undefined) return;
    await cache.writeRemoteList(await link.list());
    this.changed();
  }

  /** Asks the server in the background, again and again until it answers. */
  ask(): void {
    this.#worker.ask();
  }

  /** Tells the listeners if the list is another one than they know. */
  changed(): void {
    if (!this.hasListeners) return;
    const text = this.#text();
    if (text === this.#told) return;
    this.#told = text;
    this.#listeners.tell('change', this.#owner);
  }

  close(): void {
    this.#worker.stop();
    this.#listeners.close();
  }

  #fail(error: unknown): boolean {
    if (!(error instanceof DatastoreError)) {
      this.#options.failed(error);
      return false;
    }
    if (error.code === 'unauthorized') this.#options.unauthorized();
    return isPassing(error) && this.hasListeners;
  }

  #text(): string {
    return JSON.stringify(this.infos);
  }
}
