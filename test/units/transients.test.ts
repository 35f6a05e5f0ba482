import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ListOp } from '../../src/index.js';
import type { ListConflict } from '../../src/lists/decisions.js';
import { mergeListOps } from '../../src/lists/merge.js';
import { withoutTransients } from '../../src/lists/transients.js';
import { columnsOfOps, opsOfColumns } from '../../src/operations/list-columns.js';
import { applyListOperations } from '../oracle/list-merge.js';
import { allSequences, baseItems, lengthAfter } from '../support/list-scope.js';
import { runs } from '../support/seed.js';
import { showListOps } from '../support/show.js';

const shortened = (ops: readonly ListOp[]): ListOp[] => opsOfColumns(withoutTransients(columnsOfOps(ops)));

/** The same operations with every choice of which inserts are appends. */
function withAppends(ops: readonly ListOp[]): ListOp[][] {
  return ops.reduce<ListOp[][]>(
    (all, op) => {
      const kinds: ListOp[] = op.type === 'insert' ? [op, { ...op, atEnd: true }] : [op];
      return all.flatMap((before) => kinds.map((kind) => [...before, kind]));
    },
    [[]],
  );
}

/** A conflict shows lost operations as they were written, among others at other indexes. */
function withoutIndexes(conflict: ListConflict): unknown {
  return { ...conflict, lost: conflict.lost.map((op) => ('value' in op ? op.value : op.type)) };
}

interface Situation {
  readonly length: number;
  readonly before: readonly ListOp[];
  readonly ops: readonly ListOp[];
  readonly behind: readonly ListOp[];
  readonly others: readonly ListOp[];
  readonly isOwn: (index: number) => boolean;
}

/** How a merge tells the operations from those without transient items, if it does. */
function faultOf({ length, before, ops, behind, others, isOwn }: Situation): string {
  const base = baseItems(length);
  const short = shortened(ops);
  const [whole, left] = [ops, short].map((part) => {
    const own = columnsOfOps([...before, ...part, ...behind]);
    const other = columnsOfOps(others);
    const asLocal = mergeListOps(own, other, 'remote', isOwn);
    const asRemote = mergeListOps(other, own, 'remote');
    return {
      alone: applyListOperations(base, opsOfColumns(own)),
      local: applyListOperations(applyListOperations(base, others), opsOfColumns(asLocal.local.ops)),
      passed: opsOfColumns(asLocal.remote.ops),
      conflicts: asLocal.conflicts().map(withoutIndexes),
      remote: applyListOperations(applyListOperations(base, others), opsOfColumns(asRemote.remote.ops)),
      passedLocal: opsOfColumns(asRemote.local.ops),
      conflictsAsRemote: asRemote.conflicts().map(withoutIndexes),
    };
  });
  if (JSON.stringify(whole) === JSON.stringify(left)) return '';
  const parts = [before, ops, short, behind, others].map(showListOps).join(' | ');
  return `${length}: ${parts}\n${JSON.stringify(whole)}\n${JSON.stringify(left)}`;
}

/** Operations with what each overwrites on a list. */
function applied(base: readonly string[], ops: readonly ListOp[]): ListOp[] {
  return ops.map((op, at) => {
    if (op.type !== 'put' && op.type !== 'delete') return op;
    return { ...op, before: applyListOperations(base, ops.slice(0, at))[op.index] as string };
  });
}

const isNoMove = ({ type }: ListOp): boolean => type !== 'move';
const isInsertOrDelete = ({ type }: ListOp): boolean => type === 'insert' || type === 'delete';
const lengthOf = (length: number, ops: readonly ListOp[]): number => ops.reduce(lengthAfter, length);

describe('operations without transient items do the same to a list, and no merge can tell', () => {
  test.each([
    [0, 4],
    [1, 4],
    [2, 3],
  ])('exhaustively on %i items, up to %i operations, one before and one of somebody else', (length, most) => {
    let count = 0;
    for (const before of allSequences(length, 1, 'p')) {
      for (const plain of allSequences(lengthOf(length, before), most, 'd', isInsertOrDelete)) {
        if (!plain.some(({ type }) => type === 'delete')) continue;
        for (const ops of withAppends(plain)) {
          if (shortened(ops).length === ops.length) continue;
          for (const others of allSequences(length, 1, 'r')) {
            for (const isOwn of [() => false, () => true]) {
              count++;
              const fault = faultOf({ length, before, ops, behind: [], others, isOwn });
              if (fault !== '') expect.fail(fault);
            }
          }
        }
      }
    }
    expect(count).toBeGreaterThan(100);
  });

  /** Operations on a list, chosen by numbers. */
  function choose(length: number, choices: readonly number[], tag: string, wanted: (op: ListOp) => boolean): ListOp[] {
    const ops: ListOp[] = [];
    let now = length;
    for (const [at, choice] of choices.entries()) {
      const all = allSequences(now, 1, `${tag}${at}`, wanted).flat();
      const op = all[choice % all.length] as ListOp;
      ops.push(op.type === 'insert' && choice % 7 < 3 ? { ...op, atEnd: true } : op);
      now = lengthAfter(now, op);
    }
    return ops;
  }

  test('what they overwrite is said truly', () => {
    const choices = fc.array(fc.nat({ max: 1000 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.nat({ max: 4 }), choices, (length, chosen) => {
        const base = baseItems(length);
        const ops = applied(base, choose(length, chosen, 'd', isNoMove));
        const short = shortened(ops);
        expect(short).toEqual(applied(base, short));
      }),
      { numRuns: runs(500) },
    );
  });

  test('at random, with more around them', () => {
    const choices = (maxLength: number): fc.Arbitrary<number[]> => fc.array(fc.nat({ max: 1000 }), { maxLength });
    let dropped = 0;
    fc.assert(
      fc.property(
        fc.nat({ max: 4 }),
        choices(4),
        choices(14),
        choices(4),
        choices(6),
        fc.nat(15),
        (length, p, d, s, r, own) => {
          const before = choose(length, p, 'p', () => true);
          const ops = choose(lengthOf(length, before), d, 'd', isNoMove);
          const behind = choose(lengthOf(length, [...before, ...ops]), s, 's', () => true);
          const others = choose(length, r, 'r', () => true);
          if (shortened(ops).length < ops.length) dropped++;
          expect(faultOf({ length, before, ops, behind, others, isOwn: (index) => ((own >> index) & 1) === 1 })).toBe(
            '',
          );
        },
      ),
      { numRuns: runs(2000) },
    );
    expect(dropped).toBeGreaterThan(0);
  });
});
