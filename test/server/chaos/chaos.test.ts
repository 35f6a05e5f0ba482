import { expect, test } from 'vitest';
import { seedOfThisRun } from '../../support/run-seed.js';
import { runs } from '../../support/seed.js';
import { Wrong } from './checker.js';
import { runChaos } from './rounds.js';

/** How many rounds a run has. `npm run chaos` has as many as you like. */
const ROUNDS = 2;

test('servers on LMDB and devices that are killed, stopped and cut off lose nothing and double nothing', async () => {
  await runChaos({ seed: seedOfThisRun(), rounds: runs(ROUNDS) });
});

test('the checker finds a server that acknowledges before it appends', async () => {
  await expect(runChaos({ seed: seedOfThisRun(), rounds: 20, fault: 'early' })).rejects.toThrow(Wrong);
});
