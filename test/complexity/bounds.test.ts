import { afterAll, describe, expect, test } from 'vitest';
import { foldPairwise } from '../../bench/baselines/pairwise.js';
import {
  FIELD,
  fieldUpdates,
  listDelta,
  listItems,
  listState,
  RECORD,
  recordRows,
  TABLE,
  updatesDelta,
} from '../../bench/support/edits.js';
import { randomListOps } from '../../bench/support/random.js';
import {
  type Change,
  compareValues,
  compose,
  compress,
  Delta,
  diff,
  formatDelta,
  invert,
  type ListOp,
  NO_LIMITS,
  parseDelta,
  parseState,
  rebase,
  sizeOfDelta,
  transform,
  transformList,
} from '../../src/index.js';
import { MeshReplica } from '../../src/mesh/index.js';
import { type LogEntry, Replica } from '../../src/sync/index.js';
import { StepCounter } from './step-counter.js';

/** Twice the input may take a little more than twice the steps where something is sorted or searched by halves. */
const LINEAR = 2.1;
const SORTING = 2.3;
/** What must not matter may matter for a few steps, such as one more halving. */
const CONSTANT = 1.05;

const counter = new StepCounter();
afterAll(() => counter.close());

/** Prepares an input of a size, which is not counted, and gives the work to count. */
type Prepare = (size: number) => () => unknown;

/** How many times more steps the larger size takes. */
function growth(prepare: Prepare, size: number, larger: number): number {
  const [small, large] = [size, larger].map((each) => {
    const work = prepare(each);
    const steps = counter.count(work);
    expect(steps).toBeGreaterThan(0);
    return steps;
  });
  return (large ?? Number.NaN) / (small ?? Number.NaN);
}

function normalForm(count: number, seed: number): Delta {
  return compress(updatesDelta(fieldUpdates(count, seed)));
}

function listOps(count: number, length: number, seed: number, moves = 0): ListOp[] {
  return randomListOps({ count, length, seed, moves });
}

/** A replica with a field of one record, or of another each time, edited and sealed many times. */
function sealedOften(count: number, undoDepth: number, records: number): Replica {
  const replica = new Replica({ nextNonce: () => 'nonce', undoDepth });
  const names = Array.from({ length: records }, (_, number) => `record${number}`);
  replica.apply(names.map((record) => ({ type: 'insert', table: TABLE, record, fields: new Map() })));
  for (let value = 0; value < count; value++) {
    replica.apply(updatesDelta([{ record: `record${value % records}`, field: 'field0', value }]));
    replica.sync(new Date(value));
  }
  return replica;
}

/** A replica whose list is in the log, and was edited and sealed many times since. */
function listSealedOften(count: number): Replica {
  const replica = new Replica({ nextNonce: () => 'nonce', limits: NO_LIMITS, undoDepth: 10 });
  const insert: Change = { type: 'insert', table: TABLE, record: RECORD, fields: new Map([[FIELD, []]]) };
  replica.receive({ type: 'entries', entries: [{ rev: 1, nonce: 'start', delta: Delta.from([insert]) }] });
  replica.sync(new Date(0));
  for (let number = 0; number < count; number++) {
    replica.apply([itemInsert(number)]);
    replica.sync(new Date(number));
  }
  return replica;
}

/** A replica with pending edits, each an undo item, that has received as many entries of others. */
function metByAsMany(count: number, own: (number: number) => Change, others: (number: number) => Change): Replica {
  const replica = new Replica({ nextNonce: () => 'nonce', limits: NO_LIMITS, undoDepth: count });
  const names = Array.from({ length: count }, (_, number) => `record${number}`);
  const list = listItems(count);
  const start: Change[] = [...names, RECORD].map((record) => ({
    ...{ type: 'insert', table: TABLE, record },
    fields: record === RECORD ? new Map([[FIELD, list]]) : new Map(),
  }));
  const entry = (rev: number, changes: readonly Change[]): LogEntry => ({
    ...{ rev, nonce: `n${rev}`, delta: Delta.from(changes) },
  });
  replica.receive({ type: 'entries', entries: [entry(1, start)] });
  replica.sync(new Date(0));
  for (let number = 0; number < count; number++) {
    replica.apply([own(number)]);
    replica.endUndoItem();
  }
  replica.receive({ type: 'entries', entries: names.map((_, number) => entry(number + 2, [others(number)])) });
  return replica;
}

function fieldPut(number: number, field: string): Change {
  return {
    ...{ type: 'update', table: TABLE, record: `record${number}` },
    ops: new Map([[field, { type: 'put', value: number }]]),
  };
}

function itemInsert(index: number): Change {
  const ops: ListOp[] = [{ type: 'insert', index, value: 'a' }];
  return {
    ...{ type: 'update', table: TABLE, record: RECORD },
    ops: new Map([[FIELD, { type: 'list', create: false, ops }]]),
  };
}

describe('twice the input takes about twice the steps', () => {
  const bounds: readonly [what: string, limit: number, prepare: Prepare][] = [
    [
      'transformList',
      SORTING,
      (size) => {
        const [local, remote] = [listOps(size, size, 1), listOps(size, size, 2)];
        return () => transformList(local, remote);
      },
    ],
    [
      'transformList of scattered puts',
      SORTING,
      (size) => {
        const puts = (seed: number): ListOp[] =>
          Array.from({ length: size }, (_, at) => ({
            type: 'put',
            index: (at * 7919 * seed) % (2 * size),
            value: seed,
          }));
        const [local, remote] = [puts(1), puts(3)];
        return () => transformList(local, remote);
      },
    ],
    [
      'transformList with moves',
      SORTING,
      (size) => {
        const [local, remote] = [listOps(size, size, 1, 0.3), listOps(size, size, 2, 0.3)];
        return () => transformList(local, remote);
      },
    ],
    [
      'transformList of one operation against many',
      SORTING,
      (size) => {
        const [local, remote] = [listOps(1, size, 1), listOps(size, size, 2)];
        return () => transformList(local, remote);
      },
    ],
    [
      'transform of field updates',
      SORTING,
      (size) => {
        const [local, remote] = [normalForm(size, 1), normalForm(size, 2)];
        return () => transform(local, remote);
      },
    ],
    [
      'transform of changes that are not compressed',
      SORTING,
      (size) => {
        const [local, remote] = [updatesDelta(fieldUpdates(size, 1)), updatesDelta(fieldUpdates(size, 2))];
        return () => transform(local, remote);
      },
    ],
    [
      'rebase of as many pending deltas as remote touches records',
      SORTING,
      (size) => {
        const pending = Array.from({ length: size }, (_, step) => normalForm(4, step));
        const remote = normalForm(4 * size, size);
        return () => rebase(pending, remote);
      },
    ],
    [
      'rebase of a few pending deltas',
      SORTING,
      (size) => {
        const [pending, remote] = [[1, 2, 3].map((seed) => normalForm(size, seed)), normalForm(size, 4)];
        return () => rebase(pending, remote);
      },
    ],
    [
      'compress',
      SORTING,
      (size) => {
        const changes = [...updatesDelta(fieldUpdates(size, 1)), ...updatesDelta(fieldUpdates(size, 2))];
        return () => compress(changes);
      },
    ],
    [
      'compress of list operations on one list',
      SORTING,
      (size) => {
        const changes = listOps(size, size, 1, 0.1).flatMap((op) => listDelta([op]));
        return () => compress(changes);
      },
    ],
    [
      'compose of many deltas',
      SORTING,
      (size) => {
        const deltas = Array.from({ length: size }, (_, seed) => normalForm(2, seed));
        return () => compose(...deltas);
      },
    ],
    [
      'Replica.batch of single edits, in batches inside',
      SORTING,
      (size) => {
        const replica = new Replica({ nextNonce: () => 'nonce', limits: NO_LIMITS });
        replica.apply(
          recordRows(size).map(({ rowid }) => ({ type: 'insert', table: TABLE, record: rowid, fields: new Map() })),
        );
        const edits = updatesDelta(fieldUpdates(size, 1)).map((change) => [change]);
        return () =>
          replica.batch(() => {
            for (const edit of edits) replica.batch(() => void replica.apply(edit));
          });
      },
    ],
    [
      'State.apply of field updates',
      LINEAR,
      (size) => {
        const [state, delta] = [parseState(recordRows(size)), normalForm(size, 1)];
        return () => state.apply(delta);
      },
    ],
    [
      'invert',
      LINEAR,
      (size) => {
        const applied = parseState(recordRows(size)).apply(normalForm(size, 1));
        return () => invert(applied);
      },
    ],
    [
      'parseDelta and formatDelta',
      SORTING,
      (size) => {
        const delta = normalForm(size, 1);
        return () => parseDelta(formatDelta(delta));
      },
    ],
    [
      'sizeOfDelta',
      LINEAR,
      (size) => {
        const delta = normalForm(size, 1);
        return () => sizeOfDelta(delta);
      },
    ],
    [
      'State.query',
      SORTING,
      (size) => {
        const state = parseState(recordRows(size));
        return () => state.query(TABLE);
      },
    ],
    [
      'diff of states with changed records',
      SORTING,
      (size) => {
        const before = parseState(recordRows(size));
        const after = before.clone();
        after.apply(normalForm(size, 1));
        return () => diff(before, after);
      },
    ],
    [
      'receiving one entry after the other, and asking for the next',
      LINEAR,
      (size) => {
        const replica = new Replica({ nextNonce: () => 'nonce' });
        const receive = (rev: number): unknown => {
          replica.receive({ type: 'entries', entries: [{ rev, nonce: `n${rev}`, delta: Delta.from([]) }] });
          return [replica.request(), replica.status];
        };
        return () => Array.from({ length: size }, (_, at) => receive(at + 1));
      },
    ],
    [
      'merging as many single edits of others as are pending, of the same fields',
      SORTING,
      (size) => {
        const put = (number: number): Change => fieldPut(number, 'field0');
        const replica = metByAsMany(size / 4, put, put);
        return () => replica.sync(new Date(1));
      },
    ],
    [
      'merging as many single edits of others as are pending, of other fields',
      SORTING,
      (size) => {
        const replica = metByAsMany(
          size / 4,
          (number) => fieldPut(number, 'field0'),
          (number) => fieldPut(number, 'field1'),
        );
        return () => replica.sync(new Date(1));
      },
    ],
    ['sealing one edit of a record after the other', LINEAR, (size) => () => sealedOften(size, 10, 1)],
    ['sealing edits that cannot be undone', LINEAR, (size) => () => sealedOften(size, 0, 1)],
    ['sealing edits of as many records', SORTING, (size) => () => sealedOften(size, 10, size)],
    [
      'asking a replica of a mesh after each edit what its unsealed edits weigh',
      LINEAR,
      (size) => {
        const replica = new MeshReplica({ agent: 'a', limits: NO_LIMITS });
        replica.apply([{ type: 'insert', table: TABLE, record: RECORD, fields: new Map([[FIELD, []]]) }]);
        const edits = Array.from({ length: size / 2 }, (_, number) => itemInsert(number));
        return () =>
          edits.map((edit) => {
            replica.apply([edit]);
            return replica.unsyncedSize;
          });
      },
    ],
    ['sealing one edit of a list after the other', SORTING, (size) => () => listSealedOften(size)],
    [
      'sorting by compareValues',
      SORTING,
      (size) => {
        const strings = fieldUpdates(size, 1).map(({ record, field }) => `${record}${field}`);
        return () => strings.sort(compareValues);
      },
    ],
  ];
  for (const [what, limit, prepare] of bounds) {
    test(`${what}: at most ${limit} times`, () => {
      expect(growth(prepare, 1000, 2000)).toBeLessThanOrEqual(limit);
      expect(growth(prepare, 2000, 4000)).toBeLessThanOrEqual(limit);
    });
  }
});

describe('what is not touched costs nothing', () => {
  const bounds: readonly [what: string, limit: number, prepare: Prepare][] = [
    [
      'a merge of one operation each does not depend on where in a list they are',
      CONSTANT,
      (size) => {
        const [local, remote]: ListOp[][] = [
          [{ type: 'insert', index: size, value: 'a' }],
          [{ type: 'delete', index: size - 1 }],
        ];
        return () => transformList(local ?? [], remote ?? []);
      },
    ],
    [
      'a merge of many operations does not depend on the length of the list',
      CONSTANT,
      (size) => {
        const [local, remote] = [1, 2].map((seed) =>
          listOps(100, 100, seed).map((op) => {
            if (op.type === 'move') return { ...op, from: op.from + size, to: op.to + size };
            return { ...op, index: op.index + size };
          }),
        );
        return () => transformList(local ?? [], remote ?? []);
      },
    ],
    [
      'typing at one place in a list does not depend on its length',
      CONSTANT,
      (size) => {
        const state = listState(listItems(size));
        state.apply(listDelta([{ type: 'insert', index: size >> 1, value: 'a' }]));
        const edits = Array.from({ length: 50 }, (_, number) =>
          listDelta([{ type: 'insert', index: (size >> 1) + number, value: 'b' }]),
        );
        return () => edits.map((edit) => state.apply(edit));
      },
    ],
    [
      'an edit of a field does not depend on how many records there are',
      CONSTANT,
      (size) => {
        const state = parseState(recordRows(size));
        const delta = updatesDelta([{ record: 'record0', field: 'field0', value: 7 }]);
        return () => state.apply(delta);
      },
    ],
    [
      'a clone does not depend on what is in the state',
      CONSTANT,
      (size) => {
        const state = parseState(recordRows(size));
        return () => state.clone();
      },
    ],
    [
      'what to ask for, and the status, do not depend on how many entries wait, before a gap and after it',
      CONSTANT,
      (size) => {
        const replica = new Replica({ nextNonce: () => 'nonce' });
        const delta = Delta.from([]);
        const waiting = Array.from({ length: size }, (_, at) => ({ rev: at + 1, nonce: `n${at}`, delta }));
        replica.receive({ type: 'entries', entries: waiting.filter(({ rev }) => rev !== size / 2) });
        const ask = (): unknown => [replica.request(), replica.status];
        ask();
        return ask;
      },
    ],
    [
      'Replica.apply does not depend on how much is pending',
      CONSTANT,
      (size) => {
        const replica = new Replica({ nextNonce: () => 'nonce', limits: NO_LIMITS });
        replica.apply(
          recordRows(100).map(({ rowid }) => ({ type: 'insert', table: TABLE, record: rowid, fields: new Map() })),
        );
        for (let value = 0; value < size / 100; value++) {
          replica.apply(updatesDelta([{ record: 'record0', field: `field${value}`, value }]));
        }
        const edit = updatesDelta([{ record: 'record1', field: 'field0', value: 1 }]);
        return () => replica.apply(edit);
      },
    ],
  ];
  for (const [what, limit, prepare] of bounds) {
    test(what, () => {
      expect(growth(prepare, 2000, 64_000)).toBeLessThanOrEqual(limit);
    });
  }

  for (const undoDepth of [0, 10]) {
    test(`a remote entry does not depend on how often was sealed what it meets, at undo depth ${undoDepth}`, () => {
      // What is joined by halves leaves one part more with each doubling.
      const prepare: Prepare = (size) => {
        const replica = sealedOften(size, undoDepth, 1);
        const delta = Delta.from([{ type: 'insert', table: TABLE, record: 'another', fields: new Map() }]);
        replica.receive({ type: 'entries', entries: [{ rev: 1, nonce: 'another', delta }] });
        return () => replica.sync(new Date(0));
      };
      expect(growth(prepare, 250, 2000)).toBeLessThanOrEqual(1.4);
    });
  }

  test('a remote operation on a list passes over the pending ones on it: a few steps for each', () => {
    const count = 300;
    const insert = (number: number): Change => itemInsert((number * 7919) % count);
    const replica = metByAsMany(count, insert, insert);
    const steps = counter.count(() => replica.sync(new Date(1)));
    expect(steps / count ** 2).toBeLessThanOrEqual(8);
  });

  test('a remote edit of one field looks at a few of many pending changes', () => {
    const remote = normalForm(1, 2);
    // Found by halving: each doubling may add one step of the search.
    const prepare: Prepare = (size) => {
      const pending = [normalForm(size, 1)];
      // The first look makes objects of the columns, once.
      rebase(pending, remote);
      return () => rebase(pending, remote);
    };
    expect(growth(prepare, 2000, 4000)).toBeLessThanOrEqual(1.2);
  });
});

describe('the counter', () => {
  test('counts the same every time', () => {
    const [local, remote] = [listOps(300, 300, 1), listOps(300, 300, 2)];
    // Often enough for V8 to optimize what runs, if it were let.
    const counts = Array.from({ length: 40 }, () => counter.count(() => transformList(local, remote)));
    expect(new Set(counts).size).toBe(1);
  });

  test('shows a fold of pairs for what it is: twice the operations take four times the steps', () => {
    const steps = [200, 400].map((size) =>
      counter.count(() => foldPairwise(listOps(size, size, 1), listOps(size, size, 2)), '/bench/baselines/'),
    );
    expect((steps[1] ?? 0) / (steps[0] ?? 1)).toBeGreaterThan(3.5);
  });
});
