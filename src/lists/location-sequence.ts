import { sumOf } from '../values/frozen-array.js';
import { RankTree } from './rank-tree.js';

/**
 * The locations of one side of a merge in their order, found by visible index.
 *
 * A location is a number. The locations of the common base are numbered by base index and the base is endless; locations
 * that operations make are numbered from FIRST_NEW_LOCATION on. Neighbours with consecutive numbers are kept as one run:
 * its first number and its length, negative where the locations are empty. A base of any length is one run, and so is
 * text typed in one go.
 *
 * The runs stand in blocks of at most RUNS_IN_BLOCK_MAX, so that putting one in moves few others; a rank tree over the
 * visible counts of the blocks finds the block of an index. A block that overflows is split and the tree built anew from
 * there on, which is rare enough to be cheap. While there is one block there is no tree. Everything costs O(log n).
 */

export const FIRST_NEW_LOCATION: number = 2 ** 30;

/** Indexes stay well below the length of the base, so that no deletion brings the end of the base into reach. */
const BASE_LENGTH = FIRST_NEW_LOCATION;

const RUNS_IN_BLOCK_MAX = 64;

interface Block {
  readonly starts: number[];
  readonly lengths: number[];
}

/** Runs of locations in order: parallel arrays of first numbers and lengths, negative for empty locations. */
export interface Runs {
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

export class LocationSequence {
  readonly #blocks: Block[] = [{ starts: [0], lengths: [BASE_LENGTH] }];
  /** How many locations of each block are visible. */
  readonly #visibleCounts: number[] = [BASE_LENGTH];
  /** The ranks of the blocks by these counts, once there is more than one. */
  #ranks: RankTree | undefined;
  // Where the last search ended: the block, the run in it, and the place in the run.
  #blockAt = 0;
  #runAt = 0;
  #offset = 0;

  /**
   * Puts `count` new visible locations, numbered from `start`, directly after the location of the visible item before
   * `index`, and at the very beginning if there is none.
   */
  insert(index: number, start: number, count: number): void {
    if (index === 0) {
      this.#blockAt = 0;
      const { starts, lengths } = this.#makeRoom(0, 1);
      starts[0] = start;
      lengths[0] = count;
    } else {
      this.#find(index - 1);
      this.#putBehind(start, count);
    }
    this.#addVisible(count);
  }

  /** Gives the location at a visible index a run of its own and returns its number. */
  isolate(index: number): number {
    this.#find(index);
    this.#cut(1);
    const location = this.#block().starts[this.#runAt] ?? 0;
    this.#addVisible(0);
    return location;
  }

  /** Empties up to `count` locations in one run from a visible index on, and says which: their first number, and how many. */
  removeRun(index: number, count: number): { readonly start: number; readonly count: number } {
    this.#find(index);
    const block = this.#block();
    const removed = Math.min(count, (block.lengths[this.#runAt] ?? 0) - this.#offset);
    this.#cut(removed);
    const start = block.starts[this.#runAt] ?? 0;
    block.lengths[this.#runAt] = -removed;
    this.#addVisible(-removed);
    return { start, count: removed };
  }

  /** All locations in order. */
  runs(): Runs {
    const [first, ...others] = this.#blocks;
    if (first !== undefined && others.length === 0) return first;
    const starts: number[] = [];
    const lengths: number[] = [];
    for (const block of this.#blocks) {
      for (const start of block.starts) starts.push(start);
      for (const length of block.lengths) lengths.push(length);
    }
    return { starts, lengths };
  }

  #block(): Block {
    return this.#blocks[this.#blockAt] as Block;
  }

  #find(index: number): void {
    let rest = index;
    if (this.#ranks !== undefined) {
      this.#blockAt = this.#ranks.positionOf(index);
      rest = this.#ranks.rest;
    }
    const { lengths } = this.#block();
    let run = 0;
    for (; run < lengths.length; run++) {
      const length = lengths[run] ?? 0;
      if (length <= 0) continue;
      if (rest < length) break;
      rest -= length;
    }
    this.#runAt = run;
    this.#offset = rest;
  }

  /** Gives `count` locations of the run at hand, from the place where the search ended, a run of their own. */
  #cut(count: number): void {
    const at = this.#runAt;
    const offset = this.#offset;
    const rest = (this.#block().lengths[at] ?? 0) - offset - count;
    const first = offset > 0 ? at + 1 : at;
    const added = (offset > 0 ? 1 : 0) + (rest > 0 ? 1 : 0);
    if (added === 0) return;
    const { starts, lengths } = this.#makeRoom(at + 1, added);
    const start = starts[at] ?? 0;
    if (offset > 0) lengths[at] = offset;
    starts[first] = start + offset;
    lengths[first] = count;
    if (rest > 0) {
      starts[first + 1] = start + offset + count;
      lengths[first + 1] = rest;
    }
    this.#runAt = first;
    this.#offset = 0;
  }

  /** Puts a run behind the place where the search ended, which splits the run at hand unless that is its last place. */
  #putBehind(newStart: number, count: number): void {
    const at = this.#runAt;
    const kept = this.#offset + 1;
    const rest = (this.#block().lengths[at] ?? 0) - kept;
    const { starts, lengths } = this.#makeRoom(at + 1, rest > 0 ? 2 : 1);
    if (rest > 0) {
      lengths[at] = kept;
      starts[at + 2] = (starts[at] ?? 0) + kept;
      lengths[at + 2] = rest;
    }
    starts[at + 1] = newStart;
    lengths[at + 1] = count;
  }

  /** Moves what stands in the block at hand from a position on up by `count`, and returns the block. */
  #makeRoom(position: number, count: number): Block {
    const block = this.#block();
    openGap(block.starts, position, count);
    openGap(block.lengths, position, count);
    return block;
  }

  /** Ends every change: accounts for visible locations in the block at hand, and splits it if it has overflowed. */
  #addVisible(count: number): void {
    const at = this.#blockAt;
    this.#visibleCounts[at] = (this.#visibleCounts[at] ?? 0) + count;
    if (this.#block().starts.length > RUNS_IN_BLOCK_MAX) this.#splitBlock(at);
    else this.#ranks?.add(at, count);
  }

  #splitBlock(at: number): void {
    const block = this.#block();
    const half = block.starts.length >> 1;
    const starts = block.starts.splice(half);
    const lengths = block.lengths.splice(half);
    const moved = sumOf(lengths, (length) => Math.max(0, length));
    const kept = (this.#visibleCounts[at] ?? 0) - moved;
    this.#blocks.splice(at + 1, 0, { starts, lengths });
    this.#visibleCounts.splice(at, 1, kept, moved);
    if (this.#ranks === undefined) this.#ranks = new RankTree(this.#visibleCounts);
    else this.#ranks.recount(this.#visibleCounts, at);
  }
}

/** Moves what stands from a position on up by `count`. For a block of runs a loop is faster than a call of `splice`. */
function openGap(array: number[], position: number, count: number): void {
  const { length } = array;
  for (let added = 0; added < count; added++) array.push(0);
  for (let at = length - 1; at >= position; at--) array[at + count] = array[at] ?? 0;
}
