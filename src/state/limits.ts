import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';

/**
 * The most that a datastore may hold; `Infinity` is no limit. Sizes are in bytes, as `sizeOf…` counts them. Spec:
 * LIM-1.
 */
export interface Limits {
  readonly datastoreSize: number;
  readonly recordSize: number;
  readonly deltaSize: number;
  readonly recordCount: number;
}

/**
 * The limits of the Datastore API: 10 MiB a datastore, 100 KiB a record, 2 MiB a delta, 100,000 records. Spec: LIM-1.
 */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  datastoreSize: 10 * 1024 * 1024,
  recordSize: 100 * 1024,
  deltaSize: 2 * 1024 * 1024,
  recordCount: 100_000,
});

/** Limits that nothing exceeds. */
export const NO_LIMITS: Limits = Object.freeze({
  datastoreSize: Number.POSITIVE_INFINITY,
  recordSize: Number.POSITIVE_INFINITY,
  deltaSize: Number.POSITIVE_INFINITY,
  recordCount: Number.POSITIVE_INFINITY,
});

/** @throws DatastoreError `invalid-option` unless all four are numbers from 0. */
export function checkLimits(limits: Limits): void {
  if (typeof limits !== 'object' || limits === null) {
    throw new DatastoreError('invalid-option', `limits must be an object of four numbers, got ${quote(limits)}`);
  }
  const { datastoreSize, recordSize, deltaSize, recordCount } = limits;
  checkLimit('datastoreSize', datastoreSize);
  checkLimit('recordSize', recordSize);
  checkLimit('deltaSize', deltaSize);
  checkLimit('recordCount', recordCount);
}

function checkLimit(name: keyof Limits, limit: unknown): void {
  if (typeof limit === 'number' && limit >= 0) return;
  throw new DatastoreError('invalid-option', `limit ${name} must be a number from 0, got ${quote(limit)}`);
}

/** What has a limit, by the code of the error. */
export type LimitCode = 'record-too-large' | 'datastore-too-large' | 'delta-too-large' | 'too-many-records';

/** The error of something that is over its limit. */
export function overLimit(code: LimitCode, found: number, limit: number, place: Place = {}): DatastoreError {
  const what = code === 'too-many-records' ? 'the number of records' : `the size of the ${code.split('-')[0]} in bytes`;
  return new DatastoreError(code, `${what} is ${found}, over the limit of ${limit}`, place);
}

/**
 * Rejects growth beyond a limit. A size that is over the limit already may shrink or stay.
 *
 * @throws DatastoreError with `code` if `after` is over the limit and more than `before`. Spec: LIM-2.
 */
export function checkGrowth(code: LimitCode, before: number, after: number, limit: number, place: Place = {}): void {
  if (after <= limit || after <= before) return;
  throw overLimit(code, after, limit, place);
}
