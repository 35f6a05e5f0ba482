import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { chartOf } from './report.js';
import type { SeriesResult, SuiteResult } from './run.js';

const PACKAGE = resolve('bench/charts');

/** The look of all charts: white background, readable letters, two colours that differ in brightness too. */
const CONFIG = {
  background: 'white',
  padding: 12,
  font: 'Helvetica, Arial, sans-serif',
  title: { fontSize: 15, anchor: 'start', offset: 10 },
  axis: { labelFontSize: 12, titleFontSize: 13, titleFontWeight: 'normal', gridColor: '#e4e4e4' },
  legend: {
    labelFontSize: 12,
    labelLimit: 320,
    orient: 'bottom',
    direction: 'vertical',
    title: null,
    symbolStrokeWidth: 3,
  },
};

/** A Vega-Lite specification, or a part of one. */
export type Specification = Readonly<Record<string, unknown>>;

/** Writes a chart for each suite that has series. */
export function drawSeries(suites: readonly SuiteResult[]): void {
  for (const suite of suites) {
    if (suite.series.length > 0)
      draw(resolve('bench', chartOf(suite)), {
        hconcat: suite.series.map(panelOf),
        resolve: { scale: { color: 'independent' } },
      });
  }
}

/** Renders a chart to an SVG file. Installs the renderer if it is missing. */
export function draw(path: string, specification: Specification): void {
  if (!existsSync(resolve(PACKAGE, 'node_modules'))) {
    execFileSync('npm', ['ci'], { cwd: PACKAGE, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const input = JSON.stringify({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: CONFIG,
    ...specification,
  });
  writeFileSync(path, execFileSync(process.execPath, [resolve(PACKAGE, 'render.js')], { input }));
}

function panelOf({ title, unit, points }: SeriesResult): Specification {
  const values = points.flatMap(({ size, time, baseline }) => [
    { size, who: 'Deltaic', time: time.median },
    {
      size,
      who: `plain: ${baseline.name === 'Y' ? 'sort of 20,000 numbers' : baseline.name}`,
      time: baseline.time.median,
    },
  ]);
  const names = [...new Set(values.map(({ who }) => who))];
  return {
    title,
    width: 420,
    height: 300,
    data: { values },
    mark: { type: 'line', point: { size: 45, filled: true }, strokeWidth: 2.5 },
    encoding: {
      x: {
        field: 'size',
        type: 'quantitative',
        title: unit,
        scale: { type: 'log', base: 2, nice: false, padding: 12 },
        axis: { values: points.map(({ size }) => size), format: ',d', labelAngle: -35 },
      },
      y: {
        field: 'time',
        type: 'quantitative',
        title: 'time of one call, ms',
        scale: { type: 'log', nice: true },
        axis: { format: '~g', tickCount: 6 },
      },
      color: { field: 'who', type: 'nominal', scale: { domain: names, range: ['#0b5cad', '#e08214'] } },
    },
  };
}
