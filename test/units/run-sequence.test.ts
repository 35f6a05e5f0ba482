import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIRST_MADE, RunSequence, type Runs } from '../../src/lists/run-sequence.js';
import { runs } from '../support/seed.js';

/** Of a base of 20 elements, and of all that was made: a tombstone is negative, and counted from 1. */
function elementsOf({ starts, lengths, count }: Runs): number[] {
  const elements: number[] = [];
  for (let run = 0; run < count; run++) {
    const [start, length] = [starts[run] as number, lengths[run] as number];
    for (let at = 0; at < Math.abs(length) && (start + at < 20 || start >= FIRST_MADE); at++) {
      elements.push(length < 0 ? -1 - start - at : start + at);
    }
  }
  return elements;
}

/** The same as a plain array does it. */
class ArrayTwin {
  elements = Array.from({ length: 20 }, (_, at) => at);

  get length(): number {
    return this.elements.filter((element) => element >= 0).length;
  }

  place(index: number): number {
    let left = index;
    return this.elements.findIndex((element) => element >= 0 && left-- === 0);
  }

  insert(index: number, start: number, count: number): void {
    const made = Array.from({ length: count }, (_, at) => start + at);
    this.elements.splice(index === 0 ? 0 : this.place(index - 1) + 1, 0, ...made);
  }

  remove(index: number): void {
    const at = this.place(index);
    this.elements[at] = -1 - (this.elements[at] as number);
  }
}

test('runs of elements in blocks are what an array of elements would be, even once the blocks are many', () => {
  const edit = fc.record({ kind: fc.constantFrom('insert', 'insert', 'remove', 'isolate' as const), at: fc.nat(1e6) });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 600, maxLength: 1_200 }), (edits) => {
      const [sequence, twin] = [new RunSequence(), new ArrayTwin()];
      let next = FIRST_MADE;
      for (const { kind, at } of edits) {
        const { length } = twin;
        if (kind === 'insert' || length === 0) {
          sequence.insert(at % (length + 1), next, 1 + (at % 2));
          twin.insert(at % (length + 1), next, 1 + (at % 2));
          // What is made next does not go on from there, so that it is a run of its own.
          next += 3;
        } else if (kind === 'remove') {
          expect(sequence.remove(at % length, 1)).toBe(1);
          expect(sequence.removedStart).toBe(twin.elements[twin.place(at % length)]);
          twin.remove(at % length);
        } else {
          expect(sequence.isolate(at % length)).toBe(twin.elements[twin.place(at % length)]);
        }
      }
      expect(elementsOf(sequence.runs())).toEqual(twin.elements);
    }),
    { numRuns: runs(12) },
  );
});
