import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { format } from 'node:util';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
/** Examples become files here, inside the repository, so that `deltaic/…` is found as in any other file. */
const FOLDER = join(ROOT, '.examples');

/** Where every example runs: what users read. */
const DOCUMENTS = ['README.md', ...under('docs'), ...under('examples')];

/**
 * A program of a document: a block marked `ts`, with the code of a comment `<!-- setup … -->` before it. A block after the
 * comment `<!-- continues -->` belongs to the program before it. A block marked `text` that follows is what it prints.
 */
interface Program {
  /** Such as `README.md, example 2`. */
  readonly title: string;
  readonly file: string;
  readonly code: string;
  /** What the document says that it prints; `undefined` where it says nothing. */
  readonly prints: string | undefined;
}

function under(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}

const BLOCK =
  /(?:<!-- (?:(continues)|setup\n([\s\S]*?))\s*-->\n+)?```(?:ts|js)\n([\s\S]*?)```(?:\n+```text\n([\s\S]*?)```)?/g;

function programsOf(path: string): Program[] {
  const markdown = readFileSync(join(ROOT, path), 'utf8');
  const programs: { code: string; prints: string | undefined }[] = [];
  for (const [, continues, setup = '', code = '', prints] of markdown.matchAll(BLOCK)) {
    const last = programs.at(-1);
    if (continues === undefined || last === undefined) programs.push({ code: `${setup}${code}`, prints });
    else {
      last.code += code;
      if (prints !== undefined) last.prints = `${last.prints ?? ''}${prints}`;
    }
  }
  return programs.map(({ code, prints }, at) => ({
    title: `${path}, example ${at + 1}`,
    file: join(FOLDER, `${path.replaceAll(/[/.]/g, '-')}-${at + 1}.ts`),
    // Every file is a module, also one without imports.
    code: `${code}\nexport {};\n`,
    prints,
  }));
}

describe('the examples of the documents', () => {
  const programs = DOCUMENTS.flatMap(programsOf);

  beforeAll(() => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER);
    for (const { file, code } of programs) writeFileSync(file, code);
    const files = programs.map(({ file }) => file);
    const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
    writeFileSync(
      join(FOLDER, 'tsconfig.json'),
      JSON.stringify({ extends: '../tsconfig.json', compilerOptions, include: [], files }),
    );
  });
  afterEach(() => vi.restoreAllMocks());

  test('are there', () => expect(programs.length).toBeGreaterThan(2));

  test('compile as strict TypeScript', () => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const outcome = (): string => {
      try {
        return execFileSync(process.execPath, [tsc, '-p', FOLDER, '--pretty', 'false'], { encoding: 'utf8' });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    expect(outcome()).toBe('');
  });

  test.each(programs)('$title runs and prints what it says', async ({ file, prints }) => {
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((...parts: readonly unknown[]) => {
      lines.push(`${format(...parts)}\n`);
    });
    await import(/* @vite-ignore */ file);
    expect(lines.join('')).toBe(prints ?? '');
  });
});

test('ARCHITECTURE names files that exist', () => {
  const named = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8').matchAll(/`([\w/.-]+\.ts)`/g);
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).map((name) => `src/${name}`);
  const exists = (name: string): boolean =>
    existsSync(join(ROOT, name)) || sources.some((path) => path.replaceAll('\\', '/').endsWith(`/${name}`));
  expect([...named].map(([, name = '']) => name).filter((name) => !exists(name))).toEqual([]);
});

test('the README gives commands that the package has', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const markdown = ['README.md', 'CONTRIBUTING.md'].map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n');
  for (const [, script = ''] of markdown.matchAll(/npm run ([a-z]+(?::[a-z]+)*)/g))
    expect(scripts).toHaveProperty(script);
  expect(readFileSync(join(ROOT, '.ci/run'), 'utf8')).toContain('npm ci\nnpm run check');
});

describe('relative links', () => {
  const target = /\]\((?!https?:|#)([^)#\s]+)/g;
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: readonly string[] };
  const isPacked = (path: string): boolean => files.some((file) => path === file || path.startsWith(`${file}/`));

  test.each(['README.md', 'CHANGELOG.md', ...under('docs')])('of %s lead to what the package holds', (path) => {
    const markdown = readFileSync(join(ROOT, path), 'utf8');
    const links = [...markdown.matchAll(target)].map(([, link = '']) => join(dirname(path), link));
    expect(links.filter((link) => !existsSync(join(ROOT, link)) || !isPacked(link))).toEqual([]);
  });

  test.each([
    ...['ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'GLOSSARY.md'].filter((path) =>
      existsSync(join(ROOT, path)),
    ),
    ...[...under('spec'), ...under('examples')],
  ])('of %s lead somewhere', (path) => {
    const markdown = readFileSync(join(ROOT, path), 'utf8');
    const links = [...markdown.matchAll(target)].map(([, link = '']) => join(dirname(path), link));
    expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
  });
});
