import { NO_LIMITS, parseState } from '../src/index.js';
import { Desk } from '../test/datastore/support/desk.js';
import { fieldName, listItems, listOf, listState, recordId, recordRows, TABLE } from './support/edits.js';
import { expectEqual, expectTrue } from './support/expect.js';
import { type Comparison, compare, doublings, type Suite } from './support/suite.js';

const MANY = 10_000;

/**
 * Reading: queries, which scan a table and return copies in order, compared with filtering and sorting plain objects.
 */
export const query: Suite = {
  name: 'query',
  title: 'Query and read',
  comparisons: (scale) => [
    () => matching(scale(MANY), 1),
    () => matching(scale(MANY), 100),
    () => indexed(scale(100_000)),
    () => lookups(scale(MANY)),
    () => longList(scale(100_000)),
  ],
  series: (scale) => [
    {
      title: 'Query: twice the records',
      unit: 'records in the table',
      sizes: doublings(1000, 64_000, scale),
      at: (size) => matching(size, 10),
      growthAtMost: 2.4,
    },
  ],
};

/** A query for one value of a field that has `kinds` of them. */
function matching(records: number, kinds: number): Comparison {
  const rows = recordRows(5 * records).map((row, number) => ({
    ...row,
    data: { ...row.data, [fieldName(0)]: `kind ${number % kinds}` },
  }));
  const state = parseState(rows);
  const where = { [fieldName(0)]: 'kind 0' };
  return compare({
    work: `query that finds 1 of ${kinds} in ${rows.length.toLocaleString('en')} records of 10 fields`,
    contender: () => state.query(TABLE, where),
    baseline: {
      name: 'filter and sort of plain objects',
      run: () =>
        rows
          .filter(({ data }) => data[fieldName(0)] === 'kind 0')
          .sort((left, right) => (left.rowid < right.rowid ? -1 : 1)),
    },
    check: (found, plain) =>
      expectEqual(
        found.map(({ record, fields }) => [record, Object.fromEntries(fields)]),
        plain.map(({ rowid, data }) => [rowid, data]),
        'records found',
      ),
  });
}

/** A query for a field that has an index: its cost must not depend on how large the table is. */
function indexed(records: number): Comparison {
  const found = Math.min(100, records);
  const querying = (count: number): (() => string[]) => {
    const desk = new Desk(undefined, { limits: NO_LIMITS });
    const step = Math.floor(count / found);
    desk.replica.apply(
      Array.from({ length: count }, (_, number) => ({
        type: 'insert',
        table: TABLE,
        record: recordId(number),
        fields: new Map([[fieldName(0), number % step === 0 && number < step * found ? 'wanted' : 'other']]),
      })),
    );
    const table = desk.datastore.table(TABLE).index(fieldName(0));
    return () => table.query({ [fieldName(0)]: 'wanted' }).map(({ id }) => id);
  };
  return compare({
    work: `query with an index that finds ${found} of ${records.toLocaleString('en')} records`,
    contender: querying(records),
    baseline: { name: `of ${(2 * found).toLocaleString('en')}`, run: querying(2 * found) },
    target: { atMost: 3 },
    check: (ids) => expectTrue(ids.length === found, 'all are found'),
  });
}

function lookups(records: number): Comparison {
  const rows = recordRows(5 * records);
  const state = parseState(rows);
  const maps = new Map(rows.map(({ rowid, data }) => [rowid, new Map(Object.entries(data))]));
  const ids = rows.map((_, number) => recordId((number * 7919) % rows.length));
  const sum = (read: (id: string) => unknown): number => ids.reduce((total, id) => total + Number(read(id)), 0);
  return compare({
    work: `one field of each of ${rows.length.toLocaleString('en')} records, by State.get`,
    contender: () => sum((id) => state.get(TABLE, id)?.get(fieldName(3))),
    baseline: { name: 'Map of Maps', run: () => sum((id) => maps.get(id)?.get(fieldName(3))) },
    operations: rows.length,
    check: (total, plain) => expectTrue(total === plain && total === 3 * rows.length, 'every field was read'),
  });
}

function longList(length: number): Comparison {
  const items = listItems(length);
  const state = listState(items);
  return compare({
    work: `a list of ${length.toLocaleString('en')} strings, by State.get`,
    contender: () => listOf(state),
    baseline: { name: 'slice of an array', run: () => items.slice() },
    check: (list, plain) => expectEqual(list, plain, 'list'),
  });
}
