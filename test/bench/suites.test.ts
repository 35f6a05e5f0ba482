import { describe, expect, test } from 'vitest';
import { suites } from '../../bench/suites.js';
import { verify } from '../../bench/support/run.js';
import type { Scale } from '../../bench/support/suite.js';

/** Small enough to take no time, large enough that lists split blocks and merges meet collisions. */
const small: Scale = (size) => Math.min(size, 300);

/** What is measured is also right, or the figures mean nothing. Nothing here is timed. */
describe('the benchmarks come to what their baselines come to', () => {
  for (const suite of suites) {
    test(suite.title, () => {
      for (const prepare of suite.comparisons(small)) verify(prepare());
      for (const series of suite.series(small)) for (const size of series.sizes) verify(series.at(size));
    });
  }
});

test('a wrong result is not measured', () => {
  for (const suite of suites) {
    for (const prepare of suite.comparisons(small)) {
      const comparison = prepare();
      expect(() => verify({ ...comparison, contender: () => undefined }), comparison.work).toThrow();
    }
  }
});

test('every suite has rows and series, and a name of its own', () => {
  const names = suites.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const suite of suites) {
    if (suite.name !== 'traces') expect(suite.comparisons(small).length).toBeGreaterThan(0);
    for (const { title, sizes, at } of suite.series((size) => size)) {
      expect(sizes.length, title).toBeGreaterThan(3);
      expect(at(small(sizes[0] ?? 0)).work).not.toBe('');
    }
  }
});
