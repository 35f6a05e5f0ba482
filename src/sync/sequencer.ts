import { formatState } from '../codec/wire/state.js';
import type { DeltaInput } from '../deltas/delta.js';
import { deltaWithoutBefore } from '../deltas/without-before.js';
import { DatastoreError, type DatastoreErrorCode, placeOf, ServiceError } from '../errors/datastore-error.js';
import { checkLimits, DEFAULT_LIMITS, type Limits } from '../state/limits.js';
import { State } from '../state/state.js';
import type { Fields } from '../values/fields.js';
import { expectObject } from '../values/json.js';
import { isWholeNumber } from '../values/whole-number.js';
import { Log } from './log.js';
import { checkNonce, checkRevision, type LogEntry, ownEntry } from './log-entry.js';
import type {
  Entries,
  MissedEntries,
  PutOutcome,
  Refusal,
  Refused,
  ReplicaMessage,
  Reset,
  SequencerMessage,
  Snapshot,
} from './messages.js';
import { canRead, canWrite, checkRole, type Role } from './role.js';
import { checkConsecutive, type SavedSequencer } from './saved-sequencer.js';
import { stateOfSnapshot } from './snapshot.js';

export interface SequencerOptions {
  /** What a state and a delta may weigh: `DEFAULT_LIMITS` unless given. */
  readonly limits?: Limits;
  /** How many nonces a snapshot carries and trimming leaves: 10,000 unless given. Spec: SYNC-12. */
  readonly recentNonces?: number;
}

const DEFAULT_RECENT_NONCES = 10_000;

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
 * It does no I/O. Whoever embeds it stores an accepted entry before the answer is sent, and after a crash restores the
 * sequencer from a snapshot and the stored log.
 *
 * Laws: the state is the log applied in order; a nonce is in the log at most once. Spec: SYNC-5 to SYNC-13.
 */
export class Sequencer {
  readonly #limits: Limits;
  #state = new State();
  #log: Log;

  /** @throws DatastoreError `invalid-option`. */
  constructor(options: SequencerOptions = {}) {
    this.#limits = limitsOf(options);
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
    checkRevision(rev);
    checkNonce(nonce);
    checkRole(role);
    const known = this.#log.revisionOf(nonce);
    if (known !== undefined) return this.#answerKnown(rev, nonce, known);
    if (!canRead(role)) return refused(nonce, notPermitted(role));
    if (rev > this.revision) return refused(nonce, unknownRevision(rev, this.revision));
    if (rev < this.revision) return this.#answerMissed(rev, nonce);
    // Only here is it certain that the delta is not in the log, so only from here on a refusal is the truth.
    if (!canWrite(role)) return refused(nonce, notPermitted(role));
    try {
      const travelling = deltaWithoutBefore(delta);
      this.#state.apply(travelling, { limits: this.#limits });
      const entry = { rev: rev + 1, nonce, delta: travelling };
      this.#log.append(Object.freeze(entry));
      return { type: 'accepted', nonce, rev: entry.rev };
    } catch (error) {
      if (!(error instanceof DatastoreError)) throw error;
      return refused(nonce, refusalOf(error));
    }
  }

  /**
   * The entries after `rev`, or a reset if the log does not hold them all.
   *
   * @throws DatastoreError `invalid-revision`. Spec: SYNC-10.
   */
  deltasSince(rev: number): Entries | Reset {
    checkRevision(rev);
    const entries = this.#log.after(rev);
    return entries === undefined ? this.#reset(rev) : { type: 'entries', entries };
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
   * @throws DatastoreError `invalid-revision` for what is no revision, or one that the log has not reached.
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
    checkRole(role);
    expectObject(message, 'a message');
    switch (message.type) {
      case 'put':
        return this.put(message.rev, message.nonce, message.delta, role);
      case 'fetch':
        checkRevision(message.rev);
        return canRead(role) ? this.deltasSince(message.rev) : { type: 'denied' };
      case 'fetch-snapshot':
        return canRead(role) ? this.snapshot() : { type: 'denied' };
      default:
        throw new DatastoreError('invalid-json', 'not a message of a replica');
    }
  }

  #answerKnown(rev: number, nonce: string, known: number): PutOutcome {
    if (rev === known - 1) return { type: 'repeated', nonce, rev: known };
    const message = `this nonce belongs to revision ${known}, which followed revision ${known - 1}, not ${rev}`;
    return refused(nonce, { reason: 'nonce-reused', message });
  }

  #answerMissed(rev: number, nonce: string): MissedEntries | Reset {
    const entries = this.#log.after(rev);
    return entries === undefined ? this.#reset(rev) : { type: 'conflict', nonce, entries };
  }

  #reset(since: number): Reset {
    return { type: 'reset', since, rev: this.revision };
  }

  #resume(snapshot: Snapshot, log: readonly LogEntry[], nonceCount: number): void {
    this.#state = stateOfSnapshot(snapshot);
    checkConsecutive(log, snapshot.rev);
    const earlier = log.filter(({ rev }) => rev <= snapshot.rev);
    this.#log = new Log(snapshot.rev, earlier.map(ownEntry), snapshot.nonces, nonceCount);
    for (const entry of log.slice(earlier.length)) this.#append(ownEntry(entry));
  }

  #append(entry: LogEntry): void {
    if (this.#log.revisionOf(entry.nonce) !== undefined) {
      throw new ServiceError('log-mismatch', `revision ${entry.rev} has a nonce that an earlier one has`);
    }
    this.#state.apply(entry.delta);
    this.#log.append(entry);
  }
}

function limitsOf({ limits = DEFAULT_LIMITS }: SequencerOptions): Limits {
  checkLimits(limits);
  return limits;
}

function nonceCountOf({ recentNonces = DEFAULT_RECENT_NONCES }: SequencerOptions): number {
  if (isWholeNumber(recentNonces)) return recentNonces;
  throw new DatastoreError('invalid-option', 'recentNonces must be a whole number from 0');
}

function refused(nonce: string, refusal: Refusal): Refused {
  return { type: 'refused', nonce, ...refusal };
}

function notPermitted(role: Role): Refusal {
  return { reason: 'permission', message: `a role of ${role} may not write` };
}

function unknownRevision(rev: number, newest: number): Refusal {
  return { reason: 'unknown-revision', message: `revision ${rev} is not known: the log ends at ${newest}` };
}

function refusalOf(error: DatastoreError): Refusal {
  const reason = LIMIT_CODES.includes(error.code) ? 'limit' : 'invalid';
  const { index } = error;
  // What can be no index is no part of a message (SYNC-3).
  const place = placeOf({ ...placeOf(error), index: isWholeNumber(index) ? index : undefined });
  return { reason, code: error.code, message: error.message, place };
}
