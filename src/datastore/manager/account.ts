import { type Listener, Listeners } from '../model/events.js';
import type { AccountProfile, Link } from './link.js';

/** What is known about the user of an account. */
export interface AccountInfo {
  /** The text to show for the account: `userName`, or `userName (orgName)`. */
  readonly displayName: string;
  readonly userName: string;
  /** The name of the user's organisation, or `undefined` if there is none. */
  readonly orgName: string | undefined;
}

/** What an account needs of its `AccountManager`. */
export interface AccountContext {
  unlink(account: Account): Promise<void>;
  listenerFailed(error: unknown): void;
}

/** An account, and what only its `AccountManager` may do with it. */
export interface LinkedAccount {
  readonly account: Account;
  setInfo(profile: AccountProfile): void;
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
  #info: AccountInfo | undefined;
  #isLinked = true;

  private constructor(id: string, link: Link, context: AccountContext) {
    this.id = id;
    this.link = link;
    this.#context = context;
    this.#listeners = new Listeners((error) => context.listenerFailed(error));
  }

  /** Not for applications: an `AccountManager` makes accounts. */
  static create(id: string, link: Link, context: AccountContext): LinkedAccount {
    const account = new Account(id, link, context);
    return {
      account,
      setInfo: (profile) => account.#setInfo(profile),
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
   * Unlinks the account: shuts its manager down, and deletes what is cached for it on this device, including edits that
   * were not uploaded. Has no effect if it is not linked.
   *
   * @throws DatastoreError `storage`.
   */
  async unlink(): Promise<void> {
    if (this.#isLinked) await this.#context.unlink(this);
  }

  /**
   * Adds a listener, which hears when the account is unlinked or its {@link info} changes. Adding it twice is adding it
   * once.
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

  #end(): void {
    this.#isLinked = false;
    this.#listeners.tell('change', this);
    this.#listeners.close();
  }
}
