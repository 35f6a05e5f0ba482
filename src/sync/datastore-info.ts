import { changesIn, type Delta } from '../deltas/delta.js';
import { DatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { type Change, type FieldOp, fieldPut, fieldSet, insertChange, updateChange } from '../operations/change.js';
import { checkGrowth, type Limits } from '../state/limits.js';
import type { State } from '../state/state.js';
import { isDate } from '../values/brands.js';
import { freezeMap } from '../values/fields.js';
import { compareValues, valuesEqual } from '../values/order.js';
import { ownAtom } from '../values/ownership.js';
import { BASE_CHANGE_SIZE, BASE_FIELD_SIZE, BASE_RECORD_SIZE } from '../values/size.js';
import type { Value } from '../values/value.js';

/** The reserved table, record and fields that hold what there is to say about the datastore itself. Spec: SYNC-37. */
export const INFO_TABLE = ':info';
export const INFO_RECORD = 'info';
export const TITLE_FIELD = 'title';
export const MTIME_FIELD = 'mtime';

/** What setting the modified time can add to the delta it seals. */
export const MTIME_CHANGE_SIZE: number = BASE_CHANGE_SIZE;

export function titleOf(state: State): string | undefined {
  const title = infoField(state, TITLE_FIELD);
  return typeof title === 'string' ? title : undefined;
}

export function mtimeOf(state: State): Date | undefined {
  const mtime = infoField(state, MTIME_FIELD);
  return mtime instanceof Date ? mtime : undefined;
}

/** What a state takes of the limits, and of the record that has the modified time or will get it. */
export interface Weight {
  readonly size: number;
  readonly recordCount: number;
  /** 0 if there is no such record. */
  readonly infoSize: number;
  readonly hasMtime: boolean;
}

export function weigh(state: State): Weight {
  const { size, recordCount } = state;
  const info = state.reader(INFO_TABLE, INFO_RECORD);
  return { size, recordCount, infoSize: info.size, hasMtime: info.typeOf(MTIME_FIELD) !== undefined };
}

/**
 * Refuses an edit that leaves no room for the modified time, which will be sealed with it.
 *
 * @throws DatastoreError as `State.apply` does with limits. Spec: SYNC-16.
 */
export function checkRoomForMtime(before: Weight, after: Weight, limits: Limits): void {
  if (after.hasMtime) return;
  const was = withMtime(before);
  const is = withMtime(after);
  const info = { table: INFO_TABLE, record: INFO_RECORD };
  checkGrowth('record-too-large', was.recordSize, is.recordSize, limits.recordSize, info);
  checkGrowth('datastore-too-large', was.size, is.size, limits.datastoreSize);
  checkGrowth('too-many-records', was.recordCount, is.recordCount, limits.recordCount);
}

function withMtime({
  size,
  recordCount,
  infoSize,
  hasMtime,
}: Weight): Record<'size' | 'recordCount' | 'recordSize', number> {
  const missing = infoSize === 0 ? 1 : 0;
  const growth = missing * BASE_RECORD_SIZE + (hasMtime ? 0 : BASE_FIELD_SIZE);
  return { size: size + growth, recordCount: recordCount + missing, recordSize: growth + infoSize };
}

const DAY = 24 * 60 * 60 * 1000;
const LATEST_TIME = 8_640_000_000_000_000;

/**
 * Sets the modified time, unless the state has a later one. With `clockOffset`, the ms that the server's clock is ahead of
 * the one that gave `time`, no time is believed that is more than a day ahead of the server's. Spec: SYNC-38.
 */
export function mtimeChanges(state: State, time: Date, clockOffset: number | undefined): readonly Change[] {
  const serverTime = Math.min(time.getTime() + (clockOffset ?? 0), LATEST_TIME);
  const latest = clockOffset === undefined ? LATEST_TIME : Math.min(serverTime + DAY, LATEST_TIME);
  return mtimeSet(state, time.getTime() > latest ? new Date(serverTime) : time, latest);
}

function mtimeSet(state: State, time: Date, latest: number): readonly Change[] {
  const current = infoField(state, MTIME_FIELD);
  const isBelieved = compareValues(current, new Date(latest)) <= 0 || !(current instanceof Date);
  if (isBelieved && compareValues(current, time) >= 0) return [];
  if (state.get(INFO_TABLE, INFO_RECORD) === undefined) {
    return [insertChange(INFO_TABLE, INFO_RECORD, freezeMap([[MTIME_FIELD, time]]))];
  }
  return [updateChange(INFO_TABLE, INFO_RECORD, freezeMap([[MTIME_FIELD, fieldPut(time, undefined)]]))];
}

/**
 * What sets the title, or deletes it: the making of the record that holds it, if it is not there, and the rest.
 *
 * @throws DatastoreError `invalid-value`.
 */
export function titleEdit(
  state: State,
  title: string | undefined,
): { readonly recordMade: readonly Change[]; readonly titleSet: readonly Change[] } {
  if (title !== undefined && typeof title !== 'string') {
    throw new DatastoreError('invalid-value', `got the title ${quote(title)}: use a string, or undefined for none`);
  }
  const hasRecord = state.get(INFO_TABLE, INFO_RECORD) !== undefined;
  if (!hasRecord && title === undefined) return { recordMade: [], titleSet: [] };
  const owned = title === undefined ? undefined : ownAtom(title);
  const fields = freezeMap([[TITLE_FIELD, fieldSet(owned, undefined)]]);
  return {
    recordMade: hasRecord ? [] : [insertChange(INFO_TABLE, INFO_RECORD, freezeMap([]))],
    titleSet: [updateChange(INFO_TABLE, INFO_RECORD, fields)],
  };
}

/** Whether applied changes made another title. */
export function changesTitle(applied: Delta): boolean {
  return changesIn(applied).some((change) => {
    if (!isOfInfo(change)) return false;
    if (change.type !== 'update') {
      const fields = change.type === 'insert' ? change.fields : change.before;
      return fields?.has(TITLE_FIELD) === true;
    }
    const op = change.ops.get(TITLE_FIELD);
    if (op === undefined || op.type === 'list') return op !== undefined;
    return !valuesEqual(op.before, op.type === 'put' ? op.value : undefined);
  });
}

/** The changes of a delta that set the title, as {@link titleEdit} makes them: the record apart from the title. */
export function titleApart(change: Change): Change[] {
  if (change.type !== 'insert' || !isOfInfo(change) || change.fields.size === 0) return [change];
  const ops = new Map<string, FieldOp>();
  for (const [field, value] of change.fields) ops.set(field, fieldPut(value, { value: undefined }));
  return [insertChange(INFO_TABLE, INFO_RECORD, freezeMap([])), updateChange(INFO_TABLE, INFO_RECORD, freezeMap(ops))];
}

function infoField(state: State, field: string): Value | undefined {
  return state.get(INFO_TABLE, INFO_RECORD)?.get(field);
}

/** Whether a change does nothing but set the modified time. */
export function setsMtime(change: Change): boolean {
  if (!isOfInfo(change) || change.type === 'delete') return false;
  const fields = change.type === 'insert' ? change.fields : change.ops;
  return fields.size === 1 && fields.has(MTIME_FIELD);
}

/** Takes a time from outside. @throws DatastoreError `invalid-value`. */
export function ownTime(time: unknown): Date {
  if (isDate(time)) return ownAtom(time) as Date;
  throw new DatastoreError('invalid-value', `got the time ${quote(time)}: use a valid Date`);
}

/** Whether a change is about the datastore itself. */
export function isOfInfo(change: Pick<Change, 'table'>): boolean {
  // A value that is not a change is rejected where it is applied.
  return (change as Pick<Change, 'table'> | null)?.table === INFO_TABLE;
}
