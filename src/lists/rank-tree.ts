/**
 * Counts of items at positions in a line, with prefix sums in O(log n): a Fenwick tree. Entry k of the array holds the sum
 * of the lowbit(k) positions that end at k, counted from 1.
 */
export class RankTree {
  #sums: Int32Array;
  /** Where the entries end; there may be room behind them. */
  #end = 0;
  /** After {@link positionOf}, how many items at the position that it found stand before the one of the rank. */
  rest = 0;

  /** Builds the tree from the count at each position, in O(n). */
  constructor(counts: ArrayLike<number>) {
    this.#sums = new Int32Array(counts.length + 1);
    this.recount(counts, 0);
  }

  /** Counts anew what stands at `start` and behind it, in a line that may have become longer. */
  recount(counts: ArrayLike<number>, start: number): void {
    this.#end = counts.length + 1;
    if (this.#end > this.#sums.length) {
      const sums = new Int32Array(2 * this.#end);
      sums.set(this.#sums);
      this.#sums = sums;
    }
    const sums = this.#sums;
    for (let at = start + 1; at < this.#end; at++) {
      let sum = counts[at - 1] ?? 0;
      for (let step = 1; step < (at & -at); step *= 2) sum += sums[at - step] ?? 0;
      sums[at] = sum;
    }
  }

  /** Adds to the count at a position. */
  add(position: number, count: number): void {
    const sums = this.#sums;
    for (let at = position + 1; at < this.#end; at += at & -at) sums[at] = (sums[at] ?? 0) + count;
  }

  /** The position that holds the item of a rank, counted from 0: the last with no more than `rank` items before it. */
  positionOf(rank: number): number {
    const sums = this.#sums;
    const end = this.#end;
    let rest = rank;
    let position = 0;
    for (let step = 1 << (31 - Math.clz32(end)); step > 0; step >>= 1) {
      const sum = sums[position + step] ?? 0;
      if (position + step >= end || sum > rest) continue;
      position += step;
      rest -= sum;
    }
    this.rest = rest;
    return position;
  }

  /** The sum of the counts at all positions before `position`. */
  countBefore(position: number): number {
    const sums = this.#sums;
    let sum = 0;
    for (let at = position; at > 0; at -= at & -at) sum += sums[at] ?? 0;
    return sum;
  }
}
