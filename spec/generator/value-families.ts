/** Values, sizes, names and the JSON form. */

import {
  compareValues,
  compress,
  formatDelta,
  formatState,
  formatValue,
  isShareableId,
  isValidDatastoreId,
  isValidFieldName,
  isValidRecordId,
  isValidTableId,
  parseDelta,
  parseState,
  parseValue,
  sizeOfDelta,
  sizeOfRecord,
  sizeOfValue,
  type Value,
  valuesMatch,
} from '../../src/index.js';
import { readCases } from './case-reader.js';
import type { Family } from './family.js';
import { arrayOf, asJson, type Json, type JsonObject, textOf } from './json.js';
import { answerOrError, readDelta, readFields, writeValue } from './vector-notation.js';

export const order: Family = {
  file: 'order.json',
  description:
    'Values in ascending order, all different within a sequence; null is an absent field. Every pair of a sequence is a case: compare all of them.',
  inputs: () => readCases('order.txt').map((line) => ({ name: line.name, ascending: line.column().values() })),
  outputs: [],
  complete: ({ ascending }) => {
    // The engine sorts them from the other end, so that the outcome is its own order.
    // In boxes, because JavaScript always sorts `undefined` to the end.
    const boxes = arrayOf(ascending).map((json) => ({ value: json === null ? undefined : parseValue(json) }));
    boxes.reverse().sort((left, right) => compareValues(left.value, right.value));
    return { ascending: boxes.map(({ value }) => writeValue(value)) };
  },
};

export const match: Family = {
  file: 'match.json',
  description:
    'Which stored values match a query: pairs, and whether they match in either direction; and queries with the ids that they find, in order.',
  inputs: () =>
    readCases('match.txt').map((line): JsonObject => {
      const { name } = line;
      const first = line.column().value();
      if (!name.startsWith('query: ')) return { name, left: first, right: line.column().value() };
      return { name, rows: first, table: line.column().word(), where: line.column().value() };
    }),
  outputs: ['match', 'found'],
  complete: ({ left, right, rows, table, where }) => {
    if (rows === undefined) return { match: valuesMatch(parseValue(left), parseValue(right)) };
    const found = parseState(rows).query(textOf(table), readFields(where));
    return { found: found.map(({ record }) => record) };
  },
};

export const sizes: Family = {
  file: 'sizes.json',
  description:
    'Sizes in bytes, of one of: a value, the fields of a record, the rows of a datastore, a delta. A delta is measured in normal form.',
  inputs: () =>
    readCases('sizes.txt').map((line): JsonObject => {
      const kind = line.column().word();
      line.column();
      return { name: line.name, [kind]: kind === 'delta' ? line.delta() : line.value() };
    }),
  outputs: ['size'],
  complete: ({ value, fields, rows, delta }) => {
    if (value !== undefined) return { size: sizeOfValue(parseValue(value)) };
    if (fields !== undefined) return { size: sizeOfRecord(readFields(fields)) };
    if (rows !== undefined) return { size: parseState(rows).size };
    return { size: sizeOfDelta(compress(readDelta(delta))) };
  },
};

export const names: Family = {
  file: 'names.json',
  description:
    'Which strings are names: `isName` for tables, records and fields, `isDatastoreId` for datastores of both kinds, `isShareableId` for shareable ones.',
  inputs: () => readCases('names.txt').map((line) => ({ name: line.name, text: line.column().value() })),
  outputs: ['isName', 'isDatastoreId', 'isShareableId'],
  complete: ({ text }) => {
    const [isName, ...others] = [isValidTableId(text), isValidRecordId(text), isValidFieldName(text)];
    if (isName === undefined || others.some((other) => other !== isName)) throw new Error('One rule for all names');
    return { isName, isDatastoreId: isValidDatastoreId(text), isShareableId: isShareableId(text) };
  },
};

export const wire: Family = {
  file: 'wire.json',
  description:
    'The JSON form of values, with their meaning; of deltas and snapshots, with the form in which they are written after reading; and forms that are rejected.',
  inputs: () =>
    readCases('wire.txt').map((line) => ({ name: line.name, [line.column().word()]: line.column().value() })),
  outputs: ['means', 'written'],
  complete: ({ json, delta, rows }) =>
    answerOrError(() => {
      if (delta !== undefined) return { written: asJson(formatDelta(parseDelta(delta))) };
      if (rows !== undefined) return { written: asJson(formatState(parseState(rows))) };
      const value = parseValue(json);
      return { means: meaningOf(value), written: asJson(formatValue(value)) };
    }),
};

/** A value by what it is made of, not by how the wire writes it. */
function meaningOf(value: Value): Json {
  if (typeof value === 'boolean') return { type: 'boolean', is: value };
  if (typeof value === 'bigint') return { type: 'long', decimal: String(value) };
  if (typeof value === 'number') return { type: 'double', bits: bitsOf(value) };
  if (typeof value === 'string')
    return { type: 'string', codePoints: Array.from(value, (part) => part.codePointAt(0) ?? 0) };
  if (value instanceof Uint8Array) return { type: 'bytes', octets: [...value] };
  if (value instanceof Date) return { type: 'date', milliseconds: value.getTime() };
  return { type: 'list', items: value.map(meaningOf) };
}

/** The IEEE 754 form of a double as 16 hexadecimal digits. */
function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}
