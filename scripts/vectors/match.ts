import { parseValue, State, valuesMatch } from '../../src/index.js';
import type { Family } from './family.js';
import { type JsonObject, textOf } from './json.js';
import { readFields } from './notation.js';

const ROWS = [
  { tid: 't', rowid: 'b', data: { n: { I: '1' }, s: 'x' } },
  { tid: 't', rowid: 'a', data: { n: 1, s: 'y' } },
  { tid: 't', rowid: 'B', data: { n: 2, l: [{ I: '1' }, 'x'] } },
  { tid: 't', rowid: 'c', data: {} },
  { tid: 'u', rowid: 'd', data: { n: 1 } },
];

export const match: Family = {
  file: 'match.json',
  description:
    'Which stored values answer a query: pairs with whether they match, either way round, and queries with the ids that they find, in order.',
  inputs: [
    { name: 'booleans alike', left: true, right: true },
    { name: 'booleans not alike', left: true, right: false },
    { name: 'long and double', left: { I: '1' }, right: 1 },
    { name: 'long and fraction', left: { I: '1' }, right: 1.5 },
    { name: 'long and the double that it rounds to', left: { I: '9007199254740993' }, right: 9007199254740992 },
    {
      name: 'two longs that round to one double',
      left: { I: '9007199254740992' },
      right: { I: '9007199254740993' },
    },
    { name: 'the greatest long and 2^63', left: { I: '9223372036854775807' }, right: 2 ** 63 },
    { name: 'NaN and NaN', left: { N: 'nan' }, right: { N: 'nan' } },
    { name: 'NaN and zero', left: { N: 'nan' }, right: 0 },
    { name: 'the zeros', left: { N: '-0' }, right: 0 },
    { name: 'minus zero and long zero', left: { N: '-0' }, right: { I: '0' } },
    { name: 'the infinities', left: { N: '+inf' }, right: { N: '-inf' } },
    { name: 'number and boolean', left: 1, right: true },
    { name: 'number and string', left: 1, right: '1' },
    { name: 'number and date', left: { I: '1' }, right: { T: '1' } },
    { name: 'string and bytes', left: 'A', right: { B: 'QQ' } },
    { name: 'empty string and empty list', left: '', right: [] },
    { name: 'composed and decomposed letter', left: 'é', right: 'e\u0301' },
    { name: 'upper and lower case', left: 'a', right: 'A' },
    { name: 'bytes alike', left: { B: 'AQI' }, right: { B: 'AQI' } },
    { name: 'bytes, one a prefix', left: { B: 'AQI' }, right: { B: 'AQ' } },
    { name: 'dates alike', left: { T: '-1' }, right: { T: '-1' } },
    { name: 'lists item by item', left: [{ I: '1' }, { N: 'nan' }], right: [1, { N: 'nan' }] },
    { name: 'lists, one a prefix', left: [1], right: [1, 1] },
    { name: 'lists in another order', left: [1, 2], right: [2, 1] },
    { name: 'an atom and a list of it', left: 1, right: [1] },
    { name: 'query: no condition, ids by code point', rows: ROWS, table: 't', where: {} },
    { name: 'query: a number of either type', rows: ROWS, table: 't', where: { n: { I: '1' } } },
    { name: 'query: every condition must hold', rows: ROWS, table: 't', where: { n: 1, s: 'y' } },
    { name: 'query: an absent field matches nothing', rows: ROWS, table: 't', where: { none: 1 } },
    { name: 'query: a list', rows: ROWS, table: 't', where: { l: [1, 'x'] } },
    { name: 'query: a table without records', rows: ROWS, table: 'v', where: {} },
  ],
  outputs: ['match', 'found'],
  complete: ({ left, right, rows, table, where }: JsonObject): JsonObject => {
    if (rows === undefined) return { match: valuesMatch(parseValue(left), parseValue(right)) };
    const found = State.fromRows(rows).query(textOf(table), readFields(where));
    return { found: found.map(({ record }) => record) };
  },
};
