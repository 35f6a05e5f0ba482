/** Links and storages that do what none may. None of it may leave anybody waiting, or break more than the one call. */

import { beforeEach, describe, expect, test } from 'vitest';
import { type Link, type LinkEvent, MemoryServer, type Watch } from '../../../src/datastore/index.js';
import { InvariantError } from '../../../src/errors/invariant-error.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';
import { Disk } from './support/disk.js';

let server: MemoryServer;
let phone: Device;

beforeEach(() => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
});

/** What a call does in place of what it should. */
const FAILURES: Readonly<Record<string, () => unknown>> = {
  'throws at once': () => {
    throw new TypeError('a bug');
  },
  'rejects with a string': () => Promise.reject('no error at all'),
  'rejects with nothing': () => Promise.reject(undefined),
};

const ANSWERS: Readonly<Record<string, () => unknown>> = {
  'answers undefined, and no promise': () => undefined,
  'answers null': () => Promise.resolve(null),
  'answers a string': () => Promise.resolve('what?'),
  'answers an object without anything': () => Promise.resolve({}),
};

const HOSTILE = Object.entries({ ...FAILURES, ...ANSWERS });

/** Has a method do something else, until it is mended. */
function spoil<Target extends object>(target: Target, method: keyof Target, instead: (...args: never[]) => unknown) {
  Object.defineProperty(target, method, { value: instead, configurable: true });
  return (): void => void delete target[method];
}

describe.each(HOSTILE)('a link whose call %s', (_, instead) => {
  test('(exchange) has commit() wait, says so, and is tried again', async () => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    const mend = spoil(phone.link(), 'send', instead);
    notes.table('t').insert({ text: 'x' });
    const committed = notes.commit();
    const synced = notes.sync();
    await phone.rest();
    expect(notes.syncStatus).toMatchObject({ isUploading: true, uploadError: { code: 'server' } });
    mend();
    await phone.environment.advance(60_000);
    expect(await codeOf(committed)).toBe('resolved');
    expect(await codeOf(synced)).toBe('resolved');
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
    expect(notes.syncStatus.anyError).toBeUndefined();
  });

  test('(exchange) has loadDeltas() fail, and nothing after it', async () => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    const mend = spoil(phone.link(), 'send', instead);
    expect(await codeOf(notes.loadDeltas())).toBe('server');
    expect(notes.syncStatus.downloadError).toMatchObject({ code: 'server' });
    expect(await codeOf(notes.sync())).toBe('resolved');
    mend();
    expect(await codeOf(notes.loadDeltas())).toBe('resolved');
  });

  test('(create) is tried again', async () => {
    const manager = await phone.manager();
    const mend = spoil(phone.link(), 'create', instead);
    const notes = await manager.openOrCreate('notes');
    await phone.rest();
    expect(notes.syncStatus.anyError).toMatchObject({ code: 'server' });
    mend();
    await phone.environment.advance(60_000);
    expect(notes.syncStatus).toMatchObject({ isDownloading: false, anyError: undefined });
  });

  test('(find) has open() fail, and leaves nothing behind', async () => {
    (await (await phone.manager()).openOrCreate('notes')).close();
    await phone.rest();
    const laptop = new Device(server);
    const manager = await laptop.manager();
    const mend = spoil(laptop.link(), 'find', instead);
    expect(await codeOf(manager.open('notes'))).toBe('server');
    expect(await laptop.storage.keys('space')).toEqual([]);
    mend();
    expect(await codeOf(manager.open('notes'))).toBe('resolved');
  });

  test('(list) has list() fail, and does not spoil what was known', async () => {
    const manager = await phone.manager();
    const notes = await manager.openOrCreate('notes');
    await phone.rest();
    const mend = spoil(phone.link(), 'list', instead);
    expect(await codeOf(manager.list())).toBe('server');
    notes.setTitle('Notes');
    expect(await codeOf(notes.sync())).toBe('resolved');
    mend();
    expect(await manager.list()).toMatchObject([{ id: 'notes', title: 'Notes' }]);
  });

  test('(list) is tried again while somebody listens', async () => {
    const manager = await phone.manager();
    const mend = spoil(phone.link(), 'list', instead);
    let heard = 0;
    manager.addListListener(() => heard++);
    await phone.rest();
    await (await new Device(server).manager()).openOrCreate('theirs');
    mend();
    await phone.environment.advance(60_000);
    expect(heard).toBe(1);
  });

  test('(profile) links the account all the same, today and after a restart', async () => {
    const accounts = await phone.accounts();
    const link = server.link('ann');
    const mend = spoil(link, 'profile', instead);
    spoil(server, 'link', () => link);
    const account = await accounts.link('ann');
    await phone.rest();
    expect([account.isLinked, account.info]).toEqual([true, undefined]);
    for (const failure of phone.failures) expect(failure).toMatchObject({ code: 'server' });
    mend();
    const next = phone.restarted();
    link.isOnline = true;
    const again = (await next.accounts()).linkedAccount;
    await next.rest();
    expect(again?.info).toMatchObject({ userName: 'Ann Example' });
  });

  test('(watch) keeps nothing from being opened, and is begun again', async () => {
    const manager = await phone.manager();
    const mend = spoil(phone.link(), 'watch', instead);
    const notes = await manager.openOrCreate('notes');
    await phone.rest();
    expect(notes.syncStatus.isConnected).toBe(false);
    notes.close();
    const again = await manager.openOrCreate('notes');
    mend();
    await phone.environment.advance(300_000);
    expect(again.syncStatus.isConnected).toBe(true);
  });
});

describe.each(Object.entries(FAILURES))('a link whose call %s', (_, instead) => {
  test('(delete) has delete() fail, and nothing is lost', async () => {
    const manager = await phone.manager();
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert({});
    await notes.sync();
    await phone.rest();
    notes.close();
    const mend = spoil(phone.link(), 'delete', instead);
    expect(await codeOf(manager.delete('notes'))).toBe('server');
    expect((await manager.open('notes')).table('t').query().count).toBe(1);
    mend();
  });
});

describe('an answer of the right form, with nonsense in it', () => {
  const NONSENSE: readonly (readonly [keyof Link, unknown])[] = [
    ['create', { handle: 5, role: 'owner' }],
    ['create', { handle: 'h', role: 'emperor' }],
    ['send', { role: 'owner' }],
    ['send', { role: 'owner', message: { type: 'news' } }],
    ['send', { role: 'owner', message: { type: 'entries' } }],
    ['send', { role: 'owner', message: { type: 'entries', entries: [undefined] } }],
    ['send', { role: 'owner', message: { type: 'entries', entries: [{ rev: Number.NaN, nonce: 'n', delta: [] }] } }],
    ['send', { role: 'owner', message: { type: 'entries', entries: [{ rev: 1, nonce: 'n' }] } }],
    [
      'send',
      {
        role: 'owner',
        message: {
          type: 'entries',
          entries: [{ rev: 1, nonce: 'n', delta: [{ type: 'delete', table: 'no name!', record: 'r' }] }],
        },
      },
    ],
    [
      'send',
      {
        role: 'owner',
        message: { type: 'snapshot', rev: 1, rows: [{ tid: 'no name!', rowid: 'r', data: {} }], nonces: [] },
      },
    ],
    ['send', { role: 'owner', message: { type: 'snapshot', rev: 1, rows: [] } }],
    ['send', { role: 'owner', message: { type: 'snapshot', rev: 1, nonces: [] } }],
    ['send', { role: 'owner', message: { type: 'reset' } }],
    ['send', { message: { type: 'entries', entries: [] } }],
  ];

  test.each(NONSENSE)('(%s: %j) is a failure that passes', async (method, answer) => {
    const manager = await phone.manager();
    const mend = spoil(phone.link(), method, () => Promise.resolve(answer));
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert({ text: 'x' });
    await notes.sync();
    await phone.rest();
    expect(notes.syncStatus.anyError).toMatchObject({ code: 'server' });
    expect(phone.failures).toEqual([]);
    mend();
    await phone.environment.advance(60_000);
    await notes.sync();
    await phone.environment.advance(60_000);
    expect(notes.syncStatus).toMatchObject({ isUploading: false, isDownloading: false, anyError: undefined });
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
  });

  const REFUSALS: readonly unknown[] = [
    { type: 'refused', reason: 5, message: 'no' },
    { type: 'refused', reason: 'permission' },
    { type: 'refused', reason: 'permission', message: 'no', place: 'there' },
  ];

  test.each(REFUSALS)('(a refusal: %j) does not get into what is stored', async (refusal) => {
    const manager = await phone.manager();
    const notes = await manager.openOrCreate('notes');
    await phone.rest();
    spoil(phone.link(), 'send', (_, { nonce }: { nonce: string }) =>
      Promise.resolve({ role: 'owner', message: { ...(refusal as object), nonce } }),
    );
    notes.table('t').insert({ text: 'x' });
    await notes.sync();
    await phone.rest();
    expect(notes.syncStatus.uploadError).toMatchObject({ code: 'server' });
    const next = phone.restarted();
    expect(await codeOf((await next.manager()).open('notes'))).toBe('resolved');
  });

  test('(profile) is not stored, so that the device still starts', async () => {
    const link = server.link('ann');
    spoil(server, 'link', () => link);
    spoil(link, 'profile', () => Promise.resolve({ userName: 5 }));
    await phone.account();
    await phone.rest();
    expect((await phone.restarted().accounts()).linkedAccount?.id).toBe('ann');
  });

  test('(list) is not stored either', async () => {
    const manager = await phone.manager();
    for (const listed of [
      {},
      { id: 'a', handle: 'h', role: 'owner', title: 5 },
      { id: 'a', role: 'owner', mtime: 5 },
    ]) {
      const mend = spoil(phone.link(), 'list', () => Promise.resolve([listed]));
      expect(await codeOf(manager.list())).toBe('server');
      mend();
    }
    expect(await codeOf((await phone.restarted()).manager())).toBe('resolved');
  });
});

describe('a put', () => {
  const USELESS: readonly object[] = [
    { type: 'entries', entries: [] },
    { type: 'denied' },
    { type: 'accepted', nonce: 'another', rev: 1 },
    { type: 'refused', nonce: 'another', reason: 'permission', message: 'no' },
  ];

  test.each(USELESS)('whose answer (%j) brings nothing is tried again later', async (message) => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    let puts = 0;
    const mend = spoil(phone.link(), 'send', () => {
      // Without an end the test would never come back, and say nothing.
      if (++puts > 20) throw new Error('put again and again');
      return Promise.resolve({ message, role: 'owner' });
    });
    notes.table('t').insert({ text: 'x' });
    await notes.sync();
    await phone.rest();
    expect(puts).toBe(1);
    expect(notes.syncStatus.uploadError).toMatchObject({ code: 'server' });
    mend();
    await phone.environment.advance(60_000);
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
  });
});

describe('a fetch', () => {
  test.each([
    { type: 'snapshot', rev: 0, rows: [], nonces: [] },
    { type: 'accepted', nonce: 'another', rev: 1 },
  ])('whose answer (%j) brings nothing is made again later', async (message) => {
    const manager = await phone.manager();
    let [handle, tell] = ['', (_: LinkEvent): void => undefined];
    spoil(phone.link(), 'watch', (listener: (event: LinkEvent) => void): Watch => {
      tell = listener;
      void Promise.resolve().then(() => listener({ type: 'connected' }));
      return {
        follow: ([first = '']) => {
          handle = first;
        },
        close: () => undefined,
      };
    });
    const notes = await manager.openOrCreate('notes');
    await phone.rest();
    let fetches = 0;
    spoil(phone.link(), 'send', () => {
      // Without an end the test would never come back, and say nothing.
      if (++fetches > 20) throw new Error('asked again and again');
      return Promise.resolve({ message, role: 'owner' });
    });
    tell({ type: 'reached', handle, rev: 5, role: 'owner', entries: [] });
    await phone.rest();
    expect(fetches).toBe(1);
    expect(notes.syncStatus.downloadError).toMatchObject({ code: 'server' });
  });
});

describe('a watch', () => {
  /** A watch that is told to say something, and what it is told itself. */
  function spoilWatch(): { tell: (event: unknown) => void; watches: number; mend: () => void } {
    const spoiled = { tell: (_: unknown): void => undefined, watches: 0, mend: (): void => undefined };
    spoiled.mend = spoil(phone.link(), 'watch', (listener: (event: LinkEvent) => void): Watch => {
      spoiled.watches++;
      spoiled.tell = listener as (event: unknown) => void;
      void Promise.resolve().then(() => listener({ type: 'connected' }));
      return { follow: () => undefined, close: () => undefined };
    });
    return spoiled;
  }

  test.each([
    undefined,
    null,
    'connected',
    { type: 'disconnected' },
    { type: 'deleted' },
    { type: 'reached' },
    { type: 'reached', handle: 'h', role: 'owner', rev: Number.NaN, entries: [] },
    { type: 'reached', handle: 'h', role: 'emperor', rev: 1, entries: [] },
    { type: 'reached', handle: 'h', role: 'owner', rev: 1, entries: [null] },
    {
      type: 'reached',
      handle: 'h',
      role: 'owner',
      rev: 1,
      entries: [{ rev: 1, nonce: 'n', delta: [{ type: 'delete', table: 'no name!', record: 'r' }] }],
    },
  ])('that tells nonsense (%j) has ended, and another is begun', async (event) => {
    const manager = await phone.manager();
    phone.link().hook = (call, deliver) => (call.method === 'create' ? new Promise(() => undefined) : deliver());
    const spoiled = spoilWatch();
    const notes = await manager.openOrCreate('notes');
    await phone.rest();
    expect(notes.syncStatus.isConnected).toBe(true);
    spoiled.tell(event);
    expect(notes.syncStatus).toMatchObject({ isConnected: false, needsReset: false });
    spoiled.tell({ type: 'connected' });
    expect(notes.syncStatus.isConnected).toBe(false);
    await phone.environment.advance(10_000);
    expect([spoiled.watches, notes.syncStatus.isConnected, phone.failures]).toEqual([2, true, []]);
  });

  test('that tells something before it is there is heard all the same', async () => {
    const manager = await phone.manager();
    spoil(phone.link(), 'watch', (listener: (event: LinkEvent) => void): Watch => {
      listener({ type: 'connected' });
      return { follow: () => undefined, close: () => undefined };
    });
    const notes = await manager.openOrCreate('notes');
    await phone.rest();
    expect(notes.syncStatus.isConnected).toBe(true);
  });

  test('that throws when it is told something, or closed, has ended', async () => {
    const manager = await phone.manager();
    const fail = (): never => {
      throw new Error('a bug');
    };
    let watches = 0;
    const mend = spoil(phone.link(), 'watch', () => {
      watches++;
      return { follow: fail, close: fail };
    });
    const notes = await manager.openOrCreate('notes');
    await phone.environment.advance(10_000);
    expect(watches).toBeGreaterThan(1);
    mend();
    await phone.environment.advance(300_000);
    expect(notes.syncStatus.isConnected).toBe(true);
    notes.close();
    expect(await codeOf(manager.shutDown())).toBe('resolved');
  });
});

describe('what is broken inside', () => {
  test('reaches the waiting call and onFailure', async () => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    const broken = new InvariantError('broken');
    spoil(phone.link(), 'send', () => Promise.reject(broken));
    expect(await codeOf(notes.loadDeltas())).toBe(broken);
    notes.table('t').insert({ text: 'x' });
    expect(await codeOf(notes.commit())).toBe(broken);
    expect(await codeOf(notes.sync())).toBe('resolved');
    expect(phone.failures).toContain(broken);
  });

  test('is told once more by a timer where who is told fails as well, and nothing else suffers', async () => {
    const [listener, hearer] = [new Error('broken listener'), new Error('broken hearer')];
    const manager = await phone.manager();
    phone.failures.push = () => {
      throw hearer;
    };
    manager.addListListener(() => {
      throw listener;
    });
    const notes = await manager.openOrCreate('notes');
    await expect(phone.rest()).rejects.toBe(hearer);
    await phone.rest();
    notes.table('t').insert({ text: 'x' });
    expect(await codeOf(notes.commit())).toBe('resolved');
  });
});

describe('a storage', () => {
  test.each(Object.entries(FAILURES))('whose write %s fails the sync, and is tried again', async (_, instead) => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    const mend = spoil(phone.storage, 'write', instead);
    notes.table('t').insert({ text: 'x' });
    expect(await codeOf(notes.sync())).toBe('storage');
    const committed = notes.commit();
    await phone.rest();
    expect(notes.syncStatus.uploadError).toMatchObject({ code: 'storage' });
    expect(server.sequencer('ann', 'notes').revision).toBe(0);
    mend();
    await phone.environment.advance(300_000);
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
    expect(await codeOf(committed)).toBe('resolved');
  });

  test.each(Object.entries(FAILURES))('whose read or deletion %s fails what asks', async (_, instead) => {
    const manager = await phone.manager();
    (await manager.openOrCreate('notes')).close();
    await phone.rest();
    let mend = spoil(phone.storage, 'get', instead);
    expect(await codeOf(manager.open('notes'))).toBe('storage');
    mend();
    mend = spoil(phone.storage, 'write', instead);
    expect(await codeOf(manager.delete('notes'))).toBe('storage');
    mend();
    for (const method of ['acquire', 'get', 'getAll'] as const) {
      const storage = new Disk();
      spoil(storage, method, instead);
      expect(await codeOf(new Device(server, storage).manager())).toBe('storage');
    }
  });

  test.each(Object.entries(ANSWERS))(
    'that %s when it is asked for a lease or for values fails what asks',
    async (_, instead) => {
      for (const method of ['acquire', 'getAll'] as const) {
        const storage = new Disk();
        spoil(storage, method, instead);
        expect(await codeOf(new Device(server, storage).manager())).toBe('storage');
      }
    },
  );
});
