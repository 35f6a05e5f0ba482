import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../bench/peers/engine.js';
import { deltaic, deltaicInMemory } from '../../bench/peers/engines/deltaic.js';
import { deltaicMesh, deltaicMeshInMemory } from '../../bench/peers/engines/deltaic-mesh.js';
import { deltaicReplica } from '../../bench/peers/engines/deltaic-replica.js';
import { plain } from '../../bench/peers/engines/plain.js';
import { missed } from '../../bench/peers/reasons.js';
import { formatPeers } from '../../bench/peers/report.js';
import {
  combine,
  type EngineResult,
  type PeersResult,
  replaceWorkloads,
  type WorkloadResult,
} from '../../bench/peers/result.js';
import type { Effort } from '../../bench/peers/sample.js';
import { verdicts } from '../../bench/peers/verdict.js';
import type { Measurement, Workload } from '../../bench/peers/workload.js';
import { workloads } from '../../bench/peers/workloads.js';
import { hasShared } from '../support/shared-data.js';

/** The least that checks every result. Nothing here is timed. */
const least: Effort = { scale: (size) => Math.min(size, 300), budget: 0 };

/** The engines that need no package; the others are installed only where they are measured. */
const engines = [deltaic, deltaicInMemory, deltaicReplica, deltaicMesh, deltaicMeshInMemory, plain];

function measured(workload: Workload, engine: Engine): Measurement[] {
  const parts = workload.parts?.(engine) ?? 1;
  return Array.from({ length: parts }, (_, part) => workload.run(engine, part, least)).flat();
}

describe('the work that is put to all engines is done by ours, with results that hold', () => {
  for (const workload of workloads) {
    test.skipIf(['trace', 'shared-text'].includes(workload.name) && !hasShared('traces'))(workload.title, () => {
      const measurements = engines.flatMap((engine) => measured(workload, engine));
      expect(measurements.length).toBeGreaterThan(0);
      for (const { figures } of measurements) {
        expect(figures).toHaveProperty(workload.main);
        expect(Object.values(figures).filter((figure) => !Number.isFinite(figure))).toEqual([]);
      }
    });
  }
});

test('an engine that merges nothing gets no figure', () => {
  const idle = { merge: () => 0 };
  const { lists, moves, records } = deltaic;
  const lazy = {
    ...deltaic,
    ...(lists && { lists: { ...lists, ...idle } }),
    ...(moves && { moves: { ...moves, ...idle } }),
    ...(records && { records: { ...records, ...idle } }),
  };
  for (const name of ['lists', 'moves', 'records']) {
    const workload = workloads.find((each) => each.name === name);
    expect(() => workload?.run(lazy, 0, least), name).toThrow('not so');
  }
});

describe('the report', () => {
  const figures = { 'merge and read ms': 2, 'first merge and read ms': 20, 'state kB': 10, 'state deflated kB': 5 };
  const list = (title: string, factor: number, cases: readonly string[]): Omit<EngineResult, 'engine'> => ({
    title,
    runsAs: 'JavaScript',
    parts: 3,
    measurements: cases.map((name) => ({
      case: name,
      idiom: 'as it is',
      figures: Object.fromEntries(Object.entries(figures).map(([figure, value]) => [figure, value * factor])),
    })),
  });
  const cases = ['100 edits', '1,000 edits', '10,000 edits'];
  const result: PeersResult = {
    commit: 'abc',
    node: 'v20',
    machine: 'a machine',
    encoding: 'bytes',
    sizes: [],
    workloads: [
      {
        commit: 'abc',
        node: 'v20',
        machine: 'a machine',
        rounds: 1,
        name: 'lists',
        title: 'Lists',
        explanation: 'Merged.',
        main: 'merge and read ms',
        engines: [
          { engine: 'deltaic', ...list('Deltaic', 1, cases) },
          { engine: 'deltaic-in-memory', ...list('Deltaic, no bytes', 0.5, cases) },
          { engine: 'plain', ...list('Plain', 0.1, cases) },
          { engine: 'slow', ...list('Slow', 6, cases) },
          { engine: 'failing', ...list('Failing', 3, cases.slice(0, 1)), failure: 'part 2 of 3 did not finish' },
        ],
      },
    ],
  };

  test('compares with the best peer that was measured, and not with itself or with plain code', () => {
    const found = verdicts(result).filter(({ what }) => /^list merge, [\d,]+ edits$/.test(what));
    expect(found.map(({ what, lead, best, plain: floor }) => [what, lead, best?.peer, floor])).toEqual([
      ['list merge, 100 edits', 3, 'Failing (as it is)', 0.2],
      ['list merge, 1,000 edits', 6, 'Slow (as it is)', 0.2],
      ['list merge, 10,000 edits', 6, 'Slow (as it is)', 0.2],
    ]);
    expect(found[0]?.judged).toEqual([
      { target: '≥ 1.5 × the best', outcome: 'met' },
      { target: '≤ 4 × the floor', outcome: 'missed' },
    ]);
  });

  test('misses no lead that the floor does not have', () => {
    const [workload] = result.workloads;
    const engines = workload?.engines.map((engine) =>
      engine.engine === 'slow' || engine.engine === 'failing'
        ? { ...engine, ...list(engine.title, 0.4, cases) }
        : engine,
    );
    const floored = verdicts({ ...result, workloads: workload && engines ? [{ ...workload, engines }] : [] });
    const outcomes = floored
      .filter(({ what }) => /^list merge, [\d,]+ edits$/.test(what))
      .map(({ judged }) => judged[0]?.outcome);
    expect(outcomes).toEqual(['missed', 'missed', 'out of reach']);
  });

  test('limits what is shipped, the core, sync and the binary form each on top of what came before', () => {
    const size = { version: '1', licence: 'MIT', wasm: 0, dependencies: 0 };
    const titles = ['Deltaic, merge core', 'Deltaic, with sync', 'Deltaic, with the binary form', 'Yjs'];
    const sizes = titles.map((title) => ({ ...size, title, script: 28_000 }));
    const found = verdicts({ ...result, sizes, workloads: [] });
    expect(found.map(({ what, judged }) => [what, judged[0]?.target, judged[0]?.outcome])).toEqual([
      ['Deltaic, merge core, minified and gzipped', '≤ 18000', 'missed'],
      ['Deltaic, with sync, minified and gzipped', '≤ 28000', 'met'],
      ['Deltaic, with the binary form, minified and gzipped', '≤ 38000', 'met'],
    ]);
  });

  test('compares processor time where it was measured', () => {
    const [workload] = result.workloads;
    const engines = workload?.engines.map((engine) => ({
      ...engine,
      measurements: engine.measurements.map((measurement) => ({
        ...measurement,
        figures: { ...measurement.figures, 'merge and read cpu ms': engine.engine === 'deltaic' ? 1 : 7 },
      })),
    }));
    const [first] = verdicts({ ...result, workloads: workload && engines ? [{ ...workload, engines }] : [] });
    expect([first?.ours, first?.best?.value]).toEqual([1, 7]);
  });

  test('puts a workload that was measured anew in the place of the old one, with its own commit', () => {
    const [lists] = result.workloads as [WorkloadResult];
    const trace = { ...lists, name: 'trace', title: 'Trace' };
    const known = { ...result, workloads: [lists, trace, { ...lists, name: 'forgotten' }] };
    const anew = { ...trace, commit: 'def', rounds: 2 };
    const both = replaceWorkloads(known, { ...result, commit: 'def', workloads: [anew] }, ['trace', 'lists', 'absent']);
    expect(both).toEqual({ ...result, commit: 'def', workloads: [anew, lists] });
    const report = formatPeers(both);
    expect(report).toContain('Measured at commit def, Node v20, a machine, 2 rounds.');
    expect(report).toContain('Measured at commit abc, Node v20, a machine, one round.');
  });

  test('says what was missed, what a peer does better, and what did not finish', () => {
    const report = formatPeers(result);
    expect(report).toContain(
      '| list merge, 100 edits | 2 ms | 6 ms, Failing (as it is) | 3 × | 0.2 ms | 10 × | ≥ 1.5 × the best: met; ≤ 4 × the floor: missed |',
    );
    expect(report).toContain('| Failing | as it is | 6 | – | – |');
    expect(report).toContain('Failing (part 2 of 3 did not finish)');
    expect(report).toContain('| first merge and read ms |');
    expect(report).toContain('In no measurement here does a peer take less');
    const [lists] = result.workloads;
    const slower = lists?.engines.map((engine) =>
      engine.engine === 'deltaic' ? { ...engine, ...list('Deltaic', 12, cases) } : engine,
    );
    expect(formatPeers({ ...result, workloads: lists && slower ? [{ ...lists, engines: slower }] : [] })).toContain(
      '- list merge, 100 edits: 24 ms, Failing (as it is) 6 ms.',
    );
  });

  test('takes the median over the rounds', () => {
    const rounds = [1, 3, 2].map((factor) => list('Slow', factor, cases));
    expect(combine('slow', rounds).measurements[0]?.figures['merge and read ms']).toBe(4);
  });
});

test('each target that is missed in the last figures has a reason', () => {
  const figures = JSON.parse(readFileSync('bench/peers.json', 'utf8')) as PeersResult;
  const unexplained = missed(verdicts(figures)).filter(({ reason }) => reason === undefined);
  expect(unexplained.map(({ what }) => what)).toEqual([]);
});
