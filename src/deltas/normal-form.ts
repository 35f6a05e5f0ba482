import { invariant } from '../errors/invariant-error.js';
import {
  type Change,
  deleteChange,
  type FieldOps,
  fieldDelete,
  insertChange,
  updateChange,
} from '../operations/change.js';
import { mapFieldOps } from '../operations/lend.js';
import { opCountOf } from '../operations/list-columns.js';
import { type Fields, isInOrder } from '../values/fields.js';
import { compareText } from '../values/text.js';

const NO_FIELDS: Fields = new Map();
const NO_OPS: FieldOps = new Map();

/**
 * Whether changes that the engine owns are in normal form already. Most changes from outside are, and checking costs
 * far less than composing them again. Spec: NORM-2, NORM-3, NORM-8.
 */
export function isInNormalForm(changes: readonly Change[]): boolean {
  for (let at = 0; at < changes.length; at++) {
    const change = changes[at] as Change;
    if (!isNormalChange(change)) return false;
    // An index of −1 would be looked up as a name, which takes longer than all the rest.
    if (at === 0) continue;
    const previous = changes[at - 1] as Change;
    const order = comparePlaces(previous, change);
    if (order > 0 || (order === 0 && !isContinued(previous, change))) return false;
  }
  return true;
}

/** Whether two changes of one record both belong to its edit: a replace, or an insert with what is edited behind it. */
function isContinued(previous: Change, change: Change): boolean {
  if (change.type === 'insert') return previous.type === 'delete';
  return previous.type === 'insert' && change.type === 'update' && isBehindInsert(previous.fields, change.ops);
}

function isBehindInsert(fields: Fields, ops: FieldOps): boolean {
  for (const [field, op] of ops) {
    if (fields.has(field)) return false;
    if (op.type === 'list' ? !op.create : op.type === 'put' || 'before' in op) return false;
  }
  return true;
}

/** Applied changes of a normal form as a normal form: what is deleted behind an insert overwrites nothing. Spec: NORM-9. */
export function normalFormOf(applied: readonly Change[]): readonly Change[] {
  return applied.map((change, at) => {
    if (change.type !== 'update' || at === 0 || comparePlaces(applied[at - 1] as Change, change) !== 0) return change;
    const ops = mapFieldOps(change.ops, (op) => (op.type === 'delete' ? fieldDelete(undefined) : op));
    return ops === change.ops ? change : updateChange(change.table, change.record, ops);
  });
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
 * What a normal form does to one record: `insert`, `update` or `delete` as one change, `replace` as a delete and then an
 * insert. An insert can have an update behind it: see {@link InsertedRecord}. Spec: NORM-2, NORM-7.
 */
export type RecordEdit =
  | ({ readonly type: 'insert' } & InsertedRecord)
  | { readonly type: 'update'; readonly ops: FieldOps }
  | { readonly type: 'delete'; readonly before: Fields | undefined }
  | ({ readonly type: 'replace'; readonly before: Fields | undefined } & InsertedRecord);

/** A record as a normal form inserts it. */
export interface InsertedRecord {
  /** The fields that were given a value. */
  readonly fields: Fields;
  /**
   * Operations on other fields, which are an update behind the insert: lists that were created, so that they still merge
   * with those that others create, and deleted fields, because a list that is created after that is a value.
   */
  readonly ops: FieldOps;
}

/** The changes that make up an edit. */
export function changesOf(table: string, record: string, edit: RecordEdit): Change[] {
  switch (edit.type) {
    case 'insert':
      return insertOf(table, record, edit);
    case 'update':
      return [updateChange(table, record, edit.ops)];
    case 'delete':
      return [deleteChange(table, record, edit.before)];
    case 'replace':
      return [deleteChange(table, record, edit.before), ...insertOf(table, record, edit)];
  }
}

function insertOf(table: string, record: string, { fields, ops }: InsertedRecord): Change[] {
  const insert = insertChange(table, record, fields);
  return ops.size === 0 ? [insert] : [insert, updateChange(table, record, ops)];
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
  const follower = (at: number): Change | undefined => {
    const next = normalForm[at];
    return next?.record === record && next.table === table ? next : undefined;
  };
  const insert = change.type === 'insert' ? change : follower(start + 1);
  if (insert?.type !== 'insert') {
    invariant(change.type === 'delete', 'an insert is an insert');
    return { table, record, start, end: start + 1, edit: { type: 'delete', before: change.before } };
  }
  const insertEnd = insert === change ? start + 1 : start + 2;
  const update = follower(insertEnd);
  const hasUpdate = update?.type === 'update';
  const inserted: InsertedRecord = { fields: insert.fields, ops: hasUpdate ? update.ops : NO_OPS };
  return {
    table,
    record,
    start,
    end: hasUpdate ? insertEnd + 1 : insertEnd,
    edit:
      change.type === 'delete'
        ? { type: 'replace', before: change.before, ...inserted }
        : { type: 'insert', ...inserted },
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
