import { DatastoreError } from '../errors/datastore-error.js';
import { type Change, type Delta, insertChange, updateChange } from '../operations/change.js';
import { fieldPut, fieldSet } from '../operations/field-operation.js';
import type { Limits } from '../state/limits.js';
import type { State } from '../state/state.js';
import { freezeMap } from '../values/fields.js';
import { compareValues } from '../values/order.js';
import { ownAtom } from '../values/ownership.js';
import { BASE_CHANGE_SIZE, BASE_FIELD_SIZE, BASE_RECORD_SIZE } from '../values/size.js';
import type { Value } from '../values/value.js';

/** The reserved table, record and fields that hold what there is to say about the datastore itself. Spec: SYNC-37. */
export const INFO_TABLE = ':info';
export const INFO_RECORD = 'info';
export const TITLE_FIELD = 'title';
export const MTIME_FIELD = 'mtime';

/** What setting the modified time can add to the delta it seals, besides being its only change. */
const MTIME_CHANGE_SIZE: number = BASE_CHANGE_SIZE;

export function titleOf(state: State): string | undefined {
  const title = infoField(state, TITLE_FIELD);
  return typeof title === 'string' ? title : undefined;
}

export function mtimeOf(state: State): Date | undefined {
  const mtime = infoField(state, MTIME_FIELD);
  return mtime instanceof Date ? mtime : undefined;
}

/** By how many bytes and records setting the modified time makes a state larger. */
function mtimeGrowth(state: State): { readonly size: number; readonly records: number } {
  const info = state.get(INFO_TABLE, INFO_RECORD);
  if (info?.has(MTIME_FIELD)) return { size: 0, records: 0 };
  const fields = BASE_FIELD_SIZE;
  return info === undefined ? { size: BASE_RECORD_SIZE + fields, records: 1 } : { size: fields, records: 0 };
}

/** The limits for an edit: room is left for the modified time, which will be sealed with it. Spec: SYNC-16. */
export function limitsOfEdit(state: State, limits: Limits): Limits {
  const growth = mtimeGrowth(state);
  return {
    datastoreSize: limits.datastoreSize - growth.size,
    recordSize: limits.recordSize,
    deltaSize: limits.deltaSize - MTIME_CHANGE_SIZE,
    recordCount: limits.recordCount - growth.records,
  };
}

/** Sets the modified time, unless the state has a later one. Spec: SYNC-38. */
export function mtimeDelta(state: State, time: Date): Delta {
  const current = infoField(state, MTIME_FIELD);
  if (compareValues(current, time) >= 0) return [];
  if (state.get(INFO_TABLE, INFO_RECORD) === undefined) {
    return [insertChange(INFO_TABLE, INFO_RECORD, freezeMap(new Map([[MTIME_FIELD, time]])))];
  }
  return [updateChange(INFO_TABLE, INFO_RECORD, freezeMap(new Map([[MTIME_FIELD, fieldPut(time, undefined)]])))];
}

/**
 * What sets the title, or deletes it: the making of the record that holds it, if it is not there, and the rest.
 *
 * @throws DatastoreError `invalid-value`.
 */
export function titleEdit(
  state: State,
  title: string | undefined,
): { readonly recordMade: Delta; readonly titleSet: Delta } {
  if (title !== undefined && typeof title !== 'string') {
    throw new DatastoreError('invalid-value', 'a title is a string');
  }
  const hasRecord = state.get(INFO_TABLE, INFO_RECORD) !== undefined;
  if (!hasRecord && title === undefined) return { recordMade: [], titleSet: [] };
  const fields = freezeMap(new Map([[TITLE_FIELD, fieldSet(title, undefined)]]));
  return {
    recordMade: hasRecord ? [] : [insertChange(INFO_TABLE, INFO_RECORD, freezeMap(new Map()))],
    titleSet: [updateChange(INFO_TABLE, INFO_RECORD, fields)],
  };
}

function infoField(state: State, field: string): Value | undefined {
  return state.get(INFO_TABLE, INFO_RECORD)?.get(field);
}

/** Takes a time from outside. @throws DatastoreError `invalid-value`. */
export function ownTime(time: unknown): Date {
  const owned = ownAtom(time);
  if (owned instanceof Date) return owned;
  throw new DatastoreError('invalid-value', 'the time of a sync must be a date');
}

/** Whether a change is about the datastore itself. */
export function isOfInfo({ table }: Change): boolean {
  return table === INFO_TABLE;
}
