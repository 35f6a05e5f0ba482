import { DatastoreError, type Place, type UsageErrorCode } from '../errors/datastore-error.js';
import { type ListOp, listDelete, listInsert, listMove, listPut } from '../operations/list-operation.js';
import type { Atom } from '../values/value.js';
import { ItemList } from './item-list.js';

/** Why an operation does not fit the data that it is applied to. */
export interface Misfit {
  readonly code: UsageErrorCode;
  readonly reason: string;
  readonly index?: number;
}

/** Why one of several successive operations does not fit a list of this length; `undefined` if all fit. Spec: CHG-3. */
export function listMisfit(lengthBefore: number, ops: readonly ListOp[]): Misfit | undefined {
  let length = lengthBefore;
  let at = 0;
  // The operations are many and frozen: see `frozen-array.ts`.
  for (let op = ops[at]; op !== undefined; op = ops[++at]) {
    switch (op.type) {
      case 'put':
        if (op.index >= length) return outOfRange(op.index, length);
        break;
      case 'insert':
        if (op.index > length) return outOfRange(op.index, length);
        length++;
        break;
      case 'delete':
        if (op.index >= length) return outOfRange(op.index, length);
        length--;
        break;
      case 'move':
        if (op.from >= length) return outOfRange(op.from, length);
        if (op.to >= length) return outOfRange(op.to, length);
        break;
    }
  }
  return undefined;
}

/** @throws DatastoreError `index-out-of-range` if an operation does not fit. */
export function checkListOps(length: number, ops: readonly ListOp[], place?: Place): void {
  const misfit = listMisfit(length, ops);
  if (misfit !== undefined) throw misfitError(misfit, place);
}

export function misfitError({ code, reason, index }: Misfit, place?: Place): DatastoreError {
  return new DatastoreError(code, reason, index === undefined ? place : { ...place, index });
}

/**
 * Applies an operation to a list in place. The operation must fit.
 *
 * @returns the operation, with what it overwrote as its `before`. Spec: CHG-3.
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
 * The list that `ops` make of `items`, which are not changed.
 *
 * @throws DatastoreError `index-out-of-range`.
 */
export function applyListOps(items: readonly Atom[], ops: readonly ListOp[], place?: Place): readonly Atom[] {
  checkListOps(items.length, ops, place);
  const list = ItemList.from(items);
  for (const op of ops) performListOp(list, op);
  return Object.freeze(list.toArray());
}

/**
 * The operations that undo `ops`. They carry a `before` themselves.
 *
 * @throws DatastoreError `before-missing` if an operation does not say what it overwrote.
 * Spec: INV-2, INV-3.
 */
export function invertListOps(ops: readonly ListOp[], place?: Place): readonly ListOp[] {
  return ops.map((op) => invertListOp(op, place)).reverse();
}

function invertListOp(op: ListOp, place: Place | undefined): ListOp {
  if (op.type === 'insert') return listDelete(op.index, op.value);
  if (op.type === 'move') return listMove(op.to, op.from);
  if (op.before === undefined) {
    const reason = `a list ${op.type} does not say what it overwrote: invert what \`apply\` returned`;
    throw new DatastoreError('before-missing', reason, { ...place, index: op.index });
  }
  return op.type === 'put' ? listPut(op.index, op.before, op.value) : listInsert(op.index, op.before);
}

function outOfRange(index: number, length: number): Misfit {
  return { code: 'index-out-of-range', reason: `the list has ${length} items`, index };
}
