import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { entries } from '../support/entries.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** Bundled for a browser, minified and gzipped, in bytes. */
async function sizeOf(entry: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['idb', 'jose', 'lmdb', 'pg', 'node:*'],
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

/**
 * These are ceilings, not goals: today's sizes and a little room, so that nobody adds weight unawares. Each entry is counted
 * alone, with what it shares with others. Lower a ceiling when code shrinks.
 */
const MOST: Readonly<Record<string, number>> = {
  deltaic: 33_600,
  'deltaic/binary': 35_900,
  'deltaic/sync': 61_100,
  'deltaic/mesh': 51_000,
  'deltaic/datastore': 104_900,
  'deltaic/datastore/testing': 22_200,
  'deltaic/datastore/mesh': 74_800,
  'deltaic/storage/indexeddb': 5_300,
  'deltaic/storage/lmdb': 5_500,
  'deltaic/server': 47_200,
  'deltaic/server/lmdb': 4_100,
  'deltaic/server/postgres': 5_900,
  'deltaic/http': 33_600,
  'deltaic/http/testing': 41_600,
  'deltaic/server/node': 1_000,
  'deltaic/server/tokens': 2_600,
};

/** An application that merges lists alone must not pay for records, states and rules. */
const LISTS_MOST = 9700;

test.each(entries)('the size of $name is under its ceiling', async ({ name, source }) => {
  expect(await sizeOf(`export * from './${source}'`)).toBeLessThanOrEqual(MOST[name] ?? 0);
});

test('transformList alone is small, as bundlers can drop the rest', async () => {
  expect(await sizeOf(`export { transformList } from './src/index.ts'`)).toBeLessThanOrEqual(LISTS_MOST);
});
