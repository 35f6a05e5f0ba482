import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandIo } from '../../src/cli/command.js';
import { runMigrateCommand } from '../../src/cli/migrate-command.js';
import { EMPTY_HEAD, type LogStore } from '../../src/server/log-store.js';
import { logStoreConformance } from '../../src/server/log-store-conformance.js';
import { migrate, PostgresLogs, SCHEMA_VERSION } from '../../src/server/postgres/index.js';
import { testLinks } from './link-suite.js';
import { type PostgresServer, startPostgres } from './postgres-server.js';

let server: PostgresServer;
let url: string;

beforeAll(async () => {
  server = await startPostgres();
  url = await server.emptyDatabase();
});
afterAll(() => server?.stop());

describe('logs in PostgreSQL, by two processes', () => {
  const suite = logStoreConformance(async () => {
    const database = await server.emptyDatabase();
    const stores: PostgresLogs[] = [];
    const open = async (): Promise<PostgresLogs> => {
      const store = await PostgresLogs.open({ url: database, migrate: true, connections: 4 });
      stores.push(store);
      return store;
    };
    const [store, other] = [await open(), await open()];
    return {
      store,
      other,
      reopen: open,
      close: async () => {
        await Promise.all(stores.map((one) => one.close()));
      },
    };
  });
  for (const { name, run } of suite) test(name, run);
});

describe('a link over HTTP, to two servers with logs in one PostgreSQL', () => {
  testLinks(async () => {
    const database = await server.emptyDatabase();
    const options = { url: database, migrate: true, connections: 3 };
    const stores = [await PostgresLogs.open(options), await PostgresLogs.open(options)];
    return {
      stores,
      close: async () => {
        await Promise.all(stores.map((one) => one.close()));
      },
    };
  });
});

async function withClient<Result>(database: string, action: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: database });
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}

function entry(handle: string, revision: number, nonce: string, last: string): Parameters<LogStore['append']>[0][0] {
  return { handle, head: { revision, nonce: last }, nonce, bytes: new Uint8Array([1]) };
}

describe('the schema', () => {
  test('is not made unasked: a store on an empty database says what to do', async () => {
    const database = await server.emptyDatabase();
    await expect(PostgresLogs.open({ url: database })).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringContaining('start it once with --migrate'),
    });
  });

  test('is made by the command `deltaic migrate`, once', async () => {
    const database = await server.emptyDatabase();
    const told: string[] = [];
    const io = { stdout: (text: string) => void told.push(text) } as Partial<CommandIo> as CommandIo;
    for (let time = 0; time < 2; time++) {
      expect(await runMigrateCommand(['migrate', '--postgres', database], io)).toBe(0);
    }
    expect(told).toEqual([
      `the schema was at version 0 and is up to date: version ${SCHEMA_VERSION}\n`,
      `the schema is up to date: version ${SCHEMA_VERSION}\n`,
    ]);
    await (await PostgresLogs.open({ url: database })).close();
  });

  test('is made once by several processes that migrate at once, and not again', async () => {
    const database = await server.emptyDatabase();
    const found = await Promise.all(Array.from({ length: 4 }, () => withClient(database, migrate)));
    expect(found.sort()).toEqual([0, ...Array.from({ length: 3 }, () => SCHEMA_VERSION)]);
  });

  test('of a newer version is refused and left as it is', async () => {
    const database = await server.emptyDatabase();
    await withClient(database, async (client) => {
      await migrate(client);
      await client.query('UPDATE deltaic_schema SET version = 99');
    });
    for (const isMigrating of [false, true]) {
      await expect(PostgresLogs.open({ url: database, migrate: isMigrating })).rejects.toThrow('use a newer server');
    }
    const { rows } = await withClient(database, (client) => client.query('SELECT version FROM deltaic_schema'));
    expect(rows).toEqual([{ version: 99 }]);
  });
});

describe('another process', () => {
  async function twoStores(listenUrl?: false): Promise<readonly [string, PostgresLogs, PostgresLogs]> {
    const database = await server.emptyDatabase();
    const options = { url: database, migrate: true, ...(listenUrl === undefined ? {} : { listenUrl }) };
    return [database, await PostgresLogs.open(options), await PostgresLogs.open(options)];
  }

  /** Appends until the other store hears of it: the session that listens may not be up yet. */
  async function appendUntilHeard(store: PostgresLogs, told: readonly string[], head = EMPTY_HEAD): Promise<void> {
    let { revision, nonce } = head;
    for (let round = 0; !told.includes('h'); round++) {
      if (round > 300) throw new Error('the other process never heard of it');
      const next = `n${revision + 1}`;
      expect(await store.append([entry('h', revision, next, nonce)])).toEqual([{ type: 'appended' }]);
      [revision, nonce] = [revision + 1, next];
      await withClient(url, (client) => client.query('SELECT pg_sleep(0.02)'));
    }
  }

  test('hears of appends, also after its session was cut off', async () => {
    const [database, one, other] = await twoStores();
    const told: string[] = [];
    other.listen((handles) => told.push(...handles));
    await one.create('h', 'id', 'ann');
    await appendUntilHeard(one, told);
    told.length = 0;
    const killed = await withClient(database, (client) =>
      client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE '%pg_listening_channels%' AND pid <> pg_backend_pid()",
      ),
    );
    expect(killed.rowCount).toBeGreaterThan(0);
    const head = await one.get('h');
    await appendUntilHeard(one, told, head);
    await Promise.all([one.close(), other.close()]);
  });

  test('finds appends by polling alone', async () => {
    const [, one, other] = await twoStores(false);
    await one.create('h', 'id', 'ann');
    await one.append([entry('h', 0, 'n1', '')]);
    expect(await other.getMany(['h'])).toMatchObject([{ revision: 1, nonce: 'n1' }]);
    await Promise.all([one.close(), other.close()]);
  });

  test('goes on after the connections of its pool were cut off', async () => {
    const [database, one, other] = await twoStores(false);
    await one.create('h', 'id', 'ann');
    await withClient(database, (client) =>
      client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      ),
    );
    const outcomes: unknown[] = [];
    for (let tries = 0; tries < 20 && outcomes.length === 0; tries++) {
      await one.append([entry('h', 0, 'n1', '')]).then(
        (outcome) => outcomes.push(...outcome),
        (error: unknown) => expect(error).toMatchObject({ code: 'storage', isRetryable: true }),
      );
    }
    expect(outcomes).toEqual([{ type: 'appended' }]);
    await Promise.all([one.close(), other.close()]);
  });
});

test('a store that cannot reach its database says so', async () => {
  await expect(PostgresLogs.open({ url: 'postgres://deltaic@127.0.0.1:1/none' })).rejects.toMatchObject({
    code: 'storage',
    isRetryable: true,
  });
});
