/*
 * Merging two sequences of operations that were made on the same list.
 *
 * An operation names items by index, and an index means another item as soon as the other side has edited. So a merge
 * first reconstructs which item each operation meant, for as long as the merge takes; nothing of it is stored. Its words:
 *
 * - An *element* is an item, or the *tombstone* that it left. A delete turns an element into a tombstone. An insert makes a
 *   new element. A move leaves a tombstone and makes a new element. Elements are never removed and never change their
 *   order. An item that moves has several elements one after the other; it is known by the first.
 * - The *origin* of a new element is its left neighbour when it was made. It is directly after that.
 * - The *merged order* is the elements of both sides in the one order that both agree on. A *position* in it is a run of
 *   elements that neither side treats differently. A *visible index* is the number of items that stand before a position.
 *
 * A merge takes four steps:
 *
 * 1. Replay each side by itself on the base, which is taken to have no end (`replay`).
 * 2. Merge both orders (`mergeOrders`). The result depends on what each side did and on who is remote, not on who applies
 *    what first.
 * 3. Decide what becomes of the items that both sides edited (`collectEffects`, `isDropped`).
 * 4. Perform each side's operations once more, in the merged order and on top of the other side's result, and read the
 *    index of each off as a visible index (`performOn`).
 *
 * Law 1, `list · remote · local′ = list · local · remote′`, holds by construction: either way the same items end at the
 * same positions of the same order. It is the property TP1 of operational transformation (Ressel, Nitsche-Ruhland and
 * Gunzenhäuser, CSCW 1996), which a central log makes sufficient (Nichols et al., "High-latency, low-bandwidth windowing
 * in the Jupiter collaboration system", UIST 1995). Tombstones that anchor neighbours are as in WOOT (Oster et al., CSCW
 * 2006), but live for one merge.
 *
 * Why heads and tails. The base elements cut the order into *gaps*, and both sides may have made elements in one gap. A
 * side's *head* in a gap is its leading run of elements made by moves to the right; its *tail* is the rest. A gap reads
 *
 *     local head · remote head · remote tail · local tail
 *
 * Take the base `a b`. Local moves a to the end; remote appends r. Both made an element in the gap after b:
 *
 *     local    ·  b  a          remote   a  b  r          merged   ·  b  a  r
 *
 * Text typed at one place has remote's before local's, so tails alone would give `b r a`: a, which was to come directly
 * after b, would end behind an item that was appended to the end of the list. An item that is moved to the right closes up
 * to the item that it passed, and so belongs before what is inserted there; an item that is moved to the left stands
 * directly after its left neighbour, as an insert does. With the sides exchanged, remote's head comes before local's tail,
 * and the result is again `b a l`.
 *
 * A replica knows more than a bare merge: which items of the base its own user inserted. Behind such an item, local's
 * inserts are in the head too, unless they were made as appends. Say local types `w h a t`, a key at a time; `w` is in the
 * log when remote types `X` behind it, and local goes on with `h` before it hears of that. Both make an element behind
 * `w`, and tails alone would give `w X h`, a torn word. As local inserted `w`, `h` is in its head: `w h X`. An append says
 * "at the end" instead of "behind this item", so appends of several devices stay in the order of the log.
 *
 * Costs: O((m + n) · log(m + n)) time and O(m + n) memory for m local and n remote operations, whatever the length of the
 * list: what nobody edits is one run. `test/oracle` has a merge that follows the rules word for word, one element an item,
 * and is the naive twin of this one in the tests. Read that first. Spec: LIST-1 to LIST-11.
 */

import { DELETE, isInsertKind, type ListColumns, PUT, withoutAppends } from '../operations/list-columns.js';
import type { Atom } from '../values/value.js';
import {
  collectEffects,
  findConflicts,
  isDropped,
  type ListRule,
  lastPutValue,
  type Side,
  type SideEffects,
} from './decisions.js';
import { FenwickTree } from './fenwick-tree.js';
import { type IsOwn, type MergedOrder, mergeOrders, positionOf } from './order.js';
import { NONE, replay } from './replay.js';
import { FIRST_MADE } from './run-sequence.js';
import { mergeSingle } from './single-merge.js';
import { type ListMerge, normalizeOps, OpsWriter, type TransformedOps } from './transformed-ops.js';

/**
 * Merges two sequences of operations made on the same list.
 *
 * @param isOwn which items of the list local inserted, where that is known.
 *
 * Law: MERGE-1. Spec: LIST-1 to LIST-11.
 */
export function mergeListOps(local: ListColumns, remoteOps: ListColumns, rule: ListRule, isOwn?: IsOwn): ListMerge {
  const remote = withoutAppends(remoteOps);
  if (local.count === 0 || remote.count === 0) {
    return { local: normalizeOps(local, false), remote: normalizeOps(remote, true), conflicts: () => [] };
  }
  return mergeSingle(local, remote, rule, isOwn) ?? mergeMany(local, remote, rule, isOwn);
}

function mergeMany(local: ListColumns, remote: ListColumns, rule: ListRule, isOwn?: IsOwn): ListMerge {
  const localReplay = replay(local, FIRST_MADE);
  const remoteReplay = replay(remote, localReplay.endMade);
  const order = mergeOrders(localReplay, remoteReplay, isOwn);
  const localEffects = collectEffects(localReplay, order);
  const remoteEffects = collectEffects(remoteReplay, order);
  const onRemote = new VisibleIndex(order.remoteCounts, order.length);
  const onLocal = new VisibleIndex(order.localCounts, order.length);
  return {
    local: performOn(onRemote, order, 'local', localEffects, remoteEffects, rule),
    remote: performOn(onLocal, order, 'remote', remoteEffects, localEffects, rule),
    conflicts: () => {
      const areApart = (left: number, right: number): boolean => onLocal.isAnyBetween(left, right);
      return findConflicts(localEffects, remoteEffects, rule, areApart);
    },
  };
}

/** How many items stand at each position, and before it. */
class VisibleIndex {
  readonly #counts: Int32Array;
  readonly #tree: FenwickTree;

  /** @param counts is taken over. */
  constructor(counts: Int32Array, length: number) {
    this.#counts = counts;
    this.#tree = new FenwickTree(counts, length);
  }

  countAt(position: number): number {
    return this.#counts[position] as number;
  }

  countBefore(position: number): number {
    return this.#tree.countBefore(position);
  }

  add(position: number, count: number): void {
    this.#counts[position] = this.countAt(position) + count;
    this.#tree.add(position, count);
  }

  isAnyBetween(left: number, right: number): boolean {
    return this.countBefore(right) - this.countBefore(left) - this.countAt(left) > 0;
  }
}

/**
 * Performs the operations of `side` in the merged order, on top of the other side's result, which then becomes the
 * merged one. Spec: LIST-8, LIST-9.
 */
function performOn(
  visible: VisibleIndex,
  order: MergedOrder,
  side: Side,
  own: SideEffects,
  other: SideEffects,
  rule: ListRule,
): TransformedOps {
  const { ops, moveElements, isBackward } = own.replay;
  const { count, kinds, values } = ops;
  const befores = side === 'local' ? ops.befores : undefined;
  const result = new OpsWriter(count, moveElements !== undefined, befores !== undefined);
  const overwritten = new OverwrittenValues(other);
  /** By position of an item's first element: its position now, or NONE where it has not moved. */
  const movedTo = positionsOfMoved(own, other, order);
  for (let at = 0; at < count; at++) {
    const item = own.positions[at] as number;
    const kind = kinds[at] as number;
    if (item === NONE || isDropped(kind, item, side, own, other, rule)) continue;
    if (isInsertKind(kind)) {
      // Elements of the run to the left of this one have their items already.
      result.add(at, kind, visible.countBefore(item) + visible.countAt(item), values[at], undefined);
      visible.add(item, 1);
      continue;
    }
    const moved = movedTo === undefined ? NONE : (movedTo[item] as number);
    const position = moved === NONE ? item : moved;
    const index = visible.countBefore(position);
    const before = befores?.[at];
    if (kind === PUT) {
      result.add(at, PUT, index, values[at], overwritten.put(item, values[at], before));
    } else if (kind === DELETE) {
      // A run that is deleted from right to left loses its last item each time.
      const offset = isBackward[at] === 1 ? visible.countAt(position) - 1 : 0;
      result.add(at, DELETE, index + offset, undefined, overwritten.get(item, before));
      visible.add(position, -1);
    } else {
      visible.add(position, -1);
      const target = positionOf(order, moveElements?.[at] as number);
      const to = visible.countBefore(target);
      if (movedTo !== undefined) movedTo[item] = target;
      visible.add(target, 1);
      if (index !== to) result.move(at, index, to);
    }
  }
  return result.finish(ops.isMutable || other.replay.ops.isMutable);
}

/** The positions of the items that the other side moved, with room for those that this side will move. */
function positionsOfMoved(own: SideEffects, other: SideEffects, order: MergedOrder): Int32Array | undefined {
  if (other.movedTo !== undefined) return other.movedTo.slice();
  return own.movedTo === undefined ? undefined : new Int32Array(order.length).fill(NONE);
}

/** What local's operations overwrite on top of remote's result: what remote put, or what local has put since. */
class OverwrittenValues {
  readonly #other: SideEffects;
  #own: Map<number, Atom> | undefined;

  constructor(other: SideEffects) {
    this.#other = other;
  }

  /** @param before what the operation overwrote on its own, or `undefined` where that is unknown. */
  get(item: number, before: Atom | undefined): Atom | undefined {
    if (before === undefined) return undefined;
    return this.#own?.get(item) ?? lastPutValue(this.#other, item) ?? before;
  }

  put(item: number, value: Atom | undefined, before: Atom | undefined): Atom | undefined {
    const overwritten = this.get(item, before);
    if (before !== undefined && value !== undefined) {
      this.#own ??= new Map();
      this.#own.set(item, value);
    }
    return overwritten;
  }
}
