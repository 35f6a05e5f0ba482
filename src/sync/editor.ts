import { changesIn, Delta, type DeltaInput, deltaOf } from '../deltas/delta.js';
import type { Place } from '../errors/datastore-error.js';
import type { Change, ListOp, ListPlace } from '../operations/change.js';
import { ownChanges, ownSingleListOp } from '../operations/ownership.js';
import type { ResolutionRules } from '../rules/resolution-rules.js';
import { type Limits, NO_LIMITS } from '../state/limits.js';
import { isOfInfo, mtimeChanges, titleApart, titleEdit } from './datastore-info.js';
import type { PendingQueue } from './pending-queue.js';
import { type PlacedRule, ruleAt, rulesFor } from './pending-rules.js';
import type { TakeBack, UndoHistory } from './undo/undo-history.js';
import type { UndoItem } from './undo/undo-stack.js';

/** The settings of a replica that edits depend on. */
export interface EditorContext {
  readonly limits: Limits;
  readonly rules: Pick<ResolutionRules, 'get'>;
  readonly undoDepth: number;
}

/**
 * What the user does to the pending queue: edits within the limits, each under the rules that are in force, cut into
 * undo items. What it returns is the engine's own. Spec: SYNC-15 to SYNC-17, SYNC-39 to SYNC-41, SYNC-46.
 */
export class Editor {
  readonly #queue: PendingQueue;
  readonly #history: UndoHistory;
  readonly #context: EditorContext;
  /** What the batch that is under way has edited, besides the changes. */
  #batch: BatchNotes | undefined;

  constructor(queue: PendingQueue, history: UndoHistory, context: EditorContext) {
    this.#queue = queue;
    this.#history = history;
    this.#context = context;
  }

  get canUndo(): boolean {
    const isRunning = this.#context.undoDepth > 0 && this.#queue.uncommitted.isRunning;
    return isRunning || this.#history.nextUndo() !== undefined;
  }

  get canRedo(): boolean {
    return this.#history.nextRedo() !== undefined;
  }

  /** See `Replica.apply`. */
  apply(edits: DeltaInput): Delta {
    const changes = Delta.is(edits) ? changesIn(edits) : ownChanges(edits);
    if (!changes.some(isOfInfo)) return deltaOf(this.#edit(changes, 0));
    if (this.#batch !== undefined) this.#batch.editsInfo = true;
    const info = changes.filter(isOfInfo);
    this.#endItemBefore(info);
    return deltaOf(this.#edit([...info, ...changes.filter((change) => !isOfInfo(change))], info.length));
  }

  /** See `Replica.editList`. @returns nothing where there is no such list, or it says something about the datastore. */
  editList(place: ListPlace, op: unknown): ListOp | undefined {
    if (isOfInfo(place)) return undefined;
    let rule: PlacedRule | undefined;
    const own = (at: Place): ListOp => {
      const owned = ownSingleListOp(op, at);
      rule = ruleAt(place, this.#context.rules);
      return owned;
    };
    const applied = this.#queue.editList(place, own, this.#context.limits);
    if (rule === undefined || applied === undefined) return undefined;
    if (this.#batch === undefined) {
      this.#history.edited([]);
      this.#queue.rules.set(rule);
    } else this.#batch.rules.push(rule);
    return applied;
  }

  /** See `Replica.batch`. */
  batch(edit: () => void): Delta {
    const outer = this.#batch;
    const notes: BatchNotes = { rules: [], editsInfo: false };
    this.#batch = notes;
    this.#queue.beginBatch();
    try {
      edit();
    } catch (error) {
      this.#queue.dropBatch();
      throw error;
    } finally {
      this.#batch = outer;
    }
    const edited = this.#queue.endBatch();
    if (outer === undefined) {
      this.#keepBatch(edited, notes);
    } else {
      // Not spread into one call: there may be more than a call can take.
      for (const rule of notes.rules) outer.rules.push(rule);
      outer.editsInfo ||= notes.editsInfo;
    }
    return edited;
  }

  /** See `Replica.setTitle`. */
  setTitle(title: string | undefined): void {
    const { recordMade, titleSet } = titleEdit(this.#queue.view, title);
    this.#endItemBefore(recordMade);
    if (titleSet.length > 0) this.#edit([...recordMade, ...titleSet], recordMade.length);
  }

  /** Ends the undo item that the last edits belong to. */
  endItem(): void {
    if (this.#context.undoDepth === 0) return;
    const id = this.#history.newId();
    const segment = this.#queue.cut(id, id);
    if (segment === undefined) return;
    this.#history.recorded(id, segment.delta);
    this.#history.joinForgotten(this.#queue.uncommitted);
  }

  /** Ends the undo item, so that no segment of the uncommitted delta is running. */
  cut(): void {
    this.endItem();
    this.#queue.cut('unrecorded');
  }

  /**
   * Undoes the latest item. See `Replica.undo`.
   *
   * @param isFirstSent whether the first unconfirmed delta may no longer be changed.
   */
  undo(isFirstSent: boolean): Delta | undefined {
    this.endItem();
    const item = this.#history.nextUndo();
    if (item === undefined) return undefined;
    const takeBack = this.#history.takeBackOf(item, this.#queue.changeable(isFirstSent), this.#queue.segments);
    if (takeBack !== undefined) return this.#takeBack(item, takeBack);
    const applied = this.#repeat(item);
    if (this.#queue.cut('undoing', item.origin) !== undefined) this.#history.undone(item, applied);
    return applied;
  }

  /** Redoes what was undone last. See `Replica.redo`, and {@link undo} for the parameter. */
  redo(isFirstSent: boolean): Delta | undefined {
    const item = this.#history.nextRedo();
    if (item === undefined) return undefined;
    const takeBack = this.#history.undoingOf(item, this.#queue.changeable(isFirstSent));
    if (takeBack !== undefined) return this.#takeBack(item, takeBack);
    const applied = this.#repeat(item);
    const id = this.#history.newId();
    this.#queue.cut(id, item.origin);
    this.#history.redone(item, id, applied);
    return applied;
  }

  /** Seals the uncommitted delta, which joins the last unconfirmed one if both stay within `joinedSizeLimit`. */
  seal(time: Date, clockOffset: number | undefined, isFirstSent: boolean, joinedSizeLimit: number): void {
    this.endItem();
    const { uncommitted, view } = this.#queue;
    if (!uncommitted.isIdle) {
      this.#queue.cut('unrecorded');
      // No item touches the modified time, so the undo history need not hear of this.
      this.#queue.edit(mtimeChanges(view, time, clockOffset), NO_LIMITS);
      this.#queue.cut('unrecorded');
    }
    this.#queue.seal(isFirstSent, joinedSizeLimit);
  }

  #edit(changes: readonly Change[], unrecorded: number): readonly Change[] {
    const applied = this.#applyUnderRules(changes, unrecorded);
    if (this.#batch === undefined) this.#history.edited(applied.slice(0, unrecorded));
    return applied;
  }

  /** The edits of a batch become one edit. Setting the title is undone with the others, as outside of a batch. */
  #keepBatch(edited: Delta, { rules, editsInfo }: BatchNotes): void {
    if (edited.length === 0) return;
    const changes = changesIn(edited).flatMap((change) => (editsInfo ? [change] : titleApart(change)));
    const isUnrecorded = (change: Change): boolean => isOfInfo(change) && (editsInfo || change.type === 'insert');
    const unrecorded = changes.filter(isUnrecorded);
    this.#endItemBefore(unrecorded);
    this.#queue.keep([...unrecorded, ...changes.filter((change) => !isUnrecorded(change))], unrecorded.length);
    this.#history.edited(unrecorded);
    this.#setRules(rules);
  }

  /** Changes that belong to no undo item end the one before them. A batch sees to that when it ends. */
  #endItemBefore(unrecorded: readonly Change[]): void {
    if (unrecorded.length > 0 && this.#batch === undefined) this.endItem();
  }

  #takeBack(item: UndoItem, takeBack: TakeBack): Delta {
    const rules = rulesFor(changesIn(item.delta), this.#context.rules);
    const applied = this.#queue.takeBack(takeBack);
    this.#setRules(rules);
    return applied;
  }

  /** Applies what undoes or redoes an item. */
  #repeat(item: UndoItem): Delta {
    return deltaOf(this.#applyUnderRules(changesIn(item.delta), 0));
  }

  #applyUnderRules(changes: readonly Change[], unrecorded: number): readonly Change[] {
    const rules = rulesFor(changes, this.#context.rules);
    const applied = this.#queue.edit(changes, this.#context.limits, unrecorded);
    if (this.#batch === undefined) this.#setRules(rules);
    else for (const rule of rules) this.#batch.rules.push(rule);
    return applied;
  }

  #setRules(rules: readonly PlacedRule[]): void {
    for (const rule of rules) this.#queue.rules.set(rule);
  }
}

/** What is kept of a batch until it ends: the rules of its edits, and whether it edits table `:info` directly. */
interface BatchNotes {
  readonly rules: PlacedRule[];
  editsInfo: boolean;
}
