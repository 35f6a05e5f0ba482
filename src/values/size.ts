import { DatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { isBytes, isDate, isMap } from './brands.js';
import type { Fields } from './fields.js';
import { sumOf } from './frozen-array.js';
import { utf8ByteLength } from './text.js';
import { isList, notAValue, type Value } from './value.js';

/** The size of an empty datastore, in bytes. Spec: SIZE-1. */
export const BASE_DATASTORE_SIZE = 1000;
/** The size of a record without fields, in bytes. */
export const BASE_RECORD_SIZE = 100;
/** The size of a field without its value, in bytes. */
export const BASE_FIELD_SIZE = 100;
/** The size of a list item without its value, in bytes. */
export const BASE_ITEM_SIZE = 20;
/** The size of a delta without its changes, in bytes; one that has no changes has size 0. */
export const BASE_DELTA_SIZE = 100;
/** The size of a change without its content, in bytes. */
export const BASE_CHANGE_SIZE = 100;

/**
 * The size of a value in bytes: a string's UTF-8 length, the length of bytes, for a list 20 for each item plus the
 * sizes of the items, and 0 for everything else. Spec: SIZE-4.
 */
export function sizeOfValue(value: Value): number {
  return isList(value) ? BASE_ITEM_SIZE * value.length + sumOf(value, sizeOfAtom) : sizeOfAtom(value);
}

/** {@link sizeOfValue} for an atom; the own size of a list item, without the 20. */
export function sizeOfAtom(value: Value): number {
  switch (typeof value) {
    case 'string':
      return utf8ByteLength(value);
    case 'boolean':
    case 'number':
    case 'bigint':
      return 0;
    default:
      if (isBytes(value)) return value.length;
      if (isDate(value)) return 0;
      throw new DatastoreError('invalid-value', notAValue(value));
  }
}

/** The size of a record in bytes: 100, plus for every field 100 and the size of its value. Spec: SIZE-2, SIZE-3. */
export function sizeOfRecord(fields: Fields): number {
  if (!isMap(fields)) throw new DatastoreError('invalid-value', `fields must be a Map, got ${quote(fields)}`);
  let size = BASE_RECORD_SIZE;
  for (const value of fields.values()) size += BASE_FIELD_SIZE + sizeOfValue(value);
  return size;
}
