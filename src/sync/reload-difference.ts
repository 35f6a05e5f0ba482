import type { Conflict, ConflictListener } from '../deltas/conflict.js';
import { changesIn, type Delta, deltaOf } from '../deltas/delta.js';
import type { RuleLookup } from '../deltas/rebase.js';
import { type Change, updateChange } from '../operations/change.js';
import { type FieldOp, fieldList } from '../operations/field-operation.js';
import { type ListOp, type ListPut, listDelete, listInsert } from '../operations/list-operation.js';
import { diff } from '../state/diff.js';
import type { State } from '../state/state.js';
import { freezeMap } from '../values/fields.js';
import type { Part } from './part.js';
import { type Rebased, rebaseParts } from './rebase-parts.js';

/**
 * Rebases deltas over the difference between the state that they follow and another one. Spec: SYNC-30.
 *
 * @throws what a merge function throws.
 */
export function rebaseOverDifference(
  start: State,
  target: State,
  deltas: readonly (readonly Part[])[],
  rules: RuleLookup,
  onConflict: ConflictListener,
): Rebased {
  const conflicts: Conflict[] = [];
  const applied = start.clone().apply(diff(start, target));
  const rebased = rebaseParts(deltas, applied, rules, (conflict) => conflicts.push(conflict));
  const spared = sparingNewItems(applied, conflicts);
  if (spared !== undefined) return rebaseParts(deltas, start.clone().apply(spared), rules, onConflict);
  for (const conflict of conflicts) onConflict(conflict);
  return rebased;
}

/**
 * A difference between two states calls it a put where one item of a list has gone and another has come in its place:
 * which it was, nobody can tell. Merged as a put, a pending delete of the old item would take the new one with it,
 * which may be somebody else's. So those puts that lost to a pending delete are told as a delete and an insert; then the
 * new item stays. The others stay puts, and meet pending puts and moves by the rule.
 *
 * @param conflicts those of merging the difference as it is. Spec: SYNC-30.
 * @returns the difference to merge instead, or `undefined` if no such put was lost.
 */
function sparingNewItems(difference: Delta, conflicts: readonly Conflict[]): Delta | undefined {
  const lost = new Set(conflicts.flatMap(lostPutKeys));
  if (lost.size === 0) return undefined;
  const spared = changesIn(difference).map((change): Change => {
    if (change.type !== 'update') return change;
    const ops = new Map<string, FieldOp>();
    for (const [field, op] of change.ops) {
      const isSpared = (put: ListPut): boolean => lost.has(keyOf(change.table, change.record, field, put.index));
      ops.set(
        field,
        op.type === 'list'
          ? fieldList(
              op.create,
              op.ops.flatMap((step) => spare(step, isSpared)),
            )
          : op,
      );
    }
    return updateChange(change.table, change.record, freezeMap(ops));
  });
  return deltaOf(spared);
}

/** The puts of items that a conflict says remote lost to a delete. In a difference no two puts of a list have one index. */
function lostPutKeys({ table, record, index, rule, lost }: Conflict): string[] {
  if (index === undefined || rule !== 'delete-wins') return [];
  return lost.flatMap(({ side, field, op }) => {
    if (side !== 'remote' || op.type !== 'list') return [];
    return op.ops.flatMap((step) => (step.type === 'put' ? [keyOf(table, record, field, step.index)] : []));
  });
}

function spare(step: ListOp, isSpared: (put: ListPut) => boolean): ListOp[] {
  if (step.type !== 'put' || !isSpared(step)) return [step];
  return [listDelete(step.index, step.before), listInsert(step.index, step.value)];
}

function keyOf(table: string, record: string, field: string, index: number): string {
  return JSON.stringify([table, record, field, index]);
}
