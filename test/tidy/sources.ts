import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';

/** A file of TypeScript in the repository. */
export interface Source {
  /** From the root of the repository, such as `src/sync/index.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text with its comments blanked, so that prose may name what code may not use. */
  readonly code: string;
}

export const ROOT: string = resolve(import.meta.dirname, '../..');

/** Every file of TypeScript under some folders, in order. */
export function sourcesUnder(...folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/(^|[/\\])(node_modules|\.build)[/\\]/.test(name))
      .sort()
      .map((name) => {
        const path = posix.join(folder, name.replaceAll('\\', '/'));
        const text = readFileSync(join(ROOT, path), 'utf8');
        return { path, text, code: blankComments(text) };
      }),
  );
}

function blankComments(text: string): string {
  const keepLines = (comment: string): string => comment.replace(/[^\n]/g, ' ');
  return text.replace(/\/\*[\s\S]*?\*\//g, keepLines).replace(/(?<=^|\s)\/\/.*$/gm, keepLines);
}

/** What a source imports or exports from: a path from the root where it is a file here, else a package. */
export function importsOf(source: Source): string[] {
  const specifiers = source.code.matchAll(/^(?:import|export)\b(?:[^'();=]*\bfrom)?\s*'([^']+)'/gm);
  return [...specifiers].map(([, specifier = '']) =>
    specifier.startsWith('.') ? posix.join(dirname(source.path), specifier).replace(/\.js$/, '.ts') : specifier,
  );
}
