/**
 * The model of elements of the list rules, spelled out with one object for every item and every element.
 *
 * "A list merge reconstructs identity for the duration of the merge. Each item of the common base is an *element*, in
 * base order. Replay each side's operations on its own; an insert, or a move with from ≠ to, creates a new element; a
 * delete or a move away leaves the old element behind, as a tombstone."
 *
 * `replay` does just that for one side, and `mergeOrders` builds the one order in which the elements of both sides
 * stand. Items and elements are told apart by object identity alone; their contents only help when debugging. The
 * length of the list enters every cost here, which the engine is not allowed: the oracle is slow on purpose.
 */

import type { Atom, ListOp } from '../../src/index.js';

export type Maker = 'base' | 'local' | 'remote';

/** An item keeps its identity while it moves from element to element and while its value changes. */
export interface Item {
  readonly madeBy: Maker;
  readonly number: number;
}

/** "An element made by a move with to > from is a right-move." An append is an insert that was made "at the end". */
export interface Element {
  readonly madeBy: Maker;
  readonly number: number;
  readonly kind: 'base' | 'insert' | 'append' | 'right-move' | 'left-move';
}

/** Which items of the base, by index, local inserted before, as far as that is known. */
export type IsOwn = (index: number) => boolean;

/** The items both sides started from. Base item i lives at base element i. */
export interface CommonBase {
  readonly items: readonly Item[];
  readonly elements: readonly Element[];
}

/** One operation of a side, with the index replaced by the identity of the item and of the element it made. */
export type Step =
  | { readonly type: 'put'; readonly item: Item; readonly value: Atom; readonly before: Atom | undefined }
  | { readonly type: 'insert'; readonly item: Item; readonly element: Element; readonly value: Atom }
  | { readonly type: 'delete'; readonly item: Item; readonly before: Atom | undefined }
  | { readonly type: 'move'; readonly item: Item; readonly element: Element };

/** What one side did, after all its operations were replayed on the base alone. */
export interface Replay {
  /** Every element of the base and of this side, tombstones included, in this side's order. */
  readonly order: readonly Element[];
  readonly steps: readonly Step[];
  readonly inserted: readonly Item[];
  readonly deleted: ReadonlySet<Item>;
  /** Where every item that is alive in the end stands. */
  readonly places: ReadonlyMap<Item, Element>;
  /** The last element that this side gave to an item, by inserting or by moving it. */
  readonly placed: ReadonlyMap<Item, Element>;
  /** The last value that this side gave to an item, by inserting it or by a put. */
  readonly written: ReadonlyMap<Item, Atom>;
}

export function commonBase(length: number): CommonBase {
  const numbers = Array.from({ length }, (_, number) => number);
  return {
    items: numbers.map((number): Item => ({ madeBy: 'base', number })),
    elements: numbers.map((number): Element => ({ madeBy: 'base', number, kind: 'base' })),
  };
}

/** Which item lives at which element at the start, before anybody edits. */
function baseOccupants(base: CommonBase): Map<Element, Item> {
  const occupants = new Map<Element, Item>();
  for (const [index, element] of base.elements.entries()) occupants.set(element, entryAt(base.items, index));
  return occupants;
}

/** Replays the operations of one side on the base alone. An index that does not fit the list is an error. */
export function replay(base: CommonBase, side: 'local' | 'remote', operations: readonly ListOp[]): Replay {
  const order = [...base.elements];
  const occupants = baseOccupants(base);
  const steps: Step[] = [];
  const inserted: Item[] = [];
  const deleted = new Set<Item>();
  const placed = new Map<Item, Element>();
  const written = new Map<Item, Atom>();

  function visibleElements(): Element[] {
    return order.filter((element) => occupants.has(element));
  }

  /** Takes the item at an index out of its element, which stays in the order, as a tombstone. */
  function lift(index: number): Item {
    const element = entryAt(visibleElements(), index);
    const item = occupantOf(occupants, element);
    occupants.delete(element);
    return item;
  }

  /**
   * "Where a new element stands: directly after the element of its left visible neighbour at the time of the edit, so
   * that it follows that neighbour and precedes whatever was deleted there before. Without a left neighbour: the very
   * beginning of the order."
   */
  function settle(item: Item, index: number, kind: Element['kind']): Element {
    const element: Element = { madeBy: side, number: order.length - base.elements.length, kind };
    const position = index === 0 ? 0 : order.indexOf(entryAt(visibleElements(), index - 1)) + 1;
    order.splice(position, 0, element);
    occupants.set(element, item);
    placed.set(item, element);
    return element;
  }

  for (const operation of operations) {
    switch (operation.type) {
      case 'put': {
        const item = occupantOf(occupants, entryAt(visibleElements(), operation.index));
        written.set(item, operation.value);
        steps.push({ type: 'put', item, value: operation.value, before: operation.before });
        break;
      }
      case 'insert': {
        const item: Item = { madeBy: side, number: inserted.length };
        const element = settle(item, operation.index, operation.atEnd === true ? 'append' : 'insert');
        inserted.push(item);
        written.set(item, operation.value);
        steps.push({ type: 'insert', item, element, value: operation.value });
        break;
      }
      case 'delete': {
        const item = lift(operation.index);
        deleted.add(item);
        steps.push({ type: 'delete', item, before: operation.before });
        break;
      }
      case 'move': {
        entryAt(visibleElements(), operation.from);
        entryAt(visibleElements(), operation.to);
        // "A move with from = to does nothing at all and is dropped."
        if (operation.from === operation.to) break;
        // "The neighbour of a move is taken after the item was lifted out."
        const item = lift(operation.from);
        const element = settle(item, operation.to, operation.to > operation.from ? 'right-move' : 'left-move');
        steps.push({ type: 'move', item, element });
        break;
      }
    }
  }
  const places = new Map([...occupants].map(([element, item]) => [item, element]));
  return { order, steps, inserted, deleted, places, placed, written };
}

/**
 * "The merged order is gap 0, base item 0, gap 1, base item 1, …", and within one gap "each side keeps its own order (of
 * all its elements there, tombstones included). The gap reads: local head, remote head, remote tail, local tail."
 */
export function mergeOrders(base: CommonBase, local: Replay, remote: Replay, isOwn: IsOwn = () => false): Element[] {
  const localGaps = gapsOf(local.order);
  const remoteGaps = gapsOf(remote.order);
  const merged: Element[] = [];
  for (const [index, localGap] of localGaps.entries()) {
    // Gap 0 is behind no item. Nobody knows what remote inserted.
    const ofLocal = headAndTail(localGap, index > 0 && isOwn(index - 1));
    const ofRemote = headAndTail(entryAt(remoteGaps, index), false);
    merged.push(...ofLocal.head, ...ofRemote.head, ...ofRemote.tail, ...ofLocal.tail);
    // The last gap has no base element to its right.
    merged.push(...base.elements.slice(index, index + 1));
  }
  return merged;
}

/** A new element "belongs to one gap between neighbouring *base* elements (tombstones are borders too)". */
function gapsOf(order: readonly Element[]): Element[][] {
  let gap: Element[] = [];
  const gaps = [gap];
  for (const element of order) {
    if (element.madeBy === 'base') {
      gap = [];
      gaps.push(gap);
    } else {
      gap.push(element);
    }
  }
  return gaps;
}

/**
 * "Behind a base item that local inserted, local's inserts count as right-moves, unless they are appends. Call a side's
 * leading run of right-moves in that gap its *head* and everything after it its *tail*."
 */
function headAndTail(
  gap: readonly Element[],
  isBehindOwn: boolean,
): { head: readonly Element[]; tail: readonly Element[] } {
  const firstOther = gap.findIndex(({ kind }) => kind !== 'right-move' && !(isBehindOwn && kind === 'insert'));
  const headLength = firstOther === -1 ? gap.length : firstOther;
  return { head: gap.slice(0, headLength), tail: gap.slice(headLength) };
}

/** The entry at an index, or an error where the list has none. */
export function entryAt<Entry>(entries: readonly Entry[], index: number): Entry {
  const entry = entries[index];
  if (entry === undefined) throw new RangeError(`Nothing at index ${index} of ${entries.length}.`);
  return entry;
}

function occupantOf(occupants: ReadonlyMap<Element, Item>, element: Element): Item {
  const item = occupants.get(element);
  if (item === undefined) throw new Error('Nothing lives at an element that was taken for visible.');
  return item;
}
