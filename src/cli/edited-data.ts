import { type Change, compress, DatastoreError, type Delta, diff, type State } from '../index.js';
import { changesOf, type DataFile, stateOf } from './data-file.js';
import type { JsonFile } from './json-file.js';

/** Consecutive changes of a file, the first of them at `position`. */
interface Run {
  readonly position: number;
  readonly changes: readonly Change[];
}

/**
 * What a side made of the base, as an applied delta in normal form, so that sums and conflict reports know what it
 * overwrote. An empty file has no changes.
 *
 * @throws CommandError that names the place in the file, where it is invalid or does not fit the base.
 */
export function readEdit(base: State, data: DataFile): Delta {
  switch (data.form) {
    case 'empty':
      return [];
    case 'snapshot':
      return base.clone().apply(diff(base, stateOf(data)));
    case 'delta':
      return applyInOrder(base, changesOf(data), data.file);
  }
}

/**
 * Applies changes as they stand in the file. Compressing all of them first would hide those that do not fit and are
 * undone later; applying each on its own would copy a long list once for every letter typed into it.
 */
function applyInOrder(base: State, changes: readonly Change[], file: JsonFile): Delta {
  const state = base.clone();
  const applied: Change[] = [];
  for (const run of runsOf(changes)) {
    for (const change of applyRun(state, run, file)) applied.push(change);
  }
  return compress(applied);
}

/** Each change by itself, but those in a row that only edit lists together: composing these hides nothing. */
function runsOf(changes: readonly Change[]): readonly Run[] {
  const runs: { position: number; changes: Change[]; isOpen: boolean }[] = [];
  changes.forEach((change, position) => {
    const isOpen = editsListsOnly(change);
    const last = runs.at(-1);
    if (isOpen && last?.isOpen === true) last.changes.push(change);
    else runs.push({ position, changes: [change], isOpen });
  });
  return runs;
}

function editsListsOnly(change: Change): boolean {
  if (change.type !== 'update' || change.ops.size === 0) return false;
  return [...change.ops.values()].every((op) => op.type === 'list' && !op.create);
}

function applyRun(state: State, { position, changes }: Run, file: JsonFile): Delta {
  try {
    return state.apply(composed(changes));
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    const misfit = position + firstMisfit(state, changes);
    throw file.fault(error.message.replace(/^position \d+/, `position ${misfit}`), misfit);
  }
}

/** The first of the changes, not all of which fit, that does not, found by halving. */
function firstMisfit(state: State, changes: readonly Change[]): number {
  let fitting = 0;
  let failing = changes.length;
  while (failing - fitting > 1) {
    const middle = Math.floor((fitting + failing) / 2);
    if (fits(state, changes.slice(0, middle))) fitting = middle;
    else failing = middle;
  }
  return fitting;
}

function fits(state: State, changes: readonly Change[]): boolean {
  try {
    state.clone().apply(composed(changes));
    return true;
  } catch (error) {
    if (error instanceof DatastoreError) return false;
    throw error;
  }
}

/** A change by itself stays as it is: composing would drop an update without operations, and its record unchecked. */
function composed(changes: readonly Change[]): Delta {
  return changes.length === 1 ? changes : compress(changes);
}
