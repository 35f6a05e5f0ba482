/**
 * The oracle's own reading of the order of values and of the rule sum.
 *
 * Nothing here is shared with the engine, so that a mistake in its order cannot hide in the oracle too. Every function
 * stands beside the sentence of the design that it spells out.
 */

import type { Atom, Value } from '../../src/index.js';

/**
 * "boolean < numbers (long and double together) < string < bytes < date < list; an absent field is below everything."
 * The result is negative, zero or positive, and zero only for identical type and value.
 */
export function compareInOrder(left: Value | undefined, right: Value | undefined): number {
  const rankDifference = rankOfType(left) - rankOfType(right);
  if (rankDifference !== 0) return rankDifference;
  // The ranks are equal, so one test on each side tells the compiler what the rank already told us.
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (isNumeric(left) && isNumeric(right)) return compareNumbers(left, right);
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return compareSequences([...left], [...right], (leftByte, rightByte) => leftByte - rightByte);
  }
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime();
  // "Lists lexicographic by item, a prefix first."
  if (isList(left) && isList(right)) return compareSequences(left, right, compareInOrder);
  return 0; // Both are absent: no other pair of equal rank is left.
}

/**
 * Rule sum: "local, remote and base all numbers, an absent base counting 0: remote + (local − base)". The answer is
 * absent when the three are not all numbers, and then the rule acts as remote.
 */
export function sumOf(base: Value | undefined, local: Value, remote: Value): bigint | number | undefined {
  if (!isNumeric(local) || !isNumeric(remote)) return undefined;
  if (base !== undefined && !isNumeric(base)) return undefined;
  // "If local and remote are longs and base is a long or absent, the result is a long, exact, wrapping at 64 bits."
  if (typeof local === 'bigint' && typeof remote === 'bigint' && typeof base !== 'number') {
    return BigInt.asIntN(64, remote + (local - (base ?? 0n)));
  }
  // "Otherwise all three are taken as doubles, infinities and NaN included."
  return Number(remote) + (Number(local) - Number(base ?? 0));
}

/** A list is the only value that is an array: bytes are a typed array, which `Array.isArray` does not accept. */
export function isList(value: Value | undefined): value is readonly Atom[] {
  return Array.isArray(value);
}

function isNumeric(value: Value | undefined): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

function rankOfType(value: Value | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === 'boolean') return 1;
  if (isNumeric(value)) return 2;
  if (typeof value === 'string') return 3;
  if (value instanceof Uint8Array) return 4;
  if (value instanceof Date) return 5;
  return 6;
}

/**
 * "Numbers by exact mathematical value; NaN below every other number; −0 below +0; if a long and a double are
 * mathematically equal, the long is below."
 */
function compareNumbers(left: bigint | number, right: bigint | number): number {
  const leftIsNaN = Number.isNaN(left);
  const rightIsNaN = Number.isNaN(right);
  if (leftIsNaN || rightIsNaN) return Number(rightIsNaN) - Number(leftIsNaN);
  // JavaScript's own `<` between a bigint and a number compares the exact mathematical values, without a cast.
  if (left < right) return -1;
  if (left > right) return 1;
  if (typeof left === 'bigint') return typeof right === 'bigint' ? 0 : -1;
  if (typeof right === 'bigint') return 1;
  // Two doubles that are mathematically equal differ at most in the sign of zero.
  return Number(Object.is(right, -0)) - Number(Object.is(left, -0));
}

/** "Strings by Unicode code point, which is not JavaScript's `<`": iterating a string yields whole code points. */
function compareStrings(left: string, right: string): number {
  return compareSequences(codePointsOf(left), codePointsOf(right), (leftPoint, rightPoint) => leftPoint - rightPoint);
}

function codePointsOf(text: string): number[] {
  return [...text].map((character) => character.codePointAt(0) ?? 0);
}

/** Lexicographic order: the first difference decides, and a proper prefix comes first. */
function compareSequences<Element>(
  left: readonly Element[],
  right: readonly Element[],
  compareElements: (left: Element, right: Element) => number,
): number {
  for (const [index, leftElement] of left.entries()) {
    const rightElement = right[index];
    if (rightElement === undefined) return 1;
    const order = compareElements(leftElement, rightElement);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
