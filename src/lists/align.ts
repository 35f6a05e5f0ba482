import { longestIncreasing } from './increasing.js';

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
 * that are equal where the items are. The pairing is the longest there is, unless the lists are too different to
 * search for it; it depends on nothing but the two lists.
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

/** Walks back through the furthest points and collects the matches on the way. */
function traceBack(history: readonly Int32Array[], endX: number, endY: number, edits: number, window: Window): Match[] {
  const matches: Match[] = [];
  let x = endX;
  let y = endY;
  for (let step = edits; step > 0; step--) {
    const furthest = history[step - 1] ?? new Int32Array();
    const diagonal = x - y;
    const above = furthest[diagonal + 1 + step + 1] ?? -1;
    const below = furthest[diagonal - 1 + step + 1] ?? -1;
    const isDown = isInsertion(diagonal, step, above, below);
    const previousX = isDown ? above : below;
    const previousY = previousX - (isDown ? diagonal + 1 : diagonal - 1);
    const startX = isDown ? previousX : previousX + 1;
    while (x > startX) matches.push({ source: window.sourceStart + --x, target: window.targetStart + --y });
    x = previousX;
    y = previousY;
  }
  while (x > 0 && y > 0) matches.push({ source: window.sourceStart + --x, target: window.targetStart + --y });
  return matches;
}

/** Items that occur exactly once in both halves of a window, as far as they keep their order. */
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

/** The windows between anchors. Without anchors there are none: the items of the window have nothing in common to hold on to. */
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
