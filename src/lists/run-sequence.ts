import { FenwickTree } from './fenwick-tree.js';

/** Elements of the common base are numbered by base index; elements that operations make are numbered from here on. */
export const FIRST_MADE: number = 2 ** 30;

/** Indexes stay well below this, so that no deletion brings the end of the base into reach. */
const BASE_LENGTH = FIRST_MADE;

/** How many runs a block has room for. */
const BLOCK_ROOM = 32;
/** An edit adds two runs at most, so a block is split while it still has room for two. */
const BLOCK_FULL = BLOCK_ROOM - 2;

/** Runs of elements in order. A run is consecutive numbers: its first, and how many, negative where they are tombstones. */
export interface Runs {
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** How many runs there are; the arrays may have room behind them. */
  readonly count: number;
}

/** After how many splits the tree is rebuilt at least, unless there are so many blocks that it is rebuilt less often. */
const SPLITS_LEAST = 16;

/**
 * The elements of one side of a merge in order, found by visible index.
 *
 * Neighbours with consecutive numbers are kept as one run, so a base of any length is one run, and so is text that was
 * typed in one go. Runs are kept in blocks, so that an edit moves few of them: block b has its runs at b · BLOCK_ROOM of
 * two flat arrays, and the number of the block behind it in `next`. A Fenwick tree finds the block of an index.
 *
 * A full block is split, and for a while the tree does not know the new block: it finds the *head* of a chain, and the
 * search goes on along the chain. After as many splits as the square root of the number of blocks, the tree is rebuilt with
 * every block as a head. Such rebuilding makes a static structure dynamic: J. L. Bentley and J. B. Saxe, "Decomposable
 * searching problems", Journal of Algorithms 1 (1980).
 *
 * Costs for n runs: O(log n) for an edit where the edits are spread, O(√n) at worst.
 */
export class RunSequence {
  #starts = new Int32Array(BLOCK_ROOM);
  #lengths = new Int32Array(BLOCK_ROOM);
  #blockCount = 1;
  /** By block: the block behind it. The last has none, and nobody asks for it, because the base has no end. */
  #next = new Int32Array(1);
  /** By block: how many of its elements are visible. */
  #visible = new Int32Array(1);
  /** By block: how many runs it has. */
  #used = new Int32Array(1);
  /** By place in the tree: the first block of the chain. Block 0 is always the first of all. */
  #heads = new Int32Array(1);
  /** Over the visible elements of the chains, once there are several. */
  #tree: FenwickTree | undefined;
  #splits = 0;
  // Where the last search ended: the place of the chain in the tree, the block, the run, and the offset in the run.
  #place = 0;
  #block = 0;
  #run = 0;
  #offset = 0;
  /** The first of the elements that {@link remove} turned into tombstones. */
  removedStart = 0;

  constructor() {
    this.#lengths[0] = BASE_LENGTH;
    this.#visible[0] = BASE_LENGTH;
    this.#used[0] = 1;
  }

  /**
   * Adds `count` visible elements, numbered from `start`, directly after the visible element before `index`, and at the
   * very beginning if there is none.
   */
  insert(index: number, start: number, count: number): void {
    if (index === 0) {
      this.#place = 0;
      this.#block = 0;
      this.#makeRoom(0, 1);
      this.#starts[0] = start;
      this.#lengths[0] = count;
    } else {
      this.#find(index - 1);
      this.#insertBehind(start, count);
    }
    this.#addVisible(count);
  }

  /** Gives the element at a visible index a run of its own, and returns its number. */
  isolate(index: number): number {
    this.#find(index);
    this.#cut(1);
    const element = this.#starts[this.#run] as number;
    this.#addVisible(0);
    return element;
  }

  /**
   * Turns up to `count` visible elements from an index on into tombstones, as far as they are in one run.
   *
   * @returns how many; `removedStart` is the first.
   */
  remove(index: number, count: number): number {
    this.#find(index);
    const removed = Math.min(count, (this.#lengths[this.#run] as number) - this.#offset);
    this.#cut(removed);
    this.removedStart = this.#starts[this.#run] as number;
    this.#lengths[this.#run] = -removed;
    this.#addVisible(-removed);
    return removed;
  }

  /** All elements in order. */
  runs(): Runs {
    if (this.#blockCount === 1) return { starts: this.#starts, lengths: this.#lengths, count: this.#used[0] as number };
    let count = 0;
    for (let block = 0; block < this.#blockCount; block++) count += this.#used[block] as number;
    const starts = new Int32Array(count);
    const lengths = new Int32Array(count);
    let next = 0;
    for (let block = 0, at = 0; at < this.#blockCount; at++, block = this.#next[block] as number) {
      const first = block * BLOCK_ROOM;
      const end = first + (this.#used[block] as number);
      for (let run = first; run < end; run++, next++) {
        starts[next] = this.#starts[run] as number;
        lengths[next] = this.#lengths[run] as number;
      }
    }
    return { starts, lengths, count };
  }

  #find(index: number): void {
    let rest = index;
    if (this.#tree !== undefined) {
      this.#place = this.#tree.find(index);
      rest = this.#tree.rest;
    }
    let block = this.#heads[this.#place] as number;
    for (let visible = this.#visible[block] as number; visible <= rest; visible = this.#visible[block] as number) {
      rest -= visible;
      block = this.#next[block] as number;
    }
    this.#block = block;
    const lengths = this.#lengths;
    let run = block * BLOCK_ROOM;
    for (let length = lengths[run] as number; length <= rest; length = lengths[++run] as number) {
      // Subtracts nothing for tombstones, without a branch: nobody can predict where they are.
      rest -= length & ~(length >> 31);
    }
    this.#run = run;
    this.#offset = rest;
  }

  /** Gives `count` elements of the run at hand, from the offset on, a run of their own. */
  #cut(count: number): void {
    const run = this.#run;
    const offset = this.#offset;
    const rest = (this.#lengths[run] as number) - offset - count;
    const own = offset > 0 ? run + 1 : run;
    const added = (offset > 0 ? 1 : 0) + (rest > 0 ? 1 : 0);
    if (added === 0) return;
    this.#makeRoom(run + 1, added);
    const starts = this.#starts;
    const lengths = this.#lengths;
    const start = starts[run] as number;
    if (offset > 0) lengths[run] = offset;
    starts[own] = start + offset;
    lengths[own] = count;
    if (rest > 0) {
      starts[own + 1] = start + offset + count;
      lengths[own + 1] = rest;
    }
    this.#run = own;
    this.#offset = 0;
  }

  /** Adds a run behind the element that was found, which splits its run unless it is the last one there. */
  #insertBehind(newStart: number, count: number): void {
    const run = this.#run;
    const kept = this.#offset + 1;
    const rest = (this.#lengths[run] as number) - kept;
    this.#makeRoom(run + 1, rest > 0 ? 2 : 1);
    const starts = this.#starts;
    const lengths = this.#lengths;
    if (rest > 0) {
      lengths[run] = kept;
      starts[run + 2] = (starts[run] as number) + kept;
      lengths[run + 2] = rest;
    }
    starts[run + 1] = newStart;
    lengths[run + 1] = count;
  }

  /** Moves the runs of the block at hand from `first` on by `count`. */
  #makeRoom(first: number, count: number): void {
    const block = this.#block;
    const starts = this.#starts;
    const lengths = this.#lengths;
    const used = this.#used[block] as number;
    // For so few runs a loop is faster than `copyWithin`.
    for (let run = block * BLOCK_ROOM + used - 1; run >= first; run--) {
      starts[run + count] = starts[run] as number;
      lengths[run + count] = lengths[run] as number;
    }
    this.#used[block] = used + count;
  }

  /** Ends every change: counts the visible elements of the block at hand, and splits it if it is full. */
  #addVisible(count: number): void {
    const block = this.#block;
    this.#visible[block] = (this.#visible[block] as number) + count;
    if (count !== 0) this.#tree?.add(this.#place, count);
    if ((this.#used[block] as number) > BLOCK_FULL) this.#split(block);
  }

  /** Moves the right half of a block to a new one behind it. */
  #split(block: number): void {
    const added = this.#blockCount++;
    if (added === this.#next.length) this.#grow();
    const used = this.#used[block] as number;
    const half = used >> 1;
    const from = block * BLOCK_ROOM + half;
    const to = added * BLOCK_ROOM;
    const end = to + used - half;
    this.#starts.copyWithin(to, from, from + used - half);
    this.#lengths.copyWithin(to, from, from + used - half);
    let moved = 0;
    for (let run = to; run < end; run++) moved += Math.max(0, this.#lengths[run] as number);
    this.#used[block] = half;
    this.#used[added] = used - half;
    this.#visible[block] = (this.#visible[block] as number) - moved;
    this.#visible[added] = moved;
    this.#next[added] = this.#next[block] as number;
    this.#next[block] = added;
    this.#splits++;
    if (this.#splits >= SPLITS_LEAST && this.#splits * this.#splits >= this.#blockCount) this.#rebuildTree();
  }

  /** Makes every block the head of a chain. */
  #rebuildTree(): void {
    const count = this.#blockCount;
    const counts = new Int32Array(count);
    if (this.#heads.length < count) this.#heads = new Int32Array(2 * count);
    for (let place = 0, block = 0; place < count; place++, block = this.#next[block] as number) {
      this.#heads[place] = block;
      counts[place] = this.#visible[block] as number;
    }
    if (this.#tree === undefined) this.#tree = new FenwickTree(counts);
    else this.#tree.rebuild(counts);
    this.#splits = 0;
  }

  #grow(): void {
    this.#next = twiceAsLong(this.#next);
    this.#visible = twiceAsLong(this.#visible);
    this.#used = twiceAsLong(this.#used);
    this.#starts = twiceAsLong(this.#starts);
    this.#lengths = twiceAsLong(this.#lengths);
  }
}

function twiceAsLong(array: Int32Array): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(2 * array.length);
  longer.set(array);
  return longer;
}
