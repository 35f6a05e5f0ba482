import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runStorageCommand } from '../../src/cli/storage-command.js';
import { decodeState } from '../../src/codec/binary/index.js';
import { AccountManager, MemoryServer } from '../../src/datastore/index.js';
import { ManualEnvironment } from '../../src/datastore/testing/index.js';
import { formatState } from '../../src/index.js';
import { LmdbLogs } from '../../src/server/lmdb/index.js';
import { LmdbStorage } from '../../src/storage/lmdb/index.js';

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'deltaic-inspect-'));
});
afterEach(() => rmSync(path, { recursive: true }));

/** A storage of an account with one datastore that is sent, and one that is not. */
async function fill(): Promise<void> {
  const server = new MemoryServer();
  server.setAccount('ann', { userName: 'Ann' });
  const link = server.link('ann');
  const environment = new ManualEnvironment();
  const storage = new LmdbStorage({ path });
  const accounts = await AccountManager.open({ storage, environment, connect: () => link });
  const manager = await accounts.managerFor(await accounts.link('ann'));
  const sent = await manager.openOrCreate('sent');
  sent.table('notes').insert('a', { text: 'x' });
  await sent.commit();
  link.isOnline = false;
  const kept = await manager.openOrCreate('kept');
  kept.table('notes').insert('b', { text: 'y' });
  await kept.sync();
  kept.table('notes').insert('c', { text: 'z' });
  await accounts.close();
}

async function runOn(
  ...argv: readonly string[]
): Promise<{ status: number; out: string; bytes: Uint8Array; err: string }> {
  const out: (string | Uint8Array)[] = [];
  let err = '';
  const status = await runStorageCommand(argv, {
    readFile: () => new Uint8Array(),
    readStdin: () => new Uint8Array(),
    writeFile: () => undefined,
    stdout: (content) => void out.push(content),
    stderr: (text) => {
      err += text;
    },
    isTerminal: false,
  });
  const bytes = Buffer.concat(out.map((part) => Buffer.from(part)));
  return { status, out: bytes.toString(), bytes: new Uint8Array(bytes), err };
}

/** Changes the last byte of a stored value. */
async function damage(ending: string): Promise<void> {
  const lease = await new LmdbStorage({ path }).acquire();
  const [[key, value] = ['', new Uint8Array()]] = (await lease.getAll('')).filter(([one]) => one.endsWith(ending));
  const changed = value.slice();
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  await lease.write({ puts: [[key, changed]] });
  await lease.release();
}

describe('deltaic inspect, of the directory of a storage', () => {
  test('says what is in it, what is unsent, and that every checksum holds', async () => {
    await fill();
    expect(await runOn('inspect', path)).toMatchObject({
      status: 0,
      err: '',
      out: [
        `${path}: a storage with 1 account, 2 datastores, 1 with edits that are not sent`,
        'every checksum holds',
        '',
        'account ann',
        '  kept: revision 0, 3 records, role owner; not on a server; 1 sealed delta not sent; 1 change not synced',
        '  sent: revision 1, 2 records, role owner',
        '',
      ].join('\n'),
    });
    const json = JSON.parse((await runOn('inspect', path, '--json')).out);
    expect(json).toMatchObject({
      kind: 'storage',
      accounts: [
        {
          account: 'ann',
          datastores: [
            { id: 'kept', unsent: 1, uncommitted: 1 },
            { id: 'sent', unsent: 0 },
          ],
        },
      ],
      faults: [],
    });
  });

  test('names what is damaged, shows the rest, and ends with status 2', async () => {
    await fill();
    await damage('/data/kept');
    const { status, out } = await runOn('inspect', path);
    expect(status).toBe(2);
    expect(out).toContain('1 value CANNOT BE READ');
    expect(out).toMatch(/ann \/ kept: .*space-1\/data\/kept.* checksum/);
    expect(out).toContain('sent: revision 1');
    expect(await runOn('inspect', path, '--quiet')).toMatchObject({ status: 2, out: '' });
  });

  test('refuses one that is in use', async () => {
    const lease = await new LmdbStorage({ path }).acquire();
    expect(await runOn('inspect', path)).toMatchObject({ status: 2, err: expect.stringContaining('in use') });
    await lease.release();
  });

  test('says that the logs of a server are not shown', async () => {
    const logs = new LmdbLogs({ path });
    await logs.create('h1', 'notes', 'ann');
    await logs.close();
    const { status, out } = await runOn('inspect', path);
    expect(status).toBe(0);
    expect(out).toContain('no device has stored anything here (deltaic cannot show the logs of a server)');
    await fill();
    expect((await runOn('inspect', path)).out).not.toContain('no device');
  });

  test('makes no storage where there is none', async () => {
    expect(await runOn('inspect', path)).toMatchObject({ status: 2, err: expect.stringContaining('no storage') });
    expect(readdirSync(path)).toEqual([]);
  });
});

describe('deltaic convert, of the directory of a storage', () => {
  test('writes the rows of a datastore, as its user sees them', async () => {
    await fill();
    const { status, out } = await runOn('convert', path, '--datastore', 'kept');
    expect(status).toBe(0);
    const rows = (JSON.parse(out) as { tid: string; rowid: string }[]).filter(({ tid }) => tid === 'notes');
    expect(rows).toEqual([
      { tid: 'notes', rowid: 'b', data: { text: 'y' } },
      { tid: 'notes', rowid: 'c', data: { text: 'z' } },
    ]);
    const { bytes } = await runOn('convert', path, '--account', 'ann', '--datastore', 'kept', '--to', 'binary');
    expect(formatState(decodeState(bytes))).toEqual(JSON.parse(out));
  });

  test('asks which one, where it could be several', async () => {
    await fill();
    expect(await runOn('convert', path)).toMatchObject({
      status: 2,
      err: expect.stringContaining('ann / kept, ann / sent'),
    });
    expect(await runOn('convert', path, '--datastore', 'other')).toMatchObject({ status: 2 });
  });

  test('takes the datastores without an account by a name of their own', async () => {
    await fill();
    const accounts = await AccountManager.open({
      storage: new LmdbStorage({ path }),
      environment: new ManualEnvironment(),
      connect: () => new MemoryServer().link('ann'),
    });
    const local = await (await accounts.localManager()).openOrCreate('kept');
    local.table('notes').insert('d', {});
    await local.sync();
    await accounts.close();
    const { err } = await runOn('convert', path, '--datastore', 'kept');
    expect(err).toContain('"ann / kept, ann / sent, this device / kept"');
    const { out } = await runOn('convert', path, '--datastore', 'kept', '--account', 'this device');
    expect(out).toContain('"rowid":"d"');
    expect(out).not.toContain('"rowid":"b"');
  });

  test('exports nothing that is damaged', async () => {
    await fill();
    await damage('/data/kept');
    expect(await runOn('convert', path, '--datastore', 'kept')).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringContaining('damaged'),
    });
    expect(await runOn('convert', path, '--datastore', 'sent')).toMatchObject({ status: 0 });
  });
});
