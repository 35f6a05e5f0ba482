import { deflateRawSync } from 'node:zlib';
import { FULL, type Scale } from '../support/suite.js';

/** The effort of a measurement. */
export interface Effort {
  /** Reduces the sizes, so that a test can run everything quickly. */
  readonly scale: Scale;
  /** How long a case is repeated, in milliseconds. */
  readonly budget: number;
}

export const FULL_EFFORT: Effort = { scale: FULL, budget: 2500 };

/** How often a case is repeated at least and at most. */
const SAMPLES_MIN = 3;
const SAMPLES_MAX = 200;
/** A case that takes longer than this once is not repeated in the same process. */
const LONG = 5000;

/** What was measured once: milliseconds by name. */
export type Times = Readonly<Record<string, number>>;

/** The time of a case in its first run, when nothing was compiled yet, and its usual time. */
export interface Repeated {
  readonly first: Times;
  readonly usual: Times;
}

/**
 * Repeats a case and returns the median of each reported time. The first runs, a third of the time, only warm up,
 * unless one run takes so long that warming up does not matter.
 *
 * The garbage of earlier cases is collected first. Nothing is collected by force between the runs, so an engine pays
 * for its own garbage. A full collection while no delta is in use would also discard optimised code that depends on the
 * shapes of objects that were just collected (`--trace-deopt` says "weak objects").
 */
export function repeat(run: () => Times, { budget }: Effort): Repeated {
  collectGarbage();
  const start = performance.now();
  const first = run();
  const tookFirst = performance.now() - start;
  if (tookFirst > LONG) return { first, usual: first };
  while (performance.now() - start < budget / 3) run();
  const samples: Times[] = [];
  while (samples.length < SAMPLES_MIN || (samples.length < SAMPLES_MAX && performance.now() - start < budget)) {
    samples.push(run());
  }
  const usual = Object.fromEntries(
    Object.keys(first).map((name) => [name, median(samples.map((sample) => sample[name] ?? Number.NaN))]),
  );
  return { first, usual };
}

/** What work took, in milliseconds: by the clock, and of processor time, that of its helper threads too. */
export interface Took {
  readonly wall: number;
  readonly processor: number;
}

export function timed<Result>(work: () => Result): [result: Result, took: Took] {
  const before = process.cpuUsage();
  const start = performance.now();
  const result = work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return [result, { wall, processor: (user + system) / 1000 }];
}

/** The figures of work by its name, such as `merge ms` and `merge cpu ms`, summed over its steps. */
export function timesOf(name: string, ...steps: readonly Took[]): Times {
  const sum = (which: keyof Took): number => steps.reduce((total, took) => total + took[which], 0);
  return { [`${name} ms`]: sum('wall'), [`${name} cpu ms`]: sum('processor') };
}

/** The same figures of the first run. */
export function firstTimesOf(name: string, first: Times): Times {
  const figures = [`${name} ms`, `${name} cpu ms`];
  return Object.fromEntries(figures.map((figure) => [`first ${figure}`, first[figure] ?? Number.NaN]));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** The size of bytes as they are, and deflated by the platform, by the names of the columns. */
export function sizesOf(what: string, bytes: Uint8Array): Record<string, number> {
  return { [`${what} kB`]: bytes.length / 1000, [`${what} deflated kB`]: deflateRawSync(bytes).length / 1000 };
}

/** Collects garbage, so that the next run does not pay for it. */
export function collectGarbage(): void {
  globalThis.gc?.();
}

/** Bytes that are in use: the JavaScript heap, and outside of it buffers and the memory of WebAssembly. */
export function bytesInUse(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** @throws Error unless the condition holds: a wrong result must not get a figure. */
export function expectTrue(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
