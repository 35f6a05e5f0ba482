/** What waits for a server or a storage, for how long, and what never waits. */

import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Datastore,
  DEFAULT_CALL_DEADLINES,
  type LinkHook,
  MemoryServer,
  ServiceError,
} from '../../../src/datastore/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';

let server: MemoryServer;
let phone: Device;
let notes: Datastore;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  notes = await (await phone.manager()).openOrCreate('notes');
  notes.table('t').insert('base', { n: 0 });
  await notes.commit();
});

function ids(datastore: Datastore): string[] {
  return [...datastore.table('t').query()].map(({ id }) => id).sort();
}

async function afterCrash(): Promise<Datastore> {
  return await (await phone.restarted().manager()).openOrCreate('notes');
}

/** Puts that never settle; everything else works. */
const hangingPuts: LinkHook = (call, deliver) =>
  call.message?.type === 'put' ? new Promise(() => undefined) : deliver();

/** Puts that may arrive or not, as far as anybody knows. */
const lostPuts: LinkHook = (call, deliver) =>
  call.message?.type === 'put' ? Promise.reject(new ServiceError('network', 'lost')) : deliver();

describe('a sync during a transaction', () => {
  test('resolves when the edits are on the disk, though no answer ever comes', async () => {
    phone.link().hook = hangingPuts;
    notes.table('t').insert('before', {});
    const outcome = codeOf(notes.transaction(() => notes.table('t').insert('bought', {})));
    await phone.rest();
    notes.table('t').insert('mine', {});
    expect(await codeOf(notes.sync())).toBe('resolved');
    expect(ids(await afterCrash())).toEqual(['base', 'before', 'mine']);
    notes.close();
    expect(await outcome).toBe('closed');
  });

  test('is not undone with it, and what it stored is merged with what came first', async () => {
    const laptop = new Device(server);
    const theirs = await (await laptop.manager()).open('notes');
    let release: () => void = () => undefined;
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type === 'put') {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return await deliver();
    };
    const outcome = codeOf(notes.transaction(() => notes.table('t').insert('bought', {})));
    await phone.rest();
    notes.table('t').insert('mine', {});
    await notes.sync();
    theirs.table('t').insert('theirs', {});
    await theirs.sync();
    await laptop.rest();
    phone.link().hook = undefined;
    release();
    expect(await outcome).toBe('conflict');
    await notes.sync();
    await phone.rest();
    expect(ids(notes)).toEqual(['base', 'mine', 'theirs']);
    expect(server.sequencer('ann', 'notes').get('t', 'mine')).toBeDefined();
    expect(server.sequencer('ann', 'notes').get('t', 'bought')).toBeUndefined();
  });

  test('waits for it with edits that cannot stand without it', async () => {
    let release: () => void = () => undefined;
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type === 'put') {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return await deliver();
    };
    const outcome = codeOf(notes.transaction(() => notes.table('t').insert('bought', {})));
    await phone.rest();
    notes.table('t').getOrInsert('bought').set('n', 1);
    let isSynced = false;
    void notes.sync().then(() => {
      isSynced = true;
    });
    await phone.rest();
    expect(isSynced).toBe(false);
    phone.link().hook = undefined;
    release();
    expect(await outcome).toBe('resolved');
    await phone.rest();
    expect(isSynced).toBe(true);
    expect((await afterCrash()).table('t').get('bought')?.get('n')).toBe(1);
  });

  test('called by the transaction itself, takes nothing of it', async () => {
    let synced: Promise<unknown> | undefined;
    await notes.transaction(() => {
      notes.table('t').insert('one', {});
      synced = notes.sync();
      notes.table('t').insert('two', {});
    });
    await synced;
    expect(server.sequencer('ann', 'notes').revision).toBe(2);
  });

  test('does not make it wait for the other edits, nor fail with them', async () => {
    let puts = 0;
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type !== 'put') return await deliver();
      if (++puts > 1) return await new Promise(() => undefined);
      notes.table('t').insert('mine', {});
      void notes.sync();
      return await deliver();
    };
    const outcome = codeOf(notes.transaction(() => notes.table('t').insert('bought', {})));
    await phone.rest();
    expect(puts).toBe(2);
    expect(await outcome).toBe('resolved');
  });
});

describe('a call that waits no longer', () => {
  test.each(['commit', 'transaction', 'loadDeltas'] as const)('is %s with a timeout', async (name) => {
    phone.link().hook = () => new Promise(() => undefined);
    const outcome = codeOf(call(name, { timeout: 5000 }));
    await phone.environment.advance(4999);
    expect(phone.environment.timerCount).toBeGreaterThan(0);
    await phone.environment.advance(1);
    expect(await outcome).toBe('aborted');
  });

  test.each(['commit', 'transaction', 'loadDeltas'] as const)('is %s with a signal', async (name) => {
    phone.link().hook = () => new Promise(() => undefined);
    const aborter = new AbortController();
    const outcome = codeOf(call(name, { signal: aborter.signal }));
    await phone.rest();
    aborter.abort();
    expect(await outcome).toBe('aborted');
  });

  test('is one that waits for its turn', async () => {
    phone.link().hook = hangingPuts;
    notes.table('t').insert('first', {});
    void notes.commit().catch(() => undefined);
    const outcome = codeOf(notes.commit({ timeout: 10 }));
    await phone.environment.advance(10);
    expect(await outcome).toBe('aborted');
    expect(await codeOf(notes.loadDeltas({ signal: AbortSignal.abort() }))).toBe('aborted');
  });

  test('leaves edits that may be in the log to the log, once', async () => {
    phone.link().hook = lostPuts;
    notes.table('t').insert('committed', {});
    const outcome = codeOf(notes.commit({ timeout: 3000 }));
    await phone.environment.advance(3000);
    expect(await outcome).toBe('aborted');
    const next = phone.restarted();
    const again = await (await next.manager()).openOrCreate('notes');
    await again.sync();
    await next.rest();
    expect(ids(again)).toEqual(['base', 'committed']);
    expect(server.sequencer('ann', 'notes').revision).toBe(2);
  });

  test.each([{ timeout: -1 }, { timeout: '5' }, { signal: {} }, { patience: 1 }])('not %j', async (options) => {
    for (const name of ['commit', 'transaction', 'loadDeltas'] as const) {
      expect(await codeOf(call(name, options as never))).toBe('invalid-option');
    }
  });

  function call(name: 'commit' | 'transaction' | 'loadDeltas', options: object): Promise<unknown> {
    if (name === 'transaction') return notes.transaction(() => notes.table('t').insert('x', {}), options);
    if (name === 'commit') notes.table('t').insert('y', {});
    return notes[name](options);
  }
});

describe('a commit that was certainly never sent', () => {
  test.each(['not-sent', 'answered'] as const)('fails at once, and its edits are open again: %s', async (outcome) => {
    phone.link().hook = (call, deliver) =>
      call.message?.type === 'put'
        ? Promise.reject(new ServiceError('network', 'refused', {}, undefined, outcome))
        : deliver();
    notes.table('t').insert('mine', {});
    expect(await codeOf(notes.commit())).toBe('network');
    expect(notes.syncStatus).toMatchObject({ isUploading: false, hasOutgoing: true });
    notes.rollback();
    expect(ids(notes)).toEqual(['base']);
  });

  test('but was sent before, waits', async () => {
    let puts = 0;
    phone.link().hook = (call, deliver) => {
      if (call.message?.type !== 'put') return deliver();
      const outcome = ++puts === 1 ? 'unknown' : 'not-sent';
      return Promise.reject(new ServiceError('network', 'gone', {}, undefined, outcome));
    };
    notes.table('t').insert('mine', {});
    let isSettled = false;
    void codeOf(notes.commit()).then(() => {
      isSettled = true;
    });
    await phone.environment.advance(30_000);
    expect(puts).toBeGreaterThan(2);
    expect(isSettled).toBe(false);
    phone.link().hook = undefined;
    await phone.environment.advance(600_000);
    expect(isSettled).toBe(true);
    expect(ids(notes)).toEqual(['base', 'mine']);
  });
});

describe('a call that never settles', () => {
  test('of a link has failed after its time, with unknown fate, and doubles nothing', async () => {
    phone.link().hook = hangingPuts;
    notes.table('t').insert('mine', {});
    await notes.sync();
    await phone.environment.advance(DEFAULT_CALL_DEADLINES.link - 1);
    expect(notes.syncStatus.uploadError).toBeUndefined();
    await phone.environment.advance(1);
    expect(notes.syncStatus.uploadError).toMatchObject({ code: 'network', outcome: 'unknown' });
    phone.link().hook = undefined;
    await phone.environment.advance(10_000);
    expect(notes.syncStatus).toMatchObject({ isUploading: false, anyError: undefined });
    expect(server.sequencer('ann', 'notes').revision).toBe(2);
  });

  test('of a storage has failed after its time, and the next one stores everything', async () => {
    const write = phone.storage.write.bind(phone.storage);
    phone.storage.write = () => new Promise(() => undefined);
    notes.table('t').insert('mine', {});
    const outcome = codeOf(notes.sync());
    await phone.environment.advance(DEFAULT_CALL_DEADLINES.storage);
    expect(await outcome).toBe('storage');
    phone.storage.write = write;
    notes.close();
    const again = await (await phone.manager()).open('notes');
    await again.sync();
    expect(ids(await afterCrash())).toEqual(['base', 'mine']);
  });

  test('of a storage does not keep a manager from ending', async () => {
    phone.storage.write = () => new Promise(() => undefined);
    notes.table('t').insert('mine', {});
    const ended = codeOf((await phone.manager()).shutDown());
    await phone.environment.advance(DEFAULT_CALL_DEADLINES.storage);
    expect(await ended).toBe('resolved');
  });
});
