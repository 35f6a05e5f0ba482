/** Linking, unlinking, migrating and getting managers, all at the same time. Promises are resolved by hand. */

import { beforeEach, describe, expect, test } from 'vitest';
import {
  type AccountManager,
  type DatastoreManager,
  MemoryServer,
  ServiceError,
} from '../../../src/datastore/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';
import { puts } from './support/disk.js';
import { type Gate, hold } from './support/gate.js';

let server: MemoryServer;
let phone: Device;
let accounts: AccountManager;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  accounts = await phone.accounts();
});

function isIn(start: string): (key: unknown) => boolean {
  return (key) => String(key).startsWith(start);
}

async function addTask(manager: DatastoreManager, text: string): Promise<void> {
  using datastore = await manager.openDefault();
  datastore.table('tasks').insert({ text });
  await datastore.sync();
}

async function tasks(manager: DatastoreManager): Promise<string[]> {
  using datastore = await manager.openDefault();
  return [...datastore.table('tasks').query()].map((record) => record.getString('text')).sort();
}

/** Has the next call for keys of a space fail, once it is let go. */
function holdFailure(space: string): Gate {
  const getAll = phone.storage.getAll.bind(phone.storage);
  let isFirst = true;
  phone.storage.getAll = async (prefix) => {
    if (!prefix.startsWith(space) || !isFirst) return await getAll(prefix);
    isFirst = false;
    throw new Error('the disk is ill');
  };
  return hold(phone.storage, 'getAll', 'request', isIn(space));
}

describe('unlinking', () => {
  test('and linking again, while a manager that will fail is being made, leaves the new one alone', async () => {
    const ann = await accounts.link('ann');
    const gate = holdFailure('space-1/');
    const failed = codeOf(accounts.managerFor(ann));
    await phone.rest();
    const unlinked = codeOf(ann.unlink());
    await phone.rest();
    const linked = accounts.link('ann');
    const made = linked.then(async (account) => await accounts.managerFor(account));
    await phone.rest();
    gate.open();
    expect([await failed, await unlinked]).toEqual(['storage', 'resolved']);
    expect(await accounts.managerFor(await linked)).toBe(await made);
  });

  test('and linking again, while a manager is being made, gives one that hears of the network', async () => {
    const ann = await accounts.link('ann');
    const gate = hold(phone.storage, 'getAll', 'request', isIn('space-1/'));
    const late = codeOf(accounts.managerFor(ann));
    await phone.rest();
    const unlinked = ann.unlink();
    await phone.rest();
    const linked = accounts.link('ann');
    await phone.rest();
    gate.open();
    expect(await late).toBe('unauthorized');
    await unlinked;
    const notes = await (await accounts.managerFor(await linked)).openOrCreate('notes');
    await phone.rest();
    expect(notes.syncStatus.isConnected).toBe(true);
    accounts.setOnline(false);
    expect(notes.syncStatus.isConnected).toBe(false);
  });

  test('and linking again is not undone by what the old manager learns too late', async () => {
    const ann = await accounts.link('ann');
    const manager = await accounts.managerFor(ann);
    let answer = (): void => undefined;
    phone.link().hook = async (call, deliver) => {
      if (call.method !== 'list') return await deliver();
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      throw new ServiceError('unauthorized', 'the token was revoked');
    };
    const listed = codeOf(manager.list());
    await phone.rest();
    await ann.unlink();
    const again = await accounts.link('ann');
    phone.link().isOnline = false;
    await addTask(await accounts.managerFor(again), 'kept');
    answer();
    await listed;
    await phone.rest();
    expect(again.isLinked).toBe(true);
    expect(await tasks(await accounts.managerFor(again))).toEqual(['kept']);
  });

  test('twice, with linking in between, leaves the account linked also in what is stored', async () => {
    const ann = await accounts.link('ann');
    const gate = hold(phone.storage, 'write', 'request', puts(isIn('device')));
    const first = ann.unlink();
    await phone.rest();
    const linked = accounts.link('ann');
    const second = ann.unlink();
    await phone.rest();
    gate.open();
    await Promise.all([first, second]);
    expect(await codeOf(accounts.managerFor(await linked))).toBe('resolved');
    expect((await phone.restarted().accounts()).linkedAccounts.map(({ id }) => id)).toEqual(['ann']);
  });

  test('while a manager waits for the last one to end gives none', async () => {
    const ann = await accounts.link('ann');
    const manager = await accounts.managerFor(ann);
    const gate = hold(phone.storage, 'write', 'request', puts(isIn('space-1/')));
    const opened = codeOf(manager.openOrCreate('notes'));
    await phone.rest();
    const ended = manager.shutDown();
    const next = codeOf(accounts.managerFor(ann));
    await phone.rest();
    const unlinked = ann.unlink();
    await phone.rest();
    gate.open();
    expect([await next, await opened]).toEqual(['unauthorized', 'shut-down']);
    await Promise.all([ended, unlinked]);
    await phone.rest();
    expect(await phone.storage.keys('')).toEqual(['device']);
  });

  test('does not clear what another account stores in the meantime', async () => {
    const ann = await accounts.link('ann');
    const gate = hold(phone.storage, 'getAll', 'request', (prefix) => prefix === 'space-1/');
    const unlinked = ann.unlink();
    await phone.rest();
    expect(gate.isReached).toBe(true);
    const manager = await accounts.managerFor(await accounts.link('sam'));
    phone.link('sam').isOnline = false;
    await addTask(manager, 'kept');
    gate.open();
    await unlinked;
    const next = phone.restarted();
    expect(await tasks(await next.manager('sam'))).toEqual(['kept']);
  });
});

test('linking twice at once, where there is a way to the server only the second time, links once', async () => {
  const connect = server.link.bind(server);
  let isFirst = true;
  server.link = (id) => {
    if (!isFirst) return connect(id);
    isFirst = false;
    throw new ServiceError('network', 'no way');
  };
  const [first, second] = await Promise.allSettled([accounts.link('ann'), accounts.link('ann')]);
  expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
  const [ann] = accounts.linkedAccounts;
  expect(ann && (await codeOf(accounts.managerFor(ann)))).toBe('resolved');
  expect((await phone.restarted().accounts()).linkedAccounts.map(({ id }) => id)).toEqual(['ann']);
});

describe('while a migration is under way,', () => {
  let local: DatastoreManager;

  beforeEach(async () => {
    local = await accounts.localManager();
    await addTask(local, 'old');
  });

  /** Where a migration is held: before it has checked everything, and before it is made. */
  const PLACES: readonly (readonly [string, () => Gate])[] = [
    ['looks at the account', () => hold(phone.storage, 'getAll', 'request', isIn('space-1/'))],
    ['is written', () => hold(phone.storage, 'write', 'request', puts(isIn('device')))],
  ];

  describe.each(PLACES)('and %s,', (place, holdIt) => {
    test('a manager of the account is one of what was moved', async () => {
      const ann = await accounts.link('ann');
      const gate = holdIt();
      const migrated = local.migrateToAccount(ann);
      await phone.rest();
      expect(gate.isReached).toBe(true);
      const manager = accounts.managerFor(ann);
      await phone.rest();
      gate.open();
      expect(await manager).toBe(await migrated);
      expect(await tasks(await manager)).toEqual(['old']);
    });

    test('a manager of local datastores is the old one before, and one of none after', async () => {
      const ann = await accounts.link('ann');
      const gate = holdIt();
      const migrated = local.migrateToAccount(ann);
      await phone.rest();
      const asked = accounts.localManager();
      await phone.rest();
      gate.open();
      const manager = await migrated;
      const fresh = await asked;
      expect(fresh === local).toBe(place === 'looks at the account');
      const next = await accounts.localManager();
      await addTask(next, 'new');
      expect([await tasks(next), await tasks(manager)]).toEqual([['new'], ['old']]);
      const again = phone.restarted();
      expect(await tasks(await (await again.accounts()).localManager())).toEqual(['new']);
      expect(await tasks(await again.manager())).toEqual(['old']);
    });

    test('another one fails, and loses nothing', async () => {
      const [ann, sam] = [await accounts.link('ann'), await accounts.link('sam')];
      const gate = holdIt();
      const first = local.migrateToAccount(ann);
      const second = codeOf(local.migrateToAccount(sam));
      await phone.rest();
      gate.open();
      expect(await tasks(await first)).toEqual(['old']);
      expect(await second).toBe('shut-down');
      await addTask(await accounts.localManager(), 'new');
      expect(await tasks(await accounts.localManager())).toEqual(['new']);
      expect(await tasks(await accounts.managerFor(sam))).toEqual([]);
    });
  });

  test('unlinking the account has it fail, and loses nothing', async () => {
    const ann = await accounts.link('ann');
    const gate = hold(phone.storage, 'getAll', 'request', isIn('space-1/'));
    const migrated = codeOf(local.migrateToAccount(ann));
    await phone.rest();
    const unlinked = ann.unlink();
    await phone.rest();
    gate.open();
    expect(await migrated).toBe('bad-state');
    await unlinked;
    expect(await tasks(await accounts.localManager())).toEqual(['old']);
    expect(await tasks(await (await phone.restarted().accounts()).localManager())).toEqual(['old']);
  });

  test('opening a local datastore has it fail, and is not disturbed', async () => {
    const ann = await accounts.link('ann');
    const gate = hold(phone.storage, 'getAll', 'request', isIn('space-1/'));
    const migrated = codeOf(local.migrateToAccount(ann));
    await phone.rest();
    const datastore = await local.openDefault();
    gate.open();
    expect(await migrated).toBe('bad-state');
    expect([datastore.isOpen, local.isShutDown]).toEqual([true, false]);
  });
});
