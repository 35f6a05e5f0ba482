import type { Atom } from '../values/value.js';

/**
 * One edit of a list. Indexes count from 0 and refer to the list as the operations before it left it.
 *
 * - `put` replaces the item at `index`; 0 ≤ index < length.
 * - `insert` makes `value` the item at `index`; 0 ≤ index ≤ length.
 * - `delete` removes the item at `index`; 0 ≤ index < length.
 * - `move` takes out the item at `from` and inserts it so that it ends at index `to`; both < length. A move with
 *   from = to does nothing.
 *
 * `before` is the item that was overwritten or removed. It is present in an applied delta and optional elsewhere.
 * Spec: CHG-3.
 */
export type ListOp = ListPut | ListInsert | ListDelete | ListMove;

/** Replaces the item at `index`. Spec: CHG-3. */
export interface ListPut {
  readonly type: 'put';
  readonly index: number;
  readonly value: Atom;
  readonly before?: Atom | undefined;
}

/** Inserts an item, which is then at `index`. Spec: CHG-3. */
export interface ListInsert {
  readonly type: 'insert';
  readonly index: number;
  readonly value: Atom;
}

/** Removes the item at `index`. Spec: CHG-3. */
export interface ListDelete {
  readonly type: 'delete';
  readonly index: number;
  readonly before?: Atom | undefined;
}

/** Moves the item at `from`, which is then at `to`. Spec: CHG-3. */
export interface ListMove {
  readonly type: 'move';
  readonly from: number;
  readonly to: number;
}

/** No list is longer than this and one: a merge numbers the places of items in 31 bits. */
export const LIST_INDEX_MAX: number = 2 ** 29 - 1;

/** Whether something from outside can be an index of a list. */
export function isListIndex(index: unknown): index is number {
  return Number.isInteger(index) && (index as number) >= 0 && (index as number) <= LIST_INDEX_MAX;
}

/** Makes a put. Without `before`, or with `undefined` for it, what the put overwrites is unknown. */
export function listPut(index: number, value: Atom, before?: Atom): ListPut {
  return Object.freeze(before === undefined ? { type: 'put', index, value } : { type: 'put', index, value, before });
}

export function listInsert(index: number, value: Atom): ListInsert {
  return Object.freeze({ type: 'insert', index, value });
}

/** Makes a delete. Without `before`, or with `undefined` for it, what the delete removes is unknown. */
export function listDelete(index: number, before?: Atom): ListDelete {
  return Object.freeze(before === undefined ? { type: 'delete', index } : { type: 'delete', index, before });
}

export function listMove(from: number, to: number): ListMove {
  return Object.freeze({ type: 'move', from, to });
}

/** Whether every operation that overwrites an item carries what it overwrote. */
export function areListOpsApplied(ops: readonly ListOp[]): boolean {
  return ops.every((op) => op.type === 'insert' || op.type === 'move' || op.before !== undefined);
}
