import { changesIn, type Delta, deltaInNormalForm } from '../deltas/delta.js';
import { type Change, type UpdateChange, updateChange } from '../operations/change.js';
import type { FieldOp } from '../operations/field-operation.js';
import { freezeMap } from '../values/fields.js';

/** Changes by table and record. */
type ChangesByRecord = ReadonlyMap<string, ReadonlyMap<string, Change>>;

/** What has been dropped of a record, or of some of its fields, and stays so for the rest of the chain. */
interface Dropped {
  isWhole: boolean;
  readonly fields: Set<string>;
}

/** Whether any delta of a chain touches what `later` touches: a record, and if both only update it, a field of it. */
export function isMet(chain: readonly Delta[], later: readonly Change[]): boolean {
  if (chain.length === 0 || later.length === 0) return false;
  const places = byRecord(later);
  return chain.some((delta) =>
    changesIn(delta).some((change) => {
      const other = places.get(change.table)?.get(change.record);
      return other !== undefined && isSamePlace(change, other);
    }),
  );
}

/**
 * Takes out of a chain of undo deltas what would destroy a later edit of somebody else, where a merge would let the
 * undoing win: the deletion of a record that `later` updates, and the put or deletion of a field whose list `later`
 * edits. What the chain goes on to do to that record or field falls with it. Spec: SYNC-42.
 */
export function yieldTo(chain: readonly Delta[], later: readonly Change[]): Delta[] {
  const places = byRecord(later);
  const dropped = new Map<Change, Dropped>();
  return chain.map((delta) =>
    deltaInNormalForm(
      changesIn(delta).flatMap((change) => {
        const other = places.get(change.table)?.get(change.record);
        if (other?.type !== 'update') return [change];
        const state = dropped.get(other) ?? { isWhole: false, fields: new Set() };
        dropped.set(other, state);
        return yieldChange(change, other, state);
      }),
    ),
  );
}

function yieldChange(change: Change, later: UpdateChange, dropped: Dropped): Change[] {
  if (change.type === 'delete') dropped.isWhole = true;
  if (dropped.isWhole) return [];
  if (change.type !== 'update') return [change];
  const kept = new Map<string, FieldOp>();
  for (const [field, op] of change.ops) {
    if (op.type !== 'list' && later.ops.get(field)?.type === 'list') dropped.fields.add(field);
    if (!dropped.fields.has(field)) kept.set(field, op);
  }
  return kept.size === 0 ? [] : [updateChange(change.table, change.record, freezeMap(kept))];
}

function byRecord(changes: readonly Change[]): ChangesByRecord {
  const tables = new Map<string, Map<string, Change>>();
  for (const change of changes) {
    const records = tables.get(change.table) ?? new Map<string, Change>();
    tables.set(change.table, records);
    // Of a delete and an insert the delete stays: to a later edit of the record either means the same.
    if (!records.has(change.record)) records.set(change.record, change);
  }
  return tables;
}

function isSamePlace(left: Change, right: Change): boolean {
  if (left.type !== 'update' || right.type !== 'update') return true;
  for (const field of left.ops.keys()) if (right.ops.has(field)) return true;
  return false;
}
