import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Benchmark from 'benchmark';

/** How many rounds measure each piece of work, in turn with the others, after a warm-up. */
const ROUNDS = 9;
/**
 * Work that takes at least this long, in milliseconds, is called once a round; shorter work as often as the library
 * decides.
 */
const LONG = 40;
/** Very long work is measured in fewer rounds; work of minutes is measured by its warm-up alone. */
const VERY_LONG = 1000;
const ROUNDS_IF_VERY_LONG = 3;
const LONGER_THAN_ALL = 8000;
/** Memory varies little. */
const MEMORY_ROUNDS = 3;
/** How many seconds a round repeats short work. */
const ROUND_SECONDS = 0.04;

/** How long one call takes, in milliseconds, or how many bytes its result holds. */
export interface Timing {
  readonly median: number;
  readonly best: number;
  /** The middle half of the samples lies between these. */
  readonly quartiles: readonly [number, number];
  readonly samples: number;
}

/** Keeps the result, so that the compiler cannot remove the work. */
export const sink: { last: unknown } = { last: undefined };

/**
 * Measures several pieces of work in turn, round after round, so that noise affects all alike. The work must be
 * repeatable and must not change its input.
 */
export function measureInTurn(works: readonly (() => unknown)[]): Timing[] {
  const warmUps = works.map(warmUp);
  const longest = Math.max(...warmUps);
  const samplers = works.map((work) => (longest > LONG ? () => [callOnce(work)] : samplerOf(work)));
  const samples = works.map((): number[] => []);
  const rounds = longest > VERY_LONG ? ROUNDS_IF_VERY_LONG : ROUNDS;
  for (let round = 0; round < rounds; round++) {
    samplers.forEach((sampler, at) => {
      const isSpared = (warmUps[at] ?? 0) > LONGER_THAN_ALL;
      if (!isSpared) samples[at]?.push(middle(sampler()));
      else if (round === 0) samples[at]?.push(warmUps[at] ?? Number.NaN);
    });
  }
  return samples.map(timingOf);
}

/** Runs the work until it is compiled, or once if it takes long. Returns how long the last call took. */
function warmUp(work: () => unknown): number {
  let time = callOnce(work);
  for (let spent = time; spent < LONG; spent += time) time = callOnce(work);
  return time;
}

function callOnce(work: () => unknown): number {
  const start = performance.now();
  sink.last = work();
  return performance.now() - start;
}

/** Lets the library choose how many calls make a measurable sample, and take samples. */
function samplerOf(work: () => unknown): () => number[] {
  const benchmark = new Benchmark(
    () => {
      sink.last = work();
    },
    { minSamples: 1, maxTime: ROUND_SECONDS },
  );
  return () => {
    benchmark.run({ async: false });
    const { error, stats } = benchmark as Benchmark & { readonly error?: unknown };
    if (error !== undefined) throw error;
    return stats.sample.map((seconds) => seconds * 1000);
  };
}

/** How many bytes of memory the result of some work holds, after what it used on the way was collected. */
export function measureBytes(work: () => unknown): Timing {
  const samples = Array.from({ length: MEMORY_ROUNDS }, () => {
    sink.last = undefined;
    const before = bytesInUse();
    sink.last = work();
    return bytesInUse() - before;
  });
  sink.last = undefined;
  return timingOf(samples);
}

function bytesInUse(): number {
  // A run of all suites does not collect garbage by force otherwise: the function comes with the flag.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function timingOf(samples: readonly number[]): Timing {
  const sorted = [...samples].sort((left, right) => left - right);
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
  return { median: middle(sorted), best: at(0), quartiles: [at(0.25), at(0.75)], samples: sorted.length };
}

/** The median. */
export function middle(samples: readonly number[]): number {
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
