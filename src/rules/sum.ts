import { wrapLong } from '../values/numbers.js';

/**
 * Rule sum: remote + (local − base), an absent base counts as 0. Longs stay exact and wrap at 64 bits; if one of the
 * three is a double, all are converted to doubles. Spec: RULE-6.
 */
export function addDifference(
  base: bigint | number | undefined,
  local: bigint | number,
  remote: bigint | number,
): bigint | number {
  if (typeof local === 'bigint' && typeof remote === 'bigint' && typeof base !== 'number') {
    return wrapLong(remote + (local - (base ?? 0n)));
  }
  return Number(remote) + (Number(local) - Number(base ?? 0));
}
