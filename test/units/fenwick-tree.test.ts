import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FenwickTree } from '../../src/lists/fenwick-tree.js';
import { runs } from '../support/seed.js';

/** Adds one after the other, and after each asks for the sum before every position, the end included. */
function expectSameAsArray(start: readonly number[], additions: readonly (readonly [number, number])[]): void {
  const tree = new FenwickTree(start);
  const counts = [...start];
  for (const [position, count] of [[0, 0] as const, ...additions]) {
    if (position < counts.length) {
      tree.add(position, count);
      counts[position] = (counts[position] ?? 0) + count;
    }
    let sum = 0;
    for (const [at, one] of [...counts, 0].entries()) {
      if (tree.countBefore(at) !== sum) expect.fail(JSON.stringify({ start, additions, at }));
      sum += one;
    }
  }
}

describe('FenwickTree', () => {
  it('counts as a plain array does, for one addition at every position of every short length', () => {
    for (let length = 0; length <= 40; length++) {
      const zeros = new Array<number>(length).fill(0);
      for (let position = 0; position < length; position++) expectSameAsArray(zeros, [[position, 1]]);
    }
  });

  it('is built with the counts that it is given', () => {
    for (let length = 0; length <= 70; length++) {
      expectSameAsArray(
        Array.from({ length }, (_, at) => (at * 5) % 7),
        [],
      );
    }
  });

  it('counts as a plain array does after any additions and removals', () => {
    const count = fc.integer({ min: -3, max: 3 });
    const additions = fc.array(fc.tuple(fc.nat({ max: 69 }), count), { maxLength: 40 });
    fc.assert(fc.property(fc.array(count, { maxLength: 70 }), additions, expectSameAsArray), { numRuns: runs(300) });
  });

  it('is rebuilt with more counts than before, as a tree that is built anew', () => {
    const splits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 3 })), { maxLength: 70 });
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 }), splits, (start, added) => {
        const counts = [...start];
        const tree = new FenwickTree(counts);
        for (const [place, count] of added) {
          const at = place % counts.length;
          counts.splice(at, 1, count, 1);
          tree.rebuild(counts);
          const items = counts.flatMap((each, position) => new Array<number>(each).fill(position));
          expect(items.map((_, rank) => tree.find(rank))).toEqual(items);
          const sums = counts.map((_, position) => tree.countBefore(position));
          expect(sums).toEqual(counts.map((_, position) => items.filter((item) => item < position).length));
        }
      }),
      { numRuns: runs(100) },
    );
  });

  it('finds the position of every rank, as the items of a plain array do', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 70 }), (counts) => {
        const tree = new FenwickTree(counts);
        const positions = counts.flatMap((count, position) => new Array<number>(count).fill(position));
        expect(positions.map((_, rank) => tree.find(rank))).toEqual(positions);
        positions.forEach((position, rank) => {
          tree.find(rank);
          expect(tree.rest).toBe(rank - positions.indexOf(position));
        });
      }),
      { numRuns: runs(300) },
    );
  });
});

it('finds each place among a hundred thousand', () => {
  const tree = new FenwickTree(new Array<number>(100_000).fill(2));
  for (const rank of [0, 1, 2, 131_071, 131_072, 131_073, 199_999]) {
    expect([tree.find(rank), tree.rest]).toEqual([Math.floor(rank / 2), rank % 2]);
  }
});
