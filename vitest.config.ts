import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { entries } from './test/support/entries.js';
import { seedOfThisRun } from './test/support/run-seed.js';

// The count of passed tests is printed by whoever names a file for it here.
const report = process.env['DELTAIC_TEST_REPORT'];

export default defineConfig({
  resolve: {
    alias: entries.map(({ name, source }) => ({
      find: new RegExp(`^${name}$`),
      replacement: fileURLToPath(new URL(source, import.meta.url)),
    })),
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The seed is fixed here, in the one process that starts all workers, so that one number replays every file.
    env: { DELTAIC_SEED: String(seedOfThisRun()) },
    globalSetup: ['test/support/announce-seed.ts'],
    setupFiles: ['test/support/seed.ts'],
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
