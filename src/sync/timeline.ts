/**
 * What a replica knows of the log's state, and the local edits on top of it:
 *
 *     base · pending[0] · pending[1] · … · open = view
 *
 * `base` is the log's state at `revision`; `view` is what the user sees. Pending deltas are kept applied, so each says
 * what it overwrote, in the state that it meets here; a rebase keeps that up. So no delta ever needs to be rolled back
 * to merge another, and still each can be:
 *
 * - A remote delta is appended to `base`. The pending ones are rebased over it, and what comes out on the other side
 *   is applied to `view`.
 * - An acknowledged delta moves from the front of `pending` to the end of `base`. `view` does not change.
 * - A refused delta is taken out of `pending`. What undoes it is brought past the later ones and applied to `view`.
 * - A snapshot replaces `base`, and the difference between the two is merged as one remote delta.
 *
 * The base is kept as a state of its own, although it could be computed from `view` by undoing what is pending: a reload
 * and every save need it, states share their records, and it lets every remote delta be checked against the state that
 * it was made for. Spec: SYNC-14.
 */

import type { ConflictListener } from '../deltas/conflict.js';
import { changesIn, compose, type Delta, deltaOf, NO_CHANGES } from '../deltas/delta.js';
import { invert } from '../deltas/invert.js';
import { DatastoreError, ServiceError } from '../errors/datastore-error.js';
import { invariant } from '../errors/invariant-error.js';
import type { Change } from '../operations/change.js';
import { sizeOfChanges } from '../operations/size.js';
import { checkGrowth, type Limits } from '../state/limits.js';
import { applyChanges, type State } from '../state/state.js';
import { checkRoomForMtime, MTIME_CHANGE_SIZE, weigh } from './datastore-info.js';
import { LocalDelta } from './local-delta.js';
import { isRecorded, type Part, type PartRole } from './part.js';
import { PendingRules } from './pending-rules.js';
import { type Rebased, rebaseParts, regroup } from './rebase-parts.js';
import { RecordWatch } from './record-watch.js';
import { rebaseOverDifference } from './reload-difference.js';
import { type Undone, undoBelow } from './undo-below.js';
import { NOTHING_TO_UNDO, type UndoHistory, type UndoMark } from './undo-history.js';

/** See the comment at the top of this file. */
export class Timeline {
  readonly rules: PendingRules = new PendingRules();
  readonly #history: UndoHistory;
  #base: State;
  readonly #view: State;
  #revision: number;
  #pending: LocalDelta[] = [];
  #open = new LocalDelta();
  #watch = new RecordWatch();
  /** What could be undone before a delta was begun. What a merge made of it has no mark: the history has moved on. */
  readonly #marks = new WeakMap<LocalDelta, UndoMark>();

  constructor(base: State, revision: number, history: UndoHistory) {
    this.#base = base;
    this.#view = base.clone();
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
  get pending(): readonly LocalDelta[] {
    return this.#pending;
  }

  /** See `Replica.provisional`. */
  get provisional(): 'next' | 'later' | 'none' {
    const left = this.#pending.slice(this.#idleCount());
    if (left[0]?.isProvisional === true) return 'next';
    return left.some(({ isProvisional }) => isProvisional) ? 'later' : 'none';
  }

  /** The parts of all deltas that the log does not have, in order. */
  get parts(): Part[] {
    return [...this.#pending, this.#open].flatMap((delta) => delta.parts);
  }

  get open(): LocalDelta {
    return this.#open;
  }

  /**
   * Applies an edit of the user. The first `unrecorded` changes are made a part of their own, which the undo history
   * leaves alone; there must be no running part then.
   *
   * @throws DatastoreError where it does not fit, or would put the state or the open delta over a limit, now or when
   * it is sealed. Nothing is changed then.
   */
  edit(changes: readonly Change[], limits: Limits, unrecorded = 0): readonly Change[] {
    const before = weigh(this.#view);
    // The state compares the delta with the limit on its own; what counts is all that gathered since the last seal.
    const applied = applyChanges(this.#view, changes, { ...limits, deltaSize: Number.POSITIVE_INFINITY });
    if (!this.#marks.has(this.#open)) this.markOpen();
    try {
      checkRoomForMtime(before, weigh(this.#view), limits);
      this.#checkSize(applied, limits.deltaSize - MTIME_CHANGE_SIZE);
    } catch (error) {
      this.#view.apply(invert(deltaOf(applied)));
      throw error;
    }
    if (unrecorded === 0) {
      this.#open.add(applied);
    } else {
      this.#open.add(applied.slice(0, unrecorded));
      this.#open.cut('unrecorded');
      this.#open.add(applied.slice(unrecorded));
    }
    return applied;
  }

  /** What can be undone and redone now is what could be before the open delta: it has no part that the history knows. */
  markOpen(): void {
    this.#marks.set(this.#open, this.#history.mark());
  }

  /** Drops the open delta, as if it had never been made. */
  rollback(): Delta {
    const mark = this.#marks.get(this.#open);
    if (this.#open.isUntouched && mark === undefined) return NO_CHANGES;
    const applied = this.#view.apply(invert(this.#open.whole()));
    this.#history.returnTo(mark ?? NOTHING_TO_UNDO);
    this.#open = new LocalDelta();
    this.#noteRest();
    return applied;
  }

  /** Ends the running part of the open delta, giving it a role. */
  cut(role: PartRole, lineage?: number): Part | undefined {
    return this.#open.cut(role, lineage);
  }

  /** The last part that can be undone or undoes, if it is in a delta that may be changed still. */
  lastUnsentPart(isFirstSent: boolean): Part | undefined {
    return this.#lastUnsent(isFirstSent)?.parts.findLast(isRecorded);
  }

  /**
   * Undoes that part by taking it out of its delta: nobody will ever hear of it. `note` tells the history; what it knows
   * then is what could be undone before the deltas behind, which have no part that it knows.
   */
  takeBack(part: Part, isFirstSent: boolean, note: (applied: Delta) => void): Delta {
    const delta = this.#lastUnsent(isFirstSent);
    invariant(delta?.parts.includes(part) === true, 'only a part that was not sent can be taken back');
    const all = [...this.#pending, this.#open];
    const behind = all.slice(all.indexOf(delta) + 1);
    const applied = this.#view.apply(invert(part.delta));
    delta.remove(part.role);
    note(applied);
    this.#setPending(this.#withoutIdle(this.#pending));
    for (const later of behind) {
      if (later === this.#open || this.#marks.has(later)) this.#marks.set(later, this.#history.mark());
    }
    return applied;
  }

  /** Makes the last pending delta open again, together with what is open now. */
  reopen(): void {
    const last = this.#pending.at(-1);
    invariant(last !== undefined && !this.#open.isRunning, 'there is a sealed delta, and the open one is cut');
    this.#pending = this.#pending.slice(0, -1);
    this.#open = new LocalDelta([...last.parts, ...this.#open.parts]);
    this.#marks.set(this.#open, this.#marks.get(last) ?? NOTHING_TO_UNDO);
  }

  /**
   * Undoes the last pending delta, and what only undid or redid a step of it. What is open, and cut, stands as far as
   * it can.
   *
   * @returns how the view changed.
   */
  withdrawLast(onConflict: ConflictListener): Delta {
    const last = this.#pending.at(-1);
    invariant(last !== undefined && !this.#open.isRunning, 'there is a sealed delta, and the open one is cut');
    const { left, shown } = this.#undoBelow(last, this.#open.parts, onConflict);
    const [open = new LocalDelta()] = this.#withoutIdle([new LocalDelta(left.filter(({ delta }) => delta.length > 0))]);
    this.#open = open;
    // Nobody knows what could be undone before an edit that was made over what is withdrawn.
    if (!this.#open.isUntouched) this.#marks.set(this.#open, NOTHING_TO_UNDO);
    this.#setPending(this.#pending.slice(0, -1));
    return compose(...shown.map((delta) => this.#view.apply(delta)));
  }

  /**
   * Seals the open delta: it joins the last pending one if that was not sent and both together stay within the limit,
   * and else queues behind it.
   */
  seal(isFirstSent: boolean, deltaSizeLimit: number): void {
    const open = this.#open;
    this.#open = new LocalDelta();
    if (open.whole().length === 0) {
      this.#history.noteDropped(open.parts);
      this.#noteRest();
      return;
    }
    const last = this.#pending.at(-1);
    const canJoin = this.#pending.length > (isFirstSent ? 1 : 0);
    const changes = open.parts.flatMap(({ delta }) => changesIn(delta));
    if (last === undefined || !canJoin || last.sizeWith(changes) > deltaSizeLimit) this.#pending.push(open);
    else last.absorb(open);
    // What was forgotten of deltas before the last one could be known again once that is made open again and dropped.
    this.#pending.at(-1)?.join(this.#history.takeForgotten());
  }

  /** The first pending delta is in the log, at the next revision. */
  acknowledge(): void {
    const [first, ...later] = this.#pending;
    invariant(first !== undefined, 'only a delta that was put is acknowledged');
    this.#base.apply(first.whole());
    this.#revision += 1;
    this.#setPending(later);
  }

  /**
   * Merges the remote delta of the next revision.
   *
   * @throws DatastoreError `log-mismatch` if it does not fit the state of the log, or what a merge function throws.
   * Nothing is changed then.
   */
  merge(remote: Delta, onConflict: ConflictListener): void {
    const applied = this.#applyToBase(remote);
    try {
      const parts = this.#pending.map((delta) => delta.parts);
      this.#follow(rebaseParts(parts, applied, this.rules, onConflict), applied);
    } catch (error) {
      this.#base.apply(invert(applied));
      throw error;
    }
    this.#revision += 1;
  }

  /**
   * Undoes the first pending delta, which was refused, and what only undid or redid a step of it. The later ones stand
   * as far as they can.
   */
  withdraw(onConflict: ConflictListener): Delta {
    const [first, ...later] = this.#pending;
    invariant(first !== undefined, 'only a delta that was put is refused');
    const parts = later.flatMap((delta) => delta.parts);
    const { left, shown } = this.#undoBelow(first, parts, onConflict);
    for (const delta of shown) this.#show(delta);
    this.#setRebased(regroup(left, later));
    return first.whole();
  }

  /**
   * Goes over to the state of a snapshot. The first pending delta is part of it if `isFirstInLog`. Spec: SYNC-30.
   *
   * @throws what a merge function throws. Nothing is changed then.
   */
  reload(target: State, revision: number, isFirstInLog: boolean, onConflict: ConflictListener): void {
    const inLog = isFirstInLog ? this.#pending.slice(0, 1) : [];
    const rest = this.#pending.slice(inLog.length).map((delta) => delta.parts);
    const start = this.#base.clone();
    for (const delta of inLog) start.apply(delta.whole());
    const rebased = rebaseOverDifference(start, target, rest, this.rules, onConflict);
    this.#show(rebased.shown);
    this.#base = target;
    this.#revision = revision;
    this.#history.meetSnapshot(
      inLog.flatMap((delta) => delta.parts),
      rebased.deltas.flat(),
    );
    this.#setRebased(rebased.deltas);
  }

  /** The records that changed, against the user's will or without it, since they were last asked for. */
  takeChanged(): ReturnType<RecordWatch['changed']> {
    const changed = this.#watch.changed();
    this.#watch = new RecordWatch();
    return changed;
  }

  /** The first pending delta that does anything. Those before it, such as an insert that was taken back, are dropped. */
  firstToPut(): LocalDelta | undefined {
    const idle = this.#idleCount();
    if (idle > 0) this.#setPending(this.#pending.slice(idle));
    return this.#pending[0];
  }

  /** How many deltas come before the first that does anything. */
  #idleCount(): number {
    const first = this.#pending.findIndex((delta) => delta.whole().length > 0);
    return first < 0 ? this.#pending.length : first;
  }

  /** Puts back local edits that were saved: sealed deltas, and what was open. */
  restore(pending: readonly Delta[], open: Delta): void {
    this.#pending = pending.map((delta) => new LocalDelta([this.#restored(delta)]));
    const restored = this.#restored(open);
    if (restored.delta.length > 0) this.#open = new LocalDelta([restored]);
  }

  /** @throws DatastoreError `delta-too-large` if the open delta would outgrow the limit with more. */
  #checkSize(applied: readonly Change[], limit: number): void {
    const { size } = this.#open;
    // Composing never weighs more than its parts, so the exact size is only needed where those exceed the limit.
    if (size + sizeOfChanges(applied) > limit) {
      checkGrowth('delta-too-large', size, this.#open.sizeWith(applied), limit);
    }
  }

  #restored(delta: Delta): Part {
    return { role: 'unrecorded', delta: this.#view.apply(delta) };
  }

  #undoBelow(fallen: LocalDelta, later: readonly Part[], onConflict: ConflictListener): Undone {
    const undone = undoBelow(fallen, later, this.rules, onConflict);
    this.#history.meetRefusal(fallen.parts, later, undone.left);
    return undone;
  }

  #lastUnsent(isFirstSent: boolean): LocalDelta | undefined {
    const candidates = [...this.#pending.slice(isFirstSent ? 1 : 0), this.#open];
    return candidates.findLast(({ parts }) => parts.some(isRecorded));
  }

  #applyToBase(remote: Delta): Delta {
    try {
      return this.#base.apply(remote);
    } catch (error) {
      if (!(error instanceof DatastoreError)) throw error;
      throw new ServiceError('log-mismatch', `revision ${this.#revision + 1} does not fit: ${error.message}`, error);
    }
  }

  #follow(rebased: Rebased, remote: Delta): void {
    this.#history.meet(rebased.deltas.flat(), { remote, shown: rebased.shown });
    this.#show(rebased.shown);
    this.#setRebased(rebased.deltas);
  }

  #show(delta: Delta): void {
    this.#watch.note(delta, this.#view);
    this.#view.apply(delta);
  }

  #setRebased(deltas: readonly (readonly Part[])[]): void {
    const left = deltas.map((parts) => parts.filter(({ delta }) => delta.length > 0));
    this.#setPending(this.#withoutIdle(left.map((parts) => new LocalDelta(parts))));
  }

  /** The deltas that do anything. What can be undone of the others stays so. */
  #withoutIdle(deltas: readonly LocalDelta[]): LocalDelta[] {
    for (const { isIdle, parts } of deltas) if (isIdle) this.#history.noteDropped(parts);
    return deltas.filter(({ isIdle }) => !isIdle);
  }

  #setPending(deltas: LocalDelta[]): void {
    this.#pending = deltas;
    this.#noteRest();
  }

  #noteRest(): void {
    if (this.#pending.length > 0 || !this.#open.isUntouched) return;
    this.rules.clear();
    this.#history.noteNothingPending();
  }
}
