import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDelta } from '../../src/index.js';
import type { Append } from '../../src/server/log-store.js';
import { PostgresLogs, type PostgresLogsOptions } from '../../src/server/postgres/index.js';
import { urlsOf } from '../../src/server/postgres/postgres-hosts.js';
import type { ReplicaMessage, SequencerMessage } from '../../src/sync/index.js';
import { CuttableWire } from './chaos/cuttable-wire.js';
import { type PostgresServer, startPostgres } from './postgres-server.js';
import { startServer } from './server-fixture.js';

describe('a connection string', () => {
  test.each([
    ['postgres://db/logs', ['postgres://db/logs']],
    [
      'postgres://me:a,b@one,two:5433/logs?x=1,2',
      ['postgres://me:a,b@one/logs?x=1,2', 'postgres://me:a,b@two:5433/logs?x=1,2'],
    ],
    ['postgresql://[::1]:5432,two', ['postgresql://[::1]:5432', 'postgresql://two']],
    ['postgres:///logs?host=/run/a,b', ['postgres:///logs?host=/run/a,b']],
    ['/run/postgresql logs', ['/run/postgresql logs']],
  ])('%s', (url, expected) => {
    expect(urlsOf(url)).toEqual(expected);
  });
});

describe('a database with a copy that commits wait for', () => {
  let primary: PostgresServer;
  let copy: PostgresServer;
  /** Between the two. */
  let between: CuttableWire;
  let admin: Client;

  beforeAll(async () => {
    primary = await startPostgres();
    between = await CuttableWire.to([primary.port]);
    copy = await primary.follow(between.port);
    admin = new Client({ connectionString: primary.url(primary.port) });
    // The server that it is connected to will crash.
    admin.on('error', () => undefined);
    await admin.connect();
    await configure("synchronous_standby_names = '*'");
  });
  afterAll(async () => {
    await admin?.end();
    await Promise.all([primary?.stop(), copy?.stop()]);
    await between?.close();
  });

  async function configure(setting: string): Promise<void> {
    await admin.query(`ALTER SYSTEM SET ${setting}`);
    await admin.query('SELECT pg_reload_conf()');
    const [name = '', , expected = ''] = setting.replaceAll("'", '').split(' ');
    const isSet = async (): Promise<boolean> => (await admin.query(`SHOW ${name}`)).rows[0][name] === expected;
    while (!(await isSet())) await pause(5);
  }

  const open = (ports: readonly number[], options: Partial<PostgresLogsOptions> = {}): Promise<PostgresLogs> => {
    const url = primary.url(0).replace('127.0.0.1:0', ports.map((port) => `127.0.0.1:${port}`).join(','));
    return PostgresLogs.open({ url, listenUrl: false, migrate: true, connections: 2, timeout: 5_000, ...options });
  };

  const entry = (revision: number, nonce: string, last: string): Append => {
    return { handle: 'h', head: { revision, nonce: last }, nonce, bytes: new Uint8Array([1]) };
  };

  test('is found among the hosts, wherever it is named, and its copy alone is no database', async () => {
    const store = await open([copy.port, primary.port]);
    await store.create('h', 'id', 'ann');
    expect(await store.append([entry(0, 'n1', '')])).toEqual([{ type: 'appended' }]);
    await store.close();
    await expect(open([copy.port])).rejects.toMatchObject({ code: 'storage', isRetryable: true });
  });

  test('has acknowledged nothing if somebody ends the wait for the copy', async () => {
    const store = await open([primary.port]);
    between.set('silent');
    const failing = expect(store.append([entry(1, 'n2', 'n1')])).rejects.toMatchObject({
      code: 'storage',
      isRetryable: true,
    });
    const cancel = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;
    while ((await admin.query(cancel)).rowCount === 0) await pause(5);
    await failing;
    between.set('open');
    // Whether it is there is unknown then: what comes next is decided by the head.
    expect(await store.append([entry(1, 'n2', 'n1')])).toMatchObject([{ type: 'lost', head: { revision: 2 } }]);
    await store.close();
  });

  test('is not asked once it takes no writes, and is used again when it does', async () => {
    const store = await open([primary.port]);
    await configure('default_transaction_read_only = on');
    await expect(store.append([entry(2, 'n3', 'n2')])).rejects.toMatchObject({ code: 'storage', isRetryable: true });
    await expect(store.get('h')).rejects.toMatchObject({ code: 'storage', isRetryable: true });
    await admin.query('SET default_transaction_read_only = off');
    await configure('default_transaction_read_only = off');
    expect(await store.append([entry(2, 'n3', 'n2')])).toEqual([{ type: 'appended' }]);
    await store.close();
  });

  test('crashes, and its copy takes over: all that was acknowledged is there once, and a writer of before loses', async () => {
    const hosts = [primary.port, copy.port];
    const [wire, answers] = [await CuttableWire.to([primary.port]), await CuttableWire.to([primary.port])];
    const stores = await Promise.all([open(hosts), open([wire.port, copy.port]), open([answers.port, copy.port])]);
    const [one, late, unanswered] = await Promise.all(stores.map((logs) => startServer({ logs })));
    const { handle } = (await one?.link('ann').create('default')) ?? { handle: '' };
    const put = (nonce: string, rev: number): ReplicaMessage => {
      return { type: 'put', rev, nonce, delta: parseDelta([['I', 't', nonce, {}]]) };
    };
    /** Sends as a device does, which repeats what failed, and merges what came before. */
    const send = async (server: typeof one, nonce: string, after: number): Promise<SequencerMessage> => {
      for (let rev = after; ; ) {
        const answer = await server
          ?.link('ann')
          .send(handle, put(nonce, rev))
          .catch(() => undefined);
        if (answer?.message.type === 'conflict') rev = answer.message.entries.at(-1)?.rev ?? rev;
        else if (answer !== undefined) return answer.message;
        await pause(10);
      }
    };
    for (const [rev, nonce] of ['a1', 'a2', 'a3', 'a4'].entries()) await send(one, nonce, rev);
    // All servers have the datastore in memory, and a connection.
    for (const [at, server] of [late, unanswered].entries()) await send(server, `b${at}`, 4 + at);
    wire.set('silent');
    answers.set('deaf');
    const [stopped, unheard] = [send(late, 'stopped', 6), send(unanswered, 'unheard', 6)];
    // One of them does not reach the database; of the other the answer is lost.
    while (((await stores[0]?.get(handle))?.revision ?? 0) < 7) await pause(5);
    await primary.crash();
    await copy.promote();
    expect(await send(one, 'c1', 7)).toMatchObject({ type: 'accepted', rev: 8 });
    wire.set('cut');
    answers.set('cut');
    expect(await unheard).toMatchObject({ type: 'repeated', nonce: 'unheard', rev: 7 });
    expect(await stopped).toMatchObject({ type: 'accepted', nonce: 'stopped', rev: 9 });

    const found = await one?.link('ann').send(handle, { type: 'fetch', rev: 0 });
    const entries = found?.message.type === 'entries' ? found.message.entries : [];
    const nonces = ['a1', 'a2', 'a3', 'a4', 'b0', 'b1', 'unheard', 'c1', 'stopped'];
    expect(entries.map(({ nonce }) => nonce)).toEqual(nonces);
    await Promise.all([one, late, unanswered].map((server) => server?.close()));
    await Promise.all([...stores.map((store) => store.close()), wire.close(), answers.close()]);
  });
});
