import { type DeltaInput, type ListOp, NO_LIMITS, type State } from '../src/index.js';
import { Replica } from '../src/sync/index.js';
import { type ConcurrentTrace, hasShared, readShared, type SequentialTrace } from '../test/support/shared-data.js';
import { operationsOf } from '../test/support/trace-operations.js';
import { TwoAgents } from '../test/support/two-agents.js';
import { BlockArray } from './baselines/block-array.js';
import { FIELD, listDelta, listOf, listState, RECORD, TABLE } from './support/edits.js';
import { expectEqual } from './support/expect.js';
import { type Comparison, compare, doublings, type Scale, type Suite } from './support/suite.js';

const SEQUENTIAL = 'traces/sequential-automerge-paper.json.gz';
const CONCURRENT = 'traces/concurrent-friendsforever.json.gz';

/**
 * Real editing histories, from github.com/josephg/editing-traces. Without the traces beside the checkout these rows are
 * left out.
 */
export const traces: Suite = {
  name: 'traces',
  title: 'Traces: lists edited as people do',
  comparisons: (scale) =>
    hasShared(SEQUENTIAL) && hasShared(CONCURRENT)
      ? [
          () => throughState(scale),
          () => throughReplica(scale),
          () => withoutDelta(scale),
          () => inOneDelta(scale),
          () => merged(scale),
        ]
      : [],
  series: (scale) =>
    hasShared(SEQUENTIAL)
      ? [
          {
            title: 'Traces: twice the edits of automerge-paper',
            unit: 'edits, each its own State.apply',
            sizes: doublings(4000, 256_000, scale),
            at: (size) => throughState((all) => Math.min(size, all)),
            growthAtMost: 2.4,
          },
        ]
      : [],
};

function throughState(scale: Scale): Comparison {
  const ops = sequentialOps(scale);
  const deltas = ops.map((op) => listDelta([op]));
  return compare({
    work: `automerge-paper, ${ops.length.toLocaleString('en')} edits, each its own State.apply, against bare blocks`,
    contender: () => replay(deltas),
    baseline: { name: 'bare blocks', run: () => new BlockArray().performAll(ops) },
    operations: ops.length,
    target: { atMost: 4 },
    check: (state, blocks) => expectText(listOf(state), blocks, ops),
  });
}

function throughReplica(scale: Scale): Comparison {
  const ops = sequentialOps(scale);
  const deltas = ops.map((op) => listDelta([op]));
  return compare({
    work: 'the same, each its own Replica.apply, against State.apply',
    contender: () => {
      const replica = replicaWithList();
      for (const delta of deltas) replica.apply(delta);
      return replica;
    },
    baseline: { name: 'State.apply', run: () => replay(deltas) },
    operations: ops.length,
    target: { atMost: 2.5 },
    check: (replica, state) => expectEqual(listOf(replica), listOf(state), 'list'),
  });
}

function withoutDelta(scale: Scale): Comparison {
  const ops = sequentialOps(scale);
  const deltas = ops.map((op) => listDelta([op]));
  return compare({
    work: 'the same, each its own Replica.editList, against State.apply',
    contender: () => {
      const replica = replicaWithList();
      for (const op of ops) replica.editList(TABLE, RECORD, FIELD, op);
      return replica;
    },
    baseline: { name: 'State.apply', run: () => replay(deltas) },
    operations: ops.length,
    target: { atMost: 1.5 },
    check: (replica, state) => expectEqual(listOf(replica), listOf(state), 'list'),
  });
}

function replicaWithList(): Replica {
  const replica = new Replica({ nextNonce: () => 'nonce', limits: NO_LIMITS });
  replica.apply([{ type: 'insert', table: TABLE, record: RECORD, fields: new Map([[FIELD, []]]) }]);
  return replica;
}

function inOneDelta(scale: Scale): Comparison {
  const ops = sequentialOps(scale);
  const delta = listDelta(ops);
  return compare({
    work: 'the same, all in one delta and one State.apply, against bare blocks',
    contender: () => replay([delta]),
    baseline: { name: 'bare blocks', run: () => new BlockArray().performAll(ops) },
    operations: ops.length,
    check: (state, blocks) => expectText(listOf(state), blocks, ops),
  });
}

/** A history of two people. It ends in the known text only if all of it is merged. */
function merged(scale: Scale): Comparison {
  const trace = JSON.parse(readShared(CONCURRENT)) as ConcurrentTrace;
  const txns = trace.txns.slice(0, scale(trace.txns.length));
  const count = txns.reduce(
    (total, { patches }) => total + patches.reduce((sum, patch) => sum + operationsOf(patch).length, 0),
    0,
  );
  const deltas = sequentialOps(() => count).map((op) => listDelta([op]));
  return compare({
    work: `friendsforever merged by transactions, against as many edits (${count.toLocaleString('en')}) through State.apply`,
    contender: () => TwoAgents.fold({ ...trace, txns }, 0),
    baseline: { name: 'State.apply', run: () => replay(deltas) },
    target: { atMost: 12 },
    check: (text) => {
      const other = TwoAgents.fold({ ...trace, txns }, 1);
      expectEqual([...text].sort(), [...other].sort(), 'the characters, whichever side is remote');
      if (txns.length === trace.txns.length) expectEqual(text, trace.endContent, 'the text of the trace');
    },
  });
}

interface History {
  readonly ops: readonly ListOp[];
  readonly endContent: string;
}

let known: History | undefined;

/** Read once: unpacking takes longer than most of the measured work. */
function history(): History {
  if (known === undefined) {
    const { txns, endContent } = JSON.parse(readShared(SEQUENTIAL)) as SequentialTrace;
    known = { ops: txns.flatMap(({ patches }) => patches.flatMap(operationsOf)), endContent };
  }
  return known;
}

function sequentialOps(scale: Scale): ListOp[] {
  const { ops } = history();
  return ops.slice(0, scale(ops.length));
}

function replay(edits: readonly DeltaInput[]): State {
  const state = listState([]);
  for (const delta of edits) state.apply(delta);
  return state;
}

/** The text of the blocks, which is the known one where the whole trace was replayed. */
function expectText(list: unknown, blocks: BlockArray, ops: readonly ListOp[]): void {
  expectEqual(list, blocks.toArray(), 'text');
  const { ops: all, endContent } = history();
  if (ops.length === all.length) expectEqual(blocks.toArray().join(''), endContent, 'the text of the trace');
}
