import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatValue,
  LONG_MAX,
  LONG_MIN,
  parseDelta,
  parseState,
  parseValue,
  type Value,
  valuesEqual,
  type WireValue,
} from '../../src/index.js';
import { arbitraryValue } from '../support/arbitraries/values.js';
import { runs } from '../support/seed.js';
import { refusalOf } from './refusal.js';

const EXAMPLES: readonly (readonly [Value, WireValue])[] = [
  [true, true],
  [false, false],
  [0, 0],
  [-0, { N: '-0' }],
  [1.5, 1.5],
  [2 ** 53 + 2, 9007199254740994],
  [Number.MIN_VALUE, 5e-324],
  [Number.NaN, { N: 'nan' }],
  [Number.POSITIVE_INFINITY, { N: '+inf' }],
  [Number.NEGATIVE_INFINITY, { N: '-inf' }],
  [0n, { I: '0' }],
  [-7n, { I: '-7' }],
  [LONG_MIN, { I: '-9223372036854775808' }],
  [LONG_MAX, { I: '9223372036854775807' }],
  ['', ''],
  ['nan', 'nan'],
  ['\u{1f600}\uffff\0', '\u{1f600}\uffff\0'],
  [new Uint8Array(), { B: '' }],
  [Uint8Array.of(0), { B: 'AA' }],
  [Uint8Array.of(251, 255, 191), { B: '-_-_' }],
  [new Date(0), { T: '0' }],
  [new Date(-1), { T: '-1' }],
  [new Date(8.64e15), { T: '8640000000000000' }],
  [new Date(-8.64e15), { T: '-8640000000000000' }],
  [[], []],
  [
    [true, 1, 1n, -0, 'a', Uint8Array.of(1), new Date(1)],
    [true, 1, { I: '1' }, { N: '-0' }, 'a', { B: 'AQ' }, { T: '1' }],
  ],
];

/** Each is parsed JSON, or close enough to it to be handed over by mistake, with the code of the error. */
const REFUSED: readonly (readonly [unknown, string])[] = [
  ...[null, undefined, 5n, Symbol('x'), () => 1, {}, new Date(0), new Uint8Array(1), new Map()].map(notJson),
  ...[{ X: '1' }, { __proto__: null, constructor: 'x' }, { I: '1', B: '' }, { I: '1', extra: null }].map(notJson),
  ...[{ I: 1 }, { I: null }, { I: ['1'] }, { I: { I: '1' } }, { i: '1' }].map(notJson),
  ...['', '-', '+1', '-0', '00', '01', '-01', ' 1', '1 ', '1\n', '1.0', '1e3', '0x10', '1n', '１'].map(notLong),
  ...['10000000000000000000', '-10000000000000000000', '9'.repeat(100_000)].map(notLong),
  [{ I: '9223372036854775808' }, 'invalid-value'],
  [{ I: '-9223372036854775809' }, 'invalid-value'],
  ...['NaN', 'inf', '-Inf', 'Infinity', '0', '1', '+0', '', '__proto__'].map((N) => notJson({ N })),
  [{ N: 0 }, 'invalid-json'],
  ...['A', 'AA==', 'AAA=', 'AB', 'AAB', 'A+', 'A/', 'A A', 'AA\n', 'AAAAA', 'é', 'AA\u{1f600}'].map((B) =>
    notJson({ B }),
  ),
  [{ B: [0] }, 'invalid-json'],
  ...['', '1.5', '-0', 'now', '2020-01-01T00:00:00Z', '1e3'].map((T) => notJson({ T })),
  [{ T: 0 }, 'invalid-json'],
  [{ T: '8640000000000001' }, 'invalid-value'],
  [{ T: '-8640000000000001' }, 'invalid-value'],
  ...['\ud800', '\udc00', 'a\udfffb', '\ud83d\ud83d\ude00', '\ude00\ud83d'].map(
    (text) => [text, 'invalid-value'] as const,
  ),
];

function notJson(json: unknown): readonly [unknown, string] {
  return [json, 'invalid-json'];
}

function notLong(text: string): readonly [unknown, string] {
  return notJson({ I: text });
}

function throughText(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json));
}

describe('parseValue(formatValue(v)) = v', () => {
  it.each(EXAMPLES)('%o is %j', (value, wire) => {
    expect(formatValue(value)).toStrictEqual(wire);
    expect(parseValue(throughText(wire))).toStrictEqual(value);
  });

  it('for every value, through JSON text', () => {
    fc.assert(
      fc.property(arbitraryValue(), (value) => {
        const parsed = parseValue(throughText(formatValue(value)));
        expect(parsed).toStrictEqual(value);
        expect(valuesEqual(parsed, value)).toBe(true);
      }),
      { numRuns: runs(2000) },
    );
  });
});

describe('formatValue(parseValue(json)) = json', () => {
  it('for all JSON text that is accepted, so that a value is written in one way only', () => {
    const digits = fc.string({ unit: fc.constantFrom('0', '1', '9', '-'), maxLength: 20 });
    const letters = fc.string({ unit: fc.constantFrom('A', 'B', 'Q', 'w', '-', '_', '=', '+'), maxLength: 6 });
    const tagged = fc.oneof(
      digits.map((I) => ({ I })),
      digits.map((T) => ({ T })),
      letters.map((B) => ({ B })),
      fc.constantFrom('nan', '+inf', '-inf', '-0', '0', 'NaN').map((N) => ({ N })),
    );
    const atom = fc.oneof({ weight: 4, arbitrary: tagged }, fc.jsonValue({ maxDepth: 2 }));
    let acceptedCount = 0;
    fc.assert(
      fc.property(fc.oneof(atom, fc.array(atom, { maxLength: 3 })), (json) => {
        const read = throughText(json);
        if (refusalOf(() => parseValue(read)) !== undefined) return;
        acceptedCount++;
        expect(formatValue(parseValue(read))).toStrictEqual(read);
      }),
      { numRuns: runs(2000) },
    );
    expect(acceptedCount).toBeGreaterThan(0);
  });
});

describe('an invalid value of the wire format', () => {
  const refused = REFUSED.map(([json, code]) => ({ title: fc.stringify(json).slice(0, 60), json, code }));

  it.each(refused)(
    'is refused, alone, in a list, in a snapshot and in a delta, with its place: $title',
    ({ json, code }) => {
      expect(refusalOf(() => parseValue(json))).toEqual({ code });
      expect(refusalOf(() => parseValue([1, json]))).toEqual({ code, index: 1 });

      const rows = [{ tid: 't', rowid: 'r', data: { f: [0, json] } }];
      const place = { position: 0, table: 't', record: 'r', field: 'f' };
      expect(refusalOf(() => parseState(rows))).toEqual({ code, ...place, index: 1 });
      expect(refusalOf(() => parseDelta([['I', 't', 'r', { f: json }]]))).toEqual({ code, ...place });
      expect(refusalOf(() => parseDelta([['U', 't', 'r', { f: ['P', json] }]]))).toEqual({ code, ...place });
      expect(refusalOf(() => parseDelta([['U', 't', 'r', { f: ['LI', 0, json] }]]))).toMatchObject({ code, ...place });
    },
  );

  it('includes a list in a list, and a hole in one', () => {
    expect(refusalOf(() => parseValue([[1]]))).toEqual({ code: 'invalid-json', index: 0 });
    expect(refusalOf(() => parseValue([1, [], 2]))).toEqual({ code: 'invalid-json', index: 1 });
    expect(refusalOf(() => parseValue(new Array(1)))).toEqual({ code: 'invalid-json', index: 0 });
    expect(refusalOf(() => parseState([{ tid: 't', rowid: 'r', data: { f: new Array(1) } }]))).toMatchObject({
      code: 'invalid-json',
      field: 'f',
    });
  });
});
