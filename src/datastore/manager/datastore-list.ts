import { isDatastoreError } from '../../errors/datastore-error.js';
import { canWrite, type Role } from '../../sync/messages.js';
import { isShareableId } from '../../values/names.js';
import { compareValues } from '../../values/order.js';
import { compareText } from '../../values/text.js';
import { type Listener, Listeners } from '../model/listeners.js';
import { BackgroundJob, type RetryDelays } from './background-job.js';
import type { CacheSummary, DatastoreCache } from './datastore-cache.js';
import type { Environment } from './environment.js';
import { isWorthRetrying } from './guards.js';
import type { Link, RemoteDatastore } from './link.js';

/** A datastore in the list of a manager. */
export interface DatastoreInfo {
  readonly id: string;
  /** The title, or `undefined` if it has none. */
  readonly title: string | undefined;
  /** When it was last edited, by the clocks of the editing devices; `undefined` if never. */
  readonly mtime: Date | undefined;
  /** The role of the user. */
  readonly role: Role;
  /** Whether it can be shared with other users. */
  readonly isShareable: boolean;
  /** Whether the user may edit it. */
  readonly isWritable: boolean;
}

/** What a {@link DatastoreList} is given. */
export interface ListContext {
  readonly cache: DatastoreCache;
  readonly link: Link | undefined;
  readonly environment: Environment;
  readonly delays: RetryDelays;
  /** Hears what a listener throws, and other failures that no caller waits for. */
  readonly failed: (error: unknown) => void;
}

/** The list of a manager's datastores, and its listeners. Spec: BACK-10, BACK-11. */
export class DatastoreList<Owner> {
  readonly #owner: Owner;
  readonly #context: ListContext;
  readonly #listeners: Listeners<{ change: Owner }>;
  readonly #job: BackgroundJob;
  /** The list that the listeners know, as text. */
  #told = '';

  constructor(owner: Owner, context: ListContext) {
    this.#owner = owner;
    this.#context = context;
    this.#listeners = new Listeners(context.failed);
    this.#job = new BackgroundJob({
      environment: context.environment,
      delays: context.delays,
      job: () => this.refresh(),
      failed: (error) => this.#fail(error),
    });
  }

  /** The list as it is known now. */
  get infos(): readonly DatastoreInfo[] {
    const { cache } = this.#context;
    return listing(cache.remoteList, cache.summaries);
  }

  get hasListeners(): boolean {
    return this.#listeners.has('change');
  }

  addListener(listener: Listener<Owner>): void {
    if (!this.hasListeners) this.#told = this.#text();
    this.#listeners.add('change', listener);
  }

  removeListener(listener: Listener<Owner>): void {
    this.#listeners.remove('change', listener);
    if (!this.hasListeners) this.#job.rest();
  }

  /** Asks the server. @throws DatastoreError for what the link or the storage reject with. */
  async refresh(): Promise<void> {
    const { link, cache } = this.#context;
    if (link === undefined) return;
    await cache.writeRemoteList(await link.list());
    this.changed();
  }

  /** Asks the server in the background, again and again until it answers. */
  ask(): void {
    this.#job.ask();
  }

  /** Tells the listeners if the list has changed. */
  changed(): void {
    if (!this.hasListeners) return;
    const text = this.#text();
    if (text === this.#told) return;
    this.#told = text;
    this.#listeners.tell('change', this.#owner);
  }

  close(): void {
    this.#job.stop();
    this.#listeners.close();
  }

  #fail(error: unknown): boolean {
    if (!isDatastoreError(error)) {
      this.#context.failed(error);
      return false;
    }
    return isWorthRetrying(error) && this.hasListeners;
  }

  #text(): string {
    return JSON.stringify(this.infos);
  }
}

/**
 * The datastores of a manager in code point order of their ids: as the server lists them, or as this device has them where
 * it has edits that the server lacks or that are later than the list; and those that the server does not know yet.
 */
export function listing(
  remote: readonly RemoteDatastore[],
  local: ReadonlyMap<string, CacheSummary>,
): readonly DatastoreInfo[] {
  const listed = new Map(remote.map((datastore) => [datastore.id, datastore]));
  const infos = new Map(remote.map((datastore) => [datastore.id, infoOf(datastore.id, datastore)]));
  for (const [id, summary] of local) if (overrides(summary, listed.get(id))) infos.set(id, infoOf(id, summary));
  return [...infos.values()].sort((left, right) => compareText(left.id, right.id));
}

/** Whether what this device has is newer than the server's list. */
function overrides({ handle, isUploaded, mtime }: CacheSummary, listed: RemoteDatastore | undefined): boolean {
  if (listed === undefined) return handle === undefined;
  // With another handle it is another datastore: the cached one was deleted.
  if (handle !== undefined && handle !== listed.handle) return false;
  const hasOwnEdits = handle === undefined ? mtime !== undefined : !isUploaded;
  return hasOwnEdits || compareValues(mtime, listed.mtime) > 0;
}

function infoOf(id: string, { title, mtime, role }: Pick<CacheSummary, 'title' | 'mtime' | 'role'>): DatastoreInfo {
  return Object.freeze({
    id,
    title,
    mtime: mtime === undefined ? undefined : new Date(mtime),
    role,
    isShareable: isShareableId(id),
    isWritable: canWrite(role),
  });
}
