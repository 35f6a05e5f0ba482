/** The smallest long, −2^63. */
export const LONG_MIN: bigint = -(2n ** 63n);
/** The largest long, 2^63 − 1. */
export const LONG_MAX: bigint = 2n ** 63n - 1n;

export function isLong(value: bigint): boolean {
  return value >= LONG_MIN && value <= LONG_MAX;
}

/** `value` modulo 2^64 as a signed long: the wrapping of 64-bit machine arithmetic. Spec: RULE-6. */
export function wrapLong(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
