import { insert, remove, rowsOf, update } from './changes.js';
import type { Family } from './family.js';
import type { Json, JsonObject } from './json.js';
import { completeMerge, MERGE_OUTPUTS } from './merging.js';

type RecordCase = readonly [
  name: string,
  base: Json,
  local: readonly Json[],
  remote: readonly Json[],
  rules?: JsonObject,
];

const BASE = rowsOf({ f: 0, g: 0 });
const REPLACE_LOCAL = [remove(), insert({ f: 1, h: 'l' })];
const REPLACE_REMOTE = [remove(), insert({ f: 2, i: 'r' })];
const long = (decimal: number): Json => ({ I: String(decimal) });

const INSERTS: readonly RecordCase[] = [
  ['insert, insert: fields of both', [], [insert({ f: 1 })], [insert({ g: 2 })]],
  ['insert, insert: without fields', [], [insert({})], [insert({})]],
  ['insert, insert: a field of both under remote', [], [insert({ f: 1 })], [insert({ f: 2 })]],
  ['insert, insert: a field of both under local', [], [insert({ f: 1 })], [insert({ f: 2 })], { t: { f: 'local' } }],
  ['insert, insert: equal under remote', [], [insert({ f: 1 })], [insert({ f: 1 })]],
  ['insert, insert: equal under local', [], [insert({ f: 1 })], [insert({ f: 1 })], { t: { f: 'local' } }],
  ['insert, insert: under max', [], [insert({ f: 1, g: 2 })], [insert({ f: 2, g: 1 })], { t: { f: 'max', g: 'max' } }],
  [
    'insert, insert: under sum the base is absent',
    [],
    [insert({ f: long(2) })],
    [insert({ f: long(3) })],
    { t: { f: 'sum' } },
  ],
  ['insert, insert: lists are values here', [], [insert({ f: ['l'] })], [insert({ f: ['r'] })]],
  [
    'insert with updates, insert',
    [],
    [insert({ f: 1 }), update({ f: ['D'], g: ['P', 1] })],
    [insert({ f: 2, g: 2 })],
    { t: { f: 'local', g: 'local' } },
  ],
];

const TABLE: readonly RecordCase[] = [
  ['update, update', BASE, [update({ f: ['P', 1], g: ['P', 1] })], [update({ g: ['P', 2], h: ['P', 2] })]],
  ['update, delete', BASE, [update({ f: ['P', 1] })], [remove()]],
  ['update, replace', BASE, [update({ f: ['P', 1], h: ['P', 1] })], REPLACE_REMOTE],
  ['updates in no order, delete', BASE, [update({ z: ['P', 1], b: ['P', 1] }), update({ a: ['P', 1] })], [remove()]],
  ['delete, updates in no order', BASE, [remove()], [update({ z: ['P', 1], b: ['P', 1] }), update({ a: ['P', 1] })]],
  ['update that does nothing, delete', BASE, [update({ h: ['D'] })], [remove()]],
  ['delete, update', BASE, [remove()], [update({ f: ['P', 2], g: ['D'] })]],
  ['delete, update of a list', rowsOf({ f: ['a'] }), [remove()], [update({ f: ['LI', 1, 'r'] })]],
  ['delete, delete', BASE, [remove()], [remove()]],
  ['delete, replace', BASE, [remove()], REPLACE_REMOTE],
  ['replace, update', BASE, REPLACE_LOCAL, [update({ f: ['P', 2], g: ['D'] })]],
  ['replace, delete', BASE, REPLACE_LOCAL, [remove()]],
  ['replace, replace', BASE, REPLACE_LOCAL, REPLACE_REMOTE],
  ['replace, replace under local', BASE, REPLACE_LOCAL, REPLACE_REMOTE, { t: { f: 'local' } }],
  [
    'replace, replace: the old record is no base',
    rowsOf({ f: long(5) }),
    [remove(), insert({ f: long(2) })],
    [remove(), insert({ f: long(3) })],
    { t: { f: 'sum' } },
  ],
  ['replace, replace: equal', BASE, [remove(), insert({ f: 1 })], [remove(), insert({ f: 1 })]],
  [
    'the rule of a field does not save an update from a delete',
    BASE,
    [update({ f: ['P', 1] })],
    [remove()],
    { t: { f: 'local' } },
  ],
  [
    'update and delete, update: compressed to a delete first',
    BASE,
    [update({ f: ['P', 1] }), remove()],
    [update({ f: ['P', 2] })],
  ],
  ['insert and delete, insert: compressed to nothing first', [], [insert({ f: 1 }), remove()], [insert({ f: 2 })]],
];

const OTHERS: readonly JsonObject[] = [
  { name: 'nothing, nothing', base: BASE, local: [], remote: [], rules: {} },
  {
    name: 'different records',
    base: rowsOf({ f: 0 }, { f: 0 }),
    local: [update({ f: ['P', 1] })],
    remote: [['D', 't', 's']],
    rules: {},
  },
  {
    name: 'one record id in two tables',
    base: [],
    local: [insert({ f: 1 })],
    remote: [['I', 'u', 'r', { f: 2 }]],
    rules: {},
  },
  {
    name: 'conflicts in order of table and record',
    base: [
      { tid: 'b', rowid: 'r', data: { f: 0 } },
      { tid: 'B', rowid: 's', data: { f: 0 } },
      { tid: 'B', rowid: 'S', data: { f: 0 } },
    ],
    local: [
      ['D', 'b', 'r'],
      ['U', 'B', 's', { f: ['P', 1] }],
      ['U', 'B', 'S', { f: ['P', 1] }],
    ],
    remote: [
      ['U', 'b', 'r', { f: ['P', 2] }],
      ['U', 'B', 's', { f: ['P', 2] }],
      ['D', 'B', 'S'],
    ],
    rules: {},
  },
  {
    name: 'not applied: update, delete',
    base: BASE,
    local: [update({ f: ['P', 1] })],
    remote: [remove()],
    rules: {},
    applied: false,
  },
  {
    name: 'not applied: delete, update',
    base: BASE,
    local: [remove()],
    remote: [update({ f: ['P', 2] })],
    rules: {},
    applied: false,
  },
  { name: 'refused: insert, delete', base: [], local: [insert({})], remote: [remove()], rules: {}, applied: false },
  { name: 'refused: delete, insert', base: [], local: [remove()], remote: [insert({})], rules: {}, applied: false },
  {
    name: 'refused: replace, insert',
    base: [],
    local: [remove(), insert({})],
    remote: [insert({})],
    rules: {},
    applied: false,
  },
];

export const recordMerges: Family = {
  file: 'record-merges.json',
  description:
    'A local and a remote delta on the same base, record by record: what both replicas end with, what each applies after the other’s, and the conflicts.',
  inputs: [
    ...[...INSERTS, ...TABLE].map(([name, base, local, remote, rules = {}]) => ({ name, base, local, remote, rules })),
    ...OTHERS,
  ],
  outputs: MERGE_OUTPUTS,
  complete: completeMerge,
};
