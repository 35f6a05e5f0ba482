import { describe, expect, test } from 'vitest';
import { FieldSet, List, type Table, type Value } from '../../src/datastore/index.js';
import { Desk, failure, settle, twoDesks } from './support/desk.js';

/** Objects that hold no fields, and must not be taken for an object without any. */
const NO_FIELDS: readonly unknown[] = [
  ...[['a'], new Set(['a']), new Date(0), Uint8Array.of(1), Promise.resolve({ a: 1 }), new List(['a'])],
];

const PEOPLE: readonly (readonly [string, Readonly<{ [name: string]: Value }>])[] = [
  ['carol', { age: 30n, name: 'Carol', tags: ['a', 1n] }],
  ['alice', { age: 30, name: 'Alice' }],
  ['Bob', { age: Number.NaN, isAdmin: true, tags: ['a', 1] }],
];

function people(): Table {
  const table = new Desk().datastore.table('people');
  for (const [id, fields] of PEOPLE) table.insert(id, fields);
  return table;
}

describe('a table', () => {
  test('is one object, and knows its id and datastore', () => {
    const { datastore } = new Desk();
    const table = datastore.table('t');
    expect(datastore.table('t')).toBe(table);
    expect(table.id).toBe('t');
    expect(table.datastore).toBe(datastore);
  });

  test('exists by the records in it', () => {
    const { datastore } = new Desk();
    const [second, first] = [datastore.table('b'), datastore.table('a')];
    expect(datastore.tables()).toEqual([]);
    const record = second.insert();
    first.insert();
    expect(datastore.tables()).toEqual([first, second]);
    record.deleteRecord();
    expect(datastore.tables()).toEqual([first]);
  });

  test('gets what is there, and inserts what is not', () => {
    const table = new Desk().datastore.table('t');
    expect(table.get('r')).toBeUndefined();
    const record = table.getOrInsert('r', { a: 1 });
    expect(table.get('r')).toBe(record);
    expect(table.getOrInsert('r', { a: 2, b: 2 })).toBe(record);
    expect(Object.fromEntries(record)).toEqual({ a: 1 });
    expect([...table.getOrInsert('empty')]).toEqual([]);
  });

  test('inserts under a new id, or one that is given, a copy of the fields', () => {
    const table = new Desk().datastore.table('t');
    const [bytes, list] = [Uint8Array.of(1), new List(['a'])];
    const records = [
      table.insert({ bytes, list, none: undefined }),
      table.insert(new FieldSet({ bytes, list })),
      table.insert(
        'given',
        new Map<string, Value | List>([
          ['bytes', bytes],
          ['list', list],
        ]),
      ),
    ];
    bytes[0] = 9;
    list.push('b');
    for (const record of records) {
      expect(Object.fromEntries(record)).toStrictEqual({ bytes: Uint8Array.of(1), list: ['a'] });
      expect(table.get(record.id)).toBe(record);
    }
    expect(new Set(records.map(({ id }) => id)).size).toBe(3);
    expect(records[2]?.id).toBe('given');
    expect([...table.insert()]).toEqual([]);
    expect(failure(() => table.insert('given'))).toBe('record-exists at t/given');
  });

  test('refuses ids, names and values that the data model does not have', () => {
    const { datastore } = new Desk();
    const table = datastore.table('t');
    for (const id of ['', 'no id!', ':', 'x'.repeat(65)]) {
      expect(failure(() => datastore.table(id))).toBe(id === '' ? 'invalid-name' : `invalid-name at ${id}`);
      for (const use of [
        () => table.get(id),
        () => table.insert(id),
        () => table.getOrInsert(id),
        () => table.record(id),
      ]) {
        expect(failure(use)).toBe(`invalid-name at t/${id}`);
      }
    }
    expect(failure(() => table.insert('r', { 'no name!': 1 }))).toBe('invalid-name at t/r/no name!');
    for (const name of [undefined, null, 7] as never[]) {
      expect(failure(() => table.setResolutionRule(name, 'max'))).toMatch(/^invalid-name at t/);
      expect(failure(() => new FieldSet().getList(name))).toMatch(/^field-missing/);
    }
    expect(failure(() => table.insert('r', { a: null as never }))).toBe('invalid-value at t/r/a');
    for (const fields of [null, 7, ...NO_FIELDS] as never[])
      expect(failure(() => table.insert('r', fields))).toBe('invalid-value at t/r');
    for (const id of [undefined, null, 7] as never[])
      expect(failure(() => table.insert(id, { a: 1 }))).toBe('invalid-name at t');
    expect(datastore.tables()).toEqual([]);
    for (const id of ['__proto__', 'constructor', ':x', 'A.b-c_d+e/f=g']) {
      expect(
        datastore
          .table(id)
          .insert(id, { [id]: 1 })
          .get(id),
      ).toBe(1);
    }
  });

  test('inserted on two devices under one id makes one record with the fields of both', async () => {
    const [mine, other] = twoDesks();
    const record = mine.datastore.table('t').getOrInsert('r', { mine: 1, both: 'mine' });
    other.datastore.table('t').getOrInsert('r', { theirs: 2, both: 'theirs' });
    await settle(other, mine);
    expect(Object.fromEntries(record)).toEqual({ mine: 1, theirs: 2, both: 'theirs' });
  });
});

describe('a query', () => {
  test('finds all records, or those with all the given fields, in order of their ids', () => {
    const table = people();
    const found = (...where: Parameters<Table['query']>): string[] => [...table.query(...where)].map(({ id }) => id);
    expect(found()).toEqual(['Bob', 'alice', 'carol']);
    expect(found({})).toEqual(['Bob', 'alice', 'carol']);
    expect(found({ age: 30 })).toEqual(['alice', 'carol']);
    expect(found({ age: 30n, name: 'Carol' })).toEqual(['carol']);
    expect(found(new FieldSet({ age: Number.NaN }))).toEqual(['Bob']);
    expect(found(new Map([['tags', ['a', 1]]]))).toEqual(['Bob', 'carol']);
    expect(found({ tags: new List(['a', 1]) })).toEqual(['Bob', 'carol']);
    expect(found({ name: 'carol' })).toEqual([]);
    expect(found({ isAdmin: 1 })).toEqual([]);
    const alice = table.get('alice');
    expect(alice && found(alice)).toEqual(['alice']);
  });

  test('refuses a condition that no field can meet', () => {
    const table = people();
    expect(failure(() => table.query({ age: undefined }))).toBe('invalid-value at people/age');
    expect(failure(() => table.query({ 'no name!': 1 }))).toBe('invalid-name at people/no name!');
    for (const where of ['Carol', null, ...NO_FIELDS] as never[]) {
      expect(failure(() => table.query(where))).toBe('invalid-value at people');
    }
  });

  test('counts, lists, and is iterated any number of times', () => {
    const table = people();
    const result = table.query({ age: 30 });
    expect([result.hasResults, result.count, [...result], [...result].length]).toEqual([true, 2, result.asList(), 2]);
    const none = table.query({ name: 'nobody' });
    expect([none.hasResults, none.count, none.asList(), [...none]]).toEqual([false, 0, [], []]);
  });

  test('is gone through as its list was sorted or cut, which leaves the records alone', () => {
    const table = people();
    const result = table.query();
    result.asList().sort((left, right) => (left.id < right.id ? 1 : -1));
    expect([...result].map(({ id }) => id)).toEqual(['carol', 'alice', 'Bob']);
    result.asList().length = 1;
    expect([[...result].length, result.count, table.query().count]).toEqual([1, 1, 3]);
  });

  test('settles which records it found, and each of them shows what it holds now', () => {
    const table = people();
    const result = table.query();
    table.insert('dan');
    table.get('alice')?.set('age', 31).table.get('Bob')?.deleteRecord();
    expect([...result].map((record) => [record.id, record.isDeleted, record.get('age')])).toEqual([
      ['Bob', true, undefined],
      ['alice', false, 31],
      ['carol', false, 30n],
    ]);
  });
});

describe('a resolution rule', () => {
  /** What becomes of a field that held `base`, was set to `mine` here, and to `theirs` in the log before. */
  async function merged(base: Value, mine: Value, theirs: Value, set: (table: Table) => unknown): Promise<unknown> {
    const [desk, other] = twoDesks();
    const record = desk.datastore.table('t').insert('r', { f: base });
    await settle(desk, other);
    set(desk.datastore.table('t'));
    record.set('f', mine);
    other.datastore.table('t').get('r')?.set('f', theirs);
    await settle(other, desk);
    await settle(other, desk);
    expect(other.datastore.table('t').get('r')?.get('f')).toEqual(record.get('f'));
    return record.get('f');
  }

  test('decides what becomes of a field that both gave a value', async () => {
    expect(await merged(1n, 5n, 3n, () => undefined)).toBe(3n);
    expect(await merged(1n, 5n, 3n, (table) => table.setResolutionRule('f', 'remote'))).toBe(3n);
    expect(await merged(1n, 5n, 3n, (table) => table.setResolutionRule('f', 'local'))).toBe(5n);
    expect(await merged(1n, 5n, 3n, (table) => table.setResolutionRule('f', 'max'))).toBe(5n);
    expect(await merged(1n, 5n, 3n, (table) => table.setResolutionRule('f', 'min'))).toBe(3n);
    expect(await merged(1n, 5n, 3n, (table) => table.setResolutionRule('f', 'sum'))).toBe(7n);
    expect(await merged('', 'a', 'b', (table) => table.setResolutionRule('f', 'sum'))).toBe('b');
    const both = (table: Table): Table =>
      table.setResolutionRule('f', ({ base, local, remote }) => `${base}${local}${remote}`);
    expect(await merged('x', 'a', 'b', both)).toBe('xab');
  });

  test('takes the place of one set before, for this field of this table alone', async () => {
    expect(await merged(1n, 5n, 3n, (table) => table.setResolutionRule('f', 'max').setResolutionRule('f', 'min'))).toBe(
      3n,
    );
    expect(await merged(1n, 5n, 3n, (table) => table.setResolutionRule('g', 'max'))).toBe(3n);
  });

  test('is kept by an edit that was made under it', async () => {
    const [desk, other] = twoDesks();
    const table = desk.datastore.table('t');
    const record = table.insert('r', { f: 1n });
    await settle(desk, other);
    record.set('f', 5n);
    table.setResolutionRule('f', 'local');
    other.datastore.table('t').get('r')?.set('f', 3n);
    await settle(other, desk);
    expect(record.get('f')).toBe(3n);
  });

  test('must be a rule, for what can be a field', () => {
    const table = new Desk().datastore.table('t');
    expect(failure(() => table.setResolutionRule('f', 'mean' as never))).toBe('invalid-rule at t/f');
    expect(failure(() => table.setResolutionRule('no name!', 'max'))).toBe('invalid-name at t/no name!');
  });
});
