import { DatastoreError, errorWithCode, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { ResolutionRules } from '../../rules/resolution-rules.js';
import { isShareableId, isValidDatastoreId } from '../../values/names.js';
import { describe } from '../../values/value.js';
import type { Datastore } from '../model/datastore.js';
import type { DatastoreOwner } from '../model/host.js';
import type { Listener } from '../model/listeners.js';
import { ownOptions } from '../model/options.js';
import type { AnyTables } from '../model/shape.js';
import type { Account } from './account.js';
import type { BackgroundSync } from './background-sync.js';
import { DatastoreCache } from './datastore-cache.js';
import type { DatastoreInfo } from './listing.js';
import { ManagerExchange, type ManagerExchangeOptions } from './manager-exchange.js';
import { randomShareableId } from './random-id.js';
import type { Storage } from './storage.js';

/** The id of the datastore that {@link DatastoreManager.openDefault} opens. */
export const DEFAULT_DATASTORE_ID = 'default';

export interface OpenOptions {
  /**
   * The rules that the datastore begins with. Only one thing makes it necessary to give them here rather than to set
   * them on the tables: edits that were stored, and not uploaded, under a merge function.
   */
  readonly rules?: ResolutionRules;
}

/** What a manager is made of. An `AccountManager` provides it. */
export interface ManagerOptions extends ManagerExchangeOptions {
  readonly storage: Storage;
  /** What the keys of the storage begin with. */
  readonly space: string;
  /**
   * Moves the local datastores to an account, after `leave` has ended this manager, or has thrown.
   *
   * @throws DatastoreError `bad-state`, `storage`, or what `leave` throws.
   */
  readonly migrate: (account: Account, leave: () => Promise<void>) => Promise<DatastoreManager>;
}

/** What an `AccountManager` may do with a manager, and nobody else. */
export interface ManagerControl {
  readonly manager: DatastoreManager;
  /** Shuts down because the account is not linked any more. */
  endUnlinked(): Promise<void>;
  /** Whether the device is online has changed. */
  onlineChanged(): void;
}

/**
 * The datastores of one account, or the local ones. Opens them, and exchanges edits with the server in the background:
 * while a datastore is open, while something is to be uploaded, and while somebody listens to the list.
 * `open<Tables>()` and its like declare which tables a datastore has, for the compiler alone.
 *
 * Every method but {@link shutDown} and the removal of listeners fails once the manager is shut down: with
 * `unauthorized` if that was because the account was unlinked, else with `shut-down`. Whoever opens, deletes or uncaches a
 * datastore has its id for as long as that takes: other calls fail with `already-open`. Spec: BACK-1 to BACK-16.
 */
export class DatastoreManager implements DatastoreOwner {
  /** The account, or `undefined` for the local datastores. */
  readonly account: Account | undefined;
  readonly #options: ManagerOptions;
  readonly #cache: DatastoreCache;
  readonly #exchange: ManagerExchange<DatastoreManager>;
  #endedAs: 'shut-down' | 'unauthorized' | undefined;
  #ended: Promise<void> | undefined;

  private constructor(options: ManagerOptions, cache: DatastoreCache) {
    this.account = options.account;
    this.#options = options;
    this.#cache = cache;
    this.#exchange = new ManagerExchange<DatastoreManager>(this, cache, options);
  }

  /** Only an `AccountManager` makes managers. @throws DatastoreError `storage`, `invalid-json`. */
  static async create(options: ManagerOptions): Promise<ManagerControl> {
    const manager = new DatastoreManager(options, await DatastoreCache.open(options.storage, options.space));
    if (options.account !== undefined) await manager.#exchange.syncs.resume();
    return {
      manager,
      endUnlinked: () => manager.#end('unauthorized'),
      onlineChanged: () => manager.#exchange.onlineChanged(),
    };
  }

  get isLocal(): boolean {
    return this.account === undefined;
  }

  /** Whether it was shut down, by {@link shutDown} or because its account was unlinked. */
  get isShutDown(): boolean {
    return this.#endedAs !== undefined;
  }

  /**
   * Opens the default datastore, and makes it if there is none. Otherwise as {@link openOrCreate}.
   *
   * @throws DatastoreError as {@link openOrCreate}.
   */
  openDefault<Tables extends object = AnyTables>(options?: OpenOptions): Promise<Datastore<Tables>> {
    return this.openOrCreate(DEFAULT_DATASTORE_ID, options);
  }

  /**
   * Opens a datastore that exists. One that this device has not cached is downloaded first.
   *
   * @throws DatastoreError `already-open`; `not-found` if there is none that the user may read; `invalid-name` for what
   * is no id; `invalid-option`; `rule-missing` as {@link OpenOptions} says; for one that is not cached also what the link rejects with.
   */
  open<Tables extends object = AnyTables>(id: string, options: OpenOptions = {}): Promise<Datastore<Tables>> {
    return this.#opened(id, options, (rules) => this.#existing(id, rules));
  }

  /**
   * Opens a datastore, and makes it if there is none, without asking the server: what that has under the same id arrives
   * later, and is merged. A shareable id names a datastore that exists, so here that is as {@link open}.
   *
   * @throws DatastoreError `already-open`, `invalid-name`, `invalid-option`, `rule-missing`, `storage`.
   */
  openOrCreate<Tables extends object = AnyTables>(id: string, options: OpenOptions = {}): Promise<Datastore<Tables>> {
    if (isShareableId(id)) return this.open(id, options);
    return this.#opened(
      id,
      options,
      async (rules) => (await this.#exchange.syncs.find(id, rules)) ?? (await this.#exchange.syncs.begin(id, rules)),
    );
  }

  /** Makes a datastore with a new shareable id, and opens it. @throws DatastoreError `invalid-option`, `storage`. */
  create<Tables extends object = AnyTables>(options: OpenOptions = {}): Promise<Datastore<Tables>> {
    const id = randomShareableId(this.#options.environment);
    return this.#opened(id, options, (rules) => this.#exchange.syncs.begin(id, rules));
  }

  /**
   * Deletes a datastore, on the server for everyone and on this device. A datastore of which the server was never told,
   * as far as is known here, can be deleted offline.
   *
   * @throws DatastoreError `already-open`, `not-found`, `not-permitted` unless the user owns it, and what the link and
   * the storage reject with.
   */
  async delete(id: string): Promise<void> {
    this.#requireClosed(id);
    await this.#exchange.reserving(id, async () => {
      await this.#deleteRemote(id);
      this.#requireRunning();
      await this.#exchange.syncs.forget(id);
      await this.#cache.writeRemoteList(this.#cache.remoteList.filter((listed) => listed.id !== id));
      this.#exchange.list.changed();
    });
  }

  /**
   * Removes what this device has of a datastore, with edits that were not uploaded. When it is opened again it is
   * downloaded as a whole. Has no effect if nothing is cached.
   *
   * @throws DatastoreError `already-open`, `bad-state` for a local manager, which would lose the datastore, `storage`.
   */
  async uncache(id: string): Promise<void> {
    this.#requireClosed(id);
    if (this.isLocal) throw new DatastoreError('bad-state', 'a local datastore is nowhere else: delete it instead');
    await this.#exchange.reserving(id, () => this.#exchange.syncs.forget(id));
    this.#exchange.list.changed();
  }

  /**
   * The datastores: as the server has them, or had them when it was last reached; but as this device has them where it
   * holds edits that were not uploaded. Sorted by id.
   *
   * @throws DatastoreError `unauthorized`, `server`, `storage` and the like; offline it answers what is known.
   */
  async list(): Promise<readonly DatastoreInfo[]> {
    this.#requireRunning();
    if (this.#options.isOnline()) await this.#exchange.asked(this.#exchange.list.refresh()).catch(ignoreNetwork);
    this.#requireRunning();
    return this.#exchange.list.infos;
  }

  /**
   * Has a listener told when {@link list} may answer otherwise than before, and keeps background exchange running for
   * it. Adding one twice is adding it once; after shutting down it has no effect.
   */
  addListListener(listener: Listener<DatastoreManager>): void {
    if (this.isShutDown) return;
    const isFirst = !this.#exchange.list.hasListeners;
    this.#exchange.list.addListener(listener);
    if (!isFirst) return;
    this.#exchange.adjustInterest();
    if (this.#exchange.isConnected) this.#exchange.list.ask();
  }

  /** Has a listener told no more. Has no effect on one that was not added. */
  removeListListener(listener: Listener<DatastoreManager>): void {
    this.#exchange.list.removeListener(listener);
    this.#exchange.adjustInterest();
  }

  /**
   * Moves all local datastores to a freshly linked account: they are uploaded, and merged with what the account has
   * already. This manager is empty then, and shut down.
   *
   * A crash leaves all of them here or all of them there.
   *
   * @returns the manager of the account.
   * @throws DatastoreError `bad-state` if this manager is not local or has open datastores, or if the account is not
   * linked, has a manager that was not shut down, or has edits that were not uploaded; `storage`. Nothing is moved then.
   */
  async migrateToAccount(account: Account): Promise<DatastoreManager> {
    this.#requireMigratable();
    return await this.#options.migrate(account, async () => {
      this.#requireMigratable();
      await this.shutDown();
    });
  }

  /**
   * Ends background exchange and closes what is open; edits since the last `sync()` are lost. What was not uploaded waits
   * on this device for the next manager of the account. Has no effect if it was shut down already.
   *
   * @returns a promise that resolves when the storage is no longer written to.
   */
  shutDown(): Promise<void> {
    return this.#end('shut-down');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutDown();
  }

  async #opened<Tables extends object>(
    id: string,
    options: OpenOptions,
    prepare: (rules: ResolutionRules) => Promise<BackgroundSync>,
  ): Promise<Datastore<Tables>> {
    this.#requireClosed(id);
    const { rules = new ResolutionRules() } = ownOptions(options);
    if (!(rules instanceof ResolutionRules)) {
      throw new DatastoreError('invalid-option', `rules are ResolutionRules, not ${describe(rules)}`);
    }
    return await this.#exchange.reserving(id, async () => {
      const sync = await prepare(rules);
      this.#requireRunning();
      const datastore = sync.open<Tables>(rules);
      sync.kick();
      return datastore;
    });
  }

  async #existing(id: string, rules: ResolutionRules): Promise<BackgroundSync> {
    const cached = await this.#exchange.syncs.find(id, rules);
    if (cached !== undefined) return cached;
    if (this.#exchange.link === undefined) throw notFound(id);
    if (!this.#options.isOnline()) throw new ServiceError('network', `${quote(id)} is not cached on this device`);
    const access = await this.#exchange.asked(this.#exchange.link.find(id));
    this.#requireRunning();
    return await this.#exchange.syncs.begin(id, rules, access);
  }

  async #deleteRemote(id: string): Promise<void> {
    const { link, syncs } = this.#exchange;
    // A request to make it must not overtake the one to delete it.
    if (this.#isUntold(id)) await syncs.pause(id);
    const isCached = this.#cache.summaries.has(id);
    if (link === undefined && !isCached) throw notFound(id);
    try {
      if (link !== undefined) await this.#exchange.asked(link.delete(id));
    } catch (error) {
      const isGone = error instanceof DatastoreError && error.code === 'not-found' && isCached;
      const isUnheardOf = error instanceof DatastoreError && error.code === 'network' && this.#isUntold(id);
      if (isGone || isUnheardOf) return;
      syncs.goOn(id);
      throw error;
    }
  }

  /** Whether a datastore is cached of which the server was never told, as far as is known. */
  #isUntold(id: string): boolean {
    const summary = this.#cache.summaries.get(id);
    return summary !== undefined && summary.handle === undefined;
  }

  #end(as: 'shut-down' | 'unauthorized'): Promise<void> {
    if (this.#endedAs === undefined) {
      this.#endedAs = as;
      this.#ended = this.#exchange.end(as);
    }
    return this.#ended ?? Promise.resolve();
  }

  /** @throws DatastoreError `shut-down` or `unauthorized`. */
  #requireRunning(): void {
    if (this.#endedAs !== undefined) throw errorWithCode(this.#endedAs, 'the manager was shut down');
  }

  /** @throws DatastoreError `bad-state`, or as {@link #requireRunning}. */
  #requireMigratable(): void {
    this.#requireRunning();
    if (!this.isLocal) throw new DatastoreError('bad-state', 'only local datastores can be migrated');
    if (this.#exchange.isAnyTaken) {
      throw new DatastoreError('bad-state', 'close all datastores before migrating them');
    }
  }

  #requireClosed(id: string): void {
    this.#requireRunning();
    if (!isValidDatastoreId(id))
      throw new DatastoreError('invalid-name', `${quote(String(id))} is no id of a datastore`);
    if (this.#exchange.isTaken(id)) {
      throw new DatastoreError('already-open', `datastore ${quote(id)} is open, or is just being opened or removed`);
    }
  }
}

function ignoreNetwork(error: unknown): void {
  if (!(error instanceof DatastoreError) || error.code !== 'network') throw error;
}

function notFound(id: string): DatastoreError {
  return new ServiceError('not-found', `there is no datastore ${quote(id)}`);
}
