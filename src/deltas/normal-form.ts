import type { Change, FieldOps } from '../operations/change.js';
import { opCountOf } from '../operations/list-columns.js';
import { type Fields, isInOrder } from '../values/fields.js';
import { comparePlaces } from './record-edit.js';

const NO_FIELDS: Fields = new Map();

/**
 * Whether changes of the engine's own are in normal form as they stand. Most that come from elsewhere are, and looking
 * costs far less than composing them anew. Spec: NORM-2, NORM-3, NORM-8.
 */
export function isInNormalForm(changes: readonly Change[]): boolean {
  for (let at = 0; at < changes.length; at++) {
    const change = changes[at] as Change;
    if (!isNormalChange(change)) return false;
    const previous = changes[at - 1];
    if (previous === undefined) continue;
    const order = comparePlaces(previous, change);
    const isReplace = order === 0 && previous.type === 'delete' && change.type === 'insert';
    if (order > 0 || (order === 0 && !isReplace)) return false;
  }
  return true;
}

/** Whether a change of the engine's own, on its own, is in normal form as it stands. */
export function isNormalChange(change: Change): boolean {
  return (change.type !== 'update' || doesSomething(change.ops)) && isInOrder(contentOf(change));
}

/** What stands in a change by field name. */
function contentOf(change: Change): ReadonlyMap<string, unknown> {
  if (change.type === 'update') return change.ops;
  return (change.type === 'insert' ? change.fields : change.before) ?? NO_FIELDS;
}

function doesSomething(ops: FieldOps): boolean {
  for (const op of ops.values()) if (op.type === 'list' && !op.create && opCountOf(op) === 0) return false;
  return ops.size > 0;
}
