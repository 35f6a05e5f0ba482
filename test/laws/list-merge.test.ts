import { describe, expect, test } from 'vitest';
import { type ListOp, type Rule, State, transformList } from '../../src/index.js';
import { applyListOperations, mergeLists, transformListNaively } from '../oracle/list-merge.js';
import { allSequences, baseItems } from '../support/list-scope.js';
import { showListOps } from '../support/show.js';

const RULES: readonly Rule[] = ['remote', 'local', 'max', 'min'];
const ITEMS_MAX = 3;
const OPERATIONS_MAX = 2;

/** What is wrong with the merge of one pair, or nothing. */
function findFault(base: readonly string[], local: readonly ListOp[], remote: readonly ListOp[], rule: Rule): string {
  const merged = transformList(local, remote, { rule });
  const remoteFirst = applyListOperations(applyListOperations(base, remote), merged.local).join();
  const localFirst = applyListOperations(applyListOperations(base, local), merged.remote).join();
  const expected = mergeLists(base, local, remote, rule).join();
  if (remoteFirst === expected && localFirst === expected) return '';
  return `${showListOps(local)} × ${showListOps(remote)}: ${remoteFirst} and ${localFirst}, not ${expected}`;
}

describe('list · remote · local′ = list · local · remote′ = the merged line, exhaustively', () => {
  for (const rule of RULES) {
    for (let length = 0; length <= ITEMS_MAX; length++) {
      test(`up to 2 × 2 operations on ${length} items, rule ${String(rule)}`, () => {
        const base = baseItems(length);
        const remotes = allSequences(length, OPERATIONS_MAX, 'r');
        for (const local of allSequences(length, OPERATIONS_MAX, 'l')) {
          for (const remote of remotes) {
            const fault = findFault(base, local, remote, rule);
            if (fault !== '') expect.fail(fault);
          }
        }
      });
    }
  }
});

describe('the operations themselves are those of the naive twin', () => {
  for (const rule of RULES) {
    test(`up to 2 × 2 operations on 2 items, rule ${String(rule)}`, () => {
      const remotes = allSequences(2, OPERATIONS_MAX, 'r');
      for (const local of allSequences(2, OPERATIONS_MAX, 'l')) {
        for (const remote of remotes) {
          const merged = transformList(local, remote, { rule });
          const twin = transformListNaively(local, remote, rule);
          if (showListOps(merged.local) !== showListOps(twin.local)) expect(merged.local).toEqual(twin.local);
          if (showListOps(merged.remote) !== showListOps(twin.remote)) expect(merged.remote).toEqual(twin.remote);
        }
      }
    });
  }
});

describe('list items under the other rules', () => {
  test('sum and functions act as remote', () => {
    const remotes = allSequences(2, 1, 'r');
    for (const local of allSequences(2, OPERATIONS_MAX, 'l')) {
      for (const remote of remotes) {
        const expected = transformList(local, remote);
        expect(transformList(local, remote, { rule: 'sum' })).toEqual(expected);
        expect(transformList(local, remote, { rule: () => 'never' })).toEqual(expected);
      }
    }
  });
});

describe('local′ of applied operations is applied', () => {
  test('every before is what the operation overwrites after remote', () => {
    for (const rule of RULES) {
      for (const local of allSequences(2, OPERATIONS_MAX, 'l')) {
        const applied = appliedListOps(baseItems(2), local);
        for (const remote of allSequences(2, OPERATIONS_MAX, 'r')) {
          const merged = transformList(applied, remote, { rule });
          const expected = appliedListOps(applyListOperations(baseItems(2), remote), merged.local);
          if (showListOps(merged.local) !== showListOps(expected)) {
            expect.fail(`${showListOps(applied)} × ${showListOps(remote)}: ${showListOps(merged.local)}`);
          }
        }
      }
    }
  });

  test('remote′ carries no before, whatever remote carries', () => {
    const remote = appliedListOps(baseItems(2), [
      { type: 'put', index: 0, value: 'r' },
      { type: 'delete', index: 1 },
    ]);
    for (const local of allSequences(2, 1, 'l')) {
      for (const op of transformList(local, remote).remote) expect(op).not.toHaveProperty('before');
    }
  });
});

/** What `State.apply` makes of list operations: the same with what they overwrote. */
function appliedListOps(items: readonly unknown[], ops: readonly ListOp[]): readonly ListOp[] {
  const state = State.fromRows([{ tid: 't', rowid: 'r', data: { f: items } }]);
  const [change] = state.apply([
    { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'list', create: false, ops }]]) },
  ]);
  const op = change?.type === 'update' ? change.ops.get('f') : undefined;
  return op?.type === 'list' ? op.ops : [];
}
