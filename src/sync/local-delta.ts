import { compose, compress } from '../deltas/compress.js';
import { DeltaTally, type PlannedTally } from '../deltas/delta-tally.js';
import type { Change, Delta } from '../operations/change.js';

/**
 * What a part of a local delta is to the undo history: a step that can be undone (its number), the undoing of one, or
 * something that the history leaves alone.
 */
export type PartRole = number | 'undoing' | 'unrecorded';

/** One stretch of a local delta: applied, in normal form. */
export interface Part {
  readonly role: PartRole;
  readonly delta: Delta;
  /** The step that this is, undoes or redoes, by the number that the step had at first. */
  readonly lineage?: number | undefined;
}

/**
 * A delta that the user is still making, or that waits to be put: applied changes in the order in which they were made,
 * cut into parts for the undo history. Adding to it costs what is added; it is composed once, when it is needed whole.
 */
export class LocalDelta {
  #parts: Part[];
  /** Changes after the last part. */
  #running: Change[] = [];
  /** Counted when it is first asked for: most deltas are rebased or put before anything joins them. */
  #tally: DeltaTally | undefined;
  #whole: Delta | undefined;

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
    return this.#running.length > 0;
  }

  /** Whether nothing has been added; what was added may still come to nothing. */
  get isUntouched(): boolean {
    return this.#parts.length === 0 && this.#running.length === 0;
  }

  /** What the whole would be with more, for {@link add}. */
  plan(applied: Delta): PlannedTally {
    return this.#tallied().plan(applied);
  }

  /** Adds applied changes that follow what is here. */
  add(applied: Delta, planned: PlannedTally = this.plan(applied)): void {
    this.#tallied().take(planned);
    for (const change of applied) this.#running.push(change);
    this.#whole = undefined;
  }

  /** Ends the running part and returns it, unless there is none or it comes to nothing. */
  cut(role: PartRole, lineage?: number): Part | undefined {
    const delta = compress(this.#running);
    this.#running = [];
    if (delta.length === 0) return undefined;
    const part: Part = { role, delta, lineage };
    this.#parts.push(part);
    return part;
  }

  /** Adds the parts of a delta that follows this one. */
  absorb(parts: readonly Part[]): void {
    const tally = this.#tallied();
    for (const part of parts) {
      tally.add(part.delta);
      this.#parts.push(part);
    }
    this.#whole = undefined;
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
    this.#whole ??= compose(...this.#parts.map(({ delta }) => delta), this.#running);
    return this.#whole;
  }

  #tallied(): DeltaTally {
    if (this.#tally === undefined) {
      this.#tally = new DeltaTally();
      for (const { delta } of this.#parts) this.#tally.add(delta);
      this.#tally.add(this.#running);
    }
    return this.#tally;
  }
}
