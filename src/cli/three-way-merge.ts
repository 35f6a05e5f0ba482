import {
  type Conflict,
  type Delta,
  diff,
  InvariantError,
  type ResolutionRules,
  type State,
  transform,
  type Value,
} from '../index.js';
import { isAboutPlace } from './conflict-shape.js';

/** Two applied deltas made on the same snapshot. */
export interface Edits {
  readonly base: State;
  readonly local: Delta;
  readonly remote: Delta;
}

export interface Merge {
  readonly merged: State;
  /** What brings remote's snapshot to the merged one. */
  readonly local: Delta;
  /** What brings local's snapshot to the merged one. */
  readonly remote: Delta;
  readonly conflicts: readonly Conflict[];
}

/**
 * Merges two edits of one snapshot.
 *
 * @throws InvariantError if the two ways to the merged state do not meet, which would be a defect of the engine.
 * Law 1: `base · remote · local′ = base · local · remote′`.
 */
export function mergeEdits({ base, local, remote }: Edits, rules: ResolutionRules): Merge {
  const conflicts: Conflict[] = [];
  const transformed = transform(local, remote, {
    rules,
    onConflict: (conflict) => conflicts.push(withItems(conflict, base)),
  });
  const merged = stateAfter(base, remote, transformed.local);
  if (diff(merged, stateAfter(base, local, transformed.remote)).length > 0) {
    throw new InvariantError('the two ways to the merged state do not meet');
  }
  return { merged, ...transformed, conflicts };
}

/** A new state: `base` with the deltas applied to it. */
export function stateAfter(base: State, ...deltas: readonly Delta[]): State {
  const state = base.clone();
  for (const delta of deltas) state.apply(delta);
  return state;
}

/**
 * A conflict about moves alone tells no item, because neither delta does; the base knows it, and neither side has
 * changed it.
 */
function withItems(conflict: Conflict, base: State): Conflict {
  const { table, record, field, index, local, remote, result } = conflict;
  if (field === undefined || index === undefined || conflict.base !== undefined) return conflict;
  const list = base.get(table, record)?.get(field);
  const item: Value | undefined = Array.isArray(list) ? list[index] : undefined;
  if (item === undefined) return conflict;
  if (!isAboutPlace(conflict)) return { ...conflict, base: item };
  return { ...conflict, base: item, local: local ?? item, remote: remote ?? item, result: result ?? item };
}
