import type { LogEntry } from './log-entry.js';
import type { Snapshot } from './messages.js';

/**
 * What has arrived from the log and is not yet merged: entries in whatever order they came, each once, and at most one
 * snapshot. Spec: SYNC-21, SYNC-22.
 */
export class Incoming {
  readonly #entries = new Map<number, LogEntry>();
  #snapshot: Snapshot | undefined;
  /** The revision up to which there is nothing among the entries. */
  #forgotten = 0;

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** Keeps an entry. @returns whether it could: not where another delta is here for its revision. */
  addEntry(entry: LogEntry): boolean {
    const known = this.#entries.get(entry.rev);
    if (known !== undefined) return known.nonce === entry.nonce;
    this.#entries.set(entry.rev, entry);
    return true;
  }

  setSnapshot(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
  }

  /** The entry that follows `revision`, if it is here. */
  after(revision: number): LogEntry | undefined {
    return this.#entries.get(revision + 1);
  }

  /** The revision that the snapshot, and the entries without a gap, lead to from `revision`. */
  reach(revision: number): number {
    let reached = this.#snapshot?.rev ?? revision;
    while (this.#entries.has(reached + 1)) reached++;
    return reached;
  }

  /** Whether entries are here that what is here does not lead to. */
  hasGap(revision: number): boolean {
    const reached = this.reach(revision);
    for (const rev of this.#entries.keys()) if (rev > reached) return true;
    return false;
  }

  /** Takes out the snapshot, to merge it. */
  clearSnapshot(): void {
    this.#snapshot = undefined;
  }

  /** Forgets the entries up to `revision`: they are merged. */
  forget(revision: number): void {
    // One by one where few were merged, and by a search where a snapshot went past more than there are.
    if (revision - this.#forgotten <= this.#entries.size) {
      for (let rev = this.#forgotten + 1; rev <= revision; rev++) this.#entries.delete(rev);
    } else {
      for (const rev of this.#entries.keys()) if (rev <= revision) this.#entries.delete(rev);
    }
    this.#forgotten = revision;
  }

  /** Forgets everything, because it belongs to a log that does not lead on from this replica. */
  clear(): void {
    this.#entries.clear();
    this.#snapshot = undefined;
  }
}
