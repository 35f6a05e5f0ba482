import { afterEach, expect, test, vi } from 'vitest';
import { Account } from '../../../src/datastore/manager/account.js';
import { Autosave } from '../../../src/datastore/manager/autosave.js';
import { Credentials } from '../../../src/datastore/manager/credentials.js';
import { ReplicaStore } from '../../../src/datastore/manager/datastore-cache.js';
import { SyncSessions } from '../../../src/datastore/manager/manager-runtime.js';
import { ServerConversation } from '../../../src/datastore/manager/server-conversation.js';
import { SyncSession } from '../../../src/datastore/manager/sync-session.js';
import { Datastore } from '../../../src/datastore/model/datastore.js';
import { type Listener, Listeners } from '../../../src/datastore/model/listeners.js';
import { MemoryStorage } from '../../../src/datastore/storage/memory-storage.js';
import type { DatastoreError } from '../../../src/errors/datastore-error.js';
import { Delta } from '../../../src/index.js';
import { Replica } from '../../../src/sync/index.js';
import { PendingQueue } from '../../../src/sync/pending-queue.js';
import { EditsSinceSaved } from '../../../src/sync/saved-edits.js';
import { Log } from '../../../src/sync/sequencer.js';
import { FAULTS } from '../faults.js';
import { Violation } from '../violation.js';
import { runFleet } from './fleet.js';
import type { FleetFault } from './fleet-faults.js';

const MOST_RUNS = 400;

afterEach(() => void vi.restoreAllMocks());

/** The law that the first run which notices says is broken. Where most runs notice nothing, `first` is the seed of one that does. */
async function lawBroken(faults: readonly FleetFault[] = FAULTS, first = 1): Promise<string | undefined> {
  for (let seed = first; seed < first + MOST_RUNS; seed++) {
    try {
      await runFleet({ seed, devices: 2, steps: 120, faults: new Set(faults) });
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
  expect(await lawBroken(FAULTS, 91)).toBe('every edit counts exactly once');
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
  expect(await lawBroken(FAULTS, 25)).toBe('what was saved is open again');
});

test('a replica that saves edits alone where more has happened is noticed', async () => {
  vi.spyOn(EditsSinceSaved.prototype, 'anything').mockImplementation(() => undefined);
  expect(await lawBroken()).toBeDefined();
});

test('a sync() that waits for the network is noticed', async () => {
  const { commit, sync } = Datastore.prototype;
  const committed = new WeakMap<Datastore, Promise<void>>();
  vi.spyOn(Datastore.prototype, 'commit').mockImplementation(function (this: Datastore, ...options) {
    const outcome = commit.apply(this, options);
    const ended = outcome.catch(() => undefined);
    committed.set(this, ended);
    return outcome;
  });
  vi.spyOn(Datastore.prototype, 'sync').mockImplementation(function (this: Datastore) {
    const ended = committed.get(this);
    return sync.call(this).finally(() => ended);
  });
  expect(await lawBroken(['delay', 'drop'], 130)).toBe('sync() waits for no network');
});

test('an account that deletes its data when its token expires is noticed', async () => {
  const { create } = Account;
  vi.spyOn(Account, 'create').mockImplementation((id, link, context) => {
    const linked = create.call(Account, id, link, context);
    const setAuthorizationError = (error: DatastoreError | undefined): void => {
      linked.setAuthorizationError(error);
      if (error !== undefined) void linked.account.unlink();
    };
    return { ...linked, setAuthorizationError };
  });
  await expect(lawBroken(['token'])).rejects.toThrow('is no longer open');
});

test('an account that an outdated answer suspends is noticed', async () => {
  vi.spyOn(Credentials.prototype, 'begin').mockReturnValue(Number.MAX_SAFE_INTEGER);
  expect(await lawBroken(['delay', 'token'], 37)).toBe('everyone comes to rest');
});

test('a storage that a second manager can use is noticed', async () => {
  const { acquire } = MemoryStorage.prototype;
  vi.spyOn(MemoryStorage.prototype, 'acquire').mockImplementation(function (this: MemoryStorage, options) {
    this.kill();
    return acquire.call(this, options);
  });
  expect(await lawBroken(['second-manager'])).toBe('a storage has one manager');
});

test('a manager that ends before it has stored what was synced is noticed', async () => {
  vi.spyOn(SyncSessions.prototype, 'stopAll').mockResolvedValue(undefined);
  expect(await lawBroken(['delay'])).toBeDefined();
});

test('a manager that stores no edit by itself is noticed', async () => {
  vi.spyOn(Autosave.prototype, 'edited').mockReturnValue(undefined);
  expect(await lawBroken(['crash'], 41)).toBe('what was saved is open again');
});

test('a replica that undoes all that was put when one record is refused is noticed', async () => {
  const { reject } = PendingQueue.prototype;
  vi.spyOn(PendingQueue.prototype, 'reject').mockImplementation(function (
    this: PendingQueue,
    { reason, message },
    ...rest
  ) {
    return reject.call(this, { reason, message }, ...rest);
  });
  expect(await lawBroken(['refuse'])).toBe('a refusal takes what it names');
});

test('a server that does not know its log after a restored backup is noticed', async () => {
  vi.spyOn(Log.prototype, 'nonceAt').mockReturnValue(undefined);
  expect(await lawBroken(['drop', 'backup'], 71)).toBeDefined();
});

test('an edit that is put again under another nonce is noticed, even if backups are restored', async () => {
  const { entryAt } = Log.prototype;
  vi.spyOn(Log.prototype, 'entryAt').mockImplementation(function (this: Log, rev) {
    // As if somebody else had used the nonce.
    const entry = entryAt.call(this, rev);
    return entry && { ...entry, delta: Delta.from([]) };
  });
  expect(await lawBroken(['drop', 'backup'])).toBe('every edit counts exactly once');
});

test('a device that takes a restored backup for an old event is noticed', async () => {
  vi.spyOn(ServerConversation.prototype, 'opened').mockReturnValue(undefined);
  vi.spyOn(ServerConversation.prototype, 'connected').mockReturnValue(undefined);
  expect(await lawBroken(['drop', 'backup'], 108)).toBeDefined();
});

test('a sequencer that takes another delta under a nonce for a retry is noticed', async () => {
  vi.spyOn(Log.prototype, 'entryAt').mockReturnValue(undefined);
  expect(await lawBroken(['delay', 'crash', 'clone'], 94)).toBeDefined();
});
