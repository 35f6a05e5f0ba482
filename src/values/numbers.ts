import { invalidArgument } from '../errors/arguments.js';

/** The smallest long, −2^63. */
export const LONG_MIN: bigint = -(2n ** 63n);
/** The largest long, 2^63 − 1. */
export const LONG_MAX: bigint = 2n ** 63n - 1n;

export function isLong(value: bigint): boolean {
  return value >= LONG_MIN && value <= LONG_MAX;
}

/**
 * `value` modulo 2^64 as a signed long: the wrapping of 64-bit machine arithmetic. Spec: RULE-6.
 *
 * @throws DatastoreError `invalid-option` for anything but a bigint.
 */
export function wrapLong(value: bigint): bigint {
  if (typeof value !== 'bigint') throw invalidArgument('wrapLong takes a bigint', value);
  return BigInt.asIntN(64, value);
}

/** Whether something can be a count, an index or a revision: a whole number from 0 to 2^53 − 1. */
export function isWholeNumber(something: unknown): something is number {
  return Number.isSafeInteger(something) && (something as number) >= 0;
}
