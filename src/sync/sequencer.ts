import { formatState } from '../codec/wire/state.js';
import { type Delta, type DeltaInput, sizeOfDelta } from '../deltas/delta.js';
import { deltaWithoutBefore, invert } from '../deltas/invert.js';
import { checkOptions } from '../errors/arguments.js';
import { DatastoreError, type DatastoreErrorCode, placeOf, ServiceError } from '../errors/datastore-error.js';
import { invariant } from '../errors/invariant-error.js';
import { quote } from '../errors/quote.js';
import { checkLimits, DEFAULT_LIMITS, type Limits } from '../state/limits.js';
import { State } from '../state/state.js';
import type { Fields } from '../values/fields.js';
import { expectItems, expectObject } from '../values/json.js';
import { isWholeNumber } from '../values/numbers.js';
import { notOfReplica, parseEntry, parseSnapshot } from './message-format.js';
import {
  canRead,
  canWrite,
  checkHead,
  checkNonce,
  checkRevision,
  checkRole,
  type Entries,
  isSameDelta,
  type LogEntry,
  type LogPage,
  type MissedEntries,
  ownEntry,
  type Put,
  type PutOutcome,
  type Refusal,
  type Refused,
  type Repeated,
  type ReplicaMessage,
  type Reset,
  type Role,
  type SequencerMessage,
  type Snapshot,
  seenMember,
} from './messages.js';
import { stateOfSnapshot } from './snapshot.js';

/** How a sequencer is made. */
export interface SequencerOptions {
  /** What a state and a delta may weigh: `DEFAULT_LIMITS` unless given. */
  readonly limits?: Limits;
  /** How many nonces a snapshot carries and trimming leaves: 10,000 unless given. Spec: SYNC-12. */
  readonly recentNonces?: number;
  /**
   * How large an answer with log entries may be, in bytes as `sizeOfDelta` counts them, and 100 more for each entry:
   * 1 MiB unless given. The first entry is always in it. Spec: SYNC-59.
   */
  readonly answerSize?: number;
}

/** An answer to a message, and the entry that the log gets with it, if any. */
export interface Proposal {
  readonly answer: SequencerMessage;
  readonly entry?: LogEntry;
}

/** What a put asks for; its delta may still have a `before`, or not be in normal form. */
type PutInput = Omit<Put, 'type' | 'delta'> & { readonly delta: DeltaInput };

interface Answered<Answer> {
  readonly answer: Answer;
  readonly entry?: LogEntry;
  /** The delta of the entry as it was applied. */
  readonly applied?: Delta;
}

const DEFAULT_RECENT_NONCES = 10_000;
/** See {@link SequencerOptions}. */
export const DEFAULT_ANSWER_SIZE: number = 1 << 20;
/** What an entry takes of an answer, besides its delta. */
const ENTRY_SIZE = 100;

const LIMIT_CODES: readonly DatastoreErrorCode[] = [
  'datastore-too-large',
  'record-too-large',
  'delta-too-large',
  'too-many-records',
];

/**
 * Puts the deltas of all replicas of one datastore into one order, the log. It never merges: a delta that was made
 * against the newest revision becomes the next one, any other is handed what it missed.
 *
 * It does no I/O. Its embedder stores an accepted entry before the answer is sent, and after a crash restores the sequencer
 * from a snapshot and the stored log. If storing takes time, during which nothing must be served that is not stored yet:
 *
 *     const { answer, entry } = sequencer.propose(message, role);  // changes nothing
 *     if (entry !== undefined) {
 *       await store(entry);                                        // if this fails: nothing has happened
 *       sequencer.accept(entry);
 *     }
 *     send(answer);
 *
 * Laws: the state is the log applied in order; a nonce is in the log at most once. Spec: SYNC-5 to SYNC-13, SYNC-59.
 */
export class Sequencer {
  readonly #limits: Limits;
  readonly #answerSize: number;
  #state = new State();
  #log: Log;

  /** @throws DatastoreError `invalid-option`. */
  constructor(options: SequencerOptions = {}) {
    this.#limits = limitsOf(options);
    this.#answerSize = answerSizeOf(options);
    this.#log = new Log(0, [], [], nonceCountOf(options));
  }

  /**
   * A sequencer that goes on where another ended: at `snapshot`, and after the entries of `log` that follow it. `log`
   * may begin earlier; what it holds from before the snapshot is kept for replicas that ask for it.
   *
   * @throws DatastoreError `log-gap` if an entry is missing, `invalid-option`, and what reading the rows and applying
   * the entries throw. Spec: SYNC-11.
   */
  static restore(snapshot: Snapshot, log: readonly LogEntry[], options: SequencerOptions = {}): Sequencer {
    const sequencer = new Sequencer(options);
    sequencer.#resume(snapshot, log, nonceCountOf(options));
    return sequencer;
  }

  /** The newest revision. */
  get revision(): number {
    return this.#log.revision;
  }

  /** The oldest revision after which the log holds all entries. */
  get firstRevision(): number {
    return this.#log.firstRevision;
  }

  /** How many bytes its state and the entries of its log take, as limits and `sizeOfDelta` count them. */
  get size(): number {
    return this.#state.size + this.#log.size;
  }

  /** The nonce of a revision of the log, or `undefined` if it is not known, as long after trimming. Spec: SYNC-61. */
  nonceAt(rev: number): string | undefined {
    return this.#log.nonceAt(rev);
  }

  /** The fields of a record in the newest state, or `undefined` if there is none. */
  get(table: string, record: string): Fields | undefined {
    return this.#state.get(table, record);
  }

  /**
   * Asks to append a delta that was made against revision `rev`. Whatever the outcome but `accepted` changes nothing,
   * and putting the same again has an outcome that is safe to act on: a delta never enters the log twice.
   *
   * @throws DatastoreError `invalid-revision`, `invalid-nonce` or `invalid-option` for arguments that no put has.
   * Spec: SYNC-5 to SYNC-9.
   */
  put(rev: number, nonce: string, delta: DeltaInput, role: Role): PutOutcome {
    checkRole(role);
    const { answer, entry } = this.#put({ rev, nonce, delta }, role);
    if (entry !== undefined) this.#log.append(entry);
    return answer;
  }

  /**
   * The answer to any message from a replica, without changing anything. If a put would be accepted, `entry` is what to
   * append to the log: store it, {@link accept} it, and send the answer. To drop it, do nothing.
   *
   * Law: `propose`, and then `accept` of the entry if there is one, is {@link answer}.
   *
   * @throws DatastoreError for a malformed message. Spec: SYNC-6.
   */
  propose(message: ReplicaMessage, role: Role): Proposal {
    const { answer, entry, applied } = this.#answer(message, role);
    if (entry === undefined || applied === undefined) return { answer };
    this.#state.apply(invert(applied));
    return { answer, entry };
  }

  /**
   * Appends an entry that was proposed, or that another sequencer of the same log has appended. It is held to no limits.
   *
   * @throws DatastoreError `log-gap` if it is not the entry of the next revision, which is so for a proposal if another was
   * accepted meanwhile; ServiceError `log-mismatch` for a nonce that an earlier entry has; and what applying it throws.
   * Nothing is changed then. Spec: SYNC-6, SYNC-11.
   */
  accept(entry: LogEntry): void {
    const own = ownEntry(entry);
    if (own.rev !== this.revision + 1) {
      throw new DatastoreError('log-gap', `got the entry of revision ${own.rev}: the log ends at ${this.revision}`);
    }
    this.#append(own);
  }

  /**
   * The entries after `rev`, as many as fit into one answer, or a reset if the log does not hold them all, or has another
   * entry at `rev` than the one with the nonce `head`.
   *
   * @throws DatastoreError `invalid-revision`, `invalid-nonce`. Spec: SYNC-10, SYNC-59, SYNC-61.
   */
  deltasSince(rev: number, head?: string): Entries | Reset {
    checkRevision(rev);
    checkHead(head);
    if (this.#isOther(rev, head)) return this.#reset(rev, true);
    const page = this.#log.page(rev, this.#answerSize);
    return page === undefined ? this.#reset(rev) : { type: 'entries', ...page };
  }

  /** The newest state, with the recent nonces. Spec: SYNC-13. */
  snapshot(): Snapshot {
    return { type: 'snapshot', rev: this.revision, rows: formatState(this.#state), nonces: this.#log.recentNonces() };
  }

  /** Everything that must survive: what {@link restore} goes on from. Spec: SYNC-11, SYNC-13. */
  save(): SavedSequencer {
    return { snapshot: this.snapshot(), log: this.#log.after(this.firstRevision) ?? [] };
  }

  /**
   * Forgets the log entries up to and including `rev`. Replicas that are behind it will have to reload.
   *
   * @throws DatastoreError `invalid-revision` unless it is a revision that the log has reached.
   * Spec: SYNC-12.
   */
  trim(rev: number): void {
    checkRevision(rev);
    this.#log.trim(rev);
  }

  /**
   * The answer to any message from a replica.
   *
   * @throws DatastoreError for a malformed message. Spec: SYNC-3, SYNC-4, SYNC-10.
   */
  answer(message: ReplicaMessage, role: Role): SequencerMessage {
    const { answer, entry } = this.#answer(message, role);
    if (entry !== undefined) this.#log.append(entry);
    return answer;
  }

  /** An answer. If it accepts an entry, that is applied, and still to be appended to the log. */
  #answer(message: ReplicaMessage, role: Role): Answered<SequencerMessage> {
    checkRole(role);
    expectObject(message, 'a message');
    switch (message.type) {
      case 'put':
        return this.#put(message, role);
      case 'fetch': {
        const answer = this.deltasSince(message.rev, message.head);
        return { answer: canRead(role) ? answer : { type: 'denied' } };
      }
      case 'fetch-snapshot':
        return { answer: canRead(role) ? this.snapshot() : { type: 'denied' } };
      default:
        throw notOfReplica(message);
    }
  }

  #put(put: PutInput, role: Role): Answered<PutOutcome> {
    const { rev, head, nonce, delta } = put;
    checkRevision(rev);
    checkHead(head);
    checkNonce(nonce);
    const seen = seenMember(put.seen, rev);
    const known = this.#log.revisionOf(nonce);
    if (known !== undefined) return { answer: this.#answerKnown(put, known) };
    if (!canRead(role)) return { answer: refused(nonce, notPermitted(role)) };
    if (rev > this.revision) return { answer: refused(nonce, unknownRevision(rev, this.revision)) };
    if (this.#isOther(rev, head)) return { answer: this.#reset(rev, true) };
    if (rev < this.revision) return { answer: this.#answerMissed(rev, nonce) };
    // Only here is it certain that the delta is not in the log, so only from here on a refusal is the truth.
    if (!canWrite(role)) return { answer: refused(nonce, notPermitted(role)) };
    try {
      const travelling = deltaWithoutBefore(delta);
      // A getter of the delta may have put another one meanwhile.
      if (rev !== this.revision) return this.#put({ ...put, delta: travelling }, role);
      const applied = this.#state.apply(travelling, { limits: this.#limits });
      const entry = Object.freeze({ rev: rev + 1, nonce, ...seen, delta: travelling });
      return { answer: { type: 'accepted', nonce, rev: entry.rev }, entry, applied };
    } catch (error) {
      if (!(error instanceof DatastoreError)) throw error;
      return { answer: refused(nonce, refusalOf(error)) };
    }
  }

  #answerKnown(put: PutInput, known: number): PutOutcome {
    const { rev, nonce } = put;
    const entry = this.#log.entryAt(known);
    if (entry !== undefined) return answerToRetry(put, entry);
    return rev === known - 1 ? { type: 'repeated', nonce, rev: known } : refused(nonce, nonceReused(nonce, known));
  }

  #answerMissed(rev: number, nonce: string): MissedEntries | Reset {
    const page = this.#log.page(rev, this.#answerSize);
    return page === undefined ? this.#reset(rev) : { type: 'conflict', nonce, ...page };
  }

  /** Whether another entry than the one with the nonce `head` is at a revision, as far as is known. */
  #isOther(rev: number, head: string | undefined): boolean {
    const known = this.#log.nonceAt(rev);
    return head !== undefined && known !== undefined && known !== head;
  }

  #reset(since: number, isLogLost = false): Reset {
    return { type: 'reset', since, rev: this.revision, ...(isLogLost && { isLogLost }) };
  }

  #resume(given: Snapshot, log: readonly LogEntry[], nonceCount: number): void {
    const snapshot = parseSnapshot(expectObject(given, 'a snapshot'));
    this.#state = stateOfSnapshot(snapshot);
    const entries = expectItems(log, 'a log', ownEntry);
    checkConsecutive(entries, snapshot.rev);
    const earlier = entries.filter(({ rev }) => rev <= snapshot.rev);
    this.#log = new Log(snapshot.rev, earlier, snapshot.nonces, nonceCount);
    for (const entry of entries.slice(earlier.length)) this.#append(entry);
  }

  #append(entry: LogEntry): void {
    if (this.#log.revisionOf(entry.nonce) !== undefined) {
      throw new ServiceError(
        'log-mismatch',
        `revision ${entry.rev} has the nonce ${entry.nonce}, which an earlier revision has`,
      );
    }
    this.#state.apply(entry.delta);
    this.#log.append(entry);
  }
}

/** The answer to a put with the nonce of an entry: it is a retry, or another put under that nonce. Spec: SYNC-7. */
export function answerToRetry({ rev, nonce, delta }: PutInput, entry: LogEntry): Repeated | Refused {
  const isRetry = rev === entry.rev - 1 && isDelta(delta, entry.delta);
  return isRetry ? { type: 'repeated', nonce, rev: entry.rev } : refused(nonce, nonceReused(nonce, entry.rev));
}

/** Whether what was put is this delta. A malformed one is not. */
function isDelta(given: DeltaInput, delta: Delta): boolean {
  try {
    return isSameDelta(deltaWithoutBefore(given), delta);
  } catch (error) {
    if (error instanceof DatastoreError) return false;
    throw error;
  }
}

function limitsOf(options: SequencerOptions): Limits {
  const known = { limits: true, recentNonces: true, answerSize: true } as const;
  const { limits = DEFAULT_LIMITS } = checkOptions(options, known, 'the options of a sequencer');
  checkLimits(limits);
  return limits;
}

function nonceCountOf({ recentNonces = DEFAULT_RECENT_NONCES }: SequencerOptions): number {
  return wholeOption('recentNonces', recentNonces);
}

function answerSizeOf({ answerSize = DEFAULT_ANSWER_SIZE }: SequencerOptions): number {
  return wholeOption('answerSize', answerSize);
}

function wholeOption(name: keyof SequencerOptions, value: unknown): number {
  if (isWholeNumber(value)) return value;
  throw new DatastoreError('invalid-option', `${name} must be a whole number from 0, got ${quote(value)}`);
}

function refused(nonce: string, refusal: Refusal): Refused {
  return { type: 'refused', nonce, ...refusal };
}

function nonceReused(nonce: string, known: number): Refusal {
  return { reason: 'nonce-reused', message: `revision ${known} of the log is another put with the nonce ${nonce}` };
}

function notPermitted(role: Role): Refusal {
  return { reason: 'permission', message: `the role ${role} may not write` };
}

function unknownRevision(rev: number, newest: number): Refusal {
  return {
    reason: 'unknown-revision',
    message: `the delta was made against revision ${rev}, and the log ends at ${newest}`,
  };
}

function refusalOf(error: DatastoreError): Refusal {
  const reason = LIMIT_CODES.includes(error.code) ? 'limit' : 'invalid';
  const { index } = error;
  // A number that cannot be an index is left out of the message (SYNC-3).
  const place = placeOf({ ...placeOf(error), index: isWholeNumber(index) ? index : undefined });
  return { reason, code: error.code, message: error.message, place };
}

/**
 * The end of a log: the entries that have not been trimmed, and the nonces of at least the most recent deltas, which may
 * reach further back than the entries. Both are without gaps and end at the newest revision. Spec: SYNC-1, SYNC-12.
 */
export class Log {
  readonly #nonceCount: number;
  /** Two directions of one relation, for the revisions from {@link #oldest} on whose nonces are known. */
  readonly #revisionOf = new Map<string, number>();
  readonly #nonceOf = new Map<number, string>();
  /** Nothing is known of the nonces before this revision. */
  #oldest: number;
  readonly #entries: LogEntry[];
  /** What the entries take. */
  #size: number;
  /** The nonce of {@link firstRevision}, if it is known: a replica there may name it. */
  #firstNonce: string | undefined;
  #revision: number;

  /**
   * A log that ends at `revision` with `entries`. `nonces` are those of the latest deltas up to `revision`, which may
   * reach further back than the entries, or less far; `nonceCount` is how many to keep in the future.
   */
  constructor(revision: number, entries: readonly LogEntry[], nonces: readonly string[], nonceCount: number) {
    this.#revision = revision;
    this.#entries = [...entries];
    this.#size = sizeOfEntries(entries);
    this.#nonceCount = nonceCount;
    const firstOfNonces = revision - nonces.length + 1;
    this.#firstNonce = nonces[this.firstRevision - firstOfNonces];
    this.#oldest = Math.min(firstOfNonces, entries[0]?.rev ?? firstOfNonces);
    for (const { rev, nonce } of entries) if (rev < firstOfNonces) this.#remember(nonce, rev);
    for (const [index, nonce] of nonces.entries()) this.#remember(nonce, firstOfNonces + index);
    this.#forgetNonces();
  }

  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision after which all entries are there. */
  get firstRevision(): number {
    return this.#revision - this.#entries.length;
  }

  /** What the entries take of answers, in bytes. */
  get size(): number {
    return this.#size;
  }

  /** The revision that a delta got, or `undefined` if its nonce is not among those that are kept. */
  revisionOf(nonce: string): number | undefined {
    return this.#revisionOf.get(nonce);
  }

  /** The entry of a revision, or `undefined` if it is not there. */
  entryAt(revision: number): LogEntry | undefined {
    return this.#entries[revision - this.firstRevision - 1];
  }

  append(entry: LogEntry): void {
    invariant(entry.rev === this.#revision + 1, 'a log grows by one revision at a time');
    this.#revision = entry.rev;
    this.#entries.push(entry);
    this.#size += sizeOfEntry(entry);
    this.#remember(entry.nonce, entry.rev);
    this.#forgetNonces();
  }

  /** All entries after `revision`, or `undefined` if they are not all there. */
  after(revision: number): readonly LogEntry[] | undefined {
    if (revision < this.firstRevision || revision > this.#revision) return undefined;
    return Object.freeze(this.#entries.slice(revision - this.firstRevision));
  }

  /**
   * The entries after `revision`, as many as `bytes` hold, but at least one if there is any; or `undefined` if they are
   * not all there.
   */
  page(revision: number, bytes: number): LogPage | undefined {
    if (revision < this.firstRevision || revision > this.#revision) return undefined;
    return pageOf(this.#entries, revision - this.firstRevision, bytes, this.#revision);
  }

  /** Forgets the entries up to `revision`. */
  trim(revision: number): void {
    if (revision > this.#revision) {
      throw new DatastoreError('invalid-revision', `got revision ${revision}: the log ends at ${this.#revision}`);
    }
    if (revision > this.firstRevision) {
      this.#firstNonce = this.entryAt(revision)?.nonce;
      this.#size -= sizeOfEntries(this.#entries.splice(0, revision - this.firstRevision));
    }
    this.#forgetNonces();
  }

  /** The nonce of a revision, or `undefined` if it is not known, as long after trimming. */
  nonceAt(revision: number): string | undefined {
    if (revision === this.firstRevision) return this.#firstNonce;
    return this.entryAt(revision)?.nonce ?? this.#nonceOf.get(revision);
  }

  /** The nonces of the most recent deltas, as many as are to be kept, oldest first. */
  recentNonces(): readonly string[] {
    const nonces: string[] = [];
    for (let rev = this.#revision; nonces.length < this.#nonceCount; rev--) {
      const nonce = this.#nonceOf.get(rev);
      if (nonce === undefined) break;
      nonces.push(nonce);
    }
    return Object.freeze(nonces.reverse());
  }

  /** A nonce that occurs twice is that of the later revision. */
  #remember(nonce: string, rev: number): void {
    const earlier = this.#revisionOf.get(nonce);
    if (earlier !== undefined) this.#nonceOf.delete(earlier);
    this.#revisionOf.set(nonce, rev);
    this.#nonceOf.set(rev, nonce);
  }

  /** Goes by revision: a search for the oldest key of a Map passes all that were deleted before it. */
  #forgetNonces(): void {
    const kept = Math.max(this.#nonceCount, this.#entries.length);
    for (; this.#oldest <= this.#revision - kept; this.#oldest++) {
      const nonce = this.#nonceOf.get(this.#oldest);
      if (nonce === undefined) continue;
      this.#nonceOf.delete(this.#oldest);
      this.#revisionOf.delete(nonce);
    }
  }
}

/** What an entry takes of an answer. */
function sizeOfEntry({ delta }: LogEntry): number {
  return ENTRY_SIZE + sizeOfDelta(delta);
}

function sizeOfEntries(entries: readonly LogEntry[]): number {
  return entries.reduce((size, entry) => size + sizeOfEntry(entry), 0);
}

/**
 * The entries from a position on that fit into one answer, and at least one if there is any.
 *
 * @param newest the newest revision of the log. Spec: SYNC-59.
 */
export function pageOf(entries: readonly LogEntry[], from: number, bytes: number, newest: number): LogPage {
  let to = from;
  for (let size = 0; to < entries.length; to++) {
    size += sizeOfEntry(entries[to] as LogEntry);
    if (size > bytes && to > from) break;
  }
  const page = Object.freeze(entries.slice(from, to));
  const last = page.at(-1)?.rev ?? newest;
  return last < newest ? { entries: page, rev: newest } : { entries: page };
}

/**
 * A sequencer as plain data, which survives JSON ({@link parseSequencer}): its newest state with the recent nonces, and the entries that it has not forgotten. The
 * entries may go on after the snapshot, as they do if they are stored one by one. Spec: SYNC-11.
 */
export interface SavedSequencer {
  readonly snapshot: Snapshot;
  readonly log: readonly LogEntry[];
}

/**
 * Reads what `JSON.stringify` wrote of a saved sequencer, for {@link Sequencer.restore}.
 *
 * @throws DatastoreError `invalid-json`, `invalid-revision`, `invalid-nonce`, `log-mismatch`, and what `parseDelta` and
 * `parseState` throw. Law: `parseSequencer(JSON.parse(JSON.stringify(saved)))` is `saved`.
 */
export function parseSequencer(json: unknown): SavedSequencer {
  const { snapshot, log } = expectObject(json, 'a saved sequencer');
  const read = parseSnapshot(expectObject(snapshot, 'a snapshot'));
  stateOfSnapshot(read);
  return { snapshot: read, log: expectItems(log, 'a log', parseEntry) };
}

/** @throws DatastoreError `log-gap` unless the entries follow one another and reach the snapshot or beyond it. */
export function checkConsecutive(log: readonly LogEntry[], snapshotRev: number): void {
  const [first] = log;
  if (first === undefined) return;
  const missing = log.findIndex(({ rev }, index) => rev !== first.rev + index);
  if (missing > 0) throw gap(`has another entry where revision ${first.rev + missing} is expected`);
  if (first.rev > snapshotRev + 1) {
    throw gap(`begins at revision ${first.rev}, and the snapshot ends at ${snapshotRev}: what is between is missing`);
  }
  if (first.rev + log.length <= snapshotRev) throw gap(`ends before revision ${snapshotRev} of the snapshot`);
}

function gap(fault: string): DatastoreError {
  return new DatastoreError('log-gap', `the stored log ${fault}`);
}
