import { describe, expect, test } from 'vitest';
import { type Atom, type ListOp, parseState, type RuleName, transformList } from '../../src/index.js';
import { applyListOperations, mergeLists, transformAlongOrder } from '../oracle/list-merge.js';
import { type CommonBase, commonBase, type Element, mergeOrders, type Replay, replay } from '../oracle/list-order.js';
import { allSequences, baseItems } from '../support/list-scope.js';
import { runsMultiplier } from '../support/run-seed.js';
import { showListOps } from '../support/show.js';

const RULES: readonly RuleName[] = ['remote', 'local', 'max', 'min'];
const DEFAULT_RULE: readonly RuleName[] = ['remote'];
const OPERATIONS_MAX = 2;

/** How long the lists are under the default rule. */
const ITEMS_MAX = 4;
/** So long are they under the others, which decide what becomes of an item that both sides put, or both moved. */
const ITEMS_CONTESTED = runsMultiplier() > 1 ? ITEMS_MAX : 3;
/** So long are they whatever both sides do under the others. Longer lists come at random, in `list-twin.test.ts`. */
const ITEMS_UNDER_ALL = runsMultiplier() > 1 ? ITEMS_MAX : 2;

function rulesFor(length: number, local: Replay, remote: Replay): readonly RuleName[] {
  const isContested = length <= ITEMS_CONTESTED && areContested(local, remote);
  return isContested || length <= ITEMS_UNDER_ALL ? RULES : DEFAULT_RULE;
}

/** Whether there is an item that both sides put, or that both moved. */
function areContested(local: Replay, remote: Replay): boolean {
  return haveCommonKey(local.written, remote.written) || haveCommonKey(local.placed, remote.placed);
}

function haveCommonKey<Key>(left: ReadonlyMap<Key, unknown>, right: ReadonlyMap<Key, unknown>): boolean {
  for (const key of left.keys()) if (right.has(key)) return true;
  return false;
}

/** A move that goes nowhere is dropped from shorter lists. */
function isWantedInLongest(op: ListOp): boolean {
  return op.type !== 'move' || op.from !== op.to || runsMultiplier() > 1;
}

/** A sequence with what can be known of it alone, for all the others that it meets. */
interface Met {
  readonly ops: readonly ListOp[];
  readonly replay: Replay;
  readonly result: readonly Atom[];
}

function allMet(common: CommonBase, side: 'local' | 'remote', tag: string): Met[] {
  const length = common.items.length;
  const wanted = length === ITEMS_MAX ? isWantedInLongest : undefined;
  return allSequences(length, OPERATIONS_MAX, tag, wanted).map((ops) => ({
    ops,
    replay: replay(common, side, ops),
    result: applyListOperations(baseItems(length), ops),
  }));
}

/** What is wrong with the merges of one pair under some rules, or nothing. */
function findFault(local: Met, remote: Met, order: readonly Element[], rules: readonly RuleName[]): string {
  let last: ReturnType<typeof transformList> | undefined;
  for (const rule of rules) {
    const merged = transformList(local.ops, remote.ops, { rule });
    const twin = transformAlongOrder(order, local.replay, remote.replay, rule);
    const where = (): string => `${showListOps(local.ops)} × ${showListOps(remote.ops)} under ${rule}`;
    if (!areSameOps(merged.local, twin.local)) {
      return `${where()}: ${showListOps(merged.local)}, not ${showListOps(twin.local)}`;
    }
    if (!areSameOps(merged.remote, twin.remote)) {
      return `${where()}: ${showListOps(merged.remote)}, not ${showListOps(twin.remote)}`;
    }
    // The same operations under another rule lead to the same lists.
    if (last !== undefined && areSameOps(merged.local, last.local) && areSameOps(merged.remote, last.remote)) continue;
    last = merged;
    const remoteFirst = applyListOperations(remote.result, merged.local).join();
    const localFirst = applyListOperations(local.result, merged.remote).join();
    if (remoteFirst !== localFirst) return `${where()}: ${remoteFirst} and ${localFirst}`;
  }
  return '';
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
  for (let length = 0; length <= ITEMS_MAX; length++) {
    test(`up to 2 × 2 operations on ${length} items`, () => {
      const common = commonBase(length);
      const remotes = allMet(common, 'remote', 'r');
      for (const local of allMet(common, 'local', 'l')) {
        for (const remote of remotes) {
          const order = mergeOrders(common, local.replay, remote.replay);
          const fault = findFault(local, remote, order, rulesFor(length, local.replay, remote.replay));
          if (fault !== '') expect.fail(fault);
        }
      }
    });
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
    const base = baseItems(2);
    const remotes = allSequences(2, OPERATIONS_MAX, 'r').map((ops) => ({ ops, after: applyListOperations(base, ops) }));
    for (const local of allSequences(2, OPERATIONS_MAX, 'l')) {
      const applied = appliedListOps(base, local);
      for (const remote of remotes) {
        const seen = new Set<string>();
        for (const rule of RULES) {
          const merged = transformList(applied, remote.ops, { rule });
          const shown = showListOps(merged.local);
          if (seen.has(shown)) continue;
          seen.add(shown);
          if (shown !== showListOps(appliedListOps(remote.after, merged.local))) {
            expect.fail(`${showListOps(applied)} × ${showListOps(remote.ops)} under ${rule}: ${shown}`);
          }
        }
      }
    }
  });

  test('and of operations that do not say what they overwrote, none does, though remote tells what the item is now', () => {
    const remotes = [...allSequences(2, OPERATIONS_MAX, 'r')];
    const seen = (ops: readonly ListOp[]): string => showListOps(ops);
    for (const local of allSequences(2, OPERATIONS_MAX, 'l')) {
      const bare = seen(local);
      for (const remote of remotes) {
        const merged = transformList(local, remote);
        for (const op of merged.local) {
          if ('before' in op && op.before !== undefined)
            expect.fail(`${bare} × ${seen(remote)}: ${seen(merged.local)}`);
        }
      }
    }
    const remote: ListOp[] = [
      { type: 'put', index: 0, value: 'x' },
      { type: 'insert', index: 1, value: 'y' },
    ];
    expect(transformList([{ type: 'delete', index: 0 }], remote)).toEqual({
      local: [{ type: 'delete', index: 0 }],
      remote: [{ type: 'insert', index: 0, value: 'y' }],
    });
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
