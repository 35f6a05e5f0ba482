import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { entries } from './test/support/entries.js';
import { announceSeed, runsMultiplier, seedOfThisRun } from './test/support/run-seed.js';

/**
 * Files that take longer than a few seconds, by what they do and not by what they hold. `npm run test:fast` leaves them out.
 */
const SLOW = [
  'test/bench/**',
  'test/browser/**',
  'test/cli/damaged-input.test.ts',
  'test/cli/main.test.ts',
  'test/cli/serve.test.ts',
  'test/cli/server-commands.test.ts',
  'test/complexity/**',
  'test/datastore/manager/conformance-catches.test.ts',
  'test/datastore/manager/migration.test.ts',
  'test/datastore/manager/replica-log.test.ts',
  'test/datastore/tabs/tab-world.test.ts',
  'test/examples/mesh-crash.test.ts',
  'test/fuzz/**',
  'test/laws/binary-refusals.test.ts',
  'test/laws/created-lists.test.ts',
  'test/laws/intention-scripts.test.ts',
  'test/laws/intentions.test.ts',
  'test/laws/list-merge.test.ts',
  'test/laws/record-merge.test.ts',
  'test/laws/replica-edit-list.test.ts',
  'test/laws/sync-batch.test.ts',
  'test/laws/sync-joining.test.ts',
  'test/laws/sync-shortening.test.ts',
  'test/laws/sync-undo.test.ts',
  'test/laws/typing.test.ts',
  'test/mesh/integrator.test.ts',
  'test/mesh/mesh-and-log.test.ts',
  'test/mesh/mesh-laws.test.ts',
  'test/mesh/mesh-world.test.ts',
  'test/server/**',
  'test/oracle/oracle.test.ts',
  'test/simulator/**',
  'test/spec/checker.test.ts',
  'test/spec/vectors.test.ts',
  'test/storage/device-storages.test.ts',
  'test/storage/lmdb-*crash.test.ts',
  'test/storage/lmdb-disk.test.ts',
  'test/storage/power-cut.test.ts',
  'test/suites/**',
  'test/sync/queue.test.ts',
  'test/units/binary-memory.test.ts',
  'test/units/transients.test.ts',
  'test/**/leaks.test.ts',
];

/** Files that need a process of their own: they count what V8 runs, watch its garbage, or replace a module. */
const ALONE = [
  'test/laws/replica-edit-list.test.ts',
  'test/laws/sync-joining.test.ts',
  'test/laws/sync-shortening.test.ts',
  'test/complexity/*.test.ts',
  'test/**/leaks.test.ts',
  'test/cli/internal-error.test.ts',
  'test/examples/mesh-crash.test.ts',
  'test/suites/lists-in-columns.test.ts',
  'test/suites/records-in-columns.test.ts',
];

/** Files that wait for pages of a browser, which a busy machine leaves without time: they run when the others are done. */
const QUIET = ['test/browser/**/*.test.ts'];

/** What takes longest comes first, so that nothing long is left for one worker while the others have finished. */
const LONGEST = [
  'test/simulator/simulator.test.ts',
  'test/simulator/fleet/fleet.test.ts',
  'test/server/postgres-outages.test.ts',
  'test/server/postgres-logs.test.ts',
  'test/laws/list-merge.test.ts',
  'test/datastore/manager/replica-log.test.ts',
  'test/laws/intentions.test.ts',
  'test/laws/intention-scripts.test.ts',
  'test/mesh/mesh-laws.test.ts',
  'test/suites/records-in-columns.test.ts',
  'test/simulator/exhaustive.test.ts',
  'test/complexity/bounds.test.ts',
  'test/suites/ot-fuzzer.test.ts',
  'test/simulator/planted.test.ts',
  'test/suites/lists-in-columns.test.ts',
  'test/browser/tab-ends.test.ts',
  'test/browser/tabs.test.ts',
  'test/browser/indexeddb.test.ts',
  'test/simulator/trace.test.ts',
  'test/server/chaos/chaos.test.ts',
  'test/spec/vectors.test.ts',
  'test/laws/delta-merge.test.ts',
  'test/datastore/manager/conformance-catches.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((path) => moduleId.endsWith(path));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((left, right) => rank(left) - rank(right));
  }
}

/** The part of the random cases that `npm run test:fast` tries. */
const FAST_RUNS = 0.2;

// The count of passed tests is printed if a file is named for it here.
const report = process.env['DELTAIC_TEST_REPORT'];

export default defineConfig(({ mode }) => {
  const isFast = mode === 'fast';
  if (isFast) process.env['DELTAIC_RUNS_MULTIPLIER'] ??= String(FAST_RUNS);
  announceSeed();
  const left = isFast ? SLOW : [];
  const project = (name: string, groupOrder: number, include: string[], exclude: string[], isolate: boolean) => ({
    resolve: {
      alias: entries.map(({ name, source }) => ({
        find: new RegExp(`^${name}$`),
        replacement: fileURLToPath(new URL(source, import.meta.url)),
      })),
    },
    test: {
      name,
      include,
      exclude,
      isolate,
      sequence: { groupOrder },
      testTimeout: 120_000,
      hookTimeout: 120_000,
      // The seed is fixed here, in the one process that starts all workers, so that one number replays every file.
      env: { DELTAIC_SEED: String(seedOfThisRun()), DELTAIC_RUNS_MULTIPLIER: String(runsMultiplier()) },
      setupFiles: ['test/support/seed.ts'],
    },
  });
  return {
    test: {
      // Here and not in the projects, where it would win over --maxWorkers of the command line.
      maxWorkers: '100%',
      sequence: { sequencer: LongestFirst },
      reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
      projects: [
        // Modules are loaded once for many files, which halves the time of most.
        project('shared', 0, ['test/**/*.test.ts'], [...ALONE, ...QUIET, ...left], false),
        project('alone', 0, ALONE, left, true),
        project('quiet', 1, QUIET, left, true),
      ],
    },
  };
});
