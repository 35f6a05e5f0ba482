import { formatState, type Row } from '../codec/wire/state.js';
import { type Conflict, conflictLender } from '../deltas/conflict.js';
import { changesIn, Delta, type DeltaInput, deltaInNormalForm } from '../deltas/delta.js';
import { checkOptions } from '../errors/arguments.js';
import { DatastoreError, ServiceError } from '../errors/datastore-error.js';
import { invariant } from '../errors/invariant-error.js';
import { quote } from '../errors/quote.js';
import type { FieldOp, ListOp, ListPlace } from '../operations/change.js';
import { lendListOp } from '../operations/lend.js';
import { ResolutionRules } from '../rules/resolution-rules.js';
import { checkLimits, DEFAULT_LIMITS, type Limits } from '../state/limits.js';
import type { RecordReader } from '../state/record-reader.js';
import { type FoundRecord, onlyListOp, State, type Where } from '../state/state.js';
import type { Fields } from '../values/fields.js';
import { isWholeNumber } from '../values/numbers.js';
import { isOfInfo, mtimeOf, ownTime, titleOf } from './datastore-info.js';
import { Editor } from './editor.js';
import {
  canWrite,
  checkRole,
  type Fetch,
  type FetchSnapshot,
  type Put,
  type Role,
  type SequencerMessage,
} from './messages.js';
import { PendingQueue } from './pending-queue.js';
import { emptyReport, FROM_THE_START, ReplicaSession, type Report } from './replica-session.js';
import { EditsSinceSaved, type SavedEdits } from './saved-edits.js';
import {
  formatReplica,
  type ParsedReplica,
  parseReplica,
  SAVED_EXTENTS,
  type SavedExtent,
  type SavedReplica,
} from './saved-replica.js';
import type { ReplicaStatus, Retraction, SyncResult } from './sync-result.js';
import { UndoHistory } from './undo/undo-history.js';

/**
 * One user's copy of a datastore. Edits show at once and are kept until the log has them; what others did becomes
 * visible in `sync()` and at no other time.
 *
 * It does no I/O. Its embedder stores `save()` and carries messages, in this order, so that no crash can lose or double
 * an edit:
 *
 *     const put = replica.outgoing();   // may give the delta a nonce
 *     store(replica.save());            // the nonce must be stored
 *     send(put);                        // before it is sent
 *
 * While a merge function runs, every call that would edit, sync, save or receive throws `bad-state` and changes nothing.
 *
 * Laws: what the user sees is the log up to `revision` and then the edits that it does not have yet; once nothing is on
 * its way, all replicas see the state of the log. Spec: SYNC-14 to SYNC-67.
 */
export class Replica {
  readonly #settings: Required<ReplicaOptions>;
  readonly #history: UndoHistory;
  #queue: PendingQueue;
  #session: ReplicaSession;
  #editor: Editor;
  readonly #sinceSaved = new EditsSinceSaved();
  #role: Role;
  #report: Report = emptyReport();
  #clockOffset: number | undefined;

  /** A replica at revision 0, without any data. @throws DatastoreError `invalid-option`. */
  constructor(options: ReplicaOptions) {
    const settings = settingsOf(options);
    const { role, rules, undoDepth, nextNonce } = settings;
    this.#settings = settings;
    this.#role = role;
    this.#history = new UndoHistory(undoDepth, (table, field) => rules.get(table, field) === 'sum');
    this.#queue = new PendingQueue(new State(), 0, this.#history);
    this.#session = new ReplicaSession(this.#queue, nextNonce, FROM_THE_START);
    this.#editor = new Editor(this.#queue, this.#history, settings);
  }

  /**
   * The replica that {@link save} described, with all its edits, and the same put in flight. What was edited before
   * can be undone as far as its history was saved. Rules that are functions must be set in `rules` again.
   *
   * @throws DatastoreError `invalid-option`; `rule-missing` if a saved edit was made under a function and none is set;
   * `invalid-json` for anything that `save()` does not write; and what reading the state throws.
   * Spec: SYNC-34 to SYNC-36, SYNC-66.
   */
  static load(saved: unknown, options: ReplicaOptions): Replica {
    const replica = new Replica(options);
    replica.#resume(parseReplica(saved, replica.#settings.rules));
    return replica;
  }

  /**
   * Everything that must survive, as plain data for JSON: with all edits, or fewer; and with as much of the undo history
   * as the option `savedUndoSize` allows.
   *
   * @throws DatastoreError `invalid-option` for another extent. Spec: SYNC-34, SYNC-35, SYNC-52, SYNC-66.
   */
  save(extent: SavedExtent = 'all'): SavedReplica {
    this.#requireNoMerge();
    if (!SAVED_EXTENTS.includes(extent)) {
      const reason = `got the extent ${quote(extent)}: use ${SAVED_EXTENTS.join(', ')}`;
      throw new DatastoreError('invalid-option', reason);
    }
    const { undoDepth, savedUndoSize } = this.#settings;
    const undoSize = undoDepth === 0 ? 0 : savedUndoSize;
    const parts = { queue: this.#queue, session: this.#session.origin, history: this.#history, undoSize };
    return formatReplica(parts, extent);
  }

  /**
   * What the user has edited since the last call, as plain data for JSON: less than {@link save} where a datastore is
   * large. `withSavedEdits` adds it to what `save('ordinary')` gave when this was last called.
   *
   * @returns `undefined` if something else has happened since, or at the first call: then save everything. Spec: SYNC-52.
   */
  saveEdits(): SavedEdits | undefined {
    this.#requireNoBatch();
    return this.#sinceSaved.take(this.#queue);
  }

  /** The revision of the log that has been merged into what the user sees. */
  get revision(): number {
    return this.#queue.revision;
  }

  /** The nonce of the log's entry at {@link revision}, or `undefined` if it is not known. Spec: SYNC-61. */
  get head(): string | undefined {
    return this.#session.head;
  }

  /** The fields of a record as the user sees it, or `undefined` if there is none. */
  get(table: string, record: string): Fields | undefined {
    return this.#queue.view.get(table, record);
  }

  /** See `State.query`. */
  query(table: string, where?: Where): FoundRecord[] {
    return this.#queue.view.query(table, where);
  }

  /** See `State.find`. */
  find(table: string, where?: Where): string[] {
    return this.#queue.view.find(table, where);
  }

  /** See `State.reader`: it reads what the user sees. */
  reader(table: string, record: string): RecordReader {
    return this.#queue.view.reader(table, record);
  }

  /** The ids of the tables with records, in code point order. */
  tables(): string[] {
    return this.#queue.view.tables();
  }

  /** A state of its own with all that the user sees. It costs nothing until it is edited. */
  state(): State {
    return this.#queue.view.clone();
  }

  /** All that the user sees, as rows of JSON. */
  toRows(): Row[] {
    return formatState(this.#queue.view);
  }

  /** The size in bytes of all that the user sees. */
  get size(): number {
    return this.#queue.view.size;
  }

  /** How many records the view has. */
  get recordCount(): number {
    return this.#queue.view.recordCount;
  }

  /** The size in bytes of the delta that the next {@link sync} will seal, without the modified time. */
  get unsyncedSize(): number {
    return this.#queue.uncommitted.size;
  }

  /** What the user of this replica may do, as far as it knows. */
  get role(): Role {
    return this.#role;
  }

  /**
   * Sets what the user may do from now on. Edits that are in the queue stay, and are put; the sequencer decides about
   * them.
   *
   * @throws DatastoreError `invalid-option`.
   */
  setRole(role: Role): void {
    checkRole(role);
    this.#role = role;
  }

  /** The title of the datastore, or `undefined` if it has none. */
  get title(): string | undefined {
    return titleOf(this.#queue.view);
  }

  /** Sets the title, or deletes it. @throws DatastoreError as {@link apply} does. Spec: SYNC-37. */
  setTitle(title: string | undefined): void {
    this.#requireWrite();
    this.#sinceSaved.anything();
    this.#editor.setTitle(title);
  }

  /**
   * When the datastore was last edited, by the clock of the device that edited it; `undefined` if never. Spec: SYNC-38.
   */
  get mtime(): Date | undefined {
    return mtimeOf(this.#queue.view);
  }

  /**
   * Says how far the server's clock is ahead of the clock from which {@link sync} and {@link seal} get their time, in ms;
   * negative if it is behind, `undefined` if that is not known, as at first. It is not saved. From then on no modified
   * time is believed that is more than a day ahead of the server's time.
   *
   * @throws DatastoreError `invalid-option` unless it is a whole number. Spec: SYNC-38.
   */
  setClockOffset(offset: number | undefined): void {
    if (offset !== undefined && !Number.isSafeInteger(offset)) {
      const reason = `got the clock offset ${quote(offset)}: use a whole number of ms, or undefined if it is not known`;
      throw new DatastoreError('invalid-option', reason);
    }
    this.#clockOffset = offset;
  }

  /**
   * Edits the datastore: all of the changes, or none if one does not fit. The user sees them at once. The cost does not
   * depend on how many edits the log still lacks.
   *
   * @returns the changes with what they overwrote.
   * @throws ServiceError `not-permitted` for viewers; DatastoreError `delta-too-large` if more has gathered than one
   * delta may hold, `invalid-rule` if `rules` answer something else than a rule, and what `State.apply` throws with
   * limits. Nothing is changed then. Spec: SYNC-15, SYNC-16.
   */
  apply(changes: DeltaInput): Delta {
    this.#requireWrite();
    const single = Delta.is(changes) ? undefined : onlyListOp(changes);
    const applied = single && this.#editList(single.place, single.op);
    if (single === undefined || applied === undefined) return this.#noteEdit(this.#editor.apply(changes));
    return deltaInNormalForm({ place: single.place, op: applied });
  }

  /**
   * Edits a list that is there by one operation, as {@link apply} does, but without making a delta: the cheapest way for what
   * people type.
   *
   * @returns the operation with what it overwrote.
   * @throws DatastoreError as `apply` does. Nothing is changed then.
   * Law: it does what `apply` of an update with this operation does. Spec: CHG-3, SYNC-15.
   */
  editList(table: string, record: string, field: string, op: ListOp): ListOp {
    this.#requireWrite();
    const applied = this.#editList({ table, record, field }, op);
    if (applied !== undefined) return lendListOp(applied);
    // There is no such list, which `apply` says in detail; or it is about the datastore.
    const ops = new Map<string, FieldOp>([[field, { type: 'list', create: false, ops: [op] }]]);
    const [change] = this.#noteEdit(this.#editor.apply([{ type: 'update', table, record, ops }]));
    const edit = change?.type === 'update' ? change.ops.get(field) : undefined;
    invariant(edit?.type === 'list', 'an edit of a list that is not there does not fit');
    return edit.ops[0] as ListOp;
  }

  /**
   * Makes the edits of a function one edit: all of them take effect, or none if it throws. They show at once, and in a
   * batch inside a batch likewise. Inside, only `apply`, `setTitle`, `batch`, and what reads may be called.
   *
   * Law: it is `apply` of the edits composed.
   *
   * @returns the changes that were made, with what they overwrote.
   * @throws what `edit` throws. Nothing is changed then. Spec: BATCH-1, BATCH-2.
   */
  batch(edit: () => void): Delta {
    this.#requireNoMerge();
    return this.#noteEdit(this.#editor.batch(edit));
  }

  /** Whether a {@link batch} is under way: until it ends, the replica can only be read and edited. */
  get isInBatch(): boolean {
    return this.#queue.isInBatch;
  }

  /**
   * Seals the edits made since the last call, so that they can be put as one delta, and makes visible what has been
   * received from the log. If edits were sealed, `time` becomes the modified time, unless that is later already.
   *
   * @throws DatastoreError `invalid-value` for an invalid date, `log-mismatch` if the log does not fit the state, after
   * which the replica needs a reload. What was merged before is kept, and reported by the next call. A merge function
   * that fails is reported, and rule `remote` decides. Spec: SYNC-17, SYNC-23 to SYNC-25.
   */
  sync(time: Date): SyncResult {
    this.#requireNoBatch();
    this.#editor.seal(ownTime(time), this.#clockOffset, this.#session.isInFlight, this.#settings.limits.deltaSize);
    return this.#bringIn();
  }

  /**
   * Makes visible what has been received from the log, as {@link sync} does, and seals nothing: what is uncommitted is
   * merged and stays uncommitted.
   *
   * @throws DatastoreError as `sync` does. Spec: SYNC-50.
   */
  merge(): SyncResult {
    this.#requireNoBatch();
    this.#editor.cut();
    return this.#bringIn();
  }

  /**
   * Seals the edits made since the last call, as {@link sync} does, and merges nothing. The delta that was sealed last by
   * {@link seal} stays provisional and apart; those before it become ordinary ones. So edits are kept while a transaction
   * is under way.
   *
   * @throws DatastoreError `invalid-value` for an invalid date. Spec: SYNC-50.
   */
  sealBehind(time: Date): void {
    this.#requireNoBatch();
    this.#sinceSaved.anything();
    const { unconfirmed } = this.#queue;
    const apart = unconfirmed.findLast(({ isProvisional }) => isProvisional);
    for (const delta of unconfirmed) delta.isProvisional = delta === apart;
    const joinedSizeLimit = unconfirmed.at(-1) === apart ? 0 : this.#settings.limits.deltaSize;
    this.#editor.seal(ownTime(time), this.#clockOffset, this.#session.isInFlight, joinedSizeLimit);
  }

  /** Makes all provisional deltas ordinary ones, as {@link sync} does, and does nothing else. Spec: SYNC-52. */
  makeOrdinary(): void {
    this.#requireNoBatch();
    this.#sinceSaved.anything();
    for (const delta of this.#queue.unconfirmed) delta.isProvisional = false;
  }

  /**
   * Drops the edits made since the last {@link sync} or {@link seal}, as if they had never been made.
   *
   * @returns the changes that this took, with what they overwrote. Spec: SYNC-49.
   */
  rollback(): Delta {
    this.#requireNoBatch();
    this.#sinceSaved.anything();
    return this.#queue.rollback();
  }

  /**
   * Seals the edits made since the last call, as {@link sync} does, as a delta of their own; merges nothing. The delta
   * is provisional until the log has it or `sync` is called: {@link save} can leave it out.
   *
   * @returns whether there were any.
   * @throws DatastoreError `invalid-value` for an invalid date. Spec: SYNC-50.
   */
  seal(time: Date): boolean {
    this.#requireNoBatch();
    this.#sinceSaved.anything();
    const { length } = this.#queue.unconfirmed;
    this.#editor.seal(ownTime(time), this.#clockOffset, this.#session.isInFlight, 0);
    const sealed = this.#queue.unconfirmed[length];
    if (sealed === undefined) return false;
    sealed.isProvisional = true;
    return true;
  }

  /**
   * Makes the delta that was sealed last uncommitted again: {@link rollback} drops it, the next {@link sync} seals it
   * anew.
   *
   * @returns whether that was possible: it is not while the delta may be in the log. Spec: SYNC-51.
   */
  reopen(): boolean {
    this.#requireNoBatch();
    this.#sinceSaved.anything();
    if (!this.#release(this.#queue.unconfirmed.length - 1)) return false;
    this.#editor.cut();
    this.#queue.reopen();
    return true;
  }

  /**
   * Undoes the delta that was sealed last by {@link seal}, or if there is none the last sealed one, and nothing else: later
   * edits are kept as far as possible.
   *
   * @returns what that changed, or `undefined` where {@link reopen} would not be possible. Spec: SYNC-51.
   */
  retract(): Retraction | undefined {
    this.#requireNoBatch();
    this.#sinceSaved.anything();
    const { unconfirmed } = this.#queue;
    const provisional = unconfirmed.findLastIndex(({ isProvisional }) => isProvisional);
    const at = provisional < 0 ? unconfirmed.length - 1 : provisional;
    if (!this.#release(at)) return undefined;
    this.#editor.cut();
    const conflicts: Conflict[] = [];
    const lend = conflictLender();
    const changes = this.#queue.retract(at, (conflict) => conflicts.push(lend(conflict)));
    return { changes, conflicts };
  }

  /**
   * The delta to put next, or `undefined` if there is none or something must be merged first. From then on it is in
   * flight: it keeps its nonce, and every call returns it, until its fate is known. Store {@link save} before you send
   * it.
   *
   * @throws DatastoreError `invalid-nonce` if `nextNonce` returns something else than a nonce. Spec: SYNC-18, SYNC-20.
   */
  outgoing(): Put | undefined {
    this.#requireNoMerge();
    this.#sinceSaved.anything();
    return this.#session.outgoing();
  }

  /** Takes back that a delta was put under a nonce, because that was certainly never sent. Spec: SYNC-18. */
  recall(nonce: string): void {
    this.#requireNoBatch();
    this.#sinceSaved.anything();
    this.#session.recall(nonce);
  }

  /** What to ask the sequencer for: log entries, or a snapshot if they no longer help. Spec: SYNC-22. */
  request(): Fetch | FetchSnapshot {
    return this.#session.request();
  }

  /**
   * Takes any message from the sequencer, in any order, and any number of times.
   *
   * @throws DatastoreError for a malformed message, and `log-mismatch` for one that contradicts what is known.
   * Spec: SYNC-19, SYNC-21.
   */
  receive(message: SequencerMessage): void {
    this.#requireNoMerge();
    const before = this.#savedOfLog;
    try {
      this.#session.receive(message);
    } finally {
      // Entries wait for the next merge, and until then they change nothing that is saved.
      const after = this.#savedOfLog;
      if (after.some((part, at) => part !== before[at])) this.#sinceSaved.anything();
    }
  }

  /** The state of the replica relative to the log. Spec: SYNC-33. */
  get status(): ReplicaStatus {
    const session = this.#session;
    const status = {
      hasUncommitted: !this.#queue.uncommitted.isUntouched,
      hasOutgoing: this.#queue.unconfirmed.length > (session.isInFlight ? 1 : 0),
      isInFlight: session.isInFlight,
      hasIncoming: session.hasIncoming,
      hasGap: session.hasGap,
      needsReload: session.needsReload,
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

  /** Whether a merge function of this replica is running: until it returns, the replica can only be read. */
  get isMerging(): boolean {
    return this.#queue.rules.isFunctionRunning;
  }

  /** Where the first provisional delta is, see {@link seal}: it would be put `next` or `later`, or there is `none`. */
  get provisional(): 'next' | 'later' | 'none' {
    return this.#queue.provisional;
  }

  /** Whether there are later edits that cannot stand without what is provisional, so they are not saved without it. */
  get hasDependents(): boolean {
    let isPartial = false;
    this.#queue.ordinary(() => {
      isPartial = true;
    });
    return isPartial;
  }

  /** Ends the undo item that the last edits belong to; the next edit begins another. So does every {@link sync}. */
  endUndoItem(): void {
    this.#requireNoMerge();
    if (this.#queue.uncommitted.isRunning) this.#sinceSaved.endItem();
    this.#editor.endItem();
  }

  /**
   * Undoes the latest item that is not undone: puts back what this user changed, and leaves what others changed since.
   *
   * @returns the changes that were made, with what they overwrote, or `undefined` if there is nothing to undo.
   * @throws DatastoreError as {@link apply} does. Spec: SYNC-39 to SYNC-45.
   */
  undo(): Delta | undefined {
    this.#requireNoBatch();
    this.#requireWrite();
    this.#sinceSaved.anything();
    return this.#editor.undo(this.#session.isInFlight);
  }

  /**
   * Does again what {@link undo} undid last, unless the user edited since. Otherwise as {@link undo}. Spec: SYNC-46.
   */
  redo(): Delta | undefined {
    this.#requireNoBatch();
    this.#requireWrite();
    this.#sinceSaved.anything();
    return this.#editor.redo(this.#session.isInFlight);
  }

  /** @returns what the state keeps; nothing where {@link apply} must be asked. */
  #editList(place: ListPlace, op: unknown): ListOp | undefined {
    const applied = this.#editor.editList(place, op);
    if (applied !== undefined && !this.isInBatch) {
      // See below.
      if (this.provisional === 'none') this.#sinceSaved.addListOp(place, applied);
      else this.#sinceSaved.anything();
    }
    return applied;
  }

  /** Notes an edit that was made, unless a batch around it has not ended, and may be undone. */
  #noteEdit(applied: Delta): Delta {
    if (this.isInBatch) return applied;
    // Edits on top of a provisional delta are saved without it.
    // What is said about the datastore belongs to no undo item.
    const isPlain = this.provisional === 'none' && !changesIn(applied).some(isOfInfo);
    if (isPlain) this.#sinceSaved.add(applied);
    else this.#sinceSaved.anything();
    return applied;
  }

  #bringIn(): SyncResult {
    this.#sinceSaved.anything();
    for (const delta of this.#queue.unconfirmed) delta.isProvisional = false;
    this.#session.bringIn(this.#report, this.#settings.limits.recordSize);
    const report = this.#report;
    this.#report = emptyReport();
    return { changed: this.#queue.takeChanged(), ...report };
  }

  /** What is saved of the log, apart from its state: all the same as long as that is. */
  get #savedOfLog(): readonly unknown[] {
    return [this.#queue.revision, ...Object.values(this.#session.origin)];
  }

  #resume(parsed: ParsedReplica): void {
    const { base, rev, rules, session } = parsed;
    this.#queue = new PendingQueue(base, rev, this.#history);
    this.#queue.restore(parsed);
    for (const rule of rules) this.#queue.rules.set(rule);
    this.#session = new ReplicaSession(this.#queue, this.#settings.nextNonce, session);
    this.#editor = new Editor(this.#queue, this.#history, this.#settings);
  }

  /**
   * Makes a sealed delta free to be changed. @returns whether it is: not if there is none, or the log may have it.
   */
  #release(at: number): boolean {
    if (at > 0) return true;
    if (at < 0 || this.#session.isUndecided) return false;
    this.#session.forgetPut();
    return true;
  }

  /**
   * A merge function decides about a replica that is half-way through a merge.
   *
   * @throws DatastoreError `bad-state` while one is running.
   */
  #requireNoMerge(): void {
    if (!this.isMerging) return;
    throw new DatastoreError('bad-state', 'a merge function must not edit, sync or save the replica that called it');
  }

  /** @throws DatastoreError `bad-state` in a batch, or while a merge function is running. */
  #requireNoBatch(): void {
    this.#requireNoMerge();
    if (!this.isInBatch) return;
    throw new DatastoreError('bad-state', 'a batch must only edit and read: sync, undo or roll back after it');
  }

  #requireWrite(): void {
    this.#requireNoMerge();
    if (canWrite(this.#role)) return;
    throw new ServiceError('not-permitted', `the role ${this.#role} may not write`);
  }
}

/** How a replica is made. */
export interface ReplicaOptions {
  /**
   * Returns a new nonce for a delta that is to be put: 1 to 128 visible ASCII characters, such as a random UUID. No two
   * deltas of any replica may get the same one, even after a crash. Spec: SYNC-2.
   */
  readonly nextNonce: () => string;
  /** What this user may do: `owner` unless given. */
  readonly role?: Role;
  /** The rules for collisions. An edit keeps the rule that its field has when it is made. Spec: SYNC-26. */
  readonly rules?: Pick<ResolutionRules, 'get'>;
  /** What the state and a delta may weigh: `DEFAULT_LIMITS` unless given. */
  readonly limits?: Limits;
  /** How many undo items are remembered: 100 unless given. */
  readonly undoDepth?: number;
  /**
   * How many bytes the deltas of the undo history may weigh that {@link Replica.save} keeps: 0 unless given, and then none
   * is kept. Spec: SYNC-66.
   */
  readonly savedUndoSize?: number;
}

const DEFAULT_UNDO_DEPTH = 100;

const OPTIONS = {
  nextNonce: true,
  role: true,
  rules: true,
  limits: true,
  undoDepth: true,
  savedUndoSize: true,
} as const;

/** The options with their defaults. @throws DatastoreError `invalid-option`. */
function settingsOf(options: ReplicaOptions): Required<ReplicaOptions> {
  checkOptions(options, OPTIONS, 'the options of a replica');
  const { nextNonce, role = 'owner', rules = new ResolutionRules(), limits = DEFAULT_LIMITS } = options;
  const { undoDepth = DEFAULT_UNDO_DEPTH, savedUndoSize = 0 } = options;
  if (typeof nextNonce !== 'function') {
    const reason = `nextNonce must be a function that returns a new nonce, such as a random UUID, got ${quote(nextNonce)}`;
    throw new DatastoreError('invalid-option', reason);
  }
  if (typeof (rules as { get?: unknown } | null)?.get !== 'function') {
    throw new DatastoreError(
      'invalid-option',
      `rules must be ResolutionRules or have a method get, got ${quote(rules)}`,
    );
  }
  checkRole(role);
  checkLimits(limits);
  for (const [name, number] of Object.entries({ undoDepth, savedUndoSize })) {
    if (isWholeNumber(number)) continue;
    throw new DatastoreError('invalid-option', `${name} must be a whole number from 0, got ${quote(number)}`);
  }
  return { nextNonce, role, rules, limits, undoDepth, savedUndoSize };
}
