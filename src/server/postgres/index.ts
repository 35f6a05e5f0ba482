/**
 * Logs for many machines, in PostgreSQL 14 or newer. Needs the package `pg`.
 *
 * @module deltaic/server/postgres
 */

export { migrateDatabase, PostgresLogs, type PostgresLogsOptions } from './postgres-logs.js';
export { migrate, type PostgresConnection, SCHEMA_VERSION } from './schema.js';
