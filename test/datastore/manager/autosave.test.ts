/** Edits are on the disk soon after they are made, without `sync()`. */

import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  AccountManager,
  type AccountManagerOptions,
  type Batch,
  type Datastore,
  DEFAULT_AUTOSAVE_DELAY,
  type LinkHook,
  MemoryServer,
} from '../../../src/datastore/index.js';
import { settled } from '../../../src/datastore/testing/index.js';
import { flushWhenHidden } from '../../../src/storage/indexeddb/flush-when-hidden.js';
import { Replica } from '../../../src/sync/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';
import { Disk } from './support/disk.js';

let server: MemoryServer;
let phone: Device;
let notes: Datastore;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  notes = await (await phone.manager()).openOrCreate('notes');
  await phone.rest();
});

async function rest(device = phone): Promise<void> {
  await device.environment.advance(DEFAULT_AUTOSAVE_DELAY);
}

function add(text: string, datastore = notes): void {
  datastore.table('t').insert(text, {});
}

function ids(datastore: Datastore): string[] {
  return [...datastore.table('t').query()].map(({ id }) => id).sort();
}

/** The datastore as the device has it after a crash now. */
async function afterCrash(device = phone): Promise<Datastore> {
  return await (await device.restarted().manager()).openOrCreate('notes');
}

describe('an edit', () => {
  test('is on the disk soon after it was made: open again after a crash, and not sent', async () => {
    add('first');
    await phone.environment.advance(DEFAULT_AUTOSAVE_DELAY - 1);
    expect(ids(await afterCrash())).toEqual([]);
    await phone.environment.advance(1);
    const again = await afterCrash();
    expect(ids(again)).toEqual(['first']);
    expect([again.syncStatus.hasOutgoing, again.syncStatus.isUploading]).toEqual([true, false]);
    await phone.environment.advance(600_000);
    expect(server.sequencer('ann', 'notes').revision).toBe(0);
  });

  test('is on the disk even if the user edits without a pause', async () => {
    for (let at = 0; at < 20; at++) {
      add(`n${at}`);
      await phone.environment.advance(DEFAULT_AUTOSAVE_DELAY / 5);
    }
    expect(ids(await afterCrash()).length).toBeGreaterThan(12);
  });

  test('that was saved is dropped by a rollback, before a crash and after it', async () => {
    add('dropped');
    await rest();
    const again = await afterCrash();
    again.rollback();
    expect(ids(again)).toEqual([]);
    notes.rollback();
    await rest();
    expect(ids(await afterCrash())).toEqual([]);
  });

  test('that was saved is sealed and sent by a later sync, once', async () => {
    add('first');
    await rest();
    const next = phone.restarted();
    const again = await (await next.manager()).openOrCreate('notes');
    add('second', again);
    await again.sync();
    await next.rest();
    expect(ids(again)).toEqual(['first', 'second']);
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
  });

  test('of a local datastore is saved as well', async () => {
    const local = await (await (await phone.accounts()).localManager()).openOrCreate('notes');
    add('here', local);
    await rest();
    const again = await (await (await phone.restarted().accounts()).localManager()).openOrCreate('notes');
    expect(ids(again)).toEqual(['here']);
    again.rollback();
    expect(ids(again)).toEqual([]);
  });

  test('leaves no timer behind once it is on the disk', async () => {
    add('first');
    await notes.sync();
    await phone.rest();
    expect(phone.environment.timerCount).toBe(0);
    add('second');
    await rest();
    expect(phone.environment.timerCount).toBe(0);
  });
});

describe('a storage that fails', () => {
  test('is tried again, and shows in the status until it works', async () => {
    const write = phone.storage.write.bind(phone.storage);
    phone.storage.write = () => Promise.reject(new Error('the disk is full'));
    add('first');
    await rest();
    expect([notes.syncStatus.saveError?.code, notes.syncStatus.anyError?.code]).toEqual(['storage', 'storage']);
    expect(await codeOf((await phone.manager()).flush())).toBe('storage');
    phone.storage.write = write;
    await phone.environment.advance(10_000);
    expect(notes.syncStatus.saveError).toBeUndefined();
    expect(ids(await afterCrash())).toEqual(['first']);
  });

  test('is heard of where nobody can be told any more', async () => {
    phone.storage.write = () => Promise.reject(new Error('the disk is full'));
    add('first');
    await (await phone.manager()).shutDown();
    expect(phone.failures).toMatchObject([{ code: 'storage' }]);
  });
});

describe('closing', () => {
  test('keeps what was not synced, for the next time the datastore is opened', async () => {
    const manager = await phone.manager();
    add('first');
    notes.close();
    expect(ids(await manager.openOrCreate('notes'))).toEqual(['first']);
    await phone.rest();
    const again = await afterCrash();
    expect([ids(again), again.syncStatus.hasOutgoing]).toEqual([['first'], true]);
  });

  test('keeps what was edited during a commit, and nothing of the commit', async () => {
    phone.link().hook = () => new Promise(() => undefined);
    add('committed');
    const outcome = codeOf(notes.commit());
    add('later');
    notes.close();
    expect(await outcome).toBe('closed');
    await phone.rest();
    expect(ids(await (await phone.manager()).openOrCreate('notes'))).toEqual(['later']);
    expect(ids(await afterCrash())).toEqual(['later']);
  });

  test('leaves merging to the background, which seals nothing', async () => {
    const laptop = new Device(server);
    const theirs = await (await laptop.manager()).open('notes');
    phone.link().isOnline = false;
    add('synced');
    await notes.sync();
    add('open');
    notes.close();
    add('theirs', theirs);
    await theirs.sync();
    await laptop.rest();
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    await laptop.rest();
    await theirs.sync();
    expect(ids(theirs)).toEqual(['synced', 'theirs']);
    const again = await (await phone.manager()).open('notes');
    expect(ids(again)).toEqual(['open', 'synced', 'theirs']);
    again.rollback();
    expect(ids(again)).toEqual(['synced', 'theirs']);
  });

  test('an account with edits that were not synced is none to migrate to', async () => {
    add('first');
    const accounts = await phone.accounts();
    await (await phone.manager()).shutDown();
    const local = await accounts.localManager();
    expect(await codeOf(local.migrateToAccount(await phone.account()))).toBe('bad-state');
  });
});

describe('a commit', () => {
  test('of edits that were saved is doubled by no crash, and loses nothing that was edited later', async () => {
    for (let crash = 1; crash < 30; crash++) {
      const device = await crashing(crash);
      if (device === undefined) return expect(crash).toBeGreaterThan(5);
      const next = device.restarted();
      const again = await (await next.manager()).openOrCreate('seats');
      await next.environment.advance(10_000);
      await again.sync();
      await next.environment.advance(10_000);
      await again.sync();
      const list = again.table('t').get('r')?.getList('items').toArray() ?? [];
      expect(new Set(list).size, `a crash at write ${crash}: ${String(list)}`).toBe(list.length);
    }
    throw new Error('the script never ends');
  });

  /** A device that edits, is saved, commits and edits, and writes nothing after some write. */
  async function crashing(crash: number): Promise<Device | undefined> {
    let writes = 0;
    class CrashingDisk extends Disk {
      override async write(batch: Batch): Promise<void> {
        if (++writes >= crash) return await new Promise(() => undefined);
        await super.write(batch);
      }
    }
    const device = new Device(addAccounts(new MemoryServer()), new CrashingDisk());
    const run = async (): Promise<void> => {
      const seats = await (await device.manager()).openOrCreate('seats');
      const items = seats.table('t').getOrInsert('r').getOrCreateList('items');
      items.push('saved');
      await rest(device);
      void seats.commit().catch(() => undefined);
      items.push('during');
      await rest(device);
      await device.rest();
    };
    await Promise.race([run(), settled().then(settled).then(settled).then(settled)]);
    await rest(device);
    await rest(device);
    return writes >= crash ? device : undefined;
  }
});

describe('flush', () => {
  test('writes at once', async () => {
    add('first');
    await (await phone.manager()).flush();
    expect(ids(await afterCrash())).toEqual(['first']);
    add('second');
    await (await phone.accounts()).flush();
    expect(ids(await afterCrash())).toEqual(['first', 'second']);
  });

  test('waits for what is being written', async () => {
    let release: () => void = () => undefined;
    const write = phone.storage.write.bind(phone.storage);
    phone.storage.write = async (batch) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await write(batch);
    };
    add('first');
    await rest();
    let isFlushed = false;
    void (await phone.manager()).flush().then(() => {
      isFlushed = true;
    });
    await settled();
    expect(isFlushed).toBe(false);
    phone.storage.write = write;
    release();
    await settled();
    expect([isFlushed, ids(await afterCrash())]).toEqual([true, ['first']]);
  });

  test('fails once the manager is shut down', async () => {
    const manager = await phone.manager();
    await manager.shutDown();
    expect(await codeOf(manager.flush())).toBe('shut-down');
  });

  test('is called when the page is hidden or left', () => {
    const listeners = new Map<string, () => void>();
    const target = {
      visibilityState: 'visible',
      addEventListener: (type: string, listener: () => void) => void listeners.set(type, listener),
      removeEventListener: (type: string) => void listeners.delete(type),
    };
    let flushes = 0;
    const accounts = {
      flush: (): Promise<void> => {
        flushes++;
        return Promise.reject(new Error('the disk is full'));
      },
    };
    const end = flushWhenHidden(accounts, { window: target, document: target });
    listeners.get('visibilitychange')?.();
    expect(flushes).toBe(0);
    target.visibilityState = 'hidden';
    listeners.get('visibilitychange')?.();
    listeners.get('pagehide')?.();
    expect(flushes).toBe(2);
    end();
    expect(listeners.size).toBe(0);
    expect(flushWhenHidden(accounts, {})()).toBeUndefined();
  });
});

describe('switched off', () => {
  async function open(options: Pick<AccountManagerOptions, 'autosave'>, device: Device): Promise<Datastore> {
    const accounts = await AccountManager.open({
      storage: device.storage,
      environment: device.environment,
      connect: (id) => server.link(id),
      ...options,
    });
    return await (await accounts.managerFor(await accounts.link('ann'))).openOrCreate('notes');
  }

  test('only sync saves, and closing drops the rest', async () => {
    const device = new Device(server);
    const off = await open({ autosave: false }, device);
    add('synced', off);
    await off.sync();
    add('unsynced', off);
    await device.environment.advance(60_000);
    await off.manager;
    const next = device.restarted();
    expect(ids(await open({}, next))).toEqual(['synced']);
    off.close();
    await device.rest();
    expect(ids(await open({}, device.restarted()))).toEqual(['synced']);
  });

  test('shows what was saved while it was on, and another delay is taken', async () => {
    const device = new Device(server);
    const on = await open({ autosave: 10 }, device);
    add('unsynced', on);
    await device.environment.advance(10);
    const off = await open({ autosave: false }, device.restarted());
    expect(ids(off)).toEqual(['unsynced']);
    await off.sync();
    expect(ids(off)).toEqual(['unsynced']);
  });

  test.each([-1, Number.NaN, '5', true, null])('%j is no delay', async (autosave) => {
    expect(await codeOf(open({ autosave: autosave as never }, new Device(server)))).toBe('invalid-option');
  });
});

describe('saving by itself', () => {
  test('costs what was edited, in bytes and in work', async () => {
    let [bytes, writes] = [0, 0];
    const write = phone.storage.write.bind(phone.storage);
    phone.storage.write = async (batch) => {
      writes++;
      for (const [key, value] of batch.puts ?? []) bytes += key.length + value.length;
      await write(batch);
    };
    for (let at = 0; at < 400; at++) notes.table('big').insert(`r${at}`, { text: 'x'.repeat(2000) });
    const text = notes.table('t').insert('page', {}).getOrCreateList('text');
    text.push(...'to be or not to be '.repeat(100));
    await notes.sync();
    await phone.rest();
    text.insert(0, 'T');
    await rest();
    [bytes, writes] = [0, 0];
    const save = vi.spyOn(Replica.prototype, 'save');
    const before = [...text.toArray()].length;
    for (let at = 0; at < 300; at++) {
      text.insert(500 + at, 'k');
      await rest();
    }
    expect(save).not.toHaveBeenCalled();
    save.mockRestore();
    expect(writes).toBe(300);
    // A key, the change with table, record and field, a checksum.
    expect(bytes / 300).toBeLessThan(90);
    const again = await afterCrash();
    expect(again.table('t').get('page')?.getList('text').length).toBe(before + 300);
    const typed = bytes;
    await notes.sync();
    await phone.rest();
    // As it is sealed, what was typed is written once more; and once the log has it, what undoes it.
    expect(bytes - typed).toBeLessThan(1.5 * typed);
  });

  test('goes on in a log of the format before it, which gets a new base first', async () => {
    await notes.sync();
    await phone.rest();
    const base = await phone.storage.get('space-1/data/notes');
    if (base === undefined) throw new Error('the datastore is stored');
    const old = Uint8Array.from(base);
    expect(old[0]).toBe(3);
    old[0] = 1;
    new DataView(old.buffer).setUint32(old.length - 4, crc32(old.subarray(0, -4)));
    const disk = phone.storage.copy();
    const lease = await disk.acquire();
    const deletes = await phone.storage.keys('space-1/log/');
    await lease.write({ puts: [['space-1/data/notes', old]], deletes });
    await lease.release();
    const device = new Device(server, disk);
    const opened = await (await device.manager()).open('notes');
    add('first', opened);
    await rest(device);
    expect((await device.storage.get('space-1/data/notes'))?.[0]).toBe(3);
    expect(ids(await afterCrash(device))).toEqual(['first']);
  });

  test('writes a new base once the edits outgrow it', async () => {
    for (let at = 0; at < 200; at++) {
      notes
        .table('t')
        .getOrInsert('r')
        .set('text', `${at} ${'x'.repeat(100)}`);
      await rest();
    }
    expect((await phone.storage.keys('space-1/log/')).length).toBeLessThan(60);
    expect((await afterCrash()).table('t').get('r')?.getString('text')).toMatch(/^199 /);
  });

  test.each(['sum', 'remote'] as const)('keeps the rule of the latest edit: %s', async (rule) => {
    const laptop = new Device(server);
    const theirs = await (await laptop.manager()).open('notes');
    notes.table('t').setResolutionRule('n', 'sum');
    notes.table('t').getOrInsert('r').set('n', 1n);
    await rest();
    notes.table('t').setResolutionRule('n', rule);
    notes.table('t').getOrInsert('r').set('n', 10n);
    await rest();
    const device = phone.restarted();
    theirs.table('t').getOrInsert('r').set('n', 7n);
    await theirs.sync();
    await laptop.rest();
    const again = await (await device.manager()).open('notes');
    await again.loadDeltas();
    expect(again.table('t').get('r')?.getLong('n')).toBe(rule === 'sum' ? 17n : 7n);
  });
});

test('links may hang while edits are saved', async () => {
  const hang: LinkHook = () => new Promise(() => undefined);
  phone.link().hook = hang;
  add('first');
  void notes.sync();
  add('second');
  await rest();
  expect(ids(await afterCrash())).toEqual(['first', 'second']);
});
