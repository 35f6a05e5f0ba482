import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { type ListOp, listDelete, listPut } from '../operations/list-operation.js';
import type { Atom } from '../values/value.js';
import { ItemList } from './item-list.js';

/**
 * Checks that operations fit a list of a length, one after the other. Nothing but the length matters.
 *
 * @returns the length after them.
 * @throws DatastoreError `index-out-of-range`. Spec: CHG-3.
 */
export function checkListOps(lengthBefore: number, ops: readonly ListOp[], place?: Place): number {
  let length = lengthBefore;
  for (const op of ops) {
    switch (op.type) {
      case 'put':
        checkIndex(op.index, length, length, place);
        break;
      case 'insert':
        checkIndex(op.index, length + 1, length, place);
        length++;
        break;
      case 'delete':
        checkIndex(op.index, length, length, place);
        length--;
        break;
      case 'move':
        checkIndex(op.from, length, length, place);
        checkIndex(op.to, length, length, place);
        break;
    }
  }
  return length;
}

/**
 * Applies an operation that fits to a list, in place.
 *
 * @returns the operation with what it overwrote. Spec: CHG-3.
 */
export function performListOp(list: ItemList, op: ListOp): ListOp {
  switch (op.type) {
    case 'put':
      return listPut(op.index, op.value, list.put(op.index, op.value));
    case 'insert':
      list.insert(op.index, op.value);
      return op;
    case 'delete':
      return listDelete(op.index, list.remove(op.index));
    case 'move':
      if (op.from !== op.to) list.insert(op.to, list.remove(op.from));
      return op;
  }
}

/**
 * The list that `ops` make of `items`, which stay as they are.
 *
 * @throws DatastoreError `index-out-of-range`.
 */
export function applyListOps(items: readonly Atom[], ops: readonly ListOp[], place?: Place): readonly Atom[] {
  checkListOps(items.length, ops, place);
  const list = ItemList.from(items);
  for (const op of ops) performListOp(list, op);
  return Object.freeze(list.toArray());
}

function checkIndex(index: number, end: number, length: number, place: Place | undefined): void {
  if (index >= 0 && index < end) return;
  throw new DatastoreError('index-out-of-range', `the list has ${length} items`, { ...place, index });
}
