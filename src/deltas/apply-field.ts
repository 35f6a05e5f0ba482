import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import { applyListOps, checkListOps } from '../lists/apply.js';
import type { FieldOps } from '../operations/change.js';
import type { FieldOp } from '../operations/field-operation.js';
import { type Fields, sortedMap } from '../values/fields.js';
import { isList, type Value } from '../values/value.js';

/** All about a field that decides whether an operation fits: absent, a value that is no list, or a list's length. */
export type FieldShape = 'absent' | 'atom' | number;

/**
 * Checks that an operation fits a field.
 *
 * @throws DatastoreError `field-exists`, `field-missing`, `not-a-list` or `index-out-of-range`.
 * Spec: CHG-2.
 */
export function checkFieldOp(shape: FieldShape, op: FieldOp, place: Place): void {
  if (op.type !== 'list') return;
  if (op.create) {
    if (shape !== 'absent') throw new DatastoreError('field-exists', 'a list is created where a value is', place);
    checkListOps(0, op.ops, place);
    return;
  }
  if (shape === 'absent') throw new DatastoreError('field-missing', 'a list operation on an absent field', place);
  if (shape === 'atom') {
    throw new DatastoreError('not-a-list', 'a list operation on a field that holds no list', place);
  }
  checkListOps(shape, op.ops, place);
}

/**
 * The fields that operations make of `fields`, which stay as they are.
 *
 * @throws DatastoreError as {@link checkFieldOp} does, naming the field.
 */
export function applyFieldOps(fields: Fields, ops: FieldOps, place: Place): Fields {
  const result = new Map(fields);
  for (const [field, op] of ops) {
    const value = applyFieldOp(fields.get(field), op, placeOfField(place, field));
    if (value === undefined) result.delete(field);
    else result.set(field, value);
  }
  return sortedMap(result);
}

function applyFieldOp(current: Value | undefined, op: FieldOp, place: Place): Value | undefined {
  if (op.type === 'put') return op.value;
  if (op.type === 'delete') return undefined;
  checkFieldOp(shapeOf(current), op, place);
  return applyListOps(isList(current) ? current : [], op.ops, place);
}

function shapeOf(value: Value | undefined): FieldShape {
  if (value === undefined) return 'absent';
  return isList(value) ? value.length : 'atom';
}
