import { type DBSchema, type IDBPDatabase, type IDBPObjectStore, openDB } from 'idb';
import type { AcquireOptions, Batch, DeviceStorage, StorageLease } from '../../datastore/storage/device-storage.js';
import { alreadyOpen, checkBatch, checkKey, leaseLost, leaseReleased } from '../../datastore/storage/lease-errors.js';
import { checkOptions, checkString } from '../../errors/arguments.js';
import { DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import { invariant } from '../../errors/invariant-error.js';
import { waitToLookAgain } from '../lease-wait.js';

/** Where an {@link IndexedDbStorage} keeps its data. */
export interface IndexedDbStorageOptions {
  /** Names the database within the origin. */
  readonly name: string;
}

/** The version of what is stored here. It is part of the names, so that old and new pages never wait for each other. */
const FORMAT = 1;
/**
 * How often an owner without Web Locks writes that it is alive, and after how long a silent one counts as dead, in ms.
 */
const BEAT_INTERVAL = 2_000;
const SILENCE = 10_000;

interface Owner {
  readonly generation: number;
  readonly token: string;
  /** When the owner last said that it lives; 0 for one that holds a Web Lock or has let go. */
  readonly beat: number;
  /** The same in all: a unique index of it lets one owner be there at a time. */
  readonly only: 0;
}

interface Schema extends DBSchema {
  /** Keys are UTF-8, since strings would be ordered by units of UTF-16. */
  values: { key: ArrayBuffer; value: Uint8Array };
  /** At most one, under its token. */
  owners: { key: string; value: Owner; indexes: { only: 0 } };
}

type OwnerStore = IDBPObjectStore<Schema, ('owners' | 'values')[], 'owners', 'readwrite'>;

/**
 * A storage in an IndexedDB database.
 *
 * The lease is a Web Lock, which the browser frees when its page or worker is gone, and a generation in the database,
 * which fences: a browser releases the locks of a page that it puts aside, and may bring the page back later. Without
 * Web Locks, owners say every two seconds that they live.
 *
 * A strict batch asks for the durability `strict`; others take what the browser does by default, which survives the end
 * of the browser and not always a power cut.
 *
 * A batch makes all its requests and commits them without waiting for an answer, so a page that is frozen keeps nobody
 * waiting, and what a page writes while it is being left is written. Its first request puts the owner once more, which
 * fails, and the batch with it, if another owner is there: a unique index lets one be there at a time.
 */
export class IndexedDbStorage implements DeviceStorage {
  readonly #name: string;

  /** @throws DatastoreError `invalid-option`. */
  constructor(options: IndexedDbStorageOptions) {
    const { name } = checkOptions(options, { name: true });
    checkString(name, 'name');
    this.#name = name;
  }

  async acquire({ wait }: AcquireOptions = {}): Promise<StorageLease> {
    const database = `deltaic-v${FORMAT}-${this.#name}`;
    const where = `the storage "${this.#name}"`;
    const lock = hasLocks() ? await takeLock(database, where, wait) : undefined;
    const connection = new Connection(database, where);
    try {
      const owner = lock === undefined ? await take(connection, where, wait) : await raise(connection, where);
      return new IndexedDbLease(connection, owner, lock, where);
    } catch (error) {
      connection.close();
      lock?.();
      throw error;
    }
  }
}

class IndexedDbLease implements StorageLease {
  readonly generation: number;
  readonly #connection: Connection;
  readonly #owner: Owner;
  readonly #unlock: (() => void) | undefined;
  readonly #where: string;
  readonly #beat: ReturnType<typeof setInterval> | undefined;
  #isReleased = false;
  /** The end of the calls so far: each waits for those before it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, owner: Owner, unlock: (() => void) | undefined, where: string) {
    this.#connection = connection;
    this.#owner = owner;
    this.#unlock = unlock;
    this.#where = where;
    this.generation = owner.generation;
    if (unlock === undefined) this.#beat = setInterval(() => this.#sayAlive(), BEAT_INTERVAL);
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#call(() => {
      checkKey(key);
      return this.#connection.use((database) => database.get('values', utf8(key)));
    });
  }

  getAll(prefix: string): Promise<readonly (readonly [key: string, value: Uint8Array])[]> {
    return this.#call(() =>
      this.#connection.use(async (database) => {
        const values = database.transaction('values').store;
        const range = rangeOf(prefix);
        const [keys, found] = await Promise.all([values.getAllKeys(range), values.getAll(range)]);
        return keys.map((key, at) => [new TextDecoder().decode(key), found[at] ?? new Uint8Array()] as const);
      }),
    );
  }

  write(batch: Batch): Promise<void> {
    try {
      checkBatch(batch);
    } catch (error) {
      return Promise.reject(error);
    }
    const puts = (batch.puts ?? []).map(([key, value]) => [utf8(key), value.slice()] as const);
    const deletes = (batch.deletes ?? []).map(utf8);
    const durability = batch.isStrict === true ? 'strict' : 'default';
    return this.#call(() =>
      this.#connection.use(async (database) => {
        const transaction = database.transaction(['owners', 'values'], 'readwrite', { durability });
        const owner = this.#ownerIn(transaction.objectStore('owners'), this.#unlock === undefined ? Date.now() : 0);
        const values = transaction.objectStore('values');
        // What fails here fails the transaction, which tells why.
        for (const [key, value] of puts) values.put(value, key).catch(() => undefined);
        for (const key of deletes) values.delete(key).catch(() => undefined);
        transaction.commit();
        await Promise.all([owner, transaction.done]);
      }),
    );
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    clearInterval(this.#beat);
    await this.#last;
    if (this.#unlock === undefined) await this.#say(0).catch(() => undefined);
    this.#connection.close();
    this.#unlock?.();
  }

  #sayAlive(): void {
    // An owner that fails to say so has lost its lease, or will learn of a broken disk by the next write.
    this.#say(Date.now()).catch(() => undefined);
  }

  #say(beat: number): Promise<void> {
    return this.#connection.use(async (database) => {
      const transaction = database.transaction('owners', 'readwrite');
      const owner = this.#ownerIn(transaction.store, beat);
      transaction.commit();
      await Promise.all([owner, transaction.done]);
    });
  }

  /** Puts the owner once more, which fails, and the transaction with it, if another is there. */
  async #ownerIn(owners: OwnerStore, beat: number): Promise<void> {
    try {
      await owners.put({ ...this.#owner, beat }, this.#owner.token);
    } catch (error) {
      throw isNamed(error, 'ConstraintError') ? leaseLost(this.#where) : error;
    }
  }

  #call<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#isReleased) return Promise.reject(leaseReleased(this.#where));
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** A connection to a database, made when it is needed. Browsers close connections: on wake, and when data is cleared. */
class Connection {
  readonly #name: string;
  readonly #where: string;
  #database: Promise<IDBPDatabase<Schema>> | undefined;
  #isNew = true;
  #isDeleted = false;

  constructor(name: string, where: string) {
    this.#name = name;
    this.#where = where;
  }

  /** Uses the connection; if it was dead already, nothing was done on it, and a new one is used instead, once. */
  async use<Result>(action: (database: IDBPDatabase<Schema>) => Promise<Result>): Promise<Result> {
    try {
      const database = await this.#open();
      try {
        return await action(database);
      } catch (error) {
        if (!isNamed(error, 'InvalidStateError')) throw error;
        this.#forget();
        return await action(await this.#open());
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  close(): void {
    this.#database?.then((database) => database.close()).catch(() => undefined);
    this.#forget();
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    const isNew = this.#isNew;
    this.#database ??= openDB<Schema>(this.#name, 1, {
      upgrade: (database, _old, _new, transaction) => {
        // A database that is new although it was there before was deleted, which is not the same as an empty storage.
        if (!isNew) {
          this.#isDeleted = true;
          transaction.abort();
          return;
        }
        database.createObjectStore('values');
        database.createObjectStore('owners').createIndex('only', 'only', { unique: true });
      },
      // Somebody deletes the database, as for clearing the data of a site: it must not wait for this page.
      blocking: () => this.close(),
      terminated: () => this.#forget(),
    }).then((database) => {
      this.#isNew = false;
      return database;
    });
    this.#database.catch(() => this.#forget());
    return this.#database;
  }

  #forget(): void {
    this.#database = undefined;
  }

  #failure(error: unknown): Error {
    if (error instanceof DatastoreError) return error;
    if (this.#isDeleted) {
      return new ServiceError('corrupt-data', `${this.#where} was deleted while it was in use`, {}, error);
    }
    if (isNamed(error, 'QuotaExceededError')) {
      const reason = 'has no room left: free some, and what was not written is written again';
      return new ServiceError('quota', `${this.#where} ${reason}`, {}, error);
    }
    const reason = `failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
    return new ServiceError('storage', `${this.#where} ${reason}`, {}, error);
  }
}

/** Takes the lease that nobody else can hold, as a Web Lock says. */
async function raise(connection: Connection, where: string): Promise<Owner> {
  const owner = await replaceOwner(connection, where, () => true);
  invariant(owner !== undefined, 'it is always replaced');
  return owner;
}

/** Takes the lease where there are no Web Locks, as soon as its owner has released it or been silent for long. */
async function take(connection: Connection, where: string, wait: AcquireOptions['wait']): Promise<Owner> {
  for (;;) {
    const owner = await replaceOwner(connection, where, ({ beat }) => Date.now() - beat >= SILENCE);
    if (owner !== undefined) return owner;
    await waitToLookAgain(wait, where);
  }
}

/** Puts a new owner in the place of the one that is there, if there is none or it may be replaced. */
function replaceOwner(
  connection: Connection,
  where: string,
  mayReplace: (before: Owner) => boolean,
): Promise<Owner | undefined> {
  return connection.use(async (database) => {
    const transaction = database.transaction('owners', 'readwrite', { durability: 'strict' });
    const [before] = await transaction.store.getAll();
    const next = before === undefined || mayReplace(before) ? nextOwner(before, where) : undefined;
    if (next !== undefined) {
      transaction.store.clear().catch(() => undefined);
      transaction.store.put(next, next.token).catch(() => undefined);
    }
    transaction.commit();
    await transaction.done;
    return next;
  });
}

function nextOwner(before: Owner | undefined, where: string): Owner {
  const generation = (before?.generation ?? 0) + 1;
  if (!Number.isSafeInteger(generation)) throw new ServiceError('corrupt-data', `${where} has a damaged lease`);
  return { generation, token: crypto.randomUUID(), beat: Date.now(), only: 0 };
}

function hasLocks(): boolean {
  return typeof navigator === 'object' && typeof navigator.locks?.request === 'function';
}

/** Takes a Web Lock. @returns a function that releases it. */
async function takeLock(name: string, where: string, wait: AcquireOptions['wait']): Promise<() => void> {
  if (wait !== undefined && wait !== true && wait.aborted) throw alreadyOpen(where);
  const abort = new AbortController();
  const end = (): void => abort.abort();
  if (wait !== undefined && wait !== true) wait.addEventListener('abort', end);
  try {
    return await new Promise<() => void>((resolve, reject) => {
      const options = wait === undefined ? { ifAvailable: true } : { signal: abort.signal };
      navigator.locks
        .request(name, options, (lock) => {
          if (lock === null) throw alreadyOpen(where);
          return new Promise<void>((letGo) => resolve(letGo));
        })
        .catch((error: unknown) => reject(isNamed(error, 'AbortError') ? alreadyOpen(where) : error));
    });
  } finally {
    if (wait !== undefined && wait !== true) wait.removeEventListener('abort', end);
  }
}

function isNamed(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === name;
}

function utf8(text: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = new TextEncoder().encode(text);
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

/** The keys that begin with a prefix. No byte of UTF-8 is 255, so a key of that byte alone comes after all of them. */
function rangeOf(prefix: string): IDBKeyRange {
  const start = new Uint8Array(utf8(prefix));
  const end = new Uint8Array(start.length + 1);
  end.set(start);
  end[start.length] = 0xff;
  return IDBKeyRange.bound(start.buffer, end.buffer, false, true);
}
