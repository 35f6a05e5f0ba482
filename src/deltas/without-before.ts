import { type Change, deleteChange, updateChange } from '../operations/change.js';
import { type FieldOp, fieldDelete, fieldPut } from '../operations/field-operation.js';
import { listWithoutBefores } from '../operations/list-columns.js';
import { mapFieldOps } from '../operations/map-operations.js';
import { changesIn, Delta, type DeltaInput, deltaInNormalForm } from './delta.js';

/**
 * The normal form of a delta without what it overwrote: the form in which a delta travels.
 *
 * @throws DatastoreError as `compress` does.
 * Law: `state · d = state · deltaWithoutBefore(d)`.
 */
export function deltaWithoutBefore(delta: DeltaInput): Delta {
  const given = Delta.from(delta);
  const changes = changesIn(given);
  const without = changes.map(changeWithoutBefore);
  return without.every((change, position) => change === changes[position]) ? given : deltaInNormalForm(without);
}

/** A change of remote's after a merge: what it overwrites may be something else by now, so it does not say. */
export function changeWithoutBefore(change: Change): Change {
  const { table, record } = change;
  switch (change.type) {
    case 'insert':
      return change;
    case 'update': {
      const ops = mapFieldOps(change.ops, fieldOpWithoutBefore);
      return ops === change.ops ? change : updateChange(table, record, ops);
    }
    case 'delete':
      return change.before === undefined ? change : deleteChange(table, record, undefined);
  }
}

/** {@link changeWithoutBefore} for the operation on one field. */
export function fieldOpWithoutBefore(op: FieldOp): FieldOp {
  switch (op.type) {
    case 'put':
      return 'before' in op ? fieldPut(op.value, undefined) : op;
    case 'delete':
      return 'before' in op ? fieldDelete(undefined) : op;
    case 'list':
      return listWithoutBefores(op);
  }
}
