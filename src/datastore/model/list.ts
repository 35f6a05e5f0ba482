import { DatastoreError } from '../../errors/datastore-error.js';
import { fieldList, fieldPut } from '../../operations/field-operation.js';
import { type ListOp, listDelete, listInsert, listMove, listPut } from '../../operations/list-operation.js';
import { type Atom, describe } from '../../values/value.js';
import { type FieldHome, MemoryHome } from './field-home.js';
import { clampIndex, ReadableList } from './readable-list.js';

/** What a list can be made of: another list, an array, or anything else that yields items. */
export type ListInput<Item extends Atom = Atom> = Iterable<Item>;

/** The field in which a list that is in no field keeps its items. */
const OWN_FIELD = 'items';

/**
 * A list, as a live view of the field that holds it: what it shows is what the field holds, and every edit is made there
 * at once, each atomic. Edits that others make of the same list are merged item by item, save what {@link clear} says.
 * Items are of any types but lists; indexes count from 0.
 *
 * Lists are had from `getList` and `getOrCreateList`. One made by the constructor is in memory only, to be set in any
 * number of fields, which copies it.
 */
export class List<Item extends Atom = Atom> extends ReadableList<Item> {
  readonly #home: FieldHome;
  readonly #field: string;

  /** A list in memory, with a copy of the items. @throws DatastoreError `invalid-value` for what can be no item. */
  constructor(items?: ListInput<NoInfer<Item>>);
  /** Not for applications. */
  constructor(home: FieldHome, field: string);
  constructor(source: ListInput<Item> | FieldHome = [], field?: string) {
    const home = field === undefined ? memoryHome(source as ListInput) : (source as FieldHome);
    super(home, field ?? OWN_FIELD);
    this.#home = home;
    this.#field = field ?? OWN_FIELD;
  }

  /** Appends an item. @throws DatastoreError `invalid-value`. */
  add(item: Item): this {
    this.push(item);
    return this;
  }

  /**
   * Makes `items` stand from `index` on, before the item that is there; at the length, after the last one.
   *
   * @throws DatastoreError `index-out-of-range` or `invalid-value`.
   */
  insert(index: number, ...items: readonly Item[]): this {
    // What is no number is refused as it is, and not after an addition has made a number or a text of it.
    return this.#edit(items.map((item, at) => listInsert(typeof index === 'number' ? index + at : index, item)));
  }

  /** Replaces the item at an index. @throws DatastoreError `index-out-of-range` or `invalid-value`. */
  set(index: number, item: Item): this {
    return this.#edit([listPut(index, item)]);
  }

  /** Removes the item at an index. @throws DatastoreError `index-out-of-range`. */
  remove(index: number): this {
    return this.#edit([listDelete(index)]);
  }

  /** Takes the item at `from` to where its index is `to`. @throws DatastoreError `index-out-of-range`. */
  move(from: number, to: number): this {
    return this.#edit([listMove(from, to)]);
  }

  /** Puts an empty list in place of this one. That overrides what others do to the items, where all else is merged. */
  clear(): void {
    if (this.length >= 0) this.#home.edit(new Map([[this.#field, fieldPut([], undefined)]]));
  }

  /** Appends items, and returns the new length. @throws DatastoreError `invalid-value`. */
  push(...items: readonly Item[]): number {
    return this.insert(this.length, ...items).length;
  }

  /** Inserts items before all others, and returns the new length. @throws DatastoreError `invalid-value`. */
  unshift(...items: readonly Item[]): number {
    return this.insert(0, ...items).length;
  }

  /** Removes the last item and returns it, or `undefined` if there is none. */
  pop(): Item | undefined {
    return this.splice(-1, 1)[0];
  }

  /** Removes the first item and returns it, or `undefined` if there is none. */
  shift(): Item | undefined {
    return this.splice(0, 1)[0];
  }

  /**
   * Removes `deleteCount` items from `start` on, all if it is left out, and inserts others in their place, as one edit.
   * Arguments count as in `Array.prototype.splice`: a `deleteCount` of `undefined` is 0.
   *
   * @returns the removed items. @throws DatastoreError `invalid-value`.
   */
  splice(start: number, deleteCount?: number, ...items: readonly Item[]): Item[];
  splice(...given: readonly [start?: number, deleteCount?: number, ...items: Item[]]): Item[] {
    const [start = 0, deleteCount = 0, ...items] = given;
    const { length } = this;
    const index = clampIndex(start, length);
    // One that is left out stands for all, and one that is given as undefined for none.
    const count = given.length === 1 ? length : Math.max(Math.trunc(deleteCount) || 0, 0);
    const removed = this.slice(index, index + count);
    const inserts = items.map((item, at) => listInsert(index + at, item));
    this.#edit([...removed.map(() => listDelete(index)), ...inserts]);
    return removed;
  }

  #edit(ops: readonly ListOp[]): this {
    // Asking for the length fails where there is no list any more, also if there is nothing to do.
    if (this.length >= 0 && ops.length > 0) this.#home.edit(new Map([[this.#field, fieldList(false, ops)]]));
    return this;
  }
}

function memoryHome(items: ListInput): FieldHome {
  if (typeof items?.[Symbol.iterator] !== 'function') {
    throw new DatastoreError('invalid-value', `a list is made of what yields items, not of ${describe(items)}`);
  }
  const home = new MemoryHome(({ index }) => ({ index }));
  home.edit(new Map([[OWN_FIELD, fieldPut([...items], undefined)]]));
  return home;
}
