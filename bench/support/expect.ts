import { isDeepStrictEqual } from 'node:util';

/** @throws Error unless both are deeply equal. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`${what}: the result differs from the baseline's`);
}

/** @throws Error unless the condition holds. */
export function expectTrue(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
