import { DatastoreError, type Place, type UsageErrorCode } from '../errors/datastore-error.js';
import {
  type FieldList,
  fieldList,
  type ListOp,
  listDelete,
  listInsert,
  listMove,
  listPut,
} from '../operations/change.js';
import { mapListOps } from '../operations/lend.js';
import {
  APPEND,
  columnsIn,
  columnsOf,
  DELETE,
  INSERT,
  isInsertKind,
  type ListColumns,
  ListColumnsBuilder,
  listOfColumns,
  MOVE,
  PUT,
} from '../operations/list-columns.js';
import type { Atom } from '../values/value.js';
import { ItemList } from './item-list.js';

/** Why an operation does not fit the data that it is applied to. */
export interface Misfit {
  readonly code: UsageErrorCode;
  readonly reason: string;
  readonly index?: number;
}

/** Why an edit does not fit a list of a length, or `undefined` if it fits. Spec: CHG-3. */
export function listMisfit(lengthBefore: number, edit: FieldList): Misfit | undefined {
  const columns = columnsIn(edit);
  return columns === undefined ? opsMisfit(lengthBefore, edit.ops) : columnsMisfit(lengthBefore, columns);
}

function opsMisfit(lengthBefore: number, ops: readonly ListOp[]): Misfit | undefined {
  let length = lengthBefore;
  let at = 0;
  // The operations are many and frozen: see `frozen-array.ts`.
  for (let op = ops[at]; op !== undefined; op = ops[++at]) {
    const misfit = opMisfit(length, op);
    if (misfit !== undefined) return misfit;
    if (op.type === 'insert') length++;
    else if (op.type === 'delete') length--;
  }
  return undefined;
}

/** Why an operation does not fit a list of a length, or `undefined` if it fits. Spec: CHG-3. */
export function opMisfit(length: number, op: ListOp): Misfit | undefined {
  switch (op.type) {
    case 'insert':
      return op.index > length ? outOfRange(op.index, length) : undefined;
    case 'move':
      if (op.from >= length) return outOfRange(op.from, length);
      return op.to >= length ? outOfRange(op.to, length) : undefined;
    default:
      return op.index >= length ? outOfRange(op.index, length) : undefined;
  }
}

function columnsMisfit(lengthBefore: number, columns: ListColumns): Misfit | undefined {
  const { count, kinds, indexes, targets } = columns;
  let length = lengthBefore;
  for (let at = 0; at < count; at++) {
    const index = indexes[at] as number;
    const kind = kinds[at];
    const isInsert = isInsertKind(kind);
    if (isInsert) length++;
    if (index >= length) return outOfRange(index, isInsert ? length - 1 : length);
    if (kind === DELETE) length--;
    if (kind !== MOVE) continue;
    const to = targets?.[at] as number;
    if (to >= length) return outOfRange(to, length);
  }
  return undefined;
}

export function misfitError({ code, reason, index }: Misfit, place?: Place): DatastoreError {
  return new DatastoreError(code, reason, index === undefined ? place : { ...place, index });
}

/**
 * Performs an edit that fits on a list, in place.
 *
 * @returns the edit with what it overwrote: the same one where that is nothing. Spec: CHG-3.
 */
export function performListEdit(list: ItemList, edit: FieldList): FieldList {
  const columns = columnsIn(edit);
  if (columns !== undefined) {
    const performed = performColumns(list, columns);
    return performed === columns ? edit : listOfColumns(edit.create, performed);
  }
  const performed = mapListOps(edit.ops, (op) => performListOp(list, op));
  return performed === edit.ops ? edit : fieldList(edit.create, performed);
}

/** Performs an operation that fits on a list, in place. @returns it with what it overwrote. */
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

/** What undoes an applied operation, on the list that it left. It says itself what it overwrites. */
export function invertListOp(applied: ListOp): ListOp {
  switch (applied.type) {
    case 'put':
      return listPut(applied.index, applied.before as Atom, applied.value);
    case 'insert':
      return listDelete(applied.index, applied.value);
    case 'delete':
      return listInsert(applied.index, applied.before as Atom);
    case 'move':
      return listMove(applied.to, applied.from);
  }
}

function performColumns(list: ItemList, columns: ListColumns): ListColumns {
  const { count, kinds, indexes, targets, values } = columns;
  let befores: (Atom | undefined)[] | undefined;
  let { isMutable } = columns;
  for (let at = 0; at < count; at++) {
    const index = indexes[at] as number;
    let before: Atom | undefined;
    switch (kinds[at]) {
      case INSERT:
      case APPEND:
        list.insert(index, values[at] as Atom);
        break;
      case PUT:
        before = list.put(index, values[at] as Atom);
        break;
      case DELETE:
        before = list.remove(index);
        break;
      default: {
        const to = targets?.[at] as number;
        if (to !== index) list.insert(to, list.remove(index));
      }
    }
    if (before !== undefined) befores ??= new Array<undefined>(at).fill(undefined);
    befores?.push(before);
    if (typeof before === 'object') isMutable = true;
  }
  return befores === undefined ? columns : { count, kinds, indexes, targets, values, befores, isMutable };
}

/**
 * The list that an edit makes of `items`, which are not changed.
 *
 * @throws DatastoreError `index-out-of-range`.
 */
export function applyListEdit(items: readonly Atom[], edit: FieldList, place?: Place): readonly Atom[] {
  const misfit = listMisfit(items.length, edit);
  if (misfit !== undefined) throw misfitError(misfit, place);
  const list = ItemList.from(items);
  performListEdit(list, edit);
  return Object.freeze(list.toArray());
}

/**
 * The edit that undoes `edit`, on the list that `edit` left. Its operations carry a `before` themselves.
 *
 * @throws DatastoreError `before-missing` if an operation does not say what it overwrote.
 * Spec: INV-2, INV-3.
 */
export function invertListEdit(edit: FieldList, place?: Place): FieldList {
  const { count, kinds, indexes, targets, values, befores } = columnsOf(edit);
  const inverse = new ListColumnsBuilder(count);
  for (let at = count - 1; at >= 0; at--) {
    const index = indexes[at] as number;
    const before = befores?.[at];
    if (isInsertKind(kinds[at])) inverse.delete(index, values[at]);
    else if (kinds[at] === MOVE) inverse.move(targets?.[at] as number, index);
    else if (before === undefined) throw beforeMissing(kinds[at] === PUT ? 'put' : 'delete', { ...place, index });
    else if (kinds[at] === PUT) inverse.put(index, before, values[at]);
    else inverse.insert(index, before);
  }
  return listOfColumns(false, inverse.finish());
}

function beforeMissing(what: string, place: Place): DatastoreError {
  return new DatastoreError(
    'before-missing',
    `a list ${what} does not say what it overwrote: invert what \`apply\` returned`,
    place,
  );
}

function outOfRange(index: number, length: number): Misfit {
  return { code: 'index-out-of-range', reason: `out of range: the length of the list is ${length}`, index };
}
