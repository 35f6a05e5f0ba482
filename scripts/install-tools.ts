import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** The package of what checks the published package and makes the API reference, and must not meet the compiler of the root. */
export const TOOLS: string = resolve(import.meta.dirname, 'tools');

/** Installs the tools, unless they are as the lock file says. */
export function installTools(): void {
  if (isDeepStrictEqual(packagesIn('node_modules/.package-lock.json'), packagesIn('package-lock.json'))) return;
  execFileSync('npm', ['ci', '--prefix', TOOLS, '--prefer-offline', '--silent'], { stdio: 'inherit' });
}

/** What a lock file installs, or nothing where there is none. */
function packagesIn(file: string): Readonly<Record<string, unknown>> | undefined {
  const path = join(TOOLS, file);
  if (!existsSync(path)) return undefined;
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as { readonly packages: Record<string, unknown> };
  // The tools themselves are no package that is installed: npm does not note them behind an installation.
  const { '': _tools, ...others } = packages;
  return others;
}
