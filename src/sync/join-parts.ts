import { composeOnto } from '../deltas/compose-onto.js';
import { isRecorded, type Part, type PartRole } from './part.js';

/**
 * Makes fewer parts of the parts of a delta, so that a merge does not cost more with every time that something is sealed:
 * those that follow one another are joined where the undo history leaves them alone, or has `forgotten` their steps.
 * Known steps stay as they are, and nothing is joined across them.
 *
 * A part is joined only to one of which it is more than half, counted in what both were joined from. So of parts that come
 * one by one, each is composed as often as their number can be halved, and as many are left.
 *
 * Law: whatever is merged, undone or refused later, comes out as it would without this. Spec: SYNC-17, SYNC-54.
 */
export function joinParts(parts: readonly Part[], forgotten: ReadonlySet<PartRole>): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    let last: Part = forgotten.has(part.role) ? { role: 'unrecorded', delta: part.delta } : part;
    for (let before = joined.at(-1); before !== undefined && areJoined(before, last); before = joined.at(-1)) {
      last = {
        role: 'unrecorded',
        delta: composeOnto(before.delta, last.delta),
        count: countOf(before) + countOf(last),
      };
      joined.pop();
    }
    joined.push(last);
  }
  return joined;
}

function areJoined(before: Part, last: Part): boolean {
  return !isRecorded(before) && !isRecorded(last) && countOf(before) < 2 * countOf(last);
}

function countOf({ count = 1 }: Part): number {
  return count;
}
