// Runs every engine at every workload, each in its own process. Names on the command line select workloads, whose figures take
// the place of the last ones. A number is the count of rounds. `report` alone measures nothing, and writes the report of the
// last figures anew.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { thisSetting } from '../support/machine.js';
import { bundleSizes } from './bundle-size.js';
import { drawPeers } from './charts.js';
import { ENCODING } from './engines/deltaic-bytes.js';
import { ENGINE_NAMES } from './engines.js';
import { formatPeers } from './report.js';
import { combine, type EngineResult, type PeersResult, replaceWorkloads, type WorkerResult } from './result.js';
import type { Workload } from './workload.js';
import { workloads } from './workloads.js';

const WORKER = resolve('bench/peers/.build/bench/peers/worker.js');
const TIMEOUT = 300_000;
const ROUNDS = 3;

const words = process.argv.slice(2);
const rounds = Number(words.find((word) => /^\d+$/.test(word)) ?? ROUNDS);
const isReport = words.includes('report');
const names = words.filter((word) => !/^\d+$/.test(word) && word !== 'report');
const unknown = names.filter((name) => !workloads.some((workload) => workload.name === name));
if (unknown.length > 0) throw new Error(`unknown workload ${unknown.join(' or ')}`);
const chosen = names.length === 0 ? workloads : workloads.filter(({ name }) => names.includes(name));

const FIGURES = resolve('bench/peers.json');

if (isReport) {
  write(lastResult());
} else {
  const measured = await measureAll();
  const known = names.length === 0 ? measured : lastResult();
  const result = replaceWorkloads(
    known,
    measured,
    workloads.map(({ name }) => name),
  );
  write(result);
  console.log(formatPeers(result));
}

function lastResult(): PeersResult {
  return JSON.parse(readFileSync(FIGURES, 'utf8')) as PeersResult;
}

function write(result: PeersResult): void {
  writeFileSync(resolve('bench/PEERS.md'), formatPeers(result));
  writeFileSync(FIGURES, `${JSON.stringify(result, undefined, 2)}\n`);
  drawPeers(result);
}

async function measureAll(): Promise<PeersResult> {
  const setting = thisSetting();
  return {
    ...setting,
    encoding: ENCODING,
    sizes: await bundleSizes(),
    workloads: chosen.map((workload) => {
      const { name, title, explanation, main } = workload;
      return { ...setting, rounds, name, title, explanation, main, engines: runAll(workload) };
    }),
  };
}

/** All engines in turn, in reverse order in every second round; an engine that fails is not run again. */
function runAll({ name: workload, main }: Workload): EngineResult[] {
  const found = new Map<string, WorkerResult[]>();
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ENGINE_NAMES : ENGINE_NAMES.toReversed();
    for (const engine of order) {
      const earlier = found.get(engine) ?? [];
      // An engine without a first result has none later.
      const last = earlier.at(-1);
      if (last !== undefined && (last.measurements.length === 0 || last.failure !== undefined)) continue;
      const outcome = runOne(engine, workload);
      found.set(engine, [...earlier, outcome]);
      console.error(`${workload}, round ${round + 1} of ${rounds}, ${engine}: ${summary(outcome, main)}`);
    }
  }
  return ENGINE_NAMES.map((engine) => combine(engine, found.get(engine) ?? []));
}

/** The results of all parts; if one fails, those before it, and the reason. */
function runOne(engine: string, workload: string): WorkerResult {
  let result: WorkerResult | undefined;
  for (let part = 0; part < (result?.parts ?? 1); part++) {
    const next = runPart(engine, workload, part);
    if (typeof next === 'string') {
      const nothing: WorkerResult = { title: engine, runsAs: 'JavaScript', parts: 0, measurements: [] };
      return { ...(result ?? nothing), failure: part === 0 ? next : `part ${part + 1} of ${result?.parts} ${next}` };
    }
    result = { ...next, measurements: [...(result?.measurements ?? []), ...next.measurements] };
  }
  if (result === undefined) throw new Error(`${engine} has no part`);
  return result;
}

function runPart(engine: string, workload: string, part: number): WorkerResult | string {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '--max-old-space-size=4096', WORKER, engine, workload, String(part)],
    { encoding: 'utf8', timeout: TIMEOUT, maxBuffer: 2 ** 26 },
  );
  if (status === 0) return JSON.parse(stdout) as WorkerResult;
  if (signal !== null) return `did not finish in ${TIMEOUT / 60_000} minutes`;
  const reason = stderr.split('\n').find((line) => /Error|not so|panicked/.test(line));
  return `failed: ${reason?.trim() ?? `exit code ${status}`}`;
}

function summary({ measurements, absent, failure }: WorkerResult, main: string): string {
  if (measurements.length === 0) return failure ?? absent ?? 'nothing to measure';
  const cells = measurements.map(({ case: name, figures }) => `${name} ${figures[main]?.toPrecision(3)}`);
  return `${cells.join(', ')} (${main})${failure === undefined ? '' : `; ${failure}`}`;
}
