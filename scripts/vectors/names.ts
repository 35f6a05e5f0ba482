import {
  isShareableId,
  isValidDatastoreId,
  isValidFieldName,
  isValidRecordId,
  isValidTableId,
} from '../../src/index.js';
import type { Family } from './family.js';
import type { JsonObject } from './json.js';

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ['empty', ''],
  ['one letter', 'a'],
  ['letters of both cases and digits', 'aZ09'],
  ['every other character of a name', '._+/=-'],
  ['64 characters', 'x'.repeat(64)],
  ['65 characters', 'x'.repeat(65)],
  ['colon alone', ':'],
  ['colon and one character', ':a'],
  ['colon and 63 characters', `:${'x'.repeat(63)}`],
  ['colon and 64 characters', `:${'x'.repeat(64)}`],
  ['two colons', '::a'],
  ['colon inside', 'a:b'],
  ['dot alone', '.'],
  ['leading dot', '.a'],
  ['leading dot and a capital', '.A_-9'],
  ['leading dot and 63 characters', `.${'x'.repeat(63)}`],
  ['leading dot and 64 characters', `.${'x'.repeat(64)}`],
  ['two leading dots', '..a'],
  ['dot inside', 'a.b'],
  ['leading and inner dot', '.a.b'],
  ['trailing dot', 'a.'],
  ['capital', 'A'],
  ['hyphen and underscore', '-_'],
  ['slash', 'a/b'],
  ['plus and equals', 'a+b='],
  ['space', 'a b'],
  ['trailing line feed', 'a\n'],
  ['letter outside ASCII', 'é'],
  ['digit outside ASCII', '\u0661'],
  ['emoji', '\u{1f600}'],
  ['NUL', 'a\u0000'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['default', 'default'],
];

export const names: Family = {
  file: 'names.json',
  description:
    'Which texts are names: `isName` for tables, records and fields, `isDatastoreId` for datastores of both kinds, `isShareableId` for shareable ones.',
  inputs: TEXTS.map(([name, text]) => ({ name, text })),
  outputs: ['isName', 'isDatastoreId', 'isShareableId'],
  complete: ({ text }: JsonObject): JsonObject => {
    const [isName, ...others] = [isValidTableId(text), isValidRecordId(text), isValidFieldName(text)];
    if (isName === undefined || others.some((other) => other !== isName)) throw new Error('One rule for all names');
    return { isName, isDatastoreId: isValidDatastoreId(text), isShareableId: isShareableId(text) };
  },
};
