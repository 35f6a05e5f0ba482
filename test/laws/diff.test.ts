import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Atom,
  compress,
  type Delta,
  diff,
  formatState,
  type ListOp,
  parseState,
  State,
  type Value,
} from '../../src/index.js';
import { applyListOperations } from '../oracle/list-merge.js';
import { applyAll, arbitraryCommonAtom, arbitraryHistory, arbitraryState } from '../support/arbitraries/deltas.js';
import { allOperations } from '../support/list-scope.js';
import { runs } from '../support/seed.js';
import { showDelta, showListOps, showState, showValue } from '../support/show.js';
import { withoutBefore } from './without-before.js';

function stateWith(value: Value | undefined): State {
  const state = new State();
  const fields = new Map(value === undefined ? [] : [['f', value]]);
  state.apply([{ type: 'insert', table: 't', record: 'r', fields }]);
  return state;
}

/** The operations by which one list becomes another; they must be list operations. */
function opsBetween(before: readonly Atom[], after: readonly Atom[]): readonly ListOp[] {
  const delta = diff(stateWith(before), stateWith(after));
  if (delta.length === 0) return [];
  const [change] = delta;
  const op = change?.type === 'update' ? change.ops.get('f') : undefined;
  if (op?.type !== 'list' || op.create) throw new Error(`No list operations: ${showDelta(delta)}`);
  return op.ops;
}

function expectDiffApplies(before: State, after: State): Delta {
  const delta = diff(before, after);
  const state = before.clone();
  state.apply(delta);
  expect(showState(state)).toBe(showState(after));
  return delta;
}

/** All lists of up to `most` of these items. */
function allLists(items: readonly Atom[], most: number): Atom[][] {
  if (most === 0) return [[]];
  return [[], ...items.flatMap((item) => allLists(items, most - 1).map((rest) => [item, ...rest]))];
}

function permutations(items: readonly Atom[]): Atom[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

/** The length of the longest increasing subsequence, by the obvious dynamic programme. */
function longestRise(numbers: readonly number[]): number {
  const ending: number[] = [];
  for (const [at, number] of numbers.entries()) {
    let longest = 0;
    for (let earlier = 0; earlier < at; earlier++) {
      if ((numbers[earlier] ?? 0) < number) longest = Math.max(longest, ending[earlier] ?? 0);
    }
    ending.push(longest + 1);
  }
  return Math.max(0, ...ending);
}

describe('before · diff(before, after) = after', () => {
  it('for any two states, in normal form and without before', () => {
    fc.assert(
      fc.property(arbitraryState(), arbitraryState(), (before, after) => {
        const delta = expectDiffApplies(before, after);
        expect(showDelta(compress([...delta]))).toBe(showDelta(delta));
        expect(showDelta(withoutBefore(delta))).toBe(showDelta(delta));
      }),
      { numRuns: runs(300) },
    );
  });

  it('for a state and what edits made of it, both ways', () => {
    fc.assert(
      fc.property(arbitraryHistory(2), ({ base, deltas }) => {
        const { state } = applyAll(base, deltas);
        expectDiffApplies(base, state);
        expectDiffApplies(state, base);
      }),
      { numRuns: runs(300) },
    );
  });

  it('for all pairs of lists of up to four of three items', () => {
    const lists = allLists(['a', 'b', 'c'], 4).map((list) => ({ list, state: stateWith(list) }));
    for (const before of lists) {
      for (const after of lists) {
        const [change] = diff(before.state, after.state);
        const op = change?.type === 'update' ? change.ops.get('f') : undefined;
        const ops = op?.type === 'list' ? op.ops : [];
        const result = applyListOperations(before.list, ops);
        if (String(result) !== String(after.list)) expect.fail(`${before.list} → ${after.list}: ${showListOps(ops)}`);
      }
    }
  });

  it('for lists of values that are nearly equal', () => {
    const lists = allLists([0, -0, 0n, Number.NaN, false], 2);
    for (const before of lists) for (const after of lists) expectDiffApplies(stateWith(before), stateWith(after));
  });

  it('for longer lists with few and with many items in common', () => {
    const list = fc.oneof(
      fc.array(fc.constantFrom('a', 'b'), { maxLength: 60 }),
      fc.array(arbitraryCommonAtom(), { maxLength: 60 }),
    );
    fc.assert(
      fc.property(list, list, (before, after) => {
        expectDiffApplies(stateWith(before), stateWith(after));
      }),
      { numRuns: runs(300) },
    );
  });
});

describe('what a diff says', () => {
  it('is nothing where nothing changed', () => {
    fc.assert(
      fc.property(arbitraryState(), (state) => {
        expect(diff(state, parseState(JSON.parse(JSON.stringify(formatState(state))))).changes).toEqual([]);
      }),
    );
  });

  const cases: readonly (readonly [Value | undefined, Value | undefined, string])[] = [
    [undefined, 1, 'put 1'],
    [1, undefined, 'delete'],
    [1, 1n, 'put {"I":"1"}'],
    [0, -0, 'put {"N":"-0"}'],
    [undefined, ['a'], 'put ["a"]'],
    ['a', ['a'], 'put ["a"]'],
    [['a'], 'a', 'put "a"'],
    [['a'], undefined, 'delete'],
    [['a'], [], 'list [delete 0]'],
    [[], ['a', 'b'], 'list [insert 0 "a" insert 1 "b"]'],
    [['a'], ['b'], 'list [put 0 "b"]'],
    [[0, 1], [-0, 1], 'list [put 0 {"N":"-0"}]'],
    [['a', 'b', 'c'], ['c', 'a', 'b'], 'list [move 2 0]'],
    [['a', 'b', 'c'], ['b', 'c', 'a'], 'list [move 0 2]'],
    [['a', 'a', 1, 2, 3], [1, 2, 3, 'a', 'a'], 'list [delete 0 delete 0 insert 3 "a" insert 4 "a"]'],
  ];
  it.each(cases)('%o to %o', (before, after, expected) => {
    expect(showDelta(diff(stateWith(before), stateWith(after)))).toBe(`[update t/r {f: ${expected}}]`);
  });

  it('of records that came and went is inserts and deletes', () => {
    const data = { f: 1 };
    const before = parseState([
      { tid: '__proto__', rowid: 'r', data },
      { tid: 't', rowid: 'a', data },
    ]);
    const after = parseState([
      { tid: 't', rowid: 'a', data },
      { tid: 't', rowid: 'constructor', data },
    ]);
    expect(showDelta(diff(before, after))).toBe('[delete __proto__/r, insert t/constructor {f: 1}]');
  });

  it('of a list is exactly the one operation that changed it, or another of the same type', () => {
    for (const before of allLists(['a', 'b'], 4)) {
      for (const value of ['a', 'x']) {
        for (const op of allOperations(before.length, value)) {
          const after = applyListOperations(before, [op]);
          const types = opsBetween(before, after).map(({ type }) => type);
          const expected = showValue(before) === showValue(after) ? [] : [op.type];
          expect(types, `${showListOps([op])} on ${before}`).toEqual(expected);
        }
      }
    }
  });

  it('of a permutation of distinct items is moves, of no item that could stay', () => {
    const expectFewestMoves = (order: readonly number[]): void => {
      const before = order.toSorted((left, right) => left - right);
      const ops = opsBetween(before, order);
      expect(ops.filter(({ type }) => type !== 'move')).toEqual([]);
      expect(ops.length, String(order)).toBe(order.length - longestRise(order));
    };
    for (const length of [0, 1, 2, 3, 4, 5, 6]) {
      for (const order of permutations(Array.from({ length }, (_, at) => at))) expectFewestMoves(order.map(Number));
    }
    const shuffled = (length: number): fc.Arbitrary<number[]> =>
      fc.shuffledSubarray(
        Array.from({ length }, (_, at) => at),
        { minLength: length },
      );
    fc.assert(fc.property(shuffled(40), expectFewestMoves), { numRuns: runs(50) });
    fc.assert(fc.property(shuffled(2000), expectFewestMoves), { numRuns: runs(2), endOnFailure: true });
  });
});

describe('huge lists', () => {
  const length = 30_000;
  const numbers = Array.from({ length }, (_, at) => at);

  it('that have nothing in common are put item by item', () => {
    const ops = opsBetween(
      numbers,
      numbers.map((number) => `x${number}`),
    );
    expect(ops.filter(({ type }) => type === 'put')).toHaveLength(length);
  });

  it('that differ in too many places for the exact search are aligned at what occurs once, and exactly between that', () => {
    const many = (letter: string): string[] => Array.from({ length: 400 }, (_, at) => `${letter}${at}`);
    const [before, after] = [
      [...many('a'), 'K', 'u', 'S'],
      [...many('b'), 'K', 'u', 'S', 'v', 'S'],
    ];
    const ops = opsBetween(before, after);
    expect(ops.map(({ type }) => type)).toEqual([...many('').map(() => 'put'), 'insert', 'insert']);
    expectDiffApplies(stateWith(before), stateWith(after));
  });

  it('that are reversed are moved, all items but one', () => {
    const ops = opsBetween(numbers, numbers.toReversed());
    expect(ops.filter(({ type }) => type === 'move')).toHaveLength(length - 1);
  });

  it('of two items that differ everywhere still become each other', () => {
    const bits = (factor: number): number[] => numbers.map((number) => ((number * factor) >> 7) & 1);
    expectDiffApplies(stateWith(bits(40503)), stateWith(bits(30011)));
  });

  it('with one item moved across and one put far from it are two operations', () => {
    const after = numbers.toSpliced(100, 1).toSpliced(29_000, 0, 100).with(15_000, -1);
    const ops = opsBetween(numbers, after);
    expect(ops.map(({ type }) => type).sort()).toEqual(['move', 'put']);
  });
});
