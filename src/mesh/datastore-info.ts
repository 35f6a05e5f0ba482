import { DatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { type Change, fieldPut, fieldSet, insertChange, updateChange } from '../operations/change.js';
import type { State } from '../state/state.js';
import { freezeMap } from '../values/fields.js';
import { compareValues } from '../values/order.js';

/** The record about the datastore itself: title and modified time. Spec: PEER-7. */
export const INFO_TABLE = ':info';
const INFO_RECORD = 'info';

export function titleOf(state: State): string | undefined {
  const title = state.reader(INFO_TABLE, INFO_RECORD).get('title');
  return typeof title === 'string' ? title : undefined;
}

export function mtimeOf(state: State): Date | undefined {
  const mtime = state.reader(INFO_TABLE, INFO_RECORD).get('mtime');
  return mtime instanceof Date ? mtime : undefined;
}

/** Sets the modified time, unless the state has a later one. */
export function mtimeChanges(state: State, time: Date): Change[] {
  const reader = state.reader(INFO_TABLE, INFO_RECORD);
  if (compareValues(reader.get('mtime'), time) >= 0) return [];
  if (!reader.exists) return [insertChange(INFO_TABLE, INFO_RECORD, freezeMap([['mtime', time]]))];
  return [updateChange(INFO_TABLE, INFO_RECORD, freezeMap([['mtime', fieldPut(time, undefined)]]))];
}

/** Makes the record that holds the title, if there is none. */
export function infoChanges(state: State): Change[] {
  if (state.reader(INFO_TABLE, INFO_RECORD).exists) return [];
  return [insertChange(INFO_TABLE, INFO_RECORD, freezeMap([]))];
}

/** Sets the title, or deletes it. @throws DatastoreError `invalid-value`. */
export function titleChange(title: unknown): Change {
  if (title !== undefined && typeof title !== 'string') {
    throw new DatastoreError('invalid-value', `a title must be a string, got ${quote(title)}`);
  }
  return updateChange(INFO_TABLE, INFO_RECORD, freezeMap([['title', fieldSet(title, undefined)]]));
}
