import {
  type ListInsert,
  type ListOp,
  type ListPut,
  listDelete,
  listInsert,
  listMove,
  listPut,
} from '../operations/change.js';
import { valuesEqual } from '../values/order.js';

/**
 * Operations on a list without the *detours* in them: an item that is deleted and put back into its gap was never
 * deleted, one that is inserted and deleted was never there, and of several puts on an item the last one counts, if it
 * changes anything. A move is left as it is, unless it does nothing.
 *
 * A normal form keeps all of these, since a merge can tell them apart (NORM-5). This is for those who want to know what
 * is left of a stretch of the log.
 *
 * Each operation costs as much as there are before it.
 *
 * Law: `list · withoutDetours(ops) = list · ops`, and what the operations say they overwrote stays true.
 *
 * @param ops applied operations.
 * @param done how many of the first ones have no detours.
 * Spec: SYNC-63.
 */
export function withoutDetours(ops: readonly ListOp[], done = 0): readonly ListOp[] {
  return ops.slice(done).reduce<readonly ListOp[]>(follow, ops.slice(0, done));
}

/** The operations and one more. */
function follow(ops: readonly ListOp[], op: ListOp): readonly ListOp[] {
  switch (op.type) {
    case 'insert':
      return putBack(ops, op) ?? [...ops, op];
    case 'put':
      return putOver(ops, op);
    case 'delete': {
      const at = writerOf(ops, op.index);
      const writer = ops[at];
      if (writer?.type !== 'insert') return [...ops, op];
      return [...ops.slice(0, at), ...passedOn(ops.slice(at + 1), writer.index, -1).ops];
    }
    case 'move':
      return op.from === op.to ? ops : [...ops, op];
  }
}

/** Without the latest deletion of an equal item from the gap that an insert is in, if there is one. */
function putBack(ops: readonly ListOp[], insert: ListInsert): ListOp[] | undefined {
  const at = deletionIn(ops, insert);
  const deletion = ops[at];
  if (deletion?.type !== 'delete') return undefined;
  const later = passedOn(ops.slice(at + 1), deletion.index, 1);
  // Others may have inserted items into the gap, on either side of the one that was put back.
  const step = later.index === insert.index ? [] : [listMove(later.index, insert.index)];
  return [...ops.slice(0, at), ...later.ops, ...step];
}

/** With one put or insert of an item, that of its last value. */
function putOver(ops: readonly ListOp[], put: ListPut): readonly ListOp[] {
  const at = writerOf(ops, put.index);
  const writer = ops[at];
  const [earlier, later] = [ops.slice(0, at), ops.slice(at + 1)];
  if (writer?.type === 'insert') return [...follow(earlier, listInsert(writer.index, put.value)), ...later];
  if (writer?.type !== 'put') return [...ops, put];
  const isBack = valuesEqual(put.value, writer.before);
  return [...earlier, ...(isBack ? [] : [listPut(writer.index, put.value, writer.before)]), ...later];
}

/** The position of the operation that inserted the item that is at an index after all, or last put it, or −1. */
function writerOf(ops: readonly ListOp[], index: number): number {
  let item = index;
  for (let at = ops.length - 1; at >= 0; at--) {
    const op = ops[at] as ListOp;
    if (op.type === 'move') {
      if (op.to === item) item = op.from;
      else item = indexWith(op.from, indexWithout(op.to, item));
    } else if (op.type === 'delete') item = indexWith(op.index, item);
    else if (op.index === item) return at;
    else if (op.type === 'insert') item = indexWithout(op.index, item);
  }
  return -1;
}

/**
 * The position of the latest deletion, of an item equal to that of an insert, from the gap that the insert is in; or −1.
 * From `first` to `last` are the indexes that the gap had among the items that were there then.
 */
function deletionIn(ops: readonly ListOp[], { index, value }: ListInsert): number {
  let [first, last] = [index, index];
  const withoutItem = (item: number): void => {
    if (item < first) first--;
    if (item < last) last--;
  };
  const withItem = (item: number): void => {
    if (item < first) first++;
    if (item <= last) last++;
  };
  for (let at = ops.length - 1; at >= 0; at--) {
    const op = ops[at] as ListOp;
    if (op.type === 'insert') withoutItem(op.index);
    if (op.type === 'move') {
      withoutItem(op.to);
      withItem(op.from);
    }
    if (op.type !== 'delete') continue;
    if (op.index >= first && op.index <= last && valuesEqual(op.before, value)) return at;
    withItem(op.index);
  }
  return -1;
}

/**
 * Operations as they are with one more item at an index (`by` = 1), or without the one that is there (`by` = −1); and
 * the index of that item after them. It is behind what they insert where it is.
 */
function passedOn(
  ops: readonly ListOp[],
  index: number,
  by: 1 | -1,
): { readonly ops: ListOp[]; readonly index: number } {
  const changed: ListOp[] = [];
  let item = index;
  const past = (other: number): number => (other < item ? other : other + by);
  for (const op of ops) {
    const isOfItem = by < 0 && (op.type === 'move' ? op.from : op.index) === item;
    switch (op.type) {
      case 'insert':
        changed.push(op.index <= item ? op : listInsert(op.index + by, op.value));
        if (op.index <= item) item++;
        break;
      case 'put':
        if (!isOfItem) changed.push(listPut(past(op.index), op.value, op.before));
        break;
      case 'delete':
        changed.push(listDelete(past(op.index), op.before));
        if (op.index < item) item--;
        break;
      case 'move': {
        if (isOfItem) {
          item = op.to;
          break;
        }
        const from = past(op.from);
        if (op.from < item) item--;
        const isBefore = op.to <= item;
        const to = isBefore ? op.to : op.to + by;
        if (to !== from) changed.push(listMove(from, to));
        if (isBefore) item++;
        break;
      }
    }
  }
  return { ops: changed, index: item };
}

/** The index of an item once another is inserted. */
function indexWith(inserted: number, item: number): number {
  return inserted <= item ? item + 1 : item;
}

/** The index of an item once another, at a smaller or greater index, is deleted. */
function indexWithout(deleted: number, item: number): number {
  return deleted < item ? item - 1 : item;
}
