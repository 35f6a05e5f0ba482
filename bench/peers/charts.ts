import { resolve } from 'node:path';
import { draw } from '../support/charts.js';
import { type EngineResult, isOurs, type PeersResult } from './result.js';

const OURS = '#0b5cad';
const THEIRS = '#b8b8b8';

interface Bar {
  readonly label: string;
  readonly panel: string;
  readonly value: number;
  readonly isOurs: boolean;
}

/** Draws merges and the trace as bars; shorter is better. */
export function drawPeers(result: PeersResult): void {
  const merges = ['lists', 'moves', 'records'].flatMap((name) => mergeBars(result, name));
  const panels = [...new Set(merges.map(({ panel }) => panel))];
  draw(resolve('bench/charts/peers-merges.svg'), {
    title: { text: 'Two branches merged: median time in ms, shorter is better', fontSize: 18 },
    concat: panels.map((panel) =>
      bars(
        merges.filter((bar) => bar.panel === panel),
        panel,
        'ms, logarithmic',
      ),
    ),
    columns: 3,
    spacing: 28,
  });
  draw(
    resolve('bench/charts/peers-trace.svg'),
    bars(
      traceBars(result),
      'The trace automerge-paper, 259,778 edits: median replay time, shorter is better',
      'ms, logarithmic',
      560,
    ),
  );
}

function mergeBars({ workloads }: PeersResult, name: string): Bar[] {
  const workload = workloads.find((each) => each.name === name);
  const titles: Readonly<Record<string, string>> = { lists: 'List', moves: 'List with 20% moves', records: 'Records' };
  return (workload?.engines ?? []).flatMap((engine) =>
    engine.measurements.flatMap(({ case: size, figures }) =>
      barOf(engine, `${titles[name]}, ${size} a side`, engine.title, figures[workload?.main ?? '']),
    ),
  );
}

function traceBars({ workloads }: PeersResult): Bar[] {
  const engines = workloads.find(({ name }) => name === 'trace')?.engines ?? [];
  return engines.flatMap((engine) =>
    engine.measurements.flatMap(({ case: way, figures }) =>
      barOf(engine, 'trace', `${engine.title}, ${way}`, figures['replay ms']),
    ),
  );
}

function barOf(engine: EngineResult, panel: string, label: string, value: number | undefined): Bar[] {
  return value === undefined ? [] : [{ label, panel, value, isOurs: isOurs(engine) }];
}

function bars(values: readonly Bar[], title: string, unit: string, width = 230): Record<string, unknown> {
  // A logarithmic bar needs a start: a power of ten below all values.
  const foot = 10 ** Math.floor(Math.log10(Math.min(...values.map(({ value }) => value)) * 0.8));
  const y = {
    field: 'label',
    type: 'nominal',
    title: null,
    sort: { field: 'value', op: 'min' },
    axis: { labelLimit: 2000, domain: false, ticks: false },
  };
  const x = {
    field: 'value',
    type: 'quantitative',
    title: unit,
    scale: { type: 'log', domainMin: foot, nice: true },
    axis: { format: '~g', tickCount: 5 },
  };
  return {
    title,
    width,
    height: { step: 22 },
    data: { values: values.map((bar) => ({ ...bar, foot, text: String(Number(bar.value.toPrecision(3))) })) },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          y,
          x,
          x2: { field: 'foot' },
          color: { condition: { test: 'datum.isOurs', value: OURS }, value: THEIRS },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 4, fontSize: 11 },
        encoding: { y, x, text: { field: 'text' } },
      },
    ],
  };
}
