import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListOp } from '../../src/index.js';
import { applyListEdit, invertListEdit, listMisfit } from '../../src/lists/apply.js';
import { type FieldList, fieldList } from '../../src/operations/change.js';
import {
  columnsIn,
  columnsOfOps,
  isListApplied,
  joinLists,
  type ListColumns,
  listOfColumns,
  listWithoutBefores,
  opCountOf,
  opsOfColumns,
  sliceColumns,
} from '../../src/operations/list-columns.js';
import { arbitraryCommonAtom } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';

const index = fc.nat({ max: 30 });
const before = fc.option(arbitraryCommonAtom(), { nil: undefined });
const arbitraryOp: fc.Arbitrary<ListOp> = fc.oneof(
  fc.record(
    { type: fc.constant('insert' as const), index, value: arbitraryCommonAtom(), atEnd: fc.constant(true as const) },
    { requiredKeys: ['type', 'index', 'value'] },
  ),
  fc.record({ type: fc.constant('move' as const), from: index, to: index }),
  fc
    .tuple(index, arbitraryCommonAtom(), before)
    .map(([at, value, old]): ListOp => ({ type: 'put', index: at, value, ...(old !== undefined && { before: old }) })),
  fc
    .tuple(index, before)
    .map(([at, old]): ListOp => ({ type: 'delete', index: at, ...(old !== undefined && { before: old }) })),
);
const arbitraryOps = fc.array(arbitraryOp, { maxLength: 20, size: 'max' });

/** The columns without the room behind their last operation. */
function trimmed({ count, kinds, indexes, targets, values, befores, isMutable }: ListColumns): unknown {
  const isMove = [...kinds].slice(0, count).map((kind) => kind === 3);
  return {
    kinds: [...kinds].slice(0, count),
    indexes: [...indexes].slice(0, count),
    targets: isMove.map((moves, at) => (moves ? targets?.[at] : undefined)),
    values: values.slice(0, count),
    befores: befores?.slice(0, count),
    isMutable,
  };
}

/** The same edit with objects and with columns behind it. */
function bothForms(ops: readonly ListOp[]): [objects: FieldList, columns: FieldList] {
  return [fieldList(false, [...ops]), listOfColumns(false, columnsOfOps(ops))];
}

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe('columns and objects are the same operations', () => {
  it('objects to columns and back is identity, and so is columns to objects and back', () => {
    fc.assert(
      fc.property(arbitraryOps, (ops) => {
        const columns = columnsOfOps(ops);
        expect(opsOfColumns(columns)).toEqual(ops);
        expect(trimmed(columnsOfOps(opsOfColumns(columns)))).toEqual(trimmed(columns));
      }),
      { numRuns: runs(500) },
    );
  });

  it('an edit with columns behind it looks like one with objects, and is frozen', () => {
    fc.assert(
      fc.property(arbitraryOps, (ops) => {
        const [objects, columns] = bothForms(ops);
        expect(columnsIn(columns) !== undefined).toBe(ops.length >= 8);
        expect(opCountOf(columns)).toBe(ops.length);
        expect(columns).toEqual(objects);
        expect({ ...columns }).toEqual({ ...objects });
        expect(Object.isFrozen(columns) && Object.isFrozen(columns.ops)).toBe(true);
        expect(columns.ops).toBe(columns.ops);
      }),
      { numRuns: runs(300) },
    );
  });

  it('and fit, do, undo and forget the same', () => {
    const items = Array.from({ length: 20 }, (_, at) => `item ${at}`);
    fc.assert(
      fc.property(arbitraryOps, fc.nat({ max: 40 }), (ops, length) => {
        const [objects, columns] = bothForms(ops);
        expect(listMisfit(length, columns)).toEqual(listMisfit(length, objects));
        expect(outcome(() => applyListEdit(items, columns))).toEqual(outcome(() => applyListEdit(items, objects)));
        expect(outcome(() => invertListEdit(columns))).toEqual(outcome(() => invertListEdit(objects)));
        expect(isListApplied(columns)).toBe(isListApplied(objects));
        expect(listWithoutBefores(columns)).toEqual(listWithoutBefores(objects));
        expect(listWithoutBefores(columns).ops.some((op) => 'before' in op || 'atEnd' in op)).toBe(false);
      }),
      { numRuns: runs(300) },
    );
  });

  it('joined and cut, nothing is lost', () => {
    fc.assert(
      fc.property(fc.array(arbitraryOps, { minLength: 1, maxLength: 4 }), fc.nat(), fc.nat(), (parts, start, end) => {
        const whole = parts.flat();
        const joined = joinLists(parts.map((ops) => listOfColumns(false, columnsOfOps(ops))));
        expect(joined.ops).toEqual(whole);
        const [first, last] = [start % (whole.length + 1), end % (whole.length + 1)].sort(
          (left, right) => left - right,
        );
        expect(opsOfColumns(sliceColumns(columnsOfOps(whole), first ?? 0, last ?? 0))).toEqual(
          whole.slice(first, last),
        );
      }),
      { numRuns: runs(200) },
    );
  });
});
