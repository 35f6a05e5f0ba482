import { rmSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll } from 'vitest';

/** As deep as sources of a program, which look for package.json, and where packages that are not bundled are found. */
const FOLDER = resolve(import.meta.dirname, '../../node_modules/.cache');

/**
 * One file for a program, until the tests of a file are over: starting it from its sources would take a second of processor
 * time each time.
 */
export async function bundledProgram(source: string): Promise<string> {
  const outfile = resolve(FOLDER, `deltaic-${basename(source, '.ts')}-${process.pid}.mjs`);
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  afterAll(() => rmSync(outfile, { force: true }));
  return outfile;
}
