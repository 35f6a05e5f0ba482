import { expect, test } from 'vitest';
import { sourcesUnder } from './sources.js';

/** An error that is made with a message written out: its code and the message. */
const MADE = /new (?:DatastoreError|ServiceError)\(\s*'(invalid-[a-z]+)',\s*('(?:[^'\\]|\\.)*'|`[^`]*`)/g;

/** Messages without anything to quote: what is wrong is that something is there, or is missing; or it must not be shown. */
const WITHOUT_VALUE = [
  'connect must return a link, got a promise: connect within the calls of the link',
  'it does not fit what was stored before it',
  'it holds no events',
  'the body must be a JSON object in UTF-8',
  'tokens need secret or keys, and not both',
];

test('an error about something that was given shows it', () => {
  const silent = sourcesUnder('src').flatMap(({ path, text }) =>
    [...text.matchAll(MADE)].flatMap(([, code, message = '']) => {
      // The reader of a column adds the offset of what is wrong.
      const isSilent = code !== 'invalid-binary' && !message.includes('${');
      return isSilent && !WITHOUT_VALUE.includes(message.slice(1, -1)) ? [`${path}: ${message}`] : [];
    }),
  );
  expect(silent).toEqual([]);
});
