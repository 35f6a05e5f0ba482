/** How the cases of the merge families are computed. */

import { type Conflict, type Delta, rebase, State, transform } from '../../src/index.js';
import { arrayOf, asJson, type Json, type JsonObject } from './json.js';
import { readDelta, writeDelta } from './notation.js';
import { answerOrError, readRules, writeConflict } from './outcome.js';

export const MERGE_OUTPUTS: readonly string[] = ['merged', 'rebasedLocal', 'rebasedRemote', 'conflicts'];
export const REBASE_OUTPUTS: readonly string[] = ['merged', 'rebasedPending', 'rebasedRemotes', 'conflicts'];

/** Both deltas are applied to the base before they are merged, unless the case says that they are not. */
export function completeMerge(input: JsonObject): JsonObject {
  return answerOrError(() => {
    const conflicts: Conflict[] = [];
    const remote = deltasOn(input, [readDelta(input['remote'])])[0] ?? [];
    const local = deltasOn(input, [readDelta(input['local'])])[0] ?? [];
    const merged = transform(local, remote, {
      rules: readRules(input['rules']),
      onConflict: (conflict) => conflicts.push(conflict),
    });
    return {
      merged: rowsAfter(input, [remote, merged.local]),
      rebasedLocal: writeDelta(merged.local),
      rebasedRemote: writeDelta(merged.remote),
      conflicts: conflicts.map(writeConflict),
    };
  });
}

/** The remote deltas meet the pending ones in turn, each with what the ones before it left. */
export function completeRebase(input: JsonObject): JsonObject {
  return answerOrError(() => {
    const conflicts: Conflict[] = [];
    const remotes = deltasOn(input, arrayOf(input['remotes']).map(readDelta));
    const rules = readRules(input['rules']);
    let pending = deltasOn(input, arrayOf(input['pending']).map(readDelta));
    const rebasedRemotes = remotes.map((remote) => {
      const merged = rebase(pending, remote, { rules, onConflict: (conflict) => conflicts.push(conflict) });
      pending = merged.pending;
      return merged.remote;
    });
    return {
      merged: rowsAfter(input, [...remotes, ...pending]),
      rebasedPending: pending.map(writeDelta),
      rebasedRemotes: rebasedRemotes.map(writeDelta),
      conflicts: conflicts.map(writeConflict),
    };
  });
}

/** The deltas with what they overwrite, one after the other, on the base of a case. */
export function deltasOn({ base, applied }: JsonObject, deltas: readonly Delta[]): readonly Delta[] {
  if (applied === false) return deltas;
  const state = State.fromRows(base);
  return deltas.map((delta) => state.apply(delta));
}

function rowsAfter({ base }: JsonObject, deltas: readonly Delta[]): Json {
  const state = State.fromRows(base);
  for (const delta of deltas) state.apply(delta);
  return asJson(state.toRows());
}
