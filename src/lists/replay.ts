import type { ListDelete, ListInsert, ListOp } from '../operations/list-operation.js';
import { FIRST_NEW_LOCATION, LocationSequence, type Runs } from './location-sequence.js';

/** No location, no item, no slot. */
export const NONE = -1;

/**
 * One side's operations replayed on the endless common base, with the identities behind their indexes.
 *
 * An item is named by its home, the location where it first stood: a base item by its base index, an inserted item by
 * the location that its insert made. Arrays have one entry for each operation.
 */
export interface Replay {
  readonly ops: readonly ListOp[];
  /** The home of the item that the operation is about; NONE for a move that goes nowhere. */
  readonly homes: readonly number[];
  /** The location that an insert or move made, otherwise NONE. */
  readonly targets: readonly number[];
  /** Whether the operation belongs to a run of deletes that goes from right to left. */
  readonly isBackward: readonly boolean[];
  /** This side's new locations are numbered from `firstNew` up to, not including, `endNew`. */
  readonly firstNew: number;
  readonly endNew: number;
  /** Whether a move to the right made the new location of that number, counted from `firstNew`. */
  readonly isRightMove: readonly boolean[];
  /** All locations in this side's order, those of the base among them; empty ones have negative lengths. */
  readonly runs: Runs;
}

/**
 * Replays one side on its own. A new location stands directly after the location of its left visible neighbour, and
 * before whatever was deleted there. Text typed in one go, and items deleted one after the other, take one step.
 * Spec: LIST-2.
 *
 * @param firstNew the number of the first new location, from FIRST_NEW_LOCATION on; the two sides' must not overlap.
 */
export function replay(ops: readonly ListOp[], firstNew: number): Replay {
  const sequence = new LocationSequence();
  const homes: number[] = [];
  const targets: number[] = [];
  const isBackward: boolean[] = [];
  const isRightMove: boolean[] = [];
  /** For each new location, the home of the item that settled there. */
  const settlers: number[] = [];

  const homeOf = (location: number): number =>
    location < FIRST_NEW_LOCATION ? location : (settlers[location - firstNew] ?? NONE);
  const record = (home: number, target: number, backward: boolean): void => {
    homes.push(home);
    targets.push(target);
    isBackward.push(backward);
  };

  for (let at = 0; at < ops.length; ) {
    const op = ops[at] as ListOp;
    let count = 1;
    switch (op.type) {
      case 'insert': {
        count = runLength(ops, at, op, 1);
        const start = firstNew + settlers.length;
        sequence.insert(op.index, start, count);
        for (let location = start; location < start + count; location++) {
          settlers.push(location);
          isRightMove.push(false);
          record(location, location, false);
        }
        break;
      }
      case 'put':
        record(homeOf(sequence.isolate(op.index)), NONE, false);
        break;
      case 'delete': {
        const backwardCount = runLength(ops, at, op, -1);
        const backward = backwardCount > 1;
        count = backward ? backwardCount : runLength(ops, at, op, 0);
        const locations = removeRange(sequence, backward ? op.index - count + 1 : op.index, count);
        if (backward) locations.reverse();
        for (const location of locations) record(homeOf(location), NONE, backward);
        break;
      }
      case 'move':
        if (op.from === op.to) {
          record(NONE, NONE, false);
        } else {
          const home = homeOf(sequence.removeRun(op.from, 1).start);
          const target = firstNew + settlers.length;
          sequence.insert(op.to, target, 1);
          settlers.push(home);
          isRightMove.push(op.to > op.from);
          record(home, target, false);
        }
        break;
    }
    at += count;
  }
  const endNew = firstNew + settlers.length;
  return { ops, homes, targets, isBackward, firstNew, endNew, isRightMove, runs: sequence.runs() };
}

/** Empties `count` visible locations from an index on, and returns their numbers from left to right. */
function removeRange(sequence: LocationSequence, index: number, count: number): number[] {
  if (count === 1) return [sequence.removeRun(index, 1).start];
  const locations: number[] = [];
  while (locations.length < count) {
    const removed = sequence.removeRun(index, count - locations.length);
    for (let location = removed.start; location < removed.start + removed.count; location++) locations.push(location);
  }
  return locations;
}

/**
 * How many operations from `at` on are of one type, each `step` behind the index of the one before it: text that is typed,
 * or deleted by the delete key (0) or the backspace key (-1).
 */
function runLength(ops: readonly ListOp[], at: number, { type, index }: ListInsert | ListDelete, step: number): number {
  let count = 1;
  for (let op = ops[at + 1]; op?.type === type && op.index === index + step * count; op = ops[at + count]) count++;
  return count;
}
