import type { Row } from '../codec/wire/state.js';
import type { Delta, DeltaInput } from '../deltas/delta.js';
import { deltaWithoutBefore } from '../deltas/invert.js';
import { DatastoreError, type DatastoreErrorCode, type Place } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { expectObject } from '../values/json.js';
import { isWholeNumber } from '../values/numbers.js';

/** What a replica sends to the sequencer. Spec: SYNC-3. */
export type ReplicaMessage = Put | Fetch | FetchSnapshot;

/** What the sequencer sends to a replica: an answer, or entries that it announces unasked. Spec: SYNC-3. */
export type SequencerMessage = PutOutcome | Entries | Snapshot | Denied;

/** Asks the sequencer to append `delta`, which was made against revision `rev`, to the log. */
export interface Put {
  readonly type: 'put';
  readonly rev: number;
  /** The nonce of the entry at `rev`, as far as the replica knows it. Spec: SYNC-61. */
  readonly head?: string;
  readonly nonce: string;
  /** The revision that the user had seen when the oldest part of the delta was edited: `rev` unless given. Spec: SYNC-64. */
  readonly seen?: number;
  /** In normal form, without `before`. */
  readonly delta: Delta;
}

/** Asks for the log entries after revision `rev`. */
export interface Fetch {
  readonly type: 'fetch';
  readonly rev: number;
  /** The nonce of the entry at `rev`, as far as the replica knows it. Spec: SYNC-61. */
  readonly head?: string;
}

/** Asks for the newest state instead of the log entries that lead to it. */
export interface FetchSnapshot {
  readonly type: 'fetch-snapshot';
}

/** The outcome of a put. */
export type PutOutcome = Accepted | Repeated | MissedEntries | Reset | Refused;

/** The delta is in the log at `rev`, one more than the revision of the put. */
export interface Accepted {
  readonly type: 'accepted';
  readonly nonce: string;
  readonly rev: number;
}

/** The delta had been accepted before, at `rev`; this put was a retry and changed nothing. */
export interface Repeated {
  readonly type: 'repeated';
  readonly nonce: string;
  readonly rev: number;
}

/** The put was made against an older revision: `entries` are what it missed. It changed nothing. */
export interface MissedEntries extends LogPage {
  readonly type: 'conflict';
  readonly nonce: string;
}

/** The delta will not enter the log. A refusal changes nothing. */
export interface Refused extends Refusal {
  readonly type: 'refused';
  readonly nonce: string;
}

/**
 * Why a delta was refused, as plain data.
 *
 * - `invalid`: it is malformed, or does not fit the state. `code` says how.
 * - `limit`: the state or the delta would be over a limit. `code` says which.
 * - `permission`: the role may not write, or not what the delta changes.
 * - `unknown-revision`: it was made against a revision that the log has not reached, so the log has lost entries.
 * - `nonce-reused`: another put had this nonce. The replica gives it up, and puts the delta under another one.
 *
 * Spec: SYNC-5 to SYNC-9.
 */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly code?: DatastoreErrorCode;
  readonly message: string;
  readonly place?: Place;
}

/** Why a sequencer refused a put. Spec: SYNC-3. */
export type RefusalReason = 'invalid' | 'limit' | 'permission' | 'unknown-revision' | 'nonce-reused';

/** Log entries that answer a fetch, or announce what was appended. */
export interface Entries extends LogPage {
  readonly type: 'entries';
}

/** Log entries in order, without gaps: all there are, or as many as fit into one answer. Spec: SYNC-59. */
export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** The newest revision of the log, if the log goes on after these entries. A replica then fetches the next page. */
  readonly rev?: number;
}

/**
 * The log does not hold the entries after revision `since`, which a fetch or a put named; only a snapshot leads to the
 * newest revision `rev`. It is below `since` if the log has lost entries; `isLogLost` says that too, where the log has
 * another entry at `since` than the one that was named as `head`. Spec: SYNC-61.
 */
export interface Reset {
  readonly type: 'reset';
  readonly since: number;
  readonly rev: number;
  readonly isLogLost?: true;
}

/**
 * The state at revision `rev`, with the nonces of the deltas that led to it most recently: the last nonce belongs to
 * revision `rev`, the one before it to `rev` − 1, and so on. There are as many as the sequencer keeps. Spec: SYNC-13.
 */
export interface Snapshot {
  readonly type: 'snapshot';
  readonly rev: number;
  readonly rows: readonly Row[];
  readonly nonces: readonly string[];
}

/** The sender's role may not read. */
export interface Denied {
  readonly type: 'denied';
}

/**
 * One delta of the log. Revision r is the state after the deltas 1 to r, so the entry with `rev` r leads from revision
 * r − 1 to revision r. `nonce` is what the replica that made the delta called it. Spec: SYNC-1.
 */
export interface LogEntry {
  readonly rev: number;
  readonly nonce: string;
  /** The revision that its author had seen when it was edited: `rev` − 1 unless given. Spec: SYNC-64. */
  readonly seen?: number;
  /** In normal form, without `before`. */
  readonly delta: Delta;
}

const NONCE = /^[!-~]{1,128}$/;

/** Whether something can be a nonce: 1 to 128 visible ASCII characters. Spec: SYNC-2. */
export function isValidNonce(nonce: unknown): nonce is string {
  return typeof nonce === 'string' && NONCE.test(nonce);
}

/** @throws DatastoreError `invalid-nonce`. */
export function checkNonce(nonce: unknown): asserts nonce is string {
  if (isValidNonce(nonce)) return;
  throw new DatastoreError('invalid-nonce', `got the nonce ${quote(nonce)}: use 1 to 128 visible ASCII characters`);
}

export function isRevision(revision: unknown): revision is number {
  return isWholeNumber(revision);
}

/** @throws DatastoreError `invalid-revision` unless `revision` is a whole number from 0. */
export function checkRevision(revision: unknown): asserts revision is number {
  if (isRevision(revision)) return;
  throw new DatastoreError('invalid-revision', `got the revision ${quote(revision)}: use a whole number from 0`);
}

/** Whether two deltas without `before` do the same in the same way: they have one wire form. Spec: SYNC-7, SYNC-19. */
export function isSameDelta(left: Delta, right: Delta): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** @throws DatastoreError `invalid-nonce` for a head that is neither a nonce nor unknown. */
export function checkHead(head: unknown): asserts head is string | undefined {
  if (head !== undefined) checkNonce(head);
}

/** A head as a member of a message or of what is saved, which has none where it is unknown. */
export function headMember(head: string | undefined): { readonly head?: string } {
  return head === undefined ? {} : { head };
}

/**
 * Takes what a put or an entry says that its author had seen, as a member of it. It has none where that is `most`, all that
 * came before it.
 *
 * @throws DatastoreError `invalid-revision` unless it is a revision up to `most`, or unknown.
 */
export function seenMember(seen: unknown, most: number): { readonly seen?: number } {
  if (seen === undefined || seen === most) return {};
  checkRevision(seen);
  if (seen < most) return { seen };
  throw new DatastoreError('invalid-revision', `got ${seen} as what the author had seen: it can be ${most} at most`);
}

/** The revision that the author of an entry had seen. Spec: SYNC-64. */
export function seenOf({ rev, seen = rev - 1 }: Pick<LogEntry, 'rev' | 'seen'>): number {
  return seen;
}

/** Checks and copies an entry from outside. @throws DatastoreError for a malformed entry. */
export function ownEntry(entry: unknown): LogEntry {
  const { rev, nonce, seen, delta } = expectObject(entry, 'a log entry');
  checkRevision(rev);
  checkNonce(nonce);
  return Object.freeze({ rev, nonce, ...seenMember(seen, rev - 1), delta: deltaWithoutBefore(delta as DeltaInput) });
}

/**
 * What a user may do with a datastore. Owners and editors write, viewers read, and `none` may do neither. Spec: SYNC-4.
 */
export type Role = 'owner' | 'editor' | 'viewer' | 'none';

/** Every {@link Role}. */
export const ROLES: readonly Role[] = ['owner', 'editor', 'viewer', 'none'];

export function canWrite(role: Role): boolean {
  return role === 'owner' || role === 'editor';
}

export function canRead(role: Role): boolean {
  return role !== 'none';
}

/** @throws DatastoreError `invalid-option` unless it is a role. */
export function checkRole(role: unknown): asserts role is Role {
  if (ROLES.includes(role as Role)) return;
  throw new DatastoreError('invalid-option', `got the role ${quote(role)}: use ${ROLES.join(', ')}`);
}
