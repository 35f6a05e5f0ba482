import type { AcquireOptions, Batch, DeviceStorage, StorageLease } from '../../datastore/storage/device-storage.js';
import { checkBatch, checkKey, leaseLost, leaseReleased } from '../../datastore/storage/lease-errors.js';
import { checkOptions, checkString } from '../../errors/arguments.js';
import { DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import { type Database, openEnvironment, type RootDatabase } from '../../lmdb/lmdb.js';
import { waitToLookAgain } from '../lease-wait.js';
import {
  announce,
  BEAT_INTERVAL,
  hold,
  isAlive,
  isRunningElsewhere,
  letGo,
  type Owner,
  ownerOf,
  withdraw,
} from './owner.js';

/** Where an {@link LmdbStorage} keeps its data. */
export interface LmdbStorageOptions {
  /** A directory on a local disk; it is made if it is missing. */
  readonly path: string;
}

/** The version of what is stored here. A storage of a newer one is refused. */
const FORMAT = 1;
const OWNER = 'owner';
const FORMAT_KEY = 'format';

/**
 * A storage in an LMDB environment. Every batch is one transaction and is on the disk when it resolves, strict or not;
 * batches that wait for the disk together share one sync.
 *
 * LMDB lets several processes open one environment, so the lease is a record beside the values: every write looks at it
 * in its own transaction. Whether the owner that it names still lives is found by its process; see `owner.ts`.
 */
export class LmdbStorage implements DeviceStorage {
  readonly #path: string;

  /** @throws DatastoreError `invalid-option`. */
  constructor(options: LmdbStorageOptions) {
    const { path } = checkOptions(options, { path: true });
    checkString(path, 'path');
    this.#path = path;
  }

  async acquire({ wait }: AcquireOptions = {}): Promise<StorageLease> {
    const where = `the storage in "${this.#path}"`;
    for (;;) {
      const lease = isRunningElsewhere(this.#path) ? undefined : await this.#take(where);
      if (lease !== undefined) return lease;
      await waitToLookAgain(wait, where);
    }
  }

  /** The lease, if it is free. */
  async #take(where: string): Promise<StorageLease | undefined> {
    const environment = openAt(this.#path);
    try {
      const owner = await take(environment, where);
      if (owner !== undefined) {
        announce(this.#path, owner);
        return new LmdbLease(environment, owner, where, this.#path);
      }
    } catch (error) {
      await environment.root.close();
      throw error;
    }
    await environment.root.close();
    return undefined;
  }
}

function openAt(path: string): Environment {
  // By default a read can see what is not on the disk yet.
  const root = openEnvironment({ path, overlappingSync: false });
  return {
    root,
    lease: root.openDB({ name: 'lease' }),
    values: root.openDB({ name: 'values', keyEncoding: 'binary', encoding: 'binary' }),
  };
}

interface Environment {
  readonly root: RootDatabase;
  readonly lease: Database<Owner | number, string>;
  readonly values: Database<Uint8Array, Uint8Array>;
}

/**
 * Takes the lease if it is free. It looks first and writes only then: an owner that was stopped in the middle of a write
 * holds the lock of LMDB, and nobody may wait for that only to be told that the owner lives.
 */
async function take({ root, lease }: Environment, where: string): Promise<Owner | undefined> {
  const ownerToFollow = (): Owner | undefined | 'held' => {
    const format = lease.get(FORMAT_KEY) ?? FORMAT;
    if (typeof format !== 'number' || format > FORMAT) {
      throw new DatastoreError(
        'unknown-version',
        `${where} has format ${String(format)}, and this version knows ${FORMAT}: use a newer version`,
      );
    }
    const before = lease.get(OWNER) as Owner | undefined;
    return before !== undefined && before.token !== '' && isAlive(before) ? 'held' : before;
  };
  return attempt(where, async () => {
    if (ownerToFollow() === 'held') return undefined;
    return await root.transaction(() => {
      const before = ownerToFollow();
      if (before === 'held') return undefined;
      const owner = ownerOf((before?.generation ?? 0) + 1);
      lease.putSync(FORMAT_KEY, FORMAT);
      lease.putSync(OWNER, owner);
      hold(owner);
      return owner;
    });
  });
}

class LmdbLease implements StorageLease {
  readonly generation: number;
  readonly #environment: Environment;
  readonly #where: string;
  readonly #path: string;
  #owner: Owner;
  readonly #beat: ReturnType<typeof setInterval>;
  #isReleased = false;
  /** The end of the writes so far: a read sees them. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(environment: Environment, owner: Owner, where: string, path: string) {
    this.#path = path;
    this.#environment = environment;
    this.#owner = owner;
    this.#where = where;
    this.generation = owner.generation;
    this.#beat = setInterval(() => this.#sayAlive(), BEAT_INTERVAL);
    this.#beat.unref();
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#read(() => {
      checkKey(key);
      return copyOf(this.#environment.values.get(utf8(key)));
    });
  }

  getAll(prefix: string): Promise<readonly (readonly [key: string, value: Uint8Array])[]> {
    return this.#read(() => {
      const start = utf8(prefix);
      const found: (readonly [string, Uint8Array])[] = [];
      for (const { key, value } of this.#environment.values.getRange({ start })) {
        if (!startsWith(key, start)) break;
        found.push([Buffer.from(key).toString('utf8'), Uint8Array.from(value)]);
      }
      return found;
    });
  }

  write(batch: Batch): Promise<void> {
    if (this.#isReleased) return Promise.reject(leaseReleased(this.#where));
    try {
      checkBatch(batch);
    } catch (error) {
      return Promise.reject(error);
    }
    const puts = (batch.puts ?? []).map(([key, value]) => [utf8(key), Buffer.from(value)] as const);
    const deletes = (batch.deletes ?? []).map(utf8);
    return this.#transaction(() => {
      for (const [key, value] of puts) this.#environment.values.putSync(key, value);
      for (const key of deletes) this.#environment.values.removeSync(key);
    });
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    clearInterval(this.#beat);
    await this.#last;
    // The generation stays, so that the next owner has a higher one; without a token nobody owns it.
    await this.#transaction(() => this.#environment.lease.putSync(OWNER, { ...this.#owner, token: '' })).catch(
      () => undefined,
    );
    withdraw(this.#path, this.#owner);
    letGo(this.#owner);
    await this.#environment.root.close();
  }

  #sayAlive(): void {
    this.#owner = { ...this.#owner, beat: Date.now() };
    // An owner that fails to say so has lost the lease, or will learn of a broken disk by the next write.
    this.#transaction(() => this.#environment.lease.putSync(OWNER, this.#owner)).catch(() => undefined);
  }

  #transaction(action: () => void): Promise<void> {
    const done = attempt(this.#where, () =>
      this.#environment.root.transaction(() => {
        const owner = this.#environment.lease.get(OWNER) as Owner | undefined;
        if (owner?.token !== this.#owner.token) throw leaseLost(this.#where);
        action();
      }),
    );
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #read<Result>(action: () => Result): Promise<Result> {
    if (this.#isReleased) throw leaseReleased(this.#where);
    await this.#last;
    return attempt(this.#where, async () => action());
  }
}

async function attempt<Result>(where: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof DatastoreError) throw error;
    throw new ServiceError('storage', `${where} failed: ${messageOf(error)}`, {}, error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

function copyOf(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && Uint8Array.from(bytes);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, at) => byte === bytes[at]);
}
