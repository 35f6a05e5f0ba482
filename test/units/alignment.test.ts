import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align, longestIncreasing, type Match } from '../../src/lists/diff.js';
import { runs } from '../support/seed.js';

/** The length of a longest common subsequence, by the textbook table. */
function commonLength(source: readonly number[], target: readonly number[]): number {
  let previous: number[] = new Array<number>(target.length + 1).fill(0);
  for (const item of source) {
    const row = [0];
    for (const [at, other] of target.entries()) {
      const same = (previous[at] ?? 0) + 1;
      row.push(item === other ? same : Math.max(previous[at + 1] ?? 0, row[at] ?? 0));
    }
    previous = row;
  }
  return previous.at(-1) ?? 0;
}

function expectAlignment(source: readonly number[], target: readonly number[], matches: readonly Match[]): void {
  for (const [at, match] of matches.entries()) {
    const earlier = matches[at - 1] ?? { source: -1, target: -1 };
    const isIncreasing = match.source > earlier.source && match.target > earlier.target;
    const isWithin = match.source < source.length && match.target < target.length;
    const isEqual = source[match.source] === target[match.target];
    if (!isIncreasing || !isWithin || !isEqual) expect.fail(JSON.stringify({ source, target, matches }));
  }
}

function expectLongest(source: readonly number[], target: readonly number[]): void {
  const matches = align(source, target);
  expectAlignment(source, target, matches);
  if (matches.length !== commonLength(source, target)) expect.fail(JSON.stringify({ source, target, matches }));
}

/** All sequences of up to `most` of these numbers. */
function allSequences(numbers: readonly number[], most: number): number[][] {
  if (most === 0) return [[]];
  return [[], ...numbers.flatMap((number) => allSequences(numbers, most - 1).map((rest) => [number, ...rest]))];
}

describe('align', () => {
  it('finds a longest common subsequence, for all pairs of up to five of two items and up to three of three', () => {
    for (const sequences of [allSequences([0, 1], 5), allSequences([0, 1, 2], 3)]) {
      for (const source of sequences) for (const target of sequences) expectLongest(source, target);
    }
  });

  it('finds a longest common subsequence of random sequences, of few items and of many', () => {
    const sequence = (max: number): fc.Arbitrary<number[]> => fc.array(fc.nat({ max }), { maxLength: 80 });
    for (const max of [1, 3, 30]) {
      fc.assert(fc.property(sequence(max), sequence(max), expectLongest), { numRuns: runs(200) });
    }
  });

  it('of sequences too different for the exact search still pairs equal items in order, all that keep it if distinct', () => {
    const numbers = Array.from({ length: 4000 }, (_, at) => at);
    const scrambled = numbers.map((number) => (number * 1009) % 4000);
    const matches = align(numbers, scrambled);
    expectAlignment(numbers, scrambled, matches);
    expect(matches).toHaveLength(commonLength(numbers, scrambled));
    const repeating = numbers.map((number) => (number * number) % 7);
    expectAlignment(repeating, scrambled, align(repeating, scrambled));
  });

  it('keeps a common beginning and end however different the middle is', () => {
    const middle = Array.from({ length: 2000 }, (_, at) => at);
    const source = [-1, -2, ...middle, -3];
    const target = [-1, -2, ...middle.map((number) => number + 5000), -3];
    expect(align(source, target)).toEqual([
      { source: 0, target: 0 },
      { source: 1, target: 1 },
      { source: 2002, target: 2002 },
    ]);
  });
});

describe('longestIncreasing', () => {
  it('gives positions of strictly rising numbers, as many as in the sorted distinct numbers’ common subsequence', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 30 }), (numbers) => {
        const positions = longestIncreasing(numbers);
        const rising = positions.map((position) => numbers[position] ?? Number.NaN);
        expect(positions).toEqual([...new Set(positions)].sort((left, right) => left - right));
        expect(rising).toEqual([...new Set(rising)].sort((left, right) => left - right));
        const sorted = [...new Set(numbers)].sort((left, right) => left - right);
        expect(rising).toHaveLength(commonLength(numbers, sorted));
      }),
      { numRuns: runs(1000) },
    );
  });
});
