import {
  type Change,
  type Conflict,
  compress,
  DatastoreError,
  type Delta,
  diff,
  type MergedEdits,
  mergeEdits,
  type ResolutionRules,
  type State,
  type Value,
} from '../index.js';
import { blaming, type DataFile, expectKind } from './data-file.js';

/** Two applied deltas made on the same snapshot. */
export interface Edits {
  readonly base: State;
  readonly local: Delta;
  readonly remote: Delta;
}

/** Merges two edits of one snapshot. @throws InvariantError for a defect of the engine. */
export function mergeOnBase({ base, local, remote }: Edits, rules: ResolutionRules): MergedEdits {
  const merge = mergeEdits(base, local, remote, { rules });
  return { ...merge, conflicts: merge.conflicts.map((conflict) => withItems(conflict, base)) };
}

/** A new state: `base` with the deltas applied to it. */
export function stateAfter(base: State, ...deltas: readonly Delta[]): State {
  const state = base.clone();
  for (const delta of deltas) state.apply(delta);
  return state;
}

/**
 * Adds the item to a conflict about moves alone, which neither delta contains. The base has it, and neither side has
 * changed it.
 */
function withItems(conflict: Conflict, base: State): Conflict {
  const { table, record, field, index, local, remote, result } = conflict;
  if (field === undefined || index === undefined || conflict.base !== undefined) return conflict;
  const list = base.get(table, record)?.get(field);
  const item: Value | undefined = Array.isArray(list) ? list[index] : undefined;
  if (item === undefined) return conflict;
  if (!isAboutMoves(conflict)) return { ...conflict, base: item };
  return { ...conflict, base: item, local: local ?? item, remote: remote ?? item, result: result ?? item };
}

/** Whether a conflict is about where a list item goes that both sides moved, and not about its value. */
export function isAboutMoves({ rule, index, lost }: Conflict): boolean {
  if (index === undefined || rule === 'delete-wins') return false;
  return lost.every(({ op }) => op.type === 'list' && [...op.ops].every(({ type }) => type === 'move'));
}

/**
 * What a side made of the base, as an applied delta in normal form, so that sums and conflict reports know what it
 * overwrote. An empty array has no changes.
 *
 * @throws CommandError that names the place in the file if the edit does not fit the base.
 */
export function readEdit(base: State, file: DataFile): Delta {
  const content = expectKind(file, ['empty', 'snapshot', 'delta'], 'expected a delta or the edited snapshot');
  switch (content.kind) {
    case 'empty':
      return compress([]);
    case 'snapshot':
      return base.clone().apply(diff(base, content.state));
    case 'delta':
      return applyInOrder(base, content.changes, file.fault);
  }
}

/** Consecutive changes of a file, the first of them at `position`. */
interface Run {
  readonly position: number;
  readonly changes: readonly Change[];
}

/**
 * Applies changes as they are in the file. Compressing all of them first would hide changes that do not fit and are
 * undone later. Applying each by itself would copy a long list for every letter typed into it.
 */
function applyInOrder(base: State, changes: readonly Change[], fault: DataFile['fault']): Delta {
  const state = base.clone();
  const applied: Change[] = [];
  for (const run of runsOf(changes)) {
    for (const change of applyRun(state, run, fault)) applied.push(change);
  }
  return compress(applied);
}

/** Each change by itself, but consecutive ones that only edit lists together: compressing these hides nothing. */
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

function applyRun(state: State, { position, changes }: Run, fault: DataFile['fault']): Delta {
  const faultOfRun: DataFile['fault'] = (reason) => {
    const misfit = position + firstMisfit(state, changes);
    return fault(reason.replace(/^position \d+/, `position ${misfit}`), misfit);
  };
  return blaming(faultOfRun, () => state.apply(joined(changes)));
}

/** The first of the changes that does not fit, found by halving. Not all of them fit. */
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
    state.clone().apply(joined(changes));
    return true;
  } catch (error) {
    if (error instanceof DatastoreError) return false;
    throw error;
  }
}

/** A single change stays as it is: compressing would drop an update without operations, and not check its record. */
function joined(changes: readonly Change[]): readonly Change[] | Delta {
  return changes.length === 1 ? changes : compress(changes);
}
