import { type ListOp, listDelete, listInsert, listMove, listPut } from '../operations/change.js';
import { compareValues } from '../values/order.js';
import type { Atom } from '../values/value.js';
import { FenwickTree } from './fenwick-tree.js';

/**
 * The operations that turn one list into another. Items that keep their order stay. An item that left one place and
 * appeared at another, and is the only one of its value to do so, is moved. Other items that disappeared and appeared
 * between the same neighbours become puts, pairwise in order. The rest is deleted and inserted.
 *
 * Items that stay are found as a longest common subsequence (`align`). Costs: O(n log n) to number equal items, and then
 * O(n + d²) for d differences, but at most O(n log n) for lists that differ in more than EXACT_EDITS_MAX places.
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
 * Writes the operations: deletes and puts from left to right, then inserts and moves from left to right. Both lists are
 * laid out in one row of places, in which a new item comes directly after its left neighbour in `after`, and so before
 * everything that is still to leave. An index is the number of items that stand before a place.
 */
function emit(
  after: readonly Atom[],
  source: readonly number[],
  target: readonly number[],
  matches: readonly Match[],
  moves: ReadonlyMap<number, number>,
): readonly ListOp[] {
  const { sourcePlaces, targetPlaces, length } = layOut(source.length, target.length, matches);
  const matched = new Map(matches.map((match) => [match.source, match.target]));
  const movedFrom = new Set(moves.values());
  const occupied = new Uint8Array(length);
  for (const place of sourcePlaces) occupied[place] = 1;
  const visible = new FenwickTree(occupied);

  const ops: ListOp[] = [];
  sourcePlaces.forEach((place, position) => {
    const index = visible.countBefore(place);
    const to = matched.get(position);
    const item = to === undefined ? undefined : after[to];
    if (to !== undefined && item !== undefined) {
      if (source[position] !== target[to]) ops.push(listPut(index, item));
    } else if (!movedFrom.has(position)) {
      ops.push(listDelete(index));
      visible.add(place, -1);
    }
  });
  const standing = new Set(matches.map((match) => match.target));
  targetPlaces.forEach((place, position) => {
    const item = after[position];
    if (standing.has(position) || item === undefined) return;
    const from = moves.get(position);
    if (from === undefined) {
      ops.push(listInsert(visible.countBefore(place), item));
    } else {
      const fromPlace = sourcePlaces[from] ?? 0;
      const fromIndex = visible.countBefore(fromPlace);
      visible.add(fromPlace, -1);
      const toIndex = visible.countBefore(place);
      if (fromIndex !== toIndex) ops.push(listMove(fromIndex, toIndex));
    }
    visible.add(place, 1);
  });
  return ops;
}

interface Layout {
  readonly sourcePlaces: readonly number[];
  readonly targetPlaces: readonly number[];
  readonly length: number;
}

/** Gives every item of both lists a place; matched items share one. Between matches, items of the target come first. */
function layOut(sourceLength: number, targetLength: number, matches: readonly Match[]): Layout {
  const sourcePlaces: number[] = [];
  const targetPlaces: number[] = [];
  let place = 0;
  for (const match of [...matches, { source: sourceLength, target: targetLength }]) {
    while (targetPlaces.length < match.target) targetPlaces.push(place++);
    while (sourcePlaces.length < match.source) sourcePlaces.push(place++);
    if (match.source === sourceLength) break;
    sourcePlaces.push(place);
    targetPlaces.push(place++);
  }
  return { sourcePlaces, targetPlaces, length: place };
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, offset) => start + offset);
}

/** Item `source` of one list stands for item `target` of the other. */
export interface Match {
  readonly source: number;
  readonly target: number;
}

/** A stretch of both lists that is still to be aligned; ends are exclusive. */
interface Window {
  readonly sourceStart: number;
  readonly sourceEnd: number;
  readonly targetStart: number;
  readonly targetEnd: number;
}

/**
 * The most edits that the exact search looks for in one window. Its cost and memory grow with their square, so beyond
 * it the window is split at items that occur once on both sides.
 */
const EXACT_EDITS_MAX = 600;

/**
 * Pairs of equal items that keep their order from one list to the other, increasing in both. Items are given as numbers
 * that are equal where the items are equal. It is a longest such pairing, unless the lists are too different to search for
 * one. It depends on the two lists alone.
 */
export function align(source: readonly number[], target: readonly number[]): Match[] {
  const matches: Match[] = [];
  const windows: Window[] = [{ sourceStart: 0, sourceEnd: source.length, targetStart: 0, targetEnd: target.length }];
  for (let window = windows.pop(); window !== undefined; window = windows.pop()) {
    const rest = trim(source, target, window, matches);
    if (rest.sourceStart === rest.sourceEnd || rest.targetStart === rest.targetEnd) continue;
    const exact = shortestEdit(source, target, rest);
    if (exact !== undefined) {
      for (const match of exact) matches.push(match);
      continue;
    }
    const anchors = uniqueAnchors(source, target, rest);
    for (const anchor of anchors) matches.push(anchor);
    for (const between of splitAt(rest, anchors)) windows.push(between);
  }
  return matches.sort((left, right) => left.source - right.source);
}

/** Matches the common beginning and end of a window and returns what lies between. */
function trim(source: readonly number[], target: readonly number[], window: Window, matches: Match[]): Window {
  let { sourceStart, sourceEnd, targetStart, targetEnd } = window;
  while (sourceStart < sourceEnd && targetStart < targetEnd && source[sourceStart] === target[targetStart]) {
    matches.push({ source: sourceStart++, target: targetStart++ });
  }
  while (sourceStart < sourceEnd && targetStart < targetEnd && source[sourceEnd - 1] === target[targetEnd - 1]) {
    matches.push({ source: --sourceEnd, target: --targetEnd });
  }
  return { sourceStart, sourceEnd, targetStart, targetEnd };
}

/**
 * Myers's greedy search for a shortest edit: for each number of edits, the furthest point on every diagonal
 * (source − target). `undefined` if it needs more than EXACT_EDITS_MAX edits.
 * E. W. Myers, "An O(ND) difference algorithm and its variations", Algorithmica 1 (1986).
 */
function shortestEdit(source: readonly number[], target: readonly number[], window: Window): Match[] | undefined {
  const { sourceStart, targetStart } = window;
  const sourceLength = window.sourceEnd - sourceStart;
  const targetLength = window.targetEnd - targetStart;
  const editsMax = Math.min(EXACT_EDITS_MAX, sourceLength + targetLength);
  const history: Int32Array[] = [];
  let furthest = new Int32Array(3);
  for (let edits = 0; edits <= editsMax; edits++) {
    // Diagonal d stands at index d + edits + 2, so that both neighbours of every diagonal have an index next time.
    const next = new Int32Array(2 * edits + 5).fill(-1);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = edits === 0 ? 0 : stepTo(furthest, diagonal, edits);
      let y = x - diagonal;
      while (x < sourceLength && y < targetLength && source[sourceStart + x] === target[targetStart + y]) {
        x++;
        y++;
      }
      next[diagonal + edits + 2] = x;
      if (x >= sourceLength && y >= targetLength) return traceBack(history, x, y, edits, window);
    }
    history.push(next);
    furthest = next;
  }
  return undefined;
}

/** How far along the source the best edit of one step more gets on a diagonal: a deletion, or else an insertion. */
function stepTo(furthest: Int32Array, diagonal: number, edits: number): number {
  const above = furthest[diagonal + 1 + edits + 1] ?? -1;
  const below = furthest[diagonal - 1 + edits + 1] ?? -1;
  return isInsertion(diagonal, edits, above, below) ? above : below + 1;
}

function isInsertion(diagonal: number, edits: number, above: number, below: number): boolean {
  return diagonal === -edits || (diagonal !== edits && below < above);
}

/** Walks back through the furthest points and collects the matches. There are none before the first edit in a trimmed window. */
function traceBack(history: readonly Int32Array[], endX: number, endY: number, edits: number, window: Window): Match[] {
  const matches: Match[] = [];
  let x = endX;
  let y = endY;
  for (let edit = edits; edit > 0; edit--) {
    const furthest = history[edit - 1] ?? new Int32Array();
    const diagonal = x - y;
    const above = furthest[diagonal + 1 + edit + 1] ?? -1;
    const below = furthest[diagonal - 1 + edit + 1] ?? -1;
    const isDown = isInsertion(diagonal, edit, above, below);
    const previousX = isDown ? above : below;
    const previousY = previousX - (isDown ? diagonal + 1 : diagonal - 1);
    const startX = isDown ? previousX : previousX + 1;
    while (x > startX) matches.push({ source: window.sourceStart + --x, target: window.targetStart + --y });
    x = previousX;
    y = previousY;
  }
  return matches;
}

/** Items that occur exactly once on either side of a window and keep their order, as in B. Cohen's patience diff. */
function uniqueAnchors(source: readonly number[], target: readonly number[], window: Window): Match[] {
  const inSource = uniquePositions(source, window.sourceStart, window.sourceEnd);
  const inTarget = uniquePositions(target, window.targetStart, window.targetEnd);
  const pairs: Match[] = [];
  for (const [item, position] of inSource) {
    const other = inTarget.get(item);
    if (position >= 0 && other !== undefined && other >= 0) pairs.push({ source: position, target: other });
  }
  pairs.sort((left, right) => left.source - right.source);
  return longestIncreasing(pairs.map((pair) => pair.target)).flatMap((at) => pairs[at] ?? []);
}

/** For every item in a stretch its position, or −1 if it occurs more than once. */
function uniquePositions(items: readonly number[], start: number, end: number): ReadonlyMap<number, number> {
  const positions = new Map<number, number>();
  for (let position = start; position < end; position++) {
    const item = items[position] ?? -1;
    positions.set(item, positions.has(item) ? -1 : position);
  }
  return positions;
}

/** The windows between anchors. Without anchors there are none: nothing in the window is matched. */
function splitAt(window: Window, anchors: readonly Match[]): Window[] {
  if (anchors.length === 0) return [];
  const ends = [...anchors, { source: window.sourceEnd, target: window.targetEnd }];
  let { sourceStart, targetStart } = window;
  return ends.map(({ source, target }) => {
    const between = { sourceStart, sourceEnd: source, targetStart, targetEnd: target };
    sourceStart = source + 1;
    targetStart = target + 1;
    return between;
  });
}

/**
 * The positions of a longest strictly increasing subsequence of `numbers`, by patience sorting: the top of pile k ends the
 * increasing subsequence of length k + 1 that ends lowest. O(n log n). M. L. Fredman, "On computing the length of longest
 * increasing subsequences", Discrete Mathematics 11 (1975).
 */
export function longestIncreasing(numbers: readonly number[]): number[] {
  const tops: number[] = [];
  const previous: number[] = [];
  numbers.forEach((number, position) => {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[tops[middle] ?? 0] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    previous[position] = tops[low - 1] ?? -1;
    tops[low] = position;
  });
  const result: number[] = [];
  for (let position = tops.at(-1) ?? -1; position >= 0; position = previous[position] ?? -1) result.push(position);
  return result.reverse();
}
