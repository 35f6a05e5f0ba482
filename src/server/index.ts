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
