/**
 * Counts of items at positions in a fixed line, with prefix sums in O(log n): a Fenwick tree. Entry k of the array holds
 * the sum of the lowbit(k) positions that end at k, counted from 1.
 */
export class RankTree {
  readonly #sums: Int32Array;

  /** Builds the tree from the count at each position, in O(n). */
  constructor(counts: ArrayLike<number>) {
    const sums = new Int32Array(counts.length + 1);
    for (let at = 1; at < sums.length; at++) {
      const sum = (sums[at] ?? 0) + (counts[at - 1] ?? 0);
      sums[at] = sum;
      const parent = at + (at & -at);
      if (parent < sums.length) sums[parent] = (sums[parent] ?? 0) + sum;
    }
    this.#sums = sums;
  }

  /** Adds to the count at a position. */
  add(position: number, count: number): void {
    const sums = this.#sums;
    for (let at = position + 1; at < sums.length; at += at & -at) sums[at] = (sums[at] ?? 0) + count;
  }

  /** The position that holds the item of a rank, counted from 0: the last with no more than `rank` items before it. */
  positionOf(rank: number): number {
    const sums = this.#sums;
    let rest = rank;
    let position = 0;
    for (let step = 1 << (31 - Math.clz32(sums.length)); step > 0; step >>= 1) {
      const sum = sums[position + step];
      if (sum === undefined || sum > rest) continue;
      position += step;
      rest -= sum;
    }
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
