import { expectArray, expectObject } from '../../codec/wire/json.js';
import { type DatastoreErrorCode, errorWithCode } from '../../errors/datastore-error.js';
import { checkRole } from '../../sync/role.js';
import {
  type CachedDatastore,
  type CacheSummary,
  formatCached,
  formatSummary,
  parseCached,
  parseSummary,
  textOrNull,
  timeOrNull,
} from './cached-datastore.js';
import type { RemoteDatastore } from './link.js';
import type { Storage } from './storage.js';

/**
 * What one manager keeps in the storage, under keys that begin with the name of its space: every datastore that it
 * caches, a summary of each, and what the server's list was when it was last seen. Spec: STORE-6, STORE-7.
 */
export class DatastoreCache {
  readonly #storage: Storage;
  readonly #space: string;
  readonly #summaries = new Map<string, CacheSummary>();
  /** The ids whose summary was not written for certain: a write that failed may have been made all the same. */
  readonly #doubtful = new Set<string>();
  /** The changes of the storage that are under way. */
  readonly #changes = new Set<Promise<void>>();
  #remoteList: readonly RemoteDatastore[] = [];
  #closedAs: DatastoreErrorCode | undefined;

  private constructor(storage: Storage, space: string) {
    this.#storage = storage;
    this.#space = space;
  }

  /** The cache in a space of the storage. @throws DatastoreError `storage`, or `invalid-json` for damaged data. */
  static async open(storage: Storage, space: string): Promise<DatastoreCache> {
    const cache = new DatastoreCache(storage, space);
    const prefix = cache.#key('summary', '');
    for (const key of await storage.keys(prefix)) {
      const summary = await storage.get(key);
      if (summary !== undefined) cache.#summaries.set(key.slice(prefix.length), parseSummary(summary));
    }
    const list = await storage.get(cache.#key('list', ''));
    if (list !== undefined) cache.#remoteList = expectArray(list, 'the list of datastores').map(parseListed);
    return cache;
  }

  /** Begins no change any more: from here on each fails with `code`. Resolves when those that are under way have ended. */
  async close(code: DatastoreErrorCode): Promise<void> {
    this.#closedAs = code;
    await Promise.allSettled(this.#changes);
  }

  /** What is cached, by id. */
  get summaries(): ReadonlyMap<string, CacheSummary> {
    return this.#summaries;
  }

  /** The server's list when it was last seen. */
  get remoteList(): readonly RemoteDatastore[] {
    return this.#remoteList;
  }

  /** @throws DatastoreError `storage`, or `invalid-json` for damaged data. */
  async read(id: string): Promise<CachedDatastore | undefined> {
    const json = await this.#storage.get(this.#key('data', id));
    return json === undefined ? undefined : parseCached(json);
  }

  /**
   * Stores a datastore. Its summary may be wrong after a crash in between, but never claims that everything has been
   * uploaded where something was not: so it is stored first where something waits, and else last.
   *
   * @throws DatastoreError `storage`.
   */
  async write(id: string, cached: CachedDatastore, summary: CacheSummary): Promise<void> {
    if (!summary.isUploaded) await this.#writeSummary(id, summary);
    await this.#set(this.#key('data', id), formatCached(cached));
    if (summary.isUploaded) await this.#writeSummary(id, summary);
  }

  /** Forgets a datastore. @throws DatastoreError `storage`. */
  async remove(id: string): Promise<void> {
    this.#doubtful.add(id);
    await this.#delete(this.#key('data', id));
    await this.#delete(this.#key('summary', id));
    // Only now, so that what was removed in part is still known, and can be removed.
    this.#summaries.delete(id);
    this.#doubtful.delete(id);
  }

  /** @throws DatastoreError `storage`. */
  async writeRemoteList(list: readonly RemoteDatastore[]): Promise<void> {
    this.#remoteList = list;
    await this.#set(this.#key('list', ''), list.map(formatListed));
  }

  /** Notes that the server has a datastore that is cached, before its list says so. @throws DatastoreError `storage`. */
  async noteRemote(id: string): Promise<void> {
    const summary = this.#summaries.get(id);
    if (summary?.handle === undefined) return;
    const { handle, role, title, mtime } = summary;
    if (this.#remoteList.some((listed) => listed.id === id && listed.handle === handle)) return;
    const others = this.#remoteList.filter((listed) => listed.id !== id);
    await this.writeRemoteList([...others, { id, handle, role, title, mtime }]);
  }

  async #writeSummary(id: string, summary: CacheSummary): Promise<void> {
    const json = formatSummary(summary);
    const known = this.#doubtful.has(id) ? undefined : this.#summaries.get(id);
    if (known !== undefined && JSON.stringify(formatSummary(known)) === JSON.stringify(json)) return;
    this.#doubtful.add(id);
    await this.#set(this.#key('summary', id), json);
    this.#doubtful.delete(id);
    this.#summaries.set(id, summary);
  }

  #set(key: string, value: unknown): Promise<void> {
    return this.#change(() => this.#storage.set(key, value));
  }

  #delete(key: string): Promise<void> {
    return this.#change(() => this.#storage.delete(key));
  }

  async #change(make: () => Promise<void>): Promise<void> {
    if (this.#closedAs !== undefined) throw errorWithCode(this.#closedAs, 'the manager was shut down');
    const change = make();
    this.#changes.add(change);
    try {
      await change;
    } finally {
      this.#changes.delete(change);
    }
  }

  #key(kind: 'data' | 'summary' | 'list', id: string): string {
    return `${this.#space}/${kind}/${id}`;
  }
}

function formatListed({ id, handle, role, title, mtime }: RemoteDatastore): unknown {
  return { id, handle, role, title: title ?? null, mtime: mtime?.getTime() ?? null };
}

function parseListed(json: unknown): RemoteDatastore {
  const { id, handle, role, title, mtime } = expectObject(json, 'a listed datastore');
  checkRole(role);
  return {
    id: String(id),
    handle: String(handle),
    role,
    title: textOrNull(title, 'a title'),
    mtime: timeOrNull(mtime),
  };
}
