import { isDeepStrictEqual } from 'node:util';

/** @throws Error unless both are equal in all that they hold. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`${what}: the result is not what the baseline comes to`);
}

/** @throws Error unless it holds. */
export function expectTrue(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
