import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AccountManager } from '../../../src/datastore/index.js';
import { UnsavedEdits } from '../../../src/datastore/manager/unsaved-edits.js';
import { Leftovers } from '../../../src/datastore/tabs/leftovers.js';
import { Violation } from '../../simulator/violation.js';
import { seedOfThisRun } from '../../support/run-seed.js';
import { runs } from '../../support/seed.js';
import type { BrowserFaults } from './fake-browser.js';
import { runTabWorld } from './tab-world.js';

const SCHEDULES = 20;
const STEPS = 60;
/** A planted fault must be found within so many schedules. */
const MOST_TRIES = 200;

test('random schedules of open, edit, freeze, reload, duplicate, close and crash lose and double nothing', async () => {
  const total = { edits: 0, kept: 0, crashes: 0, moves: 0 };
  for (const seed of fc.sample(fc.nat(), { numRuns: runs(SCHEDULES), seed: seedOfThisRun() })) {
    const outcome = await runTabWorld({ seed, steps: STEPS });
    for (const name of ['edits', 'kept', 'crashes', 'moves'] as const) total[name] += outcome[name];
  }
  // A world in which nothing happens proves nothing.
  expect(Math.min(total.kept, total.crashes, total.moves)).toBeGreaterThan(0);
});

describe('a planted fault is found:', () => {
  afterEach(() => vi.restoreAllMocks());

  const IN_THE_BROWSER: Readonly<Record<string, BrowserFaults>> = {
    'a tab that knows no slots but its own': { forgetsSlots: true },
    'a slot that several tabs have': { sharesSlots: true },
    'a lock that is taken for a fence': { hasNoFence: true },
  };
  const IN_THE_TAB: Readonly<Record<string, () => unknown>> = {
    'edits in memory are left behind': () => vi.spyOn(AccountManager.prototype, 'unsaved', 'get').mockReturnValue([]),
    'edits that are stored are taken along': () =>
      vi.spyOn(UnsavedEdits.prototype, 'storing').mockReturnValue(() => undefined),
    'what closed tabs left is not uploaded': () =>
      vi.spyOn(Leftovers.prototype, 'ask').mockImplementation(() => undefined),
  };

  async function find(faults: BrowserFaults): Promise<Violation | undefined> {
    for (let seed = 0; seed < MOST_TRIES; seed++) {
      try {
        await runTabWorld({ seed, steps: STEPS, faults });
      } catch (error) {
        if (error instanceof Violation) return error;
        throw error;
      }
    }
    return undefined;
  }

  test.each(Object.entries(IN_THE_BROWSER))('%s', async (_name, faults) => {
    expect(await find(faults)).toBeInstanceOf(Violation);
  });

  test.each(Object.entries(IN_THE_TAB))('%s', async (_name, plant) => {
    plant();
    expect(await find({})).toBeInstanceOf(Violation);
  });
});
