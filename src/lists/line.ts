import { FIRST_NEW_LOCATION, type Runs } from './location-sequence.js';
import type { Replay } from './replay.js';

/**
 * All locations of both sides in the one order that both agree on, as slots. A slot is a run of locations that neither
 * side treats differently; an item that was put or moved has a slot of its own.
 */
export interface Line {
  /** For each slot, the number of its first location. */
  readonly starts: readonly number[];
  /** For each slot, how many of its locations are occupied once local's operations are done, and nothing else. */
  readonly localCounts: readonly number[];
  /** The same for remote's operations. */
  readonly remoteCounts: readonly number[];
  /** The slots of base locations, in order. */
  readonly baseSlots: readonly number[];
  /** For each new location, counted from FIRST_NEW_LOCATION, its slot. */
  readonly newSlots: readonly number[];
}

/**
 * Puts two sides' locations into one line: gap 0, base location 0, gap 1, base location 1, … with, in each gap, local
 * head, remote head, remote tail, local tail. The new location numbers of the two sides follow each other.
 * Spec: LIST-3, LIST-4.
 */
export function mergeLines(local: Replay, remote: Replay): Line {
  const line = new LineBuilder(remote.endNew - FIRST_NEW_LOCATION);
  const localCursor = new RunCursor(local.runs);
  const remoteCursor = new RunCursor(remote.runs);
  for (;;) {
    const localGap = localCursor.takeGap();
    const remoteGap = remoteCursor.takeGap();
    const localTail = headEnd(local, localCursor.runs, localGap);
    const remoteTail = headEnd(remote, remoteCursor.runs, remoteGap);
    line.addNew(local.runs, localGap.start, localTail, 'local');
    line.addNew(remote.runs, remoteGap.start, remoteTail, 'remote');
    line.addNew(remote.runs, remoteTail, remoteGap.end, 'remote');
    line.addNew(local.runs, localTail, localGap.end, 'local');
    const length = Math.min(localCursor.rest, remoteCursor.rest);
    if (length === 0) return line;
    line.addBase(localCursor.position, localCursor.isVisible ? length : 0, remoteCursor.isVisible ? length : 0);
    localCursor.advance(length);
    remoteCursor.advance(length);
  }
}

/** A stretch of runs in one gap; the end is exclusive. */
interface Gap {
  readonly start: number;
  readonly end: number;
}

/** Walks one side's runs, gap by gap, and through its base locations at the other side's pace. */
class RunCursor {
  readonly runs: Runs;
  /** The base location at hand, how many of its run are left, and whether they are occupied. */
  position = 0;
  rest = 0;
  isVisible = false;
  #at = 0;

  constructor(runs: Runs) {
    this.runs = runs;
  }

  /** The new locations between the last base location and the next, at which the cursor then stands. */
  takeGap(): Gap {
    const start = this.#at;
    if (this.rest > 0) return { start, end: start };
    const { starts, lengths } = this.runs;
    while ((starts[this.#at] ?? 0) >= FIRST_NEW_LOCATION) this.#at++;
    const end = this.#at;
    const length = lengths[end];
    if (length !== undefined) {
      this.position = starts[end] ?? 0;
      this.rest = Math.abs(length);
      this.isVisible = length > 0;
      this.#at++;
    }
    return { start, end };
  }

  advance(count: number): void {
    this.position += count;
    this.rest -= count;
  }
}

/** Where a side's leading run of right-moves in a gap ends. */
function headEnd(side: Replay, { starts }: Runs, gap: Gap): number {
  let at = gap.start;
  while (at < gap.end && side.isRightMove[(starts[at] ?? 0) - side.firstNew]) at++;
  return at;
}

class LineBuilder implements Line {
  readonly starts: number[] = [];
  readonly localCounts: number[] = [];
  readonly remoteCounts: number[] = [];
  readonly baseSlots: number[] = [];
  readonly newSlots: number[];

  constructor(newCount: number) {
    this.newSlots = new Array<number>(newCount).fill(0);
  }

  /** Adds one side's runs of new locations; the other side has nothing there. */
  addNew({ starts, lengths }: Runs, start: number, end: number, side: 'local' | 'remote'): void {
    for (let at = start; at < end; at++) {
      const first = starts[at] ?? 0;
      const length = lengths[at] ?? 0;
      const slot = this.starts.length;
      this.starts.push(first);
      this.localCounts.push(side === 'local' ? Math.max(0, length) : 0);
      this.remoteCounts.push(side === 'remote' ? Math.max(0, length) : 0);
      for (let offset = 0; offset < Math.abs(length); offset++) {
        this.newSlots[first - FIRST_NEW_LOCATION + offset] = slot;
      }
    }
  }

  addBase(position: number, localCount: number, remoteCount: number): void {
    this.baseSlots.push(this.starts.length);
    this.starts.push(position);
    this.localCounts.push(localCount);
    this.remoteCounts.push(remoteCount);
  }
}

/** The slot in which an item first stood. */
export function slotOfHome(line: Line, home: number): number {
  if (home >= FIRST_NEW_LOCATION) return line.newSlots[home - FIRST_NEW_LOCATION] ?? 0;
  let low = 0;
  let high = line.baseSlots.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((line.starts[line.baseSlots[middle] ?? 0] ?? 0) <= home) low = middle;
    else high = middle - 1;
  }
  return line.baseSlots[low] ?? 0;
}
