import type { Engine } from './engine.js';
import type { Effort } from './sample.js';

/** A cell of the report: figures of one engine for one case of a workload. */
export interface Measurement {
  /** Such as `1,000 edits` or the idiom in which a trace was replayed. */
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
  /** How many parts an engine's work has: each gets a process of its own, so that none inherits another's memory. */
  parts?(engine: Engine): number;
  /**
   * Does one part: all of it, if it has no parts. Gives nothing where the engine does not do it.
   *
   * @throws Error where it comes to a wrong result.
   */
  run(engine: Engine, part: number, effort: Effort): readonly Measurement[];
}
