import { sumOf } from '../values/frozen-array.js';
import {
  BASE_CHANGE_SIZE,
  BASE_DELTA_SIZE,
  BASE_FIELD_SIZE,
  BASE_ITEM_SIZE,
  sizeOfAtom,
  sizeOfRecord,
  sizeOfValue,
} from '../values/size.js';
import type { Atom, Value } from '../values/value.js';
import type { Change, FieldList, FieldOp, FieldOps, ListOp } from './change.js';
import { columnsIn, opCountOf, visitListOps } from './list-columns.js';
import { ownChange } from './ownership.js';

/**
 * `sizeOfOwnChange` for a change from outside.
 *
 * @throws DatastoreError `invalid-change`, `invalid-name` or `invalid-value` for a malformed change.
 */
export function sizeOfChange(change: Change): number {
  return sizeOfOwnChange(ownChange(change));
}

/**
 * The size of a change in bytes: 100 and the values in it. List operations count as they travel, each a change of its
 * own, so every one after the first in the update adds 100. What a change overwrote does not count. Spec: SIZE-5,
 * SIZE-6.
 */
export function sizeOfOwnChange(change: Change): number {
  switch (change.type) {
    case 'insert': {
      let size = BASE_CHANGE_SIZE;
      for (const value of change.fields.values()) size += sizeOfValue(value);
      return size;
    }
    case 'update':
      return sizeOfUpdate(change.ops);
    case 'delete':
      return BASE_CHANGE_SIZE;
  }
}

/** The size in bytes of a sequence of changes: 100 plus each change, or 0 if there is none. Spec: SIZE-7. */
export function sizeOfChanges(changes: readonly Change[]): number {
  return changes.length === 0 ? 0 : BASE_DELTA_SIZE + sumOf(changes, sizeOfOwnChange);
}

/** {@link sizeOfChanges} of a change that is one operation on a list. */
export function sizeOfListChange(op: ListOp): number {
  return BASE_DELTA_SIZE + BASE_CHANGE_SIZE + sizeOfListOpValue(op);
}

/**
 * By how many bytes an applied change makes its record larger, which counts 0 while it does not exist. Spec: SIZE-8.
 */
export function growthOfChange(applied: Change): number {
  switch (applied.type) {
    case 'insert':
      return sizeOfRecord(applied.fields);
    case 'delete':
      return applied.before === undefined ? 0 : -sizeOfRecord(applied.before);
    case 'update': {
      let growth = 0;
      for (const op of applied.ops.values()) growth += growthOfFieldOp(op);
      return growth;
    }
  }
}

/** By how many bytes an applied operation makes its record larger. Spec: SIZE-8. */
export function growthOfFieldOp(applied: FieldOp): number {
  switch (applied.type) {
    case 'put':
      return sizeOfField(applied.value) - sizeOfField(applied.before);
    case 'delete':
      return -sizeOfField(applied.before);
    case 'list':
      return (applied.create ? BASE_FIELD_SIZE : 0) + growthOfList(applied);
  }
}

/** How many list operations an update of a field travels as; creating the list is one of them. */
export function listOperationCount(op: FieldOp): number {
  return op.type === 'list' ? opCountOf(op) + (op.create ? 1 : 0) : 0;
}

function growthOfList(applied: FieldList): number {
  let growth = 0;
  visitListOps(applied, (type, value, before) => {
    growth += growthOfItem(type, value, before);
  });
  return growth;
}

/** {@link growthOfFieldOp} for one operation on a list. */
export function growthOfListOp(applied: ListOp): number {
  if (applied.type === 'move') return 0;
  const value = applied.type === 'delete' ? undefined : applied.value;
  return growthOfItem(applied.type, value, applied.type === 'insert' ? undefined : applied.before);
}

/** {@link sizeOfFieldOpValues} for one operation on a list. */
export function sizeOfListOpValue(op: ListOp): number {
  return op.type === 'put' || op.type === 'insert' ? sizeOfItem(op.value) : 0;
}

function growthOfItem(type: ListOp['type'], value: Atom | undefined, before: Atom | undefined): number {
  const growth = sizeOfItem(value) - sizeOfItem(before);
  if (type === 'insert') return growth + BASE_ITEM_SIZE;
  return type === 'delete' ? growth - BASE_ITEM_SIZE : growth;
}

function sizeOfItem(item: Atom | undefined): number {
  return item === undefined ? 0 : sizeOfAtom(item);
}

/** What a field and its value weigh, in bytes; 0 where it is absent. */
export function sizeOfField(value: Value | undefined): number {
  return value === undefined ? 0 : BASE_FIELD_SIZE + sizeOfValue(value);
}

function sizeOfUpdate(ops: FieldOps): number {
  let size = 0;
  let listOperations = 0;
  for (const op of ops.values()) {
    size += sizeOfFieldOpValues(op);
    listOperations += listOperationCount(op);
  }
  return size + BASE_CHANGE_SIZE * Math.max(1, listOperations);
}

/** The values that an operation carries, in bytes. */
export function sizeOfFieldOpValues(op: FieldOp): number {
  switch (op.type) {
    case 'put':
      return sizeOfValue(op.value);
    case 'delete':
      return 0;
    case 'list':
      return sizeOfListValues(op);
  }
}

function sizeOfListValues(list: FieldList): number {
  const columns = columnsIn(list);
  return columns === undefined ? sumOf(list.ops, sizeOfListOpValue) : sumOf(columns.values, sizeOfItem);
}
