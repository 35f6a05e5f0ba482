/**
 * What a server needs: the seam at which logs of datastores are kept, one in memory, and the suite that others must pass.
 *
 * @module deltaic/server
 */

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
