/**
 * What a replica knows of the log's state, and the queue of local edits that the log does not have:
 *
 *     base · unconfirmed[0] · unconfirmed[1] · … · uncommitted = view
 *
 * `base` is the log's state at `revision`, and `view` is what the user sees. The user edits the *uncommitted* delta.
 * Once it is *sealed* it is *unconfirmed*: nothing is added to it any more but what is sealed next, and it waits to be
 * put, until the log is known to have it. All of them are kept applied, so each says what it overwrote in the state
 * that it meets here; a rebase keeps that up. So no delta ever needs to be rolled back to merge another, and still each
 * can be:
 *
 * - A remote delta is appended to `base`. The queue is rebased over it, and what comes out on the other side is applied
 *   to `view`.
 * - A confirmed delta moves from the front of the queue to the end of `base`. `view` does not change.
 * - A refused delta, or the part of it that was refused, is taken out of the queue. What undoes it is brought past the
 *   later ones and applied to `view`.
 * - A snapshot replaces `base`, and the difference between the two is merged as one remote delta.
 *
 * The base is kept as a state of its own, although it could be computed from `view` by undoing the queue: a reload and
 * every save need it, states share their records, and it lets every remote delta be checked against the state that it
 * was made for.
 *
 * Costs: an edit costs what it edits, however long the queue is. Merging a remote delta costs the edits that meet it: of a
 * list, a pass over all pending operations on it. The first of several that arrive together also costs a little for every
 * segment in the queue, and the others follow in a `MergeRun`. Memory is `base`, `view` where it differs, and the queue.
 *
 * Spec: SYNC-14.
 */

import type { ConflictListener } from '../deltas/conflict.js';
import { changesIn, compose, type Delta, deltaOf } from '../deltas/delta.js';
import { invert } from '../deltas/invert.js';
import type { OwnItemsLookup } from '../deltas/rebase.js';
import { DatastoreError, type Place, ServiceError } from '../errors/datastore-error.js';
import { invariant } from '../errors/invariant-error.js';
import { invertListOp } from '../lists/apply.js';
import { type Change, type ListOp, type ListPlace, listOpChange } from '../operations/change.js';
import { growthOfListOp, sizeOfChanges, sizeOfListChange } from '../operations/size.js';
import { checkGrowth, type Limits, NO_LIMITS } from '../state/limits.js';
import { type RecordsByTable, RecordWatch } from '../state/record-watch.js';
import { applyChanges, editListIn, type State } from '../state/state.js';
import { checkRoomForMtime, MTIME_CHANGE_SIZE, weigh } from './datastore-info.js';
import { isEditedBy, LocalDelta, regroup } from './local-delta.js';
import { MergeRun } from './merge-run.js';
import type { Refusal } from './messages.js';
import { OwnItems, type SavedOwnList } from './own-items.js';
import { type IsEdited, OwnPuts, type SavedPut } from './own-puts.js';
import { PendingRules } from './pending-rules.js';
import { refusedPart, splitDelta, WHOLE } from './refused-part.js';
import { lastNumber, roleOf, type StoredHistory } from './saved-history.js';
import { rebaseOverDifference } from './snapshot.js';
import { restoreStack, type StoredItem } from './undo/saved-stack.js';
import {
  type Fallen,
  rebaseSegments,
  type Segment,
  type SegmentRole,
  undoBelow,
  withoutCancelled,
} from './undo/segments.js';
import type { TakeBack, UndoHistory } from './undo/undo-history.js';
import type { UndoItem } from './undo/undo-stack.js';

/** The queue as deltas in normal form, which apply to the base one after the other. */
export interface WholeQueue {
  readonly sealed: readonly Delta[];
  /** What the user had seen when each of them was edited, the uncommitted one last. */
  readonly seen: readonly number[];
  readonly uncommitted: Delta;
}

/** See the comment at the top of this file. */
export class PendingQueue {
  /** The rules of the fields that the queue edits. */
  readonly rules: PendingRules = new PendingRules();
  readonly #history: UndoHistory;
  #base: State;
  readonly #view: State;
  #revision: number;
  #unconfirmed: LocalDelta[] = [];
  #uncommitted = new LocalDelta();
  /** What is edited in the batches that are under way, the innermost last. */
  readonly #batches: LocalDelta[] = [];
  #watch: RecordWatch;
  /** The segments of both, while several remote deltas are merged. */
  #run: MergeRun | undefined;
  /** The user's own items in the state of the log. */
  #ownInBase = OwnItems.none();
  /** What the user gave a value in the state of the log. */
  #ownPuts = new OwnPuts();

  constructor(base: State, revision: number, history: UndoHistory) {
    this.#base = base;
    this.#view = base.clone();
    this.#watch = new RecordWatch(this.#view);
    this.#revision = revision;
    this.#history = history;
  }

  /** The state of the log at {@link revision}. */
  get base(): State {
    return this.#base;
  }

  /** What the user sees. */
  get view(): State {
    return this.#view;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The sealed deltas, oldest first. Only the first may have been put. */
  get unconfirmed(): readonly LocalDelta[] {
    return this.#unconfirmed;
  }

  /** The own items in {@link base}. */
  get ownInBase(): readonly SavedOwnList[] {
    return this.#ownInBase.save();
  }

  /** The fields of {@link base} that have what the user gave them. */
  get ownPuts(): readonly SavedPut[] {
    return this.#ownPuts.save();
  }

  get uncommitted(): LocalDelta {
    return this.#uncommitted;
  }

  /** The segments of all deltas in the queue, in order. */
  get segments(): Segment[] {
    return [...this.#unconfirmed, this.#uncommitted].flatMap((delta) => delta.segments);
  }

  /** See `Replica.provisional`. */
  get provisional(): 'next' | 'later' | 'none' {
    // It is asked for with every edit, and mostly there is none.
    if (!this.#unconfirmed.some(({ isProvisional }) => isProvisional)) return 'none';
    const left = this.#unconfirmed.slice(this.#idleCount());
    if (left[0]?.isProvisional === true) return 'next';
    return left.some(({ isProvisional }) => isProvisional) ? 'later' : 'none';
  }

  /** The sealed deltas and the uncommitted one, each as a whole. */
  whole(): WholeQueue {
    return this.#wholeOf(this.#unconfirmed, this.#uncommitted);
  }

  /**
   * What {@link whole} would be without the provisional deltas, and without the later edits that cannot stand without
   * those.
   */
  ordinary(onLoss: ConflictListener = () => undefined): WholeQueue {
    if (!this.#unconfirmed.some(({ isProvisional }) => isProvisional)) return this.whole();
    const uncommitted = new LocalDelta(this.#uncommitted.segmentsSoFar(), this.#uncommitted.seen);
    let left: LocalDelta[] = [...this.#unconfirmed, uncommitted];
    for (let at = left.length - 1; at >= 0; at--) {
      const fallen = left[at];
      if (fallen?.isProvisional !== true) continue;
      const later = left.slice(at + 1);
      const { left: segments } = undoBelow(
        wholly(fallen),
        later.flatMap((delta) => delta.segments),
        this.rules,
        onLoss,
      );
      left = [
        ...left.slice(0, at),
        ...regroup(segments, later).map((own, index) => new LocalDelta(own, later[index]?.seen)),
      ];
    }
    const sealed = left.slice(0, -1).filter((delta) => delta.whole().length > 0);
    return this.#wholeOf(sealed, left.at(-1) ?? new LocalDelta());
  }

  // What the user does.

  /**
   * Applies an edit. The first `unrecorded` changes are made a segment of their own, which the undo history leaves
   * alone; there must be no running segment then. In a batch the edit is kept aside until {@link endBatch}.
   *
   * @throws DatastoreError where it does not fit, or would put the state or the uncommitted delta over a limit, now or
   * when it is sealed. Nothing is changed then.
   */
  edit(changes: readonly Change[], limits: Limits, unrecorded = 0): readonly Change[] {
    const before = weigh(this.#view);
    const applied = applyChanges(this.#view, changes, limits);
    try {
      checkRoomForMtime(before, weigh(this.#view), limits);
      this.#checkSize(applied, limits.deltaSize - MTIME_CHANGE_SIZE);
    } catch (error) {
      this.#view.apply(invert(deltaOf(applied)));
      throw error;
    }
    const batch = this.#batches.at(-1);
    if (batch === undefined) this.keep(applied, unrecorded);
    else batch.add(applied);
    return applied;
  }

  /**
   * Edits a list by one operation: {@link edit} that makes no delta.
   *
   * @param own checks and copies the operation, once it is known that the list is there.
   * @returns it with what it overwrote; nothing where there is no such list.
   * @throws DatastoreError as {@link edit} does. Nothing is changed then.
   */
  editList(place: ListPlace, own: (place: Place) => ListOp, limits: Limits): ListOp | undefined {
    const applied = editListIn(this.#view, place, own, limits);
    if (applied === undefined) return undefined;
    if (limits !== NO_LIMITS) {
      try {
        const after = weigh(this.#view);
        checkRoomForMtime({ ...after, size: after.size - growthOfListOp(applied) }, after, limits);
        const changes = (): Change[] => [listOpChange(place, applied)];
        this.#checkSizeWith(sizeOfListChange(applied), changes, limits.deltaSize - MTIME_CHANGE_SIZE);
      } catch (error) {
        editListIn(this.#view, place, () => invertListOp(applied), NO_LIMITS);
        throw error;
      }
    }
    const batch = this.#batches.at(-1);
    if (batch === undefined) this.#begin().addListOp(place, applied);
    else batch.addListOp(place, applied);
    return applied;
  }

  /** Adds an edit to the uncommitted delta that the view has already. See {@link edit} for the parameters. */
  keep(applied: readonly Change[], unrecorded = 0): void {
    const uncommitted = this.#begin();
    if (unrecorded > 0) {
      uncommitted.add(applied.slice(0, unrecorded));
      uncommitted.cut('unrecorded');
    }
    uncommitted.add(applied.slice(unrecorded));
  }

  /** The uncommitted delta, to which an edit is about to be added. */
  #begin(): LocalDelta {
    this.#history.begun(this.#uncommitted);
    this.#uncommitted.seen = Math.min(this.#uncommitted.seen, this.#revision);
    return this.#uncommitted;
  }

  /** Whether a batch is under way. */
  get isInBatch(): boolean {
    return this.#batches.length > 0;
  }

  /** Edits are kept aside from here on, until the batch ends. */
  beginBatch(): void {
    this.#batches.push(new LocalDelta());
  }

  /** Ends the innermost batch: its edits join the batch around it, or are for the caller to {@link keep}. */
  endBatch(): Delta {
    const edited = this.#takeBatch();
    this.#batches.at(-1)?.add(changesIn(edited));
    return edited;
  }

  /** Ends the innermost batch, and undoes its edits, as if they had never been made. */
  dropBatch(): void {
    this.#view.apply(invert(this.#takeBatch()));
  }

  /** Ends the running segment of the uncommitted delta, giving it a role. */
  cut(role: SegmentRole, origin?: number): Segment | undefined {
    return this.#uncommitted.cut(role, origin);
  }

  /** Drops the uncommitted delta, as if it had never been made. */
  rollback(): Delta {
    const applied = this.#view.apply(invert(this.#uncommitted.whole()));
    this.#history.rolledBack(this.#uncommitted);
    this.#uncommitted = new LocalDelta();
    this.#noteIfSettled();
    return applied;
  }

  /**
   * Seals the uncommitted delta: it joins the last unconfirmed one if that was not sent and both together stay within
   * the limit, and else queues behind it.
   */
  seal(isFirstSent: boolean, deltaSizeLimit: number): void {
    const sealed = this.#uncommitted;
    this.#uncommitted = new LocalDelta();
    if (sealed.isIdle) {
      this.#history.dropped(sealed.segments);
      this.#noteIfSettled();
      return;
    }
    const last = this.#unconfirmed.at(-1);
    const canJoin = this.#unconfirmed.length > (isFirstSent ? 1 : 0);
    const changes = sealed.segments.flatMap(({ delta }) => changesIn(delta));
    const isJoined = last !== undefined && canJoin && last.sizeWith(changes) <= deltaSizeLimit;
    if (isJoined) last.absorb(sealed);
    else this.#unconfirmed.push(sealed);
    this.#history.sealed(isJoined ? last : sealed);
  }

  /** The deltas that were never sent, oldest first. */
  changeable(isFirstSent: boolean): LocalDelta[] {
    return [...this.#unconfirmed.slice(isFirstSent ? 1 : 0), this.#uncommitted];
  }

  /**
   * Undoes an item, or redoes it, by taking out the segment that did or undid it, so that it is never sent. Nothing
   * after it depends on it.
   */
  takeBack({ delta, segment }: TakeBack): Delta {
    const queue = [...this.#unconfirmed, this.#uncommitted];
    const applied = this.#view.apply(invert(segment.delta));
    delta.remove(segment);
    this.#history.takenBack(segment, applied, this.segments);
    this.#setUnconfirmed(this.#withoutIdle(this.#unconfirmed));
    this.#history.rebegun(queue.slice(queue.indexOf(delta) + 1));
    return applied;
  }

  /** Makes the last unconfirmed delta uncommitted again, together with what is uncommitted now. */
  reopen(): void {
    const last = this.#takeLast();
    const seen = Math.min(last.seen, this.#uncommitted.seen);
    this.#uncommitted = new LocalDelta([...last.segments, ...this.#uncommitted.segments], seen);
    this.#history.reopened(this.#uncommitted, last);
  }

  /**
   * Undoes an unconfirmed delta, and what only undid or redid an item of it. Later edits are kept as far as possible.
   *
   * @returns how the view changed.
   */
  retract(at: number, onLoss: ConflictListener): Delta {
    const fallen = this.#unconfirmed[at];
    invariant(fallen !== undefined, 'only a sealed delta is retracted');
    const above = [...this.#unconfirmed.slice(at + 1), this.#uncommitted];
    const segments = above.flatMap((delta) => delta.segments);
    const { left, shown } = this.#history.reject(wholly(fallen), [], segments, this.rules, onLoss);
    this.#setRebased(regroup(left, above), above, this.#unconfirmed.slice(0, at));
    // What could be undone before an edit on top of the retracted delta is unknown.
    if (!this.#uncommitted.isUntouched) this.#history.reopened(this.#uncommitted);
    return compose(...shown.map((delta) => this.#view.apply(delta)));
  }

  // The fate of what was put, and the edits of others.

  /**
   * The first unconfirmed delta that does anything. Those before it, such as an insert and then its deletion, are
   * dropped.
   */
  firstToPut(): LocalDelta | undefined {
    const idle = this.#idleCount();
    if (idle > 0) this.#setUnconfirmed(this.#unconfirmed.slice(idle));
    return this.#unconfirmed[0];
  }

  /** The first unconfirmed delta is in the log, at the next revision. */
  confirm(): void {
    const [first, ...later] = this.#unconfirmed;
    invariant(first !== undefined, 'only a delta that was put is confirmed');
    this.#base.apply(first.whole());
    this.#ownInBase.follow(changesIn(first.whole()), true);
    this.#revision += 1;
    this.#notePuts(first, this.#revision);
    this.#setUnconfirmed(later);
  }

  // None of these knows a running segment: the uncommitted delta is cut before.

  /**
   * Undoes what the refusal of the first unconfirmed delta is about, and what only undid or redid an item of that. The
   * rest of the delta, and the later ones, are kept as far as possible.
   *
   * @param recordSize what a record may weigh, in bytes.
   * @returns what was undone.
   */
  reject(refusal: Refusal, recordSize: number, onLoss: ConflictListener): Delta {
    const [first, ...later] = this.#unconfirmed;
    invariant(first !== undefined, 'only a delta that was put is refused');
    const part = refusedPart(refusal, first.whole(), this.#base, recordSize);
    const { taken } = splitDelta(first.whole(), part);
    const rest = first.segments.map((segment) => ({ ...segment, delta: splitDelta(segment.delta, part).left }));
    const above = [...later, this.#uncommitted];
    const fallen = { taken, segments: first.segments, part };
    const segments = above.flatMap((delta) => delta.segments);
    const { left, shown } = this.#history.reject(fallen, rest, segments, this.rules, onLoss);
    for (const delta of shown) this.#show(delta);
    this.#setRebased([rest, ...regroup(left, above)], [first, ...above]);
    return taken;
  }

  /**
   * Merges the remote delta of the next revision, whose author had seen the log up to `seen`. If about `more` others follow,
   * the queue may stay taken apart until {@link endMerges}, which must be called before anything else.
   *
   * @throws ServiceError `log-mismatch` if it does not fit the state of the log.
   * Nothing is changed then.
   */
  merge(remote: Delta, seen: number, more: number, onConflict: ConflictListener): void {
    if (this.#run === undefined) this.#mergeAlone(remote, seen, onConflict);
    else this.#mergeInRun(this.#run, remote, seen, onConflict);
    if (this.#run?.isOver === true) this.endMerges();
    else if (more > 0) this.#beginRun(more);
  }

  /** Puts the queue together again after merges. */
  endMerges(): void {
    if (this.#run === undefined) return;
    const deltas = this.#run.finish();
    this.#run = undefined;
    this.#history.rebuilt(deltas.flat());
    this.#setRebased(deltas, [...this.#unconfirmed, this.#uncommitted]);
  }

  #mergeAlone(remote: Delta, seen: number, onConflict: ConflictListener): void {
    if (this.#unconfirmed.length === 0 && this.#uncommitted.isUntouched) {
      this.#follow(remote, seen, onConflict);
      return;
    }
    // The delta in flight has been overtaken, so that none of them can be in the log.
    const segments = withoutCancelled([...this.#unconfirmed, this.#uncommitted].map((delta) => delta.segments));
    const { applied, merged } = this.#applyAndMerge(remote, (delta) =>
      rebaseSegments(segments, delta, this.rules, onConflict, this.#ownInBase),
    );
    const shown = this.#show(merged.shown);
    const own = { base: this.#ownInBase, view: this.#ownAfter(segments.flat()) };
    this.#history.merged(merged.deltas.flat(), { remote: applied, shown, own });
    this.#followRemote(applied, seen, isEditedBy(segments), onConflict);
    this.#setRebased(merged.deltas, [...this.#unconfirmed, this.#uncommitted]);
  }

  /** Merges a remote delta where nothing is pending, so that it is to the view what it is to the base. */
  #follow(remote: Delta, seen: number, onConflict: ConflictListener): void {
    const applied = this.#applyToBase(remote);
    const shown = this.#show(remote);
    this.#history.merged([], { remote: applied, shown, own: { base: this.#ownInBase, view: this.#ownInBase } });
    this.#followRemote(applied, seen, () => false, onConflict);
    this.#uncommitted = new LocalDelta();
    this.#noteIfSettled();
  }

  #mergeInRun(run: MergeRun, remote: Delta, seen: number, onConflict: ConflictListener): void {
    const { applied, merged } = this.#applyAndMerge(remote, (delta) =>
      run.over(delta, { rules: this.rules, onConflict, own: this.#ownInBase }),
    );
    this.#show(merged.remote);
    this.#history.mergedBelow(run.recordedCount, applied, this.#ownInBase);
    this.#followRemote(applied, seen, (...place) => run.isEdited(...place), onConflict);
    merged.commit();
  }

  /** Takes the queue apart, so that each of several remote deltas costs what it meets. */
  #beginRun(count: number): void {
    if (this.#run !== undefined) return;
    const deltas = [...this.#unconfirmed, this.#uncommitted].map((delta) => delta.segments);
    const segments = deltas.flat();
    if (segments.length === 0 || !MergeRun.canBegin(segments) || !this.#history.canFollow(segments)) return;
    this.#run = new MergeRun(deltas, count);
  }

  /** Applies a remote delta to the base, and takes it back if the merge fails. */
  #applyAndMerge<Merged>(remote: Delta, merge: (applied: Delta) => Merged): { applied: Delta; merged: Merged } {
    const applied = this.#applyToBase(remote);
    try {
      return { applied, merged: merge(applied) };
    } catch (error) {
      this.#base.apply(invert(applied));
      throw error;
    }
  }

  /** What is known of the log's state follows a remote delta, which makes it the next revision. */
  #followRemote(applied: Delta, seen: number, isEdited: IsEdited, onConflict: ConflictListener): void {
    this.#ownInBase.follow(changesIn(applied), false);
    this.#ownPuts.follow(changesIn(applied), seen, isEdited, onConflict);
    this.#revision += 1;
  }

  /**
   * Goes over to the state of a snapshot. The first unconfirmed delta is part of it if `isFirstInLog`; `isLogLost` is
   * whether it is of a log that went another way. Spec: SYNC-30.
   */
  reload(
    target: State,
    revision: number,
    { isFirstInLog, isLogLost }: { readonly isFirstInLog: boolean; readonly isLogLost: boolean },
    onConflict: ConflictListener,
  ): void {
    const inLog = isFirstInLog ? this.#unconfirmed.slice(0, 1) : [];
    const waiting = [...this.#unconfirmed.slice(inLog.length), this.#uncommitted].map((delta) => delta.segments);
    // At an unchanged revision the first may still be accepted as it is.
    const rest = revision === this.#revision ? waiting : withoutCancelled(waiting);
    const start = this.#base.clone();
    const own = this.#ownInBase.clone();
    for (const delta of inLog) {
      own.follow(changesIn(start.apply(delta.whole())), true);
      this.#notePuts(delta, this.#revision + 1);
    }
    const { deltas, shown } = rebaseOverDifference(start, target, rest, this.rules, onConflict, own);
    this.#ownPuts.reloaded(start, target, isLogLost, isEditedBy(rest), onConflict);
    this.#show(shown);
    this.#base = target;
    this.#ownInBase = own;
    this.#revision = revision;
    this.#history.reloaded(
      inLog.flatMap((delta) => delta.segments),
      deltas.flat(),
    );
    const before = [...this.#unconfirmed.slice(inLog.length), this.#uncommitted];
    // What was seen of the log that is lost says nothing about the other one.
    if (isLogLost) for (const delta of before) delta.seen = 0;
    this.#setRebased(deltas, before);
  }

  /**
   * Puts back local edits that were saved, sealed ones and what was uncommitted, and what was known of the user's own items
   * and values in the log's state.
   */
  restore({ pending, open, seen, ownItems, ownPuts, history }: SavedQueue): void {
    this.#ownInBase = OwnItems.restore(ownItems);
    this.#ownPuts = OwnPuts.restore(ownPuts);
    const segments: Segment[][] = seen.map(() => []);
    pending.forEach((delta, at) => {
      const saved = history?.segments[at] ?? [at, 0, 0];
      segments[saved[0]]?.push({ ...roleOf(saved), delta: this.#view.apply(delta) });
    });
    const deltas = segments.map((own, at) => new LocalDelta(own, seen[at]));
    this.#unconfirmed = deltas.slice(0, -1);
    this.#uncommitted = deltas.at(-1) ?? new LocalDelta();
    // What the user is editing is undone first.
    if (history !== undefined) this.#restoreHistory(history);
    this.#uncommitted.add(changesIn(this.#view.apply(open)));
    if (history === undefined) this.#uncommitted.cut('unrecorded');
    // What could be undone before it was begun is not saved.
    if (this.#uncommitted.isUntouched) this.#uncommitted = new LocalDelta();
    else this.#history.reopened(this.#uncommitted);
  }

  /** The records that changed, against the user's will or without it, since they were last asked for. */
  takeChanged(): RecordsByTable {
    const changed = this.#watch.changed();
    this.#watch = new RecordWatch(this.#view);
    return changed;
  }

  /** The first unconfirmed delta is in the log: the user's rules for it are still known. */
  #notePuts(delta: LocalDelta, rev: number): void {
    const isSum = (table: string, record: string, field: string): boolean =>
      this.rules.get(table, field, record) === 'sum';
    this.#ownPuts.confirmed(changesIn(delta.whole()), rev, isSum);
  }

  #wholeOf(sealed: readonly LocalDelta[], uncommitted: LocalDelta): WholeQueue {
    const seen = [...sealed, uncommitted].map((delta) => Math.min(delta.seen, this.#revision));
    return { sealed: sealed.map((delta) => delta.whole()), uncommitted: uncommitted.whole(), seen };
  }

  #takeLast(): LocalDelta {
    const last = this.#unconfirmed.at(-1);
    invariant(last !== undefined && !this.#uncommitted.isRunning, 'there is a sealed delta, and no segment is running');
    this.#unconfirmed = this.#unconfirmed.slice(0, -1);
    return last;
  }

  /** How many deltas come before the first that does anything. */
  #idleCount(): number {
    const first = this.#unconfirmed.findIndex((delta) => delta.whole().length > 0);
    return first < 0 ? this.#unconfirmed.length : first;
  }

  #takeBatch(): Delta {
    const batch = this.#batches.pop();
    invariant(batch !== undefined, 'only a batch that was begun is ended');
    return batch.whole();
  }

  /**
   * @throws DatastoreError `delta-too-large` if the uncommitted delta, with what batches keep aside, would outgrow the limit
   * with more.
   */
  #checkSize(applied: readonly Change[], limit: number): void {
    if (limit < Number.POSITIVE_INFINITY) this.#checkSizeWith(sizeOfChanges(applied), () => applied, limit);
  }

  /** {@link #checkSize} for changes of a size, which are looked at only if that is too much. */
  #checkSizeWith(size: number, applied: () => readonly Change[], limit: number): void {
    // Composing never weighs more than its parts, so the exact size is only needed where those exceed the limit.
    const parts = [this.#uncommitted, ...this.#batches].reduce((sum, delta) => sum + delta.size, size);
    if (parts <= limit) return;
    const aside = this.#batches.flatMap((batch) => changesIn(batch.whole()));
    const before = this.#uncommitted.sizeWith(aside);
    checkGrowth('delta-too-large', before, this.#uncommitted.sizeWith([...aside, ...applied()]), limit);
  }

  #restoreHistory(saved: StoredHistory): void {
    const applied = new Map(this.segments.map(({ role, delta }) => [role, delta]));
    let last = lastNumber(saved);
    const restore = (items: readonly StoredItem[]): readonly UndoItem[] => {
      // Nothing in the queue is of an item without a number.
      const numbered = items.map(({ id, origin, deltas }) => {
        const own = id || ++last;
        return { id: own, origin: origin || own, deltas };
      });
      return restoreStack(numbered, this.#view, (id) => applied.get(id));
    };
    const stacks = { undo: restore(saved.undo), redo: restore(saved.redo), isExact: saved.isExact };
    this.#history.restore(stacks, last);
  }

  #applyToBase(remote: Delta): Delta {
    try {
      return this.#base.apply(remote);
    } catch (error) {
      // What was merged before is reported later, and the user may edit until then.
      this.#watch.keep();
      if (!(error instanceof DatastoreError)) throw error;
      throw new ServiceError(
        'log-mismatch',
        `revision ${this.#revision + 1} of the log does not fit the state before it: ${error.message}`,
        error,
      );
    }
  }

  /** The user's own items after local segments, found out when somebody asks: most merges meet no undo history. */
  #ownAfter(segments: readonly Segment[]): OwnItemsLookup {
    let own: OwnItems | undefined;
    return {
      isOwn: (table, record, field) => {
        if (own === undefined) {
          own = this.#ownInBase.clone();
          for (const { delta } of segments) own.follow(changesIn(delta), true);
        }
        return own.isOwn(table, record, field);
      },
    };
  }

  /** Applies what others did. */
  #show(delta: Delta): Delta {
    return this.#watch.during(delta, () => this.#view.apply(delta));
  }

  /**
   * The queue is rebased, after what is still below. The last of the deltas is the uncommitted one.
   *
   * @param before the deltas that these were before.
   */
  #setRebased(
    deltas: readonly (readonly Segment[])[],
    before: readonly LocalDelta[],
    below: readonly LocalDelta[] = [],
  ): void {
    const rebased = deltas.map((segments, at) => new LocalDelta(segments.filter(isNotEmpty), before[at]?.seen));
    const [uncommitted = new LocalDelta()] = this.#withoutIdle(rebased.slice(-1));
    this.#uncommitted = uncommitted;
    this.#setUnconfirmed([...below, ...this.#withoutIdle(rebased.slice(0, -1))]);
  }

  /** The deltas that do anything. What can be undone of the others stays so. */
  #withoutIdle(deltas: readonly LocalDelta[]): LocalDelta[] {
    for (const { isIdle, segments } of deltas) if (isIdle) this.#history.dropped(segments);
    return deltas.filter(({ isIdle }) => !isIdle);
  }

  #setUnconfirmed(deltas: LocalDelta[]): void {
    this.#unconfirmed = deltas;
    this.#noteIfSettled();
  }

  #noteIfSettled(): void {
    if (this.#unconfirmed.length > 0 || !this.#uncommitted.isUntouched) return;
    this.rules.clear();
    this.#history.settled();
  }
}

/** What a queue can be restored from: `seen` is that of each pending delta, and last that of the open one. */
export interface SavedQueue {
  readonly pending: readonly Delta[];
  readonly open: Delta;
  readonly seen: readonly number[];
  readonly ownItems: readonly SavedOwnList[];
  readonly ownPuts: readonly SavedPut[];
  /** What can be undone and redone, if that was saved; then the pending deltas are segments. */
  readonly history?: StoredHistory | undefined;
}

/** A delta all of which falls. */
function wholly(delta: LocalDelta): Fallen {
  return { taken: delta.whole(), segments: delta.segments, part: WHOLE };
}

function isNotEmpty({ delta }: Segment): boolean {
  return delta.length > 0;
}
