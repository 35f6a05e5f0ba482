import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import type { Replica } from '../../sync/replica.js';
import type { SavedExtent } from '../../sync/saved-replica.js';
import type { DatastoreCache } from './datastore-cache.js';

export interface ReplicaStoreOptions {
  readonly id: string;
  readonly replica: Replica;
  readonly cache: DatastoreCache;
  readonly handle: string | undefined;
  /** Which edits are stored. */
  readonly extent: SavedExtent;
  /** Hears that what is stored of the datastore has changed. */
  readonly stored: () => void;
  /** Hears that no write is left to be done. */
  readonly rested: () => void;
}

/** Stores one replica, one write at a time. Calls that come during a write share the next one. */
export class ReplicaStore {
  readonly #options: ReplicaStoreOptions;
  #handle: string | undefined;
  #isStopped = false;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #unfinished = 0;

  constructor(options: ReplicaStoreOptions) {
    this.#options = options;
    this.#handle = options.handle;
  }

  /** How the server names the datastore, or `undefined` while it was not told of it. */
  get handle(): string | undefined {
    return this.#handle;
  }

  /**
   * Stores the replica as it is when the write begins, and resolves once that is safe.
   *
   * @throws DatastoreError `storage`, or `shut-down` once stopped.
   */
  save(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    const next = this.#last.then(() => {
      this.#next = undefined;
      return this.#write();
    });
    this.#next = next;
    this.#unfinished++;
    this.#last = next.catch(() => undefined).then(() => this.#finish());
    return next;
  }

  /** Whether no write is under way. */
  get isIdle(): boolean {
    return this.#unfinished === 0;
  }

  /** Notes the handle, and stores it. @throws DatastoreError as {@link save}. */
  async setHandle(handle: string): Promise<void> {
    this.#handle = handle;
    await this.save();
    await this.#options.cache.noteRemote(this.#options.id);
  }

  /** Begins no write any more. Resolves when the last one has ended. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#last;
  }

  #finish(): void {
    this.#unfinished--;
    if (this.isIdle && !this.#isStopped) this.#options.rested();
  }

  async #write(): Promise<void> {
    const { id, replica, cache, extent, stored } = this.#options;
    // Whoever asked must not take for stored what was not, and send it.
    if (this.#isStopped) throw new DatastoreError('shut-down', `datastore ${quote(id)} is not stored any more`);
    const { role, title, mtime, status } = replica;
    const handle = this.#handle;
    const isUploaded = handle !== undefined && !status.hasOutgoing && !status.isInFlight;
    await cache.write(id, { handle, role, replica: replica.save(extent) }, { handle, role, title, mtime, isUploaded });
    stored();
  }
}
