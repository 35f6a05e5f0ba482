import type { Conflict } from '../deltas/conflict.js';
import type { Delta } from '../deltas/delta.js';
import type { DatastoreError } from '../errors/datastore-error.js';
import type { RecordsByTable } from '../state/record-watch.js';
import type { Refusal } from './messages.js';

/** What a `sync()` brought in. Spec: SYNC-23, SYNC-24. */
export interface SyncResult {
  /**
   * The records whose content is not what the user saw before, deleted ones included. The modified time that this call
   * itself set is not among them.
   */
  readonly changed: RecordsByTable;
  /** The local and remote edits that were dropped, or altered in effect, in the order in which they were merged. */
  readonly conflicts: readonly Conflict[];
  /** The local deltas of which the sequencer refused something, which was undone. */
  readonly refused: readonly RefusedDelta[];
  /** The local deltas of which it is not known, and never will be, whether the log has them. They are not put again. */
  readonly indeterminate: readonly IndeterminateDelta[];
  /** The fields whose merge functions failed, each once a merge. Rule `remote` decided them. */
  readonly ruleFailures: readonly RuleFailure[];
  /** Whether a snapshot took the place of log entries. */
  readonly isReloaded: boolean;
  /**
   * Whether that snapshot is of a log that lacks entries which this replica had: its server went back to a backup. Edits
   * that were acknowledged may be gone. Spec: SYNC-32, SYNC-61.
   */
  readonly isLogLost: boolean;
}

/** What was refused of a delta, and what its undoing took with it. Spec: SYNC-27, SYNC-67. */
export interface RefusedDelta {
  readonly nonce: string;
  /** What was undone, with what it overwrote: all that was put, or the part that the refusal is about. */
  readonly delta: Delta;
  readonly refusal: Refusal;
  /** Later local edits that cannot stand without it, such as those of a record that it inserted. */
  readonly conflicts: readonly Conflict[];
}

/** A delta that was put, and that the log may have or not. Spec: SYNC-31. */
export interface IndeterminateDelta {
  readonly nonce: string;
  /** As it was put, with what it overwrote. */
  readonly delta: Delta;
}

/** A merge function that threw, or returned something that is not a value. Spec: SYNC-57. */
export interface RuleFailure {
  readonly table: string;
  readonly record: string;
  readonly field: string;
  /** `invalid-rule`; its `cause` is what the function threw. */
  readonly error: DatastoreError;
}

/** What retracting a sealed delta did. Spec: SYNC-51. */
export interface Retraction {
  /** How what the user sees has changed, with what was overwritten. */
  readonly changes: Delta;
  /** Later local edits that cannot stand without it. */
  readonly conflicts: readonly Conflict[];
}

/**
 * The state of a replica relative to the log. Several can be true at once. `isIdle` means that none of the others is:
 * the log has all edits of the replica, and the replica has all entries that it knows of. Spec: SYNC-33.
 */
export interface ReplicaStatus {
  readonly isIdle: boolean;
  /** There are edits that `sync()` has not sealed yet. */
  readonly hasUncommitted: boolean;
  /** There are sealed deltas that have not been put. */
  readonly hasOutgoing: boolean;
  /** A delta was returned by `outgoing()`, and its fate is not known. */
  readonly isInFlight: boolean;
  /** The next `sync()` brings in something: remote deltas, a snapshot, or a refusal. */
  readonly hasIncoming: boolean;
  /** The log is known to have more remote deltas than have arrived without a gap. `request()` asks for them. */
  readonly hasGap: boolean;
  /** The log no longer leads from this replica to the newest revision. `request()` asks for a snapshot. */
  readonly needsReload: boolean;
}
