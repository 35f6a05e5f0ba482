import { describe, expect, test } from 'vitest';
import { FAULTS, formatFaults, parseFaults } from './faults.js';
import { Random } from './random.js';
import { run } from './run.js';
import { shrink } from './shrink.js';
import { formatSchedule, parseSchedule, STEP_TYPES, type Step } from './step.js';

const edit = (argument: number): Step => ({ type: 'edit', replica: 0, argument });

describe('a schedule as text', () => {
  test('reads as what was written', () => {
    const { schedule } = run({ seed: 1, replicas: 3, edits: 60, faults: new Set(FAULTS) });
    expect(parseSchedule(formatSchedule(schedule))).toEqual(schedule);
    expect(new Set(schedule.map(({ type }) => type)).size).toBeGreaterThan(STEP_TYPES.length / 2);
  });

  test.each(['jump 1', 'edit', 'edit 1', 'edit 1 -2', 'edit 1 x', 'work 1', 'sync 0.5'])('refuses %s', (text) => {
    expect(() => parseSchedule(text)).toThrow(RangeError);
  });
});

test('faults as text read as what was written', () => {
  for (const text of ['all', 'none', 'delay,drop', 'trim']) expect(formatFaults(parseFaults(text))).toBe(text);
  expect(() => parseFaults('delay,rain')).toThrow(RangeError);
});

describe('shrinking', () => {
  test('keeps just the steps that matter, in their order', () => {
    const schedule = Array.from({ length: 200 }, (_, index) => edit(index));
    const needed = [3, 77, 78, 199];
    const fails = (steps: readonly Step[]): boolean =>
      needed.every((wanted) => steps.some(({ argument }) => argument === wanted));
    expect(shrink(schedule, fails).map(({ argument }) => argument)).toEqual(needed);
  });

  test('ends with nothing where everything fails', () => {
    expect(shrink([edit(1), edit(2), edit(3)], () => true)).toEqual([]);
  });

  test('stops when its replays are used up', () => {
    let replays = 0;
    const schedule = Array.from({ length: 100 }, (_, index) => edit(index));
    shrink(schedule, () => ++replays > 1_000_000, { most: 20 });
    expect(replays).toBe(20);
  });
});

test('chance is spread evenly and depends on the seed alone', () => {
  const counts = Array.from({ length: 10 }, () => 0);
  const random = new Random(7);
  for (let draw = 0; draw < 100_000; draw++) {
    const index = random.below(10);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  expect(new Random(7).next()).toBe(new Random(7).next());
  expect(new Random(7).next()).not.toBe(new Random(8).next());
});
