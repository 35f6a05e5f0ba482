import type { Replica } from '../../sync/replica.js';
import type { Role } from '../../sync/role.js';
import type { DatastoreCache } from './datastore-cache.js';

export interface ReplicaStoreOptions {
  readonly id: string;
  readonly replica: Replica;
  readonly cache: DatastoreCache;
  readonly handle: string | undefined;
  /** Hears that what is stored of the datastore has changed. */
  readonly stored: () => void;
}

/** Stores one replica, one write at a time. Calls that come during a write share the next one. */
export class ReplicaStore {
  readonly #options: ReplicaStoreOptions;
  #handle: string | undefined;
  #role: Role;
  #isStopped = false;
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(options: ReplicaStoreOptions) {
    this.#options = options;
    this.#handle = options.handle;
    this.#role = options.replica.role;
  }

  /** How the server names the datastore, or `undefined` while it was not told of it. */
  get handle(): string | undefined {
    return this.#handle;
  }

  /** Stores the replica with all that was sealed. Resolves once that is safe. @throws DatastoreError `storage`. */
  save(): Promise<void> {
    if (this.#next === undefined) {
      const next = this.#last.then(() => {
        this.#next = undefined;
        return this.#write();
      });
      this.#next = next;
      this.#last = next.catch(() => undefined);
    }
    return this.#next;
  }

  /** Notes the handle, and stores it. @throws DatastoreError `storage`. */
  setHandle(handle: string): Promise<void> {
    this.#handle = handle;
    return this.save();
  }

  /** Writes nothing any more. Resolves when the last write has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#last;
  }

  async #write(): Promise<void> {
    if (this.#isStopped) return;
    const { id, replica, cache, stored } = this.#options;
    this.#role = replica.role;
    const { hasOutgoing, isInFlight } = replica.status;
    const [handle, role] = [this.#handle, this.#role];
    const isUploaded = handle !== undefined && !hasOutgoing && !isInFlight;
    const { title, mtime } = replica;
    await cache.write(id, { handle, role, replica: replica.saveSealed() }, { handle, role, title, mtime, isUploaded });
    stored();
  }
}
