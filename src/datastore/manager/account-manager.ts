import { checkBoolean, checkFunction, checkMethods, checkOptions, invalidArgument } from '../../errors/arguments.js';
import { DatastoreError, isDatastoreError, isServiceError, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { checkLimits, type Limits } from '../../state/limits.js';
import { isPromiseLike } from '../../values/brands.js';
import { type Listener, Listeners } from '../model/listeners.js';
import { Mutex } from '../model/mutex.js';
import type { AbortSignalLike, AcquireOptions, DeviceStorage } from '../storage/device-storage.js';
import { Account, type LinkedAccount, type UnlinkOptions } from './account.js';
import { DEFAULT_AUTOSAVE_DELAY } from './autosave.js';
import { DEFAULT_RETRY_DELAYS, type RetryDelays } from './background-job.js';
import { accountLink } from './credentials.js';
import { DatastoreCache } from './datastore-cache.js';
import { DatastoreManager, type RunningManager } from './datastore-manager.js';
import {
  clearSpaces,
  type DeviceRecord,
  readDevice,
  withAccount,
  withMigration,
  withoutAccount,
  withProfile,
  writeDevice,
} from './device-record.js';
import { DeviceStore } from './device-store.js';
import { checkEnvironment, type Environment, tellFailure } from './environment.js';
import { type CallDeadlines, DEFAULT_CALL_DEADLINES, type Deadline } from './guards.js';
import type { AccountProfile, Link } from './link.js';
import type { UnsavedDatastore } from './unsaved-edits.js';
import { type UnsentEdits, unsentEdits } from './unsent-edits.js';

/** What an {@link AccountManager} needs from the application. */
export interface AccountManagerOptions {
  /** Where this device keeps its data. One account manager at a time uses a storage: see {@link wait}. */
  readonly storage: DeviceStorage;
  /**
   * Waits while another account manager uses the storage, until that is closed or its process has ended, or until the
   * signal aborts. Without it, `open` fails at once with `already-open`.
   */
  readonly wait?: AcquireOptions['wait'];
  /** `environmentOf(globalThis)`, or one for tests. */
  readonly environment: Environment;
  /** Makes the link of an account. It is called when the account is linked, and again at each start of the device. */
  readonly connect: (accountId: string) => Link;
  /** How long to wait before a retry. `DEFAULT_RETRY_DELAYS` by default. */
  readonly retryDelays?: RetryDelays;
  /**
   * How long a call of a link or of the storage may take. After that it has failed, and may still take effect.
   * `DEFAULT_CALL_DEADLINES` unless given.
   */
  readonly deadlines?: CallDeadlines;
  /**
   * How long an edit may wait before it is stored without a `sync()`, in milliseconds: `DEFAULT_AUTOSAVE_DELAY` unless
   * given. That does not seal, send or merge it, and `rollback()` still drops it, even after a restart. With
   * `false` only `sync()` stores edits, and closing a datastore drops those that were not synced.
   */
  readonly autosave?: number | false;
  /**
   * Hears that the server says that it has deleted an account, and gets the edits of it that were not uploaded. When it has
   * ended without a failure, the account is unlinked, and what is stored for it is deleted. Without this function nothing is
   * deleted before the application unlinks the account, which is suspended meanwhile. After a crash, and if it fails, it
   * may be called again.
   */
  readonly onAccountGone?: (account: Account, unsent: UnsentEdits) => void | Promise<void>;
  /** The largest sizes of datastores, records and deltas. `DEFAULT_LIMITS` by default. */
  readonly limits?: Limits;
  /**
   * Called with each failure that no caller waits for: a listener or a merge function threw, or the storage failed
   * while an account was being removed. By default they are thrown from a timer, as uncaught errors.
   */
  readonly onFailure?: (error: unknown) => void;
}

/** Tells that an account was linked or unlinked: see `account.isLinked`. */
export interface AccountsChange {
  readonly manager: AccountManager;
  readonly account: Account;
}

/** What an account manager has of one datastore in memory alone. */
export interface UnsavedOfAccount {
  /** `undefined` for a local datastore. */
  readonly account: string | undefined;
  readonly datastore: UnsavedDatastore;
}

const LIMIT_NAMES = { datastoreSize: true, recordSize: true, deltaSize: true, recordCount: true } as const;

const ACCOUNT_ID = /^[!-~]{1,128}$/;

/** One account id, or the local datastores. Linking, unlinking, migrating and starting managers happen one at a time. */
class Slot {
  readonly mutex = new Mutex();
  running: RunningManager | undefined;
}

/**
 * The linked accounts of a device, and the managers of their datastores. Which accounts are linked survives a restart.
 * Spec: BACK-12 to BACK-14.
 */
export class AccountManager {
  readonly #options: AccountManagerOptions;
  readonly #store: DeviceStore;
  readonly #listeners: Listeners<{ change: AccountsChange }>;
  /** In the order in which they were linked. */
  readonly #accounts = new Map<string, LinkedAccount>();
  /** By the id of the account; the local datastores are under `undefined`. */
  readonly #slots = new Map<string | undefined, Slot>();
  /** The accounts that are being unlinked. They get no manager, and nothing is migrated to them. */
  readonly #leaving = new Set<Account>();
  /** What ends the waiting for the application when this is closed. */
  readonly #waiting = new Set<() => void>();
  readonly #recordMutex = new Mutex();
  readonly #migrationMutex = new Mutex();
  #record: DeviceRecord;
  #isOnline = true;
  #closing: Promise<void> | undefined;

  private constructor(options: AccountManagerOptions, store: DeviceStore, record: DeviceRecord) {
    this.#options = options;
    this.#store = store;
    this.#record = record;
    this.#listeners = new Listeners((error) => this.#failed(error));
  }

  /**
   * Reads which accounts are linked, and continues with them. What an interrupted unlinking or migration has left behind
   * is deleted.
   *
   * @throws DatastoreError `already-open` if another account manager uses the storage, `invalid-option`, `storage`,
   * `corrupt-data`, `unknown-version` if a newer version wrote the storage; and what `connect` throws.
   */
  static async open(options: AccountManagerOptions): Promise<AccountManager> {
    checkManagerOptions(options);
    const { environment, deadlines = DEFAULT_CALL_DEADLINES } = options;
    const deadline = { environment, delay: deadlines.storage };
    const store = await DeviceStore.open(options.storage, { wait: options.wait }, deadline);
    try {
      const record = await readDevice(store);
      await clearSpaces(store, record);
      const manager = new AccountManager(options, store, record);
      manager.#addStored();
      return manager;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /**
   * Ends the use of the storage: shuts all managers down, which writes what was synced before, and lets another account
   * manager have the storage. Nothing can be linked or opened any more. A second call does nothing else.
   *
   * @throws DatastoreError `storage`.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    for (const giveUp of this.#waiting) giveUp();
    return this.#closing;
  }

  /** Stores at once what was edited, in all managers: see `DatastoreManager.flush`. @throws DatastoreError as that does. */
  async flush(): Promise<void> {
    this.#requireOpen();
    const running = [...this.#slots.values()].flatMap((slot) => slot.running ?? []);
    await Promise.all(running.map(({ manager }) => (manager.isShutDown ? undefined : manager.flush())));
  }

  /** Whether any account is linked. */
  get hasLinkedAccount(): boolean {
    return this.#accounts.size > 0;
  }

  /** The account that was linked last, or `undefined` if there is none. */
  get linkedAccount(): Account | undefined {
    return this.linkedAccounts.at(-1);
  }

  /** The linked accounts, in the order in which they were linked. */
  get linkedAccounts(): readonly Account[] {
    return [...this.#accounts.values()].map(({ account }) => account);
  }

  /** Whether the device is online, as {@link setOnline} was told. */
  get isOnline(): boolean {
    return this.#isOnline;
  }

  /**
   * Tells whether the device is online, if the platform says so. Offline nothing is sent; coming online, everything that
   * waits is sent at once. Without a call the device counts as online, and finds out by trying.
   *
   * @throws DatastoreError `invalid-option` for anything but true and false.
   */
  setOnline(isOnline: boolean): void {
    checkBoolean(isOnline, 'isOnline');
    if (isOnline === this.#isOnline) return;
    this.#isOnline = isOnline;
    for (const { running } of this.#slots.values()) running?.reachabilityChanged();
  }

  /**
   * Links an account, after its user has authorized the application. Has no effect if it is linked.
   *
   * @param id names the account: 1 to 128 visible ASCII characters.
   * @throws DatastoreError `invalid-name`, `storage`, `invalid-option` if `connect` returns no link; and what `connect`
   * throws. Nothing is linked then.
   */
  async link(id: string): Promise<Account> {
    if (typeof id !== 'string' || !ACCOUNT_ID.test(id)) {
      throw new DatastoreError('invalid-name', `invalid account id ${quote(id)}: use 1–128 visible ASCII characters`);
    }
    return await this.#slot(id).mutex.run(async () => {
      const known = this.#accounts.get(id);
      if (known !== undefined) return known.account;
      const link = this.#connect(id);
      await this.#update((record) => withAccount(record, id));
      const linked = this.#addAccount(id, link);
      this.#fetchProfile(linked);
      this.#listeners.tell('change', { manager: this, account: linked.account });
      return linked.account;
    });
  }

  /** Unlinks all accounts, one after the other. @throws DatastoreError as `Account.unlink` does. */
  async unlink(options: UnlinkOptions = {}): Promise<void> {
    for (const account of this.linkedAccounts) await account.unlink(options);
  }

  /**
   * The manager of an account's datastores: the same one until it is shut down.
   *
   * @throws DatastoreError `unauthorized` if the account is not linked, `invalid-option`, `storage` or `corrupt-data`.
   */
  async managerFor(account: Account): Promise<DatastoreManager> {
    this.#spaceOf(account, 'unauthorized');
    const slot = this.#slot(account.id);
    const manager = await slot.mutex.run(() => this.#start(slot, account, this.#spaceOf(account, 'unauthorized')));
    this.#spaceOf(account, 'unauthorized');
    return manager;
  }

  /**
   * The manager of the local datastores: the same one until it is shut down. They belong to no account, and never leave
   * this device unless they are migrated.
   *
   * @throws DatastoreError `storage` or `corrupt-data`.
   */
  async localManager(): Promise<DatastoreManager> {
    const slot = this.#slot(undefined);
    return await slot.mutex.run(() => this.#start(slot, undefined, this.#record.localSpace));
  }

  /**
   * Adds a listener, which hears when an account is linked or unlinked. Adding it twice is adding it once.
   *
   * @throws DatastoreError `invalid-option` for a listener that is not a function.
   */
  addListener(listener: Listener<AccountsChange>): void {
    this.#listeners.add('change', listener);
  }

  /** Removes a listener. Has no effect if it was not added. @throws DatastoreError as {@link addListener}. */
  removeListener(listener: Listener<AccountsChange>): void {
    this.#listeners.remove('change', listener);
  }

  /** Not for applications: what is in memory alone, because the lease was lost or the storage failed. Spec: TAB-8. */
  get unsaved(): UnsavedOfAccount[] {
    return [...this.#slots].flatMap(([account, { running }]) =>
      (running?.unsaved() ?? []).map((datastore) => ({ account, datastore })),
    );
  }

  /**
   * Not for applications: takes over what another account manager could not store.
   *
   * @throws DatastoreError `storage` or `corrupt-data`, and as any edit.
   */
  async adopt({ account, datastore }: UnsavedOfAccount): Promise<void> {
    await (account === undefined ? this.localManager() : this.managerFor(await this.link(account)));
    await this.#slot(account).running?.adopt(datastore);
  }

  /** Continues with the accounts that were linked before the start. */
  #addStored(): void {
    const connected = this.#record.accounts.map((stored) => ({ ...stored, link: this.#connect(stored.id) }));
    for (const { id, profile, link } of connected) {
      const linked = this.#addAccount(id, link);
      if (profile !== undefined) linked.setInfo(profile);
      this.#fetchProfile(linked);
    }
  }

  async #close(): Promise<void> {
    const stops = [...this.#slots.values()].map((slot) => slot.mutex.run(() => this.#stop(slot)));
    await Promise.all(stops);
    await this.#recordMutex.run(() => this.#store.close());
    this.#listeners.close();
  }

  /** @throws DatastoreError `shut-down` once {@link close} was called. */
  #requireOpen(): void {
    if (this.#closing !== undefined)
      throw new DatastoreError('shut-down', 'the account manager was closed: open another one');
  }

  #slot(id: string | undefined): Slot {
    this.#requireOpen();
    const known = this.#slots.get(id);
    if (known !== undefined) return known;
    const slot = new Slot();
    this.#slots.set(id, slot);
    return slot;
  }

  /** @throws DatastoreError `invalid-option` for anything but a link; and what `connect` throws. */
  #connect(id: string): Link {
    const link: unknown = this.#options.connect(id);
    if (isPromiseLike(link)) {
      throw new DatastoreError(
        'invalid-option',
        'connect must return a link, got a promise: connect within the calls of the link',
      );
    }
    const methods = ['profile', 'list', 'find', 'create', 'delete', 'send', 'watch'] as const;
    checkMethods<Link>(link, 'the link that connect returns', methods);
    return link;
  }

  #addAccount(id: string, link: Link): LinkedAccount {
    const linked = Account.create(id, link, {
      unlink: (account, options) => this.#unlink(account, options),
      authorizationChanged: (account, error) => this.#setAuthorizationError(account, error),
      listenerFailed: (error) => this.#failed(error),
    });
    this.#accounts.set(id, linked);
    return linked;
  }

  async #unlink(account: Account, { handOver }: UnlinkOptions): Promise<UnsentEdits> {
    const { id } = account;
    const slot = this.#slot(id);
    const { space } = this.#record.accounts.find((stored) => stored.id === id) ?? {};
    this.#leaving.add(account);
    try {
      return await slot.mutex.run(async () => {
        const linked = this.#accounts.get(id);
        // It may have been unlinked before, and even linked again as another account.
        if (linked?.account !== account || space === undefined) return { datastores: [], unreadable: [] };
        const { running } = slot;
        slot.running = undefined;
        const unsent = await (running?.endUnlinked() ?? this.#storedUnsent(space));
        await this.#unlessClosed(async () => await handOver?.(unsent));
        await this.#update((record) => withoutAccount(record, id));
        this.#accounts.delete(id);
        linked.end();
        this.#listeners.tell('change', { manager: this, account });
        await clearSpaces(this.#store, this.#record);
        return unsent;
      });
    } finally {
      this.#leaving.delete(account);
    }
  }

  /** What the server is not known to have of an account whose manager does not run. @throws DatastoreError `storage`. */
  async #storedUnsent(space: string): Promise<UnsentEdits> {
    return await unsentEdits(await DatastoreCache.open(this.#store, space), new Map());
  }

  /** The server has deleted an account: its edits are handed over, and then it is unlinked. */
  #leaveGone(account: Account): void {
    const { onAccountGone } = this.#options;
    if (onAccountGone === undefined || this.#leaving.has(account) || this.#closing !== undefined) return;
    const handOver = (unsent: UnsentEdits): void | Promise<void> => onAccountGone(account, unsent);
    this.#unlink(account, { handOver }).catch((error: unknown) => this.#failed(error));
  }

  /** Waits for the application, but not once this manager is closed. @throws DatastoreError `shut-down`. */
  async #unlessClosed(work: () => Promise<void>): Promise<void> {
    let giveUp = (): void => undefined;
    const closed = new Promise<never>((_, reject) => {
      giveUp = () => reject(new DatastoreError('shut-down', 'the account manager was closed'));
    });
    this.#waiting.add(giveUp);
    try {
      await Promise.race([work(), closed]);
    } finally {
      this.#waiting.delete(giveUp);
    }
  }

  get #linkDeadline(): Deadline {
    const { environment, deadlines = DEFAULT_CALL_DEADLINES } = this.#options;
    return { environment, delay: deadlines.link };
  }

  /** The manager of a slot, which must be locked. A new one is made if there is none, or if it was shut down. */
  async #start(slot: Slot, account: Account | undefined, space: string): Promise<DatastoreManager> {
    if (slot.running?.manager.isShutDown === false) return slot.running.manager;
    await this.#stop(slot);
    const {
      environment,
      retryDelays = DEFAULT_RETRY_DELAYS,
      limits,
      autosave = DEFAULT_AUTOSAVE_DELAY,
    } = this.#options;
    const running = await DatastoreManager.create({
      ...{ account, store: this.#store, space, environment, limits },
      credentials: this.#accounts.get(account?.id ?? '')?.credentials,
      linkDeadline: this.#linkDeadline.delay,
      autosaveDelay: autosave === false ? undefined : autosave,
      delays: retryDelays,
      isOnline: () => this.#isOnline,
      migrate: (target, leave) => this.#migrate(target, leave),
      profileChanged: ({ id }) => {
        const linked = this.#accounts.get(id);
        if (linked !== undefined) this.#fetchProfile(linked);
      },
      failed: (error) => this.#failed(error),
    });
    slot.running = running;
    // The device may have come online or gone offline while the manager was made.
    running.reachabilityChanged();
    return running.manager;
  }

  /** Waits until a manager that was shut down has ended. */
  async #stop(slot: Slot): Promise<void> {
    await slot.running?.manager.shutDown();
    slot.running = undefined;
  }

  async #migrate(account: Account, leave: () => Promise<void>): Promise<DatastoreManager> {
    this.#spaceOf(account, 'bad-state');
    const slot = this.#slot(account.id);
    const move = async (): Promise<void> => {
      if (slot.running?.manager.isShutDown === false) {
        throw new DatastoreError('bad-state', 'shut down the manager of the account before a migration to it');
      }
      await this.#stop(slot);
      const cache = await DatastoreCache.open(this.#store, this.#spaceOf(account, 'bad-state'));
      if ([...cache.summaries.values()].some(({ isUploaded }) => !isUploaded)) {
        const reason = `the account ${quote(account.id)} has edits that are not uploaded: migrate when they are`;
        throw new DatastoreError('bad-state', reason);
      }
      await this.#slot(undefined).mutex.run(async () => {
        await leave();
        // This one write is the migration: before it everything is here, after it everything is there.
        await this.#update((record) => {
          this.#spaceOf(account, 'bad-state');
          return withMigration(record, account.id);
        });
      });
      await clearSpaces(this.#store, this.#record);
    };
    await this.#migrationMutex.run(() => slot.mutex.run(move));
    return await this.managerFor(account);
  }

  /** Fetches what the server says about the user. After a failure it is fetched again when the connection is back. */
  #fetchProfile(linked: LinkedAccount): void {
    const { account } = linked;
    const take = async (profile: AccountProfile): Promise<void> => {
      if (!account.isLinked) return;
      linked.setInfo(profile);
      await this.#update((record) => (account.isLinked ? withProfile(record, account.id, profile) : record));
    };
    accountLink(account.link, this.#linkDeadline, linked.credentials)
      .profile()
      .then(take)
      .catch((error: unknown) => {
        if (!isDatastoreError(error)) throw error;
        // A server that failed recovers by itself. A link that breaks its contract must be reported.
        if (isServiceError(error, 'server') && error.cause !== undefined) throw error;
      })
      .catch((error: unknown) => this.#failed(error));
  }

  /** Suspends an account, or ends its suspension. */
  #setAuthorizationError(account: Account, error: DatastoreError | undefined): void {
    const linked = this.#accounts.get(account.id);
    if (linked?.account !== account || account.authorizationError === error) return;
    linked.setAuthorizationError(error);
    this.#slots.get(account.id)?.running?.reachabilityChanged();
    if (error?.code === 'account-gone') this.#leaveGone(account);
  }

  /** The space of an account. @throws DatastoreError `invalid-option`, or `code` if the account is not linked. */
  #spaceOf(account: Account, code: 'unauthorized' | 'bad-state'): string {
    if (!(account instanceof Account)) {
      throw invalidArgument('an account must be an Account object, as `link` returns it', account);
    }
    const stored = this.#record.accounts.find(({ id }) => id === account.id);
    const isLinked = this.#accounts.get(account.id)?.account === account && !this.#leaving.has(account);
    if (stored !== undefined && isLinked) return stored.space;
    const reason = `the account ${quote(account.id)} is not linked: link it, and use the object that \`link\` returns`;
    throw code === 'unauthorized' ? new ServiceError(code, reason) : new DatastoreError(code, reason);
  }

  /** Changes what is stored of the device, one change at a time. */
  async #update(change: (record: DeviceRecord) => DeviceRecord): Promise<void> {
    await this.#recordMutex.run(async () => {
      const changed = change(this.#record);
      if (changed !== this.#record) await writeDevice(this.#store, changed);
      this.#record = changed;
    });
  }

  #failed(error: unknown): void {
    tellFailure(error, this.#options);
  }
}

/** @throws DatastoreError `invalid-option`. */
function checkManagerOptions(options: AccountManagerOptions): void {
  checkOptions(options, {
    ...{ storage: true, wait: true, environment: true, connect: true },
    ...{ retryDelays: true, deadlines: true, autosave: true, limits: true, onAccountGone: true, onFailure: true },
  });
  const { storage, wait, environment, connect, retryDelays = DEFAULT_RETRY_DELAYS } = options;
  const {
    deadlines = DEFAULT_CALL_DEADLINES,
    autosave = DEFAULT_AUTOSAVE_DELAY,
    limits,
    onAccountGone,
    onFailure,
  } = options;
  checkMethods<DeviceStorage>(storage, 'storage', ['acquire']);
  if (wait !== undefined && wait !== true) {
    checkMethods<AbortSignalLike>(wait, 'wait', ['addEventListener', 'removeEventListener']);
  }
  checkEnvironment(environment);
  checkFunction(connect, 'connect');
  if (onAccountGone !== undefined) checkFunction(onAccountGone, 'onAccountGone');
  if (onFailure !== undefined) checkFunction(onFailure, 'onFailure');
  if (limits !== undefined) checkLimits(checkOptions(limits, LIMIT_NAMES));
  if (autosave !== false && !(typeof autosave === 'number' && autosave >= 0 && Number.isFinite(autosave))) {
    throw invalidArgument('autosave must be a number of milliseconds, 0 or more, or false', autosave);
  }
  const { first, most } = checkOptions(retryDelays, { first: true, most: true });
  checkDelays('retryDelays', { first, most });
  const { link, storage: write } = checkOptions(deadlines, { link: true, storage: true });
  checkDelays('deadlines', { link, storage: write });
  if (most < first) throw invalidArgument('retryDelays.most must not be less than retryDelays.first', retryDelays);
}

/** @throws DatastoreError `invalid-option`. */
function checkDelays(name: string, delays: Readonly<Record<string, unknown>>): void {
  for (const [key, delay] of Object.entries(delays)) {
    if (typeof delay === 'number' && delay > 0 && Number.isFinite(delay)) continue;
    throw invalidArgument(`${name}.${key} must be a positive number of milliseconds`, delay);
  }
}
