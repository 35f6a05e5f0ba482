/** A call that opens, deletes or uncaches a datastore reserves its id meanwhile. Promises are resolved by hand. */

import { beforeEach, describe, expect, test } from 'vitest';
import { type DatastoreManager, MemoryServer, ServiceError } from '../../../src/datastore/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';
import { Disk, deletes, puts } from './support/disk.js';
import { type Gate, hold } from './support/gate.js';

let server: MemoryServer;
let phone: Device;
let manager: DatastoreManager;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  manager = await phone.manager();
});

/** A datastore that is closed, and has one record in the log. */
async function makeNotes(): Promise<void> {
  const notes = await manager.openOrCreate('notes');
  notes.table('t').insert({ text: 'old' });
  await notes.sync();
  await phone.rest();
  notes.close();
  await phone.rest();
}

function isKey(kind: string): (key: unknown) => boolean {
  return (key) => String(key).includes(`/${kind}/`);
}

type Call = (manager: DatastoreManager) => Promise<unknown>;

const REMOVALS: readonly (readonly [string, Call, () => Gate])[] = [
  ['delete, the request being on its way', (on) => on.delete('notes'), () => hold(phone.link(), 'delete')],
  ['delete, the answer being on its way', (on) => on.delete('notes'), () => hold(phone.link(), 'delete', 'answer')],
  ...(['delete', 'uncache'] as const).map((method): readonly [string, Call, () => Gate] => [
    `${method}, what is stored of it being removed`,
    (on) => on[method]('notes'),
    () => hold(phone.storage, 'write', 'request', deletes(isKey('data'))),
  ]),
  [
    'delete, the list being stored',
    (on) => on.delete('notes'),
    () => hold(phone.storage, 'write', 'request', puts(isKey('list'))),
  ],
];

const CALLS: readonly (readonly [string, Call])[] = [
  ['open', (on) => on.open('notes')],
  ['openOrCreate', (on) => on.openOrCreate('notes')],
  ['delete', (on) => on.delete('notes')],
  ['uncache', (on) => on.uncache('notes')],
];

describe.each(REMOVALS)('%s', (_, remove, holdIt) => {
  test.each(CALLS)('has %s of the same id fail, and none of another', async (_name, call) => {
    await makeNotes();
    const gate = holdIt();
    const removed = codeOf(remove(manager));
    await phone.rest();
    expect(gate.isReached).toBe(true);
    expect(await codeOf(call(manager))).toBe('already-open');
    const other = codeOf(manager.openOrCreate('other'));
    gate.open();
    expect([await removed, await other]).toEqual(['resolved', 'resolved']);
  });

  test('leaves the id to the next call', async () => {
    await makeNotes();
    const gate = holdIt();
    const removed = remove(manager);
    await phone.rest();
    gate.open();
    await removed;
    const again = await manager.openOrCreate('notes');
    again.table('t').insert({ text: 'new' });
    await again.sync();
    await phone.rest();
    await again.sync();
    await phone.rest();
    expect(again.syncStatus).toMatchObject({ isUploading: false, anyError: undefined, needsReset: false });
    expect([...again.table('t').query()].map((record) => record.getString('text'))).toContain('new');
    expect(await manager.list()).toMatchObject([{ id: 'notes' }]);
    expect(phone.failures).toEqual([]);
  });
});

describe('opening', () => {
  const OPENINGS: readonly (readonly [string, string, Call, () => Gate])[] = [
    ['being read', 'notes', (on) => on.open('notes'), () => hold(phone.storage, 'get', 'answer', isKey('data'))],
    [
      'being made',
      'mine',
      (on) => on.openOrCreate('mine'),
      () => hold(phone.storage, 'write', 'request', puts(isKey('data'))),
    ],
    ['being looked for', 'theirs', (on) => on.open('theirs'), () => hold(phone.link(), 'find', 'answer')],
    ['being downloaded', 'theirs', (on) => on.open('theirs'), () => hold(phone.link(), 'send', 'answer')],
  ];

  test.each(OPENINGS)('a datastore that is just %s: nobody else may (%s)', async (_, id, open, holdIt) => {
    await makeNotes();
    const laptop = new Device(server);
    await (await laptop.manager()).openOrCreate('theirs');
    await laptop.rest();
    const gate = holdIt();
    const opened = codeOf(open(manager));
    await phone.rest();
    expect(gate.isReached).toBe(true);
    for (const call of [manager.open(id), manager.openOrCreate(id), manager.delete(id), manager.uncache(id)]) {
      expect(await codeOf(call)).toBe('already-open');
    }
    gate.open();
    expect(await opened).toBe('resolved');
  });
});

describe('a datastore that the server is just being told of', () => {
  /** What the server has once all that was on its way has arrived. */
  async function whatIsLeft(): Promise<unknown> {
    await phone.environment.advance(600_000);
    return await (await new Device(server).manager()).list();
  }

  for (const what of ['request', 'answer'] as const) {
    test(`is deleted after that, the ${what} being on its way`, async () => {
      const gate = hold(phone.link(), 'create', what);
      (await manager.openOrCreate('notes')).close();
      await phone.rest();
      expect(gate.isReached).toBe(true);
      const deleted = codeOf(manager.delete('notes'));
      await phone.rest();
      gate.open();
      expect(await deleted).toBe('resolved');
      expect(await whatIsLeft()).toEqual([]);
    });
  }

  test('is not told of again while it is deleted, and is if that fails', async () => {
    phone.link().isOnline = false;
    (await manager.openOrCreate('notes')).close();
    await phone.rest();
    phone.link().isOnline = true;
    let creates = 0;
    phone.link().hook = async (call, deliver) => {
      if (call.method === 'create') creates++;
      if (call.method === 'delete') throw new ServiceError('server', 'out of order');
      return await deliver();
    };
    const gate = hold(phone.link(), 'delete');
    const deleted = codeOf(manager.delete('notes'));
    await phone.environment.advance(25_000);
    for (const isOnline of [false, true]) (await phone.accounts()).setOnline(isOnline);
    await phone.environment.advance(25_000);
    expect(creates).toBe(0);
    gate.open();
    expect(await deleted).toBe('server');
    expect(await whatIsLeft()).toMatchObject([{ id: 'notes' }]);
  });
});

test('what is deleted while it is read, to go on with it, does not come back', async () => {
  const notes = await manager.openOrCreate('notes');
  await phone.rest();
  phone.link().isOnline = false;
  notes.table('t').insert({ text: 'waits' });
  await notes.sync();
  await phone.rest();
  // It is closed in the middle of a commit, so the manager goes on with what is stored.
  const gate = hold(phone.storage, 'get', 'answer', isKey('data'));
  phone.link().isOnline = true;
  const put = hold(phone.link(), 'send', 'request');
  notes.table('t').insert({ text: 'commits' });
  const committed = codeOf(notes.commit());
  await phone.rest();
  expect(put.isReached).toBe(true);
  notes.close();
  expect(await committed).toBe('closed');
  await phone.rest();
  expect(gate.isReached).toBe(true);
  await manager.delete('notes');
  gate.open();
  put.open();
  await phone.environment.advance(600_000);
  expect(await (await new Device(server).manager()).list()).toEqual([]);
  expect(await codeOf(manager.open('notes'))).toBe('not-found');
});

describe('a removal that fails', () => {
  test('gives the id back, with everything in it', async () => {
    await makeNotes();
    const gate = hold(phone.link(), 'delete');
    phone.link().hook = () => Promise.reject(new ServiceError('network', 'lost'));
    const deleted = codeOf(manager.delete('notes'));
    await phone.rest();
    gate.open();
    expect(await deleted).toBe('network');
    phone.link().hook = undefined;
    expect((await manager.open('notes')).table('t').query().count).toBe(1);
  });

  test('goes on uploading what waits', async () => {
    const notes = await manager.openOrCreate('notes');
    await phone.rest();
    phone.link().isOnline = false;
    notes.table('t').insert({ text: 'waits' });
    await notes.sync();
    notes.close();
    expect(await codeOf(manager.delete('notes'))).toBe('network');
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
    expect(phone.environment.timerCount).toBe(0);
  });
});

describe('a datastore that the server has not heard of', () => {
  test('and that is deleted while it goes on with what is stored of it, is made no more after that', async () => {
    const first = hold(phone.link(), 'create');
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert({ text: 'x' });
    await notes.sync();
    await phone.rest();
    notes.table('t').insert({ text: 'y' });
    const committed = codeOf(notes.commit());
    await phone.rest();
    const read = hold(phone.storage, 'get', 'answer', isKey('data'));
    const second = hold(phone.link(), 'create');
    notes.close();
    const deleted = codeOf(manager.delete('notes'));
    await phone.rest();
    read.open();
    await phone.rest();
    first.open();
    await phone.rest();
    expect([await committed, await deleted]).toEqual(['closed', 'resolved']);
    second.open();
    await phone.environment.advance(60_000);
    expect(await manager.list()).toEqual([]);
  });
});

test('a datastore that was uncached, and the storage said that it was not, is stored as a whole when it is opened again', async () => {
  await makeNotes();
  const write = phone.storage.write.bind(phone.storage);
  phone.storage.write = async (batch) => {
    await write(batch);
    if (deletes(isKey('summary'))(batch)) throw new Error('the disk is ill, and says so late');
  };
  expect(await codeOf(manager.uncache('notes'))).toBe('storage');
  phone.storage.write = write;
  (await manager.open('notes')).close();
  await phone.rest();
  expect((await phone.storage.keys('space')).filter(isKey('summary'))).toHaveLength(1);
});

describe('a removal that the storage fails', () => {
  for (const isLocal of [true, false]) {
    test(`(of a ${isLocal ? 'local' : 'remote'} datastore) can be made again`, async () => {
      let isIll = false;
      const storage = new Disk(({ batch }) => {
        if (isIll && batch !== undefined && deletes(isKey('data'))(batch)) throw new Error('the disk is ill');
      });
      const device = new Device(server, storage);
      const its = isLocal ? await (await device.accounts()).localManager() : await device.manager();
      (await its.openOrCreate('notes')).close();
      await device.rest();
      isIll = true;
      expect(await codeOf(its.delete('notes'))).toBe('storage');
      isIll = false;
      expect(await codeOf(its.delete('notes'))).toBe('resolved');
      expect(await its.list()).toEqual([]);
      expect((await storage.keys('space')).filter((key) => key.includes('notes'))).toEqual([]);
    });
  }
});

describe('a local datastore that is being deleted', () => {
  test('is in the way of a migration, and of nothing else', async () => {
    const local = await (await phone.accounts()).localManager();
    (await local.openDefault()).close();
    const gate = hold(phone.storage, 'write', 'request', deletes(isKey('data')));
    const deleted = local.delete('default');
    await phone.rest();
    await manager.shutDown();
    const account = await phone.account();
    expect(await codeOf(local.migrateToAccount(account))).toBe('bad-state');
    expect(await codeOf(local.openDefault())).toBe('already-open');
    gate.open();
    await deleted;
    expect(await local.list()).toEqual([]);
    expect(await codeOf(local.migrateToAccount(account))).toBe('resolved');
  });
});
