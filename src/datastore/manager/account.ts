import { type Listener, Listeners } from '../model/listeners.js';
import type { AccountProfile, Link } from './link.js';

/** What there is to say about the user of an account. */
export interface AccountInfo {
  /** The text to show for the account: `userName`, or `userName (orgName)`. */
  readonly displayName: string;
  readonly userName: string;
  /** The name of the user's organisation, or `undefined` if there is none. */
  readonly orgName: string | undefined;
}

/** What an account asks of the {@link AccountManager} that it belongs to. */
export interface AccountHome {
  unlink(account: Account): Promise<void>;
  listenerFailed(error: unknown): void;
}

/** What the manager may do with an account, and nobody else. */
export interface AccountControl {
  readonly account: Account;
  setInfo(profile: AccountProfile): void;
  /** The account is no longer linked: tells its listeners, for the last time. */
  end(): void;
}

/** A user's account on the server, linked to this device. Get one from an {@link AccountManager}. */
export class Account {
  /** The id that it was linked under. */
  readonly id: string;
  readonly link: Link;
  readonly #home: AccountHome;
  readonly #listeners: Listeners<{ change: Account }>;
  #info: AccountInfo | undefined;
  #isLinked = true;

  private constructor(id: string, link: Link, home: AccountHome) {
    this.id = id;
    this.link = link;
    this.#home = home;
    this.#listeners = new Listeners((error) => home.listenerFailed(error));
  }

  /** Only an {@link AccountManager} makes accounts. */
  static create(id: string, link: Link, home: AccountHome): AccountControl {
    const account = new Account(id, link, home);
    return {
      account,
      setInfo: (profile) => account.#setInfo(profile),
      end: () => account.#end(),
    };
  }

  /** Whether the account is linked now. Once it is not, this object is of no more use. */
  get isLinked(): boolean {
    return this.#isLinked;
  }

  /** What there is to say about the user, or `undefined` until that was fetched. A listener hears when it changes. */
  get info(): AccountInfo | undefined {
    return this.#info;
  }

  /**
   * Unlinks the account: its manager is shut down, and what was cached for it on this device is deleted, with edits that
   * were not uploaded. Has no effect on an account that is not linked.
   *
   * @throws DatastoreError `storage`.
   */
  async unlink(): Promise<void> {
    if (this.#isLinked) await this.#home.unlink(this);
  }

  /** Has a listener told when the account is unlinked, or its {@link info} changes. Adding one twice is adding it once. */
  addListener(listener: Listener<Account>): void {
    this.#listeners.add('change', listener);
  }

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
