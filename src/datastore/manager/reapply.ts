import type { Delta } from '../../deltas/delta.js';
import {
  type Change,
  deleteChange,
  type FieldList,
  type FieldOp,
  type FieldOps,
  fieldDelete,
  fieldList,
  fieldPut,
  insertChange,
  type ListOp,
  listDelete,
  listInsert,
  listMove,
  listPut,
  updateChange,
} from '../../operations/change.js';
import type { Rule } from '../../rules/rule.js';
import type { Fields } from '../../values/fields.js';
import { wrapLong } from '../../values/numbers.js';
import { valuesEqual } from '../../values/order.js';
import type { Atom, Value } from '../../values/value.js';

/** What edits are made again on. */
export interface ReapplyTarget {
  get(table: string, record: string): Fields | undefined;
  apply(changes: readonly Change[]): unknown;
}

/**
 * Makes edits again on data that is not quite what they were made on: it may lack earlier edits, and have other ones.
 * Every edit that can have an effect has it once: a record or list that is missing is created, a place in a list that
 * does not exist is the next one that does, and under rule `sum` the difference is added. Spec: TAB-8.
 */
export function reapply(edits: Delta, target: ReapplyTarget, ruleOf: (table: string, field: string) => Rule): void {
  for (const change of edits.changes) {
    const { table, record } = change;
    const fields = target.get(table, record);
    const fitted = fittedChanges(change, fields, (field) => ruleOf(table, field));
    if (fitted.length > 0) target.apply(fitted);
  }
}

function fittedChanges(change: Change, fields: Fields | undefined, ruleOf: (field: string) => Rule): Change[] {
  const { table, record } = change;
  switch (change.type) {
    case 'delete':
      return fields === undefined ? [] : [deleteChange(table, record, undefined)];
    case 'insert': {
      if (fields === undefined) return [change];
      const missing = [...change.fields].filter(([name, value]) => !Array.isArray(value) || !fields.has(name));
      return updatesOf(table, record, new Map(missing.map(([name, value]) => [name, fieldPut(value, undefined)])));
    }
    case 'update': {
      const ops = new Map<string, FieldOp>();
      for (const [name, op] of change.ops) {
        const fitted = fittedOp(op, fields?.get(name), ruleOf(name));
        if (fitted !== undefined) ops.set(name, fitted);
      }
      const updates = updatesOf(table, record, ops);
      return fields === undefined ? [insertChange(table, record, new Map()), ...updates] : updates;
    }
  }
}

function updatesOf(table: string, record: string, ops: FieldOps): Change[] {
  return ops.size === 0 ? [] : [updateChange(table, record, ops)];
}

function fittedOp(op: FieldOp, current: Value | undefined, rule: Rule): FieldOp | undefined {
  switch (op.type) {
    case 'delete':
      return current === undefined ? undefined : fieldDelete(undefined);
    case 'put':
      return fieldPut((rule === 'sum' ? sumOf(op.value, op.before, current) : undefined) ?? op.value, undefined);
    case 'list':
      return fittedList(op, current);
  }
}

/** The number after the same difference; `undefined` if the values are not numbers of one type. */
function sumOf(after: Value, before: Value | undefined, current: Value | undefined): Value | undefined {
  const [from, now] = [before ?? zeroLike(after), current ?? zeroLike(after)];
  if (typeof after === 'bigint' && typeof from === 'bigint' && typeof now === 'bigint') {
    return wrapLong(now + (after - from));
  }
  const areNumbers = typeof after === 'number' && typeof from === 'number' && typeof now === 'number';
  return areNumbers ? now + (after - from) : undefined;
}

function zeroLike(value: Value): Value | undefined {
  return typeof value === 'bigint' ? 0n : typeof value === 'number' ? 0 : undefined;
}

function fittedList({ ops }: FieldList, current: Value | undefined): FieldOp | undefined {
  const items: Atom[] = Array.isArray(current) ? [...(current as readonly Atom[])] : [];
  const fitted = ops.flatMap((op) => fittedItem(op, items) ?? []);
  if (current !== undefined && !Array.isArray(current)) return fieldPut(items, undefined);
  if (fitted.length === 0 && current !== undefined) return undefined;
  return fieldList(current === undefined, fitted);
}

/** The operation as it fits the items, which it is applied to. */
function fittedItem(op: ListOp, items: Atom[]): ListOp | undefined {
  const { length } = items;
  switch (op.type) {
    case 'insert': {
      const index = op.atEnd === true ? length : Math.min(op.index, length);
      items.splice(index, 0, op.value);
      return listInsert(index, op.value, op.atEnd === true);
    }
    case 'put': {
      const index = placeOf(op.before, op.index, items);
      if (index === undefined) {
        const end = Math.min(op.index, length);
        items.splice(end, 0, op.value);
        return listInsert(end, op.value);
      }
      items[index] = op.value;
      return listPut(index, op.value);
    }
    case 'delete': {
      const index = placeOf(op.before, op.index, items);
      if (index === undefined) return undefined;
      items.splice(index, 1);
      return listDelete(index);
    }
    case 'move': {
      if (op.from >= length) return undefined;
      const to = Math.min(op.to, length - 1);
      items.splice(to, 0, ...items.splice(op.from, 1));
      return listMove(op.from, to);
    }
  }
}

/** Where an item is: at its index, or wherever there is one like it. */
function placeOf(item: Atom | undefined, index: number, items: readonly Atom[]): number | undefined {
  const there = items[index];
  if (item === undefined) return there === undefined ? undefined : index;
  if (there !== undefined && valuesEqual(there, item)) return index;
  const found = items.findIndex((other) => valuesEqual(other, item));
  return found < 0 ? undefined : found;
}
