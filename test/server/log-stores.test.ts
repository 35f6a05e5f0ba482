import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LmdbLogs } from '../../src/server/lmdb/index.js';
import type { Append, AppendOutcome, LogStore } from '../../src/server/log-store.js';
import { logStoreConformance } from '../../src/server/log-store-conformance.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { migrateDatabase, PostgresLogs } from '../../src/server/postgres/index.js';

describe('logs in memory', () => {
  for (const { name, run } of logStoreConformance(async () => fixtureOf(new MemoryLogs()))) test(name, run);
});

describe('logs in LMDB', () => {
  const suite = logStoreConformance(async () => {
    const path = mkdtempSync(join(tmpdir(), 'deltaic-logs-'));
    const store = new LmdbLogs({ path });
    let reopened: LmdbLogs | undefined;
    return {
      store,
      other: store,
      reopen: async () => {
        await store.close();
        reopened = new LmdbLogs({ path });
        return reopened;
      },
      close: async () => {
        await (reopened ?? store).close();
        rmSync(path, { recursive: true });
      },
    };
  });
  for (const { name, run } of suite) test(name, run);

  test('cannot be opened where there can be no directory', () => {
    expect(() => new LmdbLogs({ path: '/dev/null/logs' })).toThrow('cannot open the LMDB environment');
  });
});

test('wrong options of stores are told at the call, without a password', async () => {
  const wrongLmdb: [given: unknown, message: string][] = [
    ['/tmp/x', 'options must be an object, got "/tmp/x"'],
    [{ path: '/tmp/x', mapsize: 1 }, 'unknown option "mapsize": use path, mapSize'],
    [{ path: undefined }, 'path must be a string, got undefined'],
  ];
  for (const [given, message] of wrongLmdb) {
    expect(() => new LmdbLogs(given as never)).toThrow(expect.objectContaining({ code: 'invalid-option', message }));
  }
  const url = 'postgres://me:s3cret@localhost/logs';
  const wrongPostgres: [given: unknown, message: string][] = [
    [{}, 'url must be a connection string, got undefined'],
    [{ url: [url] }, 'url must be a connection string, got a value of type object'],
    [{ url, listenUrl: true }, 'listenUrl must be a connection string, got a value of type boolean'],
    [{ url, migrate: 'yes' }, 'migrate must be true or false, got "yes"'],
    [{ url, max: 3 }, 'unknown option "max": use url, listenUrl, connections, timeout, migrate'],
  ];
  for (const [given, message] of wrongPostgres) {
    await expect(PostgresLogs.open(given as never)).rejects.toMatchObject({ code: 'invalid-option', message });
  }
  await expect(migrateDatabase(undefined as never)).rejects.toMatchObject({ code: 'invalid-option' });
});

describe('a planted fault fails the case that is there for it:', () => {
  /** Compares the revision only, as a table with the key (handle, revision) does. */
  class ByRevision extends MemoryLogs {
    override async append(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
      const heads = await this.getMany(appends.map(({ handle }) => handle));
      return super.append(
        appends.map((append, at) =>
          heads[at]?.revision === append.head.revision ? { ...append, head: heads[at] } : append,
        ),
      );
    }
  }
  /** Checks first and writes later. */
  class CheckThenWrite extends MemoryLogs {
    #writing: Promise<unknown> = Promise.resolve();

    override async append(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
      const before = await this.getMany(appends.map(({ handle }) => handle));
      const written = this.#writing.then(async () => {
        const now = await this.getMany(appends.map(({ handle }) => handle));
        return super.append(
          appends.map((append, at) => {
            const isFree = before[at]?.nonce === append.head.nonce;
            return isFree ? { ...append, head: now[at] ?? append.head } : append;
          }),
        );
      });
      this.#writing = written;
      return written;
    }
  }
  /** Undoes a group if one of it loses. */
  class AllOrNothing extends MemoryLogs {
    override async append(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
      const heads = await this.getMany(appends.map(({ handle }) => handle));
      const loses = appends.some(({ head }, at) => heads[at]?.nonce !== head.nonce);
      if (!loses || appends.length === 1) return super.append(appends);
      return heads.map((head) => (head === undefined ? { type: 'gone' } : { type: 'lost', head }));
    }
  }
  class TrimsEverything extends MemoryLogs {
    override async trim(handle: string, revision: number): Promise<number> {
      const head = (await this.get(handle))?.revision ?? 0;
      await super.writeSnapshot(handle, { revision: Math.min(revision, head), bytes: new Uint8Array() });
      return super.trim(handle, revision);
    }
  }
  class NoLimits extends MemoryLogs {
    override read(handle: string, after: number): ReturnType<LogStore['read']> {
      return super.read(handle, after, { entries: 1e9, bytes: 1e9 });
    }
  }
  class KeepsAnySnapshot extends MemoryLogs {
    override async writeSnapshot(handle: string, snapshot: { revision: number; bytes: Uint8Array }): Promise<boolean> {
      await super.writeSnapshot(handle, snapshot);
      return true;
    }
  }

  const planted: readonly (readonly [new () => MemoryLogs, failing: string])[] = [
    [ByRevision, 'refuses a writer whose revision is right and whose nonce is not, as after a failover'],
    [CheckThenWrite, 'lets exactly one of two appends to one head win'],
    [AllOrNothing, 'appends a group, each by itself'],
    [TrimsEverything, 'trims nothing that no snapshot contains'],
    [NoLimits, 'answers within the limits, and at least one entry'],
    [KeepsAnySnapshot, 'drops a snapshot that is older or ahead of the log'],
  ];
  test.each(planted.map(([store, failing]) => ({ store, failing, name: store.name })))(
    '$name',
    async ({ store: Planted, failing }) => {
      const suite = logStoreConformance(async () => fixtureOf(new Planted()));
      await expect(suite.find(({ name }) => name === failing)?.run()).rejects.toThrow();
    },
  );
});

function fixtureOf(store: LogStore): { store: LogStore; other: LogStore; close: () => Promise<void> } {
  return { store, other: store, close: () => store.close() };
}
