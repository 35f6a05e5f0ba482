import { beforeEach, describe, expect, test } from 'vitest';
import { type AccountManager, type DatastoreManager, MemoryServer } from '../../../src/datastore/index.js';
import { settled } from '../../../src/datastore/testing/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';
import { Disk } from './support/disk.js';

let server: MemoryServer;
let phone: Device;
let accounts: AccountManager;
let local: DatastoreManager;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  accounts = await phone.accounts();
  local = await accounts.localManager();
});

async function addTask(manager: DatastoreManager, id: string, text: string): Promise<void> {
  using datastore = await manager.openOrCreate(id);
  datastore.table('tasks').insert({ text });
  await datastore.sync();
}

async function tasks(manager: DatastoreManager, id: string): Promise<string[]> {
  using datastore = await manager.open(id);
  return [...datastore.table('tasks').query()].map((record) => record.getString('text')).sort();
}

describe('the local manager', () => {
  test('keeps datastores on this device, over restarts, without any account', async () => {
    await addTask(local, 'default', 'one');
    await addTask(local, 'notes', 'two');
    const again = await (await phone.restarted().accounts()).localManager();
    expect((await again.list()).map(({ id, role }) => `${id} ${role}`)).toEqual(['default owner', 'notes owner']);
    expect(await tasks(again, 'default')).toEqual(['one']);
    expect(phone.environment.timerCount).toBe(0);
  });

  test('keeps a datastore small: edits of one field are stored as one, but those that can be undone', async () => {
    using notes = await local.openDefault();
    const record = notes.table('t').getOrInsert('r');
    for (let at = 0; at < 1000; at++) {
      record.set('n', at);
      await notes.sync();
    }
    const stored = JSON.stringify(await phone.storage.datastore('space-0', 'default'));
    // A hundred undo items, of some 50 bytes each.
    expect(stored.length).toBeLessThan(6000);
  });

  test('commits and runs transactions, which nobody can overtake', async () => {
    using notes = await local.openDefault();
    await notes.transaction(() => notes.table('t').getOrInsert('r').set('n', 1));
    notes.table('t').getOrInsert('r').set('n', 2);
    await notes.commit();
    await notes.loadDeltas();
    const again = await (await phone.restarted().accounts()).localManager();
    expect((await again.openDefault()).table('t').get('r')?.get('n')).toBe(2);
  });

  test('makes shareable datastores, and gives roles', async () => {
    using shared = await local.create();
    shared.setRole('public', 'viewer');
    await shared.sync();
    expect(shared.getRole('public')).toBe('viewer');
    expect(await local.list()).toMatchObject([{ id: shared.id, isShareable: true, role: 'owner' }]);
  });
});

describe('migrating', () => {
  test('moves everything to the account, merges it with what is there, and leaves nothing', async () => {
    const laptop = new Device(server);
    await addTask(await laptop.manager(), 'default', 'from the laptop');
    await laptop.rest();
    await addTask(local, 'default', 'from the phone');
    await addTask(local, 'notes', 'a note');
    const ann = await accounts.link('ann');
    const manager = await local.migrateToAccount(ann);
    expect([manager.account, local.isShutDown]).toEqual([ann, true]);
    expect(await accounts.managerFor(ann)).toBe(manager);
    await phone.rest();
    expect(await tasks(manager, 'default')).toEqual(['from the laptop', 'from the phone']);
    expect(await tasks(await laptop.manager(), 'notes')).toEqual(['a note']);
    const empty = await accounts.localManager();
    expect(await empty.list()).toEqual([]);
    expect((await phone.storage.keys('space')).every((key) => !key.startsWith('space-1/'))).toBe(true);
  });

  test('shares what was shared locally from then on', async () => {
    const shared = await local.create();
    shared.setRole('public', 'viewer');
    await shared.sync();
    shared.close();
    await local.migrateToAccount(await accounts.link('ann'));
    await phone.rest();
    const other = await (await new Device(server).manager('sam')).open(shared.id);
    expect(other.effectiveRole).toBe('viewer');
  });

  test('of an empty manager, and of several devices one after the other, works', async () => {
    await local.migrateToAccount(await accounts.link('ann'));
    for (const name of ['one', 'two', 'three']) {
      const device = new Device(server);
      const from = await (await device.accounts()).localManager();
      await addTask(from, 'default', name);
      await from.migrateToAccount(await device.account());
      await device.rest();
    }
    await phone.rest();
    expect(await tasks(await phone.manager(), 'default')).toEqual(['one', 'three', 'two']);
  });

  test('again, what was made locally since, works once the account is uploaded', async () => {
    const ann = await accounts.link('ann');
    await addTask(local, 'default', 'first');
    const manager = await local.migrateToAccount(ann);
    await phone.rest();
    await addTask(await accounts.localManager(), 'default', 'second');
    await manager.shutDown();
    const again = await (await accounts.localManager()).migrateToAccount(ann);
    await phone.rest();
    expect(await tasks(again, 'default')).toEqual(['first', 'second']);
  });

  describe('fails, and moves nothing,', () => {
    async function expectUnmoved(): Promise<void> {
      expect(local.isShutDown).toBe(false);
      expect(await tasks(local, 'default')).toEqual(['kept']);
    }

    beforeEach(async () => await addTask(local, 'default', 'kept'));

    test('if a datastore is open', async () => {
      const open = await local.openOrCreate('open');
      expect(await codeOf(local.migrateToAccount(await accounts.link('ann')))).toBe('bad-state');
      open.close();
      await expectUnmoved();
    });

    test('if the manager is not local', async () => {
      const ann = await accounts.link('ann');
      expect(await codeOf((await accounts.managerFor(ann)).migrateToAccount(ann))).toBe('bad-state');
      await expectUnmoved();
    });

    test('if the account has a manager that runs', async () => {
      const ann = await accounts.link('ann');
      const manager = await accounts.managerFor(ann);
      expect(await codeOf(local.migrateToAccount(ann))).toBe('bad-state');
      await expectUnmoved();
      await manager.shutDown();
      await local.migrateToAccount(ann);
    });

    test('if the account has edits that were not uploaded', async () => {
      const ann = await accounts.link('ann');
      const manager = await accounts.managerFor(ann);
      phone.link().isOnline = false;
      await addTask(manager, 'default', 'not uploaded');
      await manager.shutDown();
      expect(await codeOf(local.migrateToAccount(ann))).toBe('bad-state');
      await expectUnmoved();
      expect(await tasks(await accounts.managerFor(ann), 'default')).toEqual(['not uploaded']);
    });

    test('if the account is not linked', async () => {
      const ann = await accounts.link('ann');
      await ann.unlink();
      expect(await codeOf(local.migrateToAccount(ann))).toBe('bad-state');
      await expectUnmoved();
    });
  });

  test('that crashes at any write leaves everything here or everything there, and nothing twice', async () => {
    for (let fatal = 1; ; fatal++) {
      let writes = -1;
      const storage = new Disk(async ({ method }) => {
        if (writes < 0 || method !== 'write' || ++writes < fatal) return;
        for (const link of device.links.values()) link.isOnline = false;
        await new Promise(() => undefined);
      });
      const world = addAccounts(new MemoryServer());
      const device: Device = new Device(world, storage);
      const manager = await (await device.accounts()).localManager();
      for (const id of ['default', 'notes']) await addTask(manager, id, id);
      const ann = await device.account();
      await device.rest();
      writes = 0;
      void manager.migrateToAccount(ann);
      await settled();
      const isCrashed = writes >= fatal;
      const next = device.restarted();
      const nextAccounts = await next.accounts();
      const here = await (await nextAccounts.localManager()).list();
      if (here.length > 0) await (await nextAccounts.localManager()).migrateToAccount(await next.account());
      expect([0, 2]).toContain(here.length);
      await next.manager();
      await next.environment.advance(60_000);
      for (const id of ['default', 'notes']) {
        expect(await tasks(await next.manager(), id), `a crash at write ${fatal}`).toEqual([id]);
        expect(world.sequencer('ann', id).revision).toBe(1);
      }
      if (!isCrashed) break;
    }
  });
});
