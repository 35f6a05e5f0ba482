import {
  DatastoreError,
  type DatastoreErrorCode,
  errorWithCode,
  isDatastoreError,
} from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { checkRole, type Role } from '../../sync/messages.js';
import type { Replica } from '../../sync/replica.js';
import type { SavedExtent } from '../../sync/saved-replica.js';
import { expectItems, expectObject } from '../../values/json.js';
import { type DeviceStore, type JsonBatch, textOrNull } from './device-store.js';
import type { RemoteDatastore } from './link.js';
import { type CachedDatastore, type LogChange, ReplicaLog } from './replica-log.js';
import { UnsavedEdits } from './unsaved-edits.js';

/** What is known of a cached datastore without reading it. Spec: STORE-7. */
export interface CacheSummary {
  readonly handle: string | undefined;
  readonly role: Role;
  readonly title: string | undefined;
  readonly mtime: Date | undefined;
  /** Whether the server has all cached edits. If `false`, it may have them all the same. */
  readonly isUploaded: boolean;
}

/**
 * What one manager keeps on the device, under keys that begin with the name of its space: each cached datastore, a
 * summary of each, and the last known list of the server. Spec: STORE-6, STORE-7.
 */
export class DatastoreCache {
  readonly #store: DeviceStore;
  readonly #space: string;
  readonly #summaries = new Map<string, CacheSummary>();
  /** The ids whose stored summary is not known: a write that failed may have taken effect. */
  readonly #unknownSummaries = new Set<string>();
  /** The writes that are under way. */
  readonly #writes = new Set<Promise<void>>();
  #remoteList: readonly RemoteDatastore[] = [];
  #closedAs: DatastoreErrorCode | undefined;

  private constructor(store: DeviceStore, space: string) {
    this.#store = store;
    this.#space = space;
  }

  /**
   * The cache in a space of the storage. A damaged list is forgotten, and a damaged summary made anew from its datastore, of
   * which something may have to be uploaded then.
   *
   * @throws DatastoreError `storage`.
   */
  static async open(store: DeviceStore, space: string): Promise<DatastoreCache> {
    const cache = new DatastoreCache(store, space);
    const prefix = cache.#key('summary', '');
    for (const [key, summary] of await store.readEach(prefix, parseSummary)) {
      const id = key.slice(prefix.length);
      const known = summary ?? (await cache.#summaryOf(id));
      if (known !== undefined) cache.#summaries.set(id, known);
      if (summary === undefined) cache.#unknownSummaries.add(id);
    }
    const key = cache.#key('list', '');
    cache.#remoteList = (await store.readEach(key, parseList)).find(([found]) => found === key)?.[1] ?? [];
    return cache;
  }

  /** What is known of a datastore whose summary is damaged; `undefined` if there is no such datastore. */
  async #summaryOf(id: string): Promise<CacheSummary | undefined> {
    const unknown = {
      handle: undefined,
      role: 'owner',
      title: undefined,
      mtime: undefined,
      isUploaded: false,
    } as const;
    try {
      const stored = await this.read(id);
      return stored && { ...unknown, handle: stored.cached.handle, role: stored.cached.role };
    } catch (error) {
      // A caller that opens it learns what is wrong. Nothing of it may be taken for uploaded.
      if (isDatastoreError(error, 'storage') || !isDatastoreError(error)) throw error;
      return unknown;
    }
  }

  /** From now on no write starts: each fails with `code`. Resolves when the writes that are under way have ended. */
  async close(code: DatastoreErrorCode): Promise<void> {
    this.#closedAs = code;
    await Promise.allSettled(this.#writes);
  }

  /** The summaries of the cached datastores by id. */
  get summaries(): ReadonlyMap<string, CacheSummary> {
    return this.#summaries;
  }

  /** The last known list of the server. */
  get remoteList(): readonly RemoteDatastore[] {
    return this.#remoteList;
  }

  /** A datastore and the log that it was read from. @throws DatastoreError `storage` or `corrupt-data`. */
  async read(id: string): Promise<StoredDatastore | undefined> {
    const keys = this.#logKeys(id);
    const [base, records] = await Promise.all([
      this.#store.readBytes(keys.base),
      this.#store.readAllBytes(keys.records),
    ]);
    return ReplicaLog.read(keys, base, records);
  }

  /** The log of a datastore of which nothing is stored. */
  newLog(id: string): ReplicaLog {
    return new ReplicaLog(this.#logKeys(id));
  }

  /**
   * Stores a change of a datastore, if there is one, and its summary, in one batch.
   *
   * @throws DatastoreError `storage` or `lease-lost`.
   */
  async write(id: string, change: LogChange | undefined, summary: CacheSummary, isStrict: boolean): Promise<void> {
    const puts: (readonly [string, unknown])[] = change === undefined ? [] : [change.put];
    if (!this.#isStored(id, summary)) puts.push([this.#key('summary', id), formatSummary(summary)]);
    if (puts.length === 0) return;
    this.#unknownSummaries.add(id);
    await this.#write({ puts, deletes: change?.deletes ?? [], isStrict });
    change?.written();
    this.#unknownSummaries.delete(id);
    this.#summaries.set(id, summary);
  }

  /** Removes a datastore, in one batch. @throws DatastoreError `storage` or `lease-lost`. */
  async remove(id: string): Promise<void> {
    this.#unknownSummaries.add(id);
    const { base, records } = this.#logKeys(id);
    await this.#write({ deletes: [base, ...(await this.#store.keys(records)), this.#key('summary', id)] });
    this.#summaries.delete(id);
    this.#unknownSummaries.delete(id);
  }

  /** @throws DatastoreError `storage`. */
  async writeRemoteList(list: readonly RemoteDatastore[]): Promise<void> {
    this.#remoteList = list;
    await this.#write({ puts: [[this.#key('list', ''), list.map(formatListed)]] });
  }

  /** Adds a cached datastore to the list of the server, before the server does so. @throws DatastoreError `storage`. */
  async noteRemote(id: string): Promise<void> {
    const summary = this.#summaries.get(id);
    if (summary?.handle === undefined) return;
    const { handle, role, title, mtime } = summary;
    if (this.#remoteList.some((listed) => listed.id === id && listed.handle === handle)) return;
    const others = this.#remoteList.filter((listed) => listed.id !== id);
    await this.writeRemoteList([...others, { id, handle, role, title, mtime }]);
  }

  /** Whether the stored summary is known to be this one. */
  #isStored(id: string, summary: CacheSummary): boolean {
    const known = this.#unknownSummaries.has(id) ? undefined : this.#summaries.get(id);
    return known !== undefined && JSON.stringify(formatSummary(known)) === JSON.stringify(formatSummary(summary));
  }

  async #write(batch: JsonBatch): Promise<void> {
    if (this.#closedAs !== undefined) throw errorWithCode(this.#closedAs, 'the manager was shut down');
    const write = this.#store.write(batch);
    this.#writes.add(write);
    try {
      await write;
    } finally {
      this.#writes.delete(write);
    }
  }

  #logKeys(id: string): { base: string; records: string } {
    return { base: this.#key('data', id), records: `${this.#space}/log/${id}/` };
  }

  #key(kind: 'data' | 'summary' | 'list', id: string): string {
    return `${this.#space}/${kind}/${id}`;
  }
}

/** A datastore, and the log that stores it. */
export interface StoredDatastore {
  readonly log: ReplicaLog;
  readonly cached: CachedDatastore;
}

/** What a {@link ReplicaStore} is given. */
export interface ReplicaStoreContext {
  readonly id: string;
  readonly replica: Replica;
  readonly cache: DatastoreCache;
  readonly log: ReplicaLog;
  readonly handle: string | undefined;
  /** Which edits are stored now. */
  readonly extent: () => SavedExtent;
  /** Hears that the datastore was stored. */
  readonly stored: () => void;
  /** Called when a write fails, unless the one before it failed, too. */
  readonly failing: () => void;
  /** Hears that no write is left. */
  readonly rested: () => void;
}

/** Stores one replica, one write at a time. Calls during a write share the next one. */
export class ReplicaStore {
  /** What was edited here and is in memory alone. */
  readonly unsaved: UnsavedEdits = new UnsavedEdits();
  readonly #context: ReplicaStoreContext;
  #handle: string | undefined;
  /** Of what is stored. */
  #stored: { readonly handle: string | undefined; readonly role: Role } | undefined;
  #isBehind = false;
  #error: DatastoreError | undefined;
  #isStopped = false;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #isNextStrict = false;
  #unfinished = 0;

  constructor(context: ReplicaStoreContext) {
    this.#context = context;
    this.#handle = context.handle;
  }

  /** The handle on the server, or `undefined` until the server knows the datastore. */
  get handle(): string | undefined {
    return this.#handle;
  }

  /** Whether there are edits that no write has begun to store, or that one has failed to. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Why the last write failed, if it did. */
  get error(): DatastoreError | undefined {
    return this.#error;
  }

  /** Hears that an edit was made. */
  edited(): void {
    this.#isBehind = true;
  }

  /**
   * Stores the replica as it is when the write begins, and resolves when it is safe. A call before {@link stop} is written
   * even after it.
   *
   * @param isStrict whether it must survive a power cut.
   * @throws DatastoreError `storage`, `lease-lost`, or `shut-down` once stopped.
   */
  async save(isStrict = false): Promise<void> {
    this.requireRunning();
    await this.#save(isStrict);
  }

  /** @throws DatastoreError `shut-down` once stopped. */
  requireRunning(): void {
    if (!this.#isStopped) return;
    throw new DatastoreError('shut-down', `datastore ${quote(this.#context.id)} is no longer stored`);
  }

  #save(isStrict: boolean): Promise<void> {
    this.#isNextStrict ||= isStrict;
    if (this.#next !== undefined) return this.#next;
    const next = this.#last.then(() => {
      const isWriteStrict = this.#isNextStrict;
      this.#next = undefined;
      this.#isNextStrict = false;
      return this.#write(isWriteStrict);
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

  /** Sets the handle, and stores it. @throws DatastoreError as {@link save}. */
  async setHandle(handle: string): Promise<void> {
    this.#handle = handle;
    await this.save();
    await this.#context.cache.noteRemote(this.#context.id);
  }

  /** Takes no call of {@link save} any more. Resolves when the last write has ended. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#last;
  }

  #finish(): void {
    this.#unfinished--;
    if (this.isIdle && !this.#isStopped) this.#context.rested();
  }

  async #write(isStrict: boolean): Promise<void> {
    const { id, replica, cache, stored } = this.#context;
    const { role, title, mtime, status } = replica;
    const handle = this.#handle;
    const extent = this.#context.extent();
    const isOpenStored = extent === 'all' || extent === 'ordinary';
    const isUploaded =
      handle !== undefined && !status.hasOutgoing && !status.isInFlight && !(isOpenStored && status.hasUncommitted);
    const change = this.#change(extent, isStrict);
    const isStored = this.unsaved.storing(isOpenStored);
    this.#isBehind = false;
    try {
      await cache.write(id, change, { handle, role, title, mtime, isUploaded }, isStrict);
    } catch (error) {
      this.#isBehind = true;
      const isFirst = this.#error === undefined;
      if (isDatastoreError(error)) this.#error = error;
      if (isFirst) this.#context.failing();
      throw error;
    }
    this.#stored = { handle, role };
    this.#error = undefined;
    isStored();
    stored();
  }

  /** What to write: the edits since the last write alone, where nothing else has happened. */
  #change(extent: SavedExtent, isStrict: boolean): LogChange | undefined {
    const { replica, log } = this.#context;
    const { role } = replica;
    const handle = this.#handle;
    const edits = replica.saveEdits();
    const isOpenStored = extent === 'all' || extent === 'ordinary';
    const isSameHead = this.#stored?.handle === handle && this.#stored?.role === role;
    const isEdited = edits !== undefined && [edits.changes, ...(edits.ended ?? [])].some(({ length }) => length > 0);
    const isEditedOnly = isEdited && isOpenStored && isSameHead && !isStrict;
    return (
      (isEditedOnly ? log.append(edits) : undefined) ??
      log.change({ handle, role, replica: replica.save(extent) }, isStrict)
    );
  }
}

function formatSummary({ handle, role, title, mtime, isUploaded }: CacheSummary): unknown {
  return { handle: handle ?? null, role, title: title ?? null, mtime: mtime?.getTime() ?? null, isUploaded };
}

function parseSummary(json: unknown): CacheSummary {
  const { handle, role, title, mtime, isUploaded } = expectObject(json, 'the summary of a datastore');
  checkRole(role);
  if (typeof isUploaded !== 'boolean') {
    throw new DatastoreError('invalid-json', `isUploaded must be true or false, got ${quote(isUploaded)}`);
  }
  const texts = { handle: textOrNull(handle, 'handle'), title: textOrNull(title, 'title') };
  return { ...texts, role, mtime: timeOrNull(mtime, 'mtime'), isUploaded };
}

function formatListed({ id, handle, role, title, mtime }: RemoteDatastore): unknown {
  return { id, handle, role, title: title ?? null, mtime: mtime?.getTime() ?? null };
}

function parseList(json: unknown): readonly RemoteDatastore[] {
  return expectItems(json, 'the list of datastores', (listed) => {
    const { id, handle, role, title, mtime } = expectObject(listed, 'a datastore of the list');
    checkRole(role);
    const texts = { id: String(id), handle: String(handle), title: textOrNull(title, 'title') };
    return { ...texts, role, mtime: timeOrNull(mtime, 'mtime') };
  });
}

function timeOrNull(json: unknown, name: string): Date | undefined {
  if (json === null) return undefined;
  if (typeof json === 'number' && Number.isSafeInteger(json)) return new Date(json);
  throw new DatastoreError('invalid-json', `${name} must be whole milliseconds or null, got ${quote(json)}`);
}
