/** What storing costs, counted in bytes and writes, and what becomes of damaged data. */

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Batch, type Datastore, MemoryServer } from '../../../src/datastore/index.js';
import { diffLines, PatchedLines } from '../../../src/datastore/manager/line-patch.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';
import { Disk } from './support/disk.js';

/** Counts the bytes of all keys and values that are written. */
class CountingDisk extends Disk {
  bytes = 0;
  writes = 0;

  override async write(batch: Batch): Promise<void> {
    this.writes++;
    for (const [key, value] of batch.puts ?? []) this.bytes += key.length + value.length;
    for (const key of batch.deletes ?? []) this.bytes += key.length;
    await super.write(batch);
  }
}

let disk: CountingDisk;
let phone: Device;
let server: MemoryServer;

beforeEach(() => {
  server = addAccounts(new MemoryServer());
  disk = new CountingDisk();
  phone = new Device(server, disk);
});

async function open(device: Device = phone, id = 'notes'): Promise<Datastore> {
  return await (await device.manager()).openOrCreate(id);
}

/** Stores a datastore of many records, with all of it in the log. */
async function fill(notes: Datastore, count: number, text: string): Promise<void> {
  for (let at = 0; at < count; at++) {
    notes.table('t').insert(`r${at}`, { text: `${at} ${text}` });
    if (at % 150 === 149) await notes.sync();
  }
  await notes.sync();
  await phone.rest();
}

const lines = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'c', ''), fc.string()), { maxLength: 12 });

function patched(before: readonly string[], hunks: readonly unknown[]): string[] | undefined {
  const result = new PatchedLines(before);
  return result.apply(hunks) ? result.toArray() : undefined;
}

/** What a patch does, line by line. */
function patchedNaively(before: readonly string[], hunks: readonly (readonly [number, ...unknown[]])[]): string[] {
  const after = [...before];
  let at = 0;
  for (const [skip, from, remove, insert] of hunks) {
    at += skip;
    if (Array.isArray(remove)) {
      after.splice(at, Number(from), ...(remove as string[]));
      at += remove.length;
    } else {
      const line = after[at] ?? '';
      after[at++] = line.slice(0, Number(from)) + String(insert) + line.slice(Number(from) + Number(remove));
    }
  }
  return after;
}

test('many patches of many lines lead to the same as line by line', () => {
  const edit = fc.record({
    at: fc.nat(4000),
    remove: fc.nat(1500),
    insert: fc.array(fc.string(), { maxLength: 1500 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4000 }), fc.array(edit, { maxLength: 6 }), (count, edits) => {
      let naive = Array.from({ length: count }, (_, at) => `line ${at}`);
      const kept = new PatchedLines(naive);
      for (const { at, remove, insert } of edits) {
        const after = [...naive];
        after.splice(at, remove, ...insert);
        const hunks = diffLines(naive, after);
        expect(kept.apply(hunks)).toBe(true);
        naive = patchedNaively(naive, hunks as never);
        expect(naive).toEqual(after);
      }
      expect(kept.toArray()).toEqual(naive);
    }),
    { numRuns: 30 },
  );
});

test('a patch that does not fit is noticed', () => {
  const wrong: unknown[][] = [
    [['x']],
    [[3, 0, ['a']]],
    [[0, 3, []]],
    [[2, 0, 0, 'a']],
    [[0, 0, [1]]],
    [[-1, 0, []]],
    [[0, 0, 0, 1]],
  ];
  for (const hunks of wrong) expect([hunks, patched(['a', 'b'], hunks)]).toEqual([hunks, undefined]);
});

test('a patch of lines leads from one text to the other', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const hunks: unknown = JSON.parse(JSON.stringify(diffLines(before, after)));
      expect(patched(before, hunks as unknown[])).toEqual(after);
    }),
  );
});

test('lines that moved, came, went and changed in many places are found again', () => {
  const before = Array.from({ length: 200 }, (_, at) => `line ${at}`);
  const after = ['first', ...before.slice(0, 50), 'line 50 changed', ...before.slice(51, 120), ...before.slice(140)];
  const hunks = diffLines(before, after);
  expect(patched(before, hunks)).toEqual(after);
  expect(JSON.stringify(hunks).length).toBeLessThan(80);
});

describe('storing', () => {
  test('one field in a datastore of 10 MB writes less than 1 kB, with all that goes with it', async () => {
    const notes = await open();
    await fill(notes, 1000, 'x'.repeat(9900));
    expect(notes.size).toBeGreaterThan(9.9e6);
    for (const at of [0, 500, 999]) {
      const { bytes, writes } = disk;
      const revision = server.sequencer('ann', 'notes').revision;
      notes.table('t').getOrInsert(`r${at}`).set('done', true);
      await notes.sync();
      await phone.rest();
      expect(server.sequencer('ann', 'notes').revision).toBe(revision + 1);
      expect(disk.bytes - bytes).toBeLessThan(1000);
      expect(disk.writes - writes).toBeLessThanOrEqual(4);
    }
  });

  test('a keystroke in a long text writes less than 1 kB', async () => {
    const notes = await open();
    const text = notes.table('t').getOrInsert('page').getOrCreateList('text');
    text.push(...'to be or not to be '.repeat(200));
    await notes.sync();
    await phone.rest();
    const { bytes } = disk;
    text.insert(2000, 'x');
    await notes.sync();
    await phone.rest();
    expect(disk.bytes - bytes).toBeLessThan(1000);
  });

  test.each([true, false])(
    'a session writes at most 4 times its edits and what is left (online: %s)',
    async (online) => {
      const notes = await open();
      await phone.rest();
      phone.link().isOnline = online;
      const start = disk.bytes;
      let edited = 0;
      for (let at = 0; at < 600; at++) {
        notes
          .table('t')
          .getOrInsert(`r${at % 40}`)
          .set(`f${at % 7}`, `value ${at}`);
        edited += notes.unsyncedChangesSize;
        await notes.sync();
        await phone.rest();
      }
      expect(disk.bytes - start).toBeLessThan(4 * (edited + notes.size));
    },
  );

  test('opening reads twice the base at most, or the base and 4096 bytes', async () => {
    const notes = await open();
    await fill(notes, 300, 'some text');
    const bytesUnder = async (prefix: string): Promise<number> =>
      (await disk.getAll(prefix)).reduce((sum, [, value]) => sum + value.length, 0);
    let longest = 0;
    for (let at = 0; at < 200; at++) {
      notes.table('t').get(`r${at}`)?.set('text', `edit ${at}`);
      await notes.sync();
      const [base, records] = [await bytesUnder('space-1/data/notes'), await bytesUnder('space-1/log/notes/')];
      expect(records).toBeLessThanOrEqual(Math.max(base, 4096));
      longest = Math.max(longest, records);
    }
    expect(longest).toBeGreaterThan(4096);
    const again = await open(phone.restarted());
    expect(again.table('t').get('r199')?.get('text')).toBe('edit 199');
  });

  test.each([
    ['autosave alone', Number.POSITIVE_INFINITY],
    ['a sync now and then', 25],
  ])('a list used as a queue offline does not grow: %s', async (_, pairsPerSync) => {
    const notes = await open();
    const queue = notes.table('t').getOrInsert('q').getOrCreateList('items');
    queue.push('first', 'second');
    await notes.sync();
    await phone.rest();
    phone.link().isOnline = false;
    let most = 0;
    for (let pair = 1; pair <= 10_000; pair++) {
      queue.push(`item ${pair}`);
      queue.shift();
      if (pair % pairsPerSync === 0) await notes.sync();
      if (pair % 100 > 0) continue;
      await phone.environment.advance(1000);
      const stored = await disk.getAll('space-1/');
      most = Math.max(
        most,
        stored.reduce((sum, [, value]) => sum + value.length, 0),
      );
    }
    // What each pair adds, 9 bytes at least, would be 90 kB. The latest undo items stay, and the records behind the base.
    expect(most).toBeLessThan(pairsPerSync === 25 ? 60_000 : 20_000);
    expect((await open(phone.restarted())).table('t').get('q')?.getList('items').toArray()).toEqual([
      'item 9999',
      'item 10000',
    ]);
  });

  test('what was stored in many records is found again, and so after each of them', async () => {
    const notes = await open();
    phone.link().isOnline = false;
    for (let at = 0; at < 60; at++) {
      notes
        .table('t')
        .getOrInsert(`r${at % 9}`)
        .set('n', at)
        .getOrCreateList('items')
        .push(at);
      if (at % 4 === 3)
        notes
          .table('t')
          .get(`r${(at * 5) % 9}`)
          ?.deleteRecord();
      await notes.sync();
      const again = await open(phone.restarted());
      const found = [...again.table('t').query()].map((record) => [record.id, [...record]]);
      expect(JSON.stringify(found)).toBe(
        JSON.stringify([...notes.table('t').query()].map((record) => [record.id, [...record]])),
      );
    }
  });
});

describe('what is damaged', () => {
  /** A datastore with a base and some records, and another one. */
  async function stored(): Promise<string[]> {
    const notes = await open();
    (await open(phone, 'other')).close();
    phone.link().isOnline = false;
    for (const at of [1, 2, 3]) {
      notes.table('t').insert({ at });
      await notes.sync();
    }
    return (await disk.keys('space-1')).filter((key) => key.includes('/notes') && !key.includes('summary'));
  }

  test('or torn, or missing, is told with its key, for that datastore alone', async () => {
    const keys = await stored();
    expect(keys.length).toBeGreaterThan(2);
    for (const key of keys) {
      const lease = await disk.memory.copy().acquire();
      const bytes = (await lease.get(key)) ?? new Uint8Array();
      const flipped = [0, 3, bytes.length >> 1, bytes.length - 1].map((at) =>
        bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte)),
      );
      for (const damaged of [...flipped, bytes.slice(0, -1), bytes.slice(0, 2), new Uint8Array()]) {
        const device = new Device(server, await disk.with(key, damaged));
        const manager = await device.manager();
        const error = await manager.open('notes').catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: expect.stringMatching(/corrupt-data|unknown-version/) });
        expect(String(error)).toContain(key);
        expect(await codeOf(manager.open('other'))).toBe('resolved');
      }
    }
  });

  test('by a record or base that is gone is noticed', async () => {
    const keys = await stored();
    // All but the last record: nothing says that one more was there.
    for (const key of keys.slice(0, -1)) {
      const copy = disk.copy();
      const lease = await copy.acquire();
      await lease.write({ deletes: [key] });
      await lease.release();
      const manager = await new Device(server, copy).manager();
      expect(await codeOf(manager.open('notes'))).toBe('corrupt-data');
    }
  });

  test('is not what a newer version wrote: that is refused, and left alone', async () => {
    await stored();
    const device = new Device(server, await disk.with('space-1/data/notes', Uint8Array.of(4, 0, 0, 0, 0, 0)));
    expect(await codeOf((await device.manager()).open('notes'))).toBe('unknown-version');
    const lease = await device.storage.memory.copy().acquire();
    expect(await lease.get('space-1/data/notes')).toEqual(Uint8Array.of(4, 0, 0, 0, 0, 0));
  });
});
