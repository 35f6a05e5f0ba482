// One process that is measured: a server, or the bare work that bounds it. It is told what to do by messages of its parent.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Client } from 'pg';
import ShareDB from 'sharedb';
import { type WebSocket, WebSocketServer } from 'ws';
import { parseDelta } from '../../src/index.js';
import { openEnvironment } from '../../src/lmdb/lmdb.js';
import { DatastoreService } from '../../src/server/datastore-service.js';
import { createServer, type LogStore, MemoryLogs } from '../../src/server/index.js';
import { LmdbLogs } from '../../src/server/lmdb/index.js';
import { nodeListener } from '../../src/server/node/index.js';
import { PostgresLogs } from '../../src/server/postgres/index.js';
import { tokenAuthentication } from '../../src/server/tokens/index.js';
import { bareHttpServer } from './bare-http.js';
import { type ContenderName, ENTRY_TEXT, PUT_BYTES, type Question, SECRET } from './protocol.js';

const [name, url = ''] = process.argv.slice(2) as [ContenderName, string?];
const directory = mkdtempSync(join(tmpdir(), 'deltaic-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
for (const end of ['SIGTERM', 'disconnect']) process.on(end, () => process.exit());

/** Rows as a put leaves them: the entry, and the head of its log. */
const ENTRY = new Uint8Array(PUT_BYTES).fill(7);

/** Commits of as many puts as there are clients, as fast as they go. @returns how many puts. */
async function commitBareLmdb(clients: number, ms: number): Promise<number> {
  const root = openEnvironment({ path: join(directory, 'bare'), overlappingSync: false });
  const entries = root.openDB<readonly [string, Uint8Array], [string, number]>({ name: 'entries' });
  const heads = root.openDB<object, string>({ name: 'heads' });
  let revision = 0;
  const end = performance.now() + ms;
  while (performance.now() < end) {
    revision++;
    await root.transaction(() => {
      for (let client = 0; client < clients; client++) {
        entries.putSync([`handle-${client}`, revision], [`nonce-${revision}`, ENTRY]);
        heads.putSync(`handle-${client}`, { revision, nonce: `nonce-${revision}`, owner: 'ann', trimmed: 0 });
      }
    });
  }
  await root.close();
  return revision * clients;
}

/** The server without HTTP and tokens: clients that call it in its own process. @returns how many puts. */
async function putInProcess(clients: number, ms: number): Promise<number> {
  const logs = new LmdbLogs({ path: mkdtempSync(join(directory, 'in-process-')) });
  let handles = 0;
  const service = new DatastoreService({ logs, newHandle: () => `handle-${++handles}` });
  const end = performance.now() + ms;
  let count = 0;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const requester = { account: `account-${client}` };
      const { handle } = await service.create(requester, 'notes');
      for (let rev = 0; performance.now() < end; rev++) {
        const delta = parseDelta([['I', 'notes', `r${rev}`, { text: ENTRY_TEXT }]]);
        const { message } = await service.send(requester, handle, { type: 'put', rev, nonce: `n${rev + 1}`, delta });
        if (message.type !== 'accepted') throw new Error(`not so: a put was answered by ${message.type}`);
        count++;
      }
    }),
  );
  await service.close();
  await logs.close();
  return count;
}

/** What `pgbench` does: each client has a connection and inserts row after row. @returns how many. */
async function insertBarePostgres(clients: number, ms: number): Promise<number> {
  const connections = Array.from({ length: clients }, () => new Client({ connectionString: url }));
  for (const connection of connections) await connection.connect();
  const [first] = connections;
  await first?.query('DROP TABLE IF EXISTS bare');
  await first?.query(
    'CREATE TABLE bare (handle text, revision bigint, nonce text, bytes bytea, PRIMARY KEY (handle, revision))',
  );
  const end = performance.now() + ms;
  let count = 0;
  await Promise.all(
    connections.map(async (connection, client) => {
      for (let revision = 1; performance.now() < end; revision++) {
        const row = [`handle-${client}`, revision, `nonce-${revision}`, Buffer.from(ENTRY)];
        await connection.query('INSERT INTO bare VALUES ($1, $2, $3, $4)', row);
        count++;
      }
    }),
  );
  for (const connection of connections) await connection.end();
  return count;
}

function serveDeltaic(logs: LogStore): Promise<number> {
  const secret = new TextEncoder().encode(SECRET);
  const server = createServer({ logs, authenticate: tokenAuthentication({ secret }), watchesPerAccount: 100_000 });
  return listen(createHttpServer(nodeListener(server.handle)));
}

function serveShareDb(): Promise<number> {
  const share = new ShareDB();
  // A package without declarations.
  const JsonStream = createRequire(import.meta.url)('@teamwork/websocket-json-stream') as new (
    socket: WebSocket,
  ) => Duplex;
  const http = createHttpServer();
  new WebSocketServer({ server: http }).on('connection', (socket) => share.listen(new JsonStream(socket)));
  return listen(http);
}

async function listen(http: Server): Promise<number> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', 8_192, resolve));
  return (http.address() as AddressInfo).port;
}

async function start(): Promise<number> {
  switch (name) {
    case 'deltaic-memory':
      return serveDeltaic(new MemoryLogs());
    case 'deltaic-lmdb':
      return serveDeltaic(new LmdbLogs({ path: join(directory, 'logs') }));
    case 'deltaic-postgres':
      return serveDeltaic(await PostgresLogs.open({ url, migrate: true }));
    case 'bare-http':
      return listen(bareHttpServer());
    case 'sharedb':
      return serveShareDb();
    default:
      return 0;
  }
}

const WORK: Partial<Record<ContenderName, (clients: number, ms: number) => Promise<number>>> = {
  'bare-lmdb': commitBareLmdb,
  'bare-postgres': insertBarePostgres,
  'in-process-lmdb': putInProcess,
};
const port = await start();
process.on('message', async (question: Question) => {
  if (question.type === 'usage') {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ cpu: (user + system) / 1000, rss, held: heapUsed + external });
  } else {
    process.send?.((await WORK[name]?.(question.clients, question.ms)) ?? 0);
  }
});
process.send?.({ port });
