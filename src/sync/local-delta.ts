import { composeOnto } from '../deltas/compose-onto.js';
import { changesIn, type Delta, deltaInNormalForm, deltaOf } from '../deltas/delta.js';
import { DeltaDraft } from '../deltas/delta-draft.js';
import { DeltaTally } from '../deltas/delta-tally.js';
import { editAt, positionOfRecord } from '../deltas/record-edit.js';
import type { Change } from '../operations/change.js';
import { joinParts } from './join-parts.js';
import type { Part, PartRole } from './part.js';

/**
 * A delta that the user is still making, or that waits to be put: applied changes in the order in which they were made,
 * cut into parts for the undo history. Adding to it costs what is added; it is composed once, when it is needed whole.
 */
export class LocalDelta {
  #parts: Part[];
  /** Changes after the last part, composed as they come. */
  #running: DeltaDraft | undefined;
  /** Counted when it is first asked for: most deltas are rebased or put before anything joins them. */
  #tally: DeltaTally | undefined;
  #whole: Delta | undefined;
  /** Whether it stands or falls as a whole, so that it is not stored before the log has it. What it becomes in a merge is not. */
  isProvisional = false;

  constructor(parts: readonly Part[] = []) {
    this.#parts = [...parts];
  }

  /** The size of the whole in bytes. Law: it is `sizeOfDelta(whole())`. */
  get size(): number {
    return this.#tallied().size;
  }

  /** The parts that have been cut; changes after the last cut are not among them. */
  get parts(): readonly Part[] {
    return this.#parts;
  }

  /** Whether there are changes after the last cut. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Whether nothing has been added; what was added may still come to nothing. */
  get isUntouched(): boolean {
    return this.#parts.length === 0 && !this.isRunning;
  }

  /**
   * Whether it does nothing: it has no part, or its parts cancel one another. Usually the first record tells that they
   * do not.
   */
  get isIdle(): boolean {
    const first = this.#parts[0]?.delta.at(0);
    if (this.#whole === undefined && first !== undefined) {
      const changes = this.#parts.flatMap(({ delta }) => changesOfRecord(changesIn(delta), first.table, first.record));
      if (deltaOf(changes).length > 0) return false;
    }
    return this.whole().length === 0;
  }

  /** What {@link size} would be with more. It costs what the records weigh that the changes are about. */
  sizeWith(applied: readonly Change[]): number {
    return this.#tallied().sizeWith(applied);
  }

  /** Adds applied changes that follow what is here. */
  add(applied: readonly Change[]): void {
    this.#tally?.add(applied);
    this.#run(applied);
    this.#whole = undefined;
  }

  /** Ends the running part and returns it, unless there is none or it comes to nothing. */
  cut(role: PartRole, lineage?: number): Part | undefined {
    const changes = this.#running?.finish() ?? [];
    this.#running = undefined;
    if (changes.length === 0) {
      // What came to nothing is counted no more: what comes next does not follow it.
      this.#tally = undefined;
      return undefined;
    }
    const part: Part = { role, delta: deltaInNormalForm(changes), lineage };
    this.#parts.push(part);
    return part;
  }

  /** Adds the parts of a delta that follows this one. What is known as a whole grows by that, not by all its parts. */
  absorb(later: LocalDelta): void {
    for (const part of later.parts) {
      this.#tally?.add(changesIn(part.delta));
      this.#parts.push(part);
    }
    if (this.#whole !== undefined) this.#whole = composeOnto(this.#whole, later.whole());
  }

  /** Joins the parts that the undo history need not tell apart any more. The whole stays what it is. */
  join(forgotten: ReadonlySet<PartRole>): void {
    this.#parts = joinParts(this.#parts, forgotten);
  }

  /** Takes out the last part with this role, as if it had never been made. Those after it must not depend on it. */
  remove(role: PartRole): void {
    const index = this.#parts.findLastIndex((part) => part.role === role);
    this.#parts = this.#parts.filter((_, at) => at !== index);
    this.#tally = undefined;
    this.#whole = undefined;
  }

  /** Everything as one delta, applied and in normal form. */
  whole(): Delta {
    this.#whole ??= deltaOf([...this.#parts.flatMap(({ delta }) => changesIn(delta)), ...this.#runningSoFar()]);
    return this.#whole;
  }

  #run(applied: readonly Change[]): void {
    if (applied.length === 0) return;
    this.#running ??= new DeltaDraft();
    for (const change of applied) this.#running.add(change);
  }

  /** The changes of the running part. Its draft is used up by that, so the part goes on from them in a new one. */
  #runningSoFar(): readonly Change[] {
    const changes = this.#running?.finish();
    if (changes === undefined) return [];
    this.#running = new DeltaDraft();
    this.#run(changes);
    return changes;
  }

  #tallied(): DeltaTally {
    if (this.#tally === undefined) {
      this.#tally = new DeltaTally();
      for (const { delta } of this.#parts) this.#tally.add(changesIn(delta));
      this.#tally.add(this.#runningSoFar());
    }
    return this.#tally;
  }
}

/** The changes of a normal form that are about one record. */
function changesOfRecord(delta: readonly Change[], table: string, record: string): readonly Change[] {
  const start = positionOfRecord(delta, table, record, 0);
  const edit = editAt(delta, start);
  return edit?.table === table && edit.record === record ? delta.slice(start, edit.end) : [];
}
