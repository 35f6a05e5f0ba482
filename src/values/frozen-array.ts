/*
 * Loops over long frozen arrays. V8 has no fast path for array methods on frozen arrays, and an iterator makes an
 * object for every item; a loop over indexes is several times as fast.
 */

export function visitEach<Item>(items: readonly Item[], visit: (item: Item, index: number) => void): void {
  for (let index = 0; index < items.length; index++) visit(items[index] as Item, index);
}

export function someOf<Item>(items: readonly Item[], test: (item: Item) => boolean): boolean {
  for (let index = 0; index < items.length; index++) if (test(items[index] as Item)) return true;
  return false;
}

export function sumOf<Item>(items: readonly Item[], measure: (item: Item) => number): number {
  let sum = 0;
  for (let index = 0; index < items.length; ) sum += measure(items[index++] as Item);
  return sum;
}
