import { compress, parseValue, State, sizeOfDelta, sizeOfRecord, sizeOfValue } from '../../src/index.js';
import type { Family } from './family.js';
import type { Json, JsonObject } from './json.js';
import { readDelta, readFields } from './notation.js';

const U = (ops: JsonObject): Json => ['U', 't', 'r', ops];

export const sizes: Family = {
  file: 'sizes.json',
  description:
    'Sizes in bytes, of one of: a value, the fields of a record, the rows of a datastore, a delta. A delta is measured in normal form.',
  inputs: [
    { name: 'boolean', value: true },
    { name: 'long', value: { I: '-9223372036854775808' } },
    { name: 'double', value: 1.5 },
    { name: 'date', value: { T: '1385164800000' } },
    { name: 'empty string', value: '' },
    { name: 'ASCII string', value: 'name' },
    { name: 'string of two-byte letters', value: 'é\u07ff' },
    { name: 'string of three-byte letters', value: '\u0800\uffff' },
    { name: 'string of four-byte letters', value: '\u{10000}\u{1f600}' },
    { name: 'empty bytes', value: { B: '' } },
    { name: 'bytes', value: { B: 'AAECAw' } },
    { name: 'empty list', value: [] },
    { name: 'list of weightless items', value: [true, 1, { I: '1' }, { T: '0' }] },
    { name: 'list of strings and bytes', value: ['é', '', { B: 'AAEC' }] },
    { name: 'record without fields', fields: {} },
    { name: 'record of one weightless field', fields: { done: false } },
    { name: 'record: names weigh nothing', fields: { 'a-name-that-is-rather-longer-than-the-other': '12345', b: '' } },
    { name: 'record with a list', fields: { list: ['ab', 'c'], bytes: { B: 'AA' } } },
    { name: 'empty datastore', rows: [] },
    {
      name: 'datastore of two tables',
      rows: [
        { tid: 't', rowid: 'r', data: {} },
        { tid: 'u', rowid: 'r', data: { f: 'abc', g: [1] } },
      ],
    },
    { name: 'delta without changes', delta: [] },
    {
      name: 'delta of which nothing is left',
      delta: [
        ['I', 't', 'r', { f: 'abc' }],
        ['D', 't', 'r'],
      ],
    },
    { name: 'insert without fields', delta: [['I', 't', 'r', {}]] },
    { name: 'insert: the values, not the fields', delta: [['I', 't', 'r', { f: 'abc', g: 1, h: { B: 'AAEC' } }]] },
    { name: 'insert: a list weighs 20 an item', delta: [['I', 't', 'r', { f: ['ab', 1] }]] },
    { name: 'delete', delta: [['D', 't', 'r']] },
    { name: 'delete: what was there does not count', delta: [['D', 't', 'r', { before: { f: 'abcdefgh' } }]] },
    {
      name: 'replace is two changes',
      delta: [
        ['D', 't', 'r'],
        ['I', 't', 'r', { f: 'a' }],
      ],
    },
    { name: 'update: two puts in one change', delta: [U({ f: ['P', 'abc'], g: ['P', 'de'] })] },
    { name: 'update: two changes that compress into one', delta: [U({ f: ['P', 'abc'] }), U({ g: ['P', 'de'] })] },
    { name: 'update: a put list weighs 20 an item', delta: [U({ f: ['P', ['ab', 'c']] })] },
    { name: 'update: what was there does not count', delta: [U({ f: ['P', 'a', { before: 'bcdefg' }] })] },
    { name: 'update: deleted fields weigh nothing', delta: [U({ f: ['D'], g: ['D'] })] },
    { name: 'list insert: no 20 for the item', delta: [U({ f: ['LI', 0, 'abc'] })] },
    { name: 'list put: no 20 for the item', delta: [U({ f: ['LP', 0, 'abc'] })] },
    { name: 'list delete', delta: [U({ f: ['LD', 0] })] },
    { name: 'list move', delta: [U({ f: ['LM', 0, 1] })] },
    { name: 'creating a list', delta: [U({ f: ['LC'] })] },
    { name: 'creating a list and one insert', delta: [U({ f: ['LC'] }), U({ f: ['LI', 0, 'ab'] })] },
    {
      name: 'three list operations on one field',
      delta: [U({ f: ['LI', 0, 'ab'] }), U({ f: ['LI', 0, 'c'] }), U({ f: ['LD', 1] })],
    },
    { name: 'list operations on two fields', delta: [U({ f: ['LI', 0, 'ab'], g: ['LI', 0, 'c'] })] },
    {
      name: 'puts travel with the first list operation',
      delta: [U({ e: ['P', 'abc'], f: ['LI', 0, 'de'], g: ['D'] }), U({ f: ['LD', 0] })],
    },
    {
      name: 'two records',
      delta: [
        ['I', 't', 'r', {}],
        ['I', 't', 's', { f: 'a' }],
      ],
    },
  ],
  outputs: ['size'],
  complete: ({ value, fields, rows, delta }: JsonObject): JsonObject => {
    if (value !== undefined) return { size: sizeOfValue(parseValue(value)) };
    if (fields !== undefined) return { size: sizeOfRecord(readFields(fields)) };
    if (rows !== undefined) return { size: State.fromRows(rows).size };
    return { size: sizeOfDelta(compress(readDelta(delta))) };
  },
};
