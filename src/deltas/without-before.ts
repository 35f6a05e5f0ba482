import { type Change, type Delta, deleteChange, updateChange } from '../operations/change.js';
import { type FieldOp, fieldDelete, fieldList, fieldPut } from '../operations/field-operation.js';
import { type ListOp, listDelete, listPut } from '../operations/list-operation.js';
import { FrozenMapBuilder } from '../values/fields.js';
import { compress } from './compress.js';
import { asNormalForm } from './normal-form.js';

/**
 * The normal form of a delta without what it overwrote: the form in which a delta travels.
 *
 * @throws DatastoreError as `compress` does.
 * Law: `state · d = state · deltaWithoutBefore(d)`.
 */
export function deltaWithoutBefore(delta: Delta): Delta {
  return asNormalForm(compress(delta).map(changeWithoutBefore));
}

/** A change of remote's after a merge: what it overwrites may be something else by now, so it does not say. */
export function changeWithoutBefore(change: Change): Change {
  const { table, record } = change;
  switch (change.type) {
    case 'insert':
      return change;
    case 'update': {
      const ops = new FrozenMapBuilder<string, FieldOp>();
      for (const [field, op] of change.ops) ops.set(field, fieldOpWithoutBefore(op));
      return updateChange(table, record, ops.finish());
    }
    case 'delete':
      return deleteChange(table, record, undefined);
  }
}

/** {@link changeWithoutBefore} for the operation on one field. */
export function fieldOpWithoutBefore(op: FieldOp): FieldOp {
  switch (op.type) {
    case 'put':
      return fieldPut(op.value, undefined);
    case 'delete':
      return fieldDelete(undefined);
    case 'list':
      return fieldList(op.create, op.ops.map(listOpWithoutBefore));
  }
}

function listOpWithoutBefore(op: ListOp): ListOp {
  if (op.type === 'put') return listPut(op.index, op.value);
  return op.type === 'delete' ? listDelete(op.index) : op;
}
