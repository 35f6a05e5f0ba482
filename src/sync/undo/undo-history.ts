/**
 * What can be undone and redone.
 *
 * An *undo item* is what the user edited between two points, or redid. The items that can be undone form a stack: each
 * delta of it fits the state that the deltas above it leave. What was undone forms another, for redoing. Both must be
 * brought past whatever happens below them. Take item A, which is in the log, and B, which is not:
 *
 *     … A | B = view        undo stack, from the top: ¬B, ¬A        (¬X undoes X)
 *
 * A remote delta meets the state of the log, at the bar. So only ¬A must be brought past it; ¬B is simply the inverse
 * of what became of B, and B's own merge knows best what it overwrites by then. That works while the stack is *aligned*
 * with the recorded segments that the log lacks: each delta beside the segment that it undoes. It is no longer aligned
 * if B was undone while it was in flight, and the log has B but not yet its undo. Then the whole stack is brought past
 * what the *view* meets. That is as valid, and less precise. From then on the deltas below the bar do not start at the
 * state of the log: the stack is not *exact* until nothing is left above the bar.
 *
 * What redoes the undos at the end of the queue is likewise the inverse of what became of them.
 *
 * Costs: an item costs nothing until it is undone, since its inverse is worked out when it is first asked for. A remote
 * delta costs a look at what the stack touches, and a rebase only where the two meet.
 *
 * Spec: SYNC-39 to SYNC-49, SYNC-53 to SYNC-55, SYNC-58, SYNC-62.
 */

import type { ConflictListener } from '../../deltas/conflict.js';
import { changesIn, composeAll, type Delta, NO_CHANGES } from '../../deltas/delta.js';
import { invert } from '../../deltas/invert.js';
import type { OwnItemsLookup, RuleLookup } from '../../deltas/rebase.js';
import type { Change } from '../../operations/change.js';
import type { LocalDelta } from '../local-delta.js';
import { type Fallen, isRecorded, type Segment, type Undone, undoBelow } from './segments.js';
import { below, carry, fade, isMet, UndoItem } from './undo-stack.js';

/** A segment that can be taken out of the delta that it lies in: an item is undone by that, or an undo redone. */
export interface TakeBack {
  readonly delta: LocalDelta;
  readonly segment: Segment;
}

/**
 * A remote delta, applied to the state of the log, and applied to what the user sees; and the own items of the log's state
 * and of what the user saw, as they were before.
 */
export interface Met {
  readonly remote: Delta;
  readonly shown: Delta;
  readonly own: { readonly base: OwnItemsLookup; readonly view: OwnItemsLookup };
}

/**
 * See the comment at the top of this file. The pending queue calls the first group of methods, the editor the second.
 */
export class UndoHistory {
  readonly #depth: number;
  readonly #rules: RuleLookup;
  #undo: UndoItem[] = [];
  #redo: UndoItem[] = [];
  #isExact = true;
  /** The items that were in the stack and will never be again, nor anything that undoes or redoes them. */
  #forgotten: number[] = [];
  #lastId = 0;
  /** What could be undone before a delta was begun. What a merge made of it has no mark: the history has moved on. */
  readonly #marks = new WeakMap<LocalDelta, Mark>();

  /** @param isSum whether a field has rule sum. */
  constructor(depth: number, isSum: (table: string, field: string) => boolean) {
    this.#depth = depth;
    // Later edits of others stay, but a sum can give back this user's share.
    this.#rules = { get: (table, field) => (isSum(table, field) ? 'sum' : 'remote') };
  }

  /** An id that no item has had. */
  newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** What can be undone and redone now, or could before a delta was begun, if that is known. */
  markBefore(delta: LocalDelta | undefined): Mark | undefined {
    return delta === undefined ? this.#mark() : this.#marks.get(delta);
  }

  /** Goes on with what was saved, whose ids are at most `lastId`. */
  restore({ undo, redo, isExact }: Omit<Mark, 'forgotten'>, lastId: number): void {
    this.#undo = undo.slice(0, this.#depth);
    this.#redo = redo.slice(0, this.#depth);
    this.#isExact = isExact;
    this.#lastId = lastId;
  }

  // What the pending queue reports, in terms of its deltas and their segments.

  /** The first edit of a delta follows: what can be undone now is what could be before it. */
  begun(delta: LocalDelta): void {
    if (!this.#marks.has(delta)) this.#marks.set(delta, this.#mark());
  }

  /** A delta was sealed, or was joined by what was sealed. */
  sealed(delta: LocalDelta): void {
    // What was forgotten of deltas before this one could be known again once this is reopened and dropped.
    delta.join(new Set(this.#forgotten));
    this.#forgotten = [];
  }

  /** Joins what is forgotten of the uncommitted delta: if it is dropped, all of it is. */
  joinForgotten(uncommitted: LocalDelta): void {
    if (this.#forgotten.length === 0) return;
    const roles = new Set(uncommitted.segments.map(({ role }) => role));
    const own = this.#forgotten.filter((id) => roles.has(id));
    if (own.length === 0) return;
    uncommitted.join(new Set(own));
    this.#forgotten = this.#forgotten.filter((id) => !roles.has(id));
  }

  /**
   * The uncommitted delta begins where `first` did, if that is known; if not, nothing can be undone once it is dropped.
   */
  reopened(uncommitted: LocalDelta, first?: LocalDelta): void {
    this.#marks.set(uncommitted, (first && this.#marks.get(first)) ?? NOTHING);
  }

  /** The uncommitted delta is dropped, with no merge since it was begun. */
  rolledBack(uncommitted: LocalDelta): void {
    const mark = this.#marks.get(uncommitted);
    if (mark === undefined && uncommitted.isUntouched) return;
    const { undo, redo, isExact, forgotten } = mark ?? NOTHING;
    this.#undo = [...undo];
    this.#redo = [...redo];
    this.#isExact = isExact;
    this.#forgotten = [...forgotten];
  }

  /**
   * The next item was undone or redone by taking a segment out, which `applied` did; `left` are the segments that are
   * left.
   */
  takenBack({ role }: Segment, applied: Delta, left: readonly Segment[]): void {
    if (role === 'undoing') {
      const undone = this.nextRedo();
      if (undone !== undefined) this.redone(undone, undone.id, applied);
      return;
    }
    const item = this.nextUndo();
    if (item === undefined) return;
    this.undone(item, applied);
    const recorded = latestFirst(left);
    this.#rebuild(recorded, this.#undo.slice(recorded.length));
  }

  /** The deltas behind that one have no item, so each begins with what can be undone now. The last is uncommitted. */
  rebegun(behind: readonly LocalDelta[]): void {
    const uncommitted = behind.at(-1);
    for (const delta of behind) {
      if (delta === uncommitted || this.#marks.has(delta)) this.#marks.set(delta, this.#mark());
    }
  }

  /** A remote delta was merged. `segments` are what became of all local ones, those that became empty too. */
  merged(segments: readonly Segment[], { remote, shown, own }: Met): void {
    const recorded = latestFirst(segments);
    if (this.#isAligned(recorded)) {
      this.mergedBelow(recorded.length, remote, own.base);
      this.rebuilt(segments);
    } else {
      this.#undo = fade(this.#undo, shown, this.#rules, own.view);
      this.#isExact = false;
    }
    if (!isMet(this.#redo, changesIn(remote))) return;
    this.#redo = this.#alignRedo(carry(this.#redo, shown, this.#rules, own.view), recorded);
  }

  /**
   * Whether it can follow several remote deltas by {@link mergedBelow}, one after the other, and what becomes of these local
   * segments by one {@link rebuilt} at the end.
   */
  canFollow(segments: readonly Segment[]): boolean {
    return this.#redo.length === 0 && this.#isAligned(latestFirst(segments));
  }

  /** A remote delta was merged: the items in the log are brought past it, all but as many as there are recorded segments. */
  mergedBelow(recordedCount: number, remote: Delta, own: OwnItemsLookup): void {
    const logged = fade(this.#undo.slice(recordedCount), remote, this.#rules, own);
    this.#undo = [...this.#undo.slice(0, recordedCount), ...logged];
  }

  /** The local segments are rebased, those that became empty among them: their items are what undoes them. */
  rebuilt(segments: readonly Segment[]): void {
    const recorded = latestFirst(segments);
    this.#rebuild(recorded, this.#undo.slice(recorded.length));
  }

  /**
   * Undoes a delta, or a part of it, below other segments: it was refused or is retracted. Of what falls, nothing is left
   * to undo.
   *
   * @param rest what is left of the segments of the delta.
   */
  reject(
    fallen: Fallen,
    rest: readonly Segment[],
    above: readonly Segment[],
    rules: RuleLookup,
    onLoss: ConflictListener,
  ): Undone {
    const undone = undoBelow(fallen, above, rules, onLoss);
    const recorded = latestFirst([...fallen.segments, ...above]);
    if (this.#isAligned(recorded)) {
      this.#rebuild(latestFirst([...rest, ...undone.left]), this.#undo.slice(recorded.length));
    } else {
      this.#undo = [];
    }
    this.#redo = [];
    return undone;
  }

  /** A snapshot was merged. Only what the log still lacks can be undone: `segments`, rebased, the empty ones too. */
  reloaded(inLog: readonly Segment[], segments: readonly Segment[]): void {
    if (this.#isAligned(latestFirst([...inLog, ...segments]))) this.#rebuild(latestFirst(segments), []);
    else this.#undo = [];
    this.#redo = [];
  }

  /**
   * A delta was dropped because it does nothing. If it has an item of the stack, the rest does not start at the log.
   */
  dropped(segments: readonly Segment[]): void {
    const roles = new Set(segments.map(({ role }) => role));
    if (this.#undo.some(({ id }) => roles.has(id))) this.#isExact = false;
  }

  /** The log has everything: the stack starts at its state, whatever it went through. */
  settled(): void {
    this.#isExact = true;
  }

  // What the user does, by way of the editor.

  /** The user edited: what was undone before can no longer be redone. The `unrecorded` changes belong to no item. */
  edited(unrecorded: readonly Change[]): void {
    this.#redo = [];
    // An item cannot be undone past a change of the same place that nobody can undo, so there the history ends.
    if (!isMet(this.#undo, unrecorded)) return;
    this.#forget(this.#undo);
    this.#undo = [];
  }

  /** The user finished an item. */
  recorded(id: number, applied: Delta): void {
    this.#push(id, id, applied);
  }

  /** What to undo next: the latest item whose undoing still changes anything. */
  nextUndo(): UndoItem | undefined {
    return this.#undo.find(({ delta }) => delta.length > 0);
  }

  nextRedo(): UndoItem | undefined {
    return this.#redo.find(({ delta }) => delta.length > 0);
  }

  /**
   * Finds the delta out of which an item can be taken, because it was never sent. The item must be the last that is
   * recorded there, and the stack must be aligned, since the deltas below depend on that.
   *
   * @param changeable the local deltas that were not sent, oldest first.
   * @param segments those of all local deltas.
   */
  takeBackOf(item: UndoItem, changeable: readonly LocalDelta[], segments: readonly Segment[]): TakeBack | undefined {
    const delta = changeable.findLast((candidate) => candidate.segments.some(isRecorded));
    const segment = delta?.segments.findLast(isRecorded);
    if (delta === undefined || segment?.role !== item.id || !this.#isAligned(latestFirst(segments))) return undefined;
    return { delta, segment };
  }

  /** Finds the undo of an item, if that was never sent and no item or undo comes after it. */
  undoingOf(item: UndoItem, changeable: readonly LocalDelta[]): TakeBack | undefined {
    const delta = changeable.findLast((candidate) => candidate.segments.some(isRecorded));
    const segment = delta?.segments.findLast(isRecorded);
    const isUndoing = segment?.role === 'undoing' && segment.origin === item.origin;
    return delta !== undefined && isUndoing ? { delta, segment } : undefined;
  }

  /** An item was undone by `applied`. */
  undone(item: UndoItem, applied: Delta): void {
    this.#undo = [...below(this.#undo, this.#undo.indexOf(item) + 1, this.#rules)];
    this.#redo.unshift(UndoItem.undoing(item.id, item.origin, applied));
  }

  /** An item was redone by `applied`, and has another id from now on. */
  redone(item: UndoItem, id: number, applied: Delta): void {
    this.#redo = this.#redo.slice(this.#redo.indexOf(item) + 1);
    this.#push(id, item.origin, applied);
  }

  #mark(): Mark {
    return { undo: [...this.#undo], redo: [...this.#redo], isExact: this.#isExact, forgotten: [...this.#forgotten] };
  }

  #push(id: number, origin: number, applied: Delta): void {
    this.#undo.unshift(UndoItem.undoing(id, origin, applied));
    if (this.#undo.length > this.#depth) this.#forget(this.#undo.splice(this.#depth));
  }

  /** An item that was redone keeps a segment of its own: paired segments take turns. */
  #forget(items: readonly UndoItem[]): void {
    for (const { id, origin } of items) if (id === origin) this.#forgotten.push(id);
  }

  /** Whether each item of the stack is beside its segment, as far as both go, and the rest starts at the log. */
  #isAligned(recorded: readonly Segment[]): boolean {
    const isInLine = this.#undo.every(({ id }, at) => at >= recorded.length || recorded[at]?.role === id);
    return isInLine && (this.#isExact || this.#undo.length <= recorded.length);
  }

  /** Makes new items from recorded segments, as many as there were, on top of those that are in the log. */
  #rebuild(recorded: readonly Segment[], logged: readonly UndoItem[]): void {
    const items = this.#undo.slice(0, recorded.length).flatMap(({ id, origin }, at) => {
      const delta = recorded[at]?.delta ?? NO_CHANGES;
      return delta.length === 0 ? [] : [UndoItem.undoing(id, origin, delta)];
    });
    this.#undo = [...items, ...logged];
  }

  /**
   * What redoes the undos at the end of the queue is the inverse of what became of them, so that redoing one of them is
   * the same as taking it out. The rest of the stack follows. Spec: SYNC-54.
   */
  #alignRedo(stack: readonly UndoItem[], recorded: readonly Segment[]): UndoItem[] {
    const aligned: UndoItem[] = [];
    for (const { id, origin } of stack) {
      const undo = recorded[aligned.length];
      if (undo?.role !== 'undoing' || undo.origin !== origin) break;
      aligned.push(UndoItem.undoing(id, origin, undo.delta));
    }
    const replaced = stack.slice(0, aligned.length);
    const same = replaced.findIndex(({ delta }, at) => aligned[at]?.delta.equals(delta) !== true);
    const start = same < 0 ? aligned.length : same;
    const difference = composeAll([
      ...replaced
        .slice(start)
        .map(({ delta }) => invert(delta))
        .reverse(),
      ...aligned.slice(start).map(({ delta }) => delta),
    ]);
    const rest = carry(stack.slice(aligned.length), difference, this.#rules);
    return [...aligned, ...rest].filter(({ delta }) => delta.length > 0);
  }
}

/** What could be undone and redone at some moment. */
export interface Mark {
  readonly undo: readonly UndoItem[];
  readonly redo: readonly UndoItem[];
  readonly isExact: boolean;
  readonly forgotten: readonly number[];
}

const NOTHING: Mark = Object.freeze({ undo: [], redo: [], isExact: true, forgotten: [] });

/** The segments that the history knows of, the latest first. */
function latestFirst(segments: readonly Segment[]): Segment[] {
  return segments.filter(isRecorded).reverse();
}
