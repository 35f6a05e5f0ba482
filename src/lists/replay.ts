import { APPEND, DELETE, INSERT, type ListColumns, PUT } from '../operations/list-columns.js';
import { FIRST_MADE, RunSequence, type Runs } from './run-sequence.js';

/** Whether an element can be in the head of its gap: never; always; if it is behind an item that its own side inserted. */
export const NEVER_HEAD = 0;
export const ALWAYS_HEAD = 1;
export const HEAD_BEHIND_OWN = 2;

/** No element, no position, no operation. */
export const NONE = -1;

/**
 * One side's operations, replayed by themselves on the endless common base, and the items behind their indexes.
 *
 * An item is known by its first element: for a base item its base index, for an inserted item the element that its insert
 * made.
 */
export interface Replay {
  readonly ops: ListColumns;
  /** By operation: the item that it is about; NONE for a move that goes nowhere. */
  readonly items: Int32Array;
  /** By operation: the element that a move made, anything elsewhere; `undefined` where nothing moves. */
  readonly moveElements: Int32Array | undefined;
  /** By operation: 1 for a delete in a run of deletes that goes from right to left. */
  readonly isBackward: Uint8Array;
  /** This side made the elements from `firstMade` up to, not including, `endMade`. */
  readonly firstMade: number;
  readonly endMade: number;
  /** By element, counted from `firstMade`: NEVER_HEAD, ALWAYS_HEAD for a move to the right, HEAD_BEHIND_OWN for an insert. */
  readonly headRoles: Uint8Array;
  /** All elements in this side's order, those of the base among them. */
  readonly runs: Runs;
}

/**
 * Replays one side. A new element is directly after its left visible neighbour, and before the tombstones there. Text
 * typed in one go, and items deleted one after the other, take one step. Spec: LIST-2.
 *
 * @param firstMade the number of the first new element, from FIRST_MADE on; those of the two sides must not overlap.
 */
export function replay(ops: ListColumns, firstMade: number): Replay {
  const { count, kinds, indexes, targets } = ops;
  const sequence = new RunSequence();
  const items = new Int32Array(count);
  const isBackward = new Uint8Array(count);
  const headRoles = new Uint8Array(count);
  const moveElements = targets === undefined ? undefined : new Int32Array(count);
  /** By element that was made: the item in it. */
  const madeItems = new Int32Array(count);
  let made = 0;
  const itemOf = (element: number): number =>
    element < FIRST_MADE ? element : (madeItems[element - firstMade] as number);

  for (let at = 0; at < count; ) {
    const index = indexes[at] as number;
    switch (kinds[at]) {
      case INSERT:
      case APPEND: {
        const role = kinds[at] === INSERT ? HEAD_BEHIND_OWN : NEVER_HEAD;
        const end = endOfRun(ops, at, 1);
        let element = firstMade + made;
        sequence.insert(index, element, end - at);
        for (; at < end; at++, element++) {
          items[at] = element;
          headRoles[made] = role;
          madeItems[made++] = element;
        }
        break;
      }
      case PUT:
        items[at++] = itemOf(sequence.isolate(index));
        break;
      case DELETE: {
        const backwardEnd = endOfRun(ops, at, -1);
        const backward = backwardEnd > at + 1;
        const end = backward ? backwardEnd : endOfRun(ops, at, 0);
        const first = backward ? index - (end - at) + 1 : index;
        let next = backward ? end - 1 : at;
        for (let left = end - at; left > 0; ) {
          const removed = sequence.remove(first, left);
          const endRemoved = sequence.removedStart + removed;
          for (let element = sequence.removedStart; element < endRemoved; element++) {
            items[next] = itemOf(element);
            next += backward ? -1 : 1;
          }
          left -= removed;
        }
        if (backward) isBackward.fill(1, at, end);
        at = end;
        break;
      }
      default: {
        const to = targets?.[at] as number;
        if (to === index) {
          items[at++] = NONE;
          break;
        }
        sequence.remove(index, 1);
        const item = itemOf(sequence.removedStart);
        const element = firstMade + made;
        sequence.insert(to, element, 1);
        madeItems[made] = item;
        headRoles[made++] = to > index ? ALWAYS_HEAD : NEVER_HEAD;
        items[at] = item;
        if (moveElements !== undefined) moveElements[at] = element;
        at++;
      }
    }
  }
  const runs = sequence.runs();
  return { ops, items, moveElements, isBackward, firstMade, endMade: firstMade + made, headRoles, runs };
}

/**
 * Where the operations end that are of the kind of the one at `start`, each `step` behind the index of the one before it:
 * text that is typed (1), or deleted by the delete key (0) or the backspace key (−1).
 */
function endOfRun({ count, kinds, indexes }: ListColumns, start: number, step: number): number {
  const kind = kinds[start];
  let end = start + 1;
  for (let index = (indexes[start] as number) + step; end < count; end++, index += step) {
    if (kinds[end] !== kind || indexes[end] !== index) break;
  }
  return end;
}
