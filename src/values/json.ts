import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';

/** Parsed JSON, not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws DatastoreError `invalid-json` unless `json` is an object that is not an array. */
export function expectObject(json: unknown, what: string, place?: Place): JsonObject {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
  throw new DatastoreError('invalid-json', `${what} must be an object, got ${quote(json)}`, place);
}

/**
 * The items of an array, the holes of a sparse one as `undefined`.
 *
 * @throws DatastoreError `invalid-json` unless `json` is an array.
 */
export function expectArray(json: unknown, what: string, place?: Place): readonly unknown[] {
  if (Array.isArray(json)) return Array.from(json);
  throw new DatastoreError('invalid-json', `${what} must be an array, got ${quote(json)}`, place);
}

/**
 * An object with exactly these entries, whatever their names: `Object.fromEntries` defines properties, where an
 * assignment to `__proto__` would call a setter.
 */
export function objectOf<Entry>(entries: Iterable<readonly [string, Entry]>): Readonly<Record<string, Entry>> {
  return Object.fromEntries(entries);
}
