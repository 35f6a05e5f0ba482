import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ItemList } from '../../src/lists/item-list.js';
import { runs } from '../support/seed.js';

type Edit = readonly ['insert' | 'remove' | 'put', place: number, item: number];

const edits = fc.array(
  fc.tuple(fc.constantFrom('insert', 'remove', 'put'), fc.nat(2000), fc.nat(2)) as fc.Arbitrary<Edit>,
  { maxLength: 30 },
);

/** Makes an edit of a list and of an array, at a place that both have. */
function perform(list: ItemList, items: number[], [kind, place, item]: Edit): void {
  if (kind === 'insert') {
    const index = place % (items.length + 1);
    list.insert(index, item);
    items.splice(index, 0, item);
  } else if (items.length > 0) {
    const index = place % items.length;
    if (kind === 'put') {
      expect(list.put(index, item)).toBe(items[index]);
      items[index] = item;
    } else {
      expect(list.remove(index)).toBe(items[index]);
      items.splice(index, 1);
    }
  }
}

describe('a list beside an array', () => {
  // Around one block, two, and enough for blocks that are shared, cut and emptied.
  test.each([0, 3, 255, 257, 1500])('that begins with %i items', (length) => {
    fc.assert(
      fc.property(edits, edits, (first, second) => {
        const items = Array.from({ length }, (_, index) => index % 3);
        const list = ItemList.from(items);
        for (const edit of first) perform(list, items, edit);
        const copy = list.copy();
        const copied = items.slice();
        expect(copy.equals(list)).toBe(true);
        for (const edit of second) {
          perform(copy, copied, edit);
          const isEqual = copied.length === items.length && copied.every((item, index) => item === items[index]);
          expect(copy.equals(list)).toBe(isEqual);
          expect(list.equals(copy)).toBe(isEqual);
        }
        expect(copy.toArray()).toEqual(copied);
        expect(list.toArray()).toEqual(items);
      }),
      { numRuns: runs(200) },
    );
  });

  test('that has more blocks than are joined in one call', () => {
    const list = ItemList.from(Array.from({ length: 1_200_000 }, (_, index) => index));
    list.insert(600_000, -1);
    const items = list.toArray();
    expect(items).toHaveLength(1_200_001);
    expect(items.findIndex((item, index) => item !== (index < 600_000 ? index : index - 1))).toBe(600_000);
    expect(items.at(-1)).toBe(1_199_999);
  });
});
