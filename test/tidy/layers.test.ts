import { describe, expect, test } from 'vitest';
import { entries } from '../support/entries.js';
import { importsOf, type Source, sourcesUnder } from './sources.js';

/**
 * The layers, in the order in which they may import: a file imports from its own layer and from those before it. Folders
 * in one layer do not know each other. A file belongs to the longest path here that it lies in.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['src/errors'],
  ['src/values'],
  ['src/operations'],
  ['src/lists', 'src/rules'],
  ['src/deltas'],
  ['src/state'],
  ['src/codec/wire'],
  ['src/index.ts'],
  ['src/sync', 'src/mesh'],
  ['src/codec/binary'],
  ['src/datastore/storage'],
  ['src/datastore/model'],
  ['src/datastore/manager'],
  ['src/datastore/mesh', 'src/datastore/tabs'],
  ['src/datastore/index.ts', 'src/datastore/testing'],
  ['src/lmdb'],
  ['src/storage', 'src/http', 'src/server'],
  ['src/cli'],
];

/** Where a package may be imported. Modules of Node are for the linter. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  idb: ['src/storage/indexeddb'],
  jose: ['src/server/tokens'],
  pg: ['src/server/postgres'],
  pino: ['src/cli'],
};

const order = new Map(LAYERS.flatMap((folders, at) => folders.map((folder) => [folder, at] as const)));
const isEntry = new Set(entries.map(({ source }) => source));

/** The path in {@link LAYERS} that a file lies in. */
function folderOf(path: string): string | undefined {
  const around = [...order.keys()].filter((folder) => path === folder || path.startsWith(`${folder}/`));
  return around.sort((left, right) => right.length - left.length)[0];
}

/** What is wrong with one import, if anything. */
function faultOf(from: string, to: string): string | undefined {
  const [source, target] = [folderOf(from), folderOf(to)];
  if (source === undefined || target === undefined) return 'lies outside every layer';
  const [own, other] = [order.get(source) ?? 0, order.get(target) ?? 0];
  if (other > own) return `${source} comes before ${target}`;
  if (other === own && source !== target) return `${source} and ${target} do not know each other`;
  if (source === 'src/cli') {
    return target === source || isEntry.has(to) ? undefined : 'the command line uses what applications use: entries';
  }
  return isEntry.has(to) ? 'an entry is for applications: import the file that declares it' : undefined;
}

/** Every circle of imports, by one of its files. */
function cyclesIn(sources: readonly Source[]): string[] {
  const targets = new Map(sources.map((source) => [source.path, importsOf(source)]));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (state.get(path) === 'open') cycles.push([...way.slice(way.indexOf(path)), path].join(' → '));
    if (state.has(path)) return;
    state.set(path, 'open');
    for (const target of targets.get(path) ?? []) visit(target, [...way, path]);
    state.set(path, 'done');
  };
  for (const { path } of sources) visit(path, []);
  return cycles;
}

describe('the source', () => {
  const sources = sourcesUnder('src');
  const imports = sources.flatMap((source) => importsOf(source).map((target) => ({ from: source.path, to: target })));

  test('imports from layers before its own', () => {
    const faults = imports.flatMap(({ from, to }) => {
      const fault = to.startsWith('src/') ? faultOf(from, to) : undefined;
      return fault === undefined ? [] : [`${from} imports ${to}: ${fault}`];
    });
    expect(faults).toEqual([]);
  });

  test('has no circle of imports', () => {
    expect(cyclesIn(sources)).toEqual([]);
  });

  test('imports each package where it belongs', () => {
    const faults = imports.filter(
      ({ from, to }) =>
        !to.startsWith('src/') &&
        !to.startsWith('node:') &&
        !(PACKAGES[to] ?? []).some((folder) => from.startsWith(`${folder}/`)),
    );
    expect(faults).toEqual([]);
  });

  test('has every entry that package.json gives', () => {
    const paths = sources.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(entries.map(({ source }) => source)));
  });
});

test('the laws speak about the entries alone', () => {
  const faults = sourcesUnder('test/laws').flatMap((source) =>
    importsOf(source)
      .filter((target) => target.startsWith('src/') && !isEntry.has(target))
      .map((target) => `${source.path} imports ${target}`),
  );
  expect(faults).toEqual([]);
});
