import { describe, expect, test } from 'vitest';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';
import { describeFailure, explainFailure } from './failure.js';
import { FAULTS, type Fault } from './faults.js';
import { replay, run } from './run.js';
import type { RunOptions } from './setup.js';
import { addStatistics, noStatistics, type Statistics } from './statistics.js';

const ALL = new Set(FAULTS);
const NONE: ReadonlySet<Fault> = new Set();

/** Goes through many seeds and stops at the first failure, which is then shrunk and described. */
function simulate(count: number, options: Omit<RunOptions, 'seed'>, firstSeed = seedOfThisRun()): Statistics {
  const total = noStatistics();
  for (let index = 0; index < count; index++) {
    const own = { ...options, seed: Math.abs(firstSeed) + index };
    const outcome = run(own);
    if (outcome.violation !== undefined) throw new Error(describeFailure(explainFailure(own, outcome)));
    addStatistics(total, outcome.statistics);
  }
  return total;
}

describe('with all faults on, no law is broken', () => {
  test.each([
    { replicas: 1, edits: 10, count: 75 },
    { replicas: 2, edits: 10, count: 350 },
    { replicas: 3, edits: 12, count: 250 },
    { replicas: 5, edits: 15, count: 50 },
    { replicas: 3, edits: 200, count: 2 },
  ])('$count runs of $replicas replicas and $edits edits', ({ replicas, edits, count }) => {
    const total = simulate(runs(count), { replicas, edits, faults: ALL });
    expect(total.edits).toBe(runs(count) * edits);
    expect(total.accepted).toBeGreaterThan(0);
  });
});

describe('with one fault on, no law is broken', () => {
  test.each(FAULTS)('%s', (fault) => {
    simulate(runs(10), { replicas: 3, edits: 12, faults: new Set([fault]) });
  });
});

test('with no faults, no law is broken and nothing is lost, repeated or refused', () => {
  const total = simulate(runs(25), { replicas: 3, edits: 30, faults: NONE });
  const { drops, repeats, crashes, refusals, indeterminate } = total;
  expect({ drops, repeats, crashes, refusals, indeterminate }).toEqual({
    drops: 0,
    repeats: 0,
    crashes: 0,
    refusals: 0,
    indeterminate: 0,
  });
});

test('the runs meet everything that can go wrong', () => {
  const total = simulate(60, { replicas: 3, edits: 40, faults: ALL }, 1);
  for (const [name, count] of Object.entries(total)) expect(count, name).toBeGreaterThan(0);
});

describe('the same seed gives the same run', () => {
  const options: RunOptions = { seed: Math.abs(seedOfThisRun()), replicas: 3, edits: 60, faults: ALL };

  test('event by event, byte for byte', () => {
    const [first, second]: [string[], string[]] = [[], []];
    const { fingerprint } = run(options, undefined, (event) => first.push(event));
    expect(run(options, undefined, (event) => second.push(event)).fingerprint).toBe(fingerprint);
    expect(second).toEqual(first);
  });

  test('and its schedule replays to it', () => {
    const { fingerprint, schedule } = run(options);
    expect(replay(options, schedule).fingerprint).toBe(fingerprint);
  });

  test('and another seed gives another', () => {
    expect(run({ ...options, seed: options.seed + 1 }).fingerprint).not.toBe(run(options).fingerprint);
  });
});
