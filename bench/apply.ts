import { type DeltaInput, type Fields, formatState, parseState, State, type Value } from '../src/index.js';
import { BlockArray } from './baselines/block-array.js';
import { NestedMaps } from './baselines/nested-maps.js';
import {
  FIELD,
  type FieldUpdate,
  fieldName,
  fieldUpdates,
  insertsDelta,
  listDelta,
  listItems,
  listOf,
  listState,
  RECORD,
  recordId,
  recordRows,
  TABLE,
  updatesDelta,
} from './support/edits.js';
import { expectEqual, expectTrue } from './support/expect.js';
import { randomListOps } from './support/random.js';
import { type Comparison, compare, doublings, type Suite } from './support/suite.js';

const MANY = 10_000;

/**
 * Applying deltas to a state, compared with plain containers. The state checks, copies, keeps what was overwritten and
 * counts sizes; the containers do none of that. The state is cloned for each call, and copies what it edits.
 */
export const apply: Suite = {
  name: 'apply',
  title: 'Apply',
  comparisons: (scale) => [
    () => fieldPuts(scale(MANY)),
    () => inserts(scale(MANY)),
    () => listEdits(scale(MANY)),
    () => oneEdit(scale(1_000_000)),
    () => refusal(scale(MANY)),
  ],
  series: (scale) => [
    {
      title: 'Apply: twice the field updates',
      unit: 'fields put in one delta',
      sizes: doublings(1000, 64_000, scale),
      at: fieldPuts,
      growthAtMost: 2.4,
    },
    {
      title: 'Apply: twice the list operations',
      unit: 'list operations in one delta',
      sizes: doublings(1000, 64_000, scale),
      at: listEdits,
      growthAtMost: 2.4,
    },
  ],
};

function fieldPuts(count: number): Comparison {
  const updates = fieldUpdates(count, 1);
  const delta = updatesDelta(updates);
  const state = parseState(recordRows(count));
  const maps = filled(count);
  return compare({
    work: `${count.toLocaleString('en')} fields put in one delta`,
    contender: () => {
      const copy = state.clone();
      copy.apply(delta);
      return copy;
    },
    baseline: { name: 'Map of Maps', run: () => maps.setAll(updates) },
    check: (applied, { records }) => expectEqual(recordsOf(applied), records, 'fields'),
  });
}

/** The records that the updates are about, in plain Maps. */
function filled(count: number): NestedMaps {
  const maps = new NestedMaps();
  for (const { rowid, data } of recordRows(count)) maps.records.set(rowid, new Map(Object.entries(data)) as never);
  return maps;
}

function inserts(count: number): Comparison {
  const records = new Map(
    Array.from({ length: count }, (_, number): [string, Fields] => [
      recordId(number),
      new Map(Array.from({ length: 4 }, (_, field): [string, Value] => [fieldName(field), field])),
    ]),
  );
  const delta = insertsDelta(records);
  return compare({
    work: `${count.toLocaleString('en')} records of 4 fields inserted in one delta`,
    contender: () => {
      const state = new State();
      state.apply(delta);
      return state;
    },
    baseline: {
      name: 'Map of copied Maps',
      run: () => new Map([...records].map(([record, fields]) => [record, new Map(fields)])),
    },
    check: (state, plain) => expectEqual(recordsOf(state), plain, 'records'),
  });
}

function listEdits(count: number): Comparison {
  const items = listItems(count);
  const ops = randomListOps({ count, length: count, seed: 1, moves: 0 });
  const delta = listDelta(ops);
  const state = listState(items);
  return compare({
    work: `${count.toLocaleString('en')} list operations in one delta on ${count.toLocaleString('en')} items`,
    contender: () => {
      const copy = state.clone();
      copy.apply(delta);
      return copy;
    },
    baseline: { name: 'array of blocks', run: () => BlockArray.from(items).performAll(ops) },
    check: (applied, blocks) => expectEqual(listOf(applied), blocks.toArray(), 'list'),
  });
}

/** An edit and its inverse in a long list: the cost must not depend on the length. */
function oneEdit(length: number): Comparison {
  const edit = (state: State): (() => State) => {
    const there = listDelta([{ type: 'insert', index: 5, value: 'new' }]);
    const back = listDelta([{ type: 'delete', index: 5 }]);
    return () => {
      state.apply(there);
      state.apply(back);
      return state;
    };
  };
  const long = edit(listState(listItems(length)));
  return compare({
    work: `an insert and a delete in a list of ${length.toLocaleString('en')}, each its own State.apply`,
    contender: long,
    baseline: { name: 'in a list of 10', run: edit(listState(listItems(10))) },
    operations: 2,
    target: { atMost: 1.5 },
    check: (state) => expectEqual(listOf(state), listItems(length), 'list'),
  });
}

/** A delta whose last change does not fit: all earlier changes are undone. */
function refusal(count: number): Comparison {
  const updates: readonly FieldUpdate[] = fieldUpdates(count, 1);
  const state = parseState(recordRows(count));
  const good = updatesDelta(updates);
  const bad: DeltaInput = [
    ...good,
    { type: 'update', table: TABLE, record: RECORD, ops: new Map([[FIELD, { type: 'delete' }]]) },
  ];
  const isRefused = (): boolean => {
    try {
      state.apply(bad);
      return false;
    } catch {
      return true;
    }
  };
  const rows = JSON.stringify(formatState(state));
  return compare({
    work: `a delta of ${count.toLocaleString('en')} field updates rejected for its last change`,
    contender: isRefused,
    baseline: {
      name: 'the same applied to a clone',
      run: () => {
        state.clone().apply(good);
      },
    },
    check: (refused) =>
      expectTrue(refused && JSON.stringify(formatState(state)) === rows, 'the delta is rejected and changes nothing'),
  });
}

function recordsOf(state: State): Map<string, Map<string, Value>> {
  return new Map(state.query(TABLE).map(({ record, fields }) => [record, new Map(fields)]));
}
