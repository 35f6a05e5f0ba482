import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Batch, DeviceStorage, StorageLease } from '../../src/datastore/storage/device-storage.js';
import { MemoryStorage } from '../../src/datastore/storage/memory-storage.js';
import {
  type DeviceStorageFixture,
  deviceStorageConformance,
} from '../../src/datastore/testing/device-storage-conformance.js';
import { ManualEnvironment } from '../../src/datastore/testing/index.js';
import { DatastoreError, isDatastoreError } from '../../src/errors/datastore-error.js';
import { LmdbStorage } from '../../src/storage/lmdb/index.js';
import { failingCases } from '../support/failing-cases.js';

describe('a storage in memory', () => {
  for (const { name, run } of deviceStorageConformance(async () => memoryFixture())) test(name, run);

  test('loses in a power cut what was written after the last strict batch, and nothing else', async () => {
    const storage = new MemoryStorage();
    const lease = await storage.acquire();
    await lease.write({ puts: [['a', new Uint8Array()]] });
    await lease.write({ puts: [['b', new Uint8Array()]], isStrict: true });
    await lease.write({ puts: [['c', new Uint8Array()]] });
    storage.cutPower();
    const next = await storage.acquire();
    expect((await next.getAll('')).map(([key]) => key)).toEqual(['a', 'b']);
  });
});

describe('a storage in LMDB', () => {
  const suite = deviceStorageConformance(async () => {
    const path = mkdtempSync(join(tmpdir(), 'deltaic-storage-'));
    return {
      storage: new LmdbStorage({ path }),
      reopen: async () => new LmdbStorage({ path }),
      close: async () => rmSync(path, { recursive: true }),
    };
  });
  for (const { name, run } of suite) test(name, run);
});

describe('a planted fault fails just the case that is there for it:', () => {
  /** A storage in memory whose leases are changed by a test. */
  function planted(
    change: (lease: StorageLease, medium: MemoryStorage) => Partial<StorageLease>,
  ): DeviceStorageFixture {
    const medium = new MemoryStorage();
    const storage: DeviceStorage = {
      acquire: async (options) => {
        const lease = await medium.acquire(options);
        const plain: StorageLease = {
          generation: lease.generation,
          get: (key) => lease.get(key),
          getAll: (prefix) => lease.getAll(prefix),
          write: (batch) => lease.write(batch),
          release: () => lease.release(),
        };
        return { ...plain, ...change(plain, medium) };
      },
    };
    return { storage, reopen: async () => storage, kill: async () => medium.kill() };
  }

  const unit = (batch: Batch): Batch[] => [
    ...(batch.puts ?? []).map((put) => ({ puts: [put] })),
    ...(batch.deletes ?? []).map((key) => ({ deletes: [key] })),
  ];

  const empty = ({ puts = [], deletes = [] }: Batch): boolean => puts.length + deletes.length === 0;

  const FAULTS: Readonly<Record<string, readonly [failing: string, fixture: () => DeviceStorageFixture]>> = {
    'keeps nothing': [
      'tells a missing value from an empty one',
      () => planted(() => ({ write: async () => undefined })),
    ],
    'throws where it should reject': [
      'answers each call by a promise, and a failure too',
      () =>
        planted((lease) => ({
          get: (key) => {
            if (key === '') throw new DatastoreError('invalid-option', 'an empty key');
            return lease.get(key);
          },
        })),
    ],
    'has a method that gives no promise': [
      'answers each call by a promise, and a failure too',
      () =>
        planted((lease) => ({
          release: () => {
            void lease.release();
            return undefined as never;
          },
        })),
    ],
    'never answers where there is nothing to write': [
      'answers every call, even if there is nothing to do',
      () =>
        planted((lease) => ({
          write: (batch) => (empty(batch) ? new Promise(() => undefined) : lease.write(batch)),
        })),
    ],
    'writes a batch piece by piece': [
      'has everything that was acknowledged after its owner died, and each batch whole',
      () =>
        planted((lease) => ({
          write: async (batch) => {
            for (const part of unit(batch)) await lease.write(part);
          },
        })),
    ],
    'takes an empty value for none': [
      'tells a missing value from an empty one',
      () =>
        planted((lease) => ({
          get: async (key) => {
            const value = await lease.get(key);
            return value?.length === 0 ? undefined : value;
          },
        })),
    ],
    'sorts by units of UTF-16': [
      'reads by prefix, in the order of code points',
      () =>
        planted((lease) => ({
          getAll: async (prefix) => [...(await lease.getAll(prefix))].sort(([a], [b]) => (a < b ? -1 : 1)),
        })),
    ],
    'ends a prefix too early': [
      'reads by prefix, in the order of code points',
      () =>
        planted((lease) => ({
          getAll: async (prefix) => (await lease.getAll(prefix)).filter(([key]) => key < `${prefix}\uffff`),
        })),
    ],
    'reorders batches': [
      'lets overlapping batches take effect in the order of the calls',
      () =>
        planted((lease) => ({
          write: async (batch) => {
            if (batch.isStrict !== true) await Promise.resolve();
            await lease.write(batch);
          },
        })),
    ],
    'shares its bytes with the caller': [
      'keeps what it was given, whatever the caller does with the bytes',
      () => {
        const kept = new Map<string, Uint8Array>();
        return planted((lease) => ({
          write: async (batch) => {
            await lease.write(batch);
            for (const key of batch.deletes ?? []) kept.delete(key);
            for (const [key, value] of batch.puts ?? []) kept.set(key, value);
          },
          get: async (key) => kept.get(key) ?? (await lease.get(key)),
        }));
      },
    ],
    'lets anybody in': [
      'has one owner: a second one fails at once',
      () => {
        const medium = new MemoryStorage();
        const storage: DeviceStorage = {
          acquire: (options) => {
            medium.kill();
            return medium.acquire(options);
          },
        };
        return { storage, reopen: async () => storage };
      },
    ],
    'never gives a lease back': [
      'lets one wait, and gives the lease to it with all that was written',
      () => {
        const fixture = planted(() => ({ release: async () => undefined }));
        const wait = { aborted: true, addEventListener: () => undefined, removeEventListener: () => undefined };
        return { ...fixture, reopen: async () => ({ acquire: () => fixture.storage.acquire({ wait }) }) };
      },
    ],
    'counts every lease as the first': [
      'gives each lease a higher generation',
      () => planted(() => ({ generation: 1 })),
    ],
    'writes after the release': [
      'refuses everything after the release, and a second release does nothing',
      () =>
        planted((lease) => {
          let isReleased = false;
          return {
            write: async (batch) => {
              if (!isReleased) await lease.write(batch);
            },
            release: async () => {
              isReleased = true;
              await lease.release();
            },
          };
        }),
    ],
    'answers large values in part': [
      'gives back the very bytes, large ones too',
      () => planted((lease) => ({ get: async (key) => (await lease.get(key))?.slice(0, 1 << 20) })),
    ],
    'takes keys for the same that differ in case': [
      'takes every key that is text, and tells them apart',
      () =>
        planted((lease) => ({
          get: async (key) => await lease.get(key === 'space-1/data/.abc' ? 'space-1/data/.Abc' : key),
        })),
    ],
    'reads no more than a thousand keys': [
      'reads many keys',
      () => planted((lease) => ({ getAll: async (prefix) => (await lease.getAll(prefix)).slice(0, 1000) })),
    ],
    'writes what is right of a batch that is wrong': [
      'refuses a key or a value that is none, and changes nothing',
      () =>
        planted((lease) => ({
          write: async (batch) => {
            const [first] = batch.puts ?? [];
            await lease.write(batch).catch(async (error: unknown) => {
              if (first !== undefined) await lease.write({ puts: [first] }).catch(() => undefined);
              throw error;
            });
          },
        })),
    ],
    'has no fence': [
      'is free again when its owner has died, and fences that owner off',
      () =>
        planted((lease) => ({
          write: (batch) =>
            lease.write(batch).catch((error: unknown) => {
              if (!isDatastoreError(error, 'lease-lost')) throw error;
            }),
        })),
    ],
  };

  function bind(lease: StorageLease): StorageLease {
    return {
      generation: lease.generation,
      get: (key) => lease.get(key),
      getAll: (prefix) => lease.getAll(prefix),
      write: (batch) => lease.write(batch),
      release: () => lease.release(),
    };
  }

  /** Those that break what other cases need too. */
  const WIDE = [
    'keeps nothing',
    'writes a batch piece by piece',
    'reorders batches',
    'lets anybody in',
    'never gives a lease back',
    'counts every lease as the first',
  ];

  /** Those that take a while, and none of these faults fails by accident. */
  const SLOW = ['gives back the very bytes, large ones too', 'reads many keys'];

  test.each(Object.entries(FAULTS))('%s', async (fault, [failing, fixture]) => {
    const environment = new ManualEnvironment();
    const suite = deviceStorageConformance(async () => fixture(), { environment });
    const cases = suite.filter(({ name }) => name === failing || !SLOW.includes(name));
    const failed = [...(await failingCases(cases, environment)).keys()];
    expect(failed).toContain(failing);
    expect(failed.length > 1).toBe(WIDE.includes(fault));
  });

  test('that keeps nothing, or answers nothing, in short words and by an error of the suite', async () => {
    const nothing = async (): Promise<DeviceStorageFixture> => {
      const storage = memoryFixture().storage;
      const forgetful: DeviceStorage = {
        acquire: async (options) => ({ ...bind(await storage.acquire(options)), write: async () => undefined }),
      };
      return { storage: forgetful, reopen: async () => forgetful };
    };
    const silent = async (): Promise<DeviceStorageFixture> => {
      const storage: DeviceStorage = { acquire: async () => undefined as never };
      return { storage, reopen: async () => storage };
    };
    const deaf = async (): Promise<DeviceStorageFixture> => {
      const storage: DeviceStorage = { acquire: () => new Promise(() => undefined) };
      return { storage, reopen: async () => storage };
    };
    for (const open of [nothing, silent, deaf]) {
      const environment = new ManualEnvironment();
      const failed = await failingCases(deviceStorageConformance(open, { environment }), environment);
      expect(failed.size).toBeGreaterThan(5);
      for (const { name, message } of failed.values()) {
        expect([name, message.length < 800, message.includes('TypeError')]).toEqual(['ConformanceError', true, false]);
      }
    }
  });
});

function memoryFixture(): DeviceStorageFixture {
  const storage = new MemoryStorage();
  return { storage, reopen: async () => storage, kill: async () => storage.kill() };
}
