import type { DatastoreError } from '../../errors/datastore-error.js';
import type { LogEntry, ReplicaMessage, Role, SequencerMessage } from '../../sync/messages.js';

/** What a server says about the user of an account. */
export interface AccountProfile {
  readonly userName: string;
  /** The name of the user's organisation, if there is one. */
  readonly orgName?: string | undefined;
}

/** How an account reaches one datastore. */
export interface DatastoreAccess {
  /**
   * Names this datastore and no other, ever. A datastore that is deleted and created again has another handle, so that
   * nobody takes the new log for the old one.
   */
  readonly handle: string;
  /** The role of the account. */
  readonly role: Role;
}

/** A datastore in the server's list of an account. */
export interface RemoteDatastore extends DatastoreAccess {
  readonly id: string;
  readonly title: string | undefined;
  readonly mtime: Date | undefined;
}

/** The answer of a sequencer, and the role of the account from now on. */
export interface LinkAnswer {
  readonly message: SequencerMessage;
  readonly role: Role;
  /** The server's time, if the link knows it. */
  readonly time?: Date | undefined;
}

/** An event of a {@link Watch}. Spec: LINK-9 to LINK-12. */
export type LinkEvent =
  /** The first event: the watch works, and from now on it tells everything. */
  | { readonly type: 'connected' }
  /** The last event: the watch has ended. */
  | { readonly type: 'disconnected'; readonly error: DatastoreError }
  /**
   * The log of a datastore reaches to `rev`, where its entry has the nonce `head`. `entries` are those that the link
   * has at hand, perhaps none. A listener asks for entries that it lacks.
   */
  | {
      readonly type: 'reached';
      readonly handle: string;
      readonly rev: number;
      /** Left out at revision 0, and by a link that cannot know it. */
      readonly head?: string;
      readonly role: Role;
      readonly entries: readonly LogEntry[];
    }
  /** A datastore was deleted. */
  | { readonly type: 'deleted'; readonly handle: string }
  /** The answer of `list()` may have changed. */
  | { readonly type: 'list-changed' }
  /** The answer of `profile()` may have changed. */
  | { readonly type: 'profile-changed' };

/** Listens to the server until it is closed. */
export interface Watch {
  /** Sets which datastores to tell about. */
  follow(handles: readonly string[]): void;
  /** Ends the watch: no event comes after this call. Has no effect if it has ended. */
  close(): void;
}

/**
 * The connection of one account to the server. It carries the messages between replicas and sequencers, and the other
 * requests of a manager. The embedder implements it over any transport. `linkConformance` tests an implementation.
 *
 * A method rejects with a `ServiceError`:
 * - `network` if the server cannot be reached or the answer was lost. Nobody knows whether the call took effect, unless
 *   the error is made with the outcome `not-sent`: the call certainly never left the device;
 * - `unauthorized` if the server rejects the account, and only its user can change that. The account is then suspended:
 *   nothing is sent until `Account.resume`, and nothing is deleted. The link itself renews a token that has expired;
 * - `account-gone` if the server has deleted the account. Its edits are handed over, and its data is deleted;
 * - `not-found` if a datastore does not exist, if the account may not know of it, or for a handle of a deleted one;
 * - `retry-later`, `quota` or `server` if the server says so.
 *
 * A manager tries again later if the error says `isRetryable`. Spec: LINK-1 to LINK-14.
 */
export interface Link {
  /** What the server says about the account's user. */
  profile(): Promise<AccountProfile>;
  /** The datastores of the account in any order: its own, and those of others that it has found and may still read. */
  list(): Promise<readonly RemoteDatastore[]>;
  /** Finds a datastore by its id. Rejects with `not-found` if the account may not read it. */
  find(id: string): Promise<DatastoreAccess>;
  /**
   * Finds the account's own datastore with this id, or creates it. It may be called any number of times.
   *
   * Rejects with `exists` for a shareable id that another account has taken.
   */
  create(id: string): Promise<DatastoreAccess>;
  /** Deletes a datastore for everyone. Rejects with `not-permitted` unless the account owns it. */
  delete(id: string): Promise<void>;
  /** Sends a message to the sequencer of a datastore, with the account's role, and resolves with the answer. */
  send(handle: string, message: ReplicaMessage): Promise<LinkAnswer>;
  /** Starts to listen. Events come in later turns, never within this call. */
  watch(listener: (event: LinkEvent) => void): Watch;
}
