import type { Conflict, ConflictListener } from '../deltas/conflict.js';
import { type Delta, NO_CHANGES } from '../deltas/delta.js';
import { invert } from '../deltas/invert.js';
import type { RuleLookup } from '../deltas/rebase.js';
import { counterparts } from './lineage.js';
import type { LocalDelta } from './local-delta.js';
import type { Part } from './part.js';
import { rebaseParts } from './rebase-parts.js';
import { refusalRules } from './refusal-rules.js';

/** The parts that are left when a delta below them is undone, and the deltas that the view follows that by, in order. */
export interface Undone {
  /** As many as there were, so those that became empty too. */
  readonly left: readonly Part[];
  readonly shown: readonly Delta[];
}

/**
 * Works out what is left of `later` parts without the delta that they follow, and which deltas lead the view there.
 * That what stands wins over the undoing is no conflict to anybody, and neither is a sum, which is made by a function
 * here: only the edits that are lost are told of. Spec: SYNC-27, SYNC-28.
 */
export function undoBelow(
  fallen: LocalDelta,
  later: readonly Part[],
  pendingRules: RuleLookup,
  onLoss: ConflictListener,
): Undone {
  const rules = refusalRules(pendingRules);
  const onConflict = (conflict: Conflict): void => {
    if (conflict.rule !== 'function' && conflict.lost.some(({ side }) => side === 'local')) onLoss(conflict);
  };
  const { deltas, shown } = rebaseParts([later], invert(fallen.whole()), rules, onConflict);
  let left = deltas[0] ?? [];
  const shows = [shown];
  for (const at of counterparts(fallen.parts, later)) {
    const counterpart = left[at];
    if (counterpart === undefined) continue;
    const rest = rebaseParts([left.slice(at + 1)], invert(counterpart.delta), rules, onConflict);
    left = [...left.slice(0, at), { ...counterpart, delta: NO_CHANGES }, ...(rest.deltas[0] ?? [])];
    shows.push(rest.shown);
  }
  return { left, shown: shows };
}
