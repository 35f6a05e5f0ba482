import { describe, expect, test } from 'vitest';
import { MemoryServer } from '../../../src/datastore/index.js';
import { seedOfThisRun } from '../../support/run-seed.js';
import { runs } from '../../support/seed.js';
import { Random } from '../random.js';
import { type FleetOutcome, makeJournal, runFleet } from './fleet.js';
import { FleetDevice } from './fleet-device.js';
import { FLEET_FAULTS, type FleetFault } from './fleet-faults.js';
import { Tags } from './tags.js';

const ALL = new Set(FLEET_FAULTS);

async function simulate(
  count: number,
  devices: number,
  steps: number,
  faults: ReadonlySet<FleetFault>,
): Promise<FleetOutcome> {
  let total: FleetOutcome | undefined;
  for (let index = 0; index < count; index++) {
    const outcome = await runFleet({ seed: Math.abs(seedOfThisRun()) + index, devices, steps, faults });
    total = total === undefined ? outcome : added(total, outcome);
    // A run is one turn, and weak references that were read stay strong until it ends.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  if (total === undefined) throw new Error('there is at least one run');
  return total;
}

function added(left: FleetOutcome, right: FleetOutcome): FleetOutcome {
  const names = ['edits', 'kept', 'doubtful', 'lost', 'crashes', 'transactions'] as const;
  return { ...left, ...Object.fromEntries(names.map((name) => [name, left[name] + right[name]])) };
}

describe('with all faults on, managers on many devices converge, and no edit is lost or doubled', () => {
  test.each([
    { devices: 1, steps: 60, count: 10 },
    { devices: 2, steps: 120, count: 20 },
    { devices: 4, steps: 200, count: 10 },
    { devices: 6, steps: 1500, count: 1 },
  ])('$count runs of $devices devices and $steps steps', async ({ devices, steps, count }) => {
    const total = await simulate(runs(count), devices, steps, ALL);
    expect(total.kept).toBeGreaterThan(0);
    expect(total.crashes).toBeGreaterThan(0);
  });
});

test('with no faults, every edit that was synced is kept', async () => {
  const total = await simulate(runs(8), 3, 150, new Set());
  expect(total.crashes).toBe(0);
  expect(total.kept).toBeGreaterThan(total.doubtful);
});

test.each([
  ...(['delay', 'drop', 'repeat', 'crash', 'trim'] as const),
  ...(['token', 'second-manager', 'refuse', 'backup', 'clone'] as const),
])('with one fault on, no law is broken: %s', async (fault) => {
  await simulate(runs(3), 3, 150, new Set([fault]));
});

test('an edit that is rolled back counts as dropped, even if a listener syncs meanwhile', async () => {
  const tags = new Tags();
  const server = new MemoryServer();
  server.setAccount('ann', { userName: 'ann' });
  const device = new FleetDevice(0, 'ann', {
    ...{ server, random: new Random(1), faults: new Set<FleetFault>(), tagsOf: () => tags },
    ...{ accepted: () => undefined, note: () => undefined },
    failed: (violation) => {
      throw violation;
    },
  });
  await device.start();
  await device.withManager(async (manager) => makeJournal(await manager.openOrCreate('default')));
  await device.open('default');
  device.withOpening('default', (opening, manager) => {
    opening.edit('e', new Random(1));
    opening.datastore.on('syncStatus', ({ hasOutgoing }) => {
      if (!hasOutgoing) opening.sync();
    });
    opening.rollback(manager);
  });
  await device.advance(1000);
  expect([tags.countOf('kept'), tags.countOf('lost')]).toEqual([0, 1]);
});

describe('an edit that is there twice after a backup was restored', () => {
  const lost = [{ rev: 3, nonce: 'lost' }];
  const first = { rev: 2, nonce: 'first' };
  const second = { rev: 4, nonce: 'second' };

  function check(put: (tags: Tags) => void): () => void {
    const tags = new Tags();
    tags.make('e', 1n).fate = 'kept';
    put(tags);
    return () => tags.check('here', ['e', 'e'], 2n);
  }

  test('is allowed if the device may have heard of a lost entry instead of the put that was accepted', () => {
    const allowed = check((tags) => {
      tags.lose([], lost);
      tags.accepted(1, first, ['e']);
      tags.accepted(1, second, ['e']);
    });
    expect(allowed).not.toThrow();
  });

  test.each<[name: string, put: (tags: Tags) => void]>([
    [
      'no entry was lost at the revision of the first put',
      (tags) => {
        tags.lose([], [{ rev: 4, nonce: 'lost' }]);
        tags.accepted(1, first, ['e']);
        tags.accepted(1, second, ['e']);
      },
    ],
    [
      'the lost entry was the put itself',
      (tags) => {
        tags.lose([], [{ rev: 3, nonce: 'first' }]);
        tags.accepted(1, first, ['e']);
        tags.accepted(1, second, ['e']);
      },
    ],
    [
      'the first put was accepted before the log was lost',
      (tags) => {
        tags.accepted(1, first, ['e']);
        tags.lose([], lost);
        tags.accepted(1, second, ['e']);
      },
    ],
    [
      'another device made the second put',
      (tags) => {
        tags.lose([], lost);
        tags.accepted(1, first, ['e']);
        tags.accepted(2, second, ['e']);
      },
    ],
    [
      'no second put was accepted',
      (tags) => {
        tags.lose([], lost);
        tags.accepted(1, first, ['e']);
      },
    ],
  ])('is found if %s', (_name, put) => {
    expect(check(put)).toThrow('e, kept, is there 2 times');
  });

  test('may not be there three times', () => {
    const tags = new Tags();
    tags.make('e', 1n).fate = 'kept';
    tags.lose([], lost);
    for (const put of [first, second, { rev: 5, nonce: 'third' }]) tags.accepted(1, put, ['e']);
    expect(() => tags.check('here', ['e', 'e', 'e'], 3n)).toThrow('e, kept, is there 3 times');
  });

  test.each([
    { seed: 792426353, devices: 2, steps: 80 },
    { seed: 270923028, devices: 4, steps: 200 },
  ])('breaks no law in the fleet of seed $seed', async ({ seed, devices, steps }) => {
    await runFleet({ seed, devices, steps, faults: ALL });
  });
});

test('the same seed gives the same run, and another seed another', async () => {
  const options = { seed: Math.abs(seedOfThisRun()), devices: 3, steps: 200, faults: ALL };
  const first = await runFleet(options);
  expect(await runFleet(options)).toEqual(first);
  expect((await runFleet({ ...options, seed: options.seed + 1 })).fingerprint).not.toBe(first.fingerprint);
});
