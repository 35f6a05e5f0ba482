import type { ListOp } from '../../src/index.js';

/** The plain baseline of a long list: an array of blocks with a cursor, and nothing else around it. */
export class BlockArray {
  readonly #blocks: unknown[][] = [[]];
  #at = 0;
  #start = 0;

  static from(items: readonly unknown[]): BlockArray {
    const list = new BlockArray();
    for (let start = 0; start < items.length; start += 64) list.#blocks.push(items.slice(start, start + 64));
    return list;
  }

  performAll(ops: readonly ListOp[]): this {
    for (const op of ops) {
      switch (op.type) {
        case 'insert':
          this.insert(op.index, op.value);
          break;
        case 'delete':
          this.remove(op.index);
          break;
        case 'put':
          this.put(op.index, op.value);
          break;
        case 'move':
          this.insert(op.to, this.remove(op.from));
          break;
      }
    }
    return this;
  }

  put(index: number, item: unknown): void {
    const block = this.#seek(index, true);
    block[index - this.#start] = item;
  }

  insert(index: number, item: unknown): void {
    const block = this.#seek(index, false);
    block.splice(index - this.#start, 0, item);
    if (block.length > 128) this.#blocks.splice(this.#at + 1, 0, block.splice(64));
  }

  remove(index: number): unknown {
    const block = this.#seek(index, true);
    const [item] = block.splice(index - this.#start, 1);
    if (block.length > 0 || this.#blocks.length === 1) return item;
    this.#blocks.splice(this.#at, 1);
    this.#at = 0;
    this.#start = 0;
    return item;
  }

  toArray(): unknown[] {
    // Many times as fast as `flat`, and good for a million items: a call takes some ten thousand arguments.
    return ([] as unknown[]).concat(...this.#blocks);
  }

  #seek(index: number, isWithin: boolean): unknown[] {
    const blocks = this.#blocks;
    while (index < this.#start) this.#start -= blocks[--this.#at]?.length ?? 0;
    for (;;) {
      const block = blocks[this.#at] ?? [];
      const end = this.#start + block.length;
      if (index < end || (index === end && !isWithin)) return block;
      this.#start = end;
      this.#at++;
    }
  }
}
