import { describe, expect, test } from 'vitest';
import { type ListOp, transformList } from '../../src/index.js';
import { applyListOperations, mergeLists, transformListNaively } from '../oracle/list-merge.js';
import { allSequences, baseItems, lengthAfter } from '../support/list-scope.js';
import { showListOps } from '../support/show.js';

/** Every way to say of the inserts at the end which were appends. */
function withAppends(length: number, ops: readonly ListOp[]): ListOp[][] {
  const [op, ...rest] = ops;
  if (op === undefined) return [[]];
  const choices: ListOp[] = op.type === 'insert' && op.index === length ? [op, { ...op, atEnd: true }] : [op];
  return withAppends(lengthAfter(length, op), rest).flatMap((others) => choices.map((choice) => [choice, ...others]));
}

describe('list · remote · local′ = list · local · remote′, whatever local inserted before, exhaustively', () => {
  for (const [length, most] of [
    [0, 2],
    [1, 2],
    [2, 1],
  ] as const) {
    test(`up to ${most} × 2 operations on ${length} items`, () => {
      const base = baseItems(length);
      let cases = 0;
      for (const plain of allSequences(length, most, 'l')) {
        for (const local of withAppends(length, plain)) {
          for (const remote of allSequences(length, 2, 'r')) {
            for (let mask = 0; mask < 1 << length; mask++) {
              const isOwn = (index: number): boolean => ((mask >> index) & 1) === 1;
              const merged = transformList(local, remote, { isOwn });
              const twin = transformListNaively(local, remote, 'remote', isOwn);
              if (
                showListOps(merged.local) !== showListOps(twin.local) ||
                showListOps(merged.remote) !== showListOps(twin.remote)
              ) {
                expect([local, remote, mask, merged]).toEqual([local, remote, mask, twin]);
              }
              const result = mergeLists(base, local, remote, 'remote', isOwn).join();
              const afterRemote = applyListOperations(applyListOperations(base, remote), merged.local).join();
              const afterLocal = applyListOperations(applyListOperations(base, local), merged.remote).join();
              if (afterRemote !== result || afterLocal !== result) {
                expect([local, remote, mask, afterRemote, afterLocal]).toEqual([local, remote, mask, result, result]);
              }
              cases++;
            }
          }
        }
      }
      expect(cases).toBeGreaterThan(100);
    });
  }
});

describe('behind an item that local inserted', () => {
  const isOwn = (index: number): boolean => index === 0;
  const behind = (value: string, atEnd = false): ListOp[] => [
    { type: 'insert', index: 1, value, ...(atEnd ? { atEnd } : {}) },
  ];

  test('local’s inserts come before remote’s', () => {
    const { local, remote } = transformList(behind('l'), behind('r'), { isOwn });
    expect(applyListOperations(['a', 'r', 'b'], local)).toEqual(['a', 'l', 'r', 'b']);
    expect(applyListOperations(['a', 'l', 'b'], remote)).toEqual(['a', 'l', 'r', 'b']);
  });

  test('local’s appends come after remote’s, as they do where nothing is known', () => {
    for (const options of [{ isOwn }, {}]) {
      const { local, remote } = transformList(behind('l', true), behind('r'), options);
      expect(applyListOperations(['a', 'r'], local)).toEqual(['a', 'r', 'l']);
      expect(applyListOperations(['a', 'l'], remote)).toEqual(['a', 'r', 'l']);
    }
  });

  test('local’s moves to the left come after remote’s inserts, and end the head', () => {
    const ops: ListOp[] = [
      { type: 'move', from: 2, to: 1 },
      { type: 'insert', index: 2, value: 'l' },
    ];
    const { local } = transformList(ops, behind('r'), { isOwn });
    expect(applyListOperations(['a', 'r', 'b', 'c'], local)).toEqual(['a', 'r', 'c', 'l', 'b']);
  });
});
