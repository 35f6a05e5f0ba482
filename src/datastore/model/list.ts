import { invalidArgument } from '../../errors/arguments.js';
import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { diffLists } from '../../lists/diff.js';
import {
  fieldList,
  fieldPut,
  type ListOp,
  listDelete,
  listInsert,
  listMove,
  listPut,
} from '../../operations/change.js';
import { valuesEqual } from '../../values/order.js';
import { ownValue } from '../../values/ownership.js';
import { type Atom, type AtomType, typeOfValue } from '../../values/value.js';
import { formatAtom, type WireAtom } from '../../values/wire.js';
import { type AtomOfType, type FieldContainer, MemoryContainer, typedValue } from './field-container.js';
import { showInConsoles } from './inspect.js';

/**
 * The reading half of a {@link List}. Each call reads the field as it is at that moment.
 *
 * Each call, and each edit, throws `record-deleted`, `field-missing` or `not-a-list` once the record was deleted or the
 * field holds something else, and `closed` once the datastore was closed. Where an index is not a number they throw
 * `invalid-option`.
 */
export abstract class ReadableList<Item extends Atom = Atom> implements Iterable<Item> {
  readonly #container: FieldContainer;
  readonly #field: string;

  static {
    showInConsoles(
      ReadableList,
      () => 'List',
      (list) => list.toArray(),
    );
  }

  constructor(container: FieldContainer, field: string) {
    this.#container = container;
    this.#field = field;
  }

  /** The number of items. */
  get length(): number {
    const length = this.#container.reader.lengthOf(this.#field);
    return length ?? this.#failNoList();
  }

  /** Whether it has no items. */
  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** The item at an index from 0, which must exist. @throws DatastoreError `index-out-of-range`. */
  get(index: number): Item {
    checkIndex(index);
    return (this.#container.reader.itemOf(this.#field, index) as Item | undefined) ?? this.#failOutOfRange(index);
  }

  /** The item at an index, which counts from the end if it is negative, or `undefined` if there is none. */
  at(index: number): Item | undefined {
    const whole = truncated(index);
    const { length } = this;
    return this.#container.reader.itemOf(this.#field, whole < 0 ? whole + length : whole) as Item | undefined;
  }

  /** The type of the item at an index. @throws DatastoreError `index-out-of-range`. */
  typeAt(index: number): AtomType {
    return typeOfValue(this.get(index)) as AtomType;
  }

  /** @throws DatastoreError `index-out-of-range`, or `wrong-type` for an item of another type. */
  getBoolean(index: number): boolean {
    return this.#typed(index, 'boolean');
  }

  /** A double is not converted. @throws DatastoreError `index-out-of-range`, or `wrong-type` for an item of another type. */
  getLong(index: number): bigint {
    return this.#typed(index, 'long');
  }

  /** A long is converted. @throws DatastoreError `index-out-of-range`, or `wrong-type` for an item of another type. */
  getDouble(index: number): number {
    return this.#typed(index, 'double');
  }

  /** @throws DatastoreError `index-out-of-range`, or `wrong-type` for an item of another type. */
  getString(index: number): string {
    return this.#typed(index, 'string');
  }

  /** @throws DatastoreError `index-out-of-range`, or `wrong-type` for an item of another type. */
  getBytes(index: number): Uint8Array {
    return this.#typed(index, 'bytes');
  }

  /** @throws DatastoreError `index-out-of-range`, or `wrong-type` for an item of another type. */
  getDate(index: number): Date {
    return this.#typed(index, 'date');
  }

  /** A copy of the items from `start` up to, but not including, `end`, counted as by `Array.prototype.slice`. */
  slice(start = 0, end: number = Number.POSITIVE_INFINITY): Item[] {
    const { length } = this;
    return this.#container.reader.itemsOf(this.#field, clampIndex(start, length), clampIndex(end, length)) as Item[];
  }

  /** A copy of all items. */
  toArray(): Item[] {
    return this.slice();
  }

  /** All items as wire JSON, which `JSON.stringify` writes. */
  toJSON(): WireAtom[] {
    return this.toArray().map(formatAtom);
  }

  /**
   * The first index from `from` of an item of the same type and value, or −1. Unlike in an array, bytes and dates are
   * compared by value, and NaN is found.
   */
  indexOf(item: Item, from = 0): number {
    const { length } = this;
    for (let index = clampIndex(from, length); index < length; index++) {
      if (valuesEqual(this.#container.reader.itemOf(this.#field, index), item)) return index;
    }
    return -1;
  }

  /** The last index of an item of the same type and value, or −1. */
  lastIndexOf(item: Item): number {
    for (let index = this.length - 1; index >= 0; index--) {
      if (valuesEqual(this.#container.reader.itemOf(this.#field, index), item)) return index;
    }
    return -1;
  }

  /** Whether {@link indexOf} finds the item. */
  includes(item: Item, from = 0): boolean {
    return this.indexOf(item, from) >= 0;
  }

  /** The items in order. Like the iterator of an array it is live: each item is read when it is reached. */
  *[Symbol.iterator](): IterableIterator<Item> {
    for (let index = 0; index < this.length; index++) yield this.get(index);
  }

  #typed<Type extends AtomType>(index: number, type: Type): AtomOfType[Type] {
    return typedValue(this.get(index), type, () => this.#placeOf(index));
  }

  #placeOf(index: number): Place {
    return { ...this.#container.place(this.#field), index };
  }

  #failOutOfRange(index: number): never {
    const { length } = this;
    throw new DatastoreError(
      'index-out-of-range',
      `out of range: the length of the list is ${length}`,
      this.#placeOf(index),
    );
  }

  #failNoList(): never {
    this.#container.requireExists();
    const place = this.#container.place(this.#field);
    const type = this.#container.reader.typeOf(this.#field);
    if (type === undefined) throw new DatastoreError('field-missing', 'the list was deleted', place);
    throw new DatastoreError('not-a-list', `the list was replaced by a ${type}`, place);
  }
}

/** What a list can be made of: another list, an array, or any other iterable of items. */
export type ListInput<Item extends Atom = Atom> = Iterable<Item>;

/** The field that holds the items of a list in memory. */
const OWN_FIELD = 'items';

/**
 * A live view of a list in a field: it shows what the field holds now, and edits the field at once, each edit all or
 * nothing. Edits of several users are merged item by item, except as {@link clear} says. Items are of any type but list;
 * indexes count from 0.
 *
 * `getList` and `getOrCreateList` give the list of a field. The constructor makes one in memory, which can be set in any
 * number of fields; that copies it.
 */
export class List<Item extends Atom = Atom> extends ReadableList<Item> {
  readonly #container: FieldContainer;
  readonly #field: string;

  /** A list in memory, with a copy of the items. @throws DatastoreError `invalid-value` for an invalid item. */
  constructor(items?: ListInput<NoInfer<Item>>);
  /** Not for applications. */
  constructor(container: FieldContainer, field: string);
  constructor(source: ListInput<Item> | FieldContainer = [], field?: string) {
    const container = field === undefined ? containerOf(source as ListInput) : (source as FieldContainer);
    super(container, field ?? OWN_FIELD);
    this.#container = container;
    this.#field = field ?? OWN_FIELD;
  }

  /** Appends an item, as {@link push} does. @throws DatastoreError `invalid-value`. */
  add(item: Item): this {
    return this.#insert(this.length, [item], true);
  }

  /**
   * Inserts items before the item at `index`, or after the last one if `index` is the length.
   *
   * @throws DatastoreError `index-out-of-range` or `invalid-value`.
   */
  insert(index: number, ...items: readonly Item[]): this {
    return this.#insert(index, items);
  }

  /** Replaces the item at an index. @throws DatastoreError `index-out-of-range` or `invalid-value`. */
  set(index: number, item: Item): this {
    checkIndex(index);
    return this.#edit([listPut(index, item)]);
  }

  /** Removes the item at an index. @throws DatastoreError `index-out-of-range`. */
  remove(index: number): this {
    checkIndex(index);
    return this.#edit([listDelete(index)]);
  }

  /** Moves the item at `from`, so that its index is `to`. @throws DatastoreError `index-out-of-range`. */
  move(from: number, to: number): this {
    checkIndex(from);
    checkIndex(to);
    return this.#edit([listMove(from, to)]);
  }

  /**
   * Makes the list equal to `items`, as one edit of as few operations as are found: items that keep their order are left
   * alone, an item that stands elsewhere is moved, a new item between the same neighbours replaces the one that was there.
   * So the edits of others to the items that stay are merged, where setting the field would override them. Of equal items
   * none is known to be the moved one, so if several stand elsewhere, they are deleted and inserted.
   *
   * @throws DatastoreError `invalid-value` for anything but an iterable of items. Spec: DIFF-2, DIFF-3.
   */
  reconcile(items: ListInput<Item>): this {
    const place = this.#container.place(this.#field);
    return this.#edit(diffLists(this.toArray(), ownValue(arrayOf(items), place) as Item[]));
  }

  /** Sets the field to an empty list. This overrides the edits of others to the items; all other edits are merged. */
  clear(): void {
    if (this.length >= 0) this.#container.edit(new Map([[this.#field, fieldPut([], undefined)]]));
  }

  /**
   * Appends items, and returns the new length. What several devices append at the same time stands in the order in which it
   * reaches the server. To go on behind an item, as with text, use {@link insert}: what one user inserts stays together.
   *
   * @throws DatastoreError `invalid-value`.
   */
  push(...items: readonly Item[]): number {
    return this.#insert(this.length, items, true).length;
  }

  /** Inserts items before all others, and returns the new length. @throws DatastoreError `invalid-value`. */
  unshift(...items: readonly Item[]): number {
    return this.#insert(0, items).length;
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
   * Removes `deleteCount` items from `start` on, or all if it is left out, and inserts others in their place, as one edit.
   * Arguments count as in `Array.prototype.splice`: a `deleteCount` of `undefined` is 0.
   *
   * @returns the removed items. @throws DatastoreError `invalid-value`.
   */
  splice(start: number, deleteCount?: number, ...items: readonly Item[]): Item[];
  splice(...given: readonly [start?: number, deleteCount?: number, ...items: Item[]]): Item[] {
    const [start = 0, deleteCount = 0, ...items] = given;
    const { length } = this;
    const index = clampIndex(start, length);
    const count = given.length === 1 ? length : Math.max(truncated(deleteCount), 0);
    const removed = this.slice(index, index + count);
    const inserts = items.map((item, at) => listInsert(index + at, item));
    this.#edit([...removed.map(() => listDelete(index)), ...inserts]);
    return removed;
  }

  #insert(index: number, items: readonly Item[], atEnd = false): this {
    checkIndex(index);
    return this.#edit(items.map((item, at) => listInsert(index + at, item, atEnd)));
  }

  #edit(ops: readonly ListOp[]): this {
    // Reading the length throws if the list is gone, even if there is nothing to do.
    if (this.length >= 0 && ops.length > 0) this.#container.edit(new Map([[this.#field, fieldList(false, ops)]]));
    return this;
  }
}

function containerOf(items: ListInput): FieldContainer {
  const container = new MemoryContainer(({ index }) => ({ index }));
  container.edit(new Map([[OWN_FIELD, fieldPut(arrayOf(items), undefined)]]));
  return container;
}

function arrayOf(items: ListInput): Atom[] {
  if (typeof items !== 'string' && typeof items?.[Symbol.iterator] === 'function') return [...items];
  throw new DatastoreError(
    'invalid-value',
    `a list must be made of an array, or another iterable of items, and not of ${quote(items)}`,
  );
}

/** An index as arrays count: fractions are cut, and a negative index counts from the end; within 0 and the length. */
function clampIndex(index: number, length: number): number {
  const whole = truncated(index);
  return whole < 0 ? Math.max(whole + length, 0) : Math.min(whole, length);
}

/** A whole number, 0 for NaN and `undefined`. @throws DatastoreError `invalid-option` for anything but a number. */
function truncated(index: number | undefined): number {
  if (index === undefined) return 0;
  checkIndex(index);
  return Math.trunc(index) || 0;
}

/** @throws DatastoreError `invalid-option` for anything but a number. */
function checkIndex(index: number): void {
  if (typeof index !== 'number') throw invalidArgument('an index must be a number', index);
}
