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

/**
 * The elements of one side of a merge in order, found by visible index.
 *
 * Neighbours with consecutive numbers are kept as one run, so a base of any length is one run, and so is text that was
 * typed in one go. Runs are kept in blocks, so that an edit moves few of them: block b has its runs at b · BLOCK_ROOM of
 * two flat arrays, and `order` lists the blocks from left to right. A Fenwick tree over the visible elements of each block
 * finds the block of an index.
 *
 * Costs: O(log n) for a search, up to BLOCK_ROOM steps in a block. A split moves the later blocks and rebuilds the tree
 * from there on. That is one split for every sixteen runs, and pays less than the searches do up to about 10^6 runs.
 */
export class RunSequence {
  #starts = new Int32Array(BLOCK_ROOM);
  #lengths = new Int32Array(BLOCK_ROOM);
  #blockCount = 1;
  /** The blocks from left to right. */
  #order = new Int32Array(1);
  /** By place in the order: how many elements of the block are visible. */
  #visible = new Int32Array(1);
  /** By block: how many runs it has. */
  #used = new Int32Array(1);
  /** Over `visible`, once there is more than one block. */
  #tree: FenwickTree | undefined;
  // Where the last search ended: the place of the block in the order, the run, and the offset in the run.
  #place = 0;
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
      const first = (this.#order[0] as number) * BLOCK_ROOM;
      this.#makeRoom(first, 1);
      this.#starts[first] = start;
      this.#lengths[first] = count;
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
    const count = this.#used.reduce((sum, used) => sum + used, 0);
    const starts = new Int32Array(count);
    const lengths = new Int32Array(count);
    let next = 0;
    for (let place = 0; place < this.#blockCount; place++) {
      const block = this.#order[place] as number;
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
    const lengths = this.#lengths;
    let run = (this.#order[this.#place] as number) * BLOCK_ROOM;
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
    const block = this.#order[this.#place] as number;
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
    const place = this.#place;
    this.#visible[place] = (this.#visible[place] as number) + count;
    if ((this.#used[this.#order[place] as number] as number) > BLOCK_FULL) this.#split(place);
    else if (count !== 0) this.#tree?.add(place, count);
  }

  /** Moves the right half of a block to a new one. */
  #split(place: number): void {
    const block = this.#order[place] as number;
    const added = this.#blockCount++;
    if (added === this.#order.length) this.#grow();
    const used = this.#used[block] as number;
    const half = used >> 1;
    const from = block * BLOCK_ROOM + half;
    const to = added * BLOCK_ROOM;
    this.#starts.copyWithin(to, from, from + used - half);
    this.#lengths.copyWithin(to, from, from + used - half);
    let moved = 0;
    for (let run = to; run < to + used - half; run++) moved += Math.max(0, this.#lengths[run] as number);
    this.#used[block] = half;
    this.#used[added] = used - half;
    this.#order.copyWithin(place + 2, place + 1, added);
    this.#visible.copyWithin(place + 2, place + 1, added);
    this.#order[place + 1] = added;
    this.#visible[place] = (this.#visible[place] as number) - moved;
    this.#visible[place + 1] = moved;
    if (this.#tree === undefined) this.#tree = new FenwickTree(this.#visible, this.#blockCount);
    else this.#tree.rebuild(this.#visible, this.#blockCount, place);
  }

  #grow(): void {
    this.#order = twiceAsLong(this.#order);
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
