import type { LogEntry } from './log-entry.js';
import type { Snapshot } from './messages.js';

/** A stretch of the log without a gap: all revisions after `from`, up to `to`, are among the entries. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

const NO_STRETCH: Stretch = { from: 0, to: 0 };

/**
 * What has arrived from the log and is not yet merged: entries in whatever order they came, each once, and at most one
 * snapshot. Spec: SYNC-21, SYNC-22.
 */
export class Incoming {
  readonly #entries = new Map<number, LogEntry>();
  #snapshot: Snapshot | undefined;
  /** The revision up to which there is nothing among the entries. */
  #forgotten = 0;
  /** The latest revision of an entry. */
  #latest = 0;
  /** What the last search from a revision went through, and the last one from a snapshot: the next one goes on there. */
  #fromRevision = NO_STRETCH;
  #fromSnapshot = NO_STRETCH;

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** Keeps an entry. @returns whether it could: not where another delta is here for its revision. */
  addEntry(entry: LogEntry): boolean {
    const known = this.#entries.get(entry.rev);
    if (known !== undefined) return known.nonce === entry.nonce;
    this.#entries.set(entry.rev, entry);
    this.#latest = Math.max(this.#latest, entry.rev);
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
    if (this.#snapshot === undefined) {
      this.#fromRevision = this.#stretchAfter(revision, this.#fromRevision);
      return this.#fromRevision.to;
    }
    this.#fromSnapshot = this.#stretchAfter(this.#snapshot.rev, this.#fromSnapshot);
    return this.#fromSnapshot.to;
  }

  /** Whether entries are here that what is here does not lead to. */
  hasGap(revision: number): boolean {
    return this.#latest > this.reach(revision);
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
    if (this.#entries.size === 0) this.#latest = 0;
    this.#fromRevision = withoutStart(this.#fromRevision, revision);
    this.#fromSnapshot = withoutStart(this.#fromSnapshot, revision);
  }

  /** Forgets everything, because it belongs to a log that does not lead on from this replica. */
  clear(): void {
    this.#entries.clear();
    this.#latest = 0;
    this.#fromRevision = NO_STRETCH;
    this.#fromSnapshot = NO_STRETCH;
    this.#snapshot = undefined;
  }

  #stretchAfter(from: number, known: Stretch): Stretch {
    const isKnown = from >= known.from && from <= known.to;
    let to = isKnown ? known.to : from;
    while (this.#entries.has(to + 1)) to++;
    return { from: isKnown ? known.from : from, to };
  }
}

/** What is left of a stretch without the entries up to a revision. */
function withoutStart({ from, to }: Stretch, revision: number): Stretch {
  return { from: Math.max(from, revision), to: Math.max(to, revision) };
}
