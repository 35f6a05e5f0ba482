import { type Change, deleteChange, type FieldOps, insertChange, updateChange } from '../operations/change.js';
import type { Fields } from '../values/fields.js';

/**
 * What a normal form does to one record: `insert`, `update` or `delete` as one change, `replace` as a delete and then an
 * insert. Spec: NORM-2.
 */
export type RecordEdit =
  | { readonly type: 'insert'; readonly fields: Fields }
  | { readonly type: 'update'; readonly ops: FieldOps }
  | { readonly type: 'delete'; readonly before: Fields | undefined }
  | { readonly type: 'replace'; readonly before: Fields | undefined; readonly fields: Fields };

/** The changes of a normal form by table and record, in the order of the normal form. */
export type EditsByRecord = ReadonlyMap<string, ReadonlyMap<string, RecordEdit>>;

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

/** Reads a delta in normal form as edits by record. */
export function editsByRecord(normalForm: readonly Change[]): EditsByRecord {
  const tables = new Map<string, Map<string, RecordEdit>>();
  for (const change of normalForm) {
    const records = tables.get(change.table) ?? new Map<string, RecordEdit>();
    tables.set(change.table, records);
    records.set(change.record, joinEdit(records.get(change.record), change));
  }
  return tables;
}

function joinEdit(deleted: RecordEdit | undefined, change: Change): RecordEdit {
  if (change.type === 'update') return { type: 'update', ops: change.ops };
  if (change.type === 'delete') return { type: 'delete', before: change.before };
  if (deleted?.type !== 'delete') return { type: 'insert', fields: change.fields };
  return { type: 'replace', before: deleted.before, fields: change.fields };
}
