import { beforeEach, describe, expect, test } from 'vitest';
import {
  type AccountManagerOptions,
  type Datastore,
  MemoryServer,
  ServiceError,
  type UnsentEdits,
} from '../../../src/datastore/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';

let server: MemoryServer;
let phone: Device;

beforeEach(() => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
});

/** A datastore with one uploaded record, one that was synced and whose put failed, and one that was not synced. */
async function edited(device: Device): Promise<Datastore> {
  const notes = await (await device.manager()).openOrCreate('notes');
  notes.table('t').insert('uploaded', {});
  await notes.sync();
  await device.rest();
  device.link().isOnline = false;
  notes.table('t').insert('synced', {});
  await notes.sync();
  notes.table('t').insert('open', {});
  return notes;
}

/** What was handed over: the records that were inserted, and those that there were. */
function told({ datastores }: UnsentEdits): unknown[] {
  return datastores.map(({ id, deltas, rows, isFirstInDoubt }) => ({
    id,
    edits: deltas.map((delta) => delta.changes.filter(({ table }) => table === 't').map(({ record }) => record)),
    rows: rows.filter(({ tid }) => tid === 't').map(({ rowid }) => rowid),
    isFirstInDoubt,
  }));
}

const LEFT = [
  { id: 'notes', edits: [['synced'], ['open']], rows: ['open', 'synced', 'uploaded'], isFirstInDoubt: true },
];

describe('unlinking an account with edits that were not uploaded', () => {
  test('hands them over before anything is deleted', async () => {
    await edited(phone);
    const heard: unknown[] = [];
    const unsent = await (await phone.account()).unlink({
      handOver: async (edits) => {
        heard.push(told(edits), (await phone.storage.keys('space')).length > 0);
      },
    });
    expect(heard).toEqual([LEFT, true]);
    expect([told(unsent), await phone.storage.keys('space')]).toEqual([LEFT, []]);
  });

  test('hands over those of datastores that are not open, and of a manager that does not run', async () => {
    const notes = await edited(phone);
    notes.close();
    await phone.rest();
    const offline = phone.restarted();
    offline.isOnline = false;
    expect(told(await (await offline.account()).unlink())).toEqual(LEFT);
    await (await phone.manager()).shutDown();
    expect(told(await (await phone.account()).unlink())).toEqual(LEFT);
  });

  test('deletes nothing if they cannot be handed over', async () => {
    await edited(phone);
    const ann = await phone.account();
    const handOver = (): never => {
      throw new ServiceError('storage', 'the disk is full');
    };
    expect(await codeOf(ann.unlink({ handOver }))).toBe('storage');
    expect(ann.isLinked).toBe(true);
    const notes = await (await phone.manager()).open('notes');
    expect(notes.table('t').query().count).toBe(3);
  });

  test('hands over what could not be stored', async () => {
    await edited(phone);
    phone.storage.write = () => Promise.reject(new ServiceError('storage', 'the disk is full'));
    const heard: unknown[] = [];
    const ann = await phone.account();
    const unlinked = codeOf(ann.unlink({ handOver: (edits) => void heard.push(told(edits)) }));
    expect([await unlinked, heard]).toEqual(['storage', [LEFT]]);
  });

  test('names a datastore that cannot be read', async () => {
    const notes = await edited(phone);
    notes.close();
    await phone.rest();
    const [key = ''] = await phone.storage.keys('space-1/data/');
    const device = new Device(server, await phone.storage.with(key, new Uint8Array([9, 9])));
    device.isOnline = false;
    const { datastores, unreadable } = await (await device.account()).unlink();
    expect([datastores, unreadable]).toMatchObject([[], [{ id: 'notes', error: { code: expect.any(String) } }]]);
  });

  test('ends with the account manager, and deletes nothing then', async () => {
    await edited(phone);
    const accounts = await phone.accounts();
    const unlinked = codeOf((await phone.account()).unlink({ handOver: () => new Promise(() => undefined) }));
    await phone.rest();
    await accounts.close();
    expect(await unlinked).toBe('shut-down');
    const offline = phone.restarted();
    offline.isOnline = false;
    expect((await (await offline.manager()).open('notes')).table('t').query().count).toBe(3);
  });
});

describe('an account that the server has deleted', () => {
  async function gone(onAccountGone?: AccountManagerOptions['onAccountGone']): Promise<Datastore> {
    await phone.accounts(onAccountGone === undefined ? {} : { onAccountGone });
    const notes = await edited(phone);
    server.deleteAccount('ann');
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    return notes;
  }

  test('is unlinked once its edits were handed over', async () => {
    const heard: unknown[] = [];
    const notes = await gone((account, unsent) => void heard.push(account.isLinked, told(unsent)));
    expect(heard).toEqual([true, LEFT]);
    expect([(await phone.accounts()).linkedAccounts, notes.isOpen, await phone.storage.keys('space')]).toEqual([
      ...[[], false, []],
    ]);
    expect([phone.failures, phone.environment.timerCount]).toEqual([[], 0]);
  });

  test('is suspended, and nothing is deleted, where nobody takes them', async () => {
    const notes = await gone();
    const ann = await phone.account();
    expect([ann.isLinked, ann.authorizationError?.code, notes.table('t').query().count]).toEqual([
      ...[true, 'account-gone', 3],
    ]);
    expect(phone.environment.timerCount).toBe(0);
    expect(told(await ann.unlink())).toEqual(LEFT);
  });

  test('stays if they could not be taken, and is asked again at the next start', async () => {
    await gone(() => Promise.reject(new Error('no room')));
    expect(phone.failures).toEqual([new Error('no room')]);
    expect((await phone.account()).isLinked).toBe(true);
    const next = phone.restarted();
    const heard: unknown[] = [];
    await next.accounts({ onAccountGone: (_, unsent) => void heard.push(told(unsent)) });
    await next.rest();
    expect(heard).toEqual([LEFT]);
    expect(await next.storage.keys('space')).toEqual([]);
  });

  test('loses nothing at any write, unless its edits were handed over', async () => {
    for (let write = 0; ; write++) {
      addAccounts(server);
      const device = new Device(server);
      let taken = 0;
      await device.accounts({ onAccountGone: () => void taken++ });
      const notes = await edited(device);
      let left = write;
      const storage = device.storage.copy(() => {
        if (left-- <= 0) throw new Error('crash');
      });
      server.deleteAccount('ann');
      notes.close();
      await device.rest();
      const crashing = new Device(server, storage);
      await codeOf(crashing.accounts({ onAccountGone: () => void taken++ }));
      await crashing.rest();
      const after = new Device(server, storage.copy());
      after.isOnline = false;
      const [ann] = (await after.accounts()).linkedAccounts;
      if (ann === undefined) expect(taken).toBeGreaterThan(0);
      else expect(told(await ann.unlink())).toHaveLength(1);
      if (left > 0) break;
    }
  });
});

describe('an answer to credentials that were replaced', () => {
  /** Holds the next call of a method back, and then rejects it as `unauthorized`. */
  function late(device: Device, method: string): () => void {
    let answer = (): void => undefined;
    let isHeld = false;
    device.link().hook = async (call, deliver) => {
      if (call.method !== method || isHeld) return await deliver();
      isHeld = true;
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      throw new ServiceError('unauthorized', 'the token has expired');
    };
    return () => answer();
  }

  test.each([
    ['a call that began later succeeded', async (device: Device) => void (await (await device.manager()).list())],
    ['the user has signed in again', async (device: Device) => (await device.account()).resume()],
  ])('does not suspend the account where %s: the call is tried again', async (_, renew) => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    const answer = late(phone, 'send');
    notes.table('t').insert('one', {});
    await notes.sync();
    await phone.rest();
    await renew(phone);
    answer();
    await phone.environment.advance(2000);
    expect((await phone.account()).authorizationError).toBeUndefined();
    expect(server.sequencer('ann', 'notes').get('t', 'one')).toBeDefined();
  });

  test('suspends the account where nothing has replaced them', async () => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    const answer = late(phone, 'send');
    notes.table('t').insert('one', {});
    await notes.sync();
    await phone.rest();
    answer();
    await phone.rest();
    expect((await phone.account()).authorizationError?.code).toBe('unauthorized');
  });
});
