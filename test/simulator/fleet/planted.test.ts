import { afterEach, expect, test, vi } from 'vitest';
import { ReplicaStore } from '../../../src/datastore/manager/datastore-cache.js';
import { ServerConversation } from '../../../src/datastore/manager/server-conversation.js';
import { Delta } from '../../../src/index.js';
import { Replica } from '../../../src/sync/index.js';
import { FAULTS } from '../faults.js';
import { Violation } from '../violation.js';
import { runFleet } from './fleet.js';

const MOST_RUNS = 400;

afterEach(() => void vi.restoreAllMocks());

/** The law that the first run which notices says is broken. */
async function lawBroken(): Promise<string | undefined> {
  for (let seed = 1; seed <= MOST_RUNS; seed++) {
    try {
      await runFleet({ seed, devices: 2, steps: 120, faults: new Set(FAULTS) });
    } catch (error) {
      if (error instanceof Violation) return error.law;
      throw error;
    }
  }
  return undefined;
}

test('a manager that sends before it has stored is noticed', async () => {
  const { save } = ReplicaStore.prototype;
  vi.spyOn(ReplicaStore.prototype, 'save').mockImplementation(function (this: ReplicaStore) {
    void save.call(this).catch(() => undefined);
    return Promise.resolve();
  });
  expect(await lawBroken()).toBe('every edit counts exactly once');
});

test('a manager that stores what a crash must take is noticed', async () => {
  const { save } = Replica.prototype;
  vi.spyOn(Replica.prototype, 'save').mockImplementation(function (this: Replica) {
    return save.call(this, 'all');
  });
  expect(await lawBroken()).toBe('every edit counts exactly once');
});

test('a transaction that makes again what it has not retracted is noticed', async () => {
  vi.spyOn(Replica.prototype, 'retract').mockImplementation(() => ({ changes: Delta.from([]), conflicts: [] }));
  expect(await lawBroken()).toBe('every edit counts exactly once');
});

test('a manager that does not hear of others is noticed', async () => {
  vi.spyOn(ServerConversation.prototype, 'hear').mockImplementation(() => undefined);
  expect(await lawBroken()).toBe('everyone comes to rest');
});
