import { describe, expect, it } from 'vitest';
import {
  isShareableId,
  isValidDatastoreId,
  isValidFieldName,
  isValidRecordId,
  isValidTableId,
} from '../../src/values/names.js';

const NO_TEXT: readonly unknown[] = [
  undefined,
  null,
  0,
  1n,
  true,
  {},
  [],
  ['a'],
  new String('a'),
  { toString: () => 'a' },
];

/** All characters of one UTF-16 unit that a check accepts between two that it surely accepts. */
function acceptedLetters(isValid: (text: string) => boolean): string {
  const letters = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit));
  return letters.filter((letter) => isValid(`a${letter}a`)).join('');
}

describe.each([
  ['isValidTableId', isValidTableId],
  ['isValidRecordId', isValidRecordId],
  ['isValidFieldName', isValidFieldName],
])('%s', (_title, isValid) => {
  it.each([
    ...['a', 'Z', '0', '.', '..', '-', '_', '+', '/', '=', 'a.b-c_d+e/f=', '.a', 'a.', ':a', ':.', ':0'],
    ...['x'.repeat(64), `:${'x'.repeat(63)}`, '__proto__', 'constructor', ':__proto__', 'toString', '-0', 'null'],
  ])('accepts %s', (name) => {
    expect(isValid(name)).toBe(true);
  });

  it.each([
    ...['', ':', '::', '::a', 'a:', 'a:b', ' ', 'a b', ' a', 'a ', 'a\n', '\na', 'a\r', 'a\0', 'a\u2028', '\ufeffa'],
    ...[
      'x'.repeat(65),
      `:${'x'.repeat(64)}`,
      'x'.repeat(1_000_000),
      'é',
      'ａ',
      '\u{1f600}',
      '\ud800',
      'a,b',
      'a*',
      '~',
    ],
  ])('refuses %j', (name) => {
    expect(isValid(name)).toBe(false);
  });

  it('accepts these letters and no others', () => {
    expect(acceptedLetters(isValid)).toBe('+-./0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz');
  });

  it('rejects anything but a string', () => {
    expect(NO_TEXT.filter(isValid)).toEqual([]);
  });
});

describe('datastore ids', () => {
  const privateIds = ['a', '0', '-', '_', 'a.b', 'a..b', 'default', '-.-', 'x'.repeat(64), `a${'.'.repeat(62)}b`];
  const shareableIds = ['.a', '.Z', '.0', '.-', '._', `.${'A'.repeat(63)}`, '.__proto__'];

  it.each(privateIds)('%s is private', (id) => {
    expect([isValidDatastoreId(id), isShareableId(id)]).toEqual([true, false]);
  });

  it.each(shareableIds)('%s is shareable', (id) => {
    expect([isValidDatastoreId(id), isShareableId(id)]).toEqual([true, true]);
  });

  it.each([
    ...['', '.', '..', 'a.', '.a.', '.a.b', '..a', 'A', 'aB', 'a b', 'a\n', '.a\n', 'a+', 'a/b', 'a=', ':a', 'é', '.é'],
    ...['x'.repeat(65), `.${'A'.repeat(64)}`, `${'x'.repeat(63)}.`, `${'.'.repeat(100_000)}!`],
  ])('%j is neither', (id) => {
    expect([isValidDatastoreId(id), isShareableId(id)]).toEqual([false, false]);
  });

  it('have these letters and no others', () => {
    expect(acceptedLetters(isValidDatastoreId)).toBe('-.0123456789_abcdefghijklmnopqrstuvwxyz');
    expect(acceptedLetters((text) => isShareableId(`.${text}`))).toBe(
      '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz',
    );
  });

  it('are text', () => {
    expect(NO_TEXT.filter((id) => isValidDatastoreId(id) || isShareableId(id))).toEqual([]);
  });
});
