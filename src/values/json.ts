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
 * An array. A sparse one may be far longer than what it holds, so read its items one by one, or by {@link expectItems}.
 *
 * @throws DatastoreError `invalid-json` unless `json` is an array.
 */
export function expectArray(json: unknown, what: string, place?: Place): readonly unknown[] {
  if (Array.isArray(json)) return json;
  throw new DatastoreError('invalid-json', `${what} must be an array, got ${quote(json)}`, place);
}

/**
 * What `read` makes of each item of an array. It gets `undefined` for a hole of a sparse one, and what it throws ends the
 * reading: `map` would leave holes out, and a copy of the array would cost what its length says.
 *
 * @throws DatastoreError `invalid-json` unless `json` is an array, and what `read` throws.
 */
export function expectItems<Item>(json: unknown, what: string, read: (item: unknown, index: number) => Item): Item[] {
  const array = expectArray(json, what);
  const items: Item[] = [];
  for (let index = 0; index < array.length; index++) items.push(read(array[index], index));
  return items;
}

/**
 * An object with exactly these entries, whatever their names: `Object.fromEntries` defines properties, where an
 * assignment to `__proto__` would call a setter.
 */
export function objectOf<Entry>(entries: Iterable<readonly [string, Entry]>): Readonly<Record<string, Entry>> {
  return Object.fromEntries(entries);
}
