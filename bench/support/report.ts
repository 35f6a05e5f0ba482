import type { Setting } from './machine.js';
import type { Row, SeriesResult, SuiteResult } from './run.js';

/** A suite that was measured, with where and with what. */
export interface MeasuredSuite extends SuiteResult {
  readonly setting: Setting;
}

/** The report as Markdown. Each suite says with what it was measured, since not all are measured at once. */
export function formatReport(suites: readonly MeasuredSuite[], hasCharts: boolean): string {
  const lines = [
    '# Benchmark results',
    '',
    'Made by `npm run bench`.',
    '',
    'Figures are medians of nine rounds after a warm-up, of three for work of more than a second, and of one for more than 8 s. Each row has a baseline:',
    'plain code that bounds it. Both were measured in turn, in the same process, after their results were checked. Compare the',
    'ratios, not the times. `Y` is the time of a `sort` of 20,000 random numbers. Raw numbers: [`results.json`](results.json).',
    'Traces: github.com/josephg/editing-traces; `concurrent-friendsforever` is licensed CC BY 4.0.',
  ];
  for (const suite of suites) {
    if (suite.rows.length === 0) continue;
    const { commit, node, machine } = suite.setting;
    lines.push(
      '',
      `## ${suite.title}`,
      '',
      `At commit ${commit}, Node ${node}, ${machine}.`,
      '',
      '| work | measured | target |',
      '|---|---|---|',
    );
    for (const row of suite.rows) lines.push(`| ${row.work} | ${measured(row)} | ${targetOf(row)} |`);
    for (const series of suite.series) lines.push(...formatSeries(series));
    if (hasCharts && suite.series.length > 0) lines.push('', `![${suite.title}](${chartOf(suite)})`);
  }
  return `${lines.join('\n')}\n`;
}

/** Where the chart of a suite's series lies, beside the report. */
export function chartOf({ name }: SuiteResult): string {
  return `charts/${name}.svg`;
}

function formatSeries({ title, unit, growth, growthAtMost, points }: SeriesResult): string[] {
  const mean = `Twice the size takes ${multiple(growth)} the time, on average`;
  const outcome = growth <= (growthAtMost ?? Number.POSITIVE_INFINITY) ? 'met' : 'missed';
  const baseline = points[0]?.baseline.name ?? 'baseline';
  return [
    '',
    `### ${title}`,
    '',
    growthAtMost === undefined ? `${mean}.` : `${mean}: ≤ ${growthAtMost} ×, ${outcome}.`,
    '',
    `| ${unit} | time | growth | ${baseline} | ratio |`,
    '|---|---|---|---|---|',
    ...points.map(
      ({ size, time, growth: step, baseline: plain, ratio }) =>
        `| ${size.toLocaleString('en')} | ${duration(time.median)} | ${step === undefined ? '' : multiple(step)} | ${duration(plain.time.median)} | ${multiple(ratio)} |`,
    ),
  ];
}

/** One row in words: `1.7 µs against 128 ns an edit = 14 ×`. */
export function measured({ measures, time, baseline, ratio, operations = 1 }: Row): string {
  const figure = measures === 'time' ? duration : (bytes: number) => `${bytes.toFixed(0)} bytes`;
  const own = figure(time.median / operations);
  if (baseline.name === 'Y') return `${own} = ${ratio.toFixed(2)} Y`;
  const each = operations === 1 ? '' : ' each';
  return `${own} against ${figure(baseline.time.median / operations)}${each} (${baseline.name}) = ${multiple(ratio)}`;
}

function targetOf({ target, isMet, baseline }: Row): string {
  if (target === undefined) return '';
  const unit = baseline.name === 'Y' ? 'Y' : '×';
  const limit = 'atMost' in target ? `≤ ${target.atMost} ${unit}` : `≥ ${target.atLeast} ${unit}`;
  return `${limit}, ${isMet === true ? 'met' : 'missed'}`;
}

/** A time given in milliseconds. */
export function duration(time: number): string {
  if (time >= 1) return `${time.toFixed(1)} ms`;
  return time >= 0.001 ? `${(time * 1000).toFixed(1)} µs` : `${(time * 1e6).toFixed(0)} ns`;
}

export function multiple(ratio: number): string {
  if (ratio < 0.1) return `${ratio.toPrecision(2)} ×`;
  return `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)} ×`;
}
