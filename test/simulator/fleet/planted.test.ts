import { afterEach, expect, test, vi } from 'vitest';
import { ReplicaStore } from '../../../src/datastore/manager/datastore-cache.js';
import { ServerConversation } from '../../../src/datastore/manager/server-conversation.js';
import { SyncSession } from '../../../src/datastore/manager/sync-session.js';
import { type Listener, Listeners } from '../../../src/datastore/model/listeners.js';
import { Delta } from '../../../src/index.js';
import { Replica } from '../../../src/sync/index.js';
import { EditsSinceSaved } from '../../../src/sync/saved-edits.js';
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

test('a replica that its merge functions can edit is noticed', async () => {
  vi.spyOn(Replica.prototype, 'isMerging', 'get').mockReturnValue(false);
  expect(await lawBroken()).toBe('a merge function changes nothing');
});

test('listeners that are told of an event inside another one are noticed', async () => {
  vi.spyOn(Listeners.prototype, 'tell').mockImplementation(function (this: Listeners<object>, name, event) {
    // As if nothing were told at the moment.
    const listeners = new Set(heardBy.get(this)?.get(name) ?? []);
    for (const listener of listeners) listener(event as never);
  });
  const { add } = Listeners.prototype;
  const heardBy = new WeakMap<object, Map<PropertyKey, Listener<never>[]>>();
  vi.spyOn(Listeners.prototype, 'add').mockImplementation(function (this: Listeners<object>, name, listener) {
    const byName = heardBy.get(this) ?? new Map<PropertyKey, Listener<never>[]>();
    heardBy.set(this, byName.set(name, [...(byName.get(name) ?? []), listener]));
    add.call(this, name, listener);
  });
  expect(await lawBroken()).toBe('the last event is the present');
});

test('a manager that does not hear of others is noticed', async () => {
  vi.spyOn(ServerConversation.prototype, 'hear').mockImplementation(() => undefined);
  expect(await lawBroken()).toBe('everyone comes to rest');
});

test('a manager that says that edits are stored when they are not is noticed', async () => {
  vi.spyOn(SyncSession.prototype, 'flush').mockImplementation(() => Promise.resolve());
  expect(await lawBroken()).toBe('what was saved is open again');
});

test('a replica that saves edits alone where more has happened is noticed', async () => {
  vi.spyOn(EditsSinceSaved.prototype, 'anything').mockImplementation(() => undefined);
  expect(await lawBroken()).toBeDefined();
});
