/** What LMDB does on a disk that is full or read-only, alone and under a manager. */

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AccountManager, type Datastore, environmentOf, MemoryServer } from '../../src/datastore/index.js';
import { LmdbStorage } from '../../src/storage/lmdb/index.js';
import { mountSmallDisk, NO_MOUNT, type SmallDisk } from './small-disk.js';

const probe = mountSmallDisk('64k');
probe?.remove();
if (probe === undefined) console.warn(`Full and read-only disks: ${NO_MOUNT}`);

/** More than any of the disks here holds. */
const MANY = 400;

describe.skipIf(probe === undefined)('LMDB', () => {
  let disk: SmallDisk;
  let path: string;
  beforeEach(() => {
    disk = mountSmallDisk('400k') as SmallDisk;
    path = join(disk.path, 'storage');
  });
  afterEach(() => disk.remove());

  test('on a full disk rejects as storage, keeps what it has acknowledged, and goes on when there is room', async () => {
    const storage = new LmdbStorage({ path });
    const lease = await storage.acquire();
    const acknowledged: string[] = [];
    const failures: unknown[] = [];
    for (let number = 0; number < MANY && failures.length < 3; number++) {
      const key = `key/${String(number).padStart(4, '0')}`;
      await lease.write({ puts: [[key, new Uint8Array(5000).fill(number)]] }).then(
        () => acknowledged.push(key),
        (error: unknown) => failures.push(error),
      );
    }
    expect(failures).toMatchObject(Array(3).fill({ code: 'storage', isRetryable: true }));
    const found = async (one: typeof lease): Promise<string[]> => (await one.getAll('key/')).map(([key]) => key);
    expect(await found(lease)).toEqual(acknowledged);
    disk.remount('size=8m');
    await lease.write({ puts: [['key/last', new Uint8Array(5000)]] });
    await lease.release();
    const again = await storage.acquire();
    expect(await found(again)).toEqual([...acknowledged, 'key/last']);
    await again.release();
  });

  test('under a manager: sync says so, nothing is lost or sent, and all is stored when there is room', async () => {
    const server = new MemoryServer();
    server.setAccount('ann', { userName: 'Ann' });
    const options = {
      storage: new LmdbStorage({ path }),
      environment: environmentOf(globalThis),
      connect: () => {
        const link = server.link('ann');
        link.isOnline = false;
        return link;
      },
    };
    const openNotes = async (accounts: AccountManager): Promise<Datastore> =>
      await (await accounts.managerFor(await accounts.link('ann'))).openDefault();
    let accounts = await AccountManager.open(options);
    const notes = await openNotes(accounts);
    let codes: unknown[] = [];
    for (let number = 0; number < MANY && codes.length === 0; number++) {
      notes.table('notes').insert({ text: String(number).repeat(2500) });
      await notes.sync().catch((error: { code?: unknown }) => codes.push(error.code));
    }
    expect(codes).toEqual(['storage']);
    const { length } = [...notes.table('notes').query()];
    disk.remount('size=8m');
    codes = [];
    await notes.sync();
    await accounts.close();
    accounts = await AccountManager.open(options);
    expect([...(await openNotes(accounts)).table('notes').query()]).toHaveLength(length);
    await accounts.close();
  });

  test('in a directory that can only be read rejects as storage, and leaves it as it is', async () => {
    const storage = new LmdbStorage({ path });
    const lease = await storage.acquire();
    await lease.write({ puts: [['key', new Uint8Array([1])]] });
    await lease.release();
    disk.remount('ro');
    await expect(storage.acquire()).rejects.toMatchObject({ code: 'storage' });
    await expect(new LmdbStorage({ path: join(disk.path, 'another') }).acquire()).rejects.toMatchObject({
      code: 'storage',
    });
    disk.remount('rw');
    const again = await storage.acquire();
    expect(await again.get('key')).toEqual(new Uint8Array([1]));
    await again.release();
  });
});
