/**
 * Where a server keeps datastores: the seam between what decides about edits and what keeps them.
 *
 * The sequencer proposes, the store decides. An entry is appended by compare-and-set against the *head* of its log: the
 * revision and the nonce of the last entry. The revision alone is not enough. A process that was stopped at revision 4
 * and continued after others had trimmed the log up to 90 would find revision 5 free; so would one that outlives the
 * deletion of the datastore, or a failover to a copy of the database that lacked the last entries. None of them holds
 * the head that the store has, so each of them loses.
 *
 * Any number of processes may use one store. No call holds a lock after it has settled. When a call resolves, what it
 * did survives a crash and a power cut. When it rejects, whether it took effect is unknown: read the head again.
 *
 * `logStoreConformance` is the contract as tests. Spec: LOG-1 to LOG-6.
 */

import { DatastoreError } from '../errors/datastore-error.js';
import type { Value } from '../values/value.js';

/** The last entry of a log, as far as somebody knows it. An empty log has revision 0 and the nonce `''`. */
export interface LogHead {
  readonly revision: number;
  readonly nonce: string;
}

/** The head of a log without entries. */
export const EMPTY_HEAD: LogHead = { revision: 0, nonce: '' };

/** A datastore, as the store knows it. */
export interface StoredDatastore extends LogHead {
  /** Names the datastore from its creation to its deletion. Never used twice. */
  readonly handle: string;
  /** The id by which applications open it. */
  readonly id: string;
  /** The account that created it. */
  readonly owner: string;
  /** The team that the account had then, if any. */
  readonly team: string | undefined;
  /** The revision up to which the log is trimmed: the first entry that is kept is the one after it. */
  readonly trimmed: number;
  /** Title and modified time for the list of datastores, as the last append that gave them has them. */
  readonly info: Uint8Array | undefined;
}

/** The outcome of `create`. */
export type CreateOutcome =
  | { readonly type: 'created'; readonly datastore: StoredDatastore }
  /** There is one of that id already: of the same owner, or, for a shareable id, of anybody. */
  | { readonly type: 'exists'; readonly datastore: StoredDatastore };

/** One entry to append. */
export interface Append {
  readonly handle: string;
  /** The head that the entry was decided on. */
  readonly head: LogHead;
  readonly nonce: string;
  readonly bytes: Uint8Array;
  /** Title and modified time after the entry; `undefined` leaves what is there. */
  readonly info?: Uint8Array | undefined;
}

/** The outcome of one append. */
export type AppendOutcome =
  /** The entry is in the log, at one more than the revision of the head that was given. */
  | { readonly type: 'appended' }
  /** Others came first. Nothing was changed. */
  | { readonly type: 'lost'; readonly head: LogHead }
  /** There is no such datastore, or no longer. */
  | { readonly type: 'gone' };

/** One entry of a log. */
export interface StoredEntry {
  readonly revision: number;
  readonly nonce: string;
  readonly bytes: Uint8Array;
}

/** How much one read may answer. At least one entry is answered where there is one, however long it is. */
export interface ReadLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** The outcome of `read`. */
export type ReadOutcome =
  /** Entries in order, without gaps, from the one after the given revision on; `head` is the newest at that moment. */
  | { readonly type: 'entries'; readonly entries: readonly StoredEntry[]; readonly head: LogHead }
  /** The log no longer holds the entry after the given revision, or has not reached that revision. */
  | { readonly type: 'reset'; readonly head: LogHead }
  | { readonly type: 'gone' };

/** The state of a datastore at a revision, in whatever form the server writes. */
export interface StoredSnapshot {
  readonly revision: number;
  readonly bytes: Uint8Array;
}

/** Told which logs have grown. It may be told too often, and need not be told at all. */
export type WakeListener = (handles: readonly string[]) => void;

/** Where a server keeps the logs of datastores. Implementations must pass `logStoreConformance`. */
/** The seam that is described at the top of this file. */
export interface LogStore {
  /** Creates a datastore with an empty log, unless there is one of that id. `handle` must never have been used. */
  create(handle: string, id: string, owner: string, team?: string): Promise<CreateOutcome>;

  /** The datastore of an id: for a private id the one that `account` owns, for a shareable one anybody's. */
  find(id: string, account: string): Promise<StoredDatastore | undefined>;

  /** The datastore of a handle, or `undefined` if there is none, or no longer. */
  get(handle: string): Promise<StoredDatastore | undefined>;

  /** The datastores of several handles, in that order. One query, however many they are: it is how a server polls. */
  getMany(handles: readonly string[]): Promise<readonly (StoredDatastore | undefined)[]>;

  /** The datastores that an account owns or has joined, by handle in code point order. */
  list(account: string): Promise<readonly StoredDatastore[]>;

  /** Puts a datastore of somebody else into an account's list. Joining again changes nothing. */
  join(handle: string, account: string): Promise<void>;

  /** Takes a datastore of somebody else out of an account's list. */
  leave(handle: string, account: string): Promise<void>;

  /**
   * Appends entries, at most one a handle, in one commit. Each is appended or not by itself: one that loses does not
   * affect the others.
   *
   * @throws DatastoreError `invalid-option` if a handle is named twice.
   */
  append(appends: readonly Append[]): Promise<readonly AppendOutcome[]>;

  /** The entries after a revision. */
  read(handle: string, after: number, limits: ReadLimits): Promise<ReadOutcome>;

  /** The newest snapshot, or `undefined` if there is none. */
  readSnapshot(handle: string): Promise<StoredSnapshot | undefined>;

  /**
   * Keeps a snapshot in place of an older one. One that is older than what is kept, that is ahead of the log, or whose
   * datastore is gone is dropped.
   *
   * @returns whether it was kept.
   */
  writeSnapshot(handle: string, snapshot: StoredSnapshot): Promise<boolean>;

  /**
   * Forgets the entries up to a revision, but none that the newest snapshot does not contain.
   *
   * @returns the revision up to which the log is trimmed now.
   */
  trim(handle: string, revision: number): Promise<number>;

  /**
   * Deletes a datastore with its entries and snapshot. Its handle stays known as deleted for ever.
   *
   * @returns whether there was one.
   */
  remove(handle: string): Promise<boolean>;

  /**
   * Tells of logs that have grown, those that other processes appended to included where the store can hear of them.
   *
   * @returns a function that ends it.
   */
  listen(listener: WakeListener): () => void;

  /** Releases everything. Calls that are under way settle first. */
  close(): Promise<void>;
}

/** The owner under whom an id is unique: a private id under its owner, a shareable one under nobody, so everywhere. */
export function scopeOf(id: string, owner: string): string {
  return id.startsWith('.') ? '' : owner;
}

/** Rejects two appends to one log in one commit. @throws DatastoreError `invalid-option`. */
export function checkHandlesDiffer(appends: readonly Append[]): void {
  const handles = new Set<string>();
  for (const { handle } of appends) {
    if (handles.has(handle)) {
      throw new DatastoreError(
        'invalid-option',
        `two appends to the log "${handle}" in one commit: send one at a time`,
      );
    }
    handles.add(handle);
  }
}

/** Whether a snapshot is newer than the one that is kept, and of a revision that the log has reached. */
export function isWorthKeeping(
  { revision }: { readonly revision: number },
  kept: { readonly revision: number } | undefined,
  head: LogHead,
): boolean {
  return revision <= head.revision && revision > (kept?.revision ?? -1);
}

/** The first entries that fit the limits, and at least one. It reads no entry beyond the first that does not fit. */
export function withinLimits(entries: Iterable<StoredEntry>, limits: ReadLimits): StoredEntry[] {
  const fitting: StoredEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    bytes += entry.bytes.length;
    if (fitting.length > 0 && (fitting.length >= limits.entries || bytes > limits.bytes)) break;
    fitting.push(entry);
  }
  return fitting;
}

/** What the list of an account shows of a datastore. */
export interface ListedInfo {
  readonly title: string | undefined;
  readonly mtime: Date | undefined;
}

/**
 * Title and modified time as a store keeps them: JSON, since servers in other languages read it too. `rev` is the revision
 * of the last entry that changed them or the roles, so other servers can tell that a list has changed.
 */
export function formatInfo(title: Value | undefined, mtime: Value | undefined, rev: number): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify({
      ...(typeof title === 'string' ? { title } : {}),
      ...(mtime instanceof Date ? { mtime: mtime.getTime() } : {}),
      rev,
    }),
  );
}

export function parseInfo(bytes: Uint8Array | undefined): ListedInfo {
  if (bytes === undefined) return { title: undefined, mtime: undefined };
  const { title, mtime } = JSON.parse(new TextDecoder().decode(bytes)) as { title?: string; mtime?: number };
  return { title, mtime: mtime === undefined ? undefined : new Date(mtime) };
}
