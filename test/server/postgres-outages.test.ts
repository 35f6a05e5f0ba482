import { setTimeout as pause } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeEntry } from '../../src/codec/binary/encoded-entry.js';
import { parseDelta } from '../../src/index.js';
import type { Append, StoredDatastore } from '../../src/server/log-store.js';
import { logStoreConformance } from '../../src/server/log-store-conformance.js';
import { migrate, PostgresLogs, type PostgresLogsOptions } from '../../src/server/postgres/index.js';
import { PostgresWaker } from '../../src/server/postgres/postgres-waker.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';
import { CuttableWire } from './chaos/cuttable-wire.js';
import { planted } from './chaos/planted.js';
import { runChaos } from './chaos/rounds.js';
import { type PostgresServer, startPostgres } from './postgres-server.js';
import { startServer } from './server-fixture.js';
import { TransactionPooler } from './transaction-pooler.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

const open = (options: Partial<PostgresLogsOptions> = {}): Promise<PostgresLogs> =>
  PostgresLogs.open({ url: server.url(server.port), listenUrl: false, migrate: true, connections: 2, ...options });

function entry(handle: string, revision: number, nonce: string, last: string): Append {
  return { handle, head: { revision, nonce: last }, nonce, bytes: new Uint8Array([1]) };
}

test('two servers on a database, with devices, that are killed, stopped and cut off lose nothing and double nothing', async () => {
  await server.emptyDatabase();
  await runChaos({ seed: seedOfThisRun(), rounds: runs(2), database: server });
});

describe('a server that is cut off in the middle of an append, until others have trimmed the log beyond it', () => {
  /** What it answers, what the datastore holds then, and how many puts of others came between. */
  async function story(
    isBlind: boolean,
  ): Promise<{ readonly answer: string; readonly records: readonly unknown[]; readonly others: number }> {
    await server.emptyDatabase();
    const wire = await CuttableWire.to([server.port]);
    const [direct, behind] = [await open(), await open({ url: server.url(wire.port) })];
    const logs = isBlind ? planted('blind', behind) : behind;
    const [one, other] = [await startServer({ logs: direct, snapshotInterval: 2 }), await startServer({ logs })];
    const { handle } = await one.link('ann').create('default');
    const put = (nonce: string, rev: number) =>
      ({ type: 'put', rev, nonce, delta: parseDelta([['I', 't', nonce, {}]]) }) as const;
    await other.link('ann').send(handle, put('first', 0));
    wire.set('silent');
    const waiting = other.link('ann').send(handle, put('late', 1));
    // Snapshots are written behind, so it takes some puts until the log can be trimmed.
    let rev = 1;
    for (; (await direct.trim(handle, 2)) < 2; rev++) await one.link('ann').send(handle, put(`n${rev}`, rev));
    wire.set('open');
    const { message } = await waiting;
    const found = await one.link('ann').send(handle, { type: 'fetch-snapshot' });
    const rows = found.message.type === 'snapshot' ? found.message.rows : [];
    await Promise.all([one.close(), other.close()]);
    await Promise.all([direct.close(), behind.close(), wire.close()]);
    return { answer: message.type, records: rows.map(({ rowid }) => rowid), others: rev - 1 };
  }

  test('loses, and says so', async () => {
    const { answer, records, others } = await story(false);
    expect(answer).toBe('reset');
    expect(records).toHaveLength(1 + others);
    expect(records).not.toContain('late');
  });

  test('would be found if its append did not compare the head', async () => {
    expect((await story(true)).answer).toBe('accepted');
  });
});

describe('a database that goes silent', () => {
  test('fails the calls that wait for it, and is used again when it answers', async () => {
    await server.emptyDatabase();
    const wire = await CuttableWire.to([server.port]);
    const store = await open({ url: server.url(wire.port), timeout: 2_000 });
    await store.create('h', 'id', 'ann');
    wire.set('silent');
    const calls = [store.append([entry('h', 0, 'n1', '')]), store.get('h'), store.trim('h', 0), store.remove('x')];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'storage', isRetryable: true } });
    }
    wire.set('open');
    // Whether the append took effect is unknown, so the head says what comes next. A new connection may take longer here.
    let head: StoredDatastore | undefined;
    while (head === undefined) head = await store.get('h').catch(() => undefined);
    const outcomes = await store.append([entry('h', head.revision, 'n2', head.nonce)]);
    expect(outcomes).toEqual([{ type: 'appended' }]);
    await store.close();
    await wire.close();
  });

  test('is listened to again, though no connection was closed', async () => {
    await server.emptyDatabase();
    const wire = await CuttableWire.to([server.port]);
    const pool = new Pool({ connectionString: server.url(server.port), max: 1 });
    let sessions = 0;
    const connect = (): Client => {
      sessions++;
      // The first session is never heard of again; another one finds a way.
      const port = sessions === 1 ? wire.port : server.port;
      return new Client({ connectionString: server.url(port), query_timeout: 200, connectionTimeoutMillis: 1_000 });
    };
    const [waker, other] = [new PostgresWaker(pool, connect, 20), new PostgresWaker(pool, connect)];
    const told: string[] = [];
    waker.listen((handles) => told.push(...handles));
    const heard = async (): Promise<void> => {
      told.length = 0;
      while (told.length === 0) {
        await pool.query("SELECT pg_notify('deltaic', 'h')");
        await pause(10);
      }
    };
    await heard();
    wire.set('silent');
    while (sessions === 1) await pause(10);
    await heard();
    expect(sessions).toBe(2);
    await Promise.all([waker.close(), other.close()]);
    await pool.end();
    await wire.close();
  });
});

test('a store goes on after its database has crashed and was started again, with all that it had appended', async () => {
  await server.emptyDatabase();
  const store = await open();
  await store.create('h', 'id', 'ann');
  await store.append([entry('h', 0, 'n1', '')]);
  await server.crash();
  await expect(store.get('h')).rejects.toMatchObject({ code: 'storage', isRetryable: true });
  await server.start();
  expect(await store.get('h')).toMatchObject({ revision: 1, nonce: 'n1' });
  expect(await store.append([entry('h', 1, 'n2', 'n1')])).toEqual([{ type: 'appended' }]);
  await store.close();
});

describe('behind a pooler in transaction mode', () => {
  let pooler: TransactionPooler;
  let store: PostgresLogs;
  beforeAll(async () => {
    await server.emptyDatabase();
    await (await open()).close();
    pooler = await TransactionPooler.before(server.url(server.port), 3);
    store = await open({ url: server.url(pooler.port), migrate: false });
  });
  afterAll(async () => {
    await store?.close();
    await pooler?.close();
  });

  const suite = logStoreConformance(async () => ({ store, other: store, close: () => Promise.resolve() }));
  for (const { name, run } of suite) test(name, run);
});

describe('a rolling deploy over a change of the schema', () => {
  /** A database of version 1: it knew no teams. */
  async function olderDatabase(client: Client): Promise<string> {
    const logs = await open();
    const old = await startServer({ logs, snapshotInterval: 2 });
    const { handle } = await old.link('ann').create('default');
    for (let rev = 0; rev < 5; rev++) {
      const delta = parseDelta([['I', 't', `r${rev}`, {}]]);
      await old.link('ann').send(handle, { type: 'put', rev, nonce: `n${rev + 1}`, delta });
    }
    await old.close();
    await logs.close();
    await client.query('ALTER TABLE deltaic_datastore DROP COLUMN team; UPDATE deltaic_schema SET version = 1');
    return handle;
  }

  test('refuses an older schema, migrates it with all that it holds, and leaves a server of before at work', async () => {
    await server.emptyDatabase();
    const client = new Client({ connectionString: server.url(server.port) });
    await client.connect();
    const handle = await olderDatabase(client);
    await expect(open({ migrate: false })).rejects.toThrow('has version 1 of the schema and this server needs 2');
    expect((await client.query('SELECT version FROM deltaic_schema')).rows).toEqual([{ version: 1 }]);

    expect(await migrate(client)).toBe(1);
    const logs = await open({ migrate: false });
    const running = await startServer({ logs });
    const link = running.link('ann');
    const rowsOf = async (): Promise<readonly unknown[]> => {
      const { message } = await link.send(handle, { type: 'fetch-snapshot' });
      return message.type === 'snapshot' ? message.rows.map(({ rowid }) => rowid) : [];
    };
    expect(await rowsOf()).toEqual(['r0', 'r1', 'r2', 'r3', 'r4']);

    // What a server of version 1 says to the database, which it has checked when it started.
    await client.query("INSERT INTO deltaic_datastore (handle, id, owner, scope) VALUES ('o', 'old', 'ann', 'ann')");
    const moved = await client.query(
      `WITH head AS (
         UPDATE deltaic_datastore SET revision = 6, nonce = 'n6'
         WHERE handle = $1 AND revision = 5 AND nonce = 'n5' RETURNING handle
       )
       INSERT INTO deltaic_entry (handle, revision, nonce, bytes) SELECT handle, 6, 'n6', $2 FROM head`,
      [handle, Buffer.from(encodeEntry({ rev: 6, nonce: 'n6', delta: parseDelta([['I', 't', 'r5', {}]]) }))],
    );
    expect(moved.rowCount).toBe(1);
    expect((await link.list()).map(({ id }) => id).sort()).toEqual(['default', 'old']);
    expect((await link.send(handle, { type: 'fetch', rev: 5 })).message).toMatchObject({ entries: [{ rev: 6 }] });
    await running.close();
    await logs.close();
    await client.end();
  });
});
