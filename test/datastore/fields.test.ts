import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FieldSet, type FieldView, isValidFieldName, List, type Value } from '../../src/datastore/index.js';
import { sizeOfRecord, typeOfValue, valuesEqual } from '../../src/index.js';
import { arbitraryFields, arbitraryName, arbitraryValue } from '../support/arbitraries/values.js';
import { runs } from '../support/seed.js';
import { Desk, failure } from './support/desk.js';

type Place = 'memory' | 'a record';
const PLACES: readonly Place[] = ['memory', 'a record'];

function fieldsIn(place: Place, fields: ReadonlyMap<string, Value> = new Map()): FieldView {
  return place === 'memory' ? new FieldSet(fields) : new Desk().datastore.table('t').insert('r', fields);
}

type Call =
  | { readonly name: 'set'; readonly field: string; readonly value: Value }
  | { readonly name: 'delete'; readonly field: string }
  | { readonly name: 'update'; readonly fields: readonly (readonly [string, Value | undefined])[] };

/** Calls that often meet the same fields. */
function arbitraryCalls(): fc.Arbitrary<Call[]> {
  return fc.array(arbitraryName(), { minLength: 1, maxLength: 4 }).chain((names) => {
    const field = fc.constantFrom(...names);
    const call = fc.oneof(
      fc.record({ name: fc.constant('set' as const), field, value: arbitraryValue() }),
      fc.record({ name: fc.constant('delete' as const), field }),
      fc.record({
        name: fc.constant('update' as const),
        fields: fc.array(fc.tuple(field, fc.option(arbitraryValue(), { nil: undefined })), { maxLength: 3 }),
      }),
    );
    return fc.array(call, { maxLength: 10 });
  });
}

function call(target: FieldView, what: Call): unknown {
  if (what.name === 'set') return target.set(what.field, what.value) === target;
  if (what.name === 'delete') return target.delete(what.field);
  return target.update(Object.fromEntries(what.fields)) === target;
}

function callMap(map: Map<string, Value>, what: Call): unknown {
  if (what.name === 'delete') return map.delete(what.field);
  const entries = what.name === 'set' ? [[what.field, what.value] as const] : what.fields;
  for (const [field, value] of entries) {
    if (value === undefined) map.delete(field);
    else map.set(field, value);
  }
  return true;
}

describe.each(PLACES)('fields in %s', (place) => {
  test('do what a Map does', () => {
    fc.assert(
      fc.property(arbitraryFields(), arbitraryCalls(), (initial, calls) => {
        const fields = fieldsIn(place, initial);
        const map = new Map(initial);
        for (const what of calls) {
          expect(call(fields, what)).toBe(callMap(map, what));
          expect([...fields.names()].sort()).toEqual([...map.keys()].sort());
        }
        expect(new Map(fields)).toStrictEqual(new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1))));
        for (const name of [...map.keys(), 'missing', 'toString', '__proto__']) {
          const value = map.get(name);
          expect(fields.has(name)).toBe(map.has(name));
          expect(valuesEqual(fields.get(name), value)).toBe(true);
          expect(fields.typeOf(name)).toBe(value === undefined ? undefined : typeOfValue(value));
        }
      }),
      { numRuns: runs(80) },
    );
  });

  test('give values by type, a long as a double too, and nothing else otherwise', () => {
    const values = {
      boolean: true,
      long: 2n ** 60n,
      double: 1.5,
      string: 'x',
      bytes: Uint8Array.of(1),
      date: new Date(7),
    };
    const fields = fieldsIn(place, new Map<string, Value>([...Object.entries(values), ['list', ['a']]]));
    const getters = {
      boolean: (name: string) => fields.getBoolean(name),
      long: (name: string) => fields.getLong(name),
      double: (name: string) => fields.getDouble(name),
      string: (name: string) => fields.getString(name),
      bytes: (name: string) => fields.getBytes(name),
      date: (name: string) => fields.getDate(name),
      list: (name: string) => fields.getList(name).toArray(),
    };
    for (const [type, getter] of Object.entries(getters)) {
      for (const [name, value] of Object.entries({ ...values, list: ['a'] })) {
        if (name === type) expect(getter(name)).toStrictEqual(value);
        else if (type === 'double' && name === 'long') expect(getter(name)).toBe(2 ** 60);
        else expect(failure(() => getter(name))).toBe(placed('wrong-type', name));
      }
      expect(failure(() => getter('missing'))).toBe(placed('field-missing', 'missing'));
      expect(failure(() => getter('no name!'))).toBe(placed('field-missing', 'no name!'));
    }
  });

  test('make a list where there is nothing, and only there', () => {
    const fields = fieldsIn(
      place,
      new Map<string, Value>([
        ['text', 'x'],
        ['list', ['a']],
      ]),
    );
    expect(fields.getOrCreateList('new').push('b')).toBe(1);
    expect([fields.get('new'), fields.getOrCreateList('list').toArray()]).toEqual([['b'], ['a']]);
    expect(failure(() => fields.getOrCreateList('text'))).toBe(placed('wrong-type', 'text'));
    expect(failure(() => fields.getOrCreateList('no name!'))).toBe(placed('invalid-name', 'no name!'));
  });

  test('refuse names and values that the data model does not have, and change nothing then', () => {
    const fields = fieldsIn(place, new Map([['a', 1]]));
    for (const value of [
      null,
      undefined,
      {},
      [[]],
      [null],
      '\ud800',
      -(2n ** 63n) - 1n,
      new Date(Number.NaN),
    ] as never[]) {
      expect(failure(() => fields.set('a', value))).toMatch(/^invalid-value at .*a/);
      expect(failure(() => fields.update({ b: 2, a: value ?? null }))).toMatch(/^invalid-value at .*a/);
    }
    for (const name of ['', 'no name!', ':', 'x'.repeat(65)]) {
      expect(isValidFieldName(name)).toBe(false);
      expect(failure(() => fields.set(name, 1))).toMatch(/^invalid-name/);
      expect(failure(() => fields.update({ b: 2, [name]: 1 }))).toMatch(/^invalid-name/);
      expect([fields.has(name), fields.get(name), fields.delete(name)]).toEqual([false, undefined, false]);
    }
    for (const input of [null, undefined, 'text', 7, ['a'], new Set(['a']), new Date(0), new List(['a'])] as never[]) {
      expect(failure(() => fields.update(input))).toBe(place === 'memory' ? 'invalid-value' : 'invalid-value at t/r');
    }
    expect(Object.fromEntries(fields)).toEqual({ a: 1 });
  });

  test('keep and hand out copies', () => {
    const [bytes, date, list] = [Uint8Array.of(1), new Date(1), ['a']];
    const fields = fieldsIn(place).set('bytes', bytes).set('date', date).set('list', list);
    for (const value of [bytes, fields.get('bytes'), fields.getBytes('bytes')])
      if (value instanceof Uint8Array) value[0] = 9;
    for (const value of [date, fields.get('date'), fields.getDate('date')]) if (value instanceof Date) value.setTime(9);
    list.push('b');
    expect(() => (fields.get('list') as string[]).push('c')).toThrow(TypeError);
    expect(Object.fromEntries(fields)).toStrictEqual({ bytes: Uint8Array.of(1), date: new Date(1), list: ['a'] });
  });

  test('take fields from an object, a Map and other fields, list objects included', () => {
    const record = new Desk().datastore.table('t').insert({ a: 1, list: ['x'] });
    for (const input of [record, new FieldSet(record), new Map(record), Object.fromEntries(record)]) {
      expect(Object.fromEntries(fieldsIn(place).set('kept', 0).update(input))).toEqual({ a: 1, kept: 0, list: ['x'] });
    }
    expect(
      fieldsIn(place)
        .update({ list: new List([1, 2]) })
        .get('list'),
    ).toEqual([1, 2]);
  });

  function placed(code: string, name: string): string {
    return place === 'memory' ? `${code} at ${name}` : `${code} at t/r/${name}`;
  }
});

describe('fields in memory', () => {
  test('are copied by their constructor and wherever they are used', () => {
    const original = new FieldSet({ a: 1, list: ['x'] });
    const copy = new FieldSet(original);
    const record = new Desk().datastore.table('t').insert(original);
    original.set('a', 2).getList('list').push('y');
    expect([Object.fromEntries(copy), Object.fromEntries(record)]).toEqual([
      { a: 1, list: ['x'] },
      { a: 1, list: ['x'] },
    ]);
    expect([...new FieldSet()]).toEqual([]);
  });
});

describe('a record', () => {
  test('is a live view, and one object while somebody holds it', () => {
    const table = new Desk().datastore.table('t');
    const record = table.insert('r', { a: 1 });
    record.set('a', 2);
    expect([table.get('r'), [...table.query()][0], table.record('r')]).toEqual([record, record, record]);
    for (const other of [table.get('r'), [...table.query()][0], table.record('r')]) expect(other).toBe(record);
    expect(record.table).toBe(table);
    expect([record.id, record.get('a')]).toEqual(['r', 2]);
  });

  test('weighs what its fields weigh, also while they change', () => {
    fc.assert(
      fc.property(arbitraryFields(), arbitraryCalls(), (initial, calls) => {
        const record = new Desk().datastore.table('t').insert('r', initial);
        for (const what of calls) call(record, what);
        expect(record.size).toBe(sizeOfRecord(new Map(record)));
      }),
      { numRuns: runs(40) },
    );
  });

  test('that was deleted has no fields, weighs nothing and cannot be edited', () => {
    const table = new Desk().datastore.table('t');
    const record = table.insert('r', { a: 1, list: ['x'] });
    expect(record.isDeleted).toBe(false);
    record.deleteRecord();
    record.deleteRecord();
    expect([record.isDeleted, record.size, [...record], record.get('a'), record.has('a')]).toEqual([
      true,
      0,
      [],
      undefined,
      false,
    ]);
    expect(failure(() => record.getDouble('a'))).toBe('field-missing at t/r/a');
    expect(failure(() => record.getList('list'))).toBe('field-missing at t/r/list');
    const edits = [
      () => record.set('a', 1),
      () => record.update({}),
      () => record.update({ a: 1 }),
      () => record.delete('a'),
      () => record.getOrCreateList('list'),
    ];
    for (const edit of edits) expect(failure(edit)).toBe('record-deleted at t/r');
    expect(table.get('r')).toBeUndefined();
    table.insert('r', { b: 2 });
    expect([record.isDeleted, Object.fromEntries(record)]).toEqual([false, { b: 2 }]);
  });

  test('is held to the limits and to the role, and stays as it was when it fails', () => {
    // 200 bytes and a record are set aside for the modified time.
    const limits = { datastoreSize: 1800, recordSize: 350, deltaSize: 1000, recordCount: 3 };
    const desk = new Desk(undefined, { limits });
    const table = desk.datastore.table('t');
    const record = table.insert('r', { a: 'x' });
    expect(failure(() => record.set('a', 'x'.repeat(151)))).toBe('record-too-large at t/r');
    expect(failure(() => table.insert('s', { a: 'x'.repeat(151) }))).toBe('record-too-large at t/s');
    table.insert('s', { a: 'x'.repeat(150) });
    expect(failure(() => record.set('a', 'x'.repeat(51)))).toBe('datastore-too-large');
    expect(failure(() => table.insert('q'))).toBe('datastore-too-large');
    table.get('s')?.delete('a');
    expect(failure(() => table.insert('q'))).toBe('too-many-records');
    desk.replica.setRole('viewer');
    const edits = [
      () => record.set('a', 1),
      () => record.update({ a: 1 }),
      () => record.getOrCreateList('list'),
      () => record.delete('a'),
      () => record.deleteRecord(),
      () => table.insert(),
      () => table.getOrInsert('q'),
      () => desk.datastore.setTitle('title'),
    ];
    for (const edit of edits) expect(failure(edit)).toBe('not-permitted');
    expect(Object.fromEntries(record)).toEqual({ a: 'x' });
    expect([...table.query()].map(({ id }) => id)).toEqual(['r', 's']);
  });

  test('is refused edits beyond what one sync may hold', () => {
    const limits = { datastoreSize: Infinity, recordSize: Infinity, deltaSize: 500, recordCount: Infinity };
    const record = new Desk(undefined, { limits }).datastore.table('t').insert('r');
    expect(failure(() => record.set('a', 'x'.repeat(301)))).toBe('delta-too-large');
    record.set('a', 'x'.repeat(200));
    expect(record.getString('a')).toHaveLength(200);
  });
});
