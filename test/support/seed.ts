import fc from 'fast-check';
import { runsMultiplier, seedOfThisRun } from './run-seed.js';

const DEFAULT_RUNS = 100;

/** The number of cases for a property that wants its own count: `fc.assert(property, { numRuns: runs(500) })`. */
export function runs(count: number): number {
  return Math.max(1, Math.round(count * runsMultiplier()));
}

fc.configureGlobal({ seed: seedOfThisRun(), numRuns: runs(DEFAULT_RUNS) });
