import { changesIn, composeAll, type Delta, deltaInNormalForm, deltaOf } from '../deltas/delta.js';
import { DeltaDraft } from '../deltas/draft.js';
import { editAt, positionOfRecord } from '../deltas/normal-form.js';
import { composeOnto } from '../deltas/patch.js';
import { listOpCount, shorten, weightOf } from '../deltas/shorten.js';
import { SHORTEN_LEAST } from '../deltas/shorten-least.js';
import { DeltaTally } from '../deltas/tally.js';
import type { Change, ListOp, ListPlace } from '../operations/change.js';
import { joinSegments, type Segment, type SegmentRole } from './undo/segments.js';

/**
 * A delta that the user is still making, or that waits to be put: applied changes in the order in which they were made,
 * cut into segments for the undo history. Adding to it costs what is added; it is composed once, when it is needed
 * whole.
 */
export class LocalDelta {
  #segments: Segment[];
  /** Changes after the last segment, composed as they come. */
  #running: DeltaDraft | undefined;
  /** After how many more list operations the running segment is shortened. */
  #untilShortened = SHORTEN_LEAST;
  /** Counted when it is first asked for: most deltas are rebased or put before anything joins them. */
  #tally: DeltaTally | undefined;
  /** All changes as one delta, or those before the deltas that were absorbed since. */
  #whole: Delta | undefined;
  /** What {@link #whole} lacks, once it is needed again. */
  #absorbed: Delta[] = [];
  /** Whether it is a commit: kept or dropped as a whole, and not stored before the log has it. A merge ends that. */
  isProvisional = false;
  /** The revision that the user had seen when the oldest part was edited. Spec: SYNC-64. */
  seen: number;

  constructor(segments: readonly Segment[] = [], seen: number = Number.POSITIVE_INFINITY) {
    this.#segments = [...segments];
    this.seen = seen;
  }

  /** The size of the whole in bytes. Law: it is `sizeOfDelta(whole())`. */
  get size(): number {
    return this.#tallied().size;
  }

  /** The segments that have been cut; changes after the last cut are not among them. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** The segments, and the changes after the last cut as one more. */
  segmentsSoFar(): readonly Segment[] {
    const running = this.#runningSoFar();
    if (running.length === 0) return this.#segments;
    return [...this.#segments, { role: 'unrecorded', delta: deltaInNormalForm(running) }];
  }

  /** Whether there are changes after the last cut. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Whether nothing has been added; the changes may still cancel one another. */
  get isUntouched(): boolean {
    return this.#segments.length === 0 && !this.isRunning;
  }

  /**
   * Whether it does nothing: it has no segment, or its segments cancel one another. If the size is known, it tells. If not,
   * a look at the first record is mostly enough.
   */
  get isIdle(): boolean {
    if (this.#tally !== undefined) return this.size === 0;
    const first = this.#segments[0]?.delta.at(0);
    if (this.#whole === undefined && first !== undefined) {
      const changes = this.#segments.flatMap(({ delta }) =>
        changesOfRecord(changesIn(delta), first.table, first.record),
      );
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
    this.#forgetWhole();
    this.#untilShortened -= listOpCount(applied);
    if (this.#untilShortened <= 0) this.#shortenRunning();
  }

  /** {@link add} for one applied operation on a list that is there. */
  addListOp({ table, record, field }: ListPlace, op: ListOp): void {
    this.#tally?.addListOp(table, record, field, op);
    this.#running ??= new DeltaDraft();
    this.#running.addListOp(table, record, field, op);
    this.#forgetWhole();
    if (--this.#untilShortened <= 0) this.#shortenRunning();
  }

  /** Ends the running segment and returns it, unless there is none or its changes cancel one another. */
  cut(role: SegmentRole, origin?: number): Segment | undefined {
    const changes = this.#running?.finish() ?? [];
    this.#running = undefined;
    this.#untilShortened = SHORTEN_LEAST;
    if (changes.length === 0) {
      // Changes that cancelled one another are not counted: the next segment does not follow them.
      this.#tally = undefined;
      return undefined;
    }
    const segment: Segment = { role, delta: deltaInNormalForm(changes), origin };
    this.#segments.push(segment);
    return segment;
  }

  /**
   * Adds the segments of a delta that follows this one. It costs what they are: what is known as a whole grows when it is
   * needed again, and then by that, not by all its segments.
   */
  absorb(later: LocalDelta): void {
    this.seen = Math.min(this.seen, later.seen);
    for (const segment of later.segments) {
      this.#tally?.add(changesIn(segment.delta));
      this.#segments.push(segment);
    }
    if (this.#whole !== undefined) this.#absorbed.push(later.whole());
  }

  /** Joins the segments that the undo history need not tell apart any more. */
  join(forgotten: ReadonlySet<SegmentRole>): void {
    const { segments, isShorter } = joinSegments(this.#segments, forgotten);
    this.#segments = segments;
    if (!isShorter) return;
    this.#tally = undefined;
    this.#forgetWhole();
  }

  /** Takes out a segment, as if it had never been made. Those after it must not depend on it. */
  remove(segment: Segment): void {
    this.#segments = this.#segments.filter((other) => other !== segment);
    this.#tally = undefined;
    this.#forgetWhole();
  }

  /** Everything as one delta, applied and in normal form. */
  whole(): Delta {
    if (this.#whole === undefined) {
      this.#whole = deltaOf([...this.#segments.flatMap(({ delta }) => changesIn(delta)), ...this.#runningSoFar()]);
    } else if (this.#absorbed.length > 0) {
      this.#whole = composeOnto(this.#whole, composeAll(this.#absorbed));
      this.#absorbed = [];
    }
    return this.#whole;
  }

  #forgetWhole(): void {
    this.#whole = undefined;
    this.#absorbed = [];
  }

  #run(applied: readonly Change[]): void {
    if (applied.length === 0) return;
    this.#running ??= new DeltaDraft();
    for (const change of applied) this.#running.add(change);
  }

  /**
   * The changes of the running segment. Its draft is used up by that, so the segment goes on from them in a new one.
   */
  #runningSoFar(): readonly Change[] {
    const changes = this.#running?.finish();
    if (changes === undefined) return [];
    this.#running = new DeltaDraft();
    this.#run(changes);
    return changes;
  }

  /** Takes transient items out of the running segment, and does so again after as many operations as this cost steps. */
  #shortenRunning(): void {
    const changes = this.#runningSoFar();
    const left = shorten(changes);
    this.#untilShortened = Math.max(SHORTEN_LEAST - listOpCount(left), weightOf(left));
    if (left === changes) return;
    this.#tally = undefined;
    this.#running = undefined;
    this.#run(left);
  }

  #tallied(): DeltaTally {
    if (this.#tally === undefined) {
      this.#tally = new DeltaTally();
      for (const { delta } of this.#segments) this.#tally.add(changesIn(delta));
      this.#tally.add(this.#runningSoFar());
    }
    return this.#tally;
  }
}

/** The changes of a normal form that are about one record. */
export function changesOfRecord(normalForm: readonly Change[], table: string, record: string): readonly Change[] {
  const start = positionOfRecord(normalForm, table, record, 0);
  const edit = editAt(normalForm, start);
  return edit?.table === table && edit.record === record ? normalForm.slice(start, edit.end) : [];
}

/** Whether segments give a field another value, or make or delete its record. */
export function isEditedBy(
  deltas: readonly (readonly Segment[])[],
): (table: string, record: string, field: string) => boolean {
  return (table, record, field) =>
    deltas
      .flat()
      .some(({ delta }) =>
        changesOfRecord(changesIn(delta), table, record).some(
          (change) => change.type !== 'update' || change.ops.has(field),
        ),
      );
}

/** Deals segments out again to the deltas that they came from. */
export function regroup(segments: readonly Segment[], deltas: readonly LocalDelta[]): (readonly Segment[])[] {
  let start = 0;
  return deltas.map((delta) => {
    const end = start + delta.segments.length;
    const own = segments.slice(start, end);
    start = end;
    return own;
  });
}
