import type { DatastoreError } from '../../errors/datastore-error.js';
import type { LogEntry } from '../../sync/log-entry.js';
import type { ReplicaMessage, SequencerMessage } from '../../sync/messages.js';
import type { Role } from '../../sync/role.js';

/** What a server says about the user of an account. */
export interface AccountProfile {
  readonly userName: string;
  /** The name of the organisation, if the user belongs to one. */
  readonly orgName?: string | undefined;
}

/** How an account reaches one datastore. */
export interface DatastoreAccess {
  /**
   * Names this datastore and no other, whatever becomes of its id: one that is deleted and created again has another
   * handle, so that nobody takes the new log for the old one.
   */
  readonly handle: string;
  /** What the account may do with it. */
  readonly role: Role;
}

/** A datastore in the list of an account. */
export interface RemoteDatastore extends DatastoreAccess {
  readonly id: string;
  readonly title: string | undefined;
  readonly mtime: Date | undefined;
}

/** The answer of a sequencer, and what the account may do from now on. */
export interface LinkAnswer {
  readonly message: SequencerMessage;
  readonly role: Role;
}

/** What a {@link Watch} tells. Spec: LINK-9 to LINK-12. */
export type LinkEvent =
  /** The watch works: from now on it tells everything that follows. Comes first. */
  | { readonly type: 'connected' }
  /** The watch has ended, and tells nothing more. Comes at most once. */
  | { readonly type: 'disconnected'; readonly error: DatastoreError }
  /**
   * The log of a datastore reaches to `rev`. `entries` are those that the link has at hand, in any number, also none:
   * whoever lacks others asks for them.
   */
  | {
      readonly type: 'reached';
      readonly handle: string;
      readonly rev: number;
      readonly role: Role;
      readonly entries: readonly LogEntry[];
    }
  /** A datastore is gone. */
  | { readonly type: 'deleted'; readonly handle: string }
  /** `list()` may have another answer now. */
  | { readonly type: 'list-changed' }
  /** `profile()` may have another answer now. */
  | { readonly type: 'profile-changed' };

/** Listens to the server until it is closed. */
export interface Watch {
  /** Says which datastores to tell about, in place of those named before. */
  follow(handles: readonly string[]): void;
  /** Ends the watch: no event comes after this call. Has no effect on one that has ended. */
  close(): void;
}

/**
 * One account's way to the server. It carries messages between replicas and sequencers, and what else a manager asks of
 * a server. Whoever embeds this layer implements it over whatever transport there is. `linkConformance` tests it.
 *
 * All methods reject with a `DatastoreError`:
 * - `network` if the server cannot be reached or the answer is lost; then nobody knows whether the call took effect,
 * - `unauthorized` if the account is no longer linked, and will not be without its user doing something: what is
 *   cached for it is then deleted, so an expired token is for the link itself to renew,
 * - `not-found` for a datastore that does not exist, that the account may not know of, or whose handle is a former one,
 * - `retry-later`, `quota` or `server` if the server says so.
 *
 * A manager tries again later after `network`, `retry-later`, `quota` and `server`. Spec: LINK-1 to LINK-13.
 */
export interface Link {
  /** What there is to say about the account's user. */
  profile(): Promise<AccountProfile>;
  /** The datastores of the account, in any order: its own, and those of others that it has found and may still read. */
  list(): Promise<readonly RemoteDatastore[]>;
  /** Finds a datastore by its id. Rejects with `not-found` also if it may not be read. */
  find(id: string): Promise<DatastoreAccess>;
  /**
   * Finds the account's own datastore with this id, or creates it. So it can be called any number of times.
   *
   * Rejects with `exists` for a shareable id that another account has taken.
   */
  create(id: string): Promise<DatastoreAccess>;
  /** Deletes a datastore for everyone. Rejects with `not-permitted` unless the account owns it. */
  delete(id: string): Promise<void>;
  /** Delivers a message to the sequencer of a datastore, with the account's role, and resolves with the answer. */
  exchange(handle: string, message: ReplicaMessage): Promise<LinkAnswer>;
  /** Begins to listen. Events come in later turns, never within this call. */
  watch(listener: (event: LinkEvent) => void): Watch;
}
