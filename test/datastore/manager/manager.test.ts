import { beforeEach, describe, expect, test } from 'vitest';
import {
  type DatastoreManager,
  DEFAULT_DATASTORE_ID,
  isShareableId,
  MemoryServer,
} from '../../../src/datastore/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';

let server: MemoryServer;
let phone: Device;
let laptop: Device;
let manager: DatastoreManager;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  laptop = new Device(server);
  manager = await phone.manager();
});

async function rest(): Promise<void> {
  for (let round = 0; round < 3; round++) for (const device of [phone, laptop]) await device.rest();
}

describe('opening', () => {
  test('the default datastore makes it, and opens it again', async () => {
    const first = await manager.openDefault();
    expect(first.id).toBe(DEFAULT_DATASTORE_ID);
    first.table('tasks').insert({ name: 'milk' });
    await first.sync();
    first.close();
    const again = await manager.openDefault();
    expect(again.table('tasks').query().count).toBe(1);
    expect(again.manager).toBe(manager);
  });

  test('what does not exist fails', async () => {
    expect(await codeOf(manager.open('nothing'))).toBe('not-found');
    expect(await codeOf(manager.open('.nothing'))).toBe('not-found');
    expect(await codeOf((await (await phone.accounts()).localManager()).open('nothing'))).toBe('not-found');
  });

  test('what is open, or is being opened, fails', async () => {
    const [first, second] = await Promise.all([manager.openDefault(), codeOf(manager.open('default'))]);
    expect(second).toBe('already-open');
    expect(await codeOf(manager.openOrCreate('default'))).toBe('already-open');
    first.close();
    (await manager.openDefault()).close();
  });

  test('by an invalid id fails', async () => {
    for (const id of ['', 'Upper', '.', 'a/b', '../up', 'x'.repeat(65), undefined as unknown as string]) {
      expect(await codeOf(manager.open(id))).toBe('invalid-name');
      expect(await codeOf(manager.openOrCreate(id))).toBe('invalid-name');
      expect(await codeOf(manager.delete(id))).toBe('invalid-name');
      expect(await codeOf(manager.uncache(id))).toBe('invalid-name');
    }
  });

  test('with options that are none fails, and opens nothing', async () => {
    for (const options of [null, 5, { rules: null }, { rules: {} }, { rules: new Map() }] as never[]) {
      expect(await codeOf(manager.open('notes', options))).toBe('invalid-option');
      expect(await codeOf(manager.openOrCreate('notes', options))).toBe('invalid-option');
      expect(await codeOf(manager.openDefault(options))).toBe('invalid-option');
      expect(await codeOf(manager.create(options))).toBe('invalid-option');
    }
    expect(await manager.list()).toEqual([]);
  });

  test('one that another device made downloads it first', async () => {
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert({ text: 'hello' });
    await notes.sync();
    await rest();
    const other = await (await laptop.manager()).open('notes');
    expect(other.table('t').query().count).toBe(1);
    expect(other.syncStatus.hasIncoming).toBe(false);
  });

  test('one that is not cached fails offline, and leaves nothing behind', async () => {
    (await manager.openOrCreate('notes')).close();
    await rest();
    const other = await laptop.manager();
    laptop.link().isOnline = false;
    expect(await codeOf(other.open('notes'))).toBe('network');
    (await laptop.accounts()).setOnline(false);
    expect(await codeOf(other.open('notes'))).toBe('network');
    expect(await laptop.storage.keys('space')).toEqual([]);
    laptop.link().isOnline = true;
    (await laptop.accounts()).setOnline(true);
    expect((await other.open('notes')).id).toBe('notes');
  });

  test('one whose download is interrupted leaves nothing behind', async () => {
    (await manager.openOrCreate('notes')).close();
    await rest();
    const other = await laptop.manager();
    laptop.link().hook = async (call, deliver) => {
      if (call.method === 'send') laptop.link().isOnline = false;
      return await deliver();
    };
    expect(await codeOf(other.open('notes'))).toBe('network');
    expect(await laptop.storage.keys('space')).toEqual([]);
  });

  test('create makes a new shareable datastore every time', async () => {
    const [one, two] = [await manager.create(), await manager.create()];
    expect(isShareableId(one.id)).toBe(true);
    expect(one.id).not.toBe(two.id);
    expect(one.isShareable).toBe(true);
    expect(one.effectiveRole).toBe('owner');
  });

  test('a shareable id that does not exist is not made up', async () => {
    expect(await codeOf(manager.openOrCreate('.made-up'))).toBe('not-found');
  });
});

describe('offline', () => {
  test('a datastore is made, edited, closed and opened again', async () => {
    (await phone.accounts()).setOnline(false);
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert({ n: 1n });
    await notes.sync();
    notes.close();
    expect((await manager.open('notes')).table('t').query().count).toBe(1);
    expect(await manager.list()).toMatchObject([{ id: 'notes', role: 'owner' }]);
  });

  test('two devices make the same datastore, and both edits are in it', async () => {
    const other = await laptop.manager();
    for (const device of [phone, laptop]) device.link().isOnline = false;
    const [mine, theirs] = [await manager.openDefault(), await other.openDefault()];
    mine.table('t').insert({ from: 'phone' });
    theirs.table('t').insert({ from: 'laptop' });
    await Promise.all([mine.sync(), theirs.sync()]);
    for (const device of [phone, laptop]) {
      device.link().isOnline = true;
      (await device.accounts()).setOnline(false);
      (await device.accounts()).setOnline(true);
    }
    for (let round = 0; round < 4; round++) {
      await rest();
      await Promise.all([mine.sync(), theirs.sync()]);
    }
    expect(mine.table('t').query().count).toBe(2);
    expect(theirs.table('t').query().count).toBe(2);
    expect(mine.syncStatus).toMatchObject({ isConnected: true, isUploading: false, isDownloading: false });
  });
});

describe('deleting', () => {
  test('takes a datastore from the server, the list and the storage', async () => {
    (await manager.openOrCreate('notes')).close();
    await rest();
    await manager.delete('notes');
    expect(await manager.list()).toEqual([]);
    expect(await codeOf(manager.open('notes'))).toBe('not-found');
    expect((await phone.storage.keys('space')).filter((key) => key.includes('notes'))).toEqual([]);
  });

  test('what is open, or does not exist, fails', async () => {
    const notes = await manager.openOrCreate('notes');
    expect(await codeOf(manager.delete('notes'))).toBe('already-open');
    notes.close();
    await manager.delete('notes');
    expect(await codeOf(manager.delete('notes'))).toBe('not-found');
    expect(await codeOf((await (await phone.accounts()).localManager()).delete('notes'))).toBe('not-found');
  });

  test('what the server has fails offline, and is not lost', async () => {
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert({});
    await notes.sync();
    await rest();
    notes.close();
    phone.link().isOnline = false;
    expect(await codeOf(manager.delete('notes'))).toBe('network');
    expect((await manager.open('notes')).table('t').query().count).toBe(1);
  });

  test('what the server was never told of works offline', async () => {
    phone.link().isOnline = false;
    (await manager.openOrCreate('notes')).close();
    await manager.delete('notes');
    expect(await manager.list()).toEqual([]);
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    expect(await manager.list()).toEqual([]);
  });

  test('another’s datastore is not permitted', async () => {
    const shared = await manager.create();
    shared.setRole('public', 'editor');
    await shared.sync();
    await rest();
    const other = await laptop.manager('sam');
    (await other.open(shared.id)).close();
    expect(await codeOf(other.delete(shared.id))).toBe('not-permitted');
  });

  test('on one device shows on another that has it open', async () => {
    (await manager.openOrCreate('notes')).close();
    await rest();
    const other = await laptop.manager();
    const notes = await other.open('notes');
    await rest();
    await manager.delete('notes');
    await rest();
    expect(notes.syncStatus).toMatchObject({ needsReset: true, downloadError: { code: 'not-found' } });
    expect(await codeOf(notes.sync())).toBe('not-found');
    notes.close();
    await other.uncache('notes');
    const anew = await other.openOrCreate('notes');
    await rest();
    expect(anew.syncStatus).toMatchObject({ needsReset: false, isDownloading: false });
  });

  test('and making it again gives another datastore, which the old edits do not enter', async () => {
    const notes = await manager.openOrCreate('notes');
    await rest();
    const other = await laptop.manager();
    const old = await other.open('notes');
    await rest();
    notes.close();
    await manager.delete('notes');
    (await manager.openOrCreate('notes')).close();
    await rest();
    old.table('t').insert({ text: 'for the old one' });
    expect(await codeOf(old.sync())).toBe('not-found');
    old.close();
    const again = await manager.open('notes');
    expect(again.table('t').query().count).toBe(0);
  });
});

describe('uncaching', () => {
  test('discards edits that were not uploaded, and downloads all the next time', async () => {
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert({ text: 'uploaded' });
    await notes.sync();
    await rest();
    phone.link().isOnline = false;
    notes.table('t').insert({ text: 'not uploaded' });
    await notes.sync();
    expect(notes.syncStatus.isUploading).toBe(true);
    expect(await codeOf(manager.uncache('notes'))).toBe('already-open');
    notes.close();
    await manager.uncache('notes');
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    const again = await manager.open('notes');
    expect([...again.table('t').query()].map((record) => record.getString('text'))).toEqual(['uploaded']);
  });

  test('what is not cached does nothing; what is local fails', async () => {
    await manager.uncache('notes');
    const local = await (await phone.accounts()).localManager();
    (await local.openDefault()).close();
    expect(await codeOf(local.uncache('default'))).toBe('bad-state');
    expect(await local.list()).toHaveLength(1);
  });
});

describe('the list', () => {
  test('shows id, title, time and role, sorted by id', async () => {
    const notes = await manager.openOrCreate('notes');
    notes.setTitle('My notes');
    await notes.sync();
    (await manager.openDefault()).close();
    await rest();
    expect(await manager.list()).toEqual([
      { id: 'default', title: undefined, mtime: undefined, role: 'owner', isShareable: false, isWritable: true },
      { id: 'notes', title: 'My notes', mtime: notes.mtime, role: 'owner', isShareable: false, isWritable: true },
    ]);
    expect(notes.mtime?.getTime()).toBe(phone.environment.now());
  });

  test('shows what this device has, as long as that is not uploaded', async () => {
    const notes = await manager.openOrCreate('notes');
    notes.setTitle('first');
    await notes.sync();
    await rest();
    phone.link().isOnline = false;
    notes.setTitle('second');
    await notes.sync();
    expect(await manager.list()).toMatchObject([{ title: 'second' }]);
    const other = await (await laptop.manager()).open('notes');
    other.setTitle('third');
    await other.sync();
    await rest();
    expect(await (await laptop.manager()).list()).toMatchObject([{ title: 'third' }]);
    expect(await manager.list()).toMatchObject([{ title: 'second' }]);
  });

  test('shows another’s datastore once it was opened, with the role it is open in', async () => {
    const shared = await manager.create();
    shared.setRole('public', 'viewer');
    await shared.sync();
    await rest();
    const other = await laptop.manager('sam');
    const seen = await other.open(shared.id);
    expect(seen.effectiveRole).toBe('viewer');
    expect(() => seen.table('t').insert({})).toThrow(expect.objectContaining({ code: 'not-permitted' }));
    expect(await other.list()).toMatchObject([{ id: shared.id, role: 'viewer', isShareable: true, isWritable: false }]);
  });

  test('survives a restart, and is shown offline', async () => {
    (await manager.openOrCreate('notes')).close();
    await rest();
    await manager.list();
    const next = phone.restarted();
    const again = await next.manager();
    next.link().isOnline = false;
    expect(await again.list()).toMatchObject([{ id: 'notes' }]);
  });

  test('fails with what the link fails with, other than the network', async () => {
    server.removeAccount('ann');
    expect(await codeOf(manager.list())).toBe('unauthorized');
  });
});

describe('a listener of the list', () => {
  test('hears of datastores that appear here and elsewhere, of titles and of deletions, once each', async () => {
    const seen: string[] = [];
    const listener = async (changed: DatastoreManager): Promise<void> => {
      const list = await changed.list();
      seen.push(list.map(({ id, title }) => `${id} ${title ?? '-'}`).join());
    };
    manager.addListListener(listener);
    manager.addListListener(listener);
    await rest();
    const notes = await (await laptop.manager()).openOrCreate('notes');
    await rest();
    notes.setTitle('Notes');
    await notes.sync();
    await rest();
    notes.close();
    await (await laptop.manager()).delete('notes');
    await rest();
    expect(seen.filter((line, at) => line !== seen[at - 1])).toEqual(['notes -', 'notes Notes', '']);
    manager.removeListListener(listener);
    const { length } = seen;
    (await manager.openOrCreate('more')).close();
    await rest();
    expect(seen).toHaveLength(length);
  });

  test('keeps the background exchange running; the last one that goes ends it', async () => {
    const nothing = (): void => undefined;
    expect(phone.environment.timerCount).toBe(0);
    manager.removeListListener(nothing);
    phone.link().isOnline = false;
    manager.addListListener(nothing);
    await rest();
    expect(phone.environment.timerCount).toBe(1);
    manager.removeListListener(nothing);
    expect(phone.environment.timerCount).toBe(0);
  });

  test('that throws is reported, and disturbs nobody', async () => {
    let heard = 0;
    manager.addListListener(() => {
      throw new Error('broken listener');
    });
    manager.addListListener(() => heard++);
    (await manager.openOrCreate('notes')).close();
    await rest();
    expect(heard).toBeGreaterThan(0);
    expect(phone.failures).toContainEqual(new Error('broken listener'));
  });

  test('hears nothing once the manager is shut down', async () => {
    let heard = 0;
    manager.addListListener(() => heard++);
    await manager.shutDown();
    manager.addListListener(() => heard++);
    manager.removeListListener(() => heard++);
    (await (await phone.manager()).openOrCreate('notes')).close();
    await rest();
    expect(heard).toBe(0);
  });
});

describe('shutting down', () => {
  test('closes what is open, and everything fails from then on', async () => {
    const notes = await manager.openOrCreate('notes');
    expect([manager.isShutDown, manager.isLocal]).toEqual([false, false]);
    await manager.shutDown();
    await manager.shutDown();
    expect(manager.isShutDown).toBe(true);
    expect(notes.isOpen).toBe(false);
    expect(() => notes.table('t').insert({})).toThrow(expect.objectContaining({ code: 'shut-down' }));
    expect(await codeOf(notes.sync())).toBe('shut-down');
    for (const call of [
      () => manager.openDefault(),
      () => manager.open('notes'),
      () => manager.openOrCreate('notes'),
      () => manager.create(),
      () => manager.delete('notes'),
      () => manager.uncache('notes'),
      () => manager.list(),
    ]) {
      expect(await codeOf(call())).toBe('shut-down');
    }
    const account = await phone.account();
    expect(await codeOf(manager.migrateToAccount(account))).toBe('shut-down');
  });

  test('keeps what was synced for the next manager, which uploads it', async () => {
    phone.link().isOnline = false;
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert({ text: 'synced' });
    await notes.sync();
    notes.table('t').insert({ text: 'not synced' });
    await manager.shutDown();
    expect(phone.environment.timerCount).toBe(0);
    phone.link().isOnline = true;
    const next = await phone.manager();
    expect(next).not.toBe(manager);
    await rest();
    const other = await (await laptop.manager()).open('notes');
    expect([...other.table('t').query()].map((record) => record.getString('text'))).toEqual(['synced']);
  });

  test('can be left to await using', async () => {
    {
      await using scoped = manager;
      await scoped.openDefault();
    }
    expect(manager.isShutDown).toBe(true);
  });

  test('ends what is being opened', async () => {
    const opening = codeOf(manager.openOrCreate('notes'));
    await manager.shutDown();
    expect(await opening).toBe('shut-down');
  });
});
