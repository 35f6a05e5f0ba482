/**
 * Counts in a row, with prefix sums and search by rank in O(log n).
 *
 * Entry k of the array, counted from 1, holds the sum of the lowbit(k) counts that end with the k-th, where lowbit(k) is
 * the value of the lowest 1 in k. P. M. Fenwick, "A new data structure for cumulative frequency tables", Software:
 * Practice and Experience 24 (1994).
 */
export class FenwickTree {
  #sums: Int32Array;
  /** One past the last entry in use; there may be room behind it. */
  #end = 0;
  /** After {@link find}: how many items in that place come before the one of the rank. */
  rest = 0;

  /** Builds the tree from the first `length` counts, in O(n). */
  constructor(counts: ArrayLike<number>, length: number = counts.length) {
    this.#sums = new Int32Array(length + 1);
    this.rebuild(counts, length);
  }

  /** Takes over new counts, of which there may be more than before. */
  rebuild(counts: ArrayLike<number>, length: number = counts.length): void {
    this.#end = length + 1;
    if (this.#end > this.#sums.length) {
      const sums = new Int32Array(2 * this.#end);
      sums.set(this.#sums);
      this.#sums = sums;
    }
    const sums = this.#sums;
    for (let at = 1; at < this.#end; at++) sums[at] = counts[at - 1] as number;
    for (let at = 1; at < this.#end; at++) {
      // What an entry holds is part of the next larger one that ends behind it.
      const next = at + (at & -at);
      if (next < this.#end) sums[next] = (sums[next] as number) + (sums[at] as number);
    }
  }

  /** Adds to the count in a place. */
  add(place: number, count: number): void {
    const sums = this.#sums;
    for (let at = place + 1; at < this.#end; at += at & -at) sums[at] = (sums[at] as number) + count;
  }

  /** The place of the item of a rank, counted from 0: the last place with at most `rank` items before it. */
  find(rank: number): number {
    const sums = this.#sums;
    const end = this.#end;
    let rest = rank;
    let place = 0;
    for (let step = 1 << (31 - Math.clz32(end)); step > 0; step >>= 1) {
      if (place + step >= end) continue;
      const sum = sums[place + step] as number;
      if (sum > rest) continue;
      place += step;
      rest -= sum;
    }
    this.rest = rest;
    return place;
  }

  /** The sum of the counts in all places before `place`. */
  countBefore(place: number): number {
    const sums = this.#sums;
    let sum = 0;
    for (let at = place; at > 0; at -= at & -at) sum += sums[at] as number;
    return sum;
  }
}
