import { runsMultiplier, seedOfThisRun } from './run-seed.js';

export function setup(): void {
  const multiplier = runsMultiplier();
  const effort = multiplier === 1 ? '' : `DELTAIC_RUNS_MULTIPLIER=${multiplier} `;
  console.log(`Random seed ${seedOfThisRun()}; replay with: ${effort}DELTAIC_SEED=${seedOfThisRun()} npx vitest run`);
}
