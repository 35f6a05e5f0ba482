/** Live objects as plain ones: as objects and arrays, as JSON, in a console, and from an array back into a list. */

import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Atom, FieldSet, List } from '../../src/datastore/index.js';
import { parseValue } from '../../src/index.js';
import { diffLists } from '../../src/lists/diff.js';
import { Desk, failure, settle, twoDesks } from './support/desk.js';

const VALUES = {
  long: 2n ** 60n,
  nan: Number.NaN,
  date: new Date(5),
  bytes: new Uint8Array([1]),
  list: ['a', 1n],
  text: 'x',
};

describe('16: plain objects of live ones', () => {
  test('have what there is, as copies, whatever the names', () => {
    const { datastore } = new Desk();
    datastore.setTitle('not shown');
    const record = datastore.table('t').insert('r', new Map(Object.entries(VALUES)));
    record.getOrCreateList('made').push('b');
    const object = record.toObject();
    expect(object).toEqual({ ...VALUES, made: ['b'] });
    (object['bytes'] as Uint8Array)[0] = 9;
    expect(record.get('bytes')).toEqual(new Uint8Array([1]));
    datastore.table('u').insert('hostile').set('__proto__', 1).set('toJSON', 2);
    const hostile = datastore.table('u').toObject()['hostile'];
    expect([Object.getPrototypeOf(hostile), Object.entries(hostile ?? {})]).toEqual([
      Object.prototype,
      [
        ['__proto__', 1],
        ['toJSON', 2],
      ],
    ]);
    expect(Object.keys(datastore.toObject())).toEqual(['t', 'u']);
    expect(new FieldSet({ a: 1 }).toObject()).toEqual({ a: 1 });
  });

  test('are wire JSON where they are written as JSON, which reads back', () => {
    const { datastore } = new Desk();
    const record = datastore.table('t').insert('r', VALUES);
    const json = JSON.parse(JSON.stringify(datastore)) as Record<string, Record<string, Record<string, unknown>>>;
    expect(json).toEqual({ t: { r: record.toJSON() } });
    expect(json['t']?.['r']?.['long']).toEqual({ I: String(VALUES.long) });
    for (const [name, value] of Object.entries(VALUES)) expect(parseValue(json['t']?.['r']?.[name])).toEqual(value);
    expect(JSON.stringify(record.getList('list'))).toBe('["a",{"I":"1"}]');
    expect(JSON.stringify(datastore.table('t').query())).toBe(JSON.stringify([record]));
  });
});

describe('16: a console shows', () => {
  const desk = new Desk();
  const record = desk.datastore.table('t').insert('r', { n: 1n, l: ['a'] });
  const list = record.getList('l');

  test('what live objects hold, as deep as it is asked to', () => {
    expect(inspect(record)).toBe("DatastoreRecord t/r { l: [ 'a' ], n: 1n }");
    expect(inspect(list)).toBe("List [ 'a' ]");
    expect(inspect(new FieldSet({ a: true }))).toBe('FieldSet { a: true }');
    expect(inspect(desk.datastore.table('t'))).toBe("Table t { r: { l: [ 'a' ], n: 1n } }");
    expect(inspect(desk.datastore)).toContain('Datastore default { t: { r:');
    expect(inspect({ deep: { record } }, { depth: 1 })).toBe('{ deep: { record: [DatastoreRecord t/r] } }');
    expect(inspect(desk.datastore.table('t').query())).toContain("[ DatastoreRecord t/r { l: [ 'a' ], n: 1n } ]");
  });

  test('why there is nothing to show', () => {
    const gone = desk.datastore.table('t').insert('gone', { l: [] });
    const goneList = gone.getList('l');
    gone.deleteRecord();
    expect([inspect(gone), inspect(goneList)]).toEqual([
      'DatastoreRecord t/gone (record-deleted)',
      'List (record-deleted)',
    ]);
    desk.datastore.close();
    expect(inspect([desk.datastore, record, list])).toBe(
      '[\n  Datastore default (closed),\n  DatastoreRecord t/r (closed),\n  List (closed)\n]',
    );
  });
});

describe('16: the result of a query', () => {
  test('is an array of the records, with what people expect of one', () => {
    const table = new Desk().datastore.table('t');
    for (const [at, id] of ['a', 'b', 'c'].entries()) table.insert(id, { at });
    const result = table.query();
    expect(Array.isArray(result)).toBe(true);
    expect([result.length, result.at(-1)?.id, result[0]?.id]).toEqual([3, 'c', 'a']);
    expect(result.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(result.find((record) => record.get('at') === 1)).toBe(table.get('b'));
    const rest = result.filter((record) => record.get('at') !== 1);
    // An ordinary array, not another result.
    expect([rest.length, Object.getPrototypeOf(rest)]).toEqual([2, Array.prototype]);
    expect([...result.entries()].length).toBe(3);
  });
});

/** All lists of distinct items, up to a length. */
function distinctLists(items: readonly string[], most: number): string[][] {
  let last: string[][] = [[]];
  const all = [...last];
  for (let length = 1; length <= most; length++) {
    last = last.flatMap((list) => items.filter((item) => !list.includes(item)).map((item) => [...list, item]));
    all.push(...last);
  }
  return all;
}

/** The length of the longest sequence of items that stand in both lists in one order, found by trying all. */
function longestKept(before: readonly string[], after: readonly string[]): number {
  let most = 0;
  for (let chosen = 0; chosen < 2 ** before.length; chosen++) {
    const kept = before.filter((_, at) => (chosen & (2 ** at)) !== 0);
    const places = kept.map((item) => after.indexOf(item));
    const isKept = places.every((place, at) => place >= 0 && (at === 0 || place > (places[at - 1] ?? 0)));
    if (isKept) most = Math.max(most, kept.length);
  }
  return most;
}

describe('16: reconciling a list', () => {
  test('makes it equal to the array, as one edit', () => {
    const desk = new Desk();
    const list = desk.datastore
      .table('t')
      .insert('r', { l: ['a', 'b', 'c', 'd'] })
      .getList('l');
    const told: unknown[] = [];
    desk.datastore.on('change', ({ records }) => told.push([...records.keys()]));
    list.reconcile(['d', 'a', 'x', 'c', 'e']);
    expect([list.toArray(), told]).toEqual([['d', 'a', 'x', 'c', 'e'], [['t']]]);
    list.reconcile(list);
    list.reconcile([...list]);
    expect(told).toHaveLength(1);
    expect(new List(['a']).reconcile(new Set(['b', 'a'])).toArray()).toEqual(['b', 'a']);
  });

  test('takes no more than is needed: moves of as few items as can be, deletions, insertions and puts', () => {
    const lists = distinctLists(['a', 'b', 'c', 'd', 'e'], 4);
    for (const before of lists) {
      for (const after of lists) {
        const common = before.filter((item) => after.includes(item)).length;
        const needed = before.length + after.length - common - longestKept(before, after);
        const ops = diffLists(before, after);
        // A put stands for a deletion and an insertion.
        const weight = ops.length + ops.filter(({ type }) => type === 'put').length;
        if (weight !== needed) expect.fail(`${before} → ${after}: ${weight} and not ${needed}`);
      }
    }
  });

  test('is merged with what others do to the items that stay', async () => {
    const [mine, other] = twoDesks();
    mine.datastore.table('t').insert('r', { l: ['a', 'b', 'c'] });
    await settle(mine, other);
    const listOf = (desk: Desk): List => desk.datastore.table('t').record('r').getList('l');
    listOf(mine).reconcile(['c', 'a', 'b']);
    listOf(other).insert(1, 'new').set(3, 'C');
    await settle(other, mine);
    expect(listOf(mine).toArray()).toEqual(['C', 'a', 'new', 'b']);
    expect(listOf(other).toArray()).toEqual(['C', 'a', 'new', 'b']);
  });

  test('refuses what is not a list of items, and changes nothing', () => {
    const list = new Desk().datastore
      .table('t')
      .insert('r', { l: ['a'] })
      .getList('l');
    for (const [wrong, error] of [
      [5, 'invalid-value'],
      [undefined, 'invalid-value'],
      [['b', null], 'invalid-value at t/r/l/1'],
    ] as const) {
      expect(failure(() => list.reconcile(wrong as unknown as Atom[]))).toBe(error);
    }
    expect(list.toArray()).toEqual(['a']);
  });
});
