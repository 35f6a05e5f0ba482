/** What is measured, and what bounds it: plain code for the same or the least possible work. */
export interface Comparison<Result = unknown, Plain = unknown> {
  /** What is done, as a row of the report names it. */
  readonly work: string;
  readonly contender: () => Result;
  readonly baseline: Baseline<Plain>;
  /**
   * Compares what both came to, or looks at the contender's result alone.
   *
   * @throws Error where it is wrong, so that nothing that fails is ever measured.
   */
  check(result: Result, plain: Plain): void;
  /** How many operations one call does, where the time of one is of interest. */
  readonly operations?: number;
  /** What the contender's time divided by the baseline's is to be. */
  readonly target?: Target;
}

export interface Baseline<Plain = unknown> {
  readonly name: string;
  readonly run: () => Plain;
}

export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** The same work at sizes that double, which shows how its cost grows. */
export interface Series {
  readonly title: string;
  /** What the size counts. */
  readonly unit: string;
  readonly sizes: readonly number[];
  at(size: number): Comparison;
  /** How much longer twice the size may take: no limit unless given. */
  readonly growthAtMost?: number;
}

/** The benchmarks of one verb. */
export interface Suite {
  /** What selects it on the command line. */
  readonly name: string;
  readonly title: string;
  /** Each is prepared when its turn comes, so that no more is in memory than what is measured. */
  comparisons(scale: Scale): readonly (() => Comparison)[];
  series(scale: Scale): readonly Series[];
}

/** Brings a size down, so that a test can run everything in no time; the full run leaves it as it is. */
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
