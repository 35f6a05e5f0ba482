import { randomInt } from 'node:crypto';

const LIMIT = 2 ** 31;

/**
 * What a run draws from that names no seed. It is always the same, so that a check which fails does so for the change under
 * it and fails again anywhere. `npm run soak` is for other seeds.
 */
const USUAL_SEED = 20_261_129;

/** The seed named in the environment, a fresh one for "random", or else the usual one. It is put into the environment. */
export function seedOfThisRun(): number {
  const named = process.env['DELTAIC_SEED'] || String(USUAL_SEED);
  if (named === 'random') {
    const fresh = randomInt(LIMIT);
    process.env['DELTAIC_SEED'] = String(fresh);
    return fresh;
  }
  const seed = Number(named);
  if (!Number.isInteger(seed) || Math.abs(seed) > LIMIT) {
    throw new Error(`DELTAIC_SEED must be a 32-bit integer or "random", not ${named}`);
  }
  process.env['DELTAIC_SEED'] = named;
  return seed;
}

/** How many times as many cases as usual the random tests try. */
export function runsMultiplier(): number {
  const named = process.env['DELTAIC_RUNS_MULTIPLIER'];
  const multiplier = named === undefined || named === '' ? 1 : Number(named);
  if (!Number.isFinite(multiplier) || multiplier <= 0) {
    throw new Error(`DELTAIC_RUNS_MULTIPLIER must be a positive number, not ${named}`);
  }
  return multiplier;
}

/** Says how the random tests of this run can be repeated. */
export function announceSeed(): void {
  const multiplier = runsMultiplier();
  const effort = multiplier === 1 ? '' : `DELTAIC_RUNS_MULTIPLIER=${multiplier} `;
  console.log(`Random seed ${seedOfThisRun()}; replay with: ${effort}DELTAIC_SEED=${seedOfThisRun()} npx vitest run`);
}
