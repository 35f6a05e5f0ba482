/** How texts, values and tables are shown on a terminal. */

import type { Atom, Fields, Value } from '../index.js';

/**
 * Everything that a terminal would obey instead of show, and everything that changes the order of letters or hides among
 * them: controls, formats, lone surrogates, line and paragraph separators. The joiner that builds emoji may stay.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const JOINER = '\u200d';

/** Text that is safe to print on one line of a terminal: each unsafe character is written as its code, `\u{1b}`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === JOINER) return character;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** A string in double quotes, safe to print, cut after `limit` characters and then followed by its length. */
export function quotedText(text: string, limit: number): string {
  const start = firstCharacters(text, limit);
  const isCut = start.length < text.length;
  const escaped = safeText(start.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t'));
  const quoted = `"${escaped}${isCut ? '…' : ''}"`;
  return isCut ? `${quoted} (${countOf(Array.from(text).length, 'character')})` : quoted;
}

/** The first characters of a text: whole code points. */
function firstCharacters(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let start = '';
  let count = 0;
  for (const character of text) {
    if (count++ === limit) break;
    start += character;
  }
  return start;
}

/** A count of things with a comma after every three digits: `1 record`, `12,000 records`. */
export function countOf(count: number, thing: string, things = `${thing}s`): string {
  const digits = String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `${digits} ${count === 1 ? thing : things}`;
}

/** How much of a value is shown. Reports are for people; the JSON output is never cut. */
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

/**
 * A value for a person. It shows the type: a long is `1`, a double `1.0`, a string is in quotes, a date is in UTC, bytes
 * are hexadecimal with their length. A large value is cut, and its length given.
 */
export function valueText(value: Value | undefined): string {
  return value === undefined ? '(absent)' : textOf(value, WHOLE);
}

/** {@link valueText}, short enough for the last column of a table. */
export function briefValueText(value: Value): string {
  return textOf(value, BRIEF);
}

/** The fields of a record on one line: `{amount: 5, note: "paid"}`. */
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

/** Lines are broken at a space to stay within this many columns. */
const WIDTH = 100;

/**
 * A line of `label` and `text`. If the text does not fit, it goes on below its beginning. The label may end in spaces
 * that align it with others.
 */
export function hangingLines(label: string, text: string): string[] {
  const indent = ' '.repeat(label.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const isFirstWord = line === '';
    if (!isFirstWord && label.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = isFirstWord ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((part, at) => `${at === 0 ? label : indent}${part}`.trimEnd());
}

/** Rows of cells as lines with aligned columns: those in `rightAligned` to the right, the others to the left. */
export function alignedLines(
  rows: readonly (readonly string[])[],
  indent: string,
  rightAligned: readonly number[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return rightAligned.includes(column) ? cell.padStart(width) : cell.padEnd(width);
    });
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}

/** The length of the longest text. */
export function longest(texts: Iterable<string>): number {
  let width = 0;
  for (const text of texts) width = Math.max(width, text.length);
  return width;
}

/** A JSON array with one element a line, so that two versions of a file can be compared line by line. */
export function linesJson(elements: readonly unknown[]): string {
  return elements.length === 0 ? '[]\n' : `[\n${elements.map((element) => JSON.stringify(element)).join(',\n')}\n]\n`;
}
