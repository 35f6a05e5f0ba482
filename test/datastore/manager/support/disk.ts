import {
  type AcquireOptions,
  type Batch,
  type DeviceStorage,
  MemoryStorage,
  type StorageHook,
  type StorageLease,
} from '../../../../src/datastore/index.js';
import { type CachedDatastore, ReplicaLog } from '../../../../src/datastore/manager/replica-log.js';

/** A storage in memory whose lease calls `get`, `getAll` and `write` here, where a test can hold or replace them. */
export class Disk implements DeviceStorage {
  readonly memory: MemoryStorage;
  #lease: StorageLease | undefined;

  constructor(hook?: StorageHook, memory: MemoryStorage = new MemoryStorage(hook)) {
    this.memory = memory;
  }

  async acquire(options?: AcquireOptions): Promise<StorageLease> {
    const lease = await this.memory.acquire(options);
    this.#lease = lease;
    return {
      generation: lease.generation,
      get: (key) => this.get(key),
      getAll: (prefix) => this.getAll(prefix),
      write: (batch) => this.write(batch),
      release: () => lease.release(),
    };
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#held.get(key);
  }

  getAll(prefix: string): Promise<readonly (readonly [string, Uint8Array])[]> {
    return this.#held.getAll(prefix);
  }

  write(batch: Batch): Promise<void> {
    return this.#held.write(batch);
  }

  /** What is stored under a key, read as JSON, past the lease and the hook. */
  async json(key: string): Promise<unknown> {
    const bytes = await (await this.memory.copy().acquire()).get(key);
    return bytes && JSON.parse(new TextDecoder().decode(bytes));
  }

  /** What is stored of a datastore, read past the lease and the hook. */
  async datastore(space: string, id: string): Promise<CachedDatastore | undefined> {
    const lease = await this.memory.copy().acquire();
    const keys = { base: `${space}/data/${id}`, records: `${space}/log/${id}/` };
    return ReplicaLog.read(keys, await lease.get(keys.base), await lease.getAll(keys.records))?.cached;
  }

  /** The keys that begin with a prefix, read past the lease and the hook. */
  async keys(prefix: string): Promise<string[]> {
    return (await (await this.memory.copy().acquire()).getAll(prefix)).map(([key]) => key);
  }

  /** A disk of its own with the same values, and with one value more or another one. */
  async with(key: string, bytes: Uint8Array): Promise<Disk> {
    const copy = this.copy();
    const lease = await copy.acquire();
    await lease.write({ puts: [[key, bytes]], isStrict: true });
    await lease.release();
    return copy;
  }

  /** What a crash at this moment would leave. */
  copy(hook?: StorageHook): Disk {
    return new Disk(undefined, this.memory.copy(hook));
  }

  /** The same medium, as another tab or process opens it. */
  again(): Disk {
    return new Disk(undefined, this.memory);
  }

  get #held(): StorageLease {
    if (this.#lease === undefined) throw new Error('nobody has taken the lease');
    return this.#lease;
  }
}

/** Whether a batch writes a key, or deletes it. */
export function puts(matches: (key: string) => boolean): (batch: unknown) => boolean {
  return (batch) => ((batch as Batch).puts ?? []).some(([key]) => matches(key));
}

export function deletes(matches: (key: string) => boolean): (batch: unknown) => boolean {
  return (batch) => ((batch as Batch).deletes ?? []).some(matches);
}
