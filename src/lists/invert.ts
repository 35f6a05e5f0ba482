import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { type ListOp, listDelete, listInsert, listMove, listPut } from '../operations/list-operation.js';

/**
 * The operations that undo `ops`, applied themselves.
 *
 * @throws DatastoreError `before-missing` if an operation does not say what it overwrote.
 * Spec: INV-2, INV-3.
 */
export function invertListOps(ops: readonly ListOp[], place?: Place): readonly ListOp[] {
  return ops.map((op) => invertListOp(op, place)).reverse();
}

function invertListOp(op: ListOp, place: Place | undefined): ListOp {
  if (op.type === 'insert') return listDelete(op.index, op.value);
  if (op.type === 'move') return listMove(op.to, op.from);
  if (op.before === undefined) {
    throw new DatastoreError('before-missing', `a list ${op.type} does not say what it overwrote`, {
      ...place,
      index: op.index,
    });
  }
  return op.type === 'put' ? listPut(op.index, op.before, op.value) : listInsert(op.index, op.before);
}
