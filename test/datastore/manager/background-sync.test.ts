import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Batch,
  type Datastore,
  type LinkHook,
  MemoryServer,
  ResolutionRules,
  ServiceError,
} from '../../../src/datastore/index.js';
import { settled } from '../../../src/datastore/testing/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';
import { Disk } from './support/disk.js';

let server: MemoryServer;
let phone: Device;
let laptop: Device;

beforeEach(() => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  laptop = new Device(server);
});

async function rest(): Promise<void> {
  for (let round = 0; round < 3; round++) for (const device of [phone, laptop]) await device.rest();
}

async function bothOpen(): Promise<[mine: Datastore, theirs: Datastore]> {
  const mine = await (await phone.manager()).openOrCreate('notes');
  await rest();
  const theirs = await (await laptop.manager()).open('notes');
  await rest();
  return [mine, theirs];
}

function texts(datastore: Datastore): string[] {
  return [...datastore.table('t').query()].map((record) => record.getString('text')).sort();
}

/** A device that adds two items and dies with its `fatal`th write, which is not made. */
async function crashAt(fatal: number): Promise<{ device: Device; synced: number; isCrashed: boolean }> {
  let writes = 0;
  let synced = 0;
  const storage = new Disk(async ({ method }) => {
    if (method !== 'write' || ++writes < fatal) return;
    for (const link of device.links.values()) link.isOnline = false;
    await new Promise(() => undefined);
  });
  const device: Device = new Device(addAccounts(new MemoryServer()), storage);
  const live = async (): Promise<void> => {
    const notes = await (await device.manager()).openOrCreate('notes');
    for (const item of ['one', 'two']) {
      notes.table('t').getOrInsert('r').getOrCreateList('items').push(item);
      await notes.sync();
      synced++;
    }
  };
  const life = live();
  await settled();
  await Promise.race([life, settled()]);
  await device.rest();
  return { device, synced, isCrashed: writes >= fatal };
}

/** A storage in which one write of a summary fails, once `failNext` said which. */
class FailingStorage extends Disk {
  #done: 'nothing' | 'everything' = 'nothing';
  #isDoomed: ((summary: { isUploaded?: unknown }) => boolean) | undefined;

  failNext(done: 'nothing' | 'everything', isDoomed: (summary: { isUploaded?: unknown }) => boolean): void {
    this.#done = done;
    this.#isDoomed = isDoomed;
  }

  get isFailing(): boolean {
    return this.#isDoomed !== undefined;
  }

  override async write(batch: Batch): Promise<void> {
    const [, bytes] = (batch.puts ?? []).find(([key]) => key.includes('/summary/')) ?? [];
    const summary: object = bytes === undefined ? {} : JSON.parse(new TextDecoder().decode(bytes));
    if (bytes === undefined || this.#isDoomed?.(summary) !== true) return await super.write(batch);
    this.#isDoomed = undefined;
    if (this.#done === 'everything') await super.write(batch);
    throw new Error('the disk is ill');
  }
}

/** Lets a call be lost on the way to the server, or its answer on the way back, while `isLost` says so. */
function losing(what: 'request' | 'answer', isLost: (method: string, type: string | undefined) => boolean): LinkHook {
  return async (call, deliver) => {
    const lose = isLost(call.method, call.message?.type);
    if (!lose || what === 'answer') {
      const answer = await deliver();
      if (!lose) return answer;
    }
    throw new ServiceError('network', `the ${what} was lost`);
  };
}

describe('edits', () => {
  test('are uploaded after sync, and show elsewhere at the next sync and not before', async () => {
    const [mine, theirs] = await bothOpen();
    mine.table('t').insert({ text: 'one' });
    await rest();
    expect(server.sequencer('ann', 'notes').revision).toBe(0);
    await mine.sync();
    await rest();
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
    expect(texts(theirs)).toEqual([]);
    expect(theirs.syncStatus.hasIncoming).toBe(true);
    const changed = await theirs.sync();
    expect([...(changed.get('t') ?? [])].map((record) => record.getString('text'))).toEqual(['one']);
    expect(theirs.syncStatus.hasIncoming).toBe(false);
  });

  test('that were synced are uploaded after closing; those that were not wait on the device', async () => {
    const manager = await phone.manager();
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert({ text: 'synced' });
    await notes.sync();
    notes.table('t').insert({ text: 'not synced' });
    notes.close();
    await rest();
    expect(texts(await (await laptop.manager()).open('notes'))).toEqual(['synced']);
    const again = await manager.open('notes');
    expect(texts(again).sort()).toEqual(['not synced', 'synced']);
    again.rollback();
    expect(texts(again)).toEqual(['synced']);
  });

  test('that others overtook are merged in the background once the datastore is closed', async () => {
    const [mine, theirs] = await bothOpen();
    phone.link().isOnline = false;
    mine.table('t').insert({ text: 'mine' });
    await mine.sync();
    mine.close();
    theirs.table('t').insert({ text: 'theirs' });
    await theirs.sync();
    await rest();
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    await rest();
    await theirs.sync();
    expect(texts(theirs)).toEqual(['mine', 'theirs']);
    expect(phone.environment.timerCount).toBe(0);
  });

  test('that were refused are not taken back before the user is there to hear of it', async () => {
    const shared = await (await phone.manager()).create();
    shared.setRole('public', 'editor');
    await shared.sync();
    await rest();
    const other = await laptop.manager('sam');
    const seen = await other.open(shared.id);
    await rest();
    laptop.link('sam').isOnline = false;
    seen.table('t').insert({ text: 'too late' });
    await seen.sync();
    seen.close();
    shared.setRole('public', 'viewer');
    await shared.sync();
    await rest();
    laptop.link('sam').isOnline = true;
    await laptop.environment.advance(600_000);
    // The delta was overtaken, rebased and refused.
    const next = laptop.restarted();
    const reopened = await (await next.manager('sam')).open(shared.id);
    const refusals: unknown[] = [];
    reopened.on('refusal', ({ refused }) => refusals.push(...refused.map(({ refusal }) => refusal.reason)));
    expect(texts(reopened)).toEqual(['too late']);
    await next.rest();
    await reopened.sync();
    expect(refusals).toEqual(['permission']);
    expect(texts(reopened)).toEqual([]);
  });

  test('survive a crash at any write, once each', async () => {
    let crashes = 0;
    for (let write = 1; ; write++) {
      const { device, synced, isCrashed } = await crashAt(write);
      if (!isCrashed) break;
      crashes++;
      const next = device.restarted();
      const again = await (await next.manager()).openOrCreate('notes');
      await next.rest();
      await again.sync();
      await next.rest();
      await again.sync();
      const items = again.table('t').get('r')?.getList('items').toArray() ?? [];
      expect(items, `a crash at write ${write}`).toEqual(['one', 'two'].slice(0, items.length));
      expect(items.length, `a crash at write ${write}`).toBeGreaterThanOrEqual(synced);
      expect(again.syncStatus.isUploading).toBe(false);
    }
    expect(crashes).toBeGreaterThan(6);
  });

  test('under a merge function can be opened without it, and rule remote decides', async () => {
    const [mine, theirs] = await bothOpen();
    phone.link().isOnline = false;
    mine.table('t').setResolutionRule('text', ({ local }) => local);
    mine.table('t').getOrInsert('r').set('text', 'mine');
    mine.table('t').getOrInsert('r').set('other', 'kept');
    await mine.sync();
    theirs.table('t').getOrInsert('r').set('text', 'theirs');
    await theirs.sync();
    await rest();
    const next = phone.restarted();
    const again = await (await next.manager()).openOrCreate('notes', { missingRules: 'remote' });
    expect(texts(again)).toEqual(['mine']);
    await next.rest();
    await again.sync();
    expect(texts(again)).toEqual(['theirs']);
    expect(again.table('t').get('r')?.get('other')).toBe('kept');
  });

  test('under a merge function need it again after a restart, and wait until it is given', async () => {
    const longer = ({ local, remote }: { local: unknown; remote: unknown }): string =>
      String(local).length > String(remote).length ? String(local) : String(remote);
    const [mine, theirs] = await bothOpen();
    phone.link().isOnline = false;
    mine.table('t').setResolutionRule('text', longer);
    mine.table('t').getOrInsert('r').set('text', 'the longer text');
    await mine.sync();
    theirs.table('t').getOrInsert('r').set('text', 'short');
    await theirs.sync();
    await rest();
    const next = phone.restarted();
    const manager = await next.manager();
    await next.rest();
    await expect(manager.open('notes')).rejects.toMatchObject({ code: 'rule-missing', table: 't', field: 'text' });
    await expect(manager.open('notes')).rejects.toThrow(`set("t", "text", mergeFunction)`);
    expect(await codeOf(manager.open('notes', { missingRules: 'local' as never }))).toBe('invalid-option');
    const rules = new ResolutionRules().set('t', 'text', longer);
    const again = await manager.open('notes', { rules });
    await next.rest();
    await again.sync();
    await next.rest();
    await laptop.rest();
    await theirs.sync();
    expect(texts(theirs)).toEqual(['the longer text']);
  });
});

describe('a call that is lost', () => {
  for (const what of ['request', 'answer'] as const) {
    for (const method of ['create', 'send'] as const) {
      test(`(${what} of ${method}) is tried again, and doubles nothing`, async () => {
        const manager = await phone.manager();
        let left = 3;
        phone.link().hook = losing(what, (called) => called === method && left-- > 0);
        const notes = await manager.openOrCreate('notes');
        notes.table('t').insert({ text: 'once' });
        await notes.sync();
        await phone.environment.advance(60_000);
        expect(left).toBeLessThan(3);
        await notes.sync();
        expect(notes.syncStatus).toMatchObject({ isUploading: false, isDownloading: false, anyError: undefined });
        expect(server.sequencer('ann', 'notes').revision).toBe(1);
        expect(await (await laptop.manager()).list()).toHaveLength(1);
      });
    }
  }

  test('is not tried again before the time that the server asks to wait, and not by all at once', async () => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    const tries: number[] = [];
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type !== 'put') return await deliver();
      tries.push(phone.environment.now());
      throw new ServiceError('retry-later', 'busy', {}, undefined, 'answered', 90_000);
    };
    notes.table('t').insert({ text: 'x' });
    await notes.sync();
    await phone.environment.advance(100_000);
    const [first = 0, second = 0, ...others] = tries;
    expect(others).toEqual([]);
    expect(second - first).toBeGreaterThanOrEqual(90_500);
    expect(second - first).toBeLessThanOrEqual(91_000);
  });

  test('is tried again after waits that double, up to a limit, with a random part', async () => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    const tries: number[] = [];
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type === 'put') {
        tries.push(phone.environment.now());
        throw new ServiceError('server', 'out of order');
      }
      return await deliver();
    };
    notes.table('t').insert({ text: 'x' });
    await notes.sync();
    await phone.environment.advance(3_600_000);
    const waits = tries.slice(1).map((time, at) => time - (tries[at] ?? 0));
    waits.forEach((wait, at) => {
      const whole = Math.min(300_000, 1000 * 2 ** at);
      expect(wait).toBeGreaterThanOrEqual(whole / 2);
      expect(wait).toBeLessThanOrEqual(whole);
    });
    expect(waits.length).toBeGreaterThan(15);
    expect(new Set(waits.slice(9)).size).toBeGreaterThan(3);
    expect(notes.syncStatus.uploadError).toMatchObject({ code: 'server' });
    phone.link().hook = undefined;
    await phone.environment.advance(300_000);
    expect(notes.syncStatus.uploadError).toBeUndefined();
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
  });

  test('with an error of another family is a failure of the server, with its cause', async () => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    const cause = new TypeError('a bug in the link');
    phone.link().hook = () => Promise.reject(cause);
    notes.table('t').insert({ text: 'x' });
    await notes.sync();
    await phone.rest();
    expect(notes.syncStatus.uploadError).toMatchObject({ code: 'server', cause });
    expect(notes.syncStatus.anyError).toBe(notes.syncStatus.uploadError);
  });

  for (const reason of ['network', 'server', 'retry-later', 'quota'] as const) {
    test(`with any error that a link may reject with is tried again: ${reason}`, async () => {
      const notes = await (await phone.manager()).openOrCreate('notes');
      await phone.rest();
      let left = 2;
      phone.link().hook = async (_, deliver) => {
        if (left-- > 0) throw new ServiceError(reason, 'not now');
        return await deliver();
      };
      notes.table('t').insert({ text: 'x' });
      await notes.sync();
      await phone.rest();
      expect(notes.syncStatus.uploadError).toMatchObject({ code: reason });
      await phone.environment.advance(60_000);
      expect(notes.syncStatus).toMatchObject({ isUploading: false, anyError: undefined });
    });
  }

  test('for good is not tried again', async () => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await phone.rest();
    (await phone.accounts()).setOnline(false);
    notes.table('t').insert({ text: 'x' });
    await notes.sync();
    let tries = 0;
    phone.link().hook = () => {
      tries++;
      return Promise.reject(new ServiceError('not-permitted', 'no'));
    };
    (await phone.accounts()).setOnline(true);
    await phone.rest();
    const { timerCount } = phone.environment;
    const before = tries;
    await phone.environment.advance(3_600_000);
    expect([tries, timerCount]).toEqual([before, 0]);
    expect(notes.syncStatus.uploadError).toMatchObject({ code: 'not-permitted' });
  });
});

describe('a server that lost part of its log, or trimmed it', () => {
  test('is answered with a reload, and the edits that wait are kept', async () => {
    const [mine, theirs] = await bothOpen();
    phone.link().isOnline = false;
    mine.table('t').insert({ text: 'mine' });
    await mine.sync();
    for (const text of ['a', 'b', 'c']) {
      theirs.table('t').insert({ text });
      await theirs.sync();
      await rest();
    }
    server.sequencer('ann', 'notes').trim(3);
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    await mine.sync();
    await rest();
    await theirs.sync();
    expect(texts(theirs)).toEqual(['a', 'b', 'c', 'mine']);
    expect(texts(mine)).toEqual(texts(theirs));
  });
});

describe('a log that is longer than one answer', () => {
  test('is fetched page by page to its end, before the first put', async () => {
    server = addAccounts(new MemoryServer({ answerSize: 1_000 }));
    phone = new Device(server);
    laptop = new Device(server);
    const [mine, theirs] = await bothOpen();
    phone.link().isOnline = false;
    mine.table('t').insert({ text: 'mine' });
    await mine.sync();
    const expected = ['mine'];
    for (let count = 0; count < 20; count++) {
      theirs.table('t').insert({ text: `their ${count}` });
      expected.push(`their ${count}`);
      await theirs.sync();
      await laptop.rest();
    }
    const sent: string[] = [];
    phone.link().hook = (call, deliver) => {
      if (call.message !== undefined) sent.push(call.message.type);
      return deliver();
    };
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    await mine.sync();
    await rest();
    expect(texts(mine)).toEqual([...expected].sort());
    // One put found out that it was late; the next one came when nothing was missing any more.
    expect(sent.filter((type) => type === 'put').length).toBeLessThanOrEqual(2);
    expect(sent.filter((type) => type === 'fetch').length).toBeGreaterThan(4);
  });
});

describe('the background exchange', () => {
  test('pauses when nothing is open, to be uploaded or listened to', async () => {
    const [mine, theirs] = await bothOpen();
    mine.close();
    await rest();
    let calls = 0;
    phone.link().hook = async (_, deliver) => {
      calls++;
      return await deliver();
    };
    theirs.table('t').insert({ text: 'x' });
    await theirs.sync();
    await rest();
    await phone.environment.advance(3_600_000);
    expect([calls, phone.environment.timerCount]).toEqual([0, 0]);
  });

  test('begins another watch when one ends, and learns what it missed', async () => {
    const [mine, theirs] = await bothOpen();
    phone.link().isOnline = false;
    await rest();
    expect(mine.syncStatus.isConnected).toBe(false);
    theirs.table('t').insert({ text: 'missed' });
    await theirs.sync();
    await rest();
    phone.link().isOnline = true;
    expect(mine.syncStatus.hasIncoming).toBe(false);
    await phone.environment.advance(300_000);
    expect(mine.syncStatus).toMatchObject({ isConnected: true, hasIncoming: true });
  });

  test('does not take an answer for the latest news that it heard of something later', async () => {
    const [mine, theirs] = await bothOpen();
    theirs.table('t').insert({ text: 'earlier' });
    await theirs.sync();
    await rest();
    await mine.sync();
    let answer = (): void => undefined;
    phone.link().hook = async (call, deliver) => {
      const delivered = await deliver();
      if (call.message?.type !== 'fetch') return delivered;
      phone.link().hook = undefined;
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return delivered;
    };
    const loaded = mine.loadDeltas();
    await phone.rest();
    // The watch ends, misses an edit, and another one tells how far the log reaches, all before the answer is there.
    phone.link().isOnline = false;
    theirs.table('t').insert({ text: 'later' });
    await theirs.sync();
    await laptop.rest();
    phone.link().isOnline = true;
    await phone.environment.advance(10_000);
    answer();
    await loaded;
    await phone.environment.advance(600_000);
    await mine.sync();
    expect(texts(mine)).toEqual(['earlier', 'later']);
  });

  test('does nothing while the device is known to be offline, and everything at once when it is back', async () => {
    const [mine] = await bothOpen();
    const accounts = await phone.accounts();
    accounts.setOnline(false);
    expect([accounts.isOnline, mine.syncStatus.isConnected]).toEqual([false, false]);
    mine.table('t').insert({ text: 'offline' });
    await mine.sync();
    await phone.environment.advance(3_600_000);
    expect(phone.environment.timerCount).toBe(0);
    expect(server.sequencer('ann', 'notes').revision).toBe(0);
    accounts.setOnline(true);
    await phone.rest();
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
    expect(mine.syncStatus).toMatchObject({ isConnected: true, isUploading: false });
  });

  test('goes on for several datastores and accounts at once', async () => {
    const [ann, sam] = [await phone.manager('ann'), await phone.manager('sam')];
    const opened: Datastore[] = [];
    for (const manager of [ann, sam]) for (const id of ['a', 'b']) opened.push(await manager.openOrCreate(id));
    for (const [at, datastore] of opened.entries()) {
      datastore.table('t').insert({ text: String(at) });
      await datastore.sync();
    }
    await rest();
    for (const account of ['ann', 'sam']) {
      for (const id of ['a', 'b']) expect(server.sequencer(account, id).revision).toBe(1);
    }
  });

  test('24: reports a merge function that throws to onFailure, and goes on', async () => {
    const [mine, theirs] = await bothOpen();
    phone.link().isOnline = false;
    mine.table('t').setResolutionRule('text', () => {
      throw new Error('broken rule');
    });
    mine.table('t').getOrInsert('r').set('text', 'mine');
    await mine.sync();
    mine.close();
    theirs.table('t').getOrInsert('r').set('text', 'theirs');
    await theirs.sync();
    await rest();
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    const error = expect.objectContaining({ code: 'invalid-rule', cause: new Error('broken rule') });
    expect(phone.failures).toEqual([error]);
    const notes = await (await phone.manager()).open('notes');
    expect([notes.table('t').get('r')?.get('text'), notes.syncStatus.isUploading]).toEqual(['theirs', false]);
  });
});

describe('the status', () => {
  test('of a datastore that was just opened is downloading until the server answered', async () => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    expect(notes.syncStatus).toMatchObject({ isDownloading: true, isUploading: false });
    await rest();
    expect(notes.syncStatus).toEqual({
      ...{ isConnected: true, isDownloading: false, isUploading: false, hasIncoming: false, hasOutgoing: false },
      ...{ needsReset: false, downloadError: undefined, uploadError: undefined, anyError: undefined },
    });
  });

  test('follows an edit from being made to being uploaded, and is told on the way', async () => {
    const notes = await (await phone.manager()).openOrCreate('notes');
    await rest();
    const seen: string[] = [];
    notes.on('syncStatus', ({ hasOutgoing, isUploading }) => seen.push(`${hasOutgoing} ${isUploading}`));
    notes.table('t').insert({ text: 'x' });
    await notes.sync();
    await rest();
    expect(seen).toEqual(['true false', 'false true', 'false false']);
  });

  test('has the error that keeps something from being received or sent', async () => {
    const [mine] = await bothOpen();
    phone.link().hook = losing('request', () => true);
    mine.table('t').insert({ text: 'x' });
    await mine.sync();
    await phone.rest();
    expect(mine.syncStatus).toMatchObject({ uploadError: { code: 'network' }, downloadError: undefined });
    expect(await codeOf(mine.loadDeltas())).toBe('network');
    expect(mine.syncStatus.downloadError).toMatchObject({ code: 'network' });
  });

  test('of a user who may no longer read says so, and recovers with the role', async () => {
    const shared = await (await phone.manager()).create();
    shared.setRole('public', 'viewer');
    await shared.sync();
    await rest();
    const seen = await (await laptop.manager('sam')).open(shared.id);
    await rest();
    shared.deleteRole('public');
    await shared.sync();
    await rest();
    expect(seen.effectiveRole).toBe('none');
    expect(seen.syncStatus.downloadError).toMatchObject({ code: 'not-permitted' });
    shared.setRole('public', 'editor');
    await shared.sync();
    await rest();
    expect(seen.effectiveRole).toBe('editor');
    expect(seen.syncStatus).toMatchObject({ downloadError: undefined, hasIncoming: true });
  });

  test('of a local datastore is always downloading, and uploading once it has edits', async () => {
    const local = await (await phone.accounts()).localManager();
    const notes = await local.openDefault();
    await rest();
    expect(notes.syncStatus).toMatchObject({ isConnected: false, isDownloading: true, isUploading: false });
    notes.table('t').insert({ text: 'x' });
    await notes.sync();
    await rest();
    expect(notes.syncStatus).toMatchObject({ isConnected: false, isDownloading: true, isUploading: true });
  });
});

describe('a storage that fails', () => {
  test('fails the sync, and nothing is sent that was not stored', async () => {
    let isFull = false;
    const storage = new Disk(({ method }) => {
      if (isFull && method === 'write') throw new Error('no space left');
    });
    const device = new Device(server, storage);
    const notes = await (await device.manager()).openOrCreate('notes');
    await device.rest();
    isFull = true;
    notes.table('t').insert({ text: 'x' });
    expect(await codeOf(notes.sync())).toBe('storage');
    await device.environment.advance(10_000);
    expect(notes.syncStatus.uploadError).toMatchObject({ code: 'storage' });
    expect(server.sequencer('ann', 'notes').revision).toBe(0);
    isFull = false;
    await device.environment.advance(300_000);
    expect(server.sequencer('ann', 'notes').revision).toBe(1);
  });

  for (const done of ['nothing', 'everything'] as const) {
    test(`once for a summary, having done ${done}, does not hide what is left to be uploaded`, async () => {
      const storage = new FailingStorage();
      const device = new Device(server, storage);
      const notes = await (await device.manager()).openOrCreate('notes');
      await device.rest();
      const edit = async (): Promise<unknown> => {
        notes.table('t').insert({ text: 'x' });
        return await codeOf(notes.sync());
      };
      if (done === 'everything') {
        // The summary that says that all is uploaded is stored, and the manager takes it for lost.
        await edit();
        storage.failNext(done, ({ isUploaded }) => isUploaded === true);
        await device.rest();
        (await device.accounts()).setOnline(false);
      } else {
        (await device.accounts()).setOnline(false);
        storage.failNext(done, ({ isUploaded }) => isUploaded === false);
        expect(await edit()).toBe('storage');
      }
      expect(storage.isFailing).toBe(false);
      const uploaded = server.sequencer('ann', 'notes').revision;
      expect(await edit()).toBe('resolved');
      const next = device.restarted();
      await next.manager();
      await next.rest();
      expect(server.sequencer('ann', 'notes').revision).toBeGreaterThan(uploaded);
    });
  }
});
