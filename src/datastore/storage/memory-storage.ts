import { DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import { compareText } from '../../values/text.js';
import type { AcquireOptions, Batch, DeviceStorage, StorageLease } from './device-storage.js';
import { alreadyOpen, checkBatch, checkKey, leaseLost, leaseReleased } from './lease-errors.js';

/** A call to a storage in memory, as its hook sees it. */
export interface StorageCall {
  readonly method: 'acquire' | 'get' | 'getAll' | 'write' | 'release';
  /** The key or prefix; of a batch, the first key in it. */
  readonly key: string;
  readonly batch?: Batch;
}

/**
 * Runs before a call takes effect. What it throws is what the call rejects with, and the call then changes nothing; a
 * promise delays the call and all that come after it.
 */
export type StorageHook = (call: StorageCall) => void | Promise<void>;

const WHERE = 'the storage in memory';

/**
 * A storage that lasts as long as the object: for tests, and for an application that wants to keep nothing. Batches are
 * atomic and leases are fenced as on a real disk, and a test can let the owner die, or the power fail.
 */
export class MemoryStorage implements DeviceStorage {
  readonly #hook: StorageHook;
  #values = new Map<string, Uint8Array>();
  /** The values as of the last strict batch: what is there after a power cut. */
  #strict = new Map<string, Uint8Array>();
  #generation = 0;
  #holder: MemoryLease | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(hook: StorageHook = () => undefined) {
    this.#hook = hook;
  }

  async acquire({ wait }: AcquireOptions = {}): Promise<StorageLease> {
    await this.#hook({ method: 'acquire', key: '' });
    while (this.#holder !== undefined) {
      if (wait === undefined || (wait !== true && wait.aborted)) throw alreadyOpen(WHERE);
      await this.#nextRelease(wait === true ? undefined : wait);
    }
    const lease: MemoryLease = new MemoryLease(this.#hook, ++this.#generation, {
      isHeld: (): boolean => this.#holder === lease,
      values: () => this.#values,
      commit: (values, isStrict) => {
        this.#values = values;
        if (isStrict) this.#strict = values;
      },
      free: () => this.#free(lease),
    });
    this.#holder = lease;
    return lease;
  }

  /** A separate storage with the same values, which nobody holds: what a crash at this moment would leave. */
  copy(hook?: StorageHook): MemoryStorage {
    const copy = new MemoryStorage(hook);
    copy.#values = this.#values;
    copy.#strict = this.#strict;
    copy.#generation = this.#generation;
    return copy;
  }

  /** The owner dies: what it has not written is gone, and the lease is free. */
  kill(): void {
    if (this.#holder !== undefined) this.#free(this.#holder);
  }

  /** The power fails: the owner dies, and all that was written after the last strict batch is gone. */
  cutPower(): void {
    this.#values = this.#strict;
    this.kill();
  }

  #free(lease: MemoryLease): void {
    if (this.#holder !== lease) return;
    this.#holder = undefined;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #nextRelease(signal: Exclude<AcquireOptions['wait'], true | undefined> | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.push(wake);
      signal?.addEventListener('abort', wake);
    });
  }
}

interface Medium {
  readonly isHeld: () => boolean;
  readonly values: () => ReadonlyMap<string, Uint8Array>;
  readonly commit: (values: Map<string, Uint8Array>, isStrict: boolean) => void;
  readonly free: () => void;
}

class MemoryLease implements StorageLease {
  readonly generation: number;
  readonly #hook: StorageHook;
  readonly #medium: Medium;
  #isReleased = false;
  /** The end of the calls so far: each waits for those before it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(hook: StorageHook, generation: number, medium: Medium) {
    this.#hook = hook;
    this.generation = generation;
    this.#medium = medium;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#call({ method: 'get', key }, () => this.#medium.values().get(key)?.slice());
  }

  getAll(prefix: string): Promise<readonly (readonly [key: string, value: Uint8Array])[]> {
    return this.#call({ method: 'getAll', key: prefix }, () =>
      [...this.#medium.values()]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([one], [other]) => compareText(one, other))
        .map(([key, value]) => [key, value.slice()] as const),
    );
  }

  write(batch: Batch): Promise<void> {
    try {
      checkBatch(batch);
    } catch (error) {
      return Promise.reject(error);
    }
    const { deletes = [], isStrict = false } = batch;
    const puts = (batch.puts ?? []).map(([key, value]) => [key, value.slice()] as const);
    const [first] = [...puts.map(([key]) => key), ...deletes];
    return this.#call({ method: 'write', key: first ?? '', batch }, () => {
      const values = new Map(this.#medium.values());
      for (const [key, value] of puts) values.set(key, value);
      for (const key of deletes) values.delete(key);
      this.#medium.commit(values, isStrict);
    });
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    const last = this.#last;
    this.#isReleased = true;
    await last;
    await this.#hook({ method: 'release', key: '' });
    this.#medium.free();
  }

  #call<Result>(call: StorageCall, action: () => Result): Promise<Result> {
    if (this.#isReleased) return Promise.reject(leaseReleased(WHERE));
    const result = this.#last.then(async () => {
      if (call.method === 'get') checkKey(call.key);
      await this.#runHook(call);
      // Nothing can come between this question and the effect.
      if (!this.#medium.isHeld()) throw leaseLost(WHERE);
      return action();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #runHook(call: StorageCall): Promise<void> {
    try {
      await this.#hook(call);
    } catch (error) {
      if (error instanceof DatastoreError) throw error;
      throw new ServiceError('storage', `${WHERE} failed`, {}, error);
    }
  }
}
