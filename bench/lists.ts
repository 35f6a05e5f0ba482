import { formatState, type ListOp, type State, transformList } from '../src/index.js';
import { transformListNaively } from '../test/oracle/list-merge.js';
import { foldPairwise } from './baselines/pairwise.js';
import { listDelta, listItems, listState } from './support/edits.js';
import { expectEqual } from './support/expect.js';
import { randomFrom, randomListOps } from './support/random.js';
import { type Baseline, type Comparison, compare, doublings, type Suite } from './support/suite.js';

const MANY = 10_000;

type Sides = readonly [local: ListOp[], remote: ListOp[]];

/** Transforming operations on one list, compared with the yardstick Y, a `sort` of 20,000 random numbers. */
export const lists: Suite = {
  name: 'lists',
  title: 'Transform: lists',
  comparisons: (scale) => [
    () => merging('10,000 × 10,000 operations on 10,000 items', sides(scale(MANY), 0), 4),
    () => merging('the same with 20% moves', sides(scale(MANY), 0.2), 6),
    () => pairwise(scale(MANY)),
    () => oneByOne(scale(1_000_000)),
    () => merging('1 local × 10,000 remote operations', [ops(1, scale(MANY), 3), ops(scale(MANY), scale(MANY), 4)], 1),
    () => merging('10,000 local × 1 remote operation', [ops(scale(MANY), scale(MANY), 4), ops(1, scale(MANY), 3)], 1),
    ...[10, 100, 1000].map((count) => () => besideTwin(scale(count))),
  ],
  series: (scale) => [
    {
      title: 'Lists: twice the operations',
      unit: 'operations a side, 10% of them moves',
      sizes: doublings(1000, 64_000, scale),
      at: (size) => merging(`${size.toLocaleString('en')} × ${size.toLocaleString('en')}, 10% moves`, sides(size, 0.1)),
      growthAtMost: 2.4,
    },
  ],
};

function sides(count: number, moves: number): Sides {
  return [ops(count, count, 1, moves), ops(count, count, 2, moves)];
}

function ops(count: number, length: number, seed: number, moves = 0): ListOp[] {
  return randomListOps({ count, length, seed, moves });
}

function yardstick(): Baseline {
  const numbers = Array.from({ length: 20_000 }, randomFrom(1));
  return { name: 'Y', run: () => numbers.slice().sort((left, right) => left - right) };
}

function merging(work: string, [local, remote]: Sides, atMost?: number): Comparison {
  const length = Math.max(local.length, remote.length);
  return compare({
    work,
    contender: () => transformList(local, remote),
    baseline: yardstick(),
    ...(atMost !== undefined && { target: { atMost } }),
    check: (merged) => {
      const [first, second] = [listState(listItems(length)), listState(listItems(length))];
      applyAll(first, [remote, merged.local]);
      applyAll(second, [local, merged.remote]);
      expectEqual(formatState(first), formatState(second), work);
    },
  });
}

/**
 * Classic pairwise transformation, compared with ours. It breaks ties as we do, but an insert may jump over deleted
 * items.
 */
function pairwise(count: number): Comparison {
  const [local, remote] = sides(count, 0);
  return compare({
    work: 'the same without moves, folded pair by pair, against ours',
    contender: () => foldPairwise(local, remote),
    baseline: { name: 'ours', run: () => transformList(local, remote) },
    target: { atLeast: 20 },
    check: (folded, ours) => {
      const lengths = [folded, ours].map((merged) => {
        const state = listState(listItems(count));
        applyAll(state, [remote, merged.local]);
        return state.size;
      });
      expectEqual(lengths[0], lengths[1], 'sizes of the merged lists');
    },
  });
}

function oneByOne(length: number): Comparison {
  const pairsOn = (items: number): Sides[] =>
    Array.from({ length: 1000 }, (_, number) => [ops(1, items, 2 * number), ops(1, items, 2 * number + 1)]);
  const mergeAll = (pairs: readonly Sides[]) => () => pairs.map(([local, remote]) => transformList(local, remote));
  const [long, short] = [pairsOn(length), pairsOn(10)];
  return compare({
    work: '1 × 1 operation on 1,000,000 items, against 10 items',
    contender: mergeAll(long),
    baseline: { name: 'on 10 items', run: mergeAll(short) },
    operations: 1000,
    target: { atMost: 1.2 },
    check: (merges) =>
      expectEqual(
        merges.slice(0, 2).map(({ local, remote }) => [local, remote]),
        long.slice(0, 2).map(([local, remote]) => naively(local, remote)),
        'merges of one operation',
      ),
  });
}

function besideTwin(count: number): Comparison {
  const [local, remote] = sides(count, 0.1);
  return compare({
    work: `${count} × ${count} operations on ${count} items`,
    contender: () => transformList(local, remote),
    baseline: { name: 'the naive twin', run: () => naively(local, remote) },
    check: (ours, twin) => expectEqual([ours.local, ours.remote], twin, 'ours and the twin'),
  });
}

function naively(local: readonly ListOp[], remote: readonly ListOp[]): [readonly ListOp[], readonly ListOp[]] {
  const merged = transformListNaively(local, remote, 'remote');
  return [merged.local, merged.remote];
}

function applyAll(state: State, sequences: readonly (readonly ListOp[])[]): void {
  for (const sequence of sequences) if (sequence.length > 0) state.apply(listDelta(sequence));
}
