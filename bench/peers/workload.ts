import type { Engine } from './engine.js';
import type { Effort } from './sample.js';

/** A cell of the report: figures of one engine for one case of a workload. */
export interface Measurement {
  /** For example `1,000 edits`, or the idiom in which a trace was replayed. */
  readonly case: string;
  readonly idiom: string;
  /** Milliseconds, bytes or counts, by the name of the column. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  /** What is done, and how it is checked. */
  readonly explanation: string;
  /** The figure that engines are ranked by. */
  readonly main: string;
  /** How many parts the work of an engine has: each gets its own process, so that none inherits memory. */
  parts?(engine: Engine): number;
  /**
   * Does one part, or everything if there are no parts. Returns nothing if the engine cannot do it.
   *
   * @throws Error if a result is wrong.
   */
  run(engine: Engine, part: number, effort: Effort): readonly Measurement[];
}
