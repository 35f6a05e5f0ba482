import type { Part } from './part.js';

/**
 * Which pending parts lose their sense when others are refused. The parts of one lineage take turns: a step, its
 * undoing, its redoing, and so on. Where one of a pair is refused, and so undone, the other would undo it once more: they
 * fall together, and what comes after them in the lineage goes on taking turns.
 *
 * @returns positions among `later`, ascending. Spec: SYNC-28.
 */
export function counterparts(refused: readonly Part[], later: readonly Part[]): number[] {
  const unpaired = new Set<number>();
  for (const { lineage } of refused) {
    if (lineage !== undefined && !unpaired.delete(lineage)) unpaired.add(lineage);
  }
  return later.flatMap(({ lineage }, at) => (lineage !== undefined && unpaired.delete(lineage) ? [at] : []));
}
