import { type Conflict, type ConflictListener, lendConflict } from '../deltas/conflict.js';
import type { Delta } from '../deltas/delta.js';
import { deltaWithoutBefore } from '../deltas/without-before.js';
import { DatastoreError, ServiceError } from '../errors/datastore-error.js';
import type { State } from '../state/state.js';
import { Incoming } from './incoming.js';
import { checkNonce, type LogEntry, ownEntry } from './log-entry.js';
import { readSequencerMessage } from './message-format.js';
import type { Fetch, FetchSnapshot, Put, Refusal, Refused, Reset, SequencerMessage, Snapshot } from './messages.js';
import { findInSnapshot, stateOfSnapshot } from './snapshot.js';
import type { RefusedDelta, UncertainDelta } from './sync-result.js';
import type { Timeline } from './timeline.js';

/** Where an exchange that was saved goes on. */
export interface ExchangeOrigin {
  /** The nonce of the first pending delta, if that was put. */
  readonly nonce: string | undefined;
  readonly refusal: Refusal | undefined;
  readonly needsReload: boolean;
  readonly isLogLost: boolean;
}

/** Nothing has been said yet. */
export const FROM_THE_START: ExchangeOrigin = Object.freeze({
  nonce: undefined,
  refusal: undefined,
  needsReload: false,
  isLogLost: false,
});

/** What came of merging, in the order in which it happened. */
export interface Report {
  readonly conflicts: Conflict[];
  readonly refused: RefusedDelta[];
  readonly uncertain: UncertainDelta[];
  isReloaded: boolean;
}

export function emptyReport(): Report {
  return { conflicts: [], refused: [], uncertain: [], isReloaded: false };
}

/**
 * The replica's side of the protocol: what it has asked of the sequencer, what it was told and has not merged yet. Only
 * an acknowledgement takes effect as soon as it arrives, since it changes nothing that the user sees; all else waits.
 * Spec: SYNC-18 to SYNC-22, SYNC-27 to SYNC-32.
 */
export class Exchange {
  readonly #timeline: Timeline;
  readonly #nextNonce: () => string;
  readonly #incoming = new Incoming();
  /** The put of the first pending delta, from when it was handed out until it is known what became of it. */
  #put: Put | undefined;
  #refusal: Refusal | undefined;
  #snapshotState: State | undefined;
  #needsReload: boolean;
  #isLogLost: boolean;

  constructor(timeline: Timeline, nextNonce: () => string, origin: ExchangeOrigin) {
    this.#timeline = timeline;
    this.#nextNonce = nextNonce;
    this.#needsReload = origin.needsReload;
    this.#isLogLost = origin.isLogLost;
    this.#refusal = origin.refusal;
    if (origin.nonce !== undefined) this.#put = this.#putFirst(origin.nonce);
  }

  get origin(): ExchangeOrigin {
    return {
      nonce: this.#put?.nonce,
      refusal: this.#refusal,
      needsReload: this.#needsReload,
      isLogLost: this.#isLogLost,
    };
  }

  get isInFlight(): boolean {
    return this.#put !== undefined;
  }

  /** Whether the first pending delta may be in the log or get there: it was put, and nothing received rules that out. */
  get isUndecided(): boolean {
    return this.#put !== undefined && this.#refusal === undefined && !this.#isOvertaken && !this.#isRuledOut;
  }

  /** Forgets that the first pending delta was put, once that cannot have come to anything. */
  forgetPut(): void {
    this.#put = undefined;
    this.#refusal = undefined;
  }

  /** Whether {@link bringIn} would do anything. */
  get hasIncoming(): boolean {
    return this.#refusal !== undefined || this.#isOvertaken || this.#incoming.snapshot !== undefined;
  }

  get hasGap(): boolean {
    return this.#incoming.hasGap(this.#timeline.revision);
  }

  get needsReload(): boolean {
    return this.#needsReload;
  }

  /** See `Replica.outgoing`. */
  outgoing(): Put | undefined {
    if (this.hasIncoming || this.#needsReload) return undefined;
    if (this.#put === undefined && this.#timeline.firstToPut() !== undefined) {
      const nonce = this.#nextNonce();
      checkNonce(nonce);
      this.#put = this.#putFirst(nonce);
    }
    return this.#put && this.#put;
  }

  /** See `Replica.request`. */
  request(): Fetch | FetchSnapshot {
    if (this.#needsReload && this.#incoming.snapshot === undefined) return { type: 'fetch-snapshot' };
    return { type: 'fetch', rev: this.#incoming.reach(this.#timeline.revision) };
  }

  /** See `Replica.receive`. */
  receive(given: SequencerMessage): void {
    const message = readSequencerMessage(given, ownEntry);
    switch (message.type) {
      case 'accepted':
      case 'repeated':
        this.#receiveAcknowledgement(message.nonce, message.rev);
        break;
      case 'conflict':
      case 'entries':
        for (const entry of message.entries) this.#receiveEntry(entry);
        break;
      case 'reset':
        this.#receiveReset(message);
        break;
      case 'refused':
        this.#receiveRefusal(message);
        break;
      case 'snapshot':
        this.#receiveSnapshot(message, stateOfSnapshot(message));
        break;
      case 'denied':
        break;
    }
  }

  /**
   * Merges everything that has arrived: a refusal first, then the entries that follow one another, then a snapshot if it
   * leads further, then the entries after it.
   *
   * @throws DatastoreError `log-mismatch` if an entry does not fit, or what a merge function throws. What was merged
   * before stays merged and reported.
   */
  bringIn(report: Report): void {
    const onConflict = (conflict: Conflict): void => void report.conflicts.push(lendConflict(conflict));
    if (this.#refusal !== undefined) this.#withdraw(this.#refusal, report);
    this.#mergeEntries(onConflict);
    this.#reload(report, onConflict);
    this.#mergeEntries(onConflict);
  }

  /** Whether the log is known to go on with a delta of somebody else. */
  get #isOvertaken(): boolean {
    return this.#incoming.after(this.#timeline.revision) !== undefined;
  }

  /** Whether a snapshot says that another delta took the place that was put for. */
  get #isRuledOut(): boolean {
    const { snapshot } = this.#incoming;
    if (snapshot === undefined || this.#put === undefined || snapshot.rev <= this.#put.rev) return false;
    return findInSnapshot(snapshot, this.#put.rev, this.#put.nonce) === 'absent';
  }

  #putFirst(nonce: string): Put | undefined {
    const first = this.#timeline.pending[0];
    if (first === undefined) return undefined;
    return Object.freeze({
      type: 'put',
      rev: this.#timeline.revision,
      nonce,
      delta: deltaWithoutBefore(first.whole()),
    });
  }

  #receiveAcknowledgement(nonce: string, rev: number): void {
    if (this.#put?.nonce === nonce) this.#acknowledge(rev);
  }

  #receiveEntry(entry: LogEntry): void {
    const { rev, nonce, delta } = entry;
    if (rev <= this.#timeline.revision) return;
    if (this.#put?.nonce !== nonce) {
      if (!this.#incoming.addEntry(entry)) throw this.#mismatch(rev);
    } else {
      if (!isSameDelta(delta, this.#put.delta)) throw this.#mismatch(rev);
      this.#acknowledge(rev);
    }
  }

  #receiveReset({ since, rev }: Reset): void {
    // An answer to a question that has been settled since then says nothing about what is here now.
    if (since < this.#incoming.reach(this.#timeline.revision)) return;
    this.#needsReload = true;
    this.#incoming.clearSnapshot();
    if (rev < since) this.#isLogLost = true;
  }

  #receiveRefusal({ nonce, type: _, ...refusal }: Refused): void {
    if (this.#put?.nonce !== nonce) return;
    if (refusal.reason === 'unknown-revision') {
      this.#needsReload = true;
      this.#isLogLost = true;
    } else {
      this.#refusal = refusal;
    }
  }

  #receiveSnapshot(snapshot: Snapshot, state: State): void {
    const { revision } = this.#timeline;
    const isWanted = this.#needsReload || revision === 0;
    const isForward = snapshot.rev > revision || (snapshot.rev === revision && this.#needsReload) || this.#isLogLost;
    if (!isWanted || !isForward || snapshot.rev < (this.#incoming.snapshot?.rev ?? 0)) return;
    this.#snapshotState = state;
    // What waited behind a gap came from the log that is lost, which says nothing about the one that there is now.
    if (this.#isLogLost) this.#incoming.clear();
    this.#incoming.setSnapshot(snapshot);
  }

  #acknowledge(rev: number): void {
    if (rev !== this.#timeline.revision + 1 || this.#isOvertaken) throw this.#mismatch(rev);
    this.#timeline.acknowledge();
    this.#put = undefined;
    this.#refusal = undefined;
    this.#incoming.forget(this.#timeline.revision);
  }

  #withdraw(refusal: Refusal, report: Report): void {
    const nonce = this.#put?.nonce ?? '';
    const conflicts: Conflict[] = [];
    const delta = this.#timeline.withdraw((conflict) => conflicts.push(lendConflict(conflict)));
    this.#put = undefined;
    this.#refusal = undefined;
    report.refused.push({ nonce, delta, refusal, conflicts });
  }

  #mergeEntries(onConflict: ConflictListener): void {
    for (let entry = this.#nextEntry(); entry !== undefined; entry = this.#nextEntry()) {
      try {
        this.#timeline.merge(entry.delta, onConflict);
      } catch (error) {
        if (error instanceof DatastoreError && error.code === 'log-mismatch') {
          this.#incoming.clear();
          this.#needsReload = true;
        }
        throw error;
      }
      // What was put was made for a revision that the log has left: it can never be accepted, so its nonce is spent.
      this.#put = undefined;
      this.#incoming.forget(entry.rev);
    }
  }

  #nextEntry(): LogEntry | undefined {
    return this.#incoming.after(this.#timeline.revision);
  }

  #reload(report: Report, onConflict: ConflictListener): void {
    const { snapshot } = this.#incoming;
    const state = this.#snapshotState;
    if (snapshot === undefined || state === undefined) return;
    if (snapshot.rev > this.#timeline.revision || this.#needsReload) this.#goTo(snapshot, state, report, onConflict);
    this.#incoming.clearSnapshot();
    this.#incoming.forget(this.#timeline.revision);
    this.#snapshotState = undefined;
    this.#needsReload = false;
    this.#isLogLost = false;
  }

  #goTo(snapshot: Snapshot, state: State, report: Report, onConflict: ConflictListener): void {
    const put = this.#put;
    const found = put === undefined ? 'absent' : findInSnapshot(snapshot, put.rev, put.nonce);
    const first = this.#timeline.pending[0];
    this.#timeline.reload(state, snapshot.rev, found !== 'absent', onConflict);
    report.isReloaded = true;
    if (found === 'unknown' && put !== undefined && first !== undefined) {
      report.uncertain.push({ nonce: put.nonce, delta: first.whole() });
    }
    // At an unchanged revision the put may still be accepted, so it must stay what it is.
    const isStillValid = put?.rev === snapshot.rev && this.#isUnchanged(put);
    this.#put = isStillValid ? put : undefined;
  }

  #isUnchanged(put: Put): boolean {
    const first = this.#timeline.pending[0];
    return first !== undefined && isSameDelta(deltaWithoutBefore(first.whole()), put.delta);
  }

  #mismatch(rev: number): DatastoreError {
    this.#needsReload = true;
    return new ServiceError('log-mismatch', `revision ${rev}: this contradicts what is known of it`);
  }
}

function isSameDelta(left: Delta, right: Delta): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
