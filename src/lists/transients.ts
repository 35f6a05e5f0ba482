import { APPEND, DELETE, type ListColumns, ListColumnsBuilder, PUT } from '../operations/list-columns.js';
import type { Atom } from '../values/value.js';
import { NEVER_HEAD, NONE, type Replay, replay } from './replay.js';
import { FIRST_MADE } from './run-sequence.js';

/**
 * Operations on a list without its *transient* items, which they insert and delete again, as far as no merge can tell:
 * the operations that are left do the same to the list, and merge in the same way, whatever comes before and after them.
 *
 * Nobody else can know a transient item, so all that is left of it is a tombstone. A tombstone decides two things. It is
 * where later items were inserted; so what is left is written anew, by the order of its elements: first the puts, then all
 * inserts from left to right, then the deletes. And it can end the head of its gap (LIST-4). So it is dropped only
 * where another element ends the head for it: one before it in the gap, or the next one. At most two stay in each gap.
 *
 *     push a, push b, shift, push c, shift, push d, shift   on an empty list is   push d
 *     insert 1 x, delete 1                                  stays
 *
 * Operations with a move are returned as they are: without an item that it passes, a move can go nowhere.
 *
 * Law: see above. Costs: that of a replay. Spec: LIST-12.
 */
export function withoutTransients(ops: ListColumns): ListColumns {
  if (ops.targets !== undefined) return ops;
  const replayed = replay(ops, FIRST_MADE);
  const isKept = elementsToKeep(replayed);
  if (!isKept.includes(0)) return ops;

  const { items, runs } = replayed;
  const { inserts, puts, deletes } = collectOps(replayed);
  const left = new ListColumnsBuilder(ops.count);
  for (const at of puts) left.put(items[at] as number, ops.values[at] as Atom, ops.befores?.[at]);
  let made = 0;
  let base = 0;
  for (let run = 0; run < runs.count; run++) {
    const start = runs.starts[run] as number;
    const length = Math.abs(runs.lengths[run] as number);
    if (start < FIRST_MADE) {
      base = start + length;
      continue;
    }
    for (let element = start - FIRST_MADE; element < start - FIRST_MADE + length; element++) {
      if (isKept[element] === 0) continue;
      const { value, isAppend } = inserts[element] as Insert;
      left.insert(base + made++, value, isAppend);
    }
  }
  let visible = 0;
  for (let run = 0; run < runs.count; run++) {
    const start = runs.starts[run] as number;
    const length = runs.lengths[run] as number;
    for (let element = start; element < start + Math.abs(length); element++) {
      if (start >= FIRST_MADE && isKept[element - FIRST_MADE] === 0) continue;
      if (length > 0) {
        // The visible items of the base, of which the last are without end, are passed at once.
        visible += start < FIRST_MADE ? length : 1;
        if (start < FIRST_MADE) break;
      } else left.delete(visible, ops.befores?.[deletes.get(element) as number]);
    }
  }
  return left.finish();
}

/** Which elements that were made stay: 1 for those. Only tombstones are dropped. */
function elementsToKeep({ runs, headRoles, firstMade, endMade }: Replay): Uint8Array {
  const isKept = new Uint8Array(endMade - firstMade);
  /** An append ends every head, and an insert those that are not behind an own item. */
  const strengthOf = (element: number): number => (headRoles[element] === NEVER_HEAD ? 2 : 1);
  /** The last element of the gap that stays so far if it is a tombstone, and what ends the head so far. */
  let tombstone = NONE;
  let end = 0;
  for (let run = 0; run < runs.count; run++) {
    const start = (runs.starts[run] as number) - firstMade;
    const length = runs.lengths[run] as number;
    if (start < 0) {
      tombstone = NONE;
      end = 0;
      continue;
    }
    for (let element = start; element < start + Math.abs(length); element++) {
      const strength = strengthOf(element);
      if (length < 0 && strength <= end) continue;
      if (tombstone !== NONE && strengthOf(tombstone) <= strength) isKept[tombstone] = 0;
      tombstone = length < 0 ? element : NONE;
      isKept[element] = 1;
      end = Math.max(end, strength);
    }
  }
  return isKept;
}

/** What an element was made with. */
interface Insert {
  value: Atom;
  readonly isAppend: boolean;
}

/** The inserts by element, the puts of items of the base in order, and the delete of each item. */
function collectOps({ ops, items, firstMade, endMade }: Replay): {
  readonly inserts: readonly Insert[];
  readonly puts: readonly number[];
  readonly deletes: ReadonlyMap<number, number>;
} {
  const inserts = new Array<Insert>(endMade - firstMade);
  const puts: number[] = [];
  const deletes = new Map<number, number>();
  for (let at = 0; at < ops.count; at++) {
    const item = items[at] as number;
    const kind = ops.kinds[at];
    const value = ops.values[at] as Atom;
    if (kind === DELETE) deletes.set(item, at);
    else if (kind !== PUT) inserts[item - firstMade] = { value, isAppend: kind === APPEND };
    else if (item < firstMade) puts.push(at);
    else (inserts[item - firstMade] as Insert).value = value;
  }
  return { inserts, puts, deletes };
}
