import { ServiceError } from '../../errors/datastore-error.js';

/** A connection, as the package `pg` gives it; not one of a pool, since a migration is a transaction. */
export interface PostgresConnection {
  /** Runs one statement. */
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/**
 * The tables. Every statement of the store reaches them by primary key or by one of the two indexes.
 *
 * - `deltaic_datastore`: the head row of a log, which an append locks, compares and moves on. A deleted datastore keeps
 *   its row, so that its handle is never used again and nobody can append to it.
 * - `deltaic_entry`: the entries. Rows are inserted and deleted, never changed.
 * - `deltaic_snapshot`: the newest snapshot of a datastore.
 * - `deltaic_member`: who has a datastore of somebody else in the list.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE deltaic_datastore (
      handle text PRIMARY KEY,
      id text NOT NULL,
      owner text NOT NULL,
      scope text NOT NULL,
      revision bigint NOT NULL DEFAULT 0,
      nonce text NOT NULL DEFAULT '',
      trimmed bigint NOT NULL DEFAULT 0,
      info bytea,
      deleted boolean NOT NULL DEFAULT false
    )`,
    'CREATE UNIQUE INDEX deltaic_datastore_id ON deltaic_datastore (scope, id) WHERE NOT deleted',
    'CREATE INDEX deltaic_datastore_owner ON deltaic_datastore (owner) WHERE NOT deleted',
    `CREATE TABLE deltaic_entry (
      handle text NOT NULL,
      revision bigint NOT NULL,
      nonce text NOT NULL,
      bytes bytea NOT NULL,
      PRIMARY KEY (handle, revision)
    )`,
    'CREATE TABLE deltaic_snapshot (handle text PRIMARY KEY, revision bigint NOT NULL, bytes bytea NOT NULL)',
    `CREATE TABLE deltaic_member (
      account text NOT NULL,
      handle text NOT NULL,
      PRIMARY KEY (account, handle)
    )`,
  ],
  ['ALTER TABLE deltaic_datastore ADD COLUMN team text'],
];

/** The version of the schema that this code reads and writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/** Any number that no other program uses for an advisory lock of this database. */
const MIGRATION_LOCK = 7_305_216_001;

/**
 * Brings the schema to {@link SCHEMA_VERSION}, in one transaction. Several processes may call it at once.
 *
 * @returns the version that was found.
 * @throws ServiceError `storage` if the schema is newer than this code.
 */
export async function migrate(client: PostgresConnection): Promise<number> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query('CREATE TABLE IF NOT EXISTS deltaic_schema (version integer NOT NULL)');
    const found = await versionOf(client);
    refuseNewer(found);
    for (const statement of MIGRATIONS.slice(found).flat()) await client.query(statement);
    await client.query('DELETE FROM deltaic_schema');
    await client.query('INSERT INTO deltaic_schema (version) VALUES ($1)', [SCHEMA_VERSION]);
    await client.query('COMMIT');
    return found;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** @throws ServiceError `storage` unless the schema is what this code reads and writes. */
export async function checkSchema(client: PostgresConnection): Promise<void> {
  const { rows } = await client.query("SELECT to_regclass('deltaic_schema') IS NOT NULL AS exists");
  const [answer] = rows as { readonly exists: boolean }[];
  const found = answer?.exists === true ? await versionOf(client) : 0;
  refuseNewer(found);
  if (found < SCHEMA_VERSION) {
    throw new ServiceError(
      'storage',
      `the database has version ${found} of the schema and this server needs ${SCHEMA_VERSION}: start it once with --migrate`,
    );
  }
}

async function versionOf(client: PostgresConnection): Promise<number> {
  const { rows } = await client.query('SELECT version FROM deltaic_schema');
  return (rows as { readonly version: number }[])[0]?.version ?? 0;
}

function refuseNewer(found: number): void {
  if (found > SCHEMA_VERSION) {
    throw new ServiceError(
      'storage',
      `the database has version ${found} of the schema and this server knows ${SCHEMA_VERSION}: use a newer server`,
    );
  }
}
