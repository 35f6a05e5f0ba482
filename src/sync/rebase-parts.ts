import type { ConflictListener } from '../deltas/conflict.js';
import { type Delta, NO_CHANGES } from '../deltas/delta.js';
import { type RuleLookup, rebase } from '../deltas/rebase.js';
import type { LocalDelta } from './local-delta.js';
import type { Part } from './part.js';

/** Pending deltas by their parts, brought past a delta that `view` follows by applying `shown`. */
export interface Rebased {
  readonly deltas: readonly (readonly Part[])[];
  readonly shown: Delta;
}

/** Rebases deltas over a remote one, keeping the boundaries of their parts. */
export function rebaseParts(
  deltas: readonly (readonly Part[])[],
  remote: Delta,
  rules: RuleLookup,
  onConflict: ConflictListener,
): Rebased {
  const pending = deltas.flatMap((parts) => parts.map(({ delta }) => delta));
  const merged = rebase(pending, remote, { rules, onConflict });
  let next = 0;
  const rebased = deltas.map((parts) =>
    parts.map((part): Part => ({ ...part, delta: merged.pending[next++] ?? NO_CHANGES })),
  );
  return { deltas: rebased, shown: merged.remote };
}

/** Deals parts out again to the deltas that they came from. */
export function regroup(parts: readonly Part[], deltas: readonly LocalDelta[]): (readonly Part[])[] {
  let start = 0;
  return deltas.map((delta) => {
    const end = start + delta.parts.length;
    const own = parts.slice(start, end);
    start = end;
    return own;
  });
}
