import { checkFunction, checkOptions } from '../../errors/arguments.js';
import type { DatastoreError } from '../../errors/datastore-error.js';
import { type Listener, Listeners } from '../model/listeners.js';
import { Credentials } from './credentials.js';
import type { AccountProfile, Link } from './link.js';
import type { UnsentEdits } from './unsent-edits.js';

/** What is known about the user of an account. */
export interface AccountInfo {
  /** The text to show for the account: `userName`, or `userName (orgName)`. */
  readonly displayName: string;
  readonly userName: string;
  /** The name of the user's organisation, or `undefined` if there is none. */
  readonly orgName: string | undefined;
}

/** How an account is unlinked. */
export interface UnlinkOptions {
  /**
   * Gets what would be lost before anything is deleted. If it throws or rejects, nothing is deleted, and the account stays
   * linked.
   */
  readonly handOver?: (unsent: UnsentEdits) => void | Promise<void>;
}

/** What an account needs of its `AccountManager`. */
export interface AccountContext {
  unlink(account: Account, options: UnlinkOptions): Promise<UnsentEdits>;
  /** Hears why the server rejects the account, or that it does not any more. */
  authorizationChanged(account: Account, error: DatastoreError | undefined): void;
  listenerFailed(error: unknown): void;
}

/** An account, and what only its `AccountManager` may do with it. */
export interface LinkedAccount {
  readonly account: Account;
  readonly credentials: Credentials;
  setInfo(profile: AccountProfile): void;
  /** Sets why the server rejects the account, or `undefined` if it does not. */
  setAuthorizationError(error: DatastoreError | undefined): void;
  /** Marks it as no longer linked, and tells its listeners for the last time. */
  end(): void;
}

/** The account of a user on the server, linked to this device. An `AccountManager` gives it. */
export class Account {
  /** The id under which it was linked. */
  readonly id: string;
  readonly link: Link;
  readonly #context: AccountContext;
  readonly #listeners: Listeners<{ change: Account }>;
  readonly #credentials: Credentials;
  #info: AccountInfo | undefined;
  #authorizationError: DatastoreError | undefined;
  #isLinked = true;

  private constructor(id: string, link: Link, context: AccountContext) {
    this.id = id;
    this.link = link;
    this.#context = context;
    this.#listeners = new Listeners((error) => context.listenerFailed(error));
    this.#credentials = new Credentials((error) => context.authorizationChanged(this, error));
  }

  /** Not for applications: an `AccountManager` makes accounts. */
  static create(id: string, link: Link, context: AccountContext): LinkedAccount {
    const account = new Account(id, link, context);
    return {
      account,
      credentials: account.#credentials,
      setInfo: (profile) => account.#setInfo(profile),
      setAuthorizationError: (error) => account.#setAuthorizationError(error),
      end: () => account.#end(),
    };
  }

  /** Whether the account is linked now. After it was unlinked, this object has no use any more. */
  get isLinked(): boolean {
    return this.#isLinked;
  }

  /** What is known about the user, or `undefined` until it was fetched. Listeners hear when it changes. */
  get info(): AccountInfo | undefined {
    return this.#info;
  }

  /**
   * Why the server rejects the account, or `undefined` if it does not: as `unauthorized`, or as `account-gone` if it has
   * deleted the account. While there is such an error, the account is suspended: nothing is sent, and everything stays on
   * this device. Ask the user to sign in again, and call {@link resume}; or {@link unlink} it. Listeners hear when it changes.
   */
  get authorizationError(): DatastoreError | undefined {
    return this.#authorizationError;
  }

  /** Ends a suspension, because the link has new credentials: what waits is sent at once. */
  resume(): void {
    this.#credentials.renewed();
  }

  /**
   * Unlinks the account: shuts its manager down, and deletes what is cached for it on this device, including edits that
   * were not uploaded. Has no effect if it is not linked.
   *
   * @returns the edits that were not uploaded. After a crash nobody gets them: what must not be lost is taken by `handOver`.
   * @throws DatastoreError `storage`, `invalid-option`; `shut-down` if the account manager is closed before `handOver` has
   * ended; and what `handOver` rejects with. The manager is shut down even so. Spec: BACK-12, BACK-20.
   */
  async unlink(options: UnlinkOptions = {}): Promise<UnsentEdits> {
    const { handOver } = checkOptions(options, { handOver: true });
    if (handOver !== undefined) checkFunction(handOver, 'handOver');
    return this.#isLinked ? await this.#context.unlink(this, options) : { datastores: [], unreadable: [] };
  }

  /**
   * Adds a listener, which hears when the account is unlinked, and when its {@link info} or {@link authorizationError}
   * changes. Adding it twice is adding it once.
   *
   * @throws DatastoreError `invalid-option` for a listener that is not a function.
   */
  addListener(listener: Listener<Account>): void {
    this.#listeners.add('change', listener);
  }

  /** Removes a listener. Has no effect if it was not added. @throws DatastoreError as {@link addListener}. */
  removeListener(listener: Listener<Account>): void {
    this.#listeners.remove('change', listener);
  }

  #setInfo({ userName, orgName }: AccountProfile): void {
    const displayName = orgName === undefined ? userName : `${userName} (${orgName})`;
    if (displayName === this.#info?.displayName && userName === this.#info.userName) return;
    this.#info = Object.freeze({ displayName, userName, orgName });
    this.#listeners.tell('change', this);
  }

  #setAuthorizationError(error: DatastoreError | undefined): void {
    const isChanged = (error === undefined) !== (this.#authorizationError === undefined);
    this.#authorizationError = error;
    if (isChanged) this.#listeners.tell('change', this);
  }

  #end(): void {
    this.#isLinked = false;
    this.#listeners.tell('change', this);
    this.#listeners.close();
  }
}
