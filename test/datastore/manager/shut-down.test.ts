/** What is under way when a manager is shut down, at each place where it can be. Promises are resolved by hand. */

import { beforeEach, describe, expect, test } from 'vitest';
import { type DatastoreManager, MemoryServer } from '../../../src/datastore/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';
import { Disk, deletes, puts } from './support/disk.js';
import { type Gate, hold } from './support/gate.js';

let server: MemoryServer;
let writes: string[];
let phone: Device;
let manager: DatastoreManager;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  writes = [];
  const storage = new Disk(({ method, key }) => {
    if (method === 'write') writes.push(key);
  });
  phone = new Device(server, storage);
  manager = await phone.manager();
  (await manager.openOrCreate('notes')).close();
  await phone.rest();
  const laptop = new Device(server);
  (await (await laptop.manager()).openOrCreate('theirs')).close();
  await laptop.rest();
});

function isKey(kind: string): (key: unknown) => boolean {
  return (key) => String(key).includes(`/${kind}/`);
}

type Call = () => Promise<unknown>;

/** What is called, and what is held: calls that a shutdown must wait for, since they change the storage, and others. */
const WRITING: readonly (readonly [string, Call, () => Gate])[] = [
  ['making', () => manager.openOrCreate('new'), () => hold(phone.storage, 'write', 'request', puts(isKey('data')))],
  ['listing', () => manager.list(), () => hold(phone.storage, 'write', 'request', puts(isKey('list')))],
  ['deleting', () => manager.delete('notes'), () => hold(phone.storage, 'write', 'request', deletes(isKey('data')))],
  ['deleting', () => manager.delete('notes'), () => hold(phone.storage, 'write', 'request', puts(isKey('list')))],
  ['uncaching', () => manager.uncache('notes'), () => hold(phone.storage, 'write', 'request', deletes(isKey('data')))],
];

const WAITING: readonly (readonly [string, Call, () => Gate])[] = [
  ['making', () => manager.openOrCreate('new'), () => hold(phone.storage, 'get', 'answer', isKey('data'))],
  ['opening', () => manager.open('notes'), () => hold(phone.storage, 'get', 'answer', isKey('data'))],
  ['opening', () => manager.open('theirs'), () => hold(phone.link(), 'find', 'answer')],
  ['opening', () => manager.open('theirs'), () => hold(phone.link(), 'send', 'answer')],
  ['listing', () => manager.list(), () => hold(phone.link(), 'list', 'answer')],
  ['deleting', () => manager.delete('notes'), () => hold(phone.link(), 'delete', 'answer')],
];

describe.each(WRITING)('%s, while it writes', (_, call, holdIt) => {
  test('is waited for, and writes nothing after that', async () => {
    const gate = holdIt();
    const outcome = codeOf(call());
    await phone.rest();
    expect(gate.isReached).toBe(true);
    let isEnded = false;
    const ended = manager.shutDown().then(() => {
      isEnded = true;
      return writes.length;
    });
    await phone.rest();
    expect(isEnded).toBe(false);
    gate.open();
    const before = await ended;
    await phone.environment.advance(600_000);
    expect(writes.slice(before)).toEqual([]);
    expect(await outcome).toMatch(/^(shut-down|resolved)$/);
  });
});

describe.each(WAITING)('%s, while it waits', (_, call, holdIt) => {
  test('is not waited for, fails, and writes nothing after that', async () => {
    const gate = holdIt();
    const outcome = codeOf(call());
    await phone.rest();
    expect(gate.isReached).toBe(true);
    await manager.shutDown();
    const before = writes.length;
    gate.open();
    expect(await outcome).toBe('shut-down');
    await phone.environment.advance(600_000);
    expect(writes.slice(before)).toEqual([]);
  });
});

test('a datastore that the server was just told of is written to the end, and no further', async () => {
  const notes = await manager.openOrCreate('new');
  const gate = hold(phone.storage, 'write', 'request', puts(isKey('log')));
  await phone.rest();
  expect(gate.isReached).toBe(true);
  const ended = manager.shutDown().then(() => writes.length);
  await phone.rest();
  gate.open();
  const before = await ended;
  await phone.environment.advance(600_000);
  expect(writes.slice(before)).toEqual([]);
  expect(notes.isOpen).toBe(false);
});

test('what an unlinked account had under way leaves nothing in the storage', async () => {
  const gate = hold(phone.storage, 'get', 'answer', isKey('data'));
  const outcome = codeOf(manager.openOrCreate('new'));
  await phone.rest();
  await (await phone.account()).unlink();
  gate.open();
  expect(await outcome).toBe('unauthorized');
  await phone.environment.advance(600_000);
  expect(await phone.storage.keys('space')).toEqual([]);
});

describe('an edit that was synced, by a page that does not wait,', () => {
  const ENDINGS: readonly (readonly [string, (close: () => void) => void])[] = [
    ['is written if the manager is shut down', () => void manager.shutDown()],
    ['is written if the datastore is closed', (close) => close()],
    [
      'is written if both happen',
      (close) => {
        close();
        void manager.shutDown();
      },
    ],
  ];

  test.each(ENDINGS)('%s', async (_, end) => {
    phone.link().isOnline = false;
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert('first', {});
    // The second call comes while the first one writes.
    const calls = [notes.sync()];
    await Promise.resolve();
    notes.table('t').insert('second', {});
    calls.push(notes.sync());
    notes.table('t').insert('unsynced', {});
    end(() => notes.close());
    expect(await Promise.all(calls.map(codeOf))).toEqual(['resolved', 'resolved']);
    const restarted = await phone.restarted().manager();
    const kept = await restarted.openOrCreate('notes');
    expect([...kept.table('t').query()].map(({ id }) => id)).toEqual(['first', 'second', 'unsynced']);
    kept.rollback();
    expect([...kept.table('t').query()].map(({ id }) => id)).toEqual(['first', 'second']);
  });

  test('fails if it cannot be written, and the manager ends all the same', async () => {
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert('first', {});
    phone.storage.write = () => Promise.reject(new Error('the disk is full'));
    const synced = codeOf(notes.sync());
    const ended = codeOf(manager.shutDown());
    expect([await synced, await ended]).toEqual(['storage', 'resolved']);
  });
});

test('closing at any moment loses nothing that was synced before, and doubles nothing', async () => {
  const outcomes = new Set<string>();
  for (let turns = 0; turns < 120; turns++) {
    const server = addAccounts(new MemoryServer());
    const slow = async (): Promise<void> => {
      for (let left = 20; left > 0; left--) await Promise.resolve();
    };
    const device = new Device(server, new Disk(slow));
    const accounts = await device.accounts();
    const notes = await (await device.manager()).openOrCreate('notes');
    const tags = notes.table('t').insert('r', { tags: [] }).getList('tags');
    await notes.sync();
    await device.rest();
    const synced: string[] = [];
    const working = (async () => {
      for (const name of ['one', 'two', 'three']) {
        tags.push(name);
        void notes.sync().catch(() => undefined);
        synced.push(name);
        for (let pause = 0; pause < 5; pause++) await Promise.resolve();
        if (name === 'two') await notes.commit();
      }
    })().catch(() => undefined);
    for (let left = turns; left > 0; left--) await Promise.resolve();
    const closing = accounts.close();
    const before = [...synced];
    await closing;
    await working;
    const next = new Device(server, device.storage.again());
    const reopened = await (await next.manager()).open('notes');
    await next.rest();
    await reopened.sync();
    await next.rest();
    const left = reopened.table('t').get('r')?.getList('tags').toArray() ?? [];
    expect([turns, left]).toEqual([turns, before]);
    outcomes.add(before.join());
    await (await next.accounts()).close();
  }
  expect(outcomes.size).toBeGreaterThan(1);
});
