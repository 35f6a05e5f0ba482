// Measures one engine at one workload, in its own process, and prints the result as JSON.

import { loadEngine } from './engines.js';
import { FULL_EFFORT } from './sample.js';
import { workloads } from './workloads.js';

const [engineName = '', workloadName = '', part = '0'] = process.argv.slice(2);
const workload = workloads.find(({ name }) => name === workloadName);
if (workload === undefined) throw new Error(`no workload is called ${workloadName}`);
const engine = await loadEngine(engineName);
const measurements = workload.run(engine, Number(part), FULL_EFFORT);
const parts = workload.parts?.(engine) ?? 1;
process.stdout.write(
  JSON.stringify({
    title: engine.title,
    runsAs: engine.runsAs,
    absent: engine.absent[workloadName],
    parts,
    measurements,
  }),
);
