import { type ListOp, listDelete, listInsert, listMove, listPut } from '../operations/list-operation.js';
import { compareValues } from '../values/order.js';
import type { Atom } from '../values/value.js';
import { align, type Match } from './align.js';
import { RankTree } from './rank-tree.js';

/**
 * The operations that turn one list into another: items that keep their order stay; an item that left one place and
 * appeared at another, and is the only one of its value to do so, is moved; what else disappeared and appeared between
 * the same neighbours is put, pairwise in order; the rest is deleted and inserted.
 *
 * Law: `applyListOps(before, diffLists(before, after))` is `after`. Spec: DIFF-2, DIFF-3.
 */
export function diffLists(before: readonly Atom[], after: readonly Atom[]): readonly ListOp[] {
  const [source, target] = numberItems(before, after);
  const kept = align(source, target);
  const moved = findMoves(source, target, kept);
  return emit(after, source, target, pairPuts(source, target, kept, moved), moved);
}

/** Numbers items so that equal items have equal numbers, in one sort of both lists. */
function numberItems(before: readonly Atom[], after: readonly Atom[]): [source: number[], target: number[]] {
  const items = [...before, ...after];
  const order = items.map((_, index) => index).sort((left, right) => compareValues(items[left], items[right]));
  const numbers = new Array<number>(items.length).fill(0);
  order.forEach((index, rank) => {
    const previous = order[rank - 1];
    if (previous === undefined) return;
    const same = compareValues(items[previous], items[index]) === 0;
    numbers[index] = (numbers[previous] ?? 0) + (same ? 0 : 1);
  });
  return [numbers.slice(0, before.length), numbers.slice(before.length)];
}

/** Where each target of a move comes from: equal items, unique among all that left and all that appeared. */
function findMoves(
  source: readonly number[],
  target: readonly number[],
  kept: readonly Match[],
): ReadonlyMap<number, number> {
  const left = uniqueBut(source, new Set(kept.map((match) => match.source)));
  const appeared = uniqueBut(target, new Set(kept.map((match) => match.target)));
  const moves = new Map<number, number>();
  for (const [item, to] of appeared) {
    const from = left.get(item);
    if (from !== undefined) moves.set(to, from);
  }
  return moves;
}

/** The positions of the items that occur exactly once among those whose position is not in `except`. */
function uniqueBut(items: readonly number[], except: ReadonlySet<number>): ReadonlyMap<number, number> {
  const unique = new Map<number, number>();
  const repeated = new Set<number>();
  items.forEach((item, position) => {
    if (except.has(position)) return;
    if (unique.has(item)) repeated.add(item);
    else unique.set(item, position);
  });
  for (const item of repeated) unique.delete(item);
  return unique;
}

/** `kept`, and between its neighbours the pairs of an item that left for good and one that is new. */
function pairPuts(
  source: readonly number[],
  target: readonly number[],
  kept: readonly Match[],
  moves: ReadonlyMap<number, number>,
): Match[] {
  const movedFrom = new Set(moves.values());
  const matches: Match[] = [];
  let next: Match = { source: 0, target: 0 };
  for (const match of [...kept, { source: source.length, target: target.length }]) {
    const gone = range(next.source, match.source).filter((position) => !movedFrom.has(position));
    const fresh = range(next.target, match.target).filter((position) => !moves.has(position));
    for (let at = 0; at < Math.min(gone.length, fresh.length); at++) {
      matches.push({ source: gone[at] ?? 0, target: fresh[at] ?? 0 });
    }
    if (match.source < source.length) matches.push(match);
    next = { source: match.source + 1, target: match.target + 1 };
  }
  return matches;
}

/**
 * Writes the operations down: deletions and puts from left to right, then what appears from left to right. The indexes
 * are ranks in one line of slots, in which every new slot stands directly after its left neighbour in `after`, and so
 * before everything that is still to leave.
 */
function emit(
  after: readonly Atom[],
  source: readonly number[],
  target: readonly number[],
  matches: readonly Match[],
  moves: ReadonlyMap<number, number>,
): readonly ListOp[] {
  const { sourceSlots, targetSlots, length } = layOut(source.length, target.length, matches);
  const matched = new Map(matches.map((match) => [match.source, match.target]));
  const movedFrom = new Set(moves.values());
  const occupied = new Uint8Array(length);
  for (const slot of sourceSlots) occupied[slot] = 1;
  const ranks = new RankTree(occupied);

  const ops: ListOp[] = [];
  sourceSlots.forEach((slot, position) => {
    const index = ranks.countBefore(slot);
    const to = matched.get(position);
    const item = to === undefined ? undefined : after[to];
    if (to !== undefined && item !== undefined) {
      if (source[position] !== target[to]) ops.push(listPut(index, item));
    } else if (!movedFrom.has(position)) {
      ops.push(listDelete(index));
      ranks.add(slot, -1);
    }
  });
  const standing = new Set(matches.map((match) => match.target));
  targetSlots.forEach((slot, position) => {
    const item = after[position];
    if (standing.has(position) || item === undefined) return;
    const from = moves.get(position);
    if (from === undefined) {
      ops.push(listInsert(ranks.countBefore(slot), item));
    } else {
      const fromSlot = sourceSlots[from] ?? 0;
      const fromIndex = ranks.countBefore(fromSlot);
      ranks.add(fromSlot, -1);
      const toIndex = ranks.countBefore(slot);
      if (fromIndex !== toIndex) ops.push(listMove(fromIndex, toIndex));
    }
    ranks.add(slot, 1);
  });
  return ops;
}

interface Layout {
  readonly sourceSlots: readonly number[];
  readonly targetSlots: readonly number[];
  readonly length: number;
}

/** Gives every item of both lists a slot; matched items share one. Between matches, targets come first. */
function layOut(sourceLength: number, targetLength: number, matches: readonly Match[]): Layout {
  const sourceSlots: number[] = [];
  const targetSlots: number[] = [];
  let slot = 0;
  for (const match of [...matches, { source: sourceLength, target: targetLength }]) {
    while (targetSlots.length < match.target) targetSlots.push(slot++);
    while (sourceSlots.length < match.source) sourceSlots.push(slot++);
    if (match.source === sourceLength) break;
    sourceSlots.push(slot);
    targetSlots.push(slot++);
  }
  return { sourceSlots, targetSlots, length: slot };
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, offset) => start + offset);
}
