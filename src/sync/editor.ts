import { changesIn, Delta, type DeltaInput, deltaOf } from '../deltas/delta.js';
import type { Change } from '../operations/change.js';
import { ownChanges } from '../operations/ownership.js';
import type { ResolutionRules } from '../rules/resolution-rules.js';
import { type Limits, NO_LIMITS } from '../state/limits.js';
import { isOfInfo, mtimeChanges, titleEdit } from './datastore-info.js';
import type { ReplicaOptions } from './replica-options.js';
import type { Timeline } from './timeline.js';
import type { UndoHistory, UndoStep } from './undo-history.js';

/**
 * What the user does to a timeline: edits within the limits, each under the rules that are in force, cut into steps that
 * can be undone and redone. What it returns is the engine's own. Spec: SYNC-15 to SYNC-17, SYNC-39 to SYNC-41, SYNC-46.
 */
export class Editor {
  readonly #timeline: Timeline;
  readonly #history: UndoHistory;
  readonly #limits: Limits;
  readonly #rules: Pick<ResolutionRules, 'get'>;
  readonly #undoDepth: number;
  #stepCount = 0;

  constructor(timeline: Timeline, history: UndoHistory, settings: Required<ReplicaOptions>) {
    this.#timeline = timeline;
    this.#history = history;
    this.#limits = settings.limits;
    this.#rules = settings.rules;
    this.#undoDepth = settings.undoDepth;
  }

  get canUndo(): boolean {
    return (this.#undoDepth > 0 && this.#timeline.open.isRunning) || this.#history.nextUndo() !== undefined;
  }

  get canRedo(): boolean {
    return this.#history.nextRedo() !== undefined;
  }

  /** See `Replica.apply`. */
  apply(edits: DeltaInput): Delta {
    const changes = Delta.is(edits) ? changesIn(edits) : ownChanges(edits);
    if (!changes.some(isOfInfo)) return deltaOf(this.#edit(changes, 0));
    const info = changes.filter(isOfInfo);
    this.endStep();
    return deltaOf(this.#edit([...info, ...changes.filter((change) => !isOfInfo(change))], info.length));
  }

  /** See `Replica.setTitle`. */
  setTitle(title: string | undefined): void {
    const { recordMade, titleSet } = titleEdit(this.#timeline.view, title);
    if (recordMade.length > 0) this.endStep();
    if (titleSet.length > 0) this.#edit([...recordMade, ...titleSet], recordMade.length);
  }

  /** Ends the step that the last edits belong to. */
  endStep(): void {
    if (this.#undoDepth === 0) return;
    const step = ++this.#stepCount;
    const part = this.#timeline.cut(step, step);
    if (part !== undefined) this.#history.record(step, part.delta);
  }

  /** Ends the step, so that nothing of the open delta is running. */
  cut(): void {
    this.endStep();
    this.#timeline.cut('unrecorded');
  }

  /**
   * Undoes the latest step. See `Replica.undo`.
   *
   * @param isFirstSent whether the first pending delta may no longer be changed.
   */
  undo(isFirstSent: boolean): Delta | undefined {
    this.endStep();
    const undo = this.#history.nextUndo();
    if (undo === undefined) return undefined;
    const applied =
      this.#takeBack(undo, isFirstSent) ?? deltaOf(this.#timeline.edit(changesIn(undo.delta), this.#limits));
    this.#noteRules(changesIn(applied));
    if (this.#timeline.cut('undoing', undo.lineage) !== undefined) this.#history.noteUndone(undo, applied);
    return applied;
  }

  /** See `Replica.redo`. */
  redo(): Delta | undefined {
    const redo = this.#history.nextRedo();
    if (redo === undefined) return undefined;
    const applied = deltaOf(this.#timeline.edit(changesIn(redo.delta), this.#limits));
    this.#noteRules(changesIn(applied));
    this.#timeline.cut(++this.#stepCount, redo.lineage);
    this.#history.noteRedone(redo, this.#stepCount, applied);
    return applied;
  }

  /** Seals the open delta, which joins the last pending one if both together stay within `joinedSizeLimit`. */
  seal(time: Date, isFirstSent: boolean, joinedSizeLimit: number): void {
    this.endStep();
    const { open, view } = this.#timeline;
    if (open.whole().length > 0) {
      this.#timeline.cut('unrecorded');
      // No step touches the modified time, so the undo history need not hear of this.
      this.#timeline.edit(mtimeChanges(view, time), NO_LIMITS);
      this.#timeline.cut('unrecorded');
    }
    this.#timeline.seal(isFirstSent, joinedSizeLimit);
  }

  #edit(changes: readonly Change[], unrecorded: number): readonly Change[] {
    const applied = this.#timeline.edit(changes, this.#limits, unrecorded);
    this.#noteRules(applied);
    this.#history.forgetUndone();
    if (unrecorded > 0) this.#history.meetUnrecorded(applied.slice(0, unrecorded));
    return applied;
  }

  /** Undoes a step by taking it out of what will be put, if that is possible. Spec: SYNC-41. */
  #takeBack(undo: UndoStep, isFirstSent: boolean): Delta | undefined {
    const timeline = this.#timeline;
    const part = timeline.lastUnsentPart(isFirstSent);
    if (part?.role !== undo.step || !this.#history.isExactOver(timeline.parts)) return undefined;
    return timeline.takeBack(part, isFirstSent, (applied) => {
      this.#history.noteTakenBack(undo, applied, timeline.parts);
    });
  }

  #noteRules(applied: readonly Change[]): void {
    this.#timeline.rules.note(applied, (table, field) => this.#rules.get(table, field));
  }
}
