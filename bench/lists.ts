import { compress, type Delta, type ListOp, NO_LIMITS, Replica, rebase, State, transformList } from '../src/index.js';
import { transformListNaively } from '../test/oracle/list-merge.js';
import { type ConcurrentTrace, hasShared, readShared, type SequentialTrace } from '../test/support/shared-data.js';
import { operationsOf } from '../test/support/trace-operations.js';
import { TwoAgents } from '../test/support/two-agents.js';
import { BlockArray } from './baselines/block-array.js';
import { foldPairwise } from './baselines/pairwise.js';
import { interleavedTimes, medianTime } from './support/measure.js';
import { randomFrom, randomListOps } from './support/random.js';
import { milliseconds, type Row, type Section, times } from './support/report.js';

const MANY = 10_000;
const SEQUENTIAL = 'traces/sequential-automerge-paper.json.gz';
const CONCURRENT = 'traces/concurrent-friendsforever.json.gz';

/** Everything about lists, each figure beside its yardstick or baseline. */
export function benchLists(announce: (work: string) => void): Section[] {
  const rows: Row[] = [];
  const add = (row: Row): void => {
    announce(`${row.work}: ${row.measured}`);
    rows.push(row);
  };
  // The traces come first, while little else is in memory.
  for (const row of traces()) add(row);
  const numbers = Array.from({ length: 20_000 }, randomFrom(1));
  const sort = (): unknown => numbers.slice().sort((left, right) => left - right);
  const yardstick = medianTime('yardstick', sort);
  add({ work: 'yardstick Y: `sort` of 20,000 random numbers', measured: milliseconds(yardstick), target: '' });
  const inYardsticks = (time: number): string => `${milliseconds(time)} = ${(time / yardstick).toFixed(2)} Y`;

  const sides = (count: number, moves: number): [ListOp[], ListOp[]] => [
    randomListOps({ count, length: count, seed: 1, moves }),
    randomListOps({ count, length: count, seed: 2, moves }),
  ];
  const merge = ([local, remote]: readonly [ListOp[], ListOp[]]): number =>
    medianTime('merge', () => transformList(local, remote));

  const plain = merge(sides(MANY, 0));
  add({ work: '10,000 × 10,000 operations on 10,000 items', measured: inYardsticks(plain), target: '≤ 4 Y' });
  add({
    work: 'the same with 20% moves',
    measured: inYardsticks(merge(sides(MANY, 0.2))),
    target: '≤ 6 Y',
  });
  const [pairwise = 0] = interleavedTimes([() => foldPairwise(...sides(MANY, 0))], 1);
  add({
    work: 'the same without moves, folded pair by pair, against ours',
    measured: `${milliseconds(pairwise)} = ${times(pairwise / plain)}`,
    target: '≥ 20 ×',
  });
  for (const row of oneOperation(inYardsticks)) add(row);
  add({
    work: '1,000 remote deltas of one operation, folded over 10,000 pending operations',
    measured: inYardsticks(foldRemotes()),
    target: '≤ 100 Y',
  });
  return [
    { title: 'Lists', rows },
    { title: 'Lists: twice the operations', rows: doubling(merge, sides, announce) },
    { title: 'Lists: beside the naive twin', rows: besideTwin(announce) },
  ];
}

function oneOperation(inYardsticks: (time: number) => string): Row[] {
  const pairsOn = (length: number): [ListOp[], ListOp[]][] =>
    Array.from({ length: 1000 }, (_, number) => [
      randomListOps({ count: 1, length, seed: 2 * number, moves: 0 }),
      randomListOps({ count: 1, length, seed: 2 * number + 1, moves: 0 }),
    ]);
  const mergeAll = (pairs: readonly [ListOp[], ListOp[]][]) => () =>
    pairs.map(([local, remote]) => transformList(local, remote));
  const [short = 0, long = 0] = interleavedTimes([mergeAll(pairsOn(10)), mergeAll(pairsOn(1_000_000))], 51).map(
    (time) => time / 1000,
  );
  const one = randomListOps({ count: 1, length: MANY, seed: 3, moves: 0 });
  const many = randomListOps({ count: MANY, length: MANY, seed: 4, moves: 0 });
  return [
    {
      work: '1 × 1 operation on 1,000,000 items, against 10 items',
      measured: `${milliseconds(long)} = ${times(long / short)}`,
      target: 'a few µs, ≤ 1.2 ×',
    },
    {
      work: '1 local × 10,000 remote operations',
      measured: inYardsticks(medianTime('one local', () => transformList(one, many))),
      target: '≤ 1 Y',
    },
    {
      work: '10,000 local × 1 remote operation',
      measured: inYardsticks(medianTime('one remote', () => transformList(many, one))),
      target: '≤ 1 Y',
    },
  ];
}

function foldRemotes(): number {
  const data = { f: Array.from({ length: MANY }, (_, number) => `item ${number}`) };
  const base = State.fromRows([{ tid: 't', rowid: 'r', data }]);
  const local = base.apply(listDelta(randomListOps({ count: MANY, length: MANY, seed: 1, moves: 0 })));
  const remotes = randomListOps({ count: 1000, length: MANY, seed: 2, moves: 0 }).map((op) =>
    compress(listDelta([op])),
  );
  const fold = (): unknown => {
    let pending: Delta[] = [local];
    for (const remote of remotes) pending = rebase(pending, remote).pending;
    return pending;
  };
  return interleavedTimes([fold])[0] ?? 0;
}

function traces(): Row[] {
  if (!hasShared(SEQUENTIAL) || !hasShared(CONCURRENT)) return [];
  const sequential = JSON.parse(readShared(SEQUENTIAL)) as SequentialTrace;
  const ops = sequential.txns.flatMap(({ patches }) => patches.flatMap(operationsOf));
  const deltas = ops.map((op) => listDelta([op]));
  const concurrent = JSON.parse(readShared(CONCURRENT)) as ConcurrentTrace;
  const concurrentOps = concurrent.txns.reduce(
    (count, { patches }) => count + patches.reduce((sum, patch) => sum + operationsOf(patch).length, 0),
    0,
  );
  const replay = (edits: readonly Delta[]) => () => {
    const state = emptyList();
    for (const delta of edits) state.apply(delta);
    return state;
  };
  const [blocks = 0, whole = 0] = interleavedTimes([() => replayOnBlocks(ops), replay(deltas)]);
  const [part = 0, merged = 0] = interleavedTimes([
    replay(deltas.slice(0, concurrentOps)),
    () => TwoAgents.fold(concurrent, 0),
  ]);
  const [replica = 0] = interleavedTimes([() => replayThroughReplica(deltas)]);
  return [
    {
      work: `automerge-paper, ${ops.length.toLocaleString('en')} edits, each its own State.apply, against bare blocks`,
      measured: `${milliseconds(whole / ops.length)} against ${milliseconds(blocks / ops.length)} an edit = ${times(whole / blocks)}`,
      target: '≤ 4 ×',
    },
    {
      work: 'the same, each its own Replica.apply, against bare blocks',
      measured: `${milliseconds(replica / ops.length)} an edit = ${times(replica / blocks)}`,
      target: '≤ 8 ×',
    },
    {
      work: `friendsforever merged by transactions, against as many edits (${concurrentOps.toLocaleString('en')}) through State.apply`,
      measured: `${milliseconds(merged)} against ${milliseconds(part)} = ${times(merged / part)}`,
      target: '≤ 12 ×',
    },
  ];
}

function replayThroughReplica(edits: readonly Delta[]): unknown {
  const replica = new Replica({ nextNonce: () => 'nonce', limits: NO_LIMITS });
  replica.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', []]]) }]);
  for (const delta of edits) replica.apply(delta);
  return replica;
}

function replayOnBlocks(ops: readonly ListOp[]): unknown {
  const list = new BlockArray();
  for (const op of ops) {
    if (op.type === 'insert') list.insert(op.index, String(op.value));
    else if (op.type === 'delete') list.remove(op.index);
  }
  return list.toArray();
}

function doubling(
  merge: (sides: [ListOp[], ListOp[]]) => number,
  sides: (count: number, moves: number) => [ListOp[], ListOp[]],
  announce: (work: string) => void,
): Row[] {
  const rows: Row[] = [];
  let previous: number | undefined;
  for (let count = 1000; count <= 64_000; count *= 2) {
    const time = merge(sides(count, 0.1));
    const growth = previous === undefined ? '' : ` = ${times(time / previous)}`;
    rows.push({
      work: `${count.toLocaleString('en')} × ${count.toLocaleString('en')}, 10% moves`,
      measured: `${milliseconds(time)}${growth}`,
      target: previous === undefined ? '' : '≤ 2.4 ×',
    });
    announce(`${count} × ${count}: ${milliseconds(time)}${growth}`);
    previous = time;
  }
  return rows;
}

function besideTwin(announce: (work: string) => void): Row[] {
  return [10, 100, 1000].map((count) => {
    const local = randomListOps({ count, length: count, seed: 1, moves: 0.1 });
    const remote = randomListOps({ count, length: count, seed: 2, moves: 0.1 });
    const [ours = 0, twin = 0] = interleavedTimes([
      () => transformList(local, remote),
      () => transformListNaively(local, remote, 'remote'),
    ]);
    announce(`twin ${count}: ${milliseconds(twin)}`);
    return {
      work: `${count} × ${count} operations on ${count} items`,
      measured: `${milliseconds(ours)}, the twin ${milliseconds(twin)} = ${times(twin / ours)}`,
      target: '',
    };
  });
}

function emptyList(): State {
  return State.fromRows([{ tid: 't', rowid: 'r', data: { f: [] } }]);
}

function listDelta(ops: readonly ListOp[]): Delta {
  return [{ type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'list', create: false, ops }]]) }];
}
