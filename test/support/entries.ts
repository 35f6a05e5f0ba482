import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** What an application may import: a key of `exports` in package.json. */
export interface Entry {
  /** As it is imported, such as `deltaic/sync`. */
  readonly name: string;
  /** Its source, such as `src/sync/index.ts`. */
  readonly source: string;
}

const ROOT = resolve(import.meta.dirname, '../..');

/** Every entry with code. An entry is added in `exports` of package.json, and nowhere else. */
export const entries: readonly Entry[] = readEntries();

function readEntries(): Entry[] {
  const manifest = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  return Object.entries(manifest.exports).flatMap(([path, target]) => {
    if (typeof target === 'string') return [];
    const source = target.default.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts');
    return [{ name: `deltaic${path.slice(1)}`, source }];
  });
}
