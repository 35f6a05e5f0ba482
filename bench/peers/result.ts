import type { Setting } from '../support/machine.js';
import type { BundleSize } from './bundle-size.js';
import { median } from './sample.js';
import type { Measurement } from './workload.js';

/** What a worker prints. */
export interface WorkerResult {
  readonly title: string;
  readonly runsAs: 'JavaScript' | 'WebAssembly';
  readonly absent?: string;
  /** How many processes measure all parts. */
  readonly parts: number;
  readonly measurements: readonly Measurement[];
  /** Why figures are missing, if the engine did not finish. */
  readonly failure?: string;
}

/** One engine at one workload, over all rounds. */
export interface EngineResult extends WorkerResult {
  readonly engine: string;
}

/** One workload, with where it was measured: workloads can be measured on different days. */
export interface WorkloadResult extends Setting {
  readonly rounds: number;
  readonly name: string;
  readonly title: string;
  readonly explanation: string;
  readonly main: string;
  readonly engines: readonly EngineResult[];
}

/** The setting is that of the sizes, which every run measures. */
export interface PeersResult extends Setting {
  readonly encoding: string;
  readonly sizes: readonly BundleSize[];
  readonly workloads: readonly WorkloadResult[];
}

/** What was known, with the workloads that were measured anew in place of the old ones, in the order of `names`. */
export function replaceWorkloads(known: PeersResult, measured: PeersResult, names: readonly string[]): PeersResult {
  const workloads = names.flatMap((name) => {
    const isNamed = (workload: WorkloadResult): boolean => workload.name === name;
    return measured.workloads.find(isNamed) ?? known.workloads.find(isNamed) ?? [];
  });
  return { ...measured, workloads };
}

/** The median of every figure over the rounds. */
export function combine(engine: string, rounds: readonly WorkerResult[]): EngineResult {
  const [first] = rounds;
  if (first === undefined) throw new Error(`${engine} was not run`);
  const measurements = first.measurements.map((measurement, at) => ({
    ...measurement,
    figures: Object.fromEntries(
      Object.keys(measurement.figures).map((name) => [
        name,
        median(rounds.flatMap((round) => round.measurements[at]?.figures[name] ?? [])),
      ]),
    ),
  }));
  const { failure } = rounds.at(-1) ?? first;
  return { ...first, engine, measurements, ...(failure !== undefined && { failure }) };
}

/** Deltaic is measured in several ways, whose names all begin with its own. */
export function isOurs({ engine }: EngineResult): boolean {
  return engine.startsWith('deltaic');
}

/** Plain arrays and Maps bound what any engine could reach; they are not a peer. */
export function isPlain({ engine }: EngineResult): boolean {
  return engine === 'plain';
}
