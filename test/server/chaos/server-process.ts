import { createServer as createHttpServer } from 'node:http';
import { createServer, type LogStore } from '../../../src/server/index.js';
import { LmdbLogs } from '../../../src/server/lmdb/index.js';
import { nodeListener } from '../../../src/server/node/index.js';
import { PostgresLogs } from '../../../src/server/postgres/index.js';
import { tokenAuthentication } from '../../../src/server/tokens/index.js';
import { type PlantedFault, planted } from './planted.js';

/** What a server is told to do. */
export interface ServerTask {
  readonly port: number;
  readonly secret: string;
  /** A directory for LMDB, or the address of a PostgreSQL. */
  readonly store: { readonly path: string } | { readonly url: string };
  readonly fault?: PlantedFault | undefined;
}

/** A server on a port, until it is killed. It prints a line when it listens. */
const { port, secret, store, fault } = JSON.parse(process.argv[2] ?? '') as ServerTask;
const logs: LogStore =
  'path' in store ? new LmdbLogs(store) : await PostgresLogs.open({ url: store.url, connections: 4 });
const server = createServer({
  logs: fault === undefined ? logs : planted(fault, logs),
  authenticate: tokenAuthentication({ secret: new TextEncoder().encode(secret) }),
  heartbeat: 300,
  pollInterval: 250,
  snapshotInterval: 10,
  // More than a round has, so that the checker reads each entry before it is gone.
  keepEntries: 1_000,
});
createHttpServer(nodeListener(server.handle)).listen(port, '127.0.0.1', () => console.log('listens'));
