import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Source {
  readonly path: string;
  readonly text: string;
  /** The text with its comments blanked, so that prose may name what code may not use. */
  readonly code: string;
}

const root = resolve(import.meta.dirname, '..');
const PREFERRED_LINES = 250;
const MOST_LINES = 400;

const ENTRIES = ['src/index.ts', 'src/datastore/index.ts', 'src/datastore/testing/index.ts', 'src/cli/main.ts'];

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

function blankComments(text: string): string {
  const keepLines = (comment: string): string => comment.replace(/[^\n]/g, ' ');
  return text.replace(/\/\*[\s\S]*?\*\//g, keepLines).replace(/(?<=^|\s)\/\/.*$/gm, keepLines);
}

function sourcesUnder(...folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/(^|[/\\])(node_modules|\.build)[/\\]/.test(name))
      .sort()
      .map((name) => {
        const path = posix.join(folder, name.replaceAll('\\', '/'));
        const text = readFileSync(join(root, path), 'utf8');
        return { path, text, code: blankComments(text) };
      }),
  );
}

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

function importsOf(source: Source): string[] {
  const specifiers = source.code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'/g);
  return [...specifiers].map(([, specifier = '']) =>
    posix.join(dirname(source.path), specifier).replace(/\.js$/, '.ts'),
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
  const core = sources.filter((source) => !source.path.startsWith('src/cli/'));

  test('exists', () => {
    expect(sources.map((source) => source.path)).toEqual(expect.arrayContaining(ENTRIES));
  });

  test('keeps files short', () => {
    const lengths = sources.map((source) => ({ path: source.path, lines: linesOf(source) }));
    const long = lengths.filter(({ lines }) => lines > PREFERRED_LINES);
    for (const { path, lines } of long) console.warn(`${path} has ${lines} lines; ${PREFERRED_LINES} are preferred.`);
    expect(lengths.filter(({ lines }) => lines > MOST_LINES)).toEqual([]);
  });

  test('reads no clock, chance, locale or surroundings outside the command line', () => {
    const pure = core.filter(({ path }) => path !== HANDED_OVER);
    expect(matches(pure, IMPURE, 'code')).toEqual([]);
  });

  test('exports by name', () => {
    expect(matches(sources, [/\bexport\s*\*/], 'code')).toEqual([]);
  });

  test('imports at the top of the file only, where the import check sees it', () => {
    expect(matches(sources, [/\bimport\s*\(/, /\brequire\s*\(/], 'code')).toEqual([]);
    expect(matches(sources, [/^\s*\/\/\/\s*</, /biome-ignore.*(noRestrictedImports|noImportCycles)/], 'text')).toEqual(
      [],
    );
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

test('no code is left for later', () => {
  expect(
    matches(
      sourcesUnder(...['src', 'bench', 'scripts'].filter((folder) => existsSync(join(root, folder)))),
      [/\b(TODO|FIXME|XXX)\b/],
      'text',
    ),
  ).toEqual([]);
});
