import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { valuesEqual } from '../../values/order.js';
import { type Atom, type AtomType, typeOfValue } from '../../values/value.js';
import type { FieldHome } from './field-home.js';
import { type AtomOfType, typedValue } from './typed-value.js';

/**
 * The reading half of a {@link List}. Every call reads the field as it is then.
 *
 * Each of them, and every edit, throws `record-deleted`, `field-missing` or `not-a-list` once the record was deleted or
 * the field holds something else, and `closed` once the datastore was closed.
 */
export abstract class ReadableList<Item extends Atom = Atom> implements Iterable<Item> {
  readonly #home: FieldHome;
  readonly #field: string;

  constructor(home: FieldHome, field: string) {
    this.#home = home;
    this.#field = field;
  }

  /** How many items there are. */
  get length(): number {
    const length = this.#home.reader.lengthOf(this.#field);
    return length ?? this.#failNoList();
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** The item at an index from 0, which must exist. @throws DatastoreError `index-out-of-range`. */
  get(index: number): Item {
    return (this.#home.reader.itemOf(this.#field, index) as Item | undefined) ?? this.#failOutOfRange(index);
  }

  /** The item at an index, which counts from the end if it is negative, or `undefined` if there is none. */
  at(index: number): Item | undefined {
    const whole = Math.trunc(index) || 0;
    const { length } = this;
    return this.#home.reader.itemOf(this.#field, whole < 0 ? whole + length : whole) as Item | undefined;
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

  /** A copy of the items from `start` and before `end`, as `Array.prototype.slice` counts. */
  slice(start = 0, end: number = Number.POSITIVE_INFINITY): Item[] {
    const { length } = this;
    return this.#home.reader.itemsOf(this.#field, clampIndex(start, length), clampIndex(end, length)) as Item[];
  }

  /** A copy of all items. */
  toArray(): Item[] {
    return this.slice();
  }

  /**
   * The first index from `from` of an item of the same type and value, or −1. Unlike in an array, bytes and dates are
   * found by what they hold, and so is NaN.
   */
  indexOf(item: Item, from = 0): number {
    const { length } = this;
    for (let index = clampIndex(from, length); index < length; index++) {
      if (valuesEqual(this.#home.reader.itemOf(this.#field, index), item)) return index;
    }
    return -1;
  }

  /** The last index of an item of the same type and value, or −1. */
  lastIndexOf(item: Item): number {
    for (let index = this.length - 1; index >= 0; index--) {
      if (valuesEqual(this.#home.reader.itemOf(this.#field, index), item)) return index;
    }
    return -1;
  }

  /** Whether {@link indexOf} finds the item. */
  includes(item: Item, from = 0): boolean {
    return this.indexOf(item, from) >= 0;
  }

  /** The items one after the other, each as it is when it is reached, as an array's iterator. */
  *[Symbol.iterator](): IterableIterator<Item> {
    for (let index = 0; index < this.length; index++) yield this.get(index);
  }

  #typed<Type extends AtomType>(index: number, type: Type): AtomOfType[Type] {
    return typedValue(this.get(index), type, () => this.#placeOf(index));
  }

  #placeOf(index: number): Place {
    return { ...this.#home.place(this.#field), index };
  }

  #failOutOfRange(index: number): never {
    const { length } = this;
    throw new DatastoreError('index-out-of-range', `the list has ${length} items`, this.#placeOf(index));
  }

  #failNoList(): never {
    this.#home.requireHere();
    const place = this.#home.place(this.#field);
    if (this.#home.reader.typeOf(this.#field) === undefined) {
      throw new DatastoreError('field-missing', 'there is no list here any more', place);
    }
    throw new DatastoreError('not-a-list', 'the field holds no list any more', place);
  }
}

/** Where an index as arrays take it points to: fractions are cut, negative ones count from the end, all within bounds. */
export function clampIndex(index: number, length: number): number {
  const whole = Math.trunc(index) || 0;
  return whole < 0 ? Math.max(whole + length, 0) : Math.min(whole, length);
}
