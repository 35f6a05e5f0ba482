import type { Treatment } from './contest.js';
import { RankTree } from './rank-tree.js';
import { NONE } from './replay.js';

/** Which slots are occupied, and where the items stand that do not stand at home. */
export class Occupancy {
  readonly #counts: Int32Array;
  readonly #ranks: RankTree;
  /** By home slot: the slot where the item stands now, or NONE for its home. */
  readonly #places: Int32Array;

  /** @param counts how many items each slot holds once `side` is done. */
  constructor(counts: readonly number[], side: Treatment) {
    this.#counts = Int32Array.from(counts);
    this.#ranks = new RankTree(counts);
    this.#places = side.movedTo.slice();
  }

  /** Where an item stands. */
  placeOf(home: number): number {
    const place = this.#places[home] ?? NONE;
    return place === NONE ? home : place;
  }

  countAt(slot: number): number {
    return this.#counts[slot] ?? 0;
  }

  countBefore(slot: number): number {
    return this.#ranks.countBefore(slot);
  }

  add(slot: number, count: number): void {
    this.#counts[slot] = this.countAt(slot) + count;
    this.#ranks.add(slot, count);
  }

  /** Lets an item stand at a slot from now on. */
  settle(home: number, slot: number): void {
    this.#places[home] = slot;
    this.add(slot, 1);
  }
}
