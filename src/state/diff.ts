import { type Delta, deltaOf } from '../deltas/delta.js';
import { diffLists } from '../lists/diff.js';
import {
  type Change,
  deleteChange,
  type FieldOp,
  fieldDelete,
  fieldList,
  fieldPut,
  insertChange,
  updateChange,
} from '../operations/change.js';
import { type Fields, freezeMap } from '../values/fields.js';
import { valuesEqual } from '../values/order.js';
import { isList, type Value } from '../values/value.js';
import { requireState, type State } from './state.js';

/**
 * The delta that leads from one state to another, in normal form. A list that changed is edited item by item, with
 * moves where an item plainly moved; everything else that changed is put. The delta is not applied: it does not carry
 * what it overwrites. Apply it to a clone of `before` for that.
 *
 * @throws DatastoreError `invalid-option` for anything but states.
 * Law: `before · diff(before, after) = after`. Spec: DIFF-1 to DIFF-3.
 */
export function diff(before: State, after: State): Delta {
  requireState(before);
  requireState(after);
  const changes: Change[] = [];
  for (const table of new Set([...before.tables(), ...after.tables()])) {
    const source = recordsOf(before, table);
    const target = recordsOf(after, table);
    for (const [record, fields] of source) {
      const changed = target.get(record);
      if (changed === undefined) changes.push(deleteChange(table, record, undefined));
      else changes.push(updateChange(table, record, diffFields(fields, changed)));
    }
    for (const [record, fields] of target) {
      if (!source.has(record)) changes.push(insertChange(table, record, fields));
    }
  }
  return deltaOf(changes);
}

function recordsOf(state: State, table: string): ReadonlyMap<string, Fields> {
  return new Map(state.query(table).map(({ record, fields }) => [record, fields]));
}

function diffFields(before: Fields, after: Fields): ReadonlyMap<string, FieldOp> {
  const ops = new Map<string, FieldOp>();
  for (const field of before.keys()) if (!after.has(field)) ops.set(field, fieldDelete(undefined));
  for (const [field, value] of after) {
    const previous = before.get(field);
    if (!valuesEqual(previous, value)) ops.set(field, diffValue(previous, value));
  }
  return freezeMap(ops);
}

function diffValue(before: Value | undefined, after: Value): FieldOp {
  if (isList(before) && isList(after)) return fieldList(false, diffLists(before, after));
  return fieldPut(after, undefined);
}
