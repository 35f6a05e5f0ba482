import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { entries } from '../support/entries.js';
import { importsOf, ROOT, type Source, sourcesUnder } from './sources.js';

const LINES_MOST = 700;

// These commands are loaded when they are called.
const ENTRIES = [
  ...entries.map(({ source }) => source),
  'src/cli/main.ts',
  'src/cli/serve-command.ts',
  'src/cli/conformance-command.ts',
  'src/cli/migrate-command.ts',
  'src/cli/server-inspect-command.ts',
  'src/cli/storage-command.ts',
  'src/cli/token-command.ts',
];

// The core gives the same answer everywhere and every time, so it reads no clock, no locale and no surroundings.
const IMPURE: readonly RegExp[] = [
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /\bMath\.random\b/,
  /\bperformance\b/,
  /\bcrypto\b/,
  /\blocaleCompare\b/,
  /\btoLocale/,
  /\bIntl\b/,
  /\bprocess\b\s*[.[]/,
  /\bglobalThis\b/,
];

// It names the members of a global object that a caller hands over, and reads none by itself.
const HANDED_OVER = 'src/datastore/manager/environment.ts';

function linesOf(source: Source): number {
  return source.text.trimEnd().split('\n').length;
}

/** Every `path:line: text` at which one of the patterns matches the chosen text of a source. */
function matches(sources: readonly Source[], patterns: readonly RegExp[], part: 'text' | 'code'): string[] {
  return sources.flatMap((source) =>
    source[part].split('\n').flatMap((line, index) => {
      const found = patterns.some((pattern) => pattern.test(line));
      return found ? [`${source.path}:${index + 1}: ${line.trim()}`] : [];
    }),
  );
}

function reachable(sources: readonly Source[], entries: readonly string[]): Set<string> {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const seen = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = byPath.get(path);
    if (source === undefined || seen.has(path)) continue;
    seen.add(path);
    waiting.push(...importsOf(source));
  }
  return seen;
}

describe('the source', () => {
  const sources = sourcesUnder('src');
  const outside = ['src/cli/', 'src/http/', 'src/lmdb/', 'src/server/', 'src/storage/'];
  const core = sources.filter((source) => !outside.some((folder) => source.path.startsWith(folder)));

  test('keeps files to a length that can be read', () => {
    const long = sources.filter((source) => linesOf(source) > LINES_MOST);
    expect(long.map((source) => `${source.path} has ${linesOf(source)} lines`)).toEqual([]);
  });

  test('reads no clock, chance, locale or surroundings outside the command line', () => {
    const pure = core.filter(({ path }) => path !== HANDED_OVER);
    expect(matches(pure, IMPURE, 'code')).toEqual([]);
  });

  test('exports by name', () => {
    expect(matches(sources, [/\bexport\s*\*/], 'code')).toEqual([]);
  });

  test('imports at the top of the file only, where every check sees it', () => {
    // Commands that need optional packages are loaded when they are called.
    const others = sources.filter(({ path }) => path !== 'src/cli/main.ts');
    expect(matches(others, [/\bimport\s*\(/, /\brequire\s*\(/], 'code')).toEqual([]);
    expect(matches(sources, [/^\s*\/\/\/\s*</, /biome-ignore.*noImportCycles/], 'text')).toEqual([]);
  });

  test('names files after what they hold', () => {
    const vague = sources.filter((source) => /(^|[/.-])utils?[/.-]/.test(source.path));
    expect(vague.map((source) => source.path)).toEqual([]);
  });

  test('has no file that nothing imports', () => {
    const live = reachable(sources, ENTRIES);
    expect(sources.map((source) => source.path).filter((path) => !live.has(path))).toEqual([]);
  });
});

test('only files with a process of their own change how V8 runs', () => {
  const changing = sourcesUnder('test').filter(({ code }) => /\b(?:new StepCounter|setFlagsFromString)\(/.test(code));
  const paths = changing.map(({ path }) => path);
  expect(paths).toContain('test/complexity/step-counter.ts');
  // A counter keeps V8 from optimizing, and other files of the same process would run many times slower.
  expect(paths.filter((path) => !/^test\/complexity\/|\/leaks\.test\.ts$/.test(path))).toEqual([]);
});

test('no code is left for later', () => {
  expect(
    matches(
      sourcesUnder(...['src', 'bench', 'scripts'].filter((folder) => existsSync(join(ROOT, folder)))),
      [/\b(TODO|FIXME|XXX)\b/],
      'text',
    ),
  ).toEqual([]);
});

test('no conflict of a merge is left', () => {
  const documents = ['.', 'docs', 'spec', 'examples/household', 'examples/todo'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );
  const texts = documents.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
  const marked = [...texts, ...sourcesUnder('src', 'test', 'bench', 'scripts', 'examples', 'spec')].filter(({ text }) =>
    /^(?:<{7} |>{7} )/m.test(text),
  );
  expect(marked.map(({ path }) => path)).toEqual([]);
});
