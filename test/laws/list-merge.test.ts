import { describe, expect, test } from 'vitest';
import { type ListOp, parseState, type RuleName, transformList } from '../../src/index.js';
import { applyListOperations, mergeLists, transformListNaively } from '../oracle/list-merge.js';
import { allSequences, baseItems } from '../support/list-scope.js';
import { runsMultiplier } from '../support/run-seed.js';
import { showListOps } from '../support/show.js';

const RULES: readonly RuleName[] = ['remote', 'local', 'max', 'min'];
const OPERATIONS_MAX = 2;

/** Lists of up to four items under the default rule; the others, which share all but two decisions, up to three. */
function itemsMax(rule: RuleName): number {
  return rule === 'remote' || runsMultiplier() > 1 ? 4 : 3;
}

/** What is wrong with the merge of one pair, or nothing. */
function findFault(
  base: readonly string[],
  local: readonly ListOp[],
  remote: readonly ListOp[],
  rule: RuleName,
): string {
  const merged = transformList(local, remote, { rule });
  const twin = transformListNaively(local, remote, rule);
  const where = `${showListOps(local)} × ${showListOps(remote)}`;
  if (!areSameOps(merged.local, twin.local))
    return `${where}: ${showListOps(merged.local)}, not ${showListOps(twin.local)}`;
  if (!areSameOps(merged.remote, twin.remote)) {
    return `${where}: ${showListOps(merged.remote)}, not ${showListOps(twin.remote)}`;
  }
  const remoteFirst = applyListOperations(applyListOperations(base, remote), merged.local).join();
  const localFirst = applyListOperations(applyListOperations(base, local), merged.remote).join();
  return remoteFirst === localFirst ? '' : `${where}: ${remoteFirst} and ${localFirst}`;
}

/** Faster than comparing texts, and enough for operations without `before`. */
function areSameOps(left: readonly ListOp[], right: readonly ListOp[]): boolean {
  return left.length === right.length && left.every((op, at) => isSameOp(op, right[at]));
}

function isSameOp(left: ListOp, right: ListOp | undefined): boolean {
  switch (left.type) {
    case 'move':
      return right?.type === 'move' && left.from === right.from && left.to === right.to;
    case 'delete':
      return right?.type === 'delete' && left.index === right.index;
    default:
      return right?.type === left.type && left.index === right.index && left.value === right.value;
  }
}

describe('list · remote · local′ = list · local · remote′, by the operations of the naive twin, exhaustively', () => {
  for (const rule of RULES) {
    for (let length = 0; length <= itemsMax(rule); length++) {
      test(`up to 2 × 2 operations on ${length} items, rule ${rule}`, () => {
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

describe('both results are the merged order that the list rules describe', () => {
  for (const rule of RULES) {
    test(`up to 2 × 2 operations on 2 items, rule ${rule}`, () => {
      const base = baseItems(2);
      const remotes = allSequences(2, OPERATIONS_MAX, 'r');
      for (const local of allSequences(2, OPERATIONS_MAX, 'l')) {
        for (const remote of remotes) {
          const merged = transformList(local, remote, { rule });
          const result = applyListOperations(applyListOperations(base, remote), merged.local).join();
          if (result !== mergeLists(base, local, remote, rule).join()) {
            expect.fail(`${showListOps(local)} × ${showListOps(remote)}: ${result}`);
          }
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
  const state = parseState([{ tid: 't', rowid: 'r', data: { f: items } }]);
  const [change] = state.apply([
    { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'list', create: false, ops }]]) },
  ]);
  const op = change?.type === 'update' ? change.ops.get('f') : undefined;
  return op?.type === 'list' ? op.ops : [];
}
