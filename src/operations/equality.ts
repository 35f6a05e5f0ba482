import type { Fields } from '../values/fields.js';
import { valuesEqual } from '../values/order.js';
import type { Change, FieldOp, ListOp } from './change.js';

/**
 * Whether two sequences of changes are the same, in what they say was overwritten too. The names are in order in both.
 */
export function areChangesEqual(left: readonly Change[], right: readonly Change[]): boolean {
  return areAllEqual(left, right, isChangeEqual);
}

function isChangeEqual(left: Change, right: Change): boolean {
  if (left.table !== right.table || left.record !== right.record) return false;
  switch (left.type) {
    case 'insert':
      return right.type === 'insert' && areEntriesEqual(left.fields, right.fields, valuesEqual);
    case 'update':
      return right.type === 'update' && areEntriesEqual(left.ops, right.ops, isFieldOpEqual);
    case 'delete':
      return right.type === 'delete' && areFieldsEqual(left.before, right.before);
  }
}

function areFieldsEqual(left: Fields | undefined, right: Fields | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return areEntriesEqual(left, right, valuesEqual);
}

export function isFieldOpEqual(left: FieldOp, right: FieldOp): boolean {
  if (left.type === 'list') {
    return right.type === 'list' && left.create === right.create && areAllEqual(left.ops, right.ops, isListOpEqual);
  }
  if (right.type === 'list') return false;
  if ('before' in left !== 'before' in right || !valuesEqual(left.before, right.before)) return false;
  if (left.type === 'delete') return right.type === 'delete';
  return right.type === 'put' && valuesEqual(left.value, right.value);
}

function isListOpEqual(left: ListOp, right: ListOp): boolean {
  if (left.type === 'move') return right.type === 'move' && left.from === right.from && left.to === right.to;
  if (right.type === 'move' || left.index !== right.index) return false;
  switch (left.type) {
    case 'put':
      return right.type === 'put' && valuesEqual(left.value, right.value) && valuesEqual(left.before, right.before);
    case 'insert':
      return right.type === 'insert' && valuesEqual(left.value, right.value) && left.atEnd === right.atEnd;
    case 'delete':
      return right.type === 'delete' && valuesEqual(left.before, right.before);
  }
}

function areAllEqual<Item>(
  left: readonly Item[],
  right: readonly Item[],
  isEqual: (left: Item, right: Item) => boolean,
): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (!isEqual(left[at] as Item, right[at] as Item)) return false;
  return true;
}

function areEntriesEqual<Entry>(
  left: ReadonlyMap<string, Entry>,
  right: ReadonlyMap<string, Entry>,
  isEqual: (left: Entry, right: Entry) => boolean,
): boolean {
  if (left.size !== right.size) return false;
  for (const [name, entry] of left) {
    const other = right.get(name);
    if (other === undefined || !isEqual(entry, other)) return false;
  }
  return true;
}
