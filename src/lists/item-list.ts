import { valuesEqual } from '../values/order.js';
import type { Atom } from '../values/value.js';

/** A block with at most this many items is never split. */
const BLOCK_LIMIT_LEAST = 256;

/**
 * How many items a block may have in a list that begins with `length` items: for long lists about the square root of the
 * length. Larger blocks cost more to edit; smaller blocks are more, and cost more to find and to copy.
 */
function blockLimitOf(length: number): number {
  return Math.max(BLOCK_LIMIT_LEAST, 1 << ((33 - Math.clz32(length)) >> 1));
}

/** How many blocks are joined in one call: engines limit the number of arguments to some ten thousand. */
const JOINED_BLOCKS_MAX = 4096;

/**
 * A list that is edited in place. Items are kept in blocks, so that an edit moves at most the items of one block. The block
 * of the last edit is remembered, because the next edit is mostly near it. A list that fits in one block is one array.
 *
 * A copy shares the blocks of its original, which must not be edited any more. The copy copies a block before it edits it.
 * Where lists are shared themselves, `owner` says who may edit one.
 *
 * Costs for n items: O(√n) for an edit or a look-up far from the last one, O(block) near it, O(√n) for a copy.
 */
export class ItemList {
  /** The only one that may edit the list in place, where lists are shared. */
  owner: object | undefined;
  readonly #blocks: Atom[][];
  /** How many items each block has. A search reads only these, which are close together in memory. */
  readonly #counts: number[];
  /** The blocks that no other list shares; `undefined` if no block is shared. */
  readonly #ownBlocks: Set<Atom[]> | undefined;
  readonly #blockLimit: number;
  #length: number;
  // The current block, and how many items stand before it.
  #at = 0;
  #start = 0;

  private constructor(
    blocks: Atom[][],
    counts: number[],
    length: number,
    blockLimit: number,
    ownBlocks: Set<Atom[]> | undefined,
  ) {
    this.#blocks = blocks;
    this.#counts = counts;
    this.#blockLimit = blockLimit;
    this.#length = length;
    this.#ownBlocks = ownBlocks;
  }

  /** A list of these items, which are copied. */
  static from(items: readonly Atom[]): ItemList {
    // V8 spreads frozen arrays faster than it slices them.
    const own = [...items];
    const limit = blockLimitOf(own.length);
    if (own.length <= limit) return new ItemList([own], [own.length], own.length, limit, undefined);
    const blocks: Atom[][] = [];
    // Blocks begin half full, so that the first edits do not split every one.
    for (let start = 0; start < own.length; start += limit / 2) blocks.push(own.slice(start, start + limit / 2));
    const counts = blocks.map(({ length }) => length);
    return new ItemList(blocks, counts, own.length, limit, undefined);
  }

  get length(): number {
    return this.#length;
  }

  copy(): ItemList {
    return new ItemList(this.#blocks.slice(), this.#counts.slice(), this.#length, this.#blockLimit, new Set());
  }

  /** Whether both hold equal items. Shared blocks at the same place are not compared. */
  equals(other: ItemList): boolean {
    if (this.#length !== other.#length) return false;
    let [at, offset] = [0, 0];
    let [otherAt, otherOffset] = [0, 0];
    while (at < this.#blocks.length && otherAt < other.#blocks.length) {
      const block = this.#blocks[at] ?? [];
      const otherBlock = other.#blocks[otherAt] ?? [];
      const count = Math.min(block.length - offset, otherBlock.length - otherOffset);
      if (block !== otherBlock || offset !== otherOffset) {
        for (let next = 0; next < count; next++) {
          if (!valuesEqual(block[offset + next], otherBlock[otherOffset + next])) return false;
        }
      }
      offset += count;
      otherOffset += count;
      if (offset === block.length) [at, offset] = [at + 1, 0];
      if (otherOffset === otherBlock.length) [otherAt, otherOffset] = [otherAt + 1, 0];
    }
    return true;
  }

  toArray(): Atom[] {
    const parts: Atom[][] = [];
    for (let start = 0; start < this.#blocks.length; start += JOINED_BLOCKS_MAX) {
      parts.push(concatenate(this.#blocks.slice(start, start + JOINED_BLOCKS_MAX)));
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : concatenate(parts);
  }

  /** The item at an index from 0 and below the length. */
  at(index: number): Atom {
    this.#seek(index);
    return this.#blocks[this.#at]?.[index - this.#start] as Atom;
  }

  /** Replaces the item at an index from 0 and below the length, and returns the old one. */
  put(index: number, item: Atom): Atom {
    const old = this.at(index);
    this.#ownBlock()[index - this.#start] = item;
    return old;
  }

  /** Makes `item` the item at an index from 0 to the length. */
  insert(index: number, item: Atom): void {
    if (index === 0) this.#seek(0);
    else this.#seek(index - 1);
    const block = this.#ownBlock();
    const offset = index - this.#start;
    if (offset === block.length) block.push(item);
    else block.splice(offset, 0, item);
    this.#count(1);
    if (block.length > this.#blockLimit) {
      const half = block.splice(this.#blockLimit / 2);
      this.#blocks.splice(this.#at + 1, 0, half);
      this.#counts.splice(this.#at, 1, block.length, half.length);
      this.#ownBlocks?.add(half);
    }
  }

  /** Removes the item at an index from 0 and below the length, and returns it. */
  remove(index: number): Atom {
    const item = this.at(index);
    const block = this.#ownBlock();
    const offset = index - this.#start;
    if (offset === block.length - 1) block.pop();
    else block.splice(offset, 1);
    this.#count(-1);
    if (block.length === 0 && this.#blocks.length > 1) {
      this.#blocks.splice(this.#at, 1);
      this.#counts.splice(this.#at, 1);
      this.#ownBlocks?.delete(block);
      this.#at = 0;
      this.#start = 0;
    }
    return item;
  }

  /** Goes to the block of an index, from the current block or from either end, whichever is nearest. */
  #seek(index: number): void {
    const counts = this.#counts;
    let at = this.#at;
    let start = this.#start;
    if (index < start >> 1) {
      at = 0;
      start = 0;
    } else if (index > (start + this.#length) >> 1 && index >= start + this.#blockLimit) {
      at = counts.length - 1;
      start = this.#length - (counts[at] ?? 0);
    }
    while (index < start) start -= counts[--at] ?? 0;
    const last = counts.length - 1;
    for (let count = counts[at] ?? 0; index >= start + count && at < last; count = counts[++at] ?? 0) start += count;
    this.#at = at;
    this.#start = start;
  }

  /** Counts items that were added to the current block, or removed from it if negative. */
  #count(added: number): void {
    this.#counts[this.#at] = (this.#counts[this.#at] ?? 0) + added;
    this.#length += added;
  }

  #ownBlock(): Atom[] {
    const block = this.#blocks[this.#at] ?? [];
    if (this.#ownBlocks === undefined || this.#ownBlocks.has(block)) return block;
    const own = block.slice();
    this.#blocks[this.#at] = own;
    this.#ownBlocks.add(own);
    return own;
  }
}

/** Copies blocks of memory; pushing would copy item by item. */
function concatenate(parts: readonly Atom[][]): Atom[] {
  return ([] as Atom[]).concat(...parts);
}
