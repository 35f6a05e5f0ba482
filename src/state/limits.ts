import { DatastoreError, type UsageErrorCode } from '../errors/datastore-error.js';

/** The most that a datastore may hold; `Infinity` is no limit. Sizes are in bytes, as `sizeOf…` counts them. Spec: LIM-1. */
export interface Limits {
  readonly datastoreSize: number;
  readonly recordSize: number;
  readonly deltaSize: number;
  readonly recordCount: number;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  datastoreSize: 10 * 1024 * 1024,
  recordSize: 100 * 1024,
  deltaSize: 2 * 1024 * 1024,
  recordCount: 100_000,
});

export const NO_LIMITS: Limits = Object.freeze({
  datastoreSize: Number.POSITIVE_INFINITY,
  recordSize: Number.POSITIVE_INFINITY,
  deltaSize: Number.POSITIVE_INFINITY,
  recordCount: Number.POSITIVE_INFINITY,
});

/** @throws DatastoreError `invalid-option` unless all four are numbers from 0. */
export function checkLimits({ datastoreSize, recordSize, deltaSize, recordCount }: Limits): void {
  checkLimit('datastoreSize', datastoreSize);
  checkLimit('recordSize', recordSize);
  checkLimit('deltaSize', deltaSize);
  checkLimit('recordCount', recordCount);
}

function checkLimit(name: keyof Limits, limit: unknown): void {
  if (typeof limit === 'number' && limit >= 0) return;
  throw new DatastoreError('invalid-option', `limit ${name} must be a number from 0`);
}

/**
 * Refuses growth beyond a limit. What is over the limit already may shrink, or keep its size.
 *
 * @throws DatastoreError with `code` if `after` is over the limit and more than `before`. Spec: LIM-2.
 */
export function checkGrowth(
  code: UsageErrorCode,
  before: number,
  after: number,
  limit: number,
  place: { readonly table?: string; readonly record?: string } = {},
): void {
  if (after <= limit || after <= before) return;
  throw new DatastoreError(code, `${after} is over the limit of ${limit}`, place);
}
