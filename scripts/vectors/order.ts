import { compareValues, parseValue, type Value } from '../../src/index.js';
import type { Family } from './family.js';
import { arrayOf, type Json, type JsonObject } from './json.js';
import { writeValue } from './notation.js';

export const order: Family = {
  file: 'order.json',
  description:
    'Values in ascending order, no two of a sequence alike; null is an absent field. Every pair of a sequence is a case: compare all of them.',
  inputs: [
    { name: 'types', ascending: [null, true, { I: '0' }, '', { B: '' }, { T: '0' }, []] },
    { name: 'the greatest of a type is below the least of the next', ascending: greatestAndLeast() },
    { name: 'booleans', ascending: [false, true] },
    {
      name: 'doubles',
      ascending: [
        ...[{ N: 'nan' }, { N: '-inf' }, -1.7976931348623157e308, -1, -0.1, -5e-324, { N: '-0' }, 0, 5e-324],
        ...[2.2250738585072014e-308, 0.1, 1, 1.0000000000000002, 10, 9007199254740992, 1.7976931348623157e308],
        { N: '+inf' },
      ],
    },
    {
      name: 'longs',
      ascending: [
        ...longs('-9223372036854775808', '-9223372036854775807', '-10', '-9', '-1', '0', '1', '9', '10'),
        ...longs('9007199254740992', '9007199254740993', '9223372036854775806', '9223372036854775807'),
      ],
    },
    {
      name: 'a long is below the double that it equals',
      ascending: [{ I: '-1' }, -1, { I: '0' }, { N: '-0' }, 0, { I: '1' }, 1, { I: '1024' }, 1024],
    },
    {
      name: 'numbers near 2^53 compare exactly',
      ascending: [
        ...[{ I: '9007199254740991' }, 9007199254740991, { I: '9007199254740992' }, 9007199254740992],
        ...[{ I: '9007199254740993' }, { I: '9007199254740994' }, 9007199254740994],
      ],
    },
    {
      name: 'numbers at the ends of the longs compare exactly',
      ascending: [
        ...[{ N: 'nan' }, { N: '-inf' }, -(2 ** 63) - 2048, { I: '-9223372036854775808' }, -(2 ** 63)],
        ...[{ I: '-9223372036854775807' }, 2 ** 63 - 1024, { I: '9223372036854774785' }],
        ...[{ I: '9223372036854775807' }, 2 ** 63, { N: '+inf' }],
      ],
    },
    {
      name: 'strings by code point',
      ascending: [
        ...['', '\u0000', '10', '9', 'B', 'a', 'a\u0000', 'aB', 'ab', 'b', 'e\u0301', '\u00e9', '\ud7ff', '\ue000'],
        ...['\uffff', '\u{10000}', '\u{1f600}', '\u{10ffff}'],
      ],
    },
    {
      name: 'bytes, unsigned',
      ascending: [
        { B: '' },
        { B: 'AA' },
        { B: 'AAA' },
        { B: 'AP8' },
        { B: 'AQ' },
        { B: 'fw' },
        { B: 'gA' },
        { B: '_w' },
      ],
    },
    {
      name: 'dates',
      ascending: ['-8640000000000000', '-10', '-9', '0', '9', '10', '8640000000000000'].map((ms) => ({ T: ms })),
    },
    {
      name: 'lists by item, a prefix first',
      ascending: [
        ...[[], [false], [false, false], [false, 'a'], [true], [{ I: '1' }]],
        ...[[1], [1, false], [1.5], ['a'], ['a', 'a'], ['b'], [{ B: '' }], [{ T: '0' }]],
      ],
    },
  ],
  outputs: [],
  complete: ({ ascending }: JsonObject): JsonObject => {
    // The engine sorts them from the other end, so that what it answers is its own order.
    // Boxes, because JavaScript sorts `undefined` to the end whatever it is told.
    const boxes = arrayOf(ascending).map((json) => ({ value: readOptional(json) }));
    boxes.reverse().sort((left, right) => compareValues(left.value, right.value));
    return { ascending: boxes.map(({ value }) => writeValue(value)) };
  },
};

export function readOptional(json: Json): Value | undefined {
  return json === null ? undefined : parseValue(json);
}

function longs(...decimals: readonly string[]): Json[] {
  return decimals.map((decimal) => ({ I: decimal }));
}

function greatestAndLeast(): Json[] {
  return [
    ...[true, { N: 'nan' }, { N: '+inf' }, '', '\u{10ffff}', { B: '' }, { B: '____' }],
    ...[{ T: '-8640000000000000' }, { T: '8640000000000000' }, [], ['x']],
  ];
}
