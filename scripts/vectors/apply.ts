import { DEFAULT_LIMITS, type Limits, NO_LIMITS, State } from '../../src/index.js';
import { insert, remove, rowsOf, update, was } from './changes.js';
import type { Family } from './family.js';
import { asJson, type Json, type JsonObject, numberOf, objectOf } from './json.js';
import { readDelta, writeDelta } from './notation.js';
import { answerOrError } from './outcome.js';

const LIST = rowsOf({ f: ['a', 'b', 'c'] });
const ONE = rowsOf({ f: 1 });

const FITTING: readonly (readonly [name: string, rows: Json, changes: Json])[] = [
  ['nothing', ONE, []],
  ['insert', [], [insert({ f: 1, g: [] })]],
  ['insert without fields', [], [insert({})]],
  ['delete', ONE, [remove()]],
  ['delete, insert', ONE, [remove(), insert({ g: 2 })]],
  ['update without operations', ONE, [update({})]],
  ['put over a value', ONE, [update({ f: ['P', 'x'] })]],
  ['put of an absent field', ONE, [update({ g: ['P', 'x'] })]],
  ['put of the value that is there', ONE, [update({ f: ['P', 1] })]],
  ['delete of a field', ONE, [update({ f: ['D'] })]],
  ['delete of an absent field does nothing', ONE, [update({ g: ['D'] })]],
  ['what a change says it overwrote is not believed', ONE, [update({ f: ['P', 2, was('wrong')] })]],
  ['create', ONE, [update({ g: ['LC'] })]],
  ['create and insert in one delta', ONE, [update({ g: ['LC'] }), update({ g: ['LI', 0, 'a'] })]],
  ['list put', LIST, [update({ f: ['LP', 1, 'x'] })]],
  ['list insert at the beginning', LIST, [update({ f: ['LI', 0, 'x'] })]],
  ['list insert at the end', LIST, [update({ f: ['LI', 3, 'x'] })]],
  ['list delete', LIST, [update({ f: ['LD', 1] })]],
  ['list move to the right', LIST, [update({ f: ['LM', 0, 2] })]],
  ['list move to the left', LIST, [update({ f: ['LM', 2, 0] })]],
  ['list move to where it is', LIST, [update({ f: ['LM', 1, 1] })]],
  [
    'indexes refer to what the operations before left',
    LIST,
    [update({ f: ['LD', 0] }), update({ f: ['LD', 0] }), update({ f: ['LP', 0, 'x'] })],
  ],
  ['a sequence on one field', ONE, [update({ f: ['P', 2] }), update({ f: ['D'] }), update({ f: ['LC'] })]],
  ['several records', rowsOf({ f: 1 }, { f: 2 }), [update({ f: ['P', 3] }), ['D', 't', 's'], ['I', 'u', 'r', {}]]],
];

const UNFIT: readonly (readonly [name: string, rows: Json, changes: Json])[] = [
  ['refused: insert of a record that exists', ONE, [insert({})]],
  ['refused: update of no record', [], [update({ f: ['P', 1] })]],
  ['refused: update without operations of no record', [], [update({})]],
  ['refused: delete of no record', [], [remove()]],
  ['refused: delete twice', ONE, [remove(), remove()]],
  ['refused: create where a value is', ONE, [update({ f: ['LC'] })]],
  ['refused: create where a list is', LIST, [update({ f: ['LC'] })]],
  ['refused: list operation on an absent field', ONE, [update({ g: ['LI', 0, 'a'] })]],
  ['refused: list operation on no list', ONE, [update({ f: ['LI', 0, 'a'] })]],
  ['refused: list put at the length', LIST, [update({ f: ['LP', 3, 'x'] })]],
  ['refused: list insert beyond the length', LIST, [update({ f: ['LI', 4, 'x'] })]],
  ['refused: list delete at the length', LIST, [update({ f: ['LD', 3] })]],
  ['refused: list move from the length', LIST, [update({ f: ['LM', 3, 0] })]],
  ['refused: list move to the length', LIST, [update({ f: ['LM', 0, 3] })]],
  ['refused: list move to where it is, outside', LIST, [update({ f: ['LM', 3, 3] })]],
  ['refused as a whole: the second change does not fit', ONE, [update({ f: ['P', 2] }), insert({})]],
  ['refused as a whole: the second field does not fit', ONE, [update({ a: ['P', 2], f: ['LD', 0] })]],
  ['refused: a name of a field', ONE, [update({ 'a b': ['P', 2] })]],
  ['refused: a name of a table', ONE, [['D', '', 'r']]],
  ['refused: a name of a record', ONE, [['D', 't', 'a b']]],
  ['refused: a name of an inserted record', ONE, [['I', 't', '', {}]]],
  ['refused: a name of an inserted field', ONE, [['I', 't', 's', { 'a b': 1 }]]],
  [
    'refused: of several fields that do not fit the first in code point order is named',
    ONE,
    [update({ z: ['LD', 0], f: ['LC'], b: ['LI', 0, 1], a: ['D'] })],
  ],
  ['refused: an index that is none', LIST, [update({ f: ['LD', -1] })]],
  ['refused: an index beyond the greatest', LIST, [update({ f: ['LD', 2 ** 29] })]],
  [
    'refused: an index beyond the greatest, before anything meets the state',
    LIST,
    [insert({}), update({ f: ['LD', 2 ** 29] })],
  ],
];

interface LimitedCase {
  readonly name: string;
  readonly rows: Json;
  readonly changes: Json;
  readonly limits: JsonObject;
}

/** The record of LIST weighs 100 + 100 + 3 · 21 = 263, its datastore 1263. */
const LIMITED: readonly LimitedCase[] = [
  {
    name: 'limits: a record up to its limit',
    rows: LIST,
    changes: [update({ f: ['LI', 0, 'd'] })],
    limits: { recordSize: 284 },
  },
  {
    name: 'limits: a record over its limit',
    rows: LIST,
    changes: [update({ f: ['LI', 0, 'd'] })],
    limits: { recordSize: 283 },
  },
  {
    name: 'limits: an inserted record over its limit',
    rows: [],
    changes: [insert({ f: 'x' })],
    limits: { recordSize: 200 },
  },
  {
    name: 'limits: what is over may shrink',
    rows: LIST,
    changes: [update({ f: ['LD', 0] })],
    limits: { recordSize: 100 },
  },
  {
    name: 'limits: what is over may keep its size',
    rows: LIST,
    changes: [update({ f: ['LP', 0, 'z'] })],
    limits: { recordSize: 100 },
  },
  {
    name: 'limits: what is over may not grow',
    rows: LIST,
    changes: [update({ f: ['LP', 0, 'zz'] })],
    limits: { recordSize: 100 },
  },
  {
    name: 'limits: only before and after the whole delta count',
    rows: LIST,
    changes: [update({ f: ['LI', 0, 'd'] }), update({ f: ['LD', 3] })],
    limits: { recordSize: 263 },
  },
  {
    name: 'limits: a replaced record is measured against the one before',
    rows: LIST,
    changes: [remove(), insert({ g: ['x', 'y', 'z'] })],
    limits: { recordSize: 100 },
  },
  {
    name: 'limits: the datastore up to its limit',
    rows: LIST,
    changes: [['I', 't', 's', {}]],
    limits: { datastoreSize: 1363 },
  },
  {
    name: 'limits: the datastore over its limit',
    rows: LIST,
    changes: [['I', 't', 's', {}]],
    limits: { datastoreSize: 1362 },
  },
  {
    name: 'limits: one record grows by what another shrinks',
    rows: rowsOf({ f: 'aaaa' }, { f: 'b' }),
    changes: [update({ f: ['P', 'a'] }), ['U', 't', 's', { f: ['P', 'bbbb'] }]],
    limits: { datastoreSize: 0 },
  },
  { name: 'limits: too many records', rows: ONE, changes: [['I', 't', 's', {}]], limits: { recordCount: 1 } },
  {
    name: 'limits: a record for another',
    rows: ONE,
    changes: [['I', 't', 's', {}], remove()],
    limits: { recordCount: 1 },
  },
  {
    name: 'limits: the delta in normal form counts',
    rows: ONE,
    changes: [update({ f: ['P', 'abc'] }), update({ f: ['P', 'd'] })],
    limits: { deltaSize: 201 },
  },
  {
    name: 'limits: the delta over its limit',
    rows: ONE,
    changes: [update({ f: ['P', 'ab'] })],
    limits: { deltaSize: 201 },
  },
  {
    name: 'limits: a delta that shrinks the datastore is limited all the same',
    rows: ONE,
    changes: [remove()],
    limits: { deltaSize: 199 },
  },
  {
    name: 'limits: a delta of which nothing is left weighs nothing',
    rows: [],
    changes: [insert({}), remove()],
    limits: { deltaSize: 0 },
  },
  {
    name: 'limits: of two records over their limit the one that was changed first is named',
    rows: rowsOf({ f: 'a' }, { f: 'b' }),
    changes: [['U', 't', 's', { f: ['P', 'bb'] }], update({ f: ['P', 'aaa'] }), ['U', 't', 's', { f: ['P', 'bbb'] }]],
    limits: { recordSize: 202 },
  },
  {
    name: 'limits: of two records over their limit one that was changed before, and within it then',
    rows: rowsOf({ f: 'a' }, { f: 'b' }),
    changes: [['U', 't', 's', { f: ['P', 'b'] }], update({ f: ['P', 'aaa'] }), ['U', 't', 's', { f: ['P', 'bbb'] }]],
    limits: { recordSize: 202 },
  },
  {
    name: 'limits: a record that is within its limit is passed over',
    rows: rowsOf({ f: 'a' }, { f: 'b' }),
    changes: [['U', 't', 's', { f: ['P', 'bb'] }], update({ f: ['P', 'aaa'] })],
    limits: { recordSize: 202 },
  },
  {
    name: 'limits: a record comes before all, also where it was changed last',
    rows: ONE,
    changes: [['I', 't', 's', {}], update({ f: ['P', 'xx'] })],
    limits: { recordSize: 201, datastoreSize: 0, recordCount: 0, deltaSize: 0 },
  },
  {
    name: 'limits: the datastore comes before the number of records',
    rows: ONE,
    changes: [['I', 't', 's', {}]],
    limits: { datastoreSize: 0, recordCount: 0, deltaSize: 0 },
  },
  {
    name: 'limits: the number of records comes before the delta',
    rows: ONE,
    changes: [['I', 't', 's', {}]],
    limits: { recordCount: 0, deltaSize: 0 },
  },
  { name: 'limits: the defaults', rows: ONE, changes: [update({ f: ['P', 'x'.repeat(64)] })], limits: {} },
];

export const apply: Family = {
  file: 'apply.json',
  description:
    'Rows, changes made on them, and what comes of it: the rows after and the changes with what they overwrote, or the error and its place, the rows being as before. Limits that a case does not name are the defaults where it has `limits`, and none where it has not.',
  inputs: [
    ...[...FITTING, ...UNFIT].map(([name, rows, changes]) => ({ name, rows, changes })),
    ...LIMITED.map((limited) => ({ ...limited })),
  ],
  outputs: ['after', 'applied'],
  complete: ({ rows, changes, limits }: JsonObject): JsonObject => {
    const state = State.fromRows(rows);
    const before = JSON.stringify(state.toRows());
    const answer = answerOrError(() => {
      const applied = state.apply(readDelta(changes), { limits: readLimits(limits) });
      return { after: asJson(state.toRows()), applied: writeDelta(applied) };
    });
    const isUnchanged = JSON.stringify(state.toRows()) === before;
    if (answer['error'] !== undefined && !isUnchanged) throw new Error('What was refused has changed the state');
    return answer;
  },
};

function readLimits(json: Json | undefined): Limits {
  if (json === undefined) return NO_LIMITS;
  const given = Object.entries(objectOf(json)).map(([limit, most]) => [limit, numberOf(most)]);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}
