import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatState, State, type Value, valuesMatch, type Where } from '../../src/index.js';
import { arbitraryCommonValue, arbitraryState, FIELDS, TABLES } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';
import { showFields } from '../support/show.js';
import { refusalOf } from './refusal.js';

function stateOf(records: Readonly<Record<string, Readonly<Record<string, Value>>>>): State {
  const state = new State();
  for (const [record, fields] of Object.entries(records)) {
    state.apply([{ type: 'insert', table: 't', record, fields: new Map(Object.entries(fields)) }]);
  }
  return state;
}

const PEOPLE = stateOf({
  carol: { age: 30n, name: 'Carol', tags: ['a', 1n] },
  alice: { age: 30, name: 'Alice', seen: new Date(5) },
  Bob: { age: Number.NaN, balance: -0, tags: ['a', 1] },
  dan: { balance: 0, key: Uint8Array.of(1), isAdmin: true },
  '10': { age: 2n ** 53n + 1n },
  '9': { age: 2 ** 53 },
});

function found(where?: Where): string[] {
  return PEOPLE.query('t', where).map(({ record }) => record);
}

describe('a query finds', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, Value>>, readonly string[]])[] = [
    ['every record without conditions, sorted by id', {}, ['10', '9', 'Bob', 'alice', 'carol', 'dan']],
    ['a long and a double that are the same double', { age: 30n }, ['alice', 'carol']],
    ['the same the other way', { age: 30 }, ['alice', 'carol']],
    ['longs by their cast to double', { age: 2 ** 53 }, ['10', '9']],
    ['NaN', { age: Number.NaN }, ['Bob']],
    ['both zeros', { balance: 0n }, ['Bob', 'dan']],
    ['a list whose items match', { tags: ['a', 1n] }, ['Bob', 'carol']],
    ['only where all conditions hold', { age: 30, name: 'Carol' }, ['carol']],
    ['a date', { seen: new Date(5) }, ['alice']],
    ['bytes', { key: Uint8Array.of(1) }, ['dan']],
    ['a boolean', { isAdmin: true }, ['dan']],
    ['nothing by a number that is not there', { age: 31 }, []],
    ['nothing by another type', { age: '30' }, []],
    ['nothing by a number where a boolean is', { isAdmin: 1 }, []],
    ['nothing by a prefix of a list', { tags: ['a'] }, []],
    ['nothing by the empty list', { tags: [] }, []],
    ['nothing by another case', { name: 'carol' }, []],
    ['nothing by a field that no record has', { constructor: 1 }, []],
  ];
  it.each(cases)('%s', (_title, where, records) => {
    expect(found(where)).toEqual(records);
    expect(found(new Map(Object.entries(where)))).toEqual(records);
  });

  it('every record where no condition is given at all, and the fields as get gives them', () => {
    expect(found()).toHaveLength(6);
    for (const { record, fields } of PEOPLE.query('t')) expect(fields).toStrictEqual(PEOPLE.get('t', record));
  });

  it('nothing in tables that hold no records', () => {
    for (const table of ['none', '__proto__', 'constructor', '']) {
      expect(PEOPLE.query(table)).toEqual([]);
      expect(PEOPLE.get(table, 'carol')).toBeUndefined();
    }
    expect(PEOPLE.get('t', 'constructor')).toBeUndefined();
  });

  function holds(stored: Value | undefined, value: Value): boolean {
    return stored !== undefined && valuesMatch(stored, value);
  }

  it('what a filter over all rows finds', () => {
    const conditions = fc.array(fc.tuple(fc.constantFrom(...FIELDS), arbitraryCommonValue()), { maxLength: 2 });
    fc.assert(
      fc.property(arbitraryState(), fc.constantFrom(...TABLES), conditions, (state, table, pairs) => {
        const where = new Map(pairs);
        const expected = formatState(state)
          .filter(({ tid }) => tid === table)
          .map(({ rowid }) => state.get(table, rowid) ?? new Map<string, Value>())
          .filter((fields) => [...where].every(([field, value]) => holds(fields.get(field), value)));
        expect(state.query(table, where).map(({ fields }) => showFields(fields))).toEqual(expected.map(showFields));
      }),
      { numRuns: runs(300) },
    );
  });
});

describe('conditions', () => {
  it('are own properties only, whatever their names', () => {
    const state = stateOf({ r: Object.fromEntries([['__proto__', 'x']]), s: {} });
    expect(state.query('t', JSON.parse('{"__proto__":"x"}') as Where)).toHaveLength(1);
    expect(state.query('t', JSON.parse('{"__proto__":"y"}') as Where)).toHaveLength(0);
    expect(state.query('t', Object.create({ a: 1 }) as Where)).toHaveLength(2);
  });

  const refused: readonly (readonly [object, object])[] = [
    [{ 'no good': 1 }, { code: 'invalid-name', table: 't', field: 'no good' }],
    [{ '': 1 }, { code: 'invalid-name', table: 't', field: '' }],
    [{ a: undefined }, { code: 'invalid-value', table: 't', field: 'a' }],
    [{ a: null }, { code: 'invalid-value', table: 't', field: 'a' }],
    [{ a: 2n ** 63n }, { code: 'invalid-value', table: 't', field: 'a' }],
    [{ a: ['x', ['y']] }, { code: 'invalid-value', table: 't', field: 'a', index: 1 }],
    [new Map([[1, 1]]), { code: 'invalid-name', table: 't' }],
  ];
  it.each(refused)('that no field can fulfil are refused: %o', (where, refusal) => {
    expect(refusalOf(() => PEOPLE.query('t', where as Where))).toEqual(refusal);
  });

  const noConditions: readonly unknown[] = [
    ...[null, 'name', 7, 7n, true, Symbol.iterator, () => ({ a: 1 })],
    ...[[], ['a'], new Set(['a']), new Date(0), Uint8Array.of(1), new WeakMap(), Promise.resolve({ a: 1 })],
    new Map([['a', 1]]).entries(),
  ];
  it.each(noConditions.map((where) => [where]))(
    'that are no object of fields are refused, and not taken for none: %o',
    (where) => {
      for (const method of ['query', 'find'] as const) {
        expect(refusalOf(() => PEOPLE[method]('t', where as Where))).toEqual({ code: 'invalid-value', table: 't' });
      }
    },
  );
});
