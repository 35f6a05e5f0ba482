import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import { applyListEdit, invertListEdit } from '../lists/apply.js';
import { type Change, deleteChange, type FieldOps, insertChange, updateChange } from '../operations/change.js';
import { beforeOf, type FieldOp, fieldDelete, fieldSet, valueAfter } from '../operations/field-operation.js';
import { ownChanges } from '../operations/ownership.js';
import { freezeMap } from '../values/fields.js';
import { changesIn, Delta, type DeltaInput, deltaOf } from './delta.js';

/**
 * The delta that undoes an applied delta. It is in normal form and is applied itself.
 *
 * Law: `state · d · invert(d) = state` for what `State.apply` returned on that state, and for its normal form.
 *
 * @throws DatastoreError `before-missing` if a change does not say what it overwrote; otherwise as `compress`.
 * Spec: INV-1 to INV-3.
 */
export function invert(applied: DeltaInput): Delta {
  const changes = Delta.is(applied) ? changesIn(applied) : ownChanges(applied);
  return deltaOf(changes.map((change, position) => invertChange(change, position)).reverse());
}

/**
 * The change that undoes an applied change.
 *
 * @throws DatastoreError `before-missing`.
 */
export function invertChange(change: Change, position?: number): Change {
  const { table, record } = change;
  const place = { position, table, record };
  switch (change.type) {
    case 'insert':
      return deleteChange(table, record, change.fields);
    case 'delete':
      if (change.before === undefined) throw beforeMissing('a delete', place);
      return insertChange(table, record, change.before);
    case 'update':
      return updateChange(table, record, invertFieldOps(change.ops, place));
  }
}

function invertFieldOps(ops: FieldOps, place: Place): FieldOps {
  const inverse = new Map<string, FieldOp>();
  for (const [field, op] of ops) {
    const undo = invertFieldOp(op, placeOfField(place, field));
    if (undo !== undefined) inverse.set(field, undo);
  }
  return freezeMap(inverse);
}

/** The operation that undoes `op`, or `undefined` if `op` deleted a field that was absent and so did nothing. */
function invertFieldOp(op: FieldOp, place: Place): FieldOp | undefined {
  if (op.type === 'list') {
    if (op.create) return fieldDelete({ value: applyListEdit([], op, place) });
    return invertListEdit(op, place);
  }
  const before = beforeOf(op);
  if (before === undefined) throw beforeMissing(`a ${op.type}`, place);
  const after = valueAfter(op);
  if (after === undefined && before.value === undefined) return undefined;
  return fieldSet(before.value, { value: after });
}

function beforeMissing(what: string, place: Place): DatastoreError {
  return new DatastoreError(
    'before-missing',
    `${what} does not say what it overwrote: invert what \`apply\` returned`,
    place,
  );
}
