import { ALWAYS_HEAD, HEAD_BEHIND_OWN, type Replay } from './replay.js';
import { FIRST_MADE } from './run-sequence.js';

/**
 * The elements of both sides in the one order that both agree on. A *position* in it holds a run of elements that neither
 * side treats differently; an item that was put or moved has a position of its own.
 */
export interface MergedOrder {
  /** How many positions there are. */
  readonly length: number;
  /** By position: how many of its elements are visible once local's operations are done, and nothing else. */
  readonly localCounts: Int32Array;
  /** The same for remote's operations. */
  readonly remoteCounts: Int32Array;
  /** The first element of each position that holds base elements, in order, and that position. */
  readonly baseStarts: Int32Array;
  readonly basePositions: Int32Array;
  /** How many positions hold base elements; the two arrays may have room behind them. */
  readonly baseCount: number;
  /** By element that an operation made, counted from FIRST_MADE: its position. */
  readonly madePositions: Int32Array;
}

/** Whether an item of the base, by its index, was inserted by local: what the user who edits inserted before. */
export type IsOwn = (index: number) => boolean;

/**
 * Merges two sides' orders: gap 0, base element 0, gap 1, base element 1, … and in each gap
 *
 *     local head · remote head · remote tail · local tail
 *
 * Both sides have the base elements in the same order, so this is a merge of two sorted sequences of runs: it walks the
 * base at the pace of whichever run ends first, and looks for elements that a side made only where its own run begins.
 * The numbers of the elements that the two sides made follow each other. Spec: LIST-3, LIST-4.
 *
 * @param isOwn where it is known; of remote it never is.
 */
export function mergeOrders(local: Replay, remote: Replay, isOwn?: IsOwn): MergedOrder {
  const lengthMax = 2 * (local.runs.count + remote.runs.count) + 2;
  const localCounts = new Int32Array(lengthMax);
  const remoteCounts = new Int32Array(lengthMax);
  const baseStarts = new Int32Array(lengthMax);
  const basePositions = new Int32Array(lengthMax);
  const madePositions = new Int32Array(remote.endMade - FIRST_MADE);
  const localCursor = new SideCursor(local, isOwn);
  const remoteCursor = new SideCursor(remote, undefined);
  let position = 0;
  let baseCount = 0;

  /** Adds elements that one side made; the other has nothing there. */
  const addMade = ({ starts, lengths }: SideCursor, first: number, end: number, counts: Int32Array): void => {
    for (let run = first; run < end; run++, position++) {
      const length = lengths[run] as number;
      if (length > 0) counts[position] = length;
      const start = (starts[run] as number) - FIRST_MADE;
      const endMade = start + Math.abs(length);
      for (let element = start; element < endMade; element++) madePositions[element] = position;
    }
  };
  for (;;) {
    localCursor.enterGap();
    remoteCursor.enterGap();
    addMade(localCursor, localCursor.head, localCursor.tail, localCounts);
    addMade(remoteCursor, remoteCursor.head, remoteCursor.end, remoteCounts);
    addMade(localCursor, localCursor.tail, localCursor.end, localCounts);
    const length = Math.min(localCursor.rest, remoteCursor.rest);
    if (length === 0) break;
    baseStarts[baseCount] = localCursor.element;
    basePositions[baseCount++] = position;
    if (localCursor.isVisible) localCounts[position] = length;
    if (remoteCursor.isVisible) remoteCounts[position] = length;
    position++;
    localCursor.advance(length);
    remoteCursor.advance(length);
  }
  return { length: position, localCounts, remoteCounts, baseStarts, basePositions, baseCount, madePositions };
}

/** Walks through one side's runs, gap by gap, and through its base elements at the other side's pace. */
class SideCursor {
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** In the gap at hand: the runs of the head are from `head` up to `tail`, those of the tail up to `end`. */
  head = 0;
  tail = 0;
  end = 0;
  /** The base element behind the gap, how many of its run are left, and whether they are visible. */
  element = 0;
  rest = 0;
  isVisible = false;
  readonly #side: Replay;
  readonly #isOwn: IsOwn | undefined;
  #next = 0;

  constructor(side: Replay, isOwn: IsOwn | undefined) {
    this.#side = side;
    this.#isOwn = isOwn;
    this.starts = side.runs.starts;
    this.lengths = side.runs.lengths;
  }

  /** Goes to the gap before the next base element; it is empty inside of a run. */
  enterGap(): void {
    const first = this.#next;
    this.head = first;
    this.tail = first;
    this.end = first;
    if (this.rest > 0) return;
    const { starts } = this;
    const { runs } = this.#side;
    let end = first;
    while (end < runs.count && (starts[end] as number) >= FIRST_MADE) end++;
    this.tail = first < end ? this.#endOfHead(first, end) : first;
    this.end = end;
    this.#next = end;
    if (end === runs.count) return;
    const length = this.lengths[end] as number;
    this.element = starts[end] as number;
    this.rest = Math.abs(length);
    this.isVisible = length > 0;
    this.#next = end + 1;
  }

  /** Where the leading run of elements ends that are in the head. The base element to the left is the one behind us. */
  #endOfHead(first: number, end: number): number {
    const { starts } = this;
    const { headRoles, firstMade } = this.#side;
    const left = this.element - 1;
    const isBehindOwn = left >= 0 && this.#isOwn?.(left) === true;
    let tail = first;
    for (; tail < end; tail++) {
      const role = headRoles[(starts[tail] as number) - firstMade];
      if (role !== ALWAYS_HEAD && !(isBehindOwn && role === HEAD_BEHIND_OWN)) break;
    }
    return tail;
  }

  advance(count: number): void {
    this.element += count;
    this.rest -= count;
  }
}

/** The position of an element. A search by halves for base elements. */
export function positionOf(order: MergedOrder, element: number): number {
  if (element >= FIRST_MADE) return order.madePositions[element - FIRST_MADE] as number;
  const { baseStarts, basePositions } = order;
  let low = 0;
  let high = order.baseCount - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    // Two selections instead of a branch that nobody can predict.
    const isBelow = (baseStarts[middle] as number) <= element;
    low = isBelow ? middle : low;
    high = isBelow ? high : middle - 1;
  }
  return basePositions[low] as number;
}
