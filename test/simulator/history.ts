import { formatDelta, State } from '../../src/index.js';
import type { LogEntry, Put } from '../../src/sync/index.js';
import { Violation } from './violation.js';

/**
 * What really happened, written down beside the machines: the log as it was stored, every put that left a replica, and
 * every refusal.
 */
export class History {
  /** The log alone, applied. */
  readonly state = new State();
  readonly refused = new Set<string>();
  readonly #nonces: string[] = [];
  readonly #revisions = new Map<string, number>();
  readonly #puts = new Map<string, string>();

  get revision(): number {
    return this.#nonces.length;
  }

  has(nonce: string): boolean {
    return this.#revisions.has(nonce);
  }

  /** Notes a put that a replica made: under one nonce there is only ever one. */
  notePut({ rev, nonce, delta }: Put): void {
    const content = describePut(rev, { delta });
    const known = this.#puts.get(nonce);
    if (known !== undefined && known !== content) {
      throw new Violation('a nonce belongs to one delta', `${nonce} was put as ${known} and as ${content}`);
    }
    this.#puts.set(nonce, content);
  }

  /** Notes an entry that the sequencer stored. */
  append(entry: LogEntry): void {
    const { rev, nonce, delta } = entry;
    if (rev !== this.revision + 1) {
      throw new Violation('the log has one delta a revision', `revision ${rev} was stored after ${this.revision}`);
    }
    const twice = this.#revisions.get(nonce);
    if (twice !== undefined) {
      throw new Violation('an edit is in the log once', `${nonce} is at revision ${twice} and at ${rev}`);
    }
    const put = this.#puts.get(nonce);
    if (put !== undefined && put !== describePut(rev - 1, entry)) {
      throw new Violation('the log holds what was put', `${nonce} was put as ${put}`);
    }
    this.#nonces.push(nonce);
    this.#revisions.set(nonce, rev);
    this.state.apply(delta);
  }

  /** Checks an acknowledgement that leaves the sequencer. */
  checkAcknowledged(nonce: string, rev: number): void {
    if (this.#revisions.get(nonce) === rev) return;
    throw new Violation('an acknowledged edit is in the log', `${nonce} was acknowledged at revision ${rev}`);
  }
}

function describePut(rev: number, { delta }: Pick<Put, 'delta'>): string {
  return `${JSON.stringify(formatDelta(delta))} on revision ${rev}`;
}
