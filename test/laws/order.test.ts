import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareValues, LONG_MAX, LONG_MIN, type Value, valuesEqual, valuesMatch } from '../../src/index.js';
import { arbitraryDouble, arbitraryLong, arbitraryText, arbitraryValue } from '../support/arbitraries/values.js';
import { runs } from '../support/seed.js';
import { showValue } from '../support/show.js';
import { refusalOf } from './refusal.js';

const bytes = (...items: number[]): Uint8Array => Uint8Array.from(items);

/** Written down by hand in ascending order, no two alike. */
const ASCENDING: readonly (Value | undefined)[] = [
  undefined,
  ...[false, true],
  ...[Number.NaN, Number.NEGATIVE_INFINITY, -Number.MAX_VALUE, LONG_MIN, -(2 ** 63), LONG_MIN + 1n],
  ...[-(2n ** 53n) - 2n, -(2 ** 53) - 2, -(2n ** 53n) - 1n, -(2n ** 53n), -(2 ** 53), -1n, -1, -0.5, -Number.MIN_VALUE],
  ...[0n, -0, 0, Number.MIN_VALUE, 2 ** -1022, 0.5, 1n, 1, 1 + Number.EPSILON, 2n, 10n],
  ...[2n ** 53n - 1n, 2 ** 53 - 1, 2n ** 53n, 2 ** 53, 2n ** 53n + 1n, 2n ** 53n + 2n, 2 ** 53 + 2],
  ...[LONG_MAX - 1023n, 2 ** 63 - 1024, LONG_MAX - 1022n, LONG_MAX - 1n, LONG_MAX, 2 ** 63],
  ...[Number.MAX_VALUE, Number.POSITIVE_INFINITY],
  ...['', '\0', '10', '9', 'B', '__proto__', 'a', 'a\0', 'aa', 'ab', 'a\uffff', 'a\u{10000}', 'b', 'e\u0301', 'é'],
  ...['\ud7ff', '\ue000', '\uffff', '\uffff\uffff', '\u{10000}', '\u{10000}\u{10000}', '\u{10000}\u{10001}'],
  ...['\u{10400}', '\u{10ffff}'],
  ...[bytes(), bytes(0), bytes(0, 0), bytes(0, 255), bytes(1), bytes(127), bytes(128), bytes(255)],
  ...[-8.64e15, -1, 0, 1, 8.64e15].map((time) => new Date(time)),
  ...[[], [false], [false, false], [Number.NaN], [-1, 5], [0n], [0n, 'x'], [-0], [0], [2n ** 53n], [2 ** 53]],
  ...[[''], ['\uffff'], ['\u{10000}'], [bytes()], [bytes(0)], [new Date(-1)], [new Date(0)]],
];

/** The exact value of a finite number, in units of the smallest subnormal. */
function exactly(value: bigint | number): bigint {
  if (typeof value === 'bigint') return value << 1074n;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & (2n ** 52n - 1n);
  const magnitude = exponent === 0n ? fraction : (fraction | (2n ** 52n)) << (exponent - 1n);
  return bits >> 63n === 1n ? -magnitude : magnitude;
}

function compareBigInts(left: bigint, right: bigint): number {
  return Number(left > right) - Number(left < right);
}

function compareByCodePoints(left: string, right: string): number {
  const [leftPoints, rightPoints] = [left, right].map((text) => Array.from(text, (part) => part.codePointAt(0) ?? -1));
  for (const [at, point] of (leftPoints ?? []).entries()) {
    const other = rightPoints?.[at] ?? -1;
    if (point !== other) return Math.sign(point - other);
  }
  return Math.sign((leftPoints?.length ?? 0) - (rightPoints?.length ?? 0));
}

describe('compareValues', () => {
  it('orders every pair of the ascending list as the list does, so it is total, and 0 for none but the same', () => {
    for (const [at, left] of ASCENDING.entries()) {
      for (const [otherAt, right] of ASCENDING.entries()) {
        const pair = `${showValue(left)} and ${showValue(right)}`;
        expect(Math.sign(compareValues(left, right)), pair).toBe(Math.sign(at - otherAt));
        expect(valuesEqual(left, right), pair).toBe(at === otherAt);
      }
    }
  });

  it('compare(a, b) = −compare(b, a), and a ≤ b ≤ c ⇒ a ≤ c', () => {
    fc.assert(
      fc.property(fc.array(arbitraryValue(), { minLength: 3, maxLength: 3 }), (values) => {
        const [low, middle, high] = values.sort(compareValues);
        expect(Math.sign(compareValues(low, high))).toBe(-Math.sign(compareValues(high, low)) + 0);
        expect(compareValues(low, middle)).toBeLessThanOrEqual(0);
        expect(compareValues(middle, high)).toBeLessThanOrEqual(0);
        expect(compareValues(low, high)).toBeLessThanOrEqual(0);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('is 0 exactly for values of one type that are written alike', () => {
    fc.assert(
      fc.property(arbitraryValue(), arbitraryValue(), (left, right) => {
        expect(valuesEqual(left, right)).toBe(showValue(left) === showValue(right));
        expect(valuesEqual(left, left)).toBe(true);
      }),
      { numRuns: runs(1000) },
    );
  });

  it('orders long and double by exact value, like BigInt arithmetic, and where they are equal puts the long below', () => {
    const finite = arbitraryDouble().filter(Number.isFinite);
    const near = fc
      .tuple(fc.constantFrom(53, 54, 60, 62, 63), fc.boolean(), fc.bigInt({ min: -2048n, max: 2048n }))
      .map(([power, isNegative, distance]) => (isNegative ? -1n : 1n) * 2n ** BigInt(power) + distance);
    const long = fc.oneof(
      near.map((value) => BigInt.asIntN(64, value)),
      arbitraryLong(),
    );
    fc.assert(
      fc.property(long, fc.oneof(near.map(Number), finite), (left, right) => {
        const expected = compareBigInts(exactly(left), exactly(right)) || -1;
        expect(Math.sign(compareValues(left, right))).toBe(expected);
        expect(Math.sign(compareValues(right, left))).toBe(-expected);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('orders strings by code point, like arrays of code points', () => {
    fc.assert(
      fc.property(arbitraryText(), arbitraryText(), (left, right) => {
        expect(Math.sign(compareValues(left, right))).toBe(compareByCodePoints(left, right));
      }),
      { numRuns: runs(2000) },
    );
  });

  it('refuses what is of no type', () => {
    const foreign: readonly unknown[] = [null, {}, Symbol('x'), () => 1, new Map(), new String('a')];
    for (const value of foreign) {
      expect(refusalOf(() => compareValues(value as Value, 1))).toEqual({ code: 'invalid-value' });
      expect(refusalOf(() => valuesMatch(true, value as Value))).toEqual({ code: 'invalid-value' });
    }
  });
});

describe('valuesMatch', () => {
  const alike: readonly (readonly [Value, Value])[] = [
    [1n, 1],
    [0n, -0],
    [0, -0],
    [Number.NaN, Number.NaN],
    [2n ** 53n + 1n, 2 ** 53],
    [2n ** 53n + 1n, 2n ** 53n],
    [LONG_MAX, 2 ** 63],
    [LONG_MAX, LONG_MAX - 1n],
    [
      [1n, 'a', -0],
      [1, 'a', 0n],
    ],
    [bytes(1, 2), bytes(1, 2)],
    [new Date(5), new Date(5)],
  ];
  const unlike: readonly (readonly [Value, Value])[] = [
    [0, false],
    [1n, true],
    [1, '1'],
    ['', []],
    ['a', 'A'],
    ['é', 'e\u0301'],
    [5, new Date(5)],
    [Number.NaN, 0],
    [Number.NaN, 'NaN'],
    [2n ** 53n + 2n, 2 ** 53],
    [bytes(), ''],
    [bytes(1), [1]],
    [bytes(1), bytes(1, 0)],
    [1, [1]],
    [[1], [1, 1]],
    [[1, 1], [1]],
    [[], [0]],
  ];

  it.each(alike)('matches %o and %o', (left, right) => {
    expect([valuesMatch(left, right), valuesMatch(right, left)]).toEqual([true, true]);
  });

  it.each(unlike)('does not match %o and %o', (left, right) => {
    expect([valuesMatch(left, right), valuesMatch(right, left)]).toEqual([false, false]);
  });

  it('matches what is equal, and beyond that nothing but numbers and lists of them', () => {
    const values = ASCENDING.filter((value) => value !== undefined);
    for (const left of values) {
      for (const right of values) {
        const pair = `${showValue(left)} and ${showValue(right)}`;
        if (valuesEqual(left, right)) expect(valuesMatch(left, right), pair).toBe(true);
        else if (valuesMatch(left, right))
          expect([typeof [left].flat()[0], typeof [right].flat()[0]], pair).toEqual([
            expect.stringMatching(/number|bigint/),
            expect.stringMatching(/number|bigint/),
          ]);
      }
    }
  });
});
