import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RecordReader, State, sizeOfRecord, typeOfValue, type Value } from '../../src/index.js';
import { arbitraryCommonValue, arbitraryScene, FIELDS, RECORDS, TABLES } from '../support/arbitraries/deltas.js';

/** What a reader must say about one field, from the fields as a whole. */
function expectField(reader: RecordReader, field: string, value: Value | undefined): void {
  expect(reader.get(field)).toStrictEqual(value);
  expect(reader.typeOf(field)).toBe(value === undefined ? undefined : typeOfValue(value));
  const items = Array.isArray(value) ? value : undefined;
  expect(reader.lengthOf(field)).toBe(items?.length);
  for (let index = -1; index <= (items?.length ?? 0) + 1; index++) {
    expect(reader.itemOf(field, index)).toStrictEqual(items?.[index]);
  }
  const end = items?.length ?? 0;
  for (let start = 0; start <= end; start++) {
    expect(reader.itemsOf(field, start, end)).toStrictEqual(items?.slice(start, end) ?? []);
  }
}

describe('reading piece by piece', () => {
  test('says what the whole record says, before and after every edit', () => {
    fc.assert(
      fc.property(arbitraryScene({ localDeltas: 3 }), ({ base, local }) => {
        const state = base.clone();
        const places = TABLES.flatMap((table) => RECORDS.map((record) => ({ table, record })));
        const readers = places.map(({ table, record }) => ({ table, record, reader: state.reader(table, record) }));
        for (const delta of [[], ...local]) {
          state.apply(delta);
          for (const { table, record, reader } of readers) {
            const fields = state.get(table, record);
            expect(reader.exists).toBe(fields !== undefined);
            expect(reader.size).toBe(fields === undefined ? 0 : sizeOfRecord(fields));
            expect(reader.names()).toEqual([...(fields?.keys() ?? [])]);
            for (const field of [...FIELDS, 'missing']) expectField(reader, field, fields?.get(field));
          }
        }
      }),
    );
  });

  test('finds by id what a query finds', () => {
    const where = fc.array(fc.tuple(fc.constantFrom(...FIELDS), arbitraryCommonValue()), { maxLength: 2 });
    fc.assert(
      fc.property(arbitraryScene(), fc.constantFrom(...TABLES), where, ({ base }, table, pairs) => {
        const conditions = new Map(pairs);
        const ids = base.query(table, conditions).map(({ record }) => record);
        expect(base.find(table, conditions)).toEqual(ids);
        expect(base.find(table)).toEqual(base.query(table).map(({ record }) => record));
      }),
    );
  });

  test('hands out copies of what could be changed', () => {
    const state = new State();
    const fields = new Map<string, Value>([
      ['bytes', Uint8Array.of(1)],
      ['date', new Date(1)],
      ['list', [Uint8Array.of(1), new Date(1)]],
    ]);
    state.apply([{ type: 'insert', table: 't', record: 'r', fields }]);
    const reader = state.reader('t', 'r');
    for (const value of [reader.get('bytes'), reader.itemOf('list', 0), reader.itemsOf('list', 0, 1)[0]]) {
      if (value instanceof Uint8Array) value[0] = 9;
    }
    for (const value of [reader.get('date'), reader.itemOf('list', 1), reader.itemsOf('list', 1, 2)[0]]) {
      if (value instanceof Date) value.setTime(9);
    }
    expect(state.get('t', 'r')).toStrictEqual(fields);
  });
});
