import { changesIn, type Delta } from '../deltas/delta.js';
import { RebaseRun, type RunOptions } from '../deltas/rebase-run.js';
import { isRecorded, type Segment } from './undo/segments.js';

/** The segments of one local delta, by position among all, and how far was looked for a record that they edit. */
interface Group {
  readonly start: number;
  readonly end: number;
  segment: number;
  change: number;
}

/**
 * The segments of a queue while several remote deltas are merged, one after the other. They are put together again when the
 * run ends, so of many segments that meet many remote deltas each delta costs what it meets.
 *
 * A merge drops local deltas that do nothing any more, and segments that undo one another, and the next merge does not meet
 * them. A run does neither. So it must not begin where segments undo one another, and ends where a local delta may do
 * nothing although its segments do.
 */
export class MergeRun {
  readonly #deltas: readonly (readonly Segment[])[];
  readonly #segments: readonly Segment[];
  readonly #groups: readonly Group[];
  /** How many segments the undo history knows. */
  readonly recordedCount: number;
  readonly #run: RebaseRun;
  #isOver = false;

  /** @param count of the remote deltas, about. */
  constructor(deltas: readonly (readonly Segment[])[], count: number) {
    this.#deltas = deltas;
    this.#segments = deltas.flat();
    this.recordedCount = this.#segments.filter(isRecorded).length;
    let end = 0;
    this.#groups = deltas.map(({ length }) => {
      const start = end;
      end += length;
      return { start, end, segment: start, change: 0 };
    });
    const local = this.#segments.map(({ delta }) => delta);
    this.#run = new RebaseRun(local, count);
  }

  /** Whether no segment undoes or redoes another one, nor can come to that. */
  static canBegin(segments: readonly Segment[]): boolean {
    const origins = segments.filter(isRecorded).map(({ origin }) => origin);
    return new Set(origins).size === origins.length;
  }

  /** Whether a local delta may do nothing by now although its segments do. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** See {@link RebaseRun.over}. */
  over(remote: Delta, options: RunOptions): { readonly remote: Delta; readonly commit: () => void } {
    const merged = this.#run.over(remote, options);
    const commit = (): void => {
      merged.commit();
      for (const group of this.#groups) if (this.#mayDoNothing(group)) this.#isOver = true;
    };
    return { remote: merged.remote, commit };
  }

  /** Whether segments give a field another value, or make or delete its record. */
  isEdited(table: string, record: string, field: string): boolean {
    return this.#run.isEdited(table, record, field);
  }

  /** The segments of each delta as they are by now, those that became empty too. */
  finish(): (readonly Segment[])[] {
    const rebased = this.#run.finish();
    let next = 0;
    return this.#deltas.map((segments) =>
      segments.map((segment) => ({ ...segment, delta: rebased[next++] ?? segment.delta })),
    );
  }

  /**
   * Looks for a record that the segments of a delta do something to, from the last one on: a merge takes edits away and adds
   * none.
   */
  #mayDoNothing(group: Group): boolean {
    for (; group.segment < group.end; group.segment++, group.change = 0) {
      const changes = changesIn((this.#segments[group.segment] as Segment).delta);
      for (; group.change < changes.length; group.change++) {
        const { table, record } = changes[group.change] as (typeof changes)[number];
        const effect = this.#run.effectOn(table, record, group.start, group.end);
        if (effect !== 'none') return effect === 'cancelled';
      }
    }
    return false;
  }
}
