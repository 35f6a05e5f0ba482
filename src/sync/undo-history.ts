import { changesIn, type Delta, NO_CHANGES } from '../deltas/delta.js';
import { invert } from '../deltas/invert.js';
import { type RuleLookup, rebase } from '../deltas/rebase.js';
import type { Change } from '../operations/change.js';
import { isRecorded, type Part } from './part.js';
import { isMet, yieldTo } from './undo-yield.js';

/** What undoes or redoes one step, valid on what the user sees once the steps above it have been undone or redone. */
export class UndoStep {
  readonly step: number;
  /** The number that the step had before it was first undone and redone. */
  readonly lineage: number;
  /** A delta that touches the same places: what is to be undone, or what undoes it. */
  readonly places: Delta;
  #delta: Delta | undefined;

  private constructor(step: number, lineage: number, places: Delta, delta: Delta | undefined) {
    this.step = step;
    this.lineage = lineage;
    this.places = places;
    this.#delta = delta;
  }

  /** What undoes an applied delta. It is worked out when it is first asked for, since most steps are never undone. */
  static undoing(step: number, lineage: number, applied: Delta): UndoStep {
    return new UndoStep(step, lineage, applied, undefined);
  }

  /** The same step, undone or redone by another delta. */
  by(delta: Delta): UndoStep {
    return new UndoStep(this.step, this.lineage, delta, delta);
  }

  get delta(): Delta {
    this.#delta ??= invert(this.places);
    return this.#delta;
  }
}

/** What could be undone and redone at some moment. */
export interface UndoMark {
  readonly undo: readonly UndoStep[];
  readonly redo: readonly UndoStep[];
  readonly isExact: boolean;
  readonly forgotten: readonly number[];
}

/** Nothing can be undone or redone. */
export const NOTHING_TO_UNDO: UndoMark = Object.freeze({ undo: [], redo: [], isExact: true, forgotten: [] });

/** A remote delta as it came, on the state of the log, and as it changed what the user sees. */
export interface Met {
  readonly remote: Delta;
  readonly shown: Delta;
}

/**
 * What undoes the user's latest steps, and what redoes those that were undone.
 *
 * The undo steps form a chain, the latest first: each leads from the state that the one before it left. While they are
 * exact, those of steps still pending lead from what the user sees to the state of the log, and the ones below go on
 * from there. So a remote delta, which meets the state of the log, needs to be merged only with the lower ones; the
 * upper ones are simply the inverses of the pending steps after *their* merge, which knows best what each overwrote.
 * Where an undone step is already on its way, the two no longer match, and the whole chain is merged with what the
 * user sees of the remote delta. That is as valid, and less precise. Spec: SYNC-39 to SYNC-48, SYNC-53 to SYNC-55.
 */
export class UndoHistory {
  readonly #depth: number;
  readonly #rules: RuleLookup;
  #undo: UndoStep[] = [];
  #redo: UndoStep[] = [];
  #isExact = true;
  /** The steps that were in the chain and will never be again, nor anything that undoes or redoes them. */
  #forgotten: number[] = [];

  constructor(depth: number, isSum: (table: string, field: string) => boolean) {
    this.#depth = depth;
    // Another's later edit stands, but a sum can give back this user's share of it.
    this.#rules = { get: (table, field) => (isSum(table, field) ? 'sum' : 'remote') };
  }

  /** What can be undone and redone now. */
  mark(): UndoMark {
    return { undo: [...this.#undo], redo: [...this.#redo], isExact: this.#isExact, forgotten: [...this.#forgotten] };
  }

  /** Follows a rollback to the moment of a mark, with no merge since. */
  returnTo({ undo, redo, isExact, forgotten }: UndoMark): void {
    this.#undo = [...undo];
    this.#redo = [...redo];
    this.#isExact = isExact;
    this.#forgotten = [...forgotten];
  }

  /** Hands out, once, the steps that can never be undone again. Their parts need not be told apart (SYNC-54). */
  takeForgotten(): ReadonlySet<number> {
    const forgotten = new Set(this.#forgotten);
    this.#forgotten = [];
    return forgotten;
  }

  /** The user edits: what was undone before can no longer be redone. */
  forgetUndone(): void {
    this.#redo = [];
  }

  /** Records a step that the user finished. */
  record(step: number, applied: Delta): void {
    this.#push(step, step, applied);
  }

  /** What to apply to undo the latest step that still changes anything. */
  nextUndo(): UndoStep | undefined {
    return this.#undo.find(({ delta }) => delta.length > 0);
  }

  nextRedo(): UndoStep | undefined {
    return this.#redo.find(({ delta }) => delta.length > 0);
  }

  /** Notes that `undone` was applied, as `applied`. */
  noteUndone(undone: UndoStep, applied: Delta): void {
    this.#undo = this.#undo.slice(this.#undo.indexOf(undone) + 1);
    this.#redo.unshift(UndoStep.undoing(undone.step, undone.lineage, applied));
  }

  /**
   * Whether a pending step can be undone by taking it out of `pending`, rather than by what {@link nextUndo} says: that
   * is what the steps below it count on, unless they are the exact inverses of what they undo.
   */
  isExactOver(pending: readonly Part[]): boolean {
    return this.#matches(recorded(pending));
  }

  /** Notes that `undone` was taken out, by applying `applied`; `pending` are the parts that are left. */
  noteTakenBack(undone: UndoStep, applied: Delta, pending: readonly Part[]): void {
    this.noteUndone(undone, applied);
    const steps = recorded(pending);
    this.#rebuild(steps, this.#undo.slice(steps.length));
  }

  /** Notes that `redone` was applied, as `applied`, and is step number `step` from now on. */
  noteRedone(redone: UndoStep, step: number, applied: Delta): void {
    this.#redo = this.#redo.slice(this.#redo.indexOf(redone) + 1);
    this.#push(step, redone.lineage, applied);
  }

  /** Follows a remote delta; `pending` are the parts after they were rebased over it, those that became empty too. */
  meet(pending: readonly Part[], { remote, shown }: Met): void {
    const steps = recorded(pending);
    if (this.#matches(steps)) {
      this.#rebuild(steps, this.#carry(this.#undo.slice(steps.length), remote));
    } else {
      this.#undo = this.#carry(this.#undo, shown);
      this.#isExact = false;
    }
    this.#redo = this.#carry(this.#redo, shown);
  }

  /** Follows an edit of the user's own that is no step. Where it meets a step, the history ends. */
  meetUnrecorded(applied: readonly Change[]): void {
    const chain = [...this.#undo, ...this.#redo].map(({ places }) => places);
    if (isMet(chain, applied)) this.clear();
  }

  /** Follows a refusal: nothing of the refused parts is left to undo; `later` became `rebased`, the empty ones too. */
  meetRefusal(refused: readonly Part[], later: readonly Part[], rebased: readonly Part[]): void {
    const steps = recorded([...refused, ...later]);
    if (this.#matches(steps)) this.#rebuild(recorded(rebased), this.#undo.slice(steps.length));
    else this.#undo = [];
    this.#redo = [];
  }

  /** Follows a reload: only what is still pending can be undone. `pending` are its parts, rebased, the empty ones too. */
  meetSnapshot(inLog: readonly Part[], pending: readonly Part[]): void {
    const steps = recorded(pending);
    if (this.#matches(recorded([...inLog, ...pending]))) this.#rebuild(steps, []);
    else this.#undo = [];
    this.#redo = [];
  }

  /** Parts were dropped together. If steps of them are in the chain, it starts from what the user sees, not from the log. */
  noteDropped(parts: readonly Part[]): void {
    const roles = new Set(parts.map(({ role }) => role));
    if (this.#undo.some(({ step }) => roles.has(step))) this.#isExact = false;
  }

  /** Nothing is pending: the chain starts at the state of the log, and so is exact whatever it went through. */
  noteNothingPending(): void {
    this.#isExact = true;
  }

  clear(): void {
    this.#forget(this.#undo);
    this.#undo = [];
    this.#redo = [];
  }

  #push(step: number, lineage: number, applied: Delta): void {
    this.#undo.unshift(UndoStep.undoing(step, lineage, applied));
    if (this.#undo.length > this.#depth) this.#forget(this.#undo.splice(this.#depth));
  }

  /** A step that was redone stays a part of its own: the parts of its line take turns. */
  #forget(steps: readonly UndoStep[]): void {
    for (const { step, lineage } of steps) if (step === lineage) this.#forgotten.push(step);
  }

  /** Whether the undo steps above the log are those of the pending steps, and the ones below start from its state. */
  #matches(steps: readonly Part[]): boolean {
    const isAligned = this.#undo.every(({ step }, at) => at >= steps.length || steps[at]?.role === step);
    return isAligned && (this.#isExact || this.#undo.length <= steps.length);
  }

  /** Makes the undo steps of pending steps anew, as many as there were, above those of logged ones. */
  #rebuild(steps: readonly Part[], logged: readonly UndoStep[]): void {
    const inverses = this.#undo.slice(0, steps.length).flatMap(({ step, lineage }, at) => {
      const delta = steps[at]?.delta ?? NO_CHANGES;
      return delta.length === 0 ? [] : [UndoStep.undoing(step, lineage, delta)];
    });
    this.#undo = [...inverses, ...logged];
  }

  /** Brings a chain past a delta that was applied where the chain starts. */
  #carry(chain: readonly UndoStep[], delta: Delta): UndoStep[] {
    const isTouched = isMet(
      chain.map(({ places }) => places),
      changesIn(delta),
    );
    if (!isTouched) return [...chain];
    const yielding = yieldTo(
      chain.map((undo) => undo.delta),
      changesIn(delta),
    );
    const { pending } = rebase(yielding, delta, { rules: this.#rules });
    return chain.map((undo, at) => undo.by(pending[at] ?? NO_CHANGES));
  }
}

/** The parts that the history knows of, the latest first. */
function recorded(parts: readonly Part[]): Part[] {
  return parts.filter(isRecorded).reverse();
}
