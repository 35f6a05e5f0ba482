import {
  type Append,
  type AppendOutcome,
  type CreateOutcome,
  checkHandlesDiffer,
  EMPTY_HEAD,
  isWorthKeeping,
  type LogHead,
  type LogStore,
  type ReadLimits,
  type ReadOutcome,
  type StoredDatastore,
  type StoredEntry,
  type StoredSnapshot,
  scopeOf,
  type WakeListener,
  withinLimits,
} from './log-store.js';

interface MemoryLog {
  datastore: StoredDatastore;
  readonly entries: StoredEntry[];
  snapshot: StoredSnapshot | undefined;
  readonly members: Set<string>;
}

/** Logs in memory: for tests and first tries. They are gone with the process. */
export class MemoryLogs implements LogStore {
  readonly #logs = new Map<string, MemoryLog>();
  readonly #handles = new Map<string, string>();
  readonly #listeners = new Set<WakeListener>();

  async create(handle: string, id: string, owner: string, team?: string): Promise<CreateOutcome> {
    const key = keyOf(id, owner);
    const existing = this.#datastore(this.#handles.get(key));
    if (existing !== undefined) return { type: 'exists', datastore: existing };
    const datastore = { ...EMPTY_HEAD, handle, id, owner, team, trimmed: 0, info: undefined };
    this.#logs.set(handle, { datastore, entries: [], snapshot: undefined, members: new Set() });
    this.#handles.set(key, handle);
    return { type: 'created', datastore };
  }

  async find(id: string, account: string): Promise<StoredDatastore | undefined> {
    return this.#datastore(this.#handles.get(keyOf(id, account)));
  }

  async get(handle: string): Promise<StoredDatastore | undefined> {
    return this.#datastore(handle);
  }

  async getMany(handles: readonly string[]): Promise<readonly (StoredDatastore | undefined)[]> {
    return handles.map((handle) => this.#datastore(handle));
  }

  async list(account: string): Promise<readonly StoredDatastore[]> {
    const logs = [...this.#logs.values()];
    return logs
      .filter(({ datastore, members }) => datastore.owner === account || members.has(account))
      .map(({ datastore }) => datastore)
      .sort((one, other) => (one.handle < other.handle ? -1 : 1));
  }

  async join(handle: string, account: string): Promise<void> {
    this.#logs.get(handle)?.members.add(account);
  }

  async leave(handle: string, account: string): Promise<void> {
    this.#logs.get(handle)?.members.delete(account);
  }

  async append(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    checkHandlesDiffer(appends);
    const outcomes = appends.map((append) => this.#append(append));
    const grown = appends.filter((_, at) => outcomes[at]?.type === 'appended').map(({ handle }) => handle);
    if (grown.length > 0) for (const listener of this.#listeners) listener(grown);
    return outcomes;
  }

  async read(handle: string, after: number, limits: ReadLimits): Promise<ReadOutcome> {
    const log = this.#logs.get(handle);
    if (log === undefined) return { type: 'gone' };
    const { revision, nonce, trimmed } = log.datastore;
    const head: LogHead = { revision, nonce };
    if (after < trimmed || after > revision) return { type: 'reset', head };
    return { type: 'entries', entries: withinLimits(log.entries.slice(after - trimmed), limits), head };
  }

  async readSnapshot(handle: string): Promise<StoredSnapshot | undefined> {
    return this.#logs.get(handle)?.snapshot;
  }

  async writeSnapshot(handle: string, snapshot: StoredSnapshot): Promise<boolean> {
    const log = this.#logs.get(handle);
    if (log === undefined || !isWorthKeeping(snapshot, log.snapshot, log.datastore)) return false;
    log.snapshot = { revision: snapshot.revision, bytes: snapshot.bytes.slice() };
    return true;
  }

  async trim(handle: string, revision: number): Promise<number> {
    const log = this.#logs.get(handle);
    if (log === undefined) return 0;
    const { trimmed } = log.datastore;
    const target = Math.max(trimmed, Math.min(revision, log.snapshot?.revision ?? 0));
    log.entries.splice(0, target - trimmed);
    log.datastore = { ...log.datastore, trimmed: target };
    return target;
  }

  async remove(handle: string): Promise<boolean> {
    const datastore = this.#datastore(handle);
    if (datastore === undefined) return false;
    this.#handles.delete(keyOf(datastore.id, datastore.owner));
    return this.#logs.delete(handle);
  }

  listen(listener: WakeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #datastore(handle: string | undefined): StoredDatastore | undefined {
    return handle === undefined ? undefined : this.#logs.get(handle)?.datastore;
  }

  #append({ handle, head, nonce, bytes, info }: Append): AppendOutcome {
    const log = this.#logs.get(handle);
    if (log === undefined) return { type: 'gone' };
    const { datastore } = log;
    if (datastore.revision !== head.revision || datastore.nonce !== head.nonce) {
      return { type: 'lost', head: { revision: datastore.revision, nonce: datastore.nonce } };
    }
    const revision = head.revision + 1;
    log.entries.push({ revision, nonce, bytes: bytes.slice() });
    log.datastore = { ...datastore, revision, nonce, info: info?.slice() ?? datastore.info };
    return { type: 'appended' };
  }
}

function keyOf(id: string, owner: string): string {
  return JSON.stringify([scopeOf(id, owner), id]);
}
