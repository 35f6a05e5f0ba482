/**
 * The location model of the list rules, spelled out with one object for every item and every location.
 *
 * "A list merge reconstructs identity for the duration of the merge. Each item of the common base has a *location*, in
 * base order. Replay each side's operations on its own; an insert, or a move with from ≠ to, creates a new location; a
 * delete or a move away leaves the old location behind, empty."
 *
 * `replay` does just that for one side, and `mergeLines` builds the one line in which the locations of both sides
 * stand. Items and locations are told apart by object identity alone; their contents only help when debugging. The
 * length of the list enters every cost here, which the engine is not allowed: the oracle is slow on purpose.
 */

import type { Atom, ListOp } from '../../src/index.js';

export type Origin = 'base' | 'local' | 'remote';

/** An item keeps its identity while it moves from location to location and while its value changes. */
export interface Item {
  readonly origin: Origin;
  readonly number: number;
}

/** "A location made by a move with to > from is a right-move." */
export interface Location {
  readonly origin: Origin;
  readonly number: number;
  readonly isRightMove: boolean;
}

/** The items both sides started from. Base item i lives at base location i. */
export interface CommonBase {
  readonly items: readonly Item[];
  readonly locations: readonly Location[];
}

/** One operation of a side, with the index replaced by the identity of the item and of the location it made. */
export type Step =
  | { readonly type: 'put'; readonly item: Item; readonly value: Atom; readonly before: Atom | undefined }
  | { readonly type: 'insert'; readonly item: Item; readonly location: Location; readonly value: Atom }
  | { readonly type: 'delete'; readonly item: Item; readonly before: Atom | undefined }
  | { readonly type: 'move'; readonly item: Item; readonly location: Location };

/** What one side did, after all its operations were replayed on the base alone. */
export interface Replay {
  /** Every location of the base and of this side, the empty ones included, in this side's order. */
  readonly line: readonly Location[];
  readonly steps: readonly Step[];
  readonly inserted: readonly Item[];
  readonly deleted: ReadonlySet<Item>;
  /** The last location that this side gave to an item, by inserting or by moving it. */
  readonly placed: ReadonlyMap<Item, Location>;
  /** The last value that this side gave to an item, by inserting it or by a put. */
  readonly written: ReadonlyMap<Item, Atom>;
}

export function commonBase(length: number): CommonBase {
  const numbers = Array.from({ length }, (_, number) => number);
  return {
    items: numbers.map((number): Item => ({ origin: 'base', number })),
    locations: numbers.map((number): Location => ({ origin: 'base', number, isRightMove: false })),
  };
}

/** Which item lives at which location at the start, before anybody edits. */
export function baseOccupants(base: CommonBase): Map<Location, Item> {
  const occupants = new Map<Location, Item>();
  for (const [index, location] of base.locations.entries()) occupants.set(location, elementAt(base.items, index));
  return occupants;
}

/** Replays the operations of one side on the base alone. An index that does not fit the list is an error. */
export function replay(base: CommonBase, side: 'local' | 'remote', operations: readonly ListOp[]): Replay {
  const line = [...base.locations];
  const occupants = baseOccupants(base);
  const steps: Step[] = [];
  const inserted: Item[] = [];
  const deleted = new Set<Item>();
  const placed = new Map<Item, Location>();
  const written = new Map<Item, Atom>();

  function visibleLocations(): Location[] {
    return line.filter((location) => occupants.has(location));
  }

  /** Takes the item at an index out of its location, which stays in the line, empty. */
  function lift(index: number): Item {
    const location = elementAt(visibleLocations(), index);
    const item = occupantOf(occupants, location);
    occupants.delete(location);
    return item;
  }

  /**
   * "Where a new location stands: directly after the location of its left visible neighbour at the time of the edit, so
   * that it follows that neighbour and precedes whatever was deleted there before. Without a left neighbour: the very
   * beginning of the line."
   */
  function settle(item: Item, index: number, isRightMove: boolean): Location {
    const location: Location = { origin: side, number: line.length - base.locations.length, isRightMove };
    const position = index === 0 ? 0 : line.indexOf(elementAt(visibleLocations(), index - 1)) + 1;
    line.splice(position, 0, location);
    occupants.set(location, item);
    placed.set(item, location);
    return location;
  }

  for (const operation of operations) {
    switch (operation.type) {
      case 'put': {
        const item = occupantOf(occupants, elementAt(visibleLocations(), operation.index));
        written.set(item, operation.value);
        steps.push({ type: 'put', item, value: operation.value, before: operation.before });
        break;
      }
      case 'insert': {
        const item: Item = { origin: side, number: inserted.length };
        const location = settle(item, operation.index, false);
        inserted.push(item);
        written.set(item, operation.value);
        steps.push({ type: 'insert', item, location, value: operation.value });
        break;
      }
      case 'delete': {
        const item = lift(operation.index);
        deleted.add(item);
        steps.push({ type: 'delete', item, before: operation.before });
        break;
      }
      case 'move': {
        elementAt(visibleLocations(), operation.from);
        elementAt(visibleLocations(), operation.to);
        // "A move with from = to does nothing at all and is dropped."
        if (operation.from === operation.to) break;
        // "The neighbour of a move is taken after the item was lifted out."
        const item = lift(operation.from);
        const location = settle(item, operation.to, operation.to > operation.from);
        steps.push({ type: 'move', item, location });
        break;
      }
    }
  }
  return { line, steps, inserted, deleted, placed, written };
}

/**
 * "The merged order is gap 0, base item 0, gap 1, base item 1, …", and within one gap "each side keeps its own order (of
 * all its locations there, those now empty included). The gap reads: local head, remote head, remote tail, local tail."
 */
export function mergeLines(base: CommonBase, local: Replay, remote: Replay): Location[] {
  const localGaps = gapsOf(local.line);
  const remoteGaps = gapsOf(remote.line);
  const merged: Location[] = [];
  for (const [index, localGap] of localGaps.entries()) {
    const ofLocal = headAndTail(localGap);
    const ofRemote = headAndTail(elementAt(remoteGaps, index));
    merged.push(...ofLocal.head, ...ofRemote.head, ...ofRemote.tail, ...ofLocal.tail);
    // The last gap has no base location to its right.
    merged.push(...base.locations.slice(index, index + 1));
  }
  return merged;
}

/** A new location "belongs to one gap between neighbouring *base* locations (empty ones are borders too)". */
function gapsOf(line: readonly Location[]): Location[][] {
  let gap: Location[] = [];
  const gaps = [gap];
  for (const location of line) {
    if (location.origin === 'base') {
      gap = [];
      gaps.push(gap);
    } else {
      gap.push(location);
    }
  }
  return gaps;
}

/** "Call a side's leading run of right-moves in that gap its *head* and everything after it its *tail*." */
function headAndTail(gap: readonly Location[]): { head: readonly Location[]; tail: readonly Location[] } {
  const firstOther = gap.findIndex((location) => !location.isRightMove);
  const headLength = firstOther === -1 ? gap.length : firstOther;
  return { head: gap.slice(0, headLength), tail: gap.slice(headLength) };
}

/** The element at an index, or an error where the list has none. */
export function elementAt<Element>(elements: readonly Element[], index: number): Element {
  const element = elements[index];
  if (element === undefined) throw new RangeError(`No element at index ${index} of ${elements.length}.`);
  return element;
}

function occupantOf(occupants: ReadonlyMap<Location, Item>, location: Location): Item {
  const item = occupants.get(location);
  if (item === undefined) throw new Error('Nothing lives at a location that was taken for visible.');
  return item;
}
