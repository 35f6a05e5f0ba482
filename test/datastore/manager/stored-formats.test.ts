import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  AccountManager,
  type Datastore,
  inspectStorage,
  MemoryServer,
  MemoryStorage,
} from '../../../src/datastore/index.js';
import { ManualEnvironment } from '../../../src/datastore/testing/index.js';

const FOLDER = resolve(import.meta.dirname, '../../fixtures/storage');
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

/** What a later version has to find: the text of the record `b`, as far as it was stored. */
const TEXTS: Readonly<Record<string, string>> = {
  ...{ 'v1.json': 'second', 'v2.json': 'third', 'v3.json': 'third' },
  'v3-ended.json': 'seventh',
};

/** And what its text is after one undo, two, and so on, as far as a history was stored. */
const UNDONE: Readonly<Record<string, readonly unknown[]>> = {
  'v3.json': ['second', undefined, undefined, undefined],
  'v3-ended.json': ['sixth', 'fifth', 'fourth', 'third', 'second', undefined, undefined, undefined],
};

async function load(name: string): Promise<MemoryStorage> {
  const values = JSON.parse(readFileSync(resolve(FOLDER, name), 'utf8')) as Record<string, string>;
  const storage = new MemoryStorage();
  const lease = await storage.acquire();
  const puts = Object.entries(values).map(([key, text]) => [key, new Uint8Array(Buffer.from(text, 'base64'))] as const);
  await lease.write({ puts });
  await lease.release();
  return storage;
}

async function open(storage: MemoryStorage): Promise<{ accounts: AccountManager; notes: Datastore; local: Datastore }> {
  const server = new MemoryServer();
  const connect = (id: string): ReturnType<MemoryServer['link']> => {
    const link = server.link(id);
    link.isOnline = false;
    return link;
  };
  const accounts = await AccountManager.open({ storage, environment: new ManualEnvironment(), connect });
  const [account] = accounts.linkedAccounts;
  if (account === undefined) throw new Error('no account is linked');
  const notes = await (await accounts.managerFor(account)).openDefault();
  return { accounts, notes, local: await (await accounts.localManager()).open('local') };
}

describe.each(names)('what was stored as %s', (name) => {
  test('opens with everything that was in it, and goes on', async () => {
    const storage = await load(name);
    const { accounts, notes, local } = await open(storage);
    const record = notes.table('notes').get('a');
    expect(notes.title).toBe('Notes');
    expect(record?.getList('list').toArray()).toEqual(['x', 'y', 2, 'z']);
    expect([record?.get('n'), record?.get('at'), record?.get('blob')]).toEqual([
      8n,
      new Date(1000),
      new Uint8Array([1, 2]),
    ]);
    expect(notes.table('notes').get('b')?.get('text')).toBe(TEXTS[name]);
    expect(notes.syncStatus.isUploading).toBe(true);
    expect(local.table('t').get('r')?.get('f')).toBe(true);
    notes.table('notes').insert('c', { text: 'later' });
    await notes.sync();
    await accounts.close();
    expect((await open(storage)).notes.table('notes').get('c')?.get('text')).toBe('later');
  });

  test('undoes and redoes what a history was stored of', async () => {
    const { notes } = await open(await load(name));
    const text = (): unknown => notes.table('notes').get('b')?.get('text');
    const undone: unknown[] = [];
    while (notes.undo()) undone.push(text());
    expect(undone).toEqual(UNDONE[name] ?? []);
    while (notes.redo());
    expect(text()).toBe(TEXTS[name]);
    expect(notes.table('notes').get('a')?.getList('list').toArray()).toEqual(['x', 'y', 2, 'z']);
  });

  test('can be inspected, and every checksum holds', async () => {
    const { accounts, faults } = await inspectStorage(await load(name));
    expect(faults).toEqual([]);
    expect(accounts).toMatchObject([
      { account: 'ann', datastores: [{ id: 'default', unsent: 1, isInFlight: true }] },
      { account: undefined, datastores: [{ id: 'local' }] },
    ]);
  });
});
