import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { copyOfBytes, isBytes, isMap, timeOf } from './brands.js';
import { type Fields, FrozenMapBuilder, inOrder, sortedMap } from './fields.js';
import { someOf } from './frozen-array.js';
import { invalidName, isValidFieldName } from './names.js';
import { isLong } from './numbers.js';
import { isWellFormed } from './text.js';
import { type Atom, isList, notAValue, type Value } from './value.js';

/**
 * Turns input into a value that the engine owns: checked, copied if the caller could still change it (bytes, dates,
 * lists), and frozen if possible. Spec: VAL-1 to VAL-8.
 *
 * @throws DatastoreError `invalid-value`, naming the place and, in a list, the index.
 */
export function ownValue(value: unknown, place?: Place): Value {
  return Array.isArray(value) ? ownList(value, place) : ownAtom(value, place);
}

/** {@link ownValue} where a list is not allowed: for an atom, or for the list item at `index`. */
export function ownAtom(value: unknown, place?: Place, index?: number): Atom {
  switch (typeof value) {
    case 'boolean':
    case 'number':
      return value;
    case 'bigint':
      if (isLong(value)) return value;
      throw invalidValue(`long out of range (−2^63 to 2^63 − 1): ${quote(value)}`, place, index);
    case 'string':
      if (isWellFormed(value)) return value;
      throw invalidValue(`unpaired surrogate in the string ${quote(value)}`, place, index);
    default:
      return ownObject(value, place, index);
  }
}

function ownObject(value: unknown, place: Place | undefined, index: number | undefined): Uint8Array | Date {
  const bytes = isBytes(value) ? copyOfBytes(value) : undefined;
  if (bytes !== undefined) return bytes;
  const time = timeOf(value);
  if (time === undefined) throw invalidValue(notAValue(value, index !== undefined), place, index);
  if (Number.isNaN(time)) throw invalidValue('invalid date: use one within ±8.64e15 ms', place, index);
  return new Date(time);
}

/**
 * Turns a Map from names to values into fields that the engine owns, in code point order of the names.
 *
 * @throws DatastoreError `invalid-name` or `invalid-value`, naming the field.
 */
export function ownFields(fields: unknown, place: Place = {}): Fields {
  if (!isMap(fields)) {
    throw new DatastoreError('invalid-value', `fields must be a Map, got ${quote(fields)}`, place);
  }
  const owned = new FrozenMapBuilder<string, Value>();
  for (const [name, value] of fields) {
    const field = ownFieldName(name, place);
    owned.set(field, ownValue(value, placeOfField(place, field)));
  }
  return sortedMap(owned.finish());
}

/**
 * Whether the properties of something can be fields. A date, a set or a promise has no such properties, and would look
 * like an object without fields.
 */
export function isObjectOfFields(something: unknown): something is object {
  return Object.prototype.toString.call(something) === '[object Object]';
}

/** @throws DatastoreError `invalid-name`. */
export function ownFieldName(name: unknown, place?: Place): string {
  if (isValidFieldName(name)) return name;
  const field = typeof name === 'string' ? name : undefined;
  throw new DatastoreError('invalid-name', invalidName('field name', name), { ...place, field });
}

/** The copies that were made for one report, by their originals, so that each value in it is copied once. */
export class Copies {
  readonly #made = new Map<object, Value>();

  /** The copy that was made of a value, or that `copy` makes now. */
  of<V extends Value & object>(value: V, copy: (value: V) => V): V {
    const known = this.#made.get(value);
    if (known !== undefined) return known as V;
    const made = copy(value);
    this.#made.set(value, made);
    return made;
  }
}

/**
 * A value to return to the caller: copied if the caller could change it, and otherwise shared.
 *
 * @param copies the copies of one report, which share them.
 */
export function lendValue(value: Value, copies?: Copies): Value {
  if (!isList(value)) return lendAtom(value, copies);
  if (!isMutableValue(value)) return value;
  const copy = (list: readonly Atom[]): readonly Atom[] => Object.freeze(list.map((item) => lendAtom(item, copies)));
  return copies === undefined ? copy(value) : copies.of(value, copy);
}

/** Whether a holder of the value could change it: bytes, dates, and lists with such items. */
export function isMutableValue(value: Value | undefined): boolean {
  if (!isList(value)) return isMutableAtom(value);
  return someOf(value, isMutableAtom);
}

/** {@link lendValue} for a list that is not shared, without a copy. */
export function lendItems(items: Atom[]): readonly Atom[] {
  for (let index = 0; index < items.length; index++) {
    const item = items[index] as Atom;
    if (isMutableAtom(item)) items[index] = lendAtom(item);
  }
  return Object.freeze(items);
}

/** {@link lendValue} for an atom. */
export function lendAtom(value: Atom, copies?: Copies): Atom {
  if (typeof value !== 'object') return value;
  return copies === undefined ? copyOf(value) : copies.of(value, copyOf);
}

function copyOf<V extends Uint8Array | Date>(value: V): V {
  return (value instanceof Uint8Array ? new Uint8Array(value) : new Date(value)) as V;
}

/** {@link lendValue} for all the fields of a record, in code point order of their names. */
export function lendFields(fields: Fields, copies?: Copies): Fields {
  const lent = new FrozenMapBuilder<string, Value>();
  for (const [name, value] of inOrder(fields)) lent.set(name, lendValue(value, copies));
  return lent.finish();
}

function ownList(items: readonly unknown[], place?: Place): readonly Atom[] {
  const owned: Atom[] = [];
  // An index loop visits the holes of a sparse array, and throws at the first one.
  for (let index = 0; index < items.length; index++) owned.push(ownAtom(items[index], place, index));
  return Object.freeze(owned);
}

function invalidValue(reason: string, place: Place | undefined, index: number | undefined): DatastoreError {
  return new DatastoreError('invalid-value', reason, index === undefined ? place : { ...place, index });
}

function isMutableAtom(value: Value | undefined): boolean {
  return typeof value === 'object';
}
