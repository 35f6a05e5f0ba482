import type { Delta, DeltaInput } from '../deltas/delta.js';
import { deltaWithoutBefore } from '../deltas/without-before.js';
import { DatastoreError } from '../errors/datastore-error.js';
import { expectObject } from '../values/json.js';
import { isWholeNumber } from '../values/whole-number.js';

/**
 * One delta of the log. Revision r is the state after the deltas 1 to r, so the entry with `rev` r leads from revision
 * r − 1 to revision r. `nonce` is what the replica that made the delta called it. Spec: SYNC-1.
 */
export interface LogEntry {
  readonly rev: number;
  readonly nonce: string;
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
  throw new DatastoreError('invalid-nonce', 'a nonce is a string of 1 to 128 visible ASCII characters');
}

export function isRevision(revision: unknown): revision is number {
  return isWholeNumber(revision);
}

/** @throws DatastoreError `invalid-revision` unless `revision` is a whole number from 0. */
export function checkRevision(revision: unknown): asserts revision is number {
  if (isRevision(revision)) return;
  throw new DatastoreError('invalid-revision', 'a revision is a whole number from 0');
}

/** A copy of an entry from outside. @throws DatastoreError for what is no entry. */
export function ownEntry(entry: unknown): LogEntry {
  const { rev, nonce, delta } = expectObject(entry, 'a log entry');
  checkRevision(rev);
  checkNonce(nonce);
  return Object.freeze({ rev, nonce, delta: deltaWithoutBefore(delta as DeltaInput) });
}
