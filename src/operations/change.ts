import type { Fields } from '../values/fields.js';
import type { FieldOp } from './field-operation.js';

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
