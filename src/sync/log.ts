import { DatastoreError } from '../errors/datastore-error.js';
import { invariant } from '../errors/invariant-error.js';
import type { LogEntry } from './log-entry.js';

/**
 * The end of a log: the entries that have not been trimmed, and the nonces of at least the most recent deltas, which may
 * reach further back than the entries. Both are without gaps and end at the newest revision. Spec: SYNC-1, SYNC-12.
 */
export class Log {
  readonly #nonceCount: number;
  readonly #nonces = new Map<string, number>();
  #entries: LogEntry[] = [];
  #revision: number;

  /**
   * A log that ends at `revision` with `entries`. `nonces` are those of the latest deltas up to `revision`, which may
   * reach further back than the entries, or less far; `nonceCount` is how many to keep in the future.
   */
  constructor(revision: number, entries: readonly LogEntry[], nonces: readonly string[], nonceCount: number) {
    this.#revision = revision;
    this.#entries = [...entries];
    this.#nonceCount = nonceCount;
    const firstOfNonces = revision - nonces.length + 1;
    for (const { rev, nonce } of entries) if (rev < firstOfNonces) this.#nonces.set(nonce, rev);
    nonces.forEach((nonce, index) => {
      // A nonce that an earlier entry has as well moves behind all others.
      this.#nonces.delete(nonce);
      this.#nonces.set(nonce, firstOfNonces + index);
    });
    this.#forgetNonces();
  }

  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision after which all entries are there. */
  get firstRevision(): number {
    return this.#revision - this.#entries.length;
  }

  /** The revision that a delta got, or `undefined` if its nonce is not among those that are kept. */
  revisionOf(nonce: string): number | undefined {
    return this.#nonces.get(nonce);
  }

  append(entry: LogEntry): void {
    invariant(entry.rev === this.#revision + 1, 'a log grows by one revision at a time');
    this.#revision = entry.rev;
    this.#entries.push(entry);
    this.#nonces.set(entry.nonce, entry.rev);
    this.#forgetNonces();
  }

  /** All entries after `revision`, or `undefined` if they are not all there. */
  after(revision: number): readonly LogEntry[] | undefined {
    if (revision < this.firstRevision || revision > this.#revision) return undefined;
    return Object.freeze(this.#entries.slice(revision - this.firstRevision));
  }

  /** Forgets the entries up to `revision`. */
  trim(revision: number): void {
    if (revision > this.#revision) {
      throw new DatastoreError('invalid-revision', `the log ends at revision ${this.#revision}`);
    }
    if (revision > this.firstRevision) this.#entries = this.#entries.slice(revision - this.firstRevision);
    this.#forgetNonces();
  }

  /** The nonces of the most recent deltas, as many as are to be kept, oldest first. */
  recentNonces(): readonly string[] {
    const nonces = [...this.#nonces.keys()];
    return Object.freeze(nonces.slice(Math.max(0, nonces.length - this.#nonceCount)));
  }

  #forgetNonces(): void {
    const kept = Math.max(this.#nonceCount, this.#entries.length);
    for (const nonce of this.#nonces.keys()) {
      if (this.#nonces.size <= kept) break;
      this.#nonces.delete(nonce);
    }
  }
}
