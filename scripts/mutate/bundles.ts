/** Bundles of single test files, with the mutants of the files under test in them, that run without a test runner. */

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** What a file with mutants begins with: `DELTAIC_MUTANT` says which is on. */
export const ONE_ON = 'const __mutant = Number(process.env.DELTAIC_MUTANT ?? -1);';
/** What a file with mutants begins with where those are listed that a test reaches. */
export const ALL_NOTED =
  'const __hits = (globalThis.__deltaicHits ??= new Uint8Array(1 << 20)); const __hit = (id) => { __hits[id] = 1; return false; };';

const END = `
import { writeFileSync } from 'node:fs';
import { runTests } from 'vitest';
const failure = await runTests();
if (process.env.DELTAIC_REACHED) {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.DELTAIC_REACHED, JSON.stringify({
    ids: [...(globalThis.__deltaicHits ?? []).keys()].filter((id) => globalThis.__deltaicHits[id] === 1),
    cpu: (user + system) / 1e6,
  }));
}
if (failure !== undefined) {
  console.log(failure.name + ': ' + String(failure.error?.message ?? failure.error).split('\\n')[0].slice(0, 200));
  process.exit(1);
}
process.exit(0);
`;

/**
 * Bundles a test file.
 *
 * @param mutated the files with mutants, by their paths, as they are to be bundled.
 * @returns whether the test imports any of them.
 */
export async function bundleTest(
  root: string,
  testFile: string,
  outfile: string,
  mutated: ReadonlyMap<string, string>,
): Promise<boolean> {
  const { metafile } = await build({
    stdin: {
      contents: `import './test/support/seed.ts';\nimport './${testFile}';\n${END}`,
      resolveDir: root,
      loader: 'ts',
    },
    outfile: join(root, outfile),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    // The package says that its modules have no effects but exports, which is not so of tests.
    ignoreAnnotations: true,
    metafile: true,
    logLevel: 'silent',
    plugins: [sources(root, mutated)],
  });
  const inputs = new Set(Object.keys(metafile.inputs).map((path) => resolve(root, path)));
  return [...mutated.keys()].some((path) => inputs.has(path));
}

function sources(root: string, mutated: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'mutants',
    setup(setup) {
      setup.onResolve({ filter: /^vitest$/ }, () => ({ path: join(root, 'scripts/mutate/test-shim.ts') }));
      setup.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path.replace(/\.js$/, '.ts')),
      }));
      setup.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const text = mutated.get(path) ?? readFileSync(path, 'utf8');
        // A test finds its files relative to itself, and not to the bundle.
        const contents = text
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
        return { contents, loader: 'ts', resolveDir: dirname(path) };
      });
    },
  };
}
