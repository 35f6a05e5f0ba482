/**
 * A replica and a sequencer, the two state machines of synchronization, and the messages between them. They do no I/O.
 *
 * @module deltaic/sync
 */

export type { LogEntry } from './log-entry.js';
export {
  formatEntry,
  formatMessage,
  parseEntry,
  parseReplicaMessage,
  parseSequencerMessage,
  type WireEntry,
  type WireMessage,
} from './message-format.js';
export type {
  Accepted,
  Denied,
  Entries,
  Fetch,
  FetchSnapshot,
  MissedEntries,
  Put,
  PutOutcome,
  Refusal,
  RefusalReason,
  Refused,
  Repeated,
  ReplicaMessage,
  Reset,
  SequencerMessage,
  Snapshot,
} from './messages.js';
export { Replica } from './replica.js';
export type { ReplicaOptions } from './replica-options.js';
export type { ReplicaStatus } from './replica-status.js';
export { ROLES, type Role } from './role.js';
export type { SavedReplica, SavedRule } from './saved-replica.js';
export type { SavedSequencer } from './saved-sequencer.js';
export { Sequencer, type SequencerOptions } from './sequencer.js';
export type { RecordsByTable, RefusedDelta, SyncResult, UncertainDelta, Withdrawal } from './sync-result.js';
