import { type Fields, singleEntry } from '../values/fields.js';
import type { Atom, Value } from '../values/value.js';

/** Operations on the fields of one record by field name. */
export type FieldOps = ReadonlyMap<string, FieldOp>;

/**
 * One edit of a record: `insert` makes a record that must not exist; `update` and `delete` need one that does. `before`
 * of a delete holds the fields that were removed: present in an applied delta, optional elsewhere. Spec: CHG-1.
 */
export type Change = InsertChange | UpdateChange | DeleteChange;

/** Makes a record with the given fields; no record of that id may exist. Spec: CHG-1. */
export interface InsertChange {
  readonly type: 'insert';
  readonly table: string;
  readonly record: string;
  readonly fields: Fields;
}

/** Edits fields of a record, each by one operation. Spec: CHG-1. */
export interface UpdateChange {
  readonly type: 'update';
  readonly table: string;
  readonly record: string;
  readonly ops: FieldOps;
}

/** Deletes a record. Spec: CHG-1. */
export interface DeleteChange {
  readonly type: 'delete';
  readonly table: string;
  readonly record: string;
  readonly before?: Fields;
}

export function insertChange(table: string, record: string, fields: Fields): InsertChange {
  return Object.freeze({ type: 'insert', table, record, fields });
}

export function updateChange(table: string, record: string, ops: FieldOps): UpdateChange {
  return Object.freeze({ type: 'update', table, record, ops });
}

/** Makes a delete. A record that a delete meets is never absent, so `before` is either its fields or unknown. */
export function deleteChange(table: string, record: string, before: Fields | undefined): DeleteChange {
  return Object.freeze(
    before === undefined ? { type: 'delete', table, record } : { type: 'delete', table, record, before },
  );
}

/**
 * One edit of a field.
 *
 * - `put` gives the field a value, whether it is present or not.
 * - `delete` removes the field; on an absent field it does nothing.
 * - `list` edits the list in the field. With `create` the field must be absent and starts as an empty list; without, it
 *   must hold a list.
 *
 * `before` is the value that was overwritten: the key is missing where that is unknown, and `undefined` in it means
 * that the field was absent. Spec: CHG-2.
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

/** Where a list is. */
export interface ListPlace {
  readonly table: string;
  readonly record: string;
  readonly field: string;
}

/** One operation on one list, as most edits are. */
export interface PlacedListOp {
  readonly place: ListPlace;
  readonly op: ListOp;
}

/** The update that is one operation on a list. */
export function listOpChange({ table, record, field }: ListPlace, op: ListOp): UpdateChange {
  return updateChange(table, record, singleEntry<string, FieldOp>(field, fieldList(false, [op])));
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

/**
 * One edit of a list. Indexes count from 0 and refer to the list as the operations before it left it.
 *
 * - `put` replaces the item at `index`; 0 ≤ index < length.
 * - `insert` makes `value` the item at `index`; 0 ≤ index ≤ length. With `atEnd` it is an append: it was meant as "at the
 *   end", not as "directly after the item before it".
 * - `delete` removes the item at `index`; 0 ≤ index < length.
 * - `move` takes out the item at `from` and inserts it so that it ends at index `to`; both < length. A move with
 *   from = to does nothing.
 *
 * `before` is the item that was overwritten or removed. It is present in an applied delta and optional elsewhere. Neither
 * it nor `atEnd` travels: only a merge on the side that made the edit uses them. Spec: CHG-3, LIST-4.
 */
export type ListOp = ListPut | ListInsert | ListDelete | ListMove;

/** Replaces the item at `index`. Spec: CHG-3. */
export interface ListPut {
  readonly type: 'put';
  readonly index: number;
  readonly value: Atom;
  readonly before?: Atom | undefined;
}

/** Inserts an item, which is then at `index`. Spec: CHG-3. */
export interface ListInsert {
  readonly type: 'insert';
  readonly index: number;
  readonly value: Atom;
  readonly atEnd?: true | undefined;
}

/** Removes the item at `index`. Spec: CHG-3. */
export interface ListDelete {
  readonly type: 'delete';
  readonly index: number;
  readonly before?: Atom | undefined;
}

/** Moves the item at `from`, which is then at `to`. Spec: CHG-3. */
export interface ListMove {
  readonly type: 'move';
  readonly from: number;
  readonly to: number;
}

/** No list is longer than this and one: a merge numbers the places of items in 31 bits. */
export const LIST_INDEX_MAX: number = 2 ** 29 - 1;

/** Whether something from outside can be an index of a list. */
export function isListIndex(index: unknown): index is number {
  return Number.isInteger(index) && (index as number) >= 0 && (index as number) <= LIST_INDEX_MAX;
}

/** Makes a put. Without `before`, or with `undefined` for it, what the put overwrites is unknown. */
export function listPut(index: number, value: Atom, before?: Atom): ListPut {
  return Object.freeze(before === undefined ? { type: 'put', index, value } : { type: 'put', index, value, before });
}

/** Makes an insert, or, with `atEnd`, an append. */
export function listInsert(index: number, value: Atom, atEnd = false): ListInsert {
  return Object.freeze(atEnd ? { type: 'insert', index, value, atEnd } : { type: 'insert', index, value });
}

/** Makes a delete. Without `before`, or with `undefined` for it, what the delete removes is unknown. */
export function listDelete(index: number, before?: Atom): ListDelete {
  return Object.freeze(before === undefined ? { type: 'delete', index } : { type: 'delete', index, before });
}

export function listMove(from: number, to: number): ListMove {
  return Object.freeze({ type: 'move', from, to });
}

/** Whether every operation that overwrites an item carries what it overwrote. */
export function areListOpsApplied(ops: readonly ListOp[]): boolean {
  return ops.every((op) => op.type === 'insert' || op.type === 'move' || op.before !== undefined);
}
