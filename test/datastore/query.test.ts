/** Queries by range, order and limit, and live ones. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DatastoreRecord, LiveQuery, QueryChange, Table, Value } from '../../src/datastore/index.js';
import { compareValues, typeOfValue, valuesMatch } from '../../src/index.js';
import { runs } from '../support/seed.js';
import { Desk, failure, settle, twoDesks } from './support/desk.js';

const idsOf = (records: Iterable<{ readonly id: string }>): string[] => [...records].map(({ id }) => id);

function tableOf(records: Readonly<Record<string, Readonly<Record<string, Value>>>>): Table {
  const table = new Desk().datastore.table('t');
  for (const [id, fields] of Object.entries(records)) table.insert(id, fields);
  return table;
}

describe('16: a query', () => {
  const mixed: Record<string, Record<string, Value>> = {
    absent: {},
    yes: { v: true },
    long: { v: 2n },
    double: { v: 2 },
    zero: { v: -0 },
    nan: { v: Number.NaN },
    text: { v: 'a' },
    bytes: { v: new Uint8Array([1]) },
    date: { v: new Date(2) },
    list: { v: ['a'] },
  };

  test('sorts by fields, in the order of values, and then by id', () => {
    const table = tableOf(mixed);
    const order = ['absent', 'yes', 'nan', 'zero', 'long', 'double', 'text', 'bytes', 'date', 'list'];
    expect(idsOf(table.query({}, { orderBy: 'v' }))).toEqual(order);
    expect(idsOf(table.query({}, { orderBy: { field: 'v', direction: 'desc' } }))).toEqual([...order].reverse());
    const people = tableOf({ d: { n: 'x', a: 1 }, c: { n: 'x', a: 2 }, b: { n: 'w', a: 1 }, a: { n: 'x', a: 1 } });
    expect(idsOf(people.query({}, { orderBy: ['n', { field: 'a', direction: 'desc' }] }))).toEqual([
      'b',
      'c',
      'a',
      'd',
    ]);
    expect(idsOf(people.query({}, { orderBy: { field: 'a', direction: 'desc' } }))).toEqual(['c', 'a', 'b', 'd']);
  });

  test('is cut by a limit', () => {
    const table = tableOf(mixed);
    expect(idsOf(table.query({}, { limit: 2 }))).toEqual(['absent', 'bytes']);
    expect(idsOf(table.query({}, { limit: 1, orderBy: { field: 'v', direction: 'desc' } }))).toEqual(['list']);
    expect(table.query({}, { limit: 0 })).toHaveLength(0);
  });

  test('takes ranges, of values of one type', () => {
    const table = tableOf(mixed);
    expect(idsOf(table.query({ v: { gte: 0, lte: 2 } }, { orderBy: 'v' }))).toEqual(['zero', 'long', 'double']);
    expect(idsOf(table.query({ v: { gt: 0n } }))).toEqual(['double', 'long']);
    expect(idsOf(table.query({ v: { lt: 2.5, gt: -1 } }))).toEqual(['double', 'long', 'zero']);
    expect(idsOf(table.query({ v: { lt: 'b' } }))).toEqual(['text']);
    expect(idsOf(table.query({ v: { gte: new Date(2), lt: new Date(3) } }))).toEqual(['date']);
    expect(idsOf(table.query({ v: { gte: Number.NaN } }))).toEqual([]);
    expect(idsOf(table.query({ v: { gte: 1, lt: 'z' } }))).toEqual([]);
    expect(idsOf(tableOf({ r: { v: 1, w: 1 }, s: { v: 1, w: 2 } }).query({ v: 1, w: { gt: 1 } }))).toEqual(['s']);
  });

  test.each<[unknown, unknown, string]>([
    [{ v: {} }, {}, 'invalid-value at t/v'],
    [{ v: { from: 1 } }, {}, 'invalid-value at t/v'],
    [{ v: { gte: null } }, {}, 'invalid-value at t/v'],
    [{ 'no name': { gte: 1 } }, {}, 'invalid-name at t/no name'],
    [{}, { limit: -1 }, 'invalid-option'],
    [{}, { limit: 1.5 }, 'invalid-option'],
    [{}, { orderBy: 'no name' }, 'invalid-name at t/no name'],
    [{}, { orderBy: 5 }, 'invalid-option'],
    [{}, { orderBy: { field: 'v', direction: 'up' } }, 'invalid-option'],
    [{}, { orderBy: { name: 'v' } }, 'invalid-option'],
    [{}, { order: 'v' }, 'invalid-option'],
  ])('by %j with %j is refused', (fields, options, error) => {
    const table = tableOf({});
    expect(failure(() => table.query(fields as never, options as never))).toBe(error);
    expect(failure(() => table.watch(fields as never, () => undefined, options as never))).toBe(error);
  });
});

/** What an edit of the law does to one of few records. */
type Edit =
  | { readonly type: 'set'; readonly id: string; readonly field: 'v' | 'w'; readonly value: Value }
  | { readonly type: 'delete' | 'remove'; readonly id: string }
  | { readonly type: 'batch'; readonly edits: readonly Edit[]; readonly fails: boolean }
  | { readonly type: 'undo' | 'redo' | 'rollback' | 'sync' };

const arbitraryId = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const arbitraryValue: fc.Arbitrary<Value> = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 4 }) },
  fc.constantFrom<Value>(1n, Number.NaN, -0, 'x', true, new Date(1)),
);
const arbitraryRecordEdit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('set' as const),
      id: arbitraryId,
      field: fc.constantFrom('v' as const, 'w' as const),
      value: arbitraryValue,
    }),
  },
  fc.record({ type: fc.constantFrom('delete' as const, 'remove' as const), id: arbitraryId }),
);
const arbitraryEdits: fc.Arbitrary<Edit[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: arbitraryRecordEdit },
    fc.record({
      type: fc.constant('batch' as const),
      edits: fc.array(arbitraryRecordEdit, { maxLength: 6 }),
      fails: fc.boolean(),
    }),
    fc.record({ type: fc.constantFrom('undo' as const, 'redo' as const, 'rollback' as const, 'sync' as const) }),
  ),
  { maxLength: 12 },
);

const QUERIES = [
  [{}, {}],
  [{ v: 1 }, {}],
  [{ v: { gte: 1, lt: 4 } }, { orderBy: 'v' }],
  [{}, { orderBy: { field: 'v', direction: 'desc' }, limit: 2 }],
  [{}, { orderBy: ['w', { field: 'v', direction: 'desc' }], limit: 3 }],
  [{ w: { lte: 3 } }, { limit: 1 }],
] as const;

async function perform(desk: Desk, edit: Edit): Promise<void> {
  const { datastore } = desk;
  const table = datastore.table('t');
  switch (edit.type) {
    case 'set':
      table.getOrInsert(edit.id).set(edit.field, edit.value);
      return;
    case 'delete':
      table.record(edit.id).deleteRecord();
      return;
    case 'remove':
      table.get(edit.id)?.delete('v');
      return;
    case 'batch':
      try {
        datastore.batch(() => {
          for (const inner of edit.edits) void perform(desk, inner);
          if (edit.fails) throw new RangeError('planned');
        });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
      return;
    case 'sync':
      await desk.settle();
      return;
    case 'rollback':
      datastore.rollback();
      return;
    default:
      datastore[edit.type]();
  }
}

/** A live query beside what its listener made of the changes. */
class Watched {
  readonly live: LiveQuery<DatastoreRecord>;
  readonly #fields: (typeof QUERIES)[number][0];
  readonly #options: (typeof QUERIES)[number][1];
  readonly #table: Table;
  readonly #told: Set<string>;

  constructor(table: Table, [fields, options]: (typeof QUERIES)[number]) {
    this.#table = table;
    this.#fields = fields;
    this.#options = options;
    this.live = table.watch(fields, (change) => this.#follow(change), options);
    this.#told = new Set(idsOf(this.live.records));
  }

  check(): void {
    const anew = idsOf(this.#table.query(this.#fields, this.#options));
    expect(idsOf(this.live.records)).toEqual(anew);
    expect([...this.#told].sort()).toEqual([...anew].sort());
  }

  #follow({ records, added, removed, changed }: QueryChange<DatastoreRecord>): void {
    const parts = [...idsOf(added), ...idsOf(removed), ...idsOf(changed)];
    expect(new Set(parts).size).toBe(parts.length);
    expect(parts.length).toBeGreaterThan(0);
    for (const id of idsOf(changed)) expect(this.#told.has(id)).toBe(true);
    for (const id of idsOf(added)) expect(this.#told.has(id)).toBe(false);
    for (const id of idsOf(removed)) expect(this.#told.delete(id)).toBe(true);
    for (const id of idsOf(added)) this.#told.add(id);
    expect(idsOf(records)).toEqual(idsOf(this.#table.query(this.#fields, this.#options)));
  }
}

describe('16: a live query', () => {
  test('is what the query finds anew after every step, and its changes lead there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), arbitraryEdits), { minLength: 1, maxLength: 4 }),
        async (turns) => {
          const desks = twoDesks();
          const errors = desks.flatMap(({ listenerErrors }) => listenerErrors);
          const watched = QUERIES.map((query) => new Watched(desks[0].datastore.table('t'), query));
          for (const [isMine, edits] of turns) {
            const desk = desks[isMine ? 0 : 1];
            for (const edit of edits) {
              await perform(desk, edit);
              for (const each of watched) each.check();
            }
          }
          await settle(...desks);
          for (const each of watched) each.check();
          expect(errors).toEqual([]);
          expect(desks[0].listenerErrors).toEqual([]);
        },
      ),
      { numRuns: runs(60) },
    );
  });

  test('tells what changed, after the event and in one order with it', async () => {
    const [mine, other] = twoDesks();
    const table = mine.datastore.table('t');
    const told: string[] = [];
    mine.datastore.on('change', () => told.push('change'));
    const live = table.watch(
      { done: false },
      ({ added, removed, changed, records }) =>
        told.push([idsOf(added), idsOf(removed), idsOf(changed), idsOf(records)].map(String).join(' | ')),
      { orderBy: 'at', limit: 2 },
    );
    for (const [at, id] of ['a', 'b', 'c'].entries()) table.insert(id, { at, done: false });
    table.insert('x', { at: -1, done: true });
    table.get('a')?.set('at', 1.5);
    table.get('b')?.set('done', true);
    await settle(mine, other);
    other.datastore.table('t').get('a')?.deleteRecord();
    await settle(other, mine);
    live.stop();
    live.stop();
    table.insert('late', { at: 0, done: false });
    expect(told).toEqual([
      ...['change', 'a |  |  | a', 'change', 'b |  |  | a,b', 'change', 'change'],
      ...['change', ' |  | a | b,a', 'change', 'c | b |  | a,c', 'change', ' | a |  | c', 'change'],
    ]);
  });

  test('is right for a listener that edits, and is told of that later', () => {
    const desk = new Desk();
    const table = desk.datastore.table('t');
    const told: string[] = [];
    const live = table.watch({ v: { gte: 1 } }, ({ added, records }) => {
      told.push(`${idsOf(added)} of ${idsOf(records)}`);
      if (!table.get('b')) table.insert('b', { v: 1 });
      expect(idsOf(live.records)).toEqual(['a', 'b']);
    });
    table.insert('a', { v: 1 });
    expect(told).toEqual(['a of a', 'b of a,b']);
    expect(desk.listenerErrors).toEqual([]);
  });

  test('refuses a listener that is not a function, and ends with its datastore', () => {
    const desk = new Desk();
    const table = desk.datastore.table('t');
    expect(failure(() => table.watch({}, 5 as never))).toBe('invalid-option');
    const live = table.watch({}, () => undefined);
    desk.datastore.close();
    expect(failure(() => live.records)).toBe('closed');
    live.stop();
  });
});

/** Values that match others of another type, that look like the keys of others, and that are told apart late. */
const HOSTILE: readonly Value[] = [
  ...[
    0,
    -0,
    1,
    Number.NaN,
    2 ** 53,
    2 ** 53 + 2,
    0n,
    1n,
    2n ** 53n,
    2n ** 53n + 1n,
    '1',
    '',
    'NaN',
    '1,2',
    true,
    false,
  ],
  ...[new Date(1), new Date(0), new Uint8Array([1, 2]), new Uint8Array(20), new Uint8Array(21), [], [1], [1n], ['1']],
];
const arbitraryHostile = fc.constantFrom(...HOSTILE);

/** The ids of the records of a table that a naive look finds. */
function scanned(table: Table, asked: Readonly<Record<string, Value>>): string[] {
  const fits = (record: DatastoreRecord): boolean =>
    Object.entries(asked).every(([field, value]) => {
      const found = record.toObject()[field] as Value | undefined;
      return found !== undefined && valuesMatch(found, value);
    });
  return idsOf([...table.query()].filter(fits)).sort();
}

describe('16: an index', () => {
  test('changes no result, whatever is edited before and after it is asked for', async () => {
    const value = fc.oneof(arbitraryValue, arbitraryHostile);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), arbitraryEdits, fc.array(fc.tuple(arbitraryId, value), { maxLength: 3 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.nat({ max: 3 }),
        async (turns, start) => {
          const desks = twoDesks();
          const table = desks[0].datastore.table('t');
          const check = (): void => {
            for (const v of HOSTILE) expect(idsOf(table.query({ v }))).toEqual(scanned(table, { v }));
            for (const v of [1, '1', []]) {
              expect(idsOf(table.query({ v, w: 1 }))).toEqual(scanned(table, { v, w: 1 }));
              expect(idsOf(table.query({ v, w: { gte: 1 } }, { orderBy: 'w', limit: 1 }))).toEqual(
                idsOf(table.query({ w: { gte: 1 } }, { orderBy: 'w' }))
                  .filter((id) => scanned(table, { v }).includes(id))
                  .slice(0, 1),
              );
            }
          };
          for (const [turn, [isMine, actions, sets]] of turns.entries()) {
            if (turn === start) table.index('v', 'w');
            const desk = desks[isMine ? 0 : 1];
            for (const [id, set] of sets) desk.datastore.table('t').getOrInsert(id).set('v', set);
            check();
            for (const action of actions) {
              await perform(desk, action);
              check();
            }
            desks[0].datastore.batch(() => {
              table.getOrInsert('a').set('v', 1);
              check();
            });
          }
          await settle(...desks);
          check();
          expect(desks[0].listenerErrors).toEqual([]);
        },
      ),
      { numRuns: runs(25) },
    );
  });

  test('is right for a merge function, and for a listener that asks', async () => {
    const [mine, other] = twoDesks();
    const table = mine.datastore.table('t').index('v');
    const told: (readonly string[])[] = [];
    table.insert('a', { v: 1, n: 0 });
    table.insert('b', { v: 2, n: 0 });
    await settle(mine, other);
    const others = other.datastore.table('t');
    others.record('a').set('v', 2);
    await settle(other);
    others.record('b').set('n', 1);
    await settle(other);
    mine.datastore.table('t').setResolutionRule('n', () => {
      told.push(idsOf(table.query({ v: 2 })), scanned(table, { v: 2 }));
      return 7;
    });
    table.record('b').set('n', 2);
    expect(idsOf(table.query({ v: 2 }))).toEqual(['b']);
    mine.datastore.on('change', () => told.push(idsOf(table.query({ v: 2 })), scanned(table, { v: 2 })));
    await settle(mine);
    expect(told.length).toBeGreaterThanOrEqual(4);
    for (let at = 0; at < told.length; at += 2) expect(told[at]).toEqual(told[at + 1]);
    expect(told.at(-1)).toEqual(['a', 'b']);
  });

  test('refuses what is no field, and ends with its datastore', () => {
    const { datastore } = new Desk();
    const table = datastore.table('t');
    expect(failure(() => table.index('no name'))).toBe('invalid-name at t/no name');
    expect(failure(() => table.index(5 as never))).toBe('invalid-name at t');
    datastore.close();
    expect(failure(() => table.index('v'))).toBe('closed');
  });
});

test('the naive order of a query is that of compareValues', () => {
  fc.assert(
    fc.property(fc.array(arbitraryValue, { maxLength: 8 }), (values) => {
      const table = tableOf(Object.fromEntries(values.map((v, at) => [`r${at}`, { v }])));
      const naive = values
        .map((v, at) => ({ v, id: `r${at}` }))
        .sort((left, right) => compareValues(left.v, right.v) || (left.id < right.id ? -1 : 1));
      expect(idsOf(table.query({}, { orderBy: 'v' }))).toEqual(idsOf(naive));
      expect(values.every((value) => typeOfValue(value) !== undefined)).toBe(true);
    }),
    { numRuns: runs(100) },
  );
});
