import { DatastoreError } from '../errors/datastore-error.js';
import type { LogEntry } from './log-entry.js';
import type { Snapshot } from './messages.js';

/**
 * A sequencer as plain data: its newest state with the recent nonces, and the entries that it has not forgotten. The
 * entries may also go on after the snapshot, as they do where they are stored one by one. Spec: SYNC-11.
 */
export interface SavedSequencer {
  readonly snapshot: Snapshot;
  readonly log: readonly LogEntry[];
}

/** @throws DatastoreError `log-gap` unless the entries follow one another and reach the snapshot or beyond it. */
export function checkConsecutive(log: readonly LogEntry[], snapshotRev: number): void {
  const [first] = log;
  if (first === undefined) return;
  const missing = log.findIndex(({ rev }, index) => rev !== first.rev + index);
  if (missing > 0) throw new DatastoreError('log-gap', `revision ${first.rev + missing} is not where it should be`);
  if (first.rev > snapshotRev + 1) throw new DatastoreError('log-gap', `revision ${snapshotRev + 1} is missing`);
  if (first.rev + log.length <= snapshotRev) {
    throw new DatastoreError('log-gap', `the log ends before revision ${snapshotRev} of the snapshot`);
  }
}
