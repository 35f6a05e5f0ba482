import { measureBytes, measureInTurn, type Timing } from './measure.js';
import { type Comparison, FULL, type Measure, type Series, type Suite, type Target } from './suite.js';

/** A comparison that was measured. Times are milliseconds for one call, or bytes where it measures bytes. */
export interface Row {
  readonly work: string;
  readonly measures: Measure;
  readonly time: Timing;
  readonly baseline: { readonly name: string; readonly time: Timing };
  /** The median of the contender divided by that of the baseline. */
  readonly ratio: number;
  readonly operations?: number;
  readonly target?: Target;
  readonly isMet?: boolean;
}

/** A point of a doubling series. */
export interface Point extends Row {
  readonly size: number;
  /** How much longer it took than the previous point, which has half the size. */
  readonly growth?: number;
}

export interface SeriesResult {
  readonly title: string;
  readonly unit: string;
  readonly growthAtMost?: number;
  /** How much longer twice the size took, as the geometric mean over the series: single steps cross the sizes of caches. */
  readonly growth: number;
  readonly points: readonly Point[];
}

export interface SuiteResult {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly series: readonly SeriesResult[];
}

/** Measures everything in a suite. @throws Error if a result is wrong. */
export function runSuite(suite: Suite, announce: (row: Row) => void): SuiteResult {
  const rows = suite.comparisons(FULL).map((prepare) => {
    const row = measure(prepare());
    announce(row);
    return row;
  });
  const series = suite.series(FULL).map((each) => runSeries(each, announce));
  return { name: suite.name, title: suite.title, rows, series };
}

function runSeries(series: Series, announce: (row: Row) => void): SeriesResult {
  const points: Point[] = [];
  for (const size of series.sizes) {
    const row = measure(series.at(size));
    const previous = points.at(-1);
    const growth = previous === undefined ? undefined : row.time.median / previous.time.median;
    points.push({ ...row, size, ...(growth !== undefined && { growth }) });
    announce(row);
  }
  const { title, unit, growthAtMost } = series;
  return { title, unit, points, growth: meanGrowth(points), ...(growthAtMost !== undefined && { growthAtMost }) };
}

/** Sizes that do not quite double, as at the end of a trace, count by how much they grew. */
function meanGrowth(points: readonly Point[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first.size === last.size) return 1;
  return (last.time.median / first.time.median) ** (1 / Math.log2(last.size / first.size));
}

/** Runs both sides of a comparison once and checks their results. @throws Error if a result is wrong. */
export function verify({ contender, baseline, check }: Comparison): void {
  check(contender(), baseline.run());
}

function measure(comparison: Comparison): Row {
  verify(comparison);
  const { work, measures = 'time', contender, baseline, operations, target } = comparison;
  const works = [contender, baseline.run];
  const [time, plain] = (measures === 'time' ? measureInTurn(works) : works.map(measureBytes)) as [Timing, Timing];
  const ratio = time.median / plain.median;
  return {
    work,
    measures,
    time,
    baseline: { name: baseline.name, time: plain },
    ratio,
    ...(operations !== undefined && { operations }),
    ...(target !== undefined && {
      target,
      isMet: 'atMost' in target ? ratio <= target.atMost : ratio >= target.atLeast,
    }),
  };
}
