import { describe, expect, test } from 'vitest';
import { seedOfThisRun } from '../support/run-seed.js';
import { explainFailure } from './failure.js';
import { FAULTS } from './faults.js';
import { acknowledgementTwice } from './planted/acknowledgement-twice.js';
import { conflictOutOfOrder } from './planted/conflict-out-of-order.js';
import { inFlightLost } from './planted/in-flight-lost.js';
import { newestEntryLost } from './planted/newest-entry-lost.js';
import { nonceReused } from './planted/nonce-reused.js';
import type { PlantedBug } from './planted/planted-bug.js';
import { rebaseSkipped } from './planted/rebase-skipped.js';
import { refusalUnreported } from './planted/refusal-unreported.js';
import { retryAppliedAgain } from './planted/retry-applied-again.js';
import { roleIgnored } from './planted/role-ignored.js';
import { shownTooEarly } from './planted/shown-too-early.js';
import { sumOnWrongBase } from './planted/sum-on-wrong-base.js';
import { trimmedLogComplete } from './planted/trimmed-log-complete.js';
import { replay, run } from './run.js';
import type { RunOptions } from './setup.js';

const PLANTED: readonly PlantedBug[] = [
  acknowledgementTwice,
  nonceReused,
  inFlightLost,
  rebaseSkipped,
  sumOnWrongBase,
  conflictOutOfOrder,
  trimmedLogComplete,
  retryAppliedAgain,
  refusalUnreported,
  roleIgnored,
  shownTooEarly,
  newestEntryLost,
];

const MOST_RUNS = 400;
const MOST_REPLAYS = 500;

describe('the simulator finds a planted bug:', () => {
  test.each(PLANTED)('$title', ({ title, machines }) => {
    const found = firstFailure({ title, machines });
    expect(found, `not found in ${MOST_RUNS} runs`).toBeDefined();
    if (found === undefined) return;
    const outcome = run(found, machines);
    const { schedule, violation } = explainFailure(found, outcome, machines, { most: MOST_REPLAYS });
    const runs = found.seed - seedOfThisRun() + 1;
    console.log(`${title}: found in run ${runs}, shrunk to ${schedule.length} steps (${violation.law})`);
    expect(schedule.length).toBeLessThanOrEqual(outcome.schedule.length);
    expect(replay(found, schedule, machines).violation?.law).toBe(violation.law);
    // The same schedule breaks nothing without the planted bug.
    expect(replay(found, schedule).violation).toBeUndefined();
  });
});

/** The options of the first run that fails. */
function firstFailure({ machines }: PlantedBug): RunOptions | undefined {
  for (let index = 0; index < MOST_RUNS; index++) {
    const options = { seed: seedOfThisRun() + index, replicas: 3, edits: 30, faults: new Set(FAULTS) };
    if (run(options, machines).violation !== undefined) return options;
  }
  return undefined;
}
