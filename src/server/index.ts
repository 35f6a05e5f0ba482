/**
 * A server as a handler of web-standard requests; the seam at which it keeps logs, one in memory, and the suite that others
 * must pass.
 *
 * @module deltaic/server
 */

export type { AccountProfile, DatastoreAccess, LinkAnswer, RemoteDatastore } from '../datastore/manager/link.js';
export type { ServiceEvent, Watcher } from './announcer.js';
export {
  DatastoreService,
  type DatastoreServiceOptions,
  type Objection,
  type ProposedEntry,
  type ServiceStatistics,
} from './datastore-service.js';
export type {
  BodyLimits,
  BodySink,
  RequestHead,
  RequestHeaders,
  ServerAnswer,
  ServerRequest,
  StreamedBody,
} from './exchange.js';
export {
  type Authenticated,
  type ClientConnection,
  createServer,
  type DatastoreServer,
  type ServerOptions,
} from './http-server.js';
export {
  type Append,
  type AppendOutcome,
  type CreateOutcome,
  EMPTY_HEAD,
  type LogHead,
  type LogStore,
  type ReadLimits,
  type ReadOutcome,
  type StoredDatastore,
  type StoredEntry,
  type StoredSnapshot,
  type WakeListener,
} from './log-store.js';
export { type LogStoreFixture, logStoreConformance } from './log-store-conformance.js';
export { MemoryLogs } from './memory-logs.js';
export type { Requester } from './requester.js';
export { type FailureTrace, type ServerLogEvent, traceText } from './server-log.js';
