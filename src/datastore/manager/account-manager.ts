import { DatastoreError, errorWithCode } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import type { Limits } from '../../state/limits.js';
import { type Listener, Listeners } from '../model/listeners.js';
import { Account, type AccountControl } from './account.js';
import { DEFAULT_RETRY_DELAYS, type RetryDelays } from './backoff.js';
import { DatastoreCache } from './datastore-cache.js';
import { DatastoreManager, type ManagerControl } from './datastore-manager.js';
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
import type { Environment } from './environment.js';
import { guardedLink } from './guarded-link.js';
import { guardedStorage } from './guarded-storage.js';
import type { AccountProfile, Link } from './link.js';
import type { Storage } from './storage.js';

export interface AccountManagerOptions {
  /** Where this device keeps its data. No two account managers may use one storage at the same time. */
  readonly storage: Storage;
  /** `environmentOf(globalThis)`, or one for tests. */
  readonly environment: Environment;
  /** Makes the link of an account: called when it is linked, and for every linked account when the device starts. */
  readonly connect: (accountId: string) => Link;
  /** How long to wait before trying again what failed: `DEFAULT_RETRY_DELAYS` unless given. */
  readonly retryDelays?: RetryDelays;
  /** What datastores, records and deltas may weigh: `DEFAULT_LIMITS` unless given. */
  readonly limits?: Limits;
  /**
   * Hears of what failed while nobody waited: a listener or a merge function that threw, a storage that failed while an
   * account was being removed. Unless given, it is thrown from a timer, as an error that nobody caught.
   */
  readonly onFailure?: (error: unknown) => void;
}

/** Tells that an account was linked or unlinked: `account.isLinked` says which. */
export interface AccountsChange {
  readonly manager: AccountManager;
  readonly account: Account;
}

const ACCOUNT_ID = /^[!-~]{1,128}$/;

/**
 * The accounts that a device has linked, and the managers of their datastores. Which accounts are linked outlasts the
 * device's restart. Spec: BACK-12 to BACK-14.
 */
export class AccountManager {
  readonly #options: AccountManagerOptions;
  readonly #listeners: Listeners<{ change: AccountsChange }>;
  /** In the order in which they were linked. */
  readonly #accounts = new Map<string, AccountControl>();
  /** The managers by the id of the account, the local one under `undefined`. */
  readonly #managers = new Map<string | undefined, Promise<ManagerControl>>();
  /** The managers that have been made and not shut down, also of accounts that are not linked any more. */
  readonly #running = new Set<ManagerControl>();
  #record: DeviceRecord;
  #lastUpdate: Promise<unknown> = Promise.resolve();
  /** The end of the last migration. Until then nobody can say which space will be whose. */
  #lastMigration: Promise<unknown> = Promise.resolve();
  #isOnline = true;

  private constructor(options: AccountManagerOptions, record: DeviceRecord) {
    this.#options = options;
    this.#record = record;
    this.#listeners = new Listeners((error) => this.#failed(error));
  }

  /**
   * Reads which accounts are linked, and goes on with them. What an interrupted unlinking or migration left behind is
   * cleared away.
   *
   * @throws DatastoreError `storage`, or `invalid-json` for damaged data.
   */
  static async open(options: AccountManagerOptions): Promise<AccountManager> {
    const storage = guardedStorage(options.storage);
    const record = await readDevice(storage);
    await clearSpaces(storage, () => record);
    const manager = new AccountManager({ ...options, storage }, record);
    for (const { id, profile } of record.accounts) {
      const control = manager.#addAccount(id, options.connect(id));
      if (profile !== undefined) control.setInfo(profile);
      manager.#fetchProfile(control);
    }
    return manager;
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

  /** Whether the device is online, as far as it was told: see {@link setOnline}. */
  get isOnline(): boolean {
    return this.#isOnline;
  }

  /**
   * Says whether the device is online, if the application is told by its platform. Offline nothing is sent; coming
   * online, everything that waits is sent at once. Without a call the device counts as online, and finds out by trying.
   */
  setOnline(isOnline: boolean): void {
    if (isOnline === this.#isOnline) return;
    this.#isOnline = isOnline;
    for (const control of this.#running) control.onlineChanged();
  }

  /**
   * Links an account, once its user has let the application in. Linking one that is linked has no effect.
   *
   * @param id names the account: 1 to 128 visible ASCII characters.
   * @throws DatastoreError `invalid-name`, `storage`; and what `connect` throws. Nothing is linked then.
   */
  async link(id: string): Promise<Account> {
    if (typeof id !== 'string' || !ACCOUNT_ID.test(id)) {
      throw new DatastoreError('invalid-name', `${quote(String(id))} is no id of an account`);
    }
    let link: Link | undefined;
    await this.#update((record) => {
      if (record.accounts.some((known) => known.id === id)) return record;
      // If there is no way to the server, this throws, and nothing is stored.
      link = this.#options.connect(id);
      return withAccount(record, id);
    });
    const known = this.#accounts.get(id);
    if (known !== undefined) return known.account;
    // Whoever stored it has been unlinked since.
    if (link === undefined) return await this.link(id);
    const control = this.#addAccount(id, link);
    this.#fetchProfile(control);
    this.#listeners.tell('change', { manager: this, account: control.account });
    return control.account;
  }

  /** Unlinks all accounts: see `Account.unlink`. @throws DatastoreError `storage`. */
  async unlink(): Promise<void> {
    for (const account of this.linkedAccounts) await account.unlink();
  }

  /**
   * The manager of an account's datastores: the same one until it is shut down.
   *
   * @throws DatastoreError `unauthorized` if the account is not linked; `storage`, or `invalid-json` for damaged data.
   */
  async managerFor(account: Account): Promise<DatastoreManager> {
    this.#spaceOf(account, 'unauthorized');
    return await this.#manager(account);
  }

  /**
   * The manager of the local datastores, which belong to no account and never leave this device, unless they are
   * migrated: the same one until it is shut down.
   *
   * @throws DatastoreError `storage`, or `invalid-json` for damaged data.
   */
  async localManager(): Promise<DatastoreManager> {
    return await this.#manager(undefined);
  }

  /**
   * Has a listener told when an account is linked, or unlinked for whatever reason. Adding one twice is adding it once.
   */
  addListener(listener: Listener<AccountsChange>): void {
    this.#listeners.add('change', listener);
  }

  removeListener(listener: Listener<AccountsChange>): void {
    this.#listeners.remove('change', listener);
  }

  #addAccount(id: string, link: Link): AccountControl {
    const home = {
      unlink: (account: Account) => this.#unlink(account),
      listenerFailed: (error: unknown) => this.#failed(error),
    };
    const control = Account.create(id, link, home);
    this.#accounts.set(id, control);
    return control;
  }

  async #unlink(account: Account): Promise<void> {
    const { id } = account;
    const control = this.#accounts.get(id);
    // Another may have been linked under the same id.
    if (control?.account !== account) return;
    await this.#update((record) => (this.#accounts.get(id) === control ? withoutAccount(record, id) : record));
    if (this.#accounts.get(id) !== control) return;
    this.#accounts.delete(id);
    const manager = this.#managers.get(id);
    this.#managers.delete(id);
    control.end();
    this.#listeners.tell('change', { manager: this, account: control.account });
    // One that could not be made has nothing to be ended.
    const running = await manager?.catch(() => undefined);
    if (running !== undefined) {
      await running.endUnlinked();
      this.#running.delete(running);
    }
    await this.#update((record) => record);
    await clearSpaces(this.#options.storage, () => this.#record);
  }

  async #manager(account: Account | undefined): Promise<DatastoreManager> {
    this.#requireLinked(account);
    const id = account?.id;
    const known = this.#managers.get(id);
    const control = await known;
    this.#requireLinked(account);
    if (control !== undefined) {
      if (!control.manager.isShutDown) return control.manager;
      await control.manager.shutDown();
      this.#running.delete(control);
    }
    // In the meantime somebody else may have asked, or the account may have been unlinked.
    if (this.#managers.get(id) !== known) return await this.#manager(account);
    const made = this.#makeManager(account);
    this.#managers.set(id, made);
    made.catch(() => {
      if (this.#managers.get(id) === made) this.#managers.delete(id);
    });
    const { manager } = await made;
    this.#requireLinked(account);
    return manager;
  }

  async #makeManager(account: Account | undefined): Promise<ManagerControl> {
    const { storage, environment, retryDelays = DEFAULT_RETRY_DELAYS, limits } = this.#options;
    await this.#lastMigration;
    const control = await DatastoreManager.create({
      ...{ account, storage, environment, limits },
      space: account === undefined ? this.#record.localSpace : this.#spaceOf(account, 'unauthorized'),
      delays: retryDelays,
      isOnline: () => this.#isOnline,
      migrate: (target, leave) => this.#migrate(target, leave),
      revoked: (revoked) => void revoked.unlink().catch((error: unknown) => this.#failed(error)),
      profileChanged: ({ id }) => {
        const changed = this.#accounts.get(id);
        if (changed !== undefined) this.#fetchProfile(changed);
      },
      failed: (error) => this.#failed(error),
    });
    this.#running.add(control);
    // It may have changed while the manager was made.
    control.onlineChanged();
    return control;
  }

  async #migrate(account: Account, leave: () => Promise<void>): Promise<DatastoreManager> {
    this.#spaceOf(account, 'bad-state');
    // Managers that are asked for from here on are made when this has ended.
    const known = this.#managers.get(account.id);
    const migration = this.#lastMigration.then(async () => await this.#move(account, await known, leave));
    this.#lastMigration = migration.catch(() => undefined);
    await migration;
    return await this.managerFor(account);
  }

  async #move(account: Account, known: ManagerControl | undefined, leave: () => Promise<void>): Promise<void> {
    const manager = known?.manager;
    if (manager?.isShutDown === false) {
      throw new DatastoreError('bad-state', 'the manager of the account must be shut down before a migration');
    }
    await manager?.shutDown();
    const cache = await DatastoreCache.open(this.#options.storage, this.#spaceOf(account, 'bad-state'));
    if ([...cache.summaries.values()].some(({ isUploaded }) => !isUploaded)) {
      throw new DatastoreError('bad-state', 'the account has edits that were not uploaded');
    }
    await leave();
    // This one write is the migration: before it everything is here, after it everything is there.
    await this.#update((record) => {
      this.#spaceOf(account, 'bad-state');
      return withMigration(record, account.id);
    });
    await clearSpaces(this.#options.storage, () => this.#record);
  }

  /** Asks what there is to say about the user. If that fails, it is asked again when something has changed. */
  #fetchProfile(control: AccountControl): void {
    const { account } = control;
    const take = async (profile: AccountProfile): Promise<void> => {
      if (!account.isLinked) return;
      control.setInfo(profile);
      await this.#update((record) => withProfile(record, account.id, profile));
    };
    guardedLink(account.link)
      .profile()
      .then(take)
      .catch(async (error: unknown) => {
        if (!(error instanceof DatastoreError)) throw error;
        if (error.code === 'unauthorized') await account.unlink();
        // A server that is out of order mends itself; a link that does what no link may is somebody's to mend.
        if (error.code === 'server' && error.cause !== undefined) throw error;
      })
      .catch((error: unknown) => this.#failed(error));
  }

  /** The space of an account. @throws DatastoreError `code` if the account is not linked, or was, and is again. */
  #spaceOf(account: Account | undefined, code: 'unauthorized' | 'bad-state'): string {
    const id = String(account?.id);
    const stored = this.#record.accounts.find((known) => known.id === id);
    if (stored !== undefined && this.#accounts.get(id)?.account === account) return stored.space;
    throw errorWithCode(code, `the account ${quote(id)} is not linked`);
  }

  /** The local datastores need no account. @throws DatastoreError `unauthorized`. */
  #requireLinked(account: Account | undefined): void {
    if (account !== undefined) this.#spaceOf(account, 'unauthorized');
  }

  /** Changes what is stored of the device; changes are made one after the other. */
  async #update(change: (record: DeviceRecord) => DeviceRecord): Promise<void> {
    const update = this.#lastUpdate.then(async () => {
      const changed = change(this.#record);
      if (changed !== this.#record) await writeDevice(this.#options.storage, changed);
      this.#record = changed;
    });
    this.#lastUpdate = update.catch(() => undefined);
    await update;
  }

  #failed(error: unknown): void {
    const { onFailure, environment } = this.#options;
    const raise = (uncaught: unknown): void => {
      environment.schedule(0, () => {
        throw uncaught;
      });
    };
    try {
      if (onFailure === undefined) raise(error);
      else onFailure(error);
    } catch (another) {
      // Who told of the failure must not suffer from who heard of it.
      raise(another);
    }
  }
}
