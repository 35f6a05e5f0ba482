import { createRequire } from 'node:module';
import type { Client, ClientConfig, Pool, PoolClient, PoolConfig } from 'pg';
import { checkBoolean, checkOptions, invalidSecret } from '../../errors/arguments.js';
import { ServiceError } from '../../errors/datastore-error.js';
import type {
  Append,
  AppendOutcome,
  CreateOutcome,
  LogHead,
  LogStore,
  ReadLimits,
  ReadOutcome,
  StoredDatastore,
  StoredEntry,
  StoredSnapshot,
  WakeListener,
} from '../log-store.js';
import { checkHandlesDiffer, scopeOf } from '../log-store.js';
import { PostgresHosts } from './postgres-hosts.js';
import { PostgresWaker } from './postgres-waker.js';
import { checkSchema, migrate, SCHEMA_VERSION } from './schema.js';

/** How a store in PostgreSQL is opened. */
export interface PostgresLogsOptions {
  /**
   * Where the database is, as a connection string. A pooler in transaction mode may stand before it. Several hosts, separated by
   * commas as in `postgres://me@one,two:5433/logs`, are a database and its copies: the one that takes writes is used.
   */
  readonly url: string;
  /**
   * A connection string for LISTEN, which needs a session of its own: give the database itself where `url` names a
   * pooler. `false` for databases without LISTEN; others' appends are then found by polling.
   */
  readonly listenUrl?: string | false;
  /** How many connections at most, without the one for LISTEN. The default is 10. */
  readonly connections?: number;
  /**
   * How long a connection or a statement may take, in ms. After that the call fails and its connection is dropped: a
   * database that has moved away without a word would be waited for without an end. The default is 30,000.
   */
  readonly timeout?: number;
  /** Whether to bring the schema up to date at once, instead of refusing an older one. The default is `false`. */
  readonly migrate?: boolean;
}

interface DatastoreRow {
  readonly handle: string;
  readonly id: string;
  readonly owner: string;
  readonly team: string | null;
  readonly revision: string;
  readonly nonce: string;
  readonly trimmed: string;
  readonly info: Uint8Array | null;
}

const TIMEOUT = 30_000;
/** How long PostgreSQL lets a transaction wait for its next statement, in ms: that of a stopped process keeps its locks. */
const IDLE = 10_000;

/** How the codes of warnings begin: their names are in the language of the database. */
const WARNING_CLASS = '01';

const COLUMNS = 'handle, id, owner, team, revision, nonce, trimmed, info';

/**
 * Appends a group in one statement. It locks the head rows in the order of their handles, so that two processes with
 * overlapping groups cannot wait for each other. A row that a lock had to wait for is read anew (READ COMMITTED), so the
 * comparison sees what the other process committed.
 */
const APPEND = `
WITH given AS (
  SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::bytea[])
    AS given (handle, revision, nonce, next_nonce, bytes, info)
), locked AS MATERIALIZED (
  SELECT handle FROM deltaic_datastore WHERE handle = ANY ($1::text[]) ORDER BY handle FOR UPDATE
), moved AS (
  UPDATE deltaic_datastore AS head
  SET revision = head.revision + 1, nonce = given.next_nonce, info = coalesce(given.info, head.info)
  FROM given JOIN locked USING (handle)
  WHERE head.handle = given.handle AND NOT head.deleted
    AND head.revision = given.revision AND head.nonce = given.nonce
  RETURNING head.handle, head.revision
), kept AS (
  INSERT INTO deltaic_entry (handle, revision, nonce, bytes)
  SELECT moved.handle, moved.revision, given.next_nonce, given.bytes FROM moved JOIN given USING (handle)
)
SELECT handle FROM moved`;

/**
 * Logs in PostgreSQL. Any number of processes may share one database.
 *
 * Statements carry no names, so they survive a pooler in transaction mode, and need no isolation above READ COMMITTED.
 */
export class PostgresLogs implements LogStore {
  readonly #pool: Pool;
  readonly #waker: PostgresWaker;

  private constructor(pool: Pool, waker: PostgresWaker) {
    this.#pool = pool;
    this.#waker = waker;
  }

  /**
   * @throws ServiceError `storage` if the database cannot be reached or has another version of the schema.
   * @throws DatastoreError `invalid-option`.
   */
  static async open(options: PostgresLogsOptions): Promise<PostgresLogs> {
    checkOptions(options, { url: true, listenUrl: true, connections: true, timeout: true, migrate: true });
    const { url, listenUrl = url, connections = 10, timeout = TIMEOUT, migrate: isMigrating = false } = options;
    checkUrl(url, 'url');
    if (listenUrl !== false) checkUrl(listenUrl, 'listenUrl');
    checkBoolean(isMigrating, 'migrate');
    const { Client, Pool } = loadPg();
    const patience = { connectionTimeoutMillis: timeout, query_timeout: timeout, keepAlive: true } as const;
    const hosts = new PostgresHosts(Client, url);
    const pool = new Pool({ Client: hosts.Client, max: connections, ...patience });
    // A connection that dies while idle is replaced at the next call, which tells of the failure if it lasts.
    pool.on('error', () => undefined);
    try {
      const client = await connectSomewhere(pool, hosts.count);
      try {
        await (isMigrating ? migrate(client) : checkSchema(client));
      } finally {
        client.release();
      }
    } catch (error) {
      await pool.end();
      throw failure(error);
    }
    const listening = listenUrl === false ? undefined : new PostgresHosts(Client, listenUrl);
    const connect = listening && (() => new listening.Client(patience));
    return new PostgresLogs(pool, new PostgresWaker(pool, connect));
  }

  create(handle: string, id: string, owner: string, team?: string): Promise<CreateOutcome> {
    return this.#call(async (): Promise<CreateOutcome> => {
      const scope = scopeOf(id, owner);
      const text = `INSERT INTO deltaic_datastore (handle, id, owner, team, scope) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (scope, id) WHERE NOT deleted DO NOTHING RETURNING ${COLUMNS}`;
      const inserted = await this.#durably((client) => rowsOf(client, text, [handle, id, owner, team, scope]));
      if (inserted[0] !== undefined) return { type: 'created', datastore: inserted[0] };
      const existing = await this.find(id, owner);
      // Somebody can have deleted it in between.
      return existing === undefined ? this.create(handle, id, owner, team) : { type: 'exists', datastore: existing };
    });
  }

  find(id: string, account: string): Promise<StoredDatastore | undefined> {
    return this.#call(async () => {
      const rows = await this.#rows(
        `SELECT ${COLUMNS} FROM deltaic_datastore WHERE scope = $1 AND id = $2 AND NOT deleted`,
        [scopeOf(id, account), id],
      );
      return rows[0];
    });
  }

  async get(handle: string): Promise<StoredDatastore | undefined> {
    return (await this.getMany([handle]))[0];
  }

  getMany(handles: readonly string[]): Promise<readonly (StoredDatastore | undefined)[]> {
    return this.#call(async () => {
      const rows = await this.#rows(
        `SELECT ${COLUMNS} FROM deltaic_datastore WHERE handle = ANY ($1::text[]) AND NOT deleted`,
        [handles],
      );
      const byHandle = new Map(rows.map((row) => [row.handle, row]));
      return handles.map((handle) => byHandle.get(handle));
    });
  }

  list(account: string): Promise<readonly StoredDatastore[]> {
    return this.#call(() =>
      this.#rows(
        `SELECT ${COLUMNS} FROM deltaic_datastore WHERE NOT deleted AND (owner = $1
           OR handle IN (SELECT handle FROM deltaic_member WHERE account = $1)) ORDER BY handle COLLATE "C"`,
        [account],
      ),
    );
  }

  join(handle: string, account: string): Promise<void> {
    return this.#call(async () => {
      await this.#pool.query(
        `INSERT INTO deltaic_member (account, handle)
         SELECT $1, handle FROM deltaic_datastore WHERE handle = $2 AND NOT deleted ON CONFLICT DO NOTHING`,
        [account, handle],
      );
    });
  }

  leave(handle: string, account: string): Promise<void> {
    return this.#call(async () => {
      await this.#pool.query('DELETE FROM deltaic_member WHERE account = $1 AND handle = $2', [account, handle]);
    });
  }

  async append(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    checkHandlesDiffer(appends);
    return this.#call(async () => {
      const columns = [
        appends.map(({ handle }) => handle),
        appends.map(({ head }) => head.revision),
        appends.map(({ head }) => head.nonce),
        appends.map(({ nonce }) => nonce),
        appends.map(({ bytes }) => asBuffer(bytes)),
        appends.map(({ info }) => (info === undefined ? null : asBuffer(info))),
      ];
      const { rows } = await this.#durably((client) => client.query<{ handle: string }>(APPEND, columns));
      const appended = new Set(rows.map(({ handle }) => handle));
      if (appended.size > 0) this.#waker.tell([...appended]);
      const losers = appends.flatMap(({ handle }) => (appended.has(handle) ? [] : [handle]));
      const heads = losers.length === 0 ? [] : await this.getMany(losers);
      return appends.map(({ handle }): AppendOutcome => {
        if (appended.has(handle)) return { type: 'appended' };
        const head = heads[losers.indexOf(handle)];
        return head === undefined ? { type: 'gone' } : { type: 'lost', head: headOf(head) };
      });
    });
  }

  read(handle: string, after: number, limits: ReadLimits): Promise<ReadOutcome> {
    return this.#call(async () => {
      // One statement sees one state of the database, so the entries lead up to the head that is answered with them.
      const { rows } = await this.#pool.query<EntryRow>(
        `SELECT head.revision AS head, head.nonce AS head_nonce, head.trimmed, entry.revision, entry.nonce, entry.bytes
         FROM deltaic_datastore AS head LEFT JOIN LATERAL (
           SELECT revision, nonce, bytes FROM (
             SELECT *, sum(length(bytes)) OVER (ORDER BY revision) AS total FROM (
               SELECT revision, nonce, bytes FROM deltaic_entry
               WHERE handle = $1 AND revision > $2 ORDER BY revision LIMIT $3
             ) AS found
           ) AS counted WHERE total <= $4 OR revision = $2 + 1 ORDER BY revision
         ) AS entry ON head.trimmed <= $2
         WHERE head.handle = $1 AND NOT head.deleted`,
        [handle, after, Math.max(1, limits.entries), limits.bytes],
      );
      return outcomeOf(rows, after);
    });
  }

  readSnapshot(handle: string): Promise<StoredSnapshot | undefined> {
    return this.#call(async () => {
      const { rows } = await this.#pool.query<{ revision: string; bytes: Uint8Array }>(
        'SELECT revision, bytes FROM deltaic_snapshot WHERE handle = $1',
        [handle],
      );
      const [row] = rows;
      return row && { revision: Number(row.revision), bytes: row.bytes };
    });
  }

  writeSnapshot(handle: string, { revision, bytes }: StoredSnapshot): Promise<boolean> {
    return this.#call(async () => {
      // The share lock keeps the datastore from being deleted until the snapshot is in.
      const { rowCount } = await this.#pool.query(
        `INSERT INTO deltaic_snapshot (handle, revision, bytes)
         SELECT handle, $2, $3 FROM (
           SELECT handle FROM deltaic_datastore WHERE handle = $1 AND NOT deleted AND revision >= $2 FOR SHARE
         ) AS head
         ON CONFLICT (handle) DO UPDATE SET revision = excluded.revision, bytes = excluded.bytes
         WHERE deltaic_snapshot.revision < excluded.revision`,
        [handle, revision, asBuffer(bytes)],
      );
      return (rowCount ?? 0) > 0;
    });
  }

  trim(handle: string, revision: number): Promise<number> {
    return this.#call(async () => {
      // One statement, so that no process can stop in the middle and keep the head row locked.
      const { rows } = await this.#pool.query<{ trimmed: string }>(
        `WITH head AS (
           UPDATE deltaic_datastore SET trimmed = greatest(trimmed, least($2,
             coalesce((SELECT revision FROM deltaic_snapshot WHERE handle = $1), 0)))
           WHERE handle = $1 AND NOT deleted RETURNING trimmed
         ), forgotten AS (
           DELETE FROM deltaic_entry USING head WHERE handle = $1 AND revision <= head.trimmed
         )
         SELECT trimmed FROM head`,
        [handle, revision],
      );
      return Number(rows[0]?.trimmed ?? 0);
    });
  }

  remove(handle: string): Promise<boolean> {
    // Several statements, of which each sees what was appended until the first had locked the head row.
    return this.#transaction(async (client) => {
      const { rowCount } = await client.query(
        `UPDATE deltaic_datastore SET deleted = true, info = NULL WHERE handle = $1 AND NOT deleted`,
        [handle],
      );
      await client.query('DELETE FROM deltaic_entry WHERE handle = $1', [handle]);
      await client.query('DELETE FROM deltaic_snapshot WHERE handle = $1', [handle]);
      await client.query('DELETE FROM deltaic_member WHERE handle = $1', [handle]);
      return (rowCount ?? 0) > 0;
    });
  }

  listen(listener: WakeListener): () => void {
    return this.#waker.listen(listener);
  }

  async close(): Promise<void> {
    await this.#waker.close();
    await this.#pool.end();
  }

  #rows(text: string, values: readonly unknown[]): Promise<StoredDatastore[]> {
    return rowsOf(this.#pool, text, values);
  }

  #transaction<Result>(action: (client: PoolClient) => Promise<Result>): Promise<Result> {
    return this.#call(() =>
      this.#durably(async (client) => {
        await client.query(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${IDLE}`);
        const result = await action(client);
        await client.query('COMMIT');
        return result;
      }),
    );
  }

  /**
   * Does what commits, on a connection. PostgreSQL confirms a commit with nothing but a warning if somebody has cancelled
   * its wait for the copies: then it is on the primary alone, and a failover would lose it.
   */
  async #durably<Result>(action: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    let warning: string | undefined;
    const note = ({
      code,
      message,
    }: {
      readonly code?: string | undefined;
      readonly message?: string | undefined;
    }): void => {
      if (code?.startsWith(WARNING_CLASS) === true) warning = message ?? code;
    };
    client.on('notice', note);
    let isBroken = true;
    try {
      const result = await action(client);
      if (warning !== undefined) throw new Error(`a commit may not last: ${warning}`);
      isBroken = false;
      return result;
    } finally {
      client.off('notice', note);
      // A connection on which a statement failed is thrown away, and its transaction with it.
      client.release(isBroken);
    }
  }

  async #call<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      throw failure(error);
    }
  }
}

async function rowsOf(client: Pool | PoolClient, text: string, values: readonly unknown[]): Promise<StoredDatastore[]> {
  const { rows } = await client.query<DatastoreRow>(text, [...values]);
  return rows.map((row) => ({
    handle: row.handle,
    id: row.id,
    owner: row.owner,
    team: row.team ?? undefined,
    revision: Number(row.revision),
    nonce: row.nonce,
    trimmed: Number(row.trimmed),
    info: row.info ?? undefined,
  }));
}

/** @param hosts how many there are to try. */
async function connectSomewhere(pool: Pool, hosts: number): Promise<PoolClient> {
  return pool.connect().catch((error: unknown) => {
    if (hosts <= 1) throw error;
    return connectSomewhere(pool, hosts - 1);
  });
}

interface EntryRow {
  readonly head: string;
  readonly head_nonce: string;
  readonly trimmed: string;
  readonly revision: string | null;
  readonly nonce: string;
  readonly bytes: Uint8Array;
}

function outcomeOf(rows: readonly EntryRow[], after: number): ReadOutcome {
  const [first] = rows;
  if (first === undefined) return { type: 'gone' };
  const head: LogHead = { revision: Number(first.head), nonce: first.head_nonce };
  if (after < Number(first.trimmed) || after > head.revision) return { type: 'reset', head };
  const entries = rows.flatMap(({ revision, nonce, bytes }): StoredEntry[] =>
    revision === null ? [] : [{ revision: Number(revision), nonce, bytes }],
  );
  return { type: 'entries', entries, head };
}

function headOf({ revision, nonce }: StoredDatastore): LogHead {
  return { revision, nonce };
}

/** The driver takes other typed arrays for JSON inside an array of parameters. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function failure(error: unknown): ServiceError {
  return error instanceof ServiceError
    ? error
    : new ServiceError('storage', `PostgreSQL failed: ${error instanceof Error ? error.message : error}`, {}, error);
}

interface Pg {
  readonly Client: new (config?: ClientConfig) => Client;
  readonly Pool: new (config: PoolConfig) => Pool;
}

/**
 * Brings the schema of a database up to date. Several processes may do so at once.
 *
 * @returns the versions before and after.
 * @throws ServiceError `storage` if the database cannot be reached, or if its schema is newer than this code.
 */
export async function migrateDatabase(url: string): Promise<{ readonly from: number; readonly to: number }> {
  checkUrl(url, 'url');
  const { Client, Pool } = loadPg();
  const hosts = new PostgresHosts(Client, url);
  const pool = new Pool({ Client: hosts.Client, max: 1 });
  try {
    const client = await connectSomewhere(pool, hosts.count);
    try {
      return { from: await migrate(client), to: SCHEMA_VERSION };
    } finally {
      client.release();
    }
  } catch (error) {
    throw failure(error);
  } finally {
    await pool.end();
  }
}

/** It may hold a password. @throws DatastoreError `invalid-option`. */
function checkUrl(url: unknown, name: string): void {
  if (typeof url !== 'string') throw invalidSecret(`${name} must be a connection string`, url);
}

/**
 * The package `pg`, which not everybody installs: loaded when it is needed, so that its absence can be explained.
 *
 * @throws ServiceError `storage` if it is not installed.
 */
function loadPg(): Pg {
  const load = createRequire(import.meta.url);
  try {
    return load('pg') as Pg;
  } catch (error) {
    throw new ServiceError('storage', 'the package "pg" is needed and cannot be loaded: npm install pg', {}, error);
  }
}
