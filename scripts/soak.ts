/**
 * Runs random tests with one fresh seed after another, and stops at the first that fails: `npm run soak -- [--rounds N] [FILES]`.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

const SEEDS = 2 ** 31;

/** Where tests draw by chance. Tests of a disk, a network or a browser take far longer and draw little. */
const RANDOM = ['test/laws', 'test/simulator', 'test/mesh', 'test/datastore', 'test/fuzz', 'test/suites', 'test/units'];

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '100' } },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds must be a whole number over 0, not ${values.rounds}`);
const files = positionals.length === 0 ? RANDOM : positionals;

for (let round = 1; round <= rounds; round += 1) {
  const seed = randomInt(SEEDS);
  const { status, stdout } = spawnSync('npx', ['vitest', 'run', ...files], {
    env: { ...process.env, DELTAIC_SEED: String(seed) },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    console.log(stdout);
    console.log(
      `Seed ${seed} failed in round ${round}; replay with: DELTAIC_SEED=${seed} npx vitest run ${files.join(' ')}`,
    );
    process.exit(1);
  }
  console.log(`${round} of ${rounds}: seed ${seed} passed`);
}
