import fc from 'fast-check';
import type { Change, ListOp } from '../../src/index.js';

/** Where an edit of a list is made, or tried: the names need not be valid. */
export interface Place {
  readonly table: string;
  readonly record: string;
  readonly field: string;
}

const value = fc.constantFrom<unknown>('x', 1n, new Uint8Array([7]), 'long'.repeat(20), 'long'.repeat(60));

/** One operation on a short list; one in ten has an index that is none. */
export function arbitraryListOp(invalidIndexes: readonly unknown[] = [-1]): fc.Arbitrary<ListOp> {
  const index = fc.oneof(
    { weight: 9, arbitrary: fc.nat({ max: 5 }) },
    { weight: 1, arbitrary: fc.constantFrom(...invalidIndexes) },
  );
  return fc.oneof(
    fc.record({ type: fc.constant('insert'), index, value, atEnd: fc.constantFrom<unknown>(true, undefined) }),
    fc.record({ type: fc.constantFrom('put', 'delete'), index, value }),
    fc.record({ type: fc.constant('move'), from: index, to: index }),
  ) as fc.Arbitrary<ListOp>;
}

/** The update that is this operation. @param create whether it makes the list. */
export function updateBy({ table, record, field }: Place, op: ListOp, create = false): Change {
  return { type: 'update', table, record, ops: new Map([[field, { type: 'list', create, ops: [op] }]]) };
}
