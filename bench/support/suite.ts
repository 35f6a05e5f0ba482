/** A piece of work and its baseline: plain code for the same work, or for the least possible work. */
export interface Comparison<Result = unknown, Plain = unknown> {
  /** The name of the work in the report. */
  readonly work: string;
  /** What is compared: how long a call takes, or how many bytes its result holds. Time unless given. */
  readonly measures?: Measure;
  readonly contender: () => Result;
  readonly baseline: Baseline<Plain>;
  /**
   * Compares both results, or checks only the contender's.
   *
   * @throws Error if a result is wrong, so that wrong code is never measured.
   */
  check(result: Result, plain: Plain): void;
  /** How many operations one call does, if the report should give the time of one. */
  readonly operations?: number;
  /** The target for the contender's figure divided by the baseline's. */
  readonly target?: Target;
}

export type Measure = 'time' | 'bytes';

export interface Baseline<Plain = unknown> {
  readonly name: string;
  readonly run: () => Plain;
}

export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** The same work at doubling sizes, which shows how its cost grows. */
export interface Series {
  readonly title: string;
  /** What the size counts. */
  readonly unit: string;
  readonly sizes: readonly number[];
  at(size: number): Comparison;
  /** How much longer twice the size may take, on average over the series; no limit by default. */
  readonly growthAtMost?: number;
}

/** The benchmarks of one verb. */
export interface Suite {
  /** Its name on the command line. */
  readonly name: string;
  readonly title: string;
  /** Each is prepared when its turn comes, so that only its own data is in memory. */
  comparisons(scale: Scale): readonly (() => Comparison)[];
  series(scale: Scale): readonly Series[];
}

/** Reduces a size so that a test can run everything quickly; a full run keeps it. */
export type Scale = (size: number) => number;

export const FULL: Scale = (size) => size;

/** A comparison whose check knows what it compares. */
export function compare<Result, Plain>(comparison: Comparison<Result, Plain>): Comparison {
  return comparison;
}

export function doublings(from: number, to: number, scale: Scale): number[] {
  const sizes: number[] = [];
  for (let size = from; size <= to; size *= 2) sizes.push(scale(size));
  return [...new Set(sizes)];
}
