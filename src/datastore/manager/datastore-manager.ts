import { checkBoolean, checkFunction, checkOptions, invalidArgument } from '../../errors/arguments.js';
import {
  DatastoreError,
  errorWithCode,
  isDatastoreError,
  isServiceError,
  ServiceError,
} from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { ResolutionRules } from '../../rules/resolution-rules.js';
import { isShareableId, isValidDatastoreId } from '../../values/names.js';
import { invalidDatastoreId } from '../model/arguments.js';
import type { Datastore } from '../model/datastore.js';
import type { AnyTables, CheckedTables } from '../model/fields.js';
import type { Listener } from '../model/listeners.js';
import type { OwningManager } from '../model/open-replica.js';
import type { Account } from './account.js';
import { DatastoreCache } from './datastore-cache.js';
import type { DatastoreInfo } from './datastore-list.js';
import type { DeviceStore } from './device-store.js';
import { randomShareableId } from './environment.js';
import { ManagerRuntime, type RuntimeContext } from './manager-runtime.js';
import type { SyncSession } from './sync-session.js';
import type { UnsavedDatastore } from './unsaved-edits.js';
import type { UnsentEdits } from './unsent-edits.js';

/** The id of the datastore that {@link DatastoreManager.openDefault} opens. */
export const DEFAULT_DATASTORE_ID = 'default';

/** How a datastore is opened. */
export interface OpenOptions {
  /**
   * The rules from the start. They are only needed here, rather than on the tables, if edits were stored under a merge
   * function and not uploaded.
   */
  readonly rules?: ResolutionRules;
  /**
   * `remote` opens the datastore even if a merge function is missing under which an edit was stored: rule remote decides
   * that field then. Without it, opening fails with `rule-missing`, which names the field. Spec: BACK-19.
   */
  readonly missingRules?: 'remote';
  /**
   * Whether to get the same object if the datastore is open already, or is being opened. It is closed once `close` was
   * called as often as it was opened. Rules, if given, must be the object that it was opened with.
   */
  readonly reuse?: boolean;
}

/** What a {@link DatastoreManager} is given, by an `AccountManager`. */
export interface ManagerContext extends RuntimeContext {
  readonly store: DeviceStore;
  /** The beginning of its keys in the store. */
  readonly space: string;
  /**
   * Moves the local datastores to an account, after `leave` has ended this manager.
   *
   * @throws DatastoreError `bad-state`, `storage`, or what `leave` throws.
   */
  readonly migrate: (account: Account, leave: () => Promise<void>) => Promise<DatastoreManager>;
}

/** A running manager, and what only its `AccountManager` may do with it. */
export interface RunningManager {
  readonly manager: DatastoreManager;
  /**
   * Shuts it down because the account is to be unlinked.
   *
   * @returns what the server is not known to have. @throws DatastoreError `storage`.
   */
  endUnlinked(): Promise<UnsentEdits>;
  /** The device came online or went offline, or the account was suspended or resumed. */
  reachabilityChanged(): void;
  /** What is in memory alone, for another storage to take it. */
  unsaved(): readonly UnsavedDatastore[];
  /** Takes over what another storage could not store. @throws DatastoreError `storage`, `corrupt-data`, as any edit. */
  adopt(unsaved: UnsavedDatastore): Promise<void>;
}

/**
 * The datastores of one account, or the local ones. It opens them, and synchronizes them with the server in the
 * background: while a datastore is open, while something is left to upload, and while somebody listens to the list.
 * `open<Tables>()` and the like declare the tables of a datastore, for the compiler alone.
 *
 * Once the manager is shut down, each method except {@link shutDown} and {@link removeListListener} fails: with
 * `unauthorized` if the account was unlinked, else with `shut-down`. While a call opens, deletes or uncaches a datastore,
 * other such calls for the same id fail with `already-open`. Spec: BACK-1 to BACK-16.
 */
export class DatastoreManager implements OwningManager {
  /** The account, or `undefined` for the local datastores. */
  readonly account: Account | undefined;
  readonly #context: ManagerContext;
  readonly #cache: DatastoreCache;
  readonly #runtime: ManagerRuntime<DatastoreManager>;
  /** The calls that are opening a datastore. */
  readonly #opening = new Map<string, Promise<unknown>>();
  #endedAs: 'shut-down' | 'unauthorized' | undefined;
  #ended: Promise<void> | undefined;

  private constructor(context: ManagerContext, cache: DatastoreCache) {
    this.account = context.account;
    this.#context = context;
    this.#cache = cache;
    this.#runtime = new ManagerRuntime<DatastoreManager>(this, cache, context);
  }

  /** Not for applications: an `AccountManager` makes managers. @throws DatastoreError `storage` or `corrupt-data`. */
  static async create(context: ManagerContext): Promise<RunningManager> {
    const manager = new DatastoreManager(context, await DatastoreCache.open(context.store, context.space));
    if (context.account !== undefined) await manager.#runtime.sessions.resume();
    return {
      manager,
      endUnlinked: async () => {
        await manager.#end('unauthorized');
        const unsent = await manager.#runtime.sessions.unsent();
        manager.#runtime.sessions.clear();
        return unsent;
      },
      reachabilityChanged: () => manager.#runtime.reachabilityChanged(),
      unsaved: () => manager.#runtime.sessions.unsaved,
      adopt: (unsaved) => manager.#runtime.reserving(unsaved.id, () => manager.#runtime.sessions.adopt(unsaved)),
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
   * Opens the default datastore as {@link openOrCreate} does. On a device that has not downloaded it yet, it is empty at first:
   * `Datastore.loadDeltas` waits for what the server has, and `Datastore.sync` shows what has arrived.
   *
   * @throws DatastoreError as {@link openOrCreate}.
   */
  openDefault<Tables extends object & CheckedTables<Tables> = AnyTables>(
    options?: OpenOptions,
  ): Promise<Datastore<Tables>> {
    return this.openOrCreate(DEFAULT_DATASTORE_ID, options);
  }

  /**
   * Opens an existing datastore. It is downloaded first if this device has not cached it.
   *
   * @throws DatastoreError `already-open`; `not-found` if the user may read no such datastore; `invalid-name`;
   * `invalid-option`; `rule-missing` as {@link OpenOptions} says; `storage`; `corrupt-data`; and what the link rejects
   * with if it is not cached.
   */
  open<Tables extends object & CheckedTables<Tables> = AnyTables>(
    id: string,
    options: OpenOptions = {},
  ): Promise<Datastore<Tables>> {
    return this.#opened(id, options, (rules, missing) => this.#existing(id, rules, missing));
  }

  /**
   * Opens a datastore, or creates it if this device has none, without asking the server. What the server has under the
   * same id arrives later, and is merged. A shareable id is opened as by {@link open}, because it names an existing one.
   *
   * @throws DatastoreError `already-open`, `invalid-name`, `invalid-option`, `rule-missing`, `storage` or `corrupt-data`.
   */
  openOrCreate<Tables extends object & CheckedTables<Tables> = AnyTables>(
    id: string,
    options: OpenOptions = {},
  ): Promise<Datastore<Tables>> {
    if (isShareableId(id)) return this.open(id, options);
    return this.#opened(
      id,
      options,
      async (rules, missing) =>
        (await this.#runtime.sessions.find(id, rules, missing)) ?? (await this.#runtime.sessions.begin(id, rules)),
    );
  }

  /** Creates a datastore with a new shareable id, and opens it. @throws DatastoreError `invalid-option`, `storage`. */
  create<Tables extends object & CheckedTables<Tables> = AnyTables>(
    options: OpenOptions = {},
  ): Promise<Datastore<Tables>> {
    const id = randomShareableId(this.#context.environment);
    return this.#opened(id, options, (rules) => this.#runtime.sessions.begin(id, rules));
  }

  /**
   * Deletes a datastore on the server, for everyone, and on this device. A datastore that the server does not know yet can
   * be deleted offline.
   *
   * @throws DatastoreError `already-open`; `not-found`; `not-permitted` unless the user owns it; and what the link and the
   * storage reject with.
   */
  async delete(id: string): Promise<void> {
    this.#requireClosed(id);
    await this.#runtime.reserving(id, async () => {
      await this.#deleteRemote(id);
      this.#requireRunning();
      await this.#runtime.sessions.forget(id);
      await this.#cache.writeRemoteList(this.#cache.remoteList.filter((listed) => listed.id !== id));
      this.#runtime.list.changed();
    });
  }

  /**
   * Removes a datastore from this device, including edits that were not uploaded. When it is opened again, it is
   * downloaded as a whole. Has no effect if it is not cached.
   *
   * @throws DatastoreError `already-open`; `storage`; `bad-state` for a local manager, which would lose the datastore.
   */
  async uncache(id: string): Promise<void> {
    this.#requireClosed(id);
    if (this.isLocal)
      throw new DatastoreError(
        'bad-state',
        'a local datastore exists only on this device, so it cannot be uncached: use delete',
      );
    await this.#runtime.reserving(id, () => this.#runtime.sessions.forget(id));
    this.#runtime.list.changed();
  }

  /**
   * The datastores, sorted by id: as the server has them, or had them when it was last reached; and as this device has
   * them where it has edits that were not uploaded. Offline it answers what is known.
   *
   * @throws DatastoreError `storage`, and what the link rejects with, except `network`.
   */
  async list(): Promise<readonly DatastoreInfo[]> {
    this.#requireRunning();
    if (this.#context.isOnline()) await this.#runtime.list.refresh().catch(ignoreNetwork);
    this.#requireRunning();
    return this.#runtime.list.infos;
  }

  /**
   * Adds a listener for changes of the {@link list}. As long as there is one, the manager keeps watching the server.
   * Adding it twice is adding it once; after shutting down it has no effect.
   *
   * @throws DatastoreError `invalid-option` for a listener that is not a function.
   */
  addListListener(listener: Listener<DatastoreManager>): void {
    checkFunction(listener, 'a listener');
    if (this.isShutDown) return;
    const isFirst = !this.#runtime.list.hasListeners;
    this.#runtime.list.addListener(listener);
    if (!isFirst) return;
    this.#runtime.adjustConnection();
    if (this.#runtime.isConnected) this.#runtime.list.ask();
  }

  /** Removes a listener. Has no effect if it was not added. @throws DatastoreError as {@link addListListener}. */
  removeListListener(listener: Listener<DatastoreManager>): void {
    this.#runtime.list.removeListener(listener);
    this.#runtime.adjustConnection();
  }

  /**
   * Moves all local datastores to a newly linked account. They are uploaded, and merged with those of the account. This
   * manager is empty then, and shut down. After a crash either all of them have moved, or none.
   *
   * @returns the manager of the account.
   * @throws DatastoreError `storage`; `bad-state` if this manager is not local or has open datastores, or if the account
   * is not linked, has a manager that was not shut down, or has edits that were not uploaded. Nothing is moved then.
   */
  async migrateToAccount(account: Account): Promise<DatastoreManager> {
    this.#requireMigratable();
    return await this.#context.migrate(account, async () => {
      this.#requireMigratable();
      await this.shutDown();
    });
  }

  /**
   * Stores at once what was edited, synced or not, and resolves when it is on this device. That does not seal, send or
   * merge anything. Call it when the program may end at any moment, as on `pagehide`. With autosave off, it does
   * nothing. Edits that cannot stand without those of a commit or transaction that is under way are stored with them.
   *
   * @throws DatastoreError `storage` or `lease-lost`.
   */
  async flush(): Promise<void> {
    this.#requireRunning();
    await this.#runtime.sessions.flush();
  }

  /**
   * Ends synchronization, and closes all datastores, as `Datastore.close` does. Edits that were not uploaded stay on this
   * device for the next manager of the account. Has no effect if it was shut down before.
   *
   * @returns a promise that resolves when the storage is no longer written to.
   */
  shutDown(): Promise<void> {
    return this.#end('shut-down');
  }

  /** Shuts the manager down at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutDown();
  }

  async #opened<Tables extends object>(
    id: string,
    options: OpenOptions,
    prepare: (rules: ResolutionRules, missing: OpenOptions['missingRules']) => Promise<SyncSession>,
  ): Promise<Datastore<Tables>> {
    const known = { rules: true, missingRules: true, reuse: true } as const;
    const { rules = new ResolutionRules(), missingRules, reuse = false } = checkOptions(options, known);
    if (!(rules instanceof ResolutionRules)) throw invalidArgument('rules must be a ResolutionRules object', rules);
    if (missingRules !== undefined && missingRules !== 'remote') {
      throw invalidArgument("missingRules must be 'remote', or left out", missingRules);
    }
    checkBoolean(reuse, 'reuse');
    if (reuse) {
      // Whether another call fails is for its own caller. This one then tries by itself, before anything else happens.
      for (let other = this.#opening.get(id); other !== undefined; other = this.#opening.get(id)) {
        await other.catch(() => undefined);
      }
      this.#requireRunning();
      const open = this.#runtime.sessions.openAgain<Tables>(id, options.rules);
      if (open !== undefined) return open;
    }
    this.#requireClosed(id);
    const opening = this.#runtime.reserving(id, async () => {
      const session = await prepare(rules, missingRules).catch(sayWhatToPass);
      this.#requireRunning();
      const datastore = session.open<Tables>(rules);
      session.kick();
      return datastore;
    });
    this.#opening.set(id, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(id);
    }
  }

  async #existing(id: string, rules: ResolutionRules, missing: OpenOptions['missingRules']): Promise<SyncSession> {
    const cached = await this.#runtime.sessions.find(id, rules, missing);
    if (cached !== undefined) return cached;
    if (this.#runtime.link === undefined) throw notFound(id);
    if (!this.#context.isOnline())
      throw new ServiceError(
        'network',
        `datastore ${quote(id)} is not on this device, and the device is offline: open it once online`,
      );
    const access = await this.#runtime.link.find(id);
    this.#requireRunning();
    return await this.#runtime.sessions.begin(id, rules, access);
  }

  async #deleteRemote(id: string): Promise<void> {
    const { link, sessions } = this.#runtime;
    // A request to create it must not overtake the request to delete it.
    if (this.#isUnknownToServer(id)) await sessions.pause(id);
    const isCached = this.#cache.summaries.has(id);
    if (link === undefined && !isCached) throw notFound(id);
    try {
      if (link !== undefined) await link.delete(id);
    } catch (error) {
      const isGone = isServiceError(error, 'not-found') && isCached;
      const isOnlyHere = isServiceError(error, 'network') && this.#isUnknownToServer(id);
      if (isGone || isOnlyHere) return;
      sessions.unpause(id);
      throw error;
    }
  }

  /** Whether a datastore is cached and the server was never told of it, as far as is known. */
  #isUnknownToServer(id: string): boolean {
    const summary = this.#cache.summaries.get(id);
    return summary !== undefined && summary.handle === undefined;
  }

  #end(as: 'shut-down' | 'unauthorized'): Promise<void> {
    if (this.#endedAs === undefined) {
      this.#endedAs = as;
      this.#ended = this.#runtime.end(as);
    }
    return this.#ended ?? Promise.resolve();
  }

  /** @throws DatastoreError `shut-down` or `unauthorized`. */
  #requireRunning(): void {
    if (this.#endedAs === undefined) return;
    const reason = 'the manager was shut down: get another one from the account manager';
    throw errorWithCode(
      this.#endedAs,
      this.#endedAs === 'unauthorized' ? 'the account was unlinked: link it again' : reason,
    );
  }

  /** @throws DatastoreError `bad-state`, or as {@link #requireRunning}. */
  #requireMigratable(): void {
    this.#requireRunning();
    if (!this.isLocal)
      throw new DatastoreError('bad-state', 'only local datastores can be migrated: use the local manager');
    if (this.#runtime.isAnyTaken) {
      throw new DatastoreError('bad-state', 'close all datastores before migrating them');
    }
  }

  #requireClosed(id: string): void {
    this.#requireRunning();
    if (!isValidDatastoreId(id)) throw invalidDatastoreId(id);
    if (this.#runtime.isTaken(id)) {
      throw new DatastoreError(
        'already-open',
        `datastore ${quote(id)} is open, or is being opened or deleted: close it first`,
      );
    }
  }
}

/** Says in an error about a missing merge function what helps. */
function sayWhatToPass(error: unknown): never {
  if (!isDatastoreError(error, 'rule-missing')) throw error;
  const { table = '', field = '' } = error;
  const rules = `new ResolutionRules().set(${JSON.stringify(table)}, ${JSON.stringify(field)}, mergeFunction)`;
  const reason = `an edit that is not uploaded was made under a merge function: open with { rules: ${rules} }, or with { missingRules: 'remote' } to do without it`;
  throw new DatastoreError('rule-missing', reason, error, error);
}

function ignoreNetwork(error: unknown): void {
  if (!isServiceError(error, 'network')) throw error;
}

function notFound(id: string): DatastoreError {
  return new ServiceError('not-found', `there is no datastore ${quote(id)}`);
}
