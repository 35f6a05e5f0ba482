/**
 * The replica's side of the conversation with the sequencer: what it has asked, and what it was told and has not merged
 * yet. Only a confirmation takes effect as soon as it arrives, since it changes nothing that the user sees; all else
 * waits for `sync()`. Two things are in some state at any time, independently of each other. The first delta of the
 * queue:
 *
 *             outgoing()              refused
 *     idle ───────────────► sent ───────────────► refused
 *      ▲                     │                      │
 *      ├─────────────────────┤ confirmed            ├─► idle, confirmed after all
 *      ├─────────────────────┤ sync() merges        └─► idle, as sync() undoes it
 *      │                     │ another entry
 *      ├─────────────────────┤ its nonce was somebody else's
 *      └─────────────────────┘ sync() merges a snapshot; if that is of the same revision, it stays sent
 *
 * Reopening or retracting the delta leads from sent or refused to idle, once it cannot be in the log. The log:
 *
 *               reset, or a contradiction
 *     followed ───────────────────────────► broken ──────┐ unknown-revision, or a reset to an
 *      ▲   │                                  │          │ earlier revision than was asked for
 *      │   └──────────────────────────────────┼───────► lost
 *      └──────────────────────────────────────┴──────────┘ sync() merges a snapshot
 *
 * Spec: SYNC-18 to SYNC-22, SYNC-27 to SYNC-32, SYNC-60.
 */

import { type Conflict, type ConflictListener, conflictLender } from '../deltas/conflict.js';
import { deltaWithoutBefore } from '../deltas/invert.js';
import { DatastoreError, ServiceError } from '../errors/datastore-error.js';
import type { State } from '../state/state.js';
import { readSequencerMessage } from './message-format.js';
import {
  checkNonce,
  type Fetch,
  type FetchSnapshot,
  headMember,
  isSameDelta,
  type LogEntry,
  type LogPage,
  ownEntry,
  type Put,
  type Refusal,
  type Refused,
  type Reset,
  type SequencerMessage,
  type Snapshot,
  seenMember,
  seenOf,
} from './messages.js';
import type { PendingQueue } from './pending-queue.js';
import { findInSnapshot, stateOfSnapshot } from './snapshot.js';
import type { IndeterminateDelta, RefusedDelta, RuleFailure } from './sync-result.js';

/**
 * What has become of the first delta of the queue, as far as is known. A put stays what it is until it is idle again.
 */
type Flight =
  | { readonly status: 'idle' }
  | { readonly status: 'sent'; readonly put: Put }
  | { readonly status: 'refused'; readonly put: Put; readonly refusal: Refusal };

const IDLE: Flight = { status: 'idle' };

/**
 * Whether the log leads from this replica to the newest revision:
 *
 * - `followed`: as far as is known it does.
 * - `broken`: it has been trimmed, or contradicts the replica. A later snapshot is needed.
 * - `lost`: it ends before the replica's revision. A snapshot is needed, and an earlier one will do.
 * - `lost-unnoticed`: as `followed`, except that an earlier snapshot will do. Only a saved replica can say so.
 */
type LogStatus = 'followed' | 'broken' | 'lost' | 'lost-unnoticed';

/** Where a session that was saved goes on. */
export interface SessionOrigin {
  /** The nonce of the first delta of the queue, if that was put. */
  readonly nonce: string | undefined;
  readonly refusal: Refusal | undefined;
  readonly needsReload: boolean;
  readonly isLogLost: boolean;
  /** The nonce of the log's entry at the replica's revision, if it is known. */
  readonly head: string | undefined;
}

/** Nothing has been said yet. */
export const FROM_THE_START: SessionOrigin = Object.freeze({
  nonce: undefined,
  refusal: undefined,
  needsReload: false,
  isLogLost: false,
  head: undefined,
});

/** The results of merging, in the order in which they happened. */
export interface Report {
  readonly conflicts: Conflict[];
  readonly refused: RefusedDelta[];
  readonly indeterminate: IndeterminateDelta[];
  readonly ruleFailures: RuleFailure[];
  isReloaded: boolean;
  isLogLost: boolean;
}

export function emptyReport(): Report {
  return { conflicts: [], refused: [], indeterminate: [], ruleFailures: [], isReloaded: false, isLogLost: false };
}

/** See the comment at the top of this file. */
export class ReplicaSession {
  readonly #queue: PendingQueue;
  readonly #nextNonce: () => string;
  readonly #incoming = new Incoming();
  #flight: Flight;
  #log: LogStatus;
  #head: string | undefined;

  constructor(queue: PendingQueue, nextNonce: () => string, origin: SessionOrigin) {
    this.#queue = queue;
    this.#nextNonce = nextNonce;
    this.#head = origin.head;
    this.#flight = this.#flightOf(origin);
    this.#log = logStatusOf(origin);
  }

  get origin(): SessionOrigin {
    return {
      nonce: this.#flight.status === 'idle' ? undefined : this.#flight.put.nonce,
      refusal: this.#flight.status === 'refused' ? this.#flight.refusal : undefined,
      needsReload: this.needsReload,
      isLogLost: this.#isLogLost,
      head: this.#head,
    };
  }

  /** See `Replica.head`. */
  get head(): string | undefined {
    return this.#head;
  }

  /** Whether the first delta of the queue was put, and may not be changed. */
  get isInFlight(): boolean {
    return this.#flight.status !== 'idle';
  }

  /**
   * Whether the first delta of the queue may be in the log or get there: it was put, and nothing received rules that
   * out.
   */
  get isUndecided(): boolean {
    return this.#flight.status === 'sent' && !this.#isOvertaken && !this.#isRuledOut(this.#flight.put);
  }

  /** Forgets a put that was certainly never sent. */
  recall(nonce: string): void {
    if (this.#flight.status === 'sent' && this.#flight.put.nonce === nonce) this.forgetPut();
  }

  /** Forgets that the first delta of the queue was put, once that cannot have come to anything. */
  forgetPut(): void {
    this.#flight = IDLE;
  }

  /** Whether {@link bringIn} would do anything. */
  get hasIncoming(): boolean {
    return this.#flight.status === 'refused' || this.#isOvertaken || this.#incoming.snapshot !== undefined;
  }

  get hasGap(): boolean {
    return this.#incoming.hasGap(this.#queue.revision);
  }

  get needsReload(): boolean {
    return this.#log === 'broken' || this.#log === 'lost';
  }

  /** See `Replica.outgoing`. */
  outgoing(): Put | undefined {
    if (this.hasIncoming || this.needsReload) return undefined;
    if (this.#flight.status === 'idle' && this.#queue.firstToPut() !== undefined) {
      const nonce = this.#nextNonce();
      checkNonce(nonce);
      this.#flight = this.#sentAs(nonce);
    }
    return this.#flight.status === 'idle' ? undefined : this.#flight.put;
  }

  /** See `Replica.request`. */
  request(): Fetch | FetchSnapshot {
    if (this.needsReload && this.#incoming.snapshot === undefined) return { type: 'fetch-snapshot' };
    const { revision } = this.#queue;
    const rev = this.#incoming.reach(revision);
    const isHere = rev === revision && this.#incoming.snapshot === undefined;
    return { type: 'fetch', rev, ...headMember(isHere ? this.#head : this.#incoming.nonceAt(rev)) };
  }

  /** See `Replica.receive`. */
  receive(given: SequencerMessage): void {
    const message = readSequencerMessage(given, ownEntry);
    switch (message.type) {
      case 'accepted':
      case 'repeated':
        if (this.#isOfPut(message.nonce)) this.#confirm(message.rev);
        break;
      case 'conflict':
      case 'entries':
        for (const entry of message.entries) this.#receiveEntry(entry);
        this.#incoming.noteEnd(message);
        break;
      case 'reset':
        this.#receiveReset(message);
        break;
      case 'refused':
        this.#receiveRefusal(message);
        break;
      case 'snapshot':
        this.#receiveSnapshot({ message, state: stateOfSnapshot(message) });
        break;
      case 'denied':
        break;
    }
  }

  /**
   * Merges everything that has arrived: a refusal first, then the entries that follow one another, then a snapshot if
   * it leads further, then the entries after it.
   *
   * @param recordSize what a record may weigh, in bytes.
   * @throws ServiceError `log-mismatch` if an entry does not fit. What was merged before stays merged
   * and reported.
   */
  bringIn(report: Report, recordSize: number): void {
    const lend = conflictLender();
    const onConflict = (conflict: Conflict): void => {
      const failure = conflict.rule === 'function' ? this.#queue.rules.failureAt(conflict) : undefined;
      report.conflicts.push(lend(failure === undefined ? conflict : { ...conflict, failure }));
    };
    this.#rejectRefused(report, recordSize);
    this.#mergeEntries(report, onConflict);
    this.#reload(report, onConflict);
    this.#mergeEntries(report, onConflict);
  }

  // What arrives.

  #receiveEntry(entry: LogEntry): void {
    const { rev } = entry;
    const { revision } = this.#queue;
    if (rev === revision) this.#compareWithHead(entry);
    if (rev <= this.#start) return;
    if (this.#isPut(entry)) this.#confirm(rev);
    else this.#expect(this.#incoming.addEntry(entry), rev);
  }

  /** The revision that the next entries to merge follow: if the log is lost, that of the snapshot of the other one. */
  get #start(): number {
    const { revision } = this.#queue;
    return this.#log === 'lost' ? (this.#incoming.snapshot?.message.rev ?? revision) : revision;
  }

  /** Another entry at the replica's revision is of a log that went another way. */
  #compareWithHead({ rev, nonce }: LogEntry): void {
    if (this.#isLogLost || this.#head === undefined || nonce === this.#head) return;
    this.#log = 'lost';
    this.#expect(false, rev);
  }

  /** Whether an entry is the delta in flight. Another delta under its nonce is that of a device that has the same ones. */
  #isPut({ rev, nonce, delta }: LogEntry): boolean {
    if (this.#flight.status === 'idle') return false;
    const { put } = this.#flight;
    return nonce === put.nonce && rev === put.rev + 1 && isSameDelta(delta, put.delta);
  }

  /** The delta that was put is in the log. That changes nothing that the user sees. */
  #confirm(rev: number): void {
    this.#expect(rev === this.#queue.revision + 1 && !this.#isOvertaken, rev);
    this.#queue.confirm();
    this.#head = this.#flight.status === 'idle' ? undefined : this.#flight.put.nonce;
    this.#flight = IDLE;
    this.#incoming.forget(this.#queue.revision);
    this.#dropPassedSnapshot();
  }

  /** Drops a snapshot that would lead back behind what the replica has seen of its log. */
  #dropPassedSnapshot(): void {
    const { snapshot } = this.#incoming;
    if (snapshot !== undefined && snapshot.message.rev < this.#queue.revision && !this.#isLogLost) {
      this.#incoming.clearSnapshot();
    }
  }

  #receiveReset({ since, rev, isLogLost }: Reset): void {
    // An answer to a question that has been settled since then says nothing about what is here now.
    if (since < this.#incoming.reach(this.#queue.revision)) return;
    this.#requireReload();
    this.#incoming.clearSnapshot();
    if (isLogLost === true || rev < since) this.#log = 'lost';
  }

  #receiveRefusal({ nonce, type: _, ...refusal }: Refused): void {
    if (this.#flight.status === 'idle' || this.#flight.put.nonce !== nonce) return;
    if (refusal.reason === 'unknown-revision') this.#log = 'lost';
    // The log has another put under this nonce, so it will never take this one: it waits for a nonce of its own.
    else if (refusal.reason === 'nonce-reused') this.#flight = IDLE;
    else this.#flight = { status: 'refused', put: this.#flight.put, refusal };
  }

  #receiveSnapshot(received: ReceivedSnapshot): void {
    const { revision } = this.#queue;
    const { rev } = received.message;
    const isWanted = this.needsReload || revision === 0;
    const isForward = rev > revision || (rev === revision && this.needsReload) || this.#isLogLost;
    if (!isWanted || !isForward || rev < (this.#incoming.snapshot?.message.rev ?? 0)) return;
    // What waited behind a gap came from the log that is lost, which says nothing about the one that there is now.
    if (this.#isLogLost) this.#incoming.clear();
    this.#incoming.setSnapshot(received);
  }

  // What `sync()` does with it.

  #rejectRefused(report: Report, recordSize: number): void {
    if (this.#flight.status !== 'refused') return;
    const { put, refusal } = this.#flight;
    const conflicts: Conflict[] = [];
    const lend = conflictLender();
    const delta = this.#queue.reject(refusal, recordSize, (conflict) => conflicts.push(lend(conflict)));
    this.#flight = IDLE;
    report.refused.push({ nonce: put.nonce, delta, refusal, conflicts });
  }

  #mergeEntries(report: Report, onConflict: ConflictListener): void {
    try {
      for (let entry = this.#nextEntry; entry !== undefined; entry = this.#nextEntry) {
        this.#queue.merge(entry.delta, seenOf(entry), this.#incoming.countAfter(entry.rev), onConflict);
        report.ruleFailures.push(...this.#queue.rules.takeFailures());
        // What was put was made for a revision that the log has left: it can never be accepted, so its nonce is spent.
        this.#flight = IDLE;
        this.#head = entry.nonce;
        this.#incoming.forget(entry.rev);
      }
    } catch (error) {
      if (error instanceof DatastoreError && error.code === 'log-mismatch') {
        this.#incoming.clear();
        this.#requireReload();
      }
      throw error;
    } finally {
      this.#queue.endMerges();
    }
  }

  #reload(report: Report, onConflict: ConflictListener): void {
    this.#dropPassedSnapshot();
    const { snapshot } = this.#incoming;
    if (snapshot === undefined) return;
    const { rev } = snapshot.message;
    if (rev > this.#queue.revision || this.needsReload) this.#goTo(snapshot, report, onConflict);
    this.#incoming.clearSnapshot();
    this.#incoming.forget(this.#queue.revision);
    this.#log = 'followed';
  }

  #goTo({ message, state }: ReceivedSnapshot, report: Report, onConflict: ConflictListener): void {
    const put = this.#flight.status === 'idle' ? undefined : this.#flight.put;
    const found = put === undefined ? 'absent' : findInSnapshot(message, put.rev, put.nonce);
    const first = this.#queue.unconfirmed[0];
    // Without nonces a snapshot of the same revision does not say that the entry there is another one.
    const isSameEntry = message.rev === this.#queue.revision && !this.#isLogLost;
    this.#queue.reload(
      state,
      message.rev,
      { isFirstInLog: found !== 'absent', isLogLost: this.#isLogLost },
      onConflict,
    );
    report.isReloaded = true;
    report.ruleFailures.push(...this.#queue.rules.takeFailures());
    if (found === 'unknown' && put !== undefined && first !== undefined) {
      report.indeterminate.push({ nonce: put.nonce, delta: first.whole() });
    }
    report.isLogLost ||= this.#isLogLost;
    const head = message.nonces.at(-1) ?? (isSameEntry ? this.#head : undefined);
    // At an unchanged revision the put may still be accepted, so it must stay what it is.
    const isStillValid = put?.rev === message.rev && put.head === head && this.#isFirst(put);
    this.#head = head;
    this.#flight = isStillValid ? { status: 'sent', put } : IDLE;
  }

  /** Whether the log is known to go on with a delta of somebody else. */
  get #isOvertaken(): boolean {
    return this.#nextEntry !== undefined;
  }

  /** The next entry to merge. If the log is lost, what has arrived follows a snapshot of another one. */
  get #nextEntry(): LogEntry | undefined {
    return this.#log === 'lost' ? undefined : this.#incoming.after(this.#queue.revision);
  }

  get #isLogLost(): boolean {
    return this.#log === 'lost' || this.#log === 'lost-unnoticed';
  }

  /** Whether a snapshot says that another delta took the revision that was put for. */
  #isRuledOut({ rev, nonce }: Put): boolean {
    const message = this.#incoming.snapshot?.message;
    return message !== undefined && message.rev > rev && findInSnapshot(message, rev, nonce) === 'absent';
  }

  #isOfPut(nonce: string): boolean {
    return this.#flight.status !== 'idle' && this.#flight.put.nonce === nonce;
  }

  /** Whether the first delta of the queue is what was put. */
  #isFirst(put: Put): boolean {
    const first = this.#queue.unconfirmed[0];
    return first !== undefined && isSameDelta(deltaWithoutBefore(first.whole()), put.delta);
  }

  #flightOf({ nonce, refusal }: SessionOrigin): Flight {
    const flight = nonce === undefined || refusal?.reason === 'nonce-reused' ? IDLE : this.#sentAs(nonce);
    return flight.status === 'sent' && refusal !== undefined ? { ...flight, status: 'refused', refusal } : flight;
  }

  /** The first delta of the queue, put under a nonce. */
  #sentAs(nonce: string): Flight {
    const first = this.#queue.unconfirmed[0];
    if (first === undefined) return IDLE;
    const { revision: rev } = this.#queue;
    const delta = deltaWithoutBefore(first.whole());
    const seen = seenMember(Math.min(first.seen, rev), rev);
    const put: Put = Object.freeze({ type: 'put', rev, ...headMember(this.#head), nonce, ...seen, delta });
    return { status: 'sent', put };
  }

  #requireReload(): void {
    this.#log = this.#isLogLost ? 'lost' : 'broken';
  }

  /**
   * @throws ServiceError `log-mismatch` if a message about a revision contradicts what is known. Then a reload is
   * needed.
   */
  #expect(isConsistent: boolean, rev: number): void {
    if (isConsistent) return;
    this.#incoming.clear();
    this.#requireReload();
    throw new ServiceError(
      'log-mismatch',
      `a message about revision ${rev} contradicts what is known of it: the replica needs a snapshot`,
    );
  }
}

function logStatusOf({ needsReload, isLogLost }: SessionOrigin): LogStatus {
  if (isLogLost) return needsReload ? 'lost' : 'lost-unnoticed';
  return needsReload ? 'broken' : 'followed';
}

/** A snapshot that waits to be merged, and the state that its rows hold. */
export interface ReceivedSnapshot {
  readonly message: Snapshot;
  readonly state: State;
}

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
  #snapshot: ReceivedSnapshot | undefined;
  /** The revision up to which there is nothing among the entries. */
  #forgotten = 0;
  /** The latest revision of an entry. */
  #latest = 0;
  /** The revision that the log is known to reach, by pages that did not end there. */
  #end = 0;
  /**
   * What the last search from a revision went through, and the last one from a snapshot: the next one goes on there.
   */
  #fromRevision = NO_STRETCH;
  #fromSnapshot = NO_STRETCH;

  get snapshot(): ReceivedSnapshot | undefined {
    return this.#snapshot;
  }

  /** Keeps an entry. @returns whether it could: not if another delta is here for its revision. */
  addEntry(entry: LogEntry): boolean {
    const known = this.#entries.get(entry.rev);
    if (known !== undefined) return known.nonce === entry.nonce;
    this.#entries.set(entry.rev, entry);
    this.#latest = Math.max(this.#latest, entry.rev);
    return true;
  }

  setSnapshot(snapshot: ReceivedSnapshot): void {
    this.#snapshot = snapshot;
  }

  /** The entry that follows `revision`, if it is here. */
  after(revision: number): LogEntry | undefined {
    return this.#entries.get(revision + 1);
  }

  /** The nonce of a revision that the entries, or the snapshot, lead to, if it is known. */
  nonceAt(revision: number): string | undefined {
    const snapshot = this.#snapshot?.message;
    return this.#entries.get(revision)?.nonce ?? (snapshot?.rev === revision ? snapshot.nonces.at(-1) : undefined);
  }

  /** The revision that the snapshot, and the entries without a gap, lead to from `revision`. */
  reach(revision: number): number {
    if (this.#snapshot === undefined) return revision + this.countAfter(revision);
    this.#fromSnapshot = this.#stretchAfter(this.#snapshot.message.rev, this.#fromSnapshot);
    return this.#fromSnapshot.to;
  }

  /** How many entries follow `revision` without a gap. */
  countAfter(revision: number): number {
    this.#fromRevision = this.#stretchAfter(revision, this.#fromRevision);
    return this.#fromRevision.to - revision;
  }

  /** Notes how far the log goes on after a page. One without entries that does not say so is the end. */
  noteEnd({ entries, rev }: LogPage): void {
    if (rev !== undefined) this.#end = Math.max(this.#end, rev);
    else if (entries.length === 0) this.#end = 0;
  }

  /** Whether the log is known to have entries that what is here does not lead to. */
  hasGap(revision: number): boolean {
    return Math.max(this.#latest, this.#end) > this.reach(revision);
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
    this.#end = 0;
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
