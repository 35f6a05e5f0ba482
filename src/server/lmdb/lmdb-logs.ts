import { checkOptions, checkString } from '../../errors/arguments.js';
import { ServiceError } from '../../errors/datastore-error.js';
import { type Database, openEnvironment, type RootDatabase } from '../../lmdb/lmdb.js';
import {
  type Append,
  type AppendOutcome,
  type CreateOutcome,
  checkHandlesDiffer,
  EMPTY_HEAD,
  isWorthKeeping,
  type LogStore,
  type ReadLimits,
  type ReadOutcome,
  type StoredDatastore,
  type StoredEntry,
  type StoredSnapshot,
  scopeOf,
  type WakeListener,
  withinLimits,
} from '../log-store.js';

/** How a store in LMDB is opened. */
export interface LmdbLogsOptions {
  /** A directory on a local disk; it is made if it is missing. */
  readonly path: string;
  /** How large the environment may grow, in bytes. The default is what LMDB takes, which grows as needed. */
  readonly mapSize?: number;
}

type EntryKey = [handle: string, revision: number];
type StoredPair = [nonceOrRevision: string | number, bytes: Uint8Array];

/**
 * Logs in an LMDB environment. Several processes may open one directory: LMDB lets one of them write at a time, and
 * every append compares the head inside its own transaction. LMDB joins the transactions that wait for the disk into one
 * commit, so many writers share one sync.
 *
 * It hears of its own appends only. A server polls for those of other processes, as with every store.
 */
export class LmdbLogs implements LogStore {
  readonly #root: RootDatabase;
  /** `[handle]` → datastore. */
  readonly #datastores: Database<StoredDatastore, string>;
  /** `[scope, id]` → handle. */
  readonly #ids: Database<string, [string, string]>;
  /** `[account, handle]` → 1, for owners and for those who joined. */
  readonly #members: Database<number, [string, string]>;
  /** `[handle, revision]` → nonce and bytes. */
  readonly #entries: Database<StoredPair, EntryKey>;
  /** handle → revision and bytes. */
  readonly #snapshots: Database<StoredPair, string>;
  readonly #listeners = new Set<WakeListener>();

  /** @throws ServiceError `storage` if the environment cannot be opened. @throws DatastoreError `invalid-option`. */
  constructor(options: LmdbLogsOptions) {
    const { path, mapSize } = checkOptions(options, { path: true, mapSize: true });
    checkString(path, 'path');
    // By default a read can see what is not on the disk yet. Here nothing is served that a power cut could take back.
    this.#root = openEnvironment({ path, overlappingSync: false, ...(mapSize === undefined ? {} : { mapSize }) });
    this.#datastores = this.#root.openDB({ name: 'datastores' });
    this.#ids = this.#root.openDB({ name: 'ids' });
    this.#members = this.#root.openDB({ name: 'members' });
    this.#entries = this.#root.openDB({ name: 'entries' });
    this.#snapshots = this.#root.openDB({ name: 'snapshots' });
  }

  create(handle: string, id: string, owner: string, team?: string): Promise<CreateOutcome> {
    return this.#write((): CreateOutcome => {
      const key: [string, string] = [scopeOf(id, owner), id];
      const existing = this.#datastoreOf(this.#ids.get(key));
      if (existing !== undefined) return { type: 'exists', datastore: existing };
      const datastore: StoredDatastore = { ...EMPTY_HEAD, handle, id, owner, team, trimmed: 0, info: undefined };
      this.#datastores.putSync(handle, datastore);
      this.#ids.putSync(key, handle);
      this.#members.putSync([owner, handle], 1);
      return { type: 'created', datastore };
    });
  }

  find(id: string, account: string): Promise<StoredDatastore | undefined> {
    return this.#read(() => this.#datastoreOf(this.#ids.get([scopeOf(id, account), id])));
  }

  get(handle: string): Promise<StoredDatastore | undefined> {
    return this.#read(() => this.#datastoreOf(handle));
  }

  getMany(handles: readonly string[]): Promise<readonly (StoredDatastore | undefined)[]> {
    return this.#read(() => handles.map((handle) => this.#datastoreOf(handle)));
  }

  list(account: string): Promise<readonly StoredDatastore[]> {
    return this.#read(() => {
      const keys = [...this.#members.getKeys({ start: [account, ''], end: [account, '\u{10ffff}'] })];
      return keys.flatMap(([, handle]) => this.#datastoreOf(handle) ?? []);
    });
  }

  join(handle: string, account: string): Promise<void> {
    return this.#write(() => {
      if (this.#datastoreOf(handle) !== undefined) this.#members.putSync([account, handle], 1);
    });
  }

  leave(handle: string, account: string): Promise<void> {
    return this.#write(() => {
      if (this.#datastoreOf(handle)?.owner !== account) this.#members.removeSync([account, handle]);
    });
  }

  async append(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    checkHandlesDiffer(appends);
    const outcomes = await this.#write(() => appends.map((append) => this.#append(append)));
    const grown = appends.filter((_, at) => outcomes[at]?.type === 'appended').map(({ handle }) => handle);
    if (grown.length > 0) for (const listener of this.#listeners) listener(grown);
    return outcomes;
  }

  read(handle: string, after: number, limits: ReadLimits): Promise<ReadOutcome> {
    return this.#read((): ReadOutcome => {
      const datastore = this.#datastoreOf(handle);
      if (datastore === undefined) return { type: 'gone' };
      const { revision, nonce, trimmed } = datastore;
      const head = { revision, nonce };
      if (after < trimmed || after > revision) return { type: 'reset', head };
      return { type: 'entries', entries: withinLimits(this.#entriesBetween(handle, after, revision), limits), head };
    });
  }

  readSnapshot(handle: string): Promise<StoredSnapshot | undefined> {
    return this.#read(() => {
      const stored = this.#snapshots.get(handle);
      return stored && { revision: Number(stored[0]), bytes: stored[1] };
    });
  }

  writeSnapshot(handle: string, { revision, bytes }: StoredSnapshot): Promise<boolean> {
    return this.#write(() => {
      const datastore = this.#datastoreOf(handle);
      const kept = this.#snapshots.get(handle);
      const isKept =
        datastore !== undefined && isWorthKeeping({ revision }, kept && { revision: Number(kept[0]) }, datastore);
      if (isKept) this.#snapshots.putSync(handle, [revision, bytes]);
      return isKept;
    });
  }

  trim(handle: string, revision: number): Promise<number> {
    return this.#write(() => {
      const datastore = this.#datastoreOf(handle);
      if (datastore === undefined) return 0;
      const snapshot = Number(this.#snapshots.get(handle)?.[0] ?? 0);
      const trimmed = Math.max(datastore.trimmed, Math.min(revision, snapshot));
      for (let at = datastore.trimmed + 1; at <= trimmed; at++) this.#entries.removeSync([handle, at]);
      if (trimmed > datastore.trimmed) this.#datastores.putSync(handle, { ...datastore, trimmed });
      return trimmed;
    });
  }

  remove(handle: string): Promise<boolean> {
    return this.#write(() => {
      const datastore = this.#datastoreOf(handle);
      if (datastore === undefined) return false;
      for (let at = datastore.trimmed + 1; at <= datastore.revision; at++) this.#entries.removeSync([handle, at]);
      this.#snapshots.removeSync(handle);
      this.#ids.removeSync([scopeOf(datastore.id, datastore.owner), datastore.id]);
      // Entries in the lists of other accounts stay; `list` skips those whose datastore is gone.
      this.#members.removeSync([datastore.owner, handle]);
      this.#datastores.removeSync(handle);
      return true;
    });
  }

  listen(listener: WakeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#root.close();
  }

  #datastoreOf(handle: string | undefined): StoredDatastore | undefined {
    return handle === undefined ? undefined : this.#datastores.get(handle);
  }

  *#entriesBetween(handle: string, after: number, last: number): Generator<StoredEntry> {
    for (const { key, value } of this.#entries.getRange({ start: [handle, after + 1], end: [handle, last + 1] })) {
      yield { revision: key[1], nonce: String(value[0]), bytes: value[1] };
    }
  }

  #append({ handle, head, nonce, bytes, info }: Append): AppendOutcome {
    const datastore = this.#datastoreOf(handle);
    if (datastore === undefined) return { type: 'gone' };
    if (datastore.revision !== head.revision || datastore.nonce !== head.nonce) {
      return { type: 'lost', head: { revision: datastore.revision, nonce: datastore.nonce } };
    }
    const revision = head.revision + 1;
    this.#entries.putSync([handle, revision], [nonce, bytes]);
    this.#datastores.putSync(handle, { ...datastore, revision, nonce, info: info ?? datastore.info });
    return { type: 'appended' };
  }

  /** One transaction. It resolves when it is on the disk. */
  async #write<Result>(action: () => Result): Promise<Result> {
    try {
      return await this.#root.transaction(action);
    } catch (error) {
      throw failure(error);
    }
  }

  /** What is read in one go is read from one state of the environment. */
  async #read<Result>(action: () => Result): Promise<Result> {
    try {
      return action();
    } catch (error) {
      throw failure(error);
    }
  }
}

function failure(error: unknown): ServiceError {
  return error instanceof ServiceError
    ? error
    : new ServiceError('storage', `LMDB failed: ${error instanceof Error ? error.message : String(error)}`, {}, error);
}
