/** The page about the datastore API has every item of both reference documents, and tells the truth about each. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { transformWithEsbuild } from 'vite';
import { describe, expect, test } from 'vitest';
import { titlesIn } from '../spec/symbols.js';
import { hasShared, readShared } from '../support/shared-data.js';
import { isThere, rowsOf, type SourceText } from './reference/page.js';
import { itemsOfReference, itemsOfTutorial } from './reference/reference-items.js';
import { Desk } from './support/desk.js';

const root = resolve(import.meta.dirname, '../..');
const ANDROID = 'reference/android-reference.txt';
const TUTORIAL = 'reference/python-tutorial.txt';

function sourcesUnder(folder: string, ending: string): SourceText[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ path: name.replaceAll('\\', '/'), text: readFileSync(join(root, folder, name), 'utf8') }));
}

const page = readFileSync(join(root, 'docs/datastore-api.md'), 'utf8');
const rows = rowsOf(page);
const sources = sourcesUnder('src', '.ts');
const tests = sourcesUnder('test/datastore', '.test.ts');

/** The code that the page shows: each example goes on from the one before it. */
const example = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code).join('\n');

test('the examples on the page run', async () => {
  const manager = { openDefault: () => Promise.resolve(new Desk().datastore) };
  const { code: body } = await transformWithEsbuild(example, 'example.ts', { format: 'esm' });
  const task = await new Function('manager', 'console', `return (async () => {${body}; return task; })();`)(manager, {
    log: () => undefined,
  });
  expect(Object.fromEntries(task)).toEqual({ taskname: 'Buy milk', completed: false, tags: ['today', 'shop'] });
});

describe('the items of the reference documents', () => {
  test.skipIf(!hasShared(ANDROID) || !hasShared(TUTORIAL))('have a row each', () => {
    const items = [...itemsOfReference(readShared(ANDROID)), ...itemsOfTutorial(readShared(TUTORIAL))];
    expect(items.length).toBeGreaterThan(300);
    const known = new Set(rows.map(({ item }) => item));
    expect(items.filter((item) => !known.has(item))).toEqual([]);
    expect([...known].filter((item) => !items.includes(item))).toEqual([]);
  });

  test('have one row each', () => {
    const items = rows.map(({ item }) => item);
    expect(items.filter((item, index) => items.indexOf(item) !== index)).toEqual([]);
  });
});

describe('every row', () => {
  test('says what became of the item, and why if it is not simply there', () => {
    const silent = rows.filter(({ state, symbols, tests, reason }) => {
      if (state === 'done') return symbols.length === 0 || tests.length === 0;
      if (state === 'different') return symbols.length === 0 || reason.length < 5;
      return state !== 'out of scope' || reason.length < 10;
    });
    expect(silent).toEqual([]);
  });

  test('names symbols that exist', () => {
    const missing = rows.flatMap(({ item, symbols }) =>
      symbols.filter((symbol) => !isThere(symbol, sources)).map((symbol) => `${item}: ${symbol}`),
    );
    expect(missing).toEqual([]);
  });

  test('names tests that exist', () => {
    const hasTest = (file: string, title: string): boolean =>
      tests.some(({ path, text }) => path === file && titlesIn(text).some((other) => other.includes(title)));
    const missing = rows.flatMap(({ item, tests: named }) =>
      named.filter(({ file, title }) => !hasTest(file, title)).map(({ file, title }) => `${item}: ${file} ${title}`),
    );
    expect(missing).toEqual([]);
  });
});
