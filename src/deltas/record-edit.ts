import { type Change, deleteChange, type FieldOps, insertChange, updateChange } from '../operations/change.js';
import type { Fields } from '../values/fields.js';
import { compareText } from '../values/text.js';

/**
 * What a normal form does to one record: `insert`, `update` or `delete` as one change, `replace` as a delete and then an
 * insert. Spec: NORM-2.
 */
export type RecordEdit =
  | { readonly type: 'insert'; readonly fields: Fields }
  | { readonly type: 'update'; readonly ops: FieldOps }
  | { readonly type: 'delete'; readonly before: Fields | undefined }
  | { readonly type: 'replace'; readonly before: Fields | undefined; readonly fields: Fields };

/** The changes that make up an edit. */
export function changesOf(table: string, record: string, edit: RecordEdit): Change[] {
  switch (edit.type) {
    case 'insert':
      return [insertChange(table, record, edit.fields)];
    case 'update':
      return [updateChange(table, record, edit.ops)];
    case 'delete':
      return [deleteChange(table, record, edit.before)];
    case 'replace':
      return [deleteChange(table, record, edit.before), insertChange(table, record, edit.fields)];
  }
}

/** One record's stretch of a normal form; the end is exclusive. */
export interface PlacedEdit {
  readonly table: string;
  readonly record: string;
  readonly start: number;
  readonly end: number;
  readonly edit: RecordEdit;
}

/** The edit that begins at a position of a normal form. */
export function editAt(normalForm: readonly Change[], start: number): PlacedEdit | undefined {
  const change = normalForm[start];
  if (change === undefined) return undefined;
  const { table, record } = change;
  if (change.type === 'update')
    return { table, record, start, end: start + 1, edit: { type: 'update', ops: change.ops } };
  if (change.type === 'insert') {
    return { table, record, start, end: start + 1, edit: { type: 'insert', fields: change.fields } };
  }
  const next = normalForm[start + 1];
  if (next?.type !== 'insert' || next.record !== record || next.table !== table) {
    return { table, record, start, end: start + 1, edit: { type: 'delete', before: change.before } };
  }
  return {
    table,
    record,
    start,
    end: start + 2,
    edit: { type: 'replace', before: change.before, fields: next.fields },
  };
}

/** Finds what a normal form does to a record, if anything, by binary search. */
export function findEdit(normalForm: readonly Change[], table: string, record: string): PlacedEdit | undefined {
  let low = 0;
  let high = normalForm.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const change = normalForm[middle];
    if (change !== undefined && comparePlaces(change, table, record) < 0) low = middle + 1;
    else high = middle;
  }
  const found = editAt(normalForm, low);
  return found?.table === table && found.record === record ? found : undefined;
}

function comparePlaces(change: Change, table: string, record: string): number {
  return compareText(change.table, table) || compareText(change.record, record);
}
