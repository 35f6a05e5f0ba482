import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { seedOfThisRun } from './test/support/run-seed.js';

// The count of passed tests is printed by whoever names a file for it here.
const report = process.env['DELTAIC_TEST_REPORT'];

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^deltaic\/datastore\/testing$/, replacement: source('datastore/testing/index.ts') },
      { find: /^deltaic\/datastore$/, replacement: source('datastore/index.ts') },
    ],
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
