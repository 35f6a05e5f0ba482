import { withoutTransients } from '../lists/transients.js';
import { type Change, type FieldOp, updateChange } from '../operations/change.js';
import { mapFieldOps } from '../operations/lend.js';
import { columnsOf, DELETE, listOfColumns, opCountOf } from '../operations/list-columns.js';
import { isList, type Value } from '../values/value.js';
import { SHORTEN_LEAST } from './shorten-least.js';

/** Of how many operations an edit may keep at most, it is shortened: less would not pay for the next look. */
const KEPT_MOST = 3 / 4;

/**
 * The changes of a normal form, where long edits of lists are without their transient items if that takes away a quarter.
 * So what waits does not grow with a list that is used as a queue.
 *
 * Law: `state · shorten(d) = state · d`, and no merge can tell them apart. Spec: LIST-12.
 *
 * @returns the changes themselves if none is shortened.
 */
export function shorten(changes: readonly Change[]): readonly Change[] {
  let shortened: Change[] | undefined;
  for (let at = 0; at < changes.length; at++) {
    const change = changes[at] as Change;
    if (change.type !== 'update') continue;
    const ops = mapFieldOps(change.ops, shortenOp);
    if (ops === change.ops) continue;
    shortened ??= [...changes];
    shortened[at] = updateChange(change.table, change.record, ops);
  }
  return shortened ?? changes;
}

/** How many list operations changes have. */
export function listOpCount(changes: readonly Change[]): number {
  let count = 0;
  for (const change of changes) {
    if (change.type !== 'update') continue;
    for (const op of change.ops.values()) if (op.type === 'list') count += opCountOf(op);
  }
  return count;
}

/** How many steps it takes to gather changes anew: one for each change, field, list operation and item of a list. */
export function weightOf(changes: readonly Change[]): number {
  let weight = changes.length;
  for (const change of changes) {
    if (change.type === 'update') for (const op of change.ops.values()) weight += weightOfOp(op);
    if (change.type === 'insert') for (const value of change.fields.values()) weight += weightOfValue(value);
  }
  return weight;
}

function weightOfOp(op: FieldOp): number {
  return op.type === 'list' ? 1 + opCountOf(op) : op.type === 'put' ? weightOfValue(op.value) : 1;
}

function weightOfValue(value: Value): number {
  return isList(value) ? 1 + value.length : 1;
}

function shortenOp(op: FieldOp): FieldOp {
  if (op.type !== 'list' || opCountOf(op) < SHORTEN_LEAST) return op;
  const columns = columnsOf(op);
  // An item that is gone takes two operations with it, of which one is a delete.
  let deletes = 0;
  for (let at = 0; at < columns.count; at++) if (columns.kinds[at] === DELETE) deletes++;
  if (2 * deletes < columns.count * (1 - KEPT_MOST)) return op;
  const left = withoutTransients(columns);
  return left.count > columns.count * KEPT_MOST ? op : listOfColumns(op.create, left);
}
