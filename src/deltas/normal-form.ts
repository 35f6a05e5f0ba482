import { type Change, deleteChange, type FieldOps, insertChange, updateChange } from '../operations/change.js';
import { opCountOf } from '../operations/list-columns.js';
import { type Fields, isInOrder } from '../values/fields.js';
import { compareText } from '../values/text.js';

const NO_FIELDS: Fields = new Map();

/**
 * Whether changes that the engine owns are in normal form already. Most changes from outside are, and checking costs
 * far less than composing them again. Spec: NORM-2, NORM-3, NORM-8.
 */
export function isInNormalForm(changes: readonly Change[]): boolean {
  for (let at = 0; at < changes.length; at++) {
    const change = changes[at] as Change;
    if (!isNormalChange(change)) return false;
    const previous = changes[at - 1];
    if (previous === undefined) continue;
    const order = comparePlaces(previous, change);
    const isReplace = order === 0 && previous.type === 'delete' && change.type === 'insert';
    if (order > 0 || (order === 0 && !isReplace)) return false;
  }
  return true;
}

/** Whether one change that the engine owns is in normal form. */
export function isNormalChange(change: Change): boolean {
  return (change.type !== 'update' || doesSomething(change.ops)) && isInOrder(contentOf(change));
}

/** The content of a change by field name. */
function contentOf(change: Change): ReadonlyMap<string, unknown> {
  if (change.type === 'update') return change.ops;
  return (change.type === 'insert' ? change.fields : change.before) ?? NO_FIELDS;
}

function doesSomething(ops: FieldOps): boolean {
  for (const op of ops.values()) if (op.type === 'list' && !op.create && opCountOf(op) === 0) return false;
  return ops.size > 0;
}

/**
 * What a normal form does to one record: `insert`, `update` or `delete` as one change, `replace` as a delete and then
 * an insert. Spec: NORM-2.
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

/**
 * The position in a normal form at which a record's edit is, or would be. The search begins at `start`, in
 * strides that double: near by it is found at once, and far away in the logarithm of the distance.
 */
export function positionOfRecord(normalForm: readonly Change[], table: string, record: string, start: number): number {
  const isBefore = (at: number): boolean => {
    const change = normalForm[at];
    return change !== undefined && comparePlaces(change, { table, record }) < 0;
  };
  let low = start;
  let stride = 1;
  while (isBefore(low + stride - 1)) {
    low += stride;
    stride *= 2;
  }
  let high = Math.min(low + stride - 1, normalForm.length);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Compares the positions of two changes in a normal form: code point order of table and record. */
export function comparePlaces(left: RecordPlace, right: RecordPlace): number {
  return left.table === right.table ? compareText(left.record, right.record) : compareText(left.table, right.table);
}

type RecordPlace = Pick<Change, 'table' | 'record'>;
