import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import { decodeBase64Url, encodeBase64Url } from './base64url.js';
import { type Fields, type MutableFields, sortedEntries, sortedMap } from './fields.js';
import { expectObject, type JsonObject, objectOf } from './json.js';
import { ownAtom, ownFieldName } from './ownership.js';
import { type Atom, describe, isList, typeOfValue, type Value } from './value.js';

/** An atom as JSON: a JSON number is a double; what JSON cannot say is an object with one tag. Spec: WIRE-1 to WIRE-4. */
export type WireAtom =
  | boolean
  | number
  | string
  | { readonly I: string }
  | { readonly N: 'nan' | '+inf' | '-inf' | '-0' }
  | { readonly B: string }
  | { readonly T: string };

/** A value as wire JSON. Spec: WIRE-1 to WIRE-5. */
export type WireValue = WireAtom | readonly WireAtom[];

/** The fields of a record as JSON. */
export type WireFields = Readonly<Record<string, WireValue>>;

const SPECIAL_DOUBLES: ReadonlyMap<unknown, number> = new Map([
  ['nan', Number.NaN],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

/** Long enough for every long and every date, and short enough to convert at once. */
const INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/;

/**
 * Reads a value from parsed JSON.
 *
 * @throws DatastoreError `invalid-json` for what the format does not know, `invalid-value` for what no value can be.
 * Law: `parseValue(formatValue(v))` is identical to `v`. Spec: WIRE-1 to WIRE-5.
 */
export function parseValue(json: unknown, place?: Place): Value {
  if (!Array.isArray(json)) return parseAtom(json, place);
  // `Array.from` turns the holes of a sparse array into undefined, where `map` would keep them.
  return Object.freeze(Array.from(json, (item: unknown, index) => parseAtom(item, { ...place, index })));
}

/** {@link parseValue} for what must not be a list. */
export function parseAtom(json: unknown, place?: Place): Atom {
  if (typeof json !== 'object' || json === null) {
    if (typeof json === 'boolean' || typeof json === 'number' || typeof json === 'string') return ownAtom(json, place);
    throw new DatastoreError('invalid-json', `${describe(json)} is not a value`, place);
  }
  const [tag, content] = onlyEntry(expectObject(json, 'a value', place), place);
  const value = parseTagged(tag, content);
  if (value === undefined) throw new DatastoreError('invalid-json', 'not a value of the wire format', place);
  return ownAtom(value, place);
}

/** Writes a value as JSON. */
export function formatValue(value: Value): WireValue {
  return isList(value) ? value.map(formatAtom) : formatAtom(value);
}

/** {@link formatValue} for an atom. */
export function formatAtom(value: Atom): WireAtom {
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return formatDouble(value);
  if (typeof value === 'bigint') return { I: String(value) };
  if (value instanceof Uint8Array) return { B: encodeBase64Url(value) };
  if (value instanceof Date) return { T: String(value.getTime()) };
  throw new DatastoreError('invalid-value', `a ${typeOfValue(value)} cannot stand here`);
}

/** Reads the fields of a record. */
export function parseFields(json: unknown, place: Place = {}): Fields {
  const fields: MutableFields = new Map();
  for (const [name, value] of Object.entries(expectObject(json, 'fields', place))) {
    const field = ownFieldName(name, place);
    fields.set(field, parseValue(value, placeOfField(place, field)));
  }
  return sortedMap(fields);
}

/** Writes the fields of a record, in code point order of their names. */
export function formatFields(fields: Fields): WireFields {
  return objectOf(sortedEntries(fields).map(([field, value]) => [field, formatValue(value)] as const));
}

function parseTagged(tag: string, content: unknown): Atom | undefined {
  if (typeof content !== 'string') return undefined;
  switch (tag) {
    case 'I':
      return INTEGER.test(content) ? BigInt(content) : undefined;
    case 'N':
      return SPECIAL_DOUBLES.get(content);
    case 'B':
      return decodeBase64Url(content);
    case 'T':
      return INTEGER.test(content) ? new Date(Number(content)) : undefined;
    default:
      return undefined;
  }
}

function formatDouble(value: number): WireAtom {
  if (Number.isNaN(value)) return { N: 'nan' };
  if (value === Number.POSITIVE_INFINITY) return { N: '+inf' };
  if (value === Number.NEGATIVE_INFINITY) return { N: '-inf' };
  return Object.is(value, -0) ? { N: '-0' } : value;
}

function onlyEntry(json: JsonObject, place: Place | undefined): [tag: string, content: unknown] {
  const [entry, another] = Object.entries(json);
  if (entry !== undefined && another === undefined) return entry;
  throw new DatastoreError('invalid-json', 'a tagged value must have exactly one tag', place);
}
