import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { copyOfBytes, isBytes, isDate, timeOf } from './brands.js';
import { type Fields, type MutableFields, sortedEntries, sortedMap } from './fields.js';
import { expectObject, objectOf } from './json.js';
import { ownAtom, ownFieldName } from './ownership.js';
import { type Atom, isList, notAValue, type Value } from './value.js';

/** An atom as JSON: a JSON number is a double; a value that JSON does not have is an object with one tag. Spec: WIRE-1 to WIRE-4. */
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
 * @throws DatastoreError `invalid-json` if it is not in the wire format, `invalid-value` if it is out of range.
 * Law: `parseValue(formatValue(v))` is identical to `v`. Spec: WIRE-1 to WIRE-5.
 */
export function parseValue(json: unknown, place?: Place): Value {
  if (!Array.isArray(json)) return parseAtom(json, place);
  // `Array.from` turns the holes of a sparse array into undefined, where `map` would keep them.
  return Object.freeze(Array.from(json, (item: unknown, index) => parseAtom(item, { ...place, index })));
}

/** {@link parseValue} where a list is not allowed. */
export function parseAtom(json: unknown, place?: Place): Atom {
  if (typeof json !== 'object' || json === null) {
    if (typeof json === 'boolean' || typeof json === 'number' || typeof json === 'string') return ownAtom(json, place);
    throw new DatastoreError('invalid-json', notWireJson(json), place);
  }
  const [tag, content] = onlyEntry(json, place);
  const value = parseTagged(tag, content);
  if (value === undefined) throw new DatastoreError('invalid-json', invalidTag(tag, json), place);
  return ownAtom(value, place);
}

/** Writes a value as JSON. */
export function formatValue(value: Value): WireValue {
  // `Array.from` sees the holes of a sparse array.
  return isList(value) ? Array.from(value, formatAtom) : formatAtom(value);
}

/** {@link formatValue} for an atom. */
export function formatAtom(value: Atom): WireAtom {
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return formatDouble(value);
  if (typeof value === 'bigint') return { I: String(value) };
  const bytes = isBytes(value) ? copyOfBytes(value) : undefined;
  if (bytes !== undefined) return { B: encodeBase64Url(bytes) };
  const time = timeOf(value);
  if (time !== undefined) return { T: String(time) };
  throw new DatastoreError('invalid-value', notAValue(value, true));
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

function onlyEntry(json: object, place: Place | undefined): [tag: string, content: unknown] {
  const [entry, another] = Array.isArray(json) ? [] : Object.entries(json);
  if (entry !== undefined && another === undefined) return entry;
  throw new DatastoreError('invalid-json', notWireJson(json), place);
}

/** Why something is not a value in wire JSON. */
function notWireJson(something: unknown): string {
  const form = wireFormOf(something);
  if (form !== undefined) return `${quote(something)} is not JSON: write ${form}, or use ownValue`;
  if (something === null || something === undefined)
    return `${quote(something)} is not a value: leave out an absent field`;
  if (Array.isArray(something)) return `a list cannot contain a list, got ${quote(something)}`;
  return `expected a JSON value or {"I": "…"}, {"N": "…"}, {"B": "…"} or {"T": "…"}, got ${quote(something)}`;
}

/** What to write in wire JSON for a value of JavaScript that JSON does not have. */
function wireFormOf(something: unknown): string | undefined {
  if (typeof something === 'bigint') return '{"I": "…"} with the digits in a string';
  if (isDate(something)) return '{"T": "…"} with the milliseconds in a string';
  return isBytes(something) ? '{"B": "…"} in URL-safe base64' : undefined;
}

const TAG_CONTENTS: ReadonlyMap<string, string> = new Map([
  ['I', 'a whole number of up to 19 digits in a string, such as "-10"'],
  ['N', '"nan", "+inf", "-inf" or "-0"'],
  ['B', 'URL-safe base64 without padding'],
  ['T', 'whole milliseconds in a string, such as "1764374400000"'],
]);

function invalidTag(tag: string, json: unknown): string {
  const content = TAG_CONTENTS.get(tag);
  return content === undefined ? notWireJson(json) : `tag ${tag} takes ${content}, got ${quote(json)}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const SEXTETS: ReadonlyMap<string, number> = new Map([...ALPHABET].map((letter, sextet) => [letter, sextet]));

/** URL-safe base64 without padding, RFC 4648 section 5. Written here because the language has none. Spec: WIRE-3. */
export function encodeBase64Url(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    bitCount += 8;
    while (bitCount >= 6) {
      bitCount -= 6;
      text += ALPHABET.charAt((bits >> bitCount) & 63);
    }
  }
  return bitCount === 0 ? text : text + ALPHABET.charAt((bits << (6 - bitCount)) & 63);
}

/**
 * The bytes that {@link encodeBase64Url} writes as `text`, or `undefined` if it writes no bytes so: another alphabet,
 * padding, an impossible length, or bits set that belong to no byte.
 */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (const letter of text) {
    const sextet = SEXTETS.get(letter);
    if (sextet === undefined) return undefined;
    bits = ((bits << 6) | sextet) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[at++] = bits >> bitCount;
  }
  const hasStrayBits = (bits & ((1 << bitCount) - 1)) !== 0;
  return hasStrayBits ? undefined : bytes;
}
