import { type Fields, freezeMap, singleEntry } from '../values/fields.js';
import { someOf } from '../values/frozen-array.js';
import { type Copies, isMutableValue, lendAtom, lendFields, lendValue } from '../values/ownership.js';
import type { Atom, Value } from '../values/value.js';
import {
  type Before,
  beforeOf,
  type Change,
  deleteChange,
  type FieldDelete,
  type FieldOp,
  type FieldOps,
  type FieldPut,
  fieldDelete,
  fieldList,
  fieldPut,
  insertChange,
  type ListOp,
  listDelete,
  listInsert,
  listPut,
  updateChange,
} from './change.js';
import { columnsIn } from './list-columns.js';

/**
 * A change to hand out: no byte or date in it is one that the engine keeps. What holds none is frozen through and
 * through, and handed out as it is.
 */
export function lendChange(change: Change): Change {
  const { table, record } = change;
  switch (change.type) {
    case 'insert':
      return hasMutableValue(change.fields) ? insertChange(table, record, lendFields(change.fields)) : change;
    case 'update': {
      const ops = mapFieldOps(change.ops, (op) => lendFieldOp(op));
      return ops === change.ops ? change : updateChange(table, record, ops);
    }
    case 'delete':
      if (change.before === undefined || !hasMutableValue(change.before)) return change;
      return deleteChange(table, record, lendFields(change.before));
  }
}

/** Whether a holder of the change could change a value in it. */
export function isMutableChange(change: Change): boolean {
  switch (change.type) {
    case 'insert':
      return hasMutableValue(change.fields);
    case 'update':
      return hasMutableOp(change.ops);
    case 'delete':
      return change.before !== undefined && hasMutableValue(change.before);
  }
}

function hasMutableValue(fields: Fields): boolean {
  for (const value of fields.values()) if (isMutableValue(value)) return true;
  return false;
}

function hasMutableOp(ops: FieldOps): boolean {
  for (const op of ops.values()) {
    if (isMutableFieldOp(op)) return true;
  }
  return false;
}

function isMutableFieldOp(op: FieldOp): boolean {
  if (op.type !== 'list') return isMutablePut(op);
  return columnsIn(op)?.isMutable ?? someOf(op.ops, isMutableListOp);
}

function isMutablePut(op: FieldPut | FieldDelete): boolean {
  return isMutableValue(op.before) || (op.type === 'put' && isMutableValue(op.value));
}

function isMutableListOp(op: ListOp): boolean {
  if (op.type === 'move') return false;
  return (op.type !== 'delete' && isMutableValue(op.value)) || (op.type !== 'insert' && isMutableValue(op.before));
}

/** {@link lendChange} for the operation on one field. */
export function lendFieldOp(op: FieldOp, copies?: Copies): FieldOp {
  if (!isMutableFieldOp(op)) return op;
  switch (op.type) {
    case 'put':
      return fieldPut(lendValue(op.value, copies), lendBefore(beforeOf(op), copies));
    case 'delete':
      return fieldDelete(lendBefore(beforeOf(op), copies));
    case 'list':
      return fieldList(
        op.create,
        mapListOps(op.ops, (listOp) => lendListOp(listOp, copies)),
      );
  }
}

/** {@link lendChange} for one operation on a list. */
export function lendListOp(op: ListOp, copies?: Copies): ListOp {
  if (!isMutableListOp(op)) return op;
  switch (op.type) {
    case 'put':
      return listPut(op.index, lendAtom(op.value, copies), lendOptional(op.before, copies));
    case 'insert':
      return listInsert(op.index, lendAtom(op.value, copies), op.atEnd);
    case 'delete':
      return listDelete(op.index, lendOptional(op.before, copies));
    case 'move':
      return op;
  }
}

function lendOptional(atom: Atom | undefined, copies: Copies | undefined): Atom | undefined {
  return atom === undefined ? undefined : lendAtom(atom, copies);
}

function lendBefore(before: Before<Value>, copies: Copies | undefined): Before<Value> {
  return before?.value === undefined ? before : { value: lendValue(before.value, copies) };
}

/** What `map` makes of each field's operation: `ops` themselves where it gives back all of them. */
export function mapFieldOps(ops: FieldOps, map: (op: FieldOp, field: string) => FieldOp): FieldOps {
  let mapped: Map<string, FieldOp> | undefined;
  for (const [field, op] of ops) {
    const result = map(op, field);
    if (result === op) continue;
    if (ops.size === 1) return singleEntry(field, result);
    mapped ??= new Map(ops);
    mapped.set(field, result);
  }
  return mapped === undefined ? ops : freezeMap(mapped);
}

/** What `map` makes of each operation on a list: `ops` themselves where it gives back all of them. */
export function mapListOps(ops: readonly ListOp[], map: (op: ListOp) => ListOp): readonly ListOp[] {
  let mapped: ListOp[] | undefined;
  for (let at = 0; at < ops.length; at++) {
    const op = ops[at] as ListOp;
    const result = map(op);
    if (result === op) continue;
    if (ops.length === 1) return [result];
    // Spreading has a quick way for frozen arrays, which `map` and `slice` have not.
    mapped ??= [...ops];
    mapped[at] = result;
  }
  return mapped ?? ops;
}
