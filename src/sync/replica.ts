import { formatState, type Row } from '../codec/wire/state.js';
import { type Conflict, lendConflict } from '../deltas/conflict.js';
import type { Delta, DeltaInput } from '../deltas/delta.js';
import { ServiceError } from '../errors/datastore-error.js';
import type { RecordReader } from '../state/record-reader.js';
import { type FoundRecord, State, type Where } from '../state/state.js';
import type { Fields } from '../values/fields.js';
import { mtimeOf, ownTime, titleOf } from './datastore-info.js';
import { Editor } from './editor.js';
import { Exchange, emptyReport, FROM_THE_START, type Report } from './exchange.js';
import type { Fetch, FetchSnapshot, Put, SequencerMessage } from './messages.js';
import { type ReplicaOptions, settingsOf } from './replica-options.js';
import type { ReplicaStatus } from './replica-status.js';
import { canWrite, checkRole, type Role } from './role.js';
import {
  formatReplica,
  type ParsedReplica,
  parseReplica,
  type SavedExtent,
  type SavedReplica,
} from './saved-replica.js';
import type { SyncResult, Withdrawal } from './sync-result.js';
import { Timeline } from './timeline.js';
import { UndoHistory } from './undo-history.js';

/**
 * One user's copy of a datastore. Edits show at once and are kept until the log has them; what others did becomes
 * visible in `sync()` and at no other time.
 *
 * It does no I/O. Whoever embeds it stores `save()` and carries messages, in this order, so that no crash can lose or
 * double an edit:
 *
 *     const put = replica.outgoing();   // may name the delta that it hands out
 *     store(replica.save());            // the name must be stored before
 *     send(put);                        // anybody can hear it
 *
 * Laws: what the user sees is the log up to `revision` and then the edits that it does not have yet; once nothing is on
 * its way, all replicas see the state of the log. Spec: SYNC-14 to SYNC-55.
 */
export class Replica {
  readonly #settings: Required<ReplicaOptions>;
  readonly #history: UndoHistory;
  #timeline: Timeline;
  #exchange: Exchange;
  #editor: Editor;
  #role: Role;
  #report: Report = emptyReport();

  /** A replica at revision 0, without any data. @throws DatastoreError `invalid-option`. */
  constructor(options: ReplicaOptions) {
    const settings = settingsOf(options);
    const { role, rules, undoDepth, nextNonce } = settings;
    this.#settings = settings;
    this.#role = role;
    this.#history = new UndoHistory(undoDepth, (table, field) => rules.get(table, field) === 'sum');
    this.#timeline = new Timeline(new State(), 0, this.#history);
    this.#exchange = new Exchange(this.#timeline, nextNonce, FROM_THE_START);
    this.#editor = new Editor(this.#timeline, this.#history, settings);
  }

  /**
   * The replica that {@link save} described: with all its edits, and on its way where it was. Steps made before cannot
   * be undone. Rules that are functions must be set in `rules` again.
   *
   * @throws DatastoreError `rule-missing` where an edit was made under a function and none is set, `invalid-json` for
   * what `save()` does not write, and what reading the state throws. Spec: SYNC-34 to SYNC-36.
   */
  static load(saved: unknown, options: ReplicaOptions): Replica {
    const replica = new Replica(options);
    replica.#resume(parseReplica(saved, replica.#settings.rules));
    return replica;
  }

  /** Everything that must survive, as plain data for JSON: all edits, or fewer. Spec: SYNC-34, SYNC-35, SYNC-52. */
  save(extent: SavedExtent = 'all'): SavedReplica {
    return formatReplica(this.#timeline, this.#exchange.origin, extent);
  }

  /** The revision of the log that has been merged into what the user sees. */
  get revision(): number {
    return this.#timeline.revision;
  }

  /** The fields of a record as the user sees it, or `undefined` if there is none. */
  get(table: string, record: string): Fields | undefined {
    return this.#timeline.view.get(table, record);
  }

  /** See `State.query`. */
  query(table: string, where?: Where): FoundRecord[] {
    return this.#timeline.view.query(table, where);
  }

  /** See `State.find`. */
  find(table: string, where?: Where): string[] {
    return this.#timeline.view.find(table, where);
  }

  /** See `State.reader`: it reads what the user sees. */
  reader(table: string, record: string): RecordReader {
    return this.#timeline.view.reader(table, record);
  }

  /** The ids of the tables that hold any records, in code point order. */
  tables(): string[] {
    return this.#timeline.view.tables();
  }

  /** All that the user sees, as rows of JSON. */
  toRows(): Row[] {
    return formatState(this.#timeline.view);
  }

  /** The size in bytes of all that the user sees. */
  get size(): number {
    return this.#timeline.view.size;
  }

  get recordCount(): number {
    return this.#timeline.view.recordCount;
  }

  /** The size in bytes of the delta that the next {@link sync} will seal, without the modified time. */
  get unsyncedSize(): number {
    return this.#timeline.open.size;
  }

  get role(): Role {
    return this.#role;
  }

  /**
   * Notes what the user may do from now on. Edits that are pending stay, and are put; the sequencer decides about them.
   *
   * @throws DatastoreError `invalid-option`.
   */
  setRole(role: Role): void {
    checkRole(role);
    this.#role = role;
  }

  /** The title of the datastore, or `undefined` if it has none. */
  get title(): string | undefined {
    return titleOf(this.#timeline.view);
  }

  /** Sets the title, or deletes it. @throws DatastoreError as {@link apply} does. Spec: SYNC-37. */
  setTitle(title: string | undefined): void {
    this.#requireWrite();
    this.#editor.setTitle(title);
  }

  /** When the datastore was last edited, by the clocks of those who did; `undefined` if never. Spec: SYNC-38. */
  get mtime(): Date | undefined {
    return mtimeOf(this.#timeline.view);
  }

  /**
   * Edits the datastore: all of the changes, or none if one does not fit. The user sees them at once. The cost does not
   * depend on how much is pending.
   *
   * @returns the changes with what they overwrote.
   * @throws DatastoreError `not-permitted` for viewers, `delta-too-large` if more has gathered than one delta may hold,
   * and what `State.apply` throws with limits. Nothing is changed then. Spec: SYNC-15, SYNC-16.
   */
  apply(changes: DeltaInput): Delta {
    this.#requireWrite();
    // What was applied is kept to be put and to be undone, so the user gets bytes and dates of their own.
    return this.#editor.apply(changes);
  }

  /**
   * Seals the edits made since the last call, so that they can be put as one delta, and makes visible what has been
   * received from the log. If edits were sealed, `time` becomes the modified time, unless that is later already.
   *
   * @throws DatastoreError `invalid-value` for an invalid date, `log-mismatch` if the log does not fit the state, after
   * which the replica needs a reload, and what a merge function throws. What was merged before is kept, and reported by
   * the next call. Spec: SYNC-17, SYNC-23 to SYNC-25.
   */
  sync(time: Date): SyncResult {
    this.#editor.seal(ownTime(time), this.#exchange.isInFlight, this.#settings.limits.deltaSize);
    for (const delta of this.#timeline.pending) delta.isProvisional = false;
    this.#exchange.bringIn(this.#report);
    const report = this.#report;
    this.#report = emptyReport();
    return { changed: this.#timeline.takeChanged(), ...report };
  }

  /**
   * Drops the edits made since the last {@link sync} or {@link seal}, as if they had never been made.
   *
   * @returns the changes that this took, with what they overwrote. Spec: SYNC-49.
   */
  rollback(): Delta {
    return this.#timeline.rollback();
  }

  /**
   * Seals the edits made since the last call, as {@link sync} does, as a delta of their own; merges nothing. The delta
   * is provisional until the log has it or `sync` is called: {@link save} can leave it out.
   *
   * @returns whether there were any.
   * @throws DatastoreError `invalid-value` for an invalid date. Spec: SYNC-50.
   */
  seal(time: Date): boolean {
    const { length } = this.#timeline.pending;
    this.#editor.seal(ownTime(time), this.#exchange.isInFlight, 0);
    const sealed = this.#timeline.pending[length];
    if (sealed === undefined) return false;
    sealed.isProvisional = true;
    return true;
  }

  /**
   * Makes the delta that was sealed last open again: {@link rollback} drops it, the next {@link sync} merges it.
   *
   * @returns whether that was possible: it is not while the delta may be in the log. Spec: SYNC-51.
   */
  reopen(): boolean {
    if (!this.#canTakeLast()) return false;
    this.#editor.cut();
    this.#timeline.reopen();
    return true;
  }

  /**
   * Undoes the delta that was sealed last, and nothing else: edits made since stand as far as they can.
   *
   * @returns what that changed, or `undefined` where {@link reopen} would not be possible. Spec: SYNC-51.
   */
  withdraw(): Withdrawal | undefined {
    if (!this.#canTakeLast()) return undefined;
    this.#editor.cut();
    const conflicts: Conflict[] = [];
    const changes = this.#timeline.withdrawLast((conflict) => conflicts.push(lendConflict(conflict)));
    return { changes, conflicts };
  }

  /**
   * The delta to put next, or `undefined` if there is none or something must be merged first. A delta that was handed
   * out is in flight: it keeps its nonce, and is handed out again, until it is known what became of it. Store
   * {@link save} before you send it. Spec: SYNC-18, SYNC-20.
   */
  outgoing(): Put | undefined {
    return this.#exchange.outgoing();
  }

  /** What to ask the sequencer for: log entries, or a snapshot where they no longer help. Spec: SYNC-22. */
  request(): Fetch | FetchSnapshot {
    return this.#exchange.request();
  }

  /**
   * Takes any message from the sequencer, in any order, and any number of times.
   *
   * @throws DatastoreError for a malformed message, and `log-mismatch` for one that contradicts what is known.
   * Spec: SYNC-19, SYNC-21.
   */
  receive(message: SequencerMessage): void {
    this.#exchange.receive(message);
  }

  get status(): ReplicaStatus {
    const exchange = this.#exchange;
    const status = {
      hasOpen: !this.#timeline.open.isUntouched,
      hasOutgoing: this.#timeline.pending.length > (exchange.isInFlight ? 1 : 0),
      isInFlight: exchange.isInFlight,
      hasIncoming: exchange.hasIncoming,
      hasGap: exchange.hasGap,
      needsReload: exchange.needsReload,
    };
    return { isIdle: !Object.values(status).includes(true), ...status };
  }

  /** Whether {@link undo} would do anything. */
  get canUndo(): boolean {
    return this.#editor.canUndo;
  }

  /** Whether {@link redo} would do anything. */
  get canRedo(): boolean {
    return this.#editor.canRedo;
  }

  /** Where the first provisional delta is, see {@link seal}: it would be put `next` or `later`, or there is `none`. */
  get provisional(): 'next' | 'later' | 'none' {
    return this.#timeline.provisional;
  }

  /** Ends the step that the last edits belong to; the next edit begins another. So does every {@link sync}. */
  endUndoStep(): void {
    this.#editor.endStep();
  }

  /**
   * Undoes the latest step that was not undone: puts back what this user changed, and leaves what others changed since.
   *
   * @returns the changes that were made, with what they overwrote, or `undefined` if there is nothing to undo.
   * @throws DatastoreError as {@link apply} does. Spec: SYNC-39 to SYNC-45.
   */
  undo(): Delta | undefined {
    this.#requireWrite();
    const applied = this.#editor.undo(this.#exchange.isInFlight);
    return applied;
  }

  /** Does again what {@link undo} undid last, unless the user edited since. Otherwise as {@link undo}. Spec: SYNC-46. */
  redo(): Delta | undefined {
    this.#requireWrite();
    const applied = this.#editor.redo();
    return applied;
  }

  #resume({ base, rev, pending, open, rules, exchange }: ParsedReplica): void {
    this.#timeline = new Timeline(base, rev, this.#history);
    this.#timeline.restore(pending, open);
    for (const rule of rules) this.#timeline.rules.set(rule);
    this.#exchange = new Exchange(this.#timeline, this.#settings.nextNonce, exchange);
    this.#editor = new Editor(this.#timeline, this.#history, this.#settings);
  }

  /** Whether the last pending delta can be taken out of what will be put; its put, if there was one, is forgotten then. */
  #canTakeLast(): boolean {
    const { length } = this.#timeline.pending;
    if (length > 1) return true;
    if (length === 0 || this.#exchange.isUndecided) return false;
    this.#exchange.forgetPut();
    return true;
  }

  #requireWrite(): void {
    if (canWrite(this.#role)) return;
    throw new ServiceError('not-permitted', `a role of ${this.#role} may not write`);
  }
}
