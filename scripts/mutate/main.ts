/**
 * A mutation run: plants small faults in the source, one at a time, and counts those that no test notices.
 *
 *     npm run mutate -- src/lists src/sync --sample 300 --seed 7
 *
 * A mutant is run against the tests that reach it, the cheapest first, until one fails or takes far more processor time
 * than without the mutant. Survivors are printed with their source. `equivalents.json` has those that nothing can notice.
 */

import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import fc from 'fast-check';
import { API } from 'typescript/unstable/sync';
import { ALL_NOTED, bundleTest, ONE_ON } from './bundles.js';
import { type Mutant, MutantFinder } from './mutants.js';

const HELP = `Usage: npm run mutate -- [options] path ...

  --sample N   how many mutants (default 100; 0 for all)
  --from K     leave out the first K of the sample: the next chunk of a run with the same seed
  --seed S     which mutants, and the cases of random tests (default 1)
  --tests T    files or folders with tests, separated by commas (default: the fast ones of the core, and those of the mesh
               if it is mutated)
  --list       print the mutants, and run none
  --help       show this
`;

const ROOT = resolve(import.meta.dirname, '../..');
const WORK = '.mutants';
const VECTORS = ['test/spec/merge-vectors.test.ts', 'test/spec/vectors.test.ts'];
const TESTS = ['test/units', 'test/oracle', 'test/sync', 'test/laws', 'test/suites', ...VECTORS];
const MESH_TESTS = [...TESTS, 'test/mesh'];
/** Tests that need what a bundle has not, or take longer than all others together. */
const LEFT_OUT =
  /browser|leaks|checker|intention-scripts|lists-in-columns|created-lists|traces|binary-refusals|sync-joining/;
/** A mutant is taken for endless if it takes so many times what its test takes while reached mutants are noted. */
const PATIENCE = 2;
const PATIENCE_SECONDS = 2;

interface Equivalent {
  readonly file: string;
  readonly source: string;
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
}

/** A test file that passes without mutants. */
interface TestFile {
  readonly path: string;
  readonly bundle: string;
  readonly cpu: number;
  readonly reaches: ReadonlySet<number>;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '100' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    tests: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help || positionals.length === 0) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const seed = Number(values.seed);
  const files = positionals.flatMap((path) => filesIn(path, /^(?!.*(\.test|index)\.ts$).*\.ts$/));
  const { mutants, sources } = findMutants(files);
  const equivalents = JSON.parse(readFileSync(join(import.meta.dirname, 'equivalents.json'), 'utf8')) as Equivalent[];
  const candidates = mutants.filter((mutant) => !equivalents.some((known) => isSame(known, mutant)));
  const from = Number(values.from);
  const count = Number(values.sample) || candidates.length;
  const sample = shuffled(candidates, seed).slice(from, from + count);
  console.log(`Seed ${seed}: ${sample.length} of ${candidates.length} mutants of ${files.length} files`);
  console.log(`(${mutants.length - candidates.length} more are known to change nothing)`);
  if (values.list) {
    for (const mutant of sample) console.log(describe(mutant));
    return;
  }
  rmSync(join(ROOT, WORK), { recursive: true, force: true });
  mkdirSync(join(ROOT, WORK), { recursive: true });
  const tests = await findTests(sources, seed);
  const survivors: Mutant[] = [];
  for (const [at, mutant] of sample.entries()) {
    const verdict = await verdictOn(mutant, tests, seed);
    if (verdict === undefined) survivors.push(mutant);
    console.log(`${at + 1}/${sample.length} ${verdict ?? 'SURVIVED'}: ${describe(mutant)}`);
  }
  rmSync(join(ROOT, WORK), { recursive: true, force: true });
  const killed = sample.length - survivors.length;
  console.log(`\nSeed ${seed}: killed ${killed} of ${sample.length} (${((100 * killed) / sample.length).toFixed(1)}%)`);
  for (const mutant of survivors) console.log(`survived ${describe(mutant)}`);
}

function filesIn(path: string, name: RegExp): string[] {
  const full = join(ROOT, path);
  if (statSync(full).isFile()) return [path];
  const found = readdirSync(full, { recursive: true, encoding: 'utf8' }).sort();
  return found.map((each) => relative(ROOT, join(full, each))).filter((each) => name.test(each));
}

/** All mutants of the files, and how the files look with those in them. */
function findMutants(files: readonly string[]): { mutants: Mutant[]; sources: readonly MutatedFile[] } {
  const api = new API({ cwd: ROOT });
  const [project] = api.updateSnapshot({ openProject: join(ROOT, 'tsconfig.json') } as never).getProjects();
  const mutants: Mutant[] = [];
  const sources: MutatedFile[] = [];
  for (const file of files) {
    const source = project?.program.getSourceFile(join(ROOT, file));
    if (source === undefined) continue;
    const finder = new MutantFinder(file, source, mutants.length);
    const noting = finder.instrument((id) => `__hit(${id})`);
    const choosing = new MutantFinder(file, source, mutants.length).instrument((id) => `__mutant === ${id}`);
    sources.push({ path: join(ROOT, file), noting: `${ALL_NOTED}\n${noting}`, choosing: `${ONE_ON}\n${choosing}` });
    mutants.push(...finder.mutants);
  }
  api.close();
  return { mutants, sources };
}

interface MutatedFile {
  readonly path: string;
  /** The file where every mutant that is reached is noted, and none is on. */
  readonly noting: string;
  /** The file where one mutant can be on. */
  readonly choosing: string;
}

/** The tests that reach mutants, the cheapest first. */
async function findTests(sources: readonly MutatedFile[], seed: number): Promise<readonly TestFile[]> {
  const isMesh = sources.some(({ path }) => relative(ROOT, path).startsWith(join('src', 'mesh')));
  const folders = values.tests?.split(',') ?? (isMesh ? MESH_TESTS : TESTS);
  const paths = folders.flatMap((path) => filesIn(path, /\.test\.ts$/));
  const tests: TestFile[] = [];
  const noting = new Map(sources.map((source) => [source.path, source.noting]));
  const choosing = new Map(sources.map((source) => [source.path, source.choosing]));
  for (const path of paths.filter((each) => !LEFT_OUT.test(each))) {
    const name = path.replace(/\W/g, '-');
    const [notes, bundle, report] = ['notes.mjs', 'mjs', 'json'].map((end) => `${WORK}/${name}.${end}`) as [
      string,
      string,
      string,
    ];
    const isReaching = await bundleTest(ROOT, path, notes, noting).catch((error: Error) => {
      console.log(`left out ${path}, which cannot run alone: ${error.message.split('\n').at(-1)}`);
      return false;
    });
    if (!isReaching) continue;
    const failure = await runBundle(notes, { DELTAIC_REACHED: join(ROOT, report) }, seed, 300);
    if (failure !== undefined) {
      console.log(`left out ${path}, which fails without a mutant: ${failure}`);
      continue;
    }
    await bundleTest(ROOT, path, bundle, choosing);
    const { ids, cpu } = JSON.parse(readFileSync(join(ROOT, report), 'utf8')) as { ids: number[]; cpu: number };
    tests.push({ path, bundle, cpu, reaches: new Set(ids) });
  }
  const total = tests.reduce((sum, { cpu }) => sum + cpu, 0);
  console.log(`${tests.length} files of tests take ${total.toFixed(0)} s of processor time`);
  return tests.sort((left, right) => left.cpu - right.cpu);
}

/** What notices a mutant, or `undefined`. */
async function verdictOn({ id }: Mutant, tests: readonly TestFile[], seed: number): Promise<string | undefined> {
  const reaching = tests.filter(({ reaches }) => reaches.has(id));
  if (reaching.length === 0) return undefined;
  for (const { path, bundle, cpu } of reaching) {
    const limit = Math.ceil(PATIENCE * cpu + PATIENCE_SECONDS);
    const failure = await runBundle(bundle, { DELTAIC_MUTANT: String(id) }, seed, limit);
    if (failure !== undefined) return `killed by ${path} (${failure.slice(0, 60)})`;
  }
  return undefined;
}

/** Runs a bundle. @returns what failed, or `undefined`. */
async function runBundle(
  bundle: string,
  environment: Readonly<Record<string, string>>,
  seed: number,
  cpuSeconds: number,
): Promise<string | undefined> {
  const env = { ...process.env, ...environment, DELTAIC_SEED: String(seed), DELTAIC_RUNS_MULTIPLIER: '0.25' };
  // The shell's limit counts processor time, so that a busy machine kills nothing.
  const command = `ulimit -t ${cpuSeconds}; exec "${process.execPath}" --max-old-space-size=1024 "${bundle}"`;
  try {
    await promisify(execFile)('/bin/sh', ['-c', command], { cwd: ROOT, env, maxBuffer: 1 << 26 });
    return undefined;
  } catch (error) {
    const { stdout = '', stderr = '', signal } = error as { stdout?: string; stderr?: string; signal?: string };
    if (signal) return `no end in ${cpuSeconds} s`;
    return (
      stdout.trim() ||
      stderr
        .trim()
        .split('\n')
        .find((line) => /Error/.test(line)) ||
      'failed'
    )
      .split('\n')
      .at(-1);
  }
}

function isSame(known: Equivalent, { file, source, original, replacement }: Mutant): boolean {
  return (
    known.file === file && known.source === source && known.original === original && known.replacement === replacement
  );
}

function describe({ file, line, source, original, replacement }: Mutant): string {
  const becomes = replacement === '' ? 'left out' : `→ ${replacement.slice(0, 80)}`;
  return `${file}:${line} ${original.slice(0, 80)} ${becomes}\n      ${source}`;
}

/** In an order that depends on the seed alone. */
function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  const all = { minLength: items.length, maxLength: items.length };
  return fc.sample(fc.shuffledSubarray([...items], all), { seed, numRuns: 1 })[0] ?? [];
}
