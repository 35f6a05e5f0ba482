import { type Place, placeOfField } from '../errors/datastore-error.js';
import { applyListEdit, listMisfit, type Misfit, misfitError } from '../lists/apply.js';
import type { FieldOp, FieldOps } from '../operations/change.js';
import { type Fields, sortedMap } from '../values/fields.js';
import { isList, type Value } from '../values/value.js';

/** All about a field that decides whether an operation fits: absent, a single value, or a list's length. */
export type FieldShape = 'absent' | 'atom' | number;

/** Why an operation does not fit a field, if so. Spec: CHG-2. */
export function fieldMisfit(shape: FieldShape, op: FieldOp): Misfit | undefined {
  if (op.type !== 'list') return undefined;
  if (op.create) {
    if (shape !== 'absent') return { code: 'field-exists', reason: 'a list is created where a value is' };
    return listMisfit(0, op);
  }
  if (shape === 'absent') return { code: 'field-missing', reason: 'a list operation on an absent field' };
  if (shape === 'atom') return { code: 'not-a-list', reason: 'a list operation on a field that holds no list' };
  return listMisfit(shape, op);
}

/**
 * The fields that operations make of `fields`, which stay as they are.
 *
 * @throws DatastoreError `field-exists`, `field-missing`, `not-a-list` or `index-out-of-range`, naming the field.
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
  const misfit = fieldMisfit(shapeOf(current), op);
  if (misfit !== undefined) throw misfitError(misfit, place);
  return applyListEdit(isList(current) ? current : [], op, place);
}

function shapeOf(value: Value | undefined): FieldShape {
  if (value === undefined) return 'absent';
  return isList(value) ? value.length : 'atom';
}
