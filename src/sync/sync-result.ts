import type { Conflict } from '../deltas/conflict.js';
import type { Delta } from '../deltas/delta.js';
import type { Refusal } from './messages.js';

/** Record ids by table id, both in code point order. */
export type RecordsByTable = ReadonlyMap<string, ReadonlySet<string>>;

/** What a `sync()` brought in. Spec: SYNC-23, SYNC-24. */
export interface SyncResult {
  /**
   * The records whose content is not what the user saw before, deleted ones included. The modified time that this call
   * itself set is not among them.
   */
  readonly changed: RecordsByTable;
  /** The local and remote edits that were dropped, or altered in effect, in the order in which they were merged. */
  readonly conflicts: readonly Conflict[];
  /** The local deltas that the sequencer refused and that were undone. */
  readonly refused: readonly RefusedDelta[];
  /** The local deltas of which nobody can tell any more whether the log has them. They are not put again. */
  readonly uncertain: readonly UncertainDelta[];
  /** Whether a snapshot took the place of log entries. */
  readonly isReloaded: boolean;
}

/** A refused delta and what its undoing took with it. Spec: SYNC-27. */
export interface RefusedDelta {
  readonly nonce: string;
  /** As it was put, with what it overwrote. */
  readonly delta: Delta;
  readonly refusal: Refusal;
  /** Later local edits that cannot stand without it, such as those of a record that it inserted. */
  readonly conflicts: readonly Conflict[];
}

/** Spec: SYNC-31. */
export interface UncertainDelta {
  readonly nonce: string;
  /** As it was put, with what it overwrote. */
  readonly delta: Delta;
}

/** What the withdrawal of a sealed delta did. Spec: SYNC-51. */
export interface Withdrawal {
  /** How what the user sees has changed, with what was overwritten. */
  readonly changes: Delta;
  /** Later local edits that cannot stand without it. */
  readonly conflicts: readonly Conflict[];
}
