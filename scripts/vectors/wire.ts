import { formatDelta, formatValue, parseDelta, parseValue, State, type Value } from '../../src/index.js';
import type { Family } from './family.js';
import { asJson, type Json, type JsonObject } from './json.js';
import { answerOrError } from './outcome.js';

const GREATEST_INDEX = 2 ** 29 - 1;

/** A literal would set the prototype; the parser makes it a member like any other. */
const PROTOTYPE_NAMES = JSON.parse('{"__proto__":["P",1],"toString":["D"]}') as Json;

const VALUES: readonly (readonly [name: string, json: Json])[] = [
  ['true', true],
  ['false', false],
  ['double', 1.5],
  ['integral double', 1],
  ['double zero', 0],
  ['greatest double', 1.7976931348623157e308],
  ['least double', 5e-324],
  ['double beyond 2^53', 9007199254740994],
  ['double 1e21', 1e21],
  ['NaN', { N: 'nan' }],
  ['plus infinity', { N: '+inf' }],
  ['minus infinity', { N: '-inf' }],
  ['minus zero', { N: '-0' }],
  ['long zero', { I: '0' }],
  ['long', { I: '-42' }],
  ['least long', { I: '-9223372036854775808' }],
  ['greatest long', { I: '9223372036854775807' }],
  ['empty string', ''],
  ['string', 'a"\\\n\u0000\u2028'],
  ['string of all planes', 'é\uffff\u{10ffff}'],
  ['string that looks like something else', 'nan'],
  ['no bytes', { B: '' }],
  ['one byte', { B: '_w' }],
  ['two bytes', { B: '-_8' }],
  ['three bytes', { B: 'AAEC' }],
  ['date', { T: '1385164800000' }],
  ['date before 1970', { T: '-1' }],
  ['least date', { T: '-8640000000000000' }],
  ['greatest date', { T: '8640000000000000' }],
  ['empty list', []],
  ['list', [true, { I: '1' }, 1, 'a', { B: 'AA' }, { T: '0' }, { N: 'nan' }]],
  ['double -1', -1],
  ['double -0.5', -0.5],
];

const REFUSED_VALUES: readonly (readonly [name: string, json: Json])[] = [
  ['refused: null', null],
  ['refused: no tag', {}],
  ['refused: unknown tag', { X: '1' }],
  ['refused: lower-case tag', { i: '1' }],
  ['refused: two tags', { I: '1', T: '1' }],
  ['refused: long as a number', { I: 1 }],
  ['refused: long with a plus', { I: '+1' }],
  ['refused: long with a leading zero', { I: '01' }],
  ['refused: long minus zero', { I: '-0' }],
  ['refused: long with a fraction', { I: '1.0' }],
  ['refused: long with a space', { I: ' 1' }],
  ['refused: long in hexadecimal', { I: '0x1' }],
  ['refused: empty long', { I: '' }],
  ['refused: long of 20 digits', { I: '10000000000000000000' }],
  ['refused: long above 2^63-1', { I: '9223372036854775808' }],
  ['refused: long below -2^63', { I: '-9223372036854775809' }],
  ['refused: number by another name', { N: 'inf' }],
  ['refused: number in capitals', { N: 'NaN' }],
  ['refused: tagged number', { N: 1 }],
  ['refused: padded bytes', { B: '_w==' }],
  ['refused: bytes in the other alphabet', { B: '+/8' }],
  ['refused: bytes of impossible length', { B: 'AAAAA' }],
  ['refused: bytes with stray bits', { B: '_x' }],
  ['refused: bytes with a line feed', { B: 'AA\n' }],
  ['refused: date as a number', { T: 0 }],
  ['refused: date with a fraction', { T: '0.5' }],
  ['refused: date after the greatest', { T: '8640000000000001' }],
  ['refused: list in a list', [[]]],
  ['refused: null in a list', [1, null]],
];

const DELTAS: readonly (readonly [name: string, delta: Json])[] = [
  ['delta: empty', []],
  ['delta: insert', [['I', 't', 'r', { f: { I: '1' }, g: [] }]]],
  ['delta: delete', [['D', 't', 'r']]],
  [
    'delta: delete, insert',
    [
      ['D', 't', 'r'],
      ['I', 't', 'r', {}],
    ],
  ],
  ['delta: every operation on a field', [['U', 't', 'r', { a: ['P', 1], b: ['D'], c: ['LC'] }]]],
  [
    'delta: every operation on a list',
    [
      ['U', 't', 'r', { f: ['LP', 0, 'x'] }],
      ['U', 't', 'r', { f: ['LI', 1, 'y'] }],
      ['U', 't', 'r', { f: ['LD', 2] }],
      ['U', 't', 'r', { f: ['LM', 0, 1] }],
    ],
  ],
  [
    'delta: the greatest index',
    [
      ['U', 't', 'r', { f: ['LI', GREATEST_INDEX, 'x'] }],
      ['U', 't', 'r', { f: ['LM', GREATEST_INDEX, 0] }],
    ],
  ],
  ['delta: list operations on two fields travel apart', [['U', 't', 'r', { f: ['LD', 0], g: ['LD', 0] }]]],
  [
    'delta: puts travel with the first list operation',
    [
      ['U', 't', 'r', { f: ['LD', 0] }],
      ['U', 't', 'r', { f: ['LD', 1], z: ['P', 1] }],
      ['U', 't', 'r', { a: ['D'] }],
    ],
  ],
  [
    'delta: a created list',
    [
      ['U', 't', 'r', { f: ['LC'] }],
      ['U', 't', 'r', { f: ['LI', 0, 'x'] }],
    ],
  ],
  [
    'delta: reading compresses',
    [
      ['I', 't', 's', {}],
      ['U', 't', 'r', {}],
      ['U', 't', 's', { f: ['P', 1] }],
    ],
  ],
  ['delta: names of every kind', [['U', '__proto__', ':constructor', PROTOTYPE_NAMES]]],
];

const REFUSED_DELTAS: readonly (readonly [name: string, delta: Json])[] = [
  ['refused: delta that is no array', {}],
  ['refused: change that is no array', [{}]],
  ['refused: unknown change', [['X', 't', 'r']]],
  ['refused: insert without fields', [['I', 't', 'r']]],
  ['refused: delete with a part too many', [['D', 't', 'r', {}]]],
  ['refused: fields that are no object', [['I', 't', 'r', []]]],
  ['refused: null field', [['I', 't', 'r', { f: null }]]],
  ['refused: table that is no name', [['D', 't t', 'r']]],
  ['refused: record that is no name', [['D', 't', '']]],
  ['refused: field that is no name', [['I', 't', 'r', { '': 1 }]]],
  ['refused: unknown operation', [['U', 't', 'r', { f: ['X'] }]]],
  ['refused: operation that is no array', [['U', 't', 'r', { f: 1 }]]],
  ['refused: empty operation', [['U', 't', 'r', { f: [] }]]],
  ['refused: operation whose kind is a list', [['U', 't', 'r', { f: [['P'], 1] }]]],
  ['refused: operation without a kind', [['U', 't', 'r', { f: [null] }]]],
  ['refused: index that is true', [['U', 't', 'r', { f: ['LD', true] }]]],
  ['refused: insert with a part too many', [['I', 't', 'r', {}, {}]]],
  ['refused: update with a part too many', [['U', 't', 'r', {}, {}]]],
  ['refused: update without operations', [['U', 't', 'r']]],
  ['refused: change without a record', [['D', 't']]],
  ['refused: change of a list', [[['D'], 't', 'r']]],
  ['refused: put without a value', [['U', 't', 'r', { f: ['P'] }]]],
  ['refused: delete of a field with a part too many', [['U', 't', 'r', { f: ['D', 1] }]]],
  ['refused: negative index', [['U', 't', 'r', { f: ['LD', -1] }]]],
  ...(['LP', 'LI', 'LD', 'LM'] as const).map((kind): readonly [string, Json] => [
    `refused: ${kind} beyond the greatest index`,
    [['U', 't', 'r', { f: [kind, GREATEST_INDEX + 1, ...(kind === 'LD' ? [] : [0])] }]],
  ]),
  ['refused: a move to beyond the greatest index', [['U', 't', 'r', { f: ['LM', 0, GREATEST_INDEX + 1] }]]],
  ['refused: fractional index', [['U', 't', 'r', { f: ['LD', 0.5] }]]],
  ['refused: index as a string', [['U', 't', 'r', { f: ['LD', '0'] }]]],
  ['refused: list as an item', [['U', 't', 'r', { f: ['LI', 0, []] }]]],
  ['refused: move without a target', [['U', 't', 'r', { f: ['LM', 0] }]]],
  [
    'refused: a change that cannot follow',
    [
      ['D', 't', 'r'],
      ['D', 't', 'r'],
    ],
  ],
];

const SNAPSHOTS: readonly (readonly [name: string, rows: Json])[] = [
  ['snapshot: empty', []],
  [
    'snapshot: any order in, code point order out',
    [
      { tid: 't', rowid: 'b', data: {} },
      { tid: 't', rowid: 'B', data: { z: 1, a: [] } },
      { tid: ':info', rowid: 'info', data: {} },
    ],
  ],
  [
    'refused: a record twice',
    [
      { tid: 't', rowid: 'r', data: {} },
      { tid: 't', rowid: 'r', data: {} },
    ],
  ],
  ['refused: a row without data', [{ tid: 't', rowid: 'r' }]],
  ['refused: a row with more', [{ tid: 't', rowid: 'r', data: {}, more: 1 }]],
  ['refused: a row without a table', [{ rowid: 'r', data: {} }]],
  ['refused: a snapshot that is no array', {}],
  ...[7, null, []].map((row): readonly [string, Json] => [`refused: a row that is ${JSON.stringify(row)}`, [row]]),
  ['refused: a row whose record is no name', [{ tid: 't', rowid: 'r r', data: {} }]],
  ['refused: a row whose fields are none', [{ tid: 't', rowid: 'r', data: [] }]],
];

export const wire: Family = {
  file: 'wire.json',
  description:
    'The JSON form of values with what they mean, of deltas with what is written after they are read, and of snapshots likewise; and forms that are refused.',
  inputs: [
    ...[...VALUES, ...REFUSED_VALUES].map(([name, json]) => ({ name, json })),
    ...[...DELTAS, ...REFUSED_DELTAS].map(([name, delta]) => ({ name, delta })),
    ...SNAPSHOTS.map(([name, rows]) => ({ name, rows })),
  ],
  outputs: ['means', 'written'],
  complete: ({ json, delta, rows }: JsonObject): JsonObject =>
    answerOrError(() => {
      if (delta !== undefined) return { written: asJson(formatDelta(parseDelta(delta))) };
      if (rows !== undefined) return { written: asJson(State.fromRows(rows).toRows()) };
      const value = parseValue(json);
      return { means: meaningOf(value), written: asJson(formatValue(value)) };
    }),
};

/** A value by what it is made of, not by how the wire writes it. */
function meaningOf(value: Value): Json {
  if (typeof value === 'boolean') return { type: 'boolean', is: value };
  if (typeof value === 'bigint') return { type: 'long', decimal: String(value) };
  if (typeof value === 'number') return { type: 'double', bits: bitsOf(value) };
  if (typeof value === 'string')
    return { type: 'string', codePoints: Array.from(value, (part) => part.codePointAt(0) ?? 0) };
  if (value instanceof Uint8Array) return { type: 'bytes', octets: [...value] };
  if (value instanceof Date) return { type: 'date', milliseconds: value.getTime() };
  return { type: 'list', items: value.map(meaningOf) };
}

/** The IEEE 754 form of a double as 16 hexadecimal digits. */
function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}
