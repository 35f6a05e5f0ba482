/** The plain baseline of a long list: an array of blocks with a cursor, and nothing else around it. */
export class BlockArray {
  readonly #blocks: string[][] = [[]];
  #at = 0;
  #start = 0;

  insert(index: number, item: string): void {
    const block = this.#seek(index, false);
    block.splice(index - this.#start, 0, item);
    if (block.length > 128) this.#blocks.splice(this.#at + 1, 0, block.splice(64));
  }

  remove(index: number): void {
    const block = this.#seek(index, true);
    block.splice(index - this.#start, 1);
    if (block.length > 0 || this.#blocks.length === 1) return;
    this.#blocks.splice(this.#at, 1);
    this.#at = 0;
    this.#start = 0;
  }

  toArray(): string[] {
    return this.#blocks.flat();
  }

  #seek(index: number, isWithin: boolean): string[] {
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
