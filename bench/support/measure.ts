import Benchmark from 'benchmark';

/** Samples a figure rests on, after the warm-up that the library does by itself. */
const SAMPLES_MIN = 9;
const SECONDS_MAX = 2;

/** Keeps what was computed, so that no compiler can leave the work out. */
export const sink: { last: unknown } = { last: undefined };

/** The median time of one call of `work`, in milliseconds. */
export function medianTime(name: string, work: () => unknown): number {
  const benchmark = new Benchmark(
    name,
    () => {
      sink.last = work();
    },
    { minSamples: SAMPLES_MIN, maxTime: SECONDS_MAX },
  );
  benchmark.run({ async: false });
  const { error, stats } = benchmark as Benchmark & { readonly error?: unknown };
  if (error !== undefined) throw error;
  return median(stats.sample) * 1000;
}

/**
 * The median time of each of several pieces of work in milliseconds, each run once in turn, round after round, so that a
 * noisy moment falls on all alike. For work that takes long or cannot be repeated on the same input.
 */
export function interleavedTimes(works: readonly (() => unknown)[], rounds = 7): number[] {
  const samples = works.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    works.forEach((work, at) => {
      const start = performance.now();
      sink.last = work();
      // The first round only warms up.
      if (round >= 0) samples[at]?.push(performance.now() - start);
    });
  }
  return samples.map(median);
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
