/** Values and names of every kind, the awkward ones as often as all others together. */

import fc from 'fast-check';
import { type Atom, type Fields, LONG_MAX, LONG_MIN, type Value } from '../../../src/index.js';

const DATE_MAX = 8_640_000_000_000_000;

const AWKWARD_LONGS: readonly bigint[] = [
  ...[LONG_MIN, LONG_MIN + 1n, LONG_MAX - 1n, LONG_MAX],
  ...[-1n, 0n, 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 62n],
];
const AWKWARD_DOUBLES: readonly number[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1, -1, 0.1, 1.5],
  ...[Number.MIN_VALUE, -Number.MIN_VALUE, 2 ** -1022, Number.EPSILON, Number.MAX_VALUE, -Number.MAX_VALUE],
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 2 ** 63 - 1024, -(2 ** 63), 1e21, 1e-7],
];
const AWKWARD_TEXTS: readonly string[] = [
  ...['', '\0', 'a', 'ab', 'B', '10', '9', 'é', 'e\u0301', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uffff'],
  ...['\u{10000}', '\u{1f600}', '\u{10ffff}', 'a\u{1f600}', 'a\uffff', '__proto__', 'constructor', '\u2028', '"\\\n'],
];
const AWKWARD_TIMES: readonly number[] = [
  ...[0, -1, 1, -62_135_596_800_000, -62_167_219_200_001, 253_402_300_800_000, 951_782_400_000],
  ...[DATE_MAX, -DATE_MAX, DATE_MAX - 1],
];
const AWKWARD_BYTES: readonly (readonly number[])[] = [[], [0], [0, 0], [255], [255, 0], [127], [128], [1, 2, 3, 4]];

/** Names that have tripped up code that keeps them in plain objects, and the longest and oddest that the rules allow. */
export const HOSTILE_NAMES: readonly string[] = [
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf', 'length', '__defineGetter__'],
  ...['0', '-1', '1e3', 'NaN', 'undefined', 'null', '.', '..', ':x', ':__proto__', '+/=', '_', 'x'.repeat(64)],
];

export function arbitraryLong(): fc.Arbitrary<bigint> {
  return fc.oneof(
    fc.constantFrom(...AWKWARD_LONGS),
    fc.bigInt({ min: -3n, max: 3n }),
    fc.bigInt({ min: LONG_MIN, max: LONG_MAX }),
  );
}

export function arbitraryDouble(): fc.Arbitrary<number> {
  return fc.oneof(fc.constantFrom(...AWKWARD_DOUBLES), fc.integer({ min: -3, max: 3 }), fc.double());
}

/** Well-formed text, from empty to astral. */
export function arbitraryText(maxLength = 8): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...AWKWARD_TEXTS),
    fc.string({ maxLength, unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}') }),
    fc.string({ maxLength, unit: arbitraryCharacter() }),
  );
}

/** Any code point but the surrogates. It stands in for fast-check's own unit of that kind, which is slow to set up. */
function arbitraryCharacter(): fc.Arbitrary<string> {
  return fc
    .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
    .map((point) => String.fromCodePoint(point));
}

/** Each run gets bytes of its own. */
export function arbitraryBytes(maxLength = 8): fc.Arbitrary<Uint8Array> {
  return fc
    .oneof(fc.constantFrom(...AWKWARD_BYTES), fc.array(fc.integer({ min: 0, max: 255 }), { maxLength }))
    .map((bytes) => Uint8Array.from(bytes));
}

/** Each run gets a date of its own. */
export function arbitraryDate(): fc.Arbitrary<Date> {
  return fc
    .oneof(
      fc.constantFrom(...AWKWARD_TIMES),
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: -DATE_MAX, max: DATE_MAX }),
    )
    .map((time) => new Date(time));
}

export function arbitraryAtom(): fc.Arbitrary<Atom> {
  return fc.oneof(fc.boolean(), arbitraryLong(), arbitraryDouble(), arbitraryText(), arbitraryBytes(), arbitraryDate());
}

export function arbitraryList(maxLength = 6): fc.Arbitrary<readonly Atom[]> {
  return fc.array(arbitraryAtom(), { maxLength });
}

export function arbitraryValue(): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 4, arbitrary: arbitraryAtom() }, { weight: 1, arbitrary: arbitraryList() });
}

/** A valid name of a table, record or field. */
export function arbitraryName(): fc.Arbitrary<string> {
  const letter = fc.constantFrom(...'ABCXYZabcxyz0189._+/=-');
  return fc.oneof(
    fc.constantFrom(...HOSTILE_NAMES),
    fc.string({ unit: letter, minLength: 1, maxLength: 64 }),
    fc.string({ unit: letter, minLength: 1, maxLength: 63 }).map((rest) => `:${rest}`),
  );
}

export function arbitraryFields(maxFields = 5): fc.Arbitrary<Fields> {
  return fc.array(fc.tuple(arbitraryName(), arbitraryValue()), { maxLength: maxFields }).map((pairs) => new Map(pairs));
}
