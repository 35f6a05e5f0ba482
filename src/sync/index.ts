/**
 * A replica and a sequencer, the two state machines of synchronization, and the messages between them. They do no I/O.
 *
 * @module deltaic/sync
 */

export type { RecordsByTable } from '../state/record-watch.js';
export {
  formatEntry,
  formatMessage,
  parseEntry,
  parseReplicaMessage,
  parseSequencerMessage,
  type WireEntry,
  type WireMessage,
} from './message-format.js';
export {
  type Accepted,
  type Denied,
  type Entries,
  type Fetch,
  type FetchSnapshot,
  type LogEntry,
  type LogPage,
  type MissedEntries,
  type Put,
  type PutOutcome,
  type Refusal,
  type RefusalReason,
  type Refused,
  type Repeated,
  type ReplicaMessage,
  type Reset,
  ROLES,
  type Role,
  type SequencerMessage,
  type Snapshot,
} from './messages.js';
export { Replica, type ReplicaOptions } from './replica.js';
export { type SavedEdits, withSavedEdits } from './saved-edits.js';
export {
  type SavedHistory,
  type SavedSegment,
  type SavedUndoItem,
  savedDeltas,
  type WholeDeltas,
} from './saved-history.js';
export type { SavedExtent, SavedReplica, SavedRule } from './saved-replica.js';
export { type Proposal, parseSequencer, type SavedSequencer, Sequencer, type SequencerOptions } from './sequencer.js';
export type {
  IndeterminateDelta,
  RefusedDelta,
  ReplicaStatus,
  Retraction,
  RuleFailure,
  SyncResult,
} from './sync-result.js';
