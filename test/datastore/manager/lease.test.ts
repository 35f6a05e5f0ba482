/** One account manager at a time uses a storage. */

import { beforeEach, describe, expect, test } from 'vitest';
import { type AccountManager, type Datastore, MemoryServer } from '../../../src/datastore/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';

let server: MemoryServer;
let phone: Device;

beforeEach(() => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
});

/** Another account manager on the storage of a device, as another tab or a hot reload makes. */
function another(device: Device): Device {
  return new Device(server, device.storage.again());
}

function texts(datastore: Datastore): string[] {
  return [...datastore.table('t').query()].map((record) => record.getString('text')).sort();
}

async function open(device: Device): Promise<Datastore> {
  return await (await device.manager()).openOrCreate('notes');
}

describe('a second account manager on a storage', () => {
  test('fails at once, and disturbs nobody', async () => {
    const notes = await open(phone);
    expect(await codeOf(another(phone).accounts())).toBe('already-open');
    notes.table('t').insert({ text: 'x' });
    expect(await codeOf(notes.sync())).toBe('resolved');
  });

  test('waits where it is asked to, and finds everything that was synced', async () => {
    const notes = await open(phone);
    const waiting = another(phone);
    let next: AccountManager | undefined;
    const opened = waiting.accounts({ wait: true }).then((accounts) => {
      next = accounts;
    });
    notes.table('t').insert({ text: 'x' });
    const synced = codeOf(notes.sync());
    await phone.rest();
    expect(next).toBeUndefined();
    notes.table('t').insert({ text: 'y' });
    const last = codeOf(notes.sync());
    await (await phone.accounts()).close();
    await opened;
    expect([await synced, await last]).toEqual(['resolved', 'resolved']);
    expect(texts(await open(waiting))).toEqual(['x', 'y']);
  });

  test('gives up when its signal aborts', async () => {
    await open(phone);
    const abort = new AbortController();
    const opened = codeOf(another(phone).accounts({ wait: abort.signal }));
    abort.abort();
    expect(await opened).toBe('already-open');
  });

  test('can open it after one that could not be opened', async () => {
    const damaged = new Device(server, await phone.storage.with('device', Uint8Array.of(1)));
    expect(await codeOf(damaged.accounts())).toBe('corrupt-data');
    expect(await codeOf(another(damaged).accounts())).toBe('corrupt-data');
  });
});

describe('closing an account manager', () => {
  test('ends all its managers; later calls fail, and closing again does nothing', async () => {
    const accounts = await phone.accounts();
    const account = await phone.account();
    const [manager, local] = [await phone.manager(), await accounts.localManager()];
    await accounts.close();
    await accounts.close();
    expect([manager.isShutDown, local.isShutDown]).toEqual([true, true]);
    const calls = [accounts.link('sam'), accounts.managerFor(account), accounts.localManager(), account.unlink()];
    expect(await Promise.all(calls.map(codeOf))).toEqual(['shut-down', 'shut-down', 'shut-down', 'shut-down']);
    expect(account.isLinked).toBe(true);
    expect((await another(phone).accounts()).linkedAccounts.map(({ id }) => id)).toEqual(['ann']);
    expect(phone.failures).toEqual([]);
  });
});

describe('a lease that was lost', () => {
  test('fails the sync, shows in the status, and leaves the edits in memory and the other’s data alone', async () => {
    const notes = await open(phone);
    await phone.rest();
    phone.storage.memory.kill();
    const other = another(phone);
    const theirs = await open(other);
    theirs.table('t').insert({ text: 'theirs' });
    await theirs.sync();
    await other.rest();
    const stored = await other.storage.datastore('space-1', 'notes');
    notes.table('t').insert({ text: 'mine' });
    expect(await codeOf(notes.sync())).toBe('lease-lost');
    await phone.environment.advance(600_000);
    expect(notes.syncStatus.uploadError).toMatchObject({ code: 'lease-lost' });
    expect(texts(notes)).toContain('mine');
    expect(await other.storage.datastore('space-1', 'notes')).toEqual(stored);
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
    expect(await codeOf((await phone.accounts()).close())).toBe('resolved');
    theirs.table('t').insert({ text: 'more' });
    expect(await codeOf(theirs.sync())).toBe('resolved');
  });
});

test('a power cut loses the nonce of nothing that was sent', async () => {
  const notes = await open(phone);
  await phone.rest();
  const afterCut: unknown[] = [];
  const sent: unknown[] = [];
  phone.link().hook = async ({ message }, deliver) => {
    if (message?.type === 'put') {
      sent.push(message.nonce);
      const copy = phone.storage.copy();
      copy.memory.cutPower();
      afterCut.push(await copy.datastore('space-1', 'notes'));
    }
    return await deliver();
  };
  for (const text of ['x', 'y']) {
    notes.table('t').insert({ text });
    await notes.sync();
    await phone.rest();
  }
  expect(sent).toHaveLength(2);
  expect(afterCut).toMatchObject(sent.map((nonce) => ({ replica: { nonce } })));
});
