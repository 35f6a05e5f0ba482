import { decodeState, encodeState } from '../src/codec/binary/index.js';
import { type Change, State, type Value } from '../src/index.js';
import { fieldName, recordId, TABLE, updatesDelta } from './support/edits.js';
import { expectTrue } from './support/expect.js';
import { type Comparison, compare, doublings, type Suite } from './support/suite.js';

const MILLION = 1_000_000;
/** The names of the fields: the same strings in all records, as in programs. */
const FIELDS = Array.from({ length: 4 }, (_, field) => fieldName(field));
/** How many records one delta inserts while a table is filled, so that no delta of the whole table is in memory. */
const AT_ONCE = 10_000;
/** One record in as many is what a query looks for. */
const KINDS = 100;

/**
 * Tables of up to a million records of four fields, beside a Map of Maps: what they cost in memory, and how each operation
 * grows with the table. An edit of one record must not cost more where the table is larger.
 */
export const large: Suite = {
  name: 'large',
  title: 'Large tables',
  comparisons: (scale) => [
    () => memory(scale(MILLION)),
    () => finding(scale(MILLION)),
    () => firstEdit(scale(MILLION)),
    () => oneRecord(scale(MILLION)),
  ],
  series: (scale) => {
    const doubled = { unit: 'records in the table', sizes: doublings(125_000, MILLION, scale), growthAtMost: 2.4 };
    return [
      { title: 'Large tables: inserted in deltas of 10,000', at: filling, ...doubled },
      { title: 'Large tables: the first edit of a clone', at: firstEdit, ...doubled },
      { title: 'Large tables: a record inserted, edited and deleted', at: oneRecord, ...doubled },
      { title: 'Large tables: a query for one of a hundred', at: finding, ...doubled },
      { title: 'Large tables: encoded and decoded', at: saving, ...doubled },
    ];
  },
};

type PlainTable = Map<string, Map<string, Value>>;

function filled(count: number): State {
  const state = new State();
  for (let from = 0; from < count; from += AT_ONCE) state.apply(insertsOf(from, Math.min(count, from + AT_ONCE)));
  return state;
}

function insertsOf(from: number, to: number): Change[] {
  return Array.from({ length: to - from }, (_, at) => ({
    type: 'insert',
    table: TABLE,
    record: recordId(from + at),
    fields: fieldsOf(from + at),
  }));
}

function fieldsOf(record: number): Map<string, Value> {
  return new Map(FIELDS.map((name, field) => [name, (record + field) % KINDS]));
}

function filledMaps(count: number): PlainTable {
  return new Map(Array.from({ length: count }, (_, record) => [recordId(record), fieldsOf(record)]));
}

const named = (count: number): string => `${count.toLocaleString('en')} records`;

function memory(count: number): Comparison {
  return compare({
    work: `a table of ${named(count)} of 4 fields, in memory`,
    measures: 'bytes',
    contender: () => filled(count),
    baseline: { name: 'Map of Maps', run: () => filledMaps(count) },
    operations: count,
    target: { atMost: 1 },
    check: (state, maps) => expectTrue(state.query(TABLE).length === maps.size, 'all records are there'),
  });
}

function filling(count: number): Comparison {
  return compare({
    work: `${named(count)} inserted in deltas of ${AT_ONCE.toLocaleString('en')}`,
    contender: () => filled(count),
    baseline: { name: 'Map of Maps', run: () => filledMaps(count) },
    check: (state, maps) => expectTrue(state.query(TABLE).length === maps.size, 'all records are there'),
  });
}

/** A query returns copies in the order of their names; the scan only collects the Maps that match. */
function finding(count: number): Comparison {
  const state = filled(count);
  const maps = filledMaps(count);
  return compare({
    work: `query that finds 1 of ${KINDS} in ${named(count)} of 4 fields`,
    contender: () => state.query(TABLE, { [fieldName(0)]: 7 }),
    baseline: {
      name: 'scan of a Map of Maps',
      run: () => scan(maps, 7),
    },
    target: { atMost: 1.5 },
    check: (found, plain) => expectTrue(found.length === plain.length && found.length > 0, 'the same are found'),
  });
}

/** The ids and Maps of the records whose first field is `wanted`, as a plain loop finds them. */
function scan(maps: PlainTable, wanted: Value): [string, Map<string, Value>][] {
  const found: [string, Map<string, Value>][] = [];
  for (const [record, fields] of maps) if (fields.get(fieldName(0)) === wanted) found.push([record, fields]);
  return found;
}

/** A clone shares the records of its original, and copies what it edits. */
function firstEdit(count: number): Comparison {
  const delta = updatesDelta([{ record: recordId(0), field: fieldName(0), value: -1 }]);
  const editing = (records: number): (() => State) => {
    const state = filled(records);
    return () => {
      const copy = state.clone();
      copy.apply(delta);
      return copy;
    };
  };
  return compare({
    work: `the first edit of a clone of ${named(count)}`,
    contender: editing(count),
    baseline: { name: 'of 100 records', run: editing(100) },
    target: { atMost: 1.5 },
    check: (copy) => expectTrue(copy.get(TABLE, recordId(0))?.get(fieldName(0)) === -1, 'the field was put'),
  });
}

/**
 * A record comes, is edited, and goes, each by its own delta, so that the table stays as it was. Each time it has another id: a
 * Map of V8 keeps a deleted key in its chain until it is rebuilt, so one id that comes and goes costs more each time.
 */
function oneRecord(count: number): Comparison {
  const editing = (records: number): (() => State) => {
    const state = filled(records);
    let next = 0;
    return () => {
      const record = `new${next++}`;
      state.apply([{ type: 'insert', table: TABLE, record, fields: fieldsOf(1) }]);
      state.apply(updatesDelta([{ record, field: fieldName(0), value: -1 }]));
      state.apply([{ type: 'delete', table: TABLE, record }]);
      return state;
    };
  };
  return compare({
    work: `a record inserted, edited and deleted beside ${named(count)}, each its own State.apply`,
    contender: editing(count),
    baseline: { name: 'beside 100 records', run: editing(100) },
    operations: 3,
    target: { atMost: 1.5 },
    check: (state) => expectTrue(state.recordCount === count, 'it went'),
  });
}

function saving(count: number): Comparison {
  const state = filled(count);
  const maps = filledMaps(count);
  return compare({
    work: `a state of ${named(count)} encoded and decoded`,
    contender: () => decodeState(encodeState(state), { maxBytes: Number.POSITIVE_INFINITY }),
    baseline: {
      name: 'Map of Maps copied',
      run: () => new Map([...maps].map(([id, fields]) => [id, new Map(fields)])),
    },
    check: (decoded) => expectTrue(decoded.size === state.size, 'the state comes back'),
  });
}
