import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { isBytes, isDate } from './brands.js';

/** A value that can be a list item. `bigint` is a long (64 bits, signed), `number` is a double. Spec: VAL-1. */
export type Atom = boolean | bigint | number | string | Uint8Array | Date;

/** The value of a field. A field is never null; an absent field is `undefined` wherever absence is possible. */
export type Value = Atom | readonly Atom[];

/** The type of an {@link Atom}. */
export type AtomType = 'boolean' | 'long' | 'double' | 'string' | 'bytes' | 'date';
/** The type of a {@link Value}. */
export type ValueType = AtomType | 'list';

export function isList(value: Value | undefined): value is readonly Atom[] {
  return Array.isArray(value);
}

/**
 * The type of a value of the data model. It does not validate: a bigint out of range counts as a long. `ownValue`
 * validates.
 *
 * @throws DatastoreError `invalid-value` for anything that has none of the seven types.
 */
export function typeOfValue(value: Value, place?: Place): ValueType {
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'bigint':
      return 'long';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
    default:
      if (Array.isArray(value)) return 'list';
      if (isBytes(value)) return 'bytes';
      if (isDate(value)) return 'date';
      throw new DatastoreError('invalid-value', notAValue(value), place);
  }
}

/** Why something is not a value, or not an item of a list, for an error message. */
export function notAValue(something: unknown, isItem = false): string {
  if (isItem && Array.isArray(something)) return `a list cannot contain a list, got ${quote(something)}`;
  if (something === null || something === undefined) {
    return `${quote(something)} is not a value: leave out ${isItem ? 'the item' : 'an absent field'}, or delete it`;
  }
  if (isBytes(something)) return 'the buffer of the bytes was transferred away';
  return `${quote(something)} is not a value: use a boolean, bigint, number, string, Uint8Array, Date or a list of these`;
}
