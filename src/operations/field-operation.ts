import type { Value } from '../values/value.js';
import { areListOpsApplied, type ListOp } from './list-operation.js';

/**
 * One edit of a field.
 *
 * - `put` gives the field a value, whether it is present or not.
 * - `delete` removes the field; on an absent field it does nothing.
 * - `list` edits the list in the field. With `create` the field must be absent and starts as an empty list; without, it
 *   must hold a list.
 *
 * `before` is the value that was overwritten: the key is missing where that is unknown, and `undefined` in it means that
 * the field was absent. Spec: CHG-2.
 */
export type FieldOp = FieldPut | FieldDelete | FieldList;

/** Gives a field a value. Spec: CHG-2. */
export interface FieldPut {
  readonly type: 'put';
  readonly value: Value;
  readonly before?: Value | undefined;
}

/** Removes a field. Spec: CHG-2. */
export interface FieldDelete {
  readonly type: 'delete';
  readonly before?: Value | undefined;
}

/** Edits the list in a field, or creates it. Spec: CHG-2. */
export interface FieldList {
  readonly type: 'list';
  readonly create: boolean;
  readonly ops: readonly ListOp[];
}

/** What a place held before an edit: nothing where that is unknown, `{ value: undefined }` where it was absent. */
export type Before<T> = { readonly value: T | undefined } | undefined;

export function fieldPut(value: Value, before: Before<Value>): FieldPut {
  return Object.freeze(before === undefined ? { type: 'put', value } : { type: 'put', value, before: before.value });
}

export function fieldDelete(before: Before<Value>): FieldDelete {
  return Object.freeze(before === undefined ? { type: 'delete' } : { type: 'delete', before: before.value });
}

/** The operation that leaves `value` in a field, where `undefined` leaves it absent. */
export function fieldSet(value: Value | undefined, before: Before<Value>): FieldPut | FieldDelete {
  return value === undefined ? fieldDelete(before) : fieldPut(value, before);
}

export function fieldList(create: boolean, ops: readonly ListOp[]): FieldList {
  return Object.freeze({ type: 'list', create, ops: Object.freeze(ops) });
}

/** What a put or delete overwrote, as far as it says. */
export function beforeOf(op: FieldPut | FieldDelete): Before<Value> {
  return 'before' in op ? { value: op.before } : undefined;
}

/** What a put or delete leaves in a field, `undefined` where that is absent. */
export function valueAfter(op: FieldPut | FieldDelete): Value | undefined {
  return op.type === 'put' ? op.value : undefined;
}

/** Whether the operation carries everything that it overwrote. */
export function isFieldOpApplied(op: FieldOp): boolean {
  return op.type === 'list' ? areListOpsApplied(op.ops) : 'before' in op;
}
