/**
 * Logs on one machine: the default of a server, in one LMDB environment. Needs the package `lmdb`.
 *
 * @module deltaic/server/lmdb
 */

export { LmdbLogs, type LmdbLogsOptions } from './lmdb-logs.js';
