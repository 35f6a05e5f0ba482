import type { Atom, Fields, Value } from '../index.js';
import { countOf, quotedText } from './safe-text.js';

/** How much of a value is shown. A report is read by a person; the JSON output is never cut. */
interface Detail {
  readonly characters: number;
  readonly items: number;
  readonly bytes: number;
}

const WHOLE: Detail = { characters: 240, items: 24, bytes: 32 };
const ITEM: Detail = { characters: 60, items: 0, bytes: 16 };
const BRIEF: Detail = { characters: 32, items: 3, bytes: 8 };
const BRIEF_ITEM: Detail = { characters: 16, items: 0, bytes: 4 };
const MOST_FIELDS = 12;

export const ABSENT_TEXT = '(absent)';

/**
 * A value as a person reads it. The type shows: a long is `1`, a double `1.0`, a string is quoted, a date is in UTC,
 * bytes are hexadecimal with their length. What is huge is cut and says how much there is.
 */
export function valueText(value: Value | undefined): string {
  if (value === undefined) return ABSENT_TEXT;
  return textOf(value, WHOLE);
}

/** {@link valueText}, short enough to stand in the last column of a table. */
export function briefValueText(value: Value): string {
  return textOf(value, BRIEF);
}

/** The fields of a record on one line, as in `{amount: 5, note: "paid"}`. */
export function fieldsText(fields: Fields): string {
  const shown = [...fields].slice(0, MOST_FIELDS).map(([field, value]) => `${field}: ${textOf(value, ITEM)}`);
  if (fields.size <= MOST_FIELDS) return `{${shown.join(', ')}}`;
  return `{${[...shown, '…'].join(', ')}} (${countOf(fields.size, 'field')})`;
}

function textOf(value: Value, detail: Detail): string {
  switch (typeof value) {
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return doubleText(value);
    case 'string':
      return quotedText(value, detail.characters);
    default:
      if (value instanceof Uint8Array) return bytesText(value, detail);
      return value instanceof Date ? value.toISOString() : listText(value, detail);
  }
}

function doubleText(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function bytesText(bytes: Uint8Array, detail: Detail): string {
  const shown = Array.from(bytes.subarray(0, detail.bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const cut = bytes.length > detail.bytes ? '…' : '';
  return `0x${shown}${cut} (${countOf(bytes.length, 'byte')})`;
}

function listText(items: readonly Atom[], detail: Detail): string {
  const itemDetail: Detail = detail === BRIEF ? BRIEF_ITEM : ITEM;
  const shown = items.slice(0, detail.items).map((item) => textOf(item, itemDetail));
  if (items.length <= detail.items) return `[${shown.join(', ')}]`;
  return `[${[...shown, '…'].join(', ')}] (${countOf(items.length, 'item')})`;
}
