import { describe, expect, test } from 'vitest';
import { BackgroundJob } from '../../../src/datastore/manager/background-job.js';
import { ManualEnvironment, settled } from '../../../src/datastore/testing/index.js';

interface Job {
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

/** A job whose runs end when the test says so. */
class Bench {
  readonly environment = new ManualEnvironment();
  readonly jobs: Job[] = [];
  readonly failures: unknown[] = [];
  rests = 0;
  isPassing = true;
  readonly job: BackgroundJob;

  constructor() {
    this.job = new BackgroundJob({
      environment: this.environment,
      delays: { first: 100, most: 1000 },
      job: () =>
        new Promise((resolve, reject) => {
          this.jobs.push({ finish: resolve, fail: reject });
        }),
      failed: (error) => {
        this.failures.push(error);
        return this.isPassing;
      },
      rested: () => {
        this.rests++;
      },
    });
  }

  async finish(): Promise<void> {
    this.jobs.at(-1)?.finish();
    await settled();
  }

  async fail(): Promise<void> {
    this.jobs.at(-1)?.fail(new Error('failed'));
    await settled();
  }
}

describe('a background job', () => {
  test('does one run at a time, and one more however often it was asked during a run', async () => {
    const bench = new Bench();
    for (let at = 0; at < 5; at++) bench.job.ask();
    expect([bench.jobs.length, bench.job.isRunning]).toEqual([1, true]);
    await bench.finish();
    expect(bench.jobs).toHaveLength(2);
    await bench.finish();
    expect([bench.jobs.length, bench.job.isRunning, bench.rests]).toEqual([2, false, 1]);
  });

  test('tries again what failed, later each time, and at the first wait again after a success', async () => {
    const bench = new Bench();
    bench.job.ask();
    const waits: number[] = [];
    for (let time = 0; time < 6; time++) {
      await bench.fail();
      expect(bench.job.isWaiting).toBe(true);
      waits.push((bench.environment.nextDue ?? 0) - bench.environment.now());
      await bench.environment.advance(waits.at(-1) ?? 0);
      expect(bench.jobs).toHaveLength(time + 2);
    }
    for (const [at, wait] of waits.entries()) {
      const whole = Math.min(1000, 100 * 2 ** at);
      expect(wait).toBeGreaterThanOrEqual(whole / 2);
      expect(wait).toBeLessThanOrEqual(whole);
    }
    await bench.finish();
    bench.job.ask();
    await bench.fail();
    expect((bench.environment.nextDue ?? 0) - bench.environment.now()).toBeLessThanOrEqual(100);
  });

  test('is not held up by a wait when it is asked, and waits no more then', async () => {
    const bench = new Bench();
    bench.job.ask();
    await bench.fail();
    bench.job.askUnlessWaiting();
    expect(bench.jobs).toHaveLength(1);
    bench.job.ask();
    expect([bench.jobs.length, bench.environment.timerCount]).toEqual([2, 0]);
    await bench.finish();
    bench.job.askUnlessWaiting();
    expect(bench.jobs).toHaveLength(3);
  });

  test('asked during a run that fails runs again at once', async () => {
    const bench = new Bench();
    bench.job.ask();
    bench.job.ask();
    await bench.fail();
    expect([bench.jobs.length, bench.failures.length, bench.environment.timerCount]).toEqual([2, 1, 0]);
  });

  test('does not try again what cannot succeed', async () => {
    const bench = new Bench();
    bench.isPassing = false;
    bench.job.ask();
    await bench.fail();
    expect([bench.environment.timerCount, bench.job.isWaiting, bench.rests]).toEqual([0, false, 1]);
  });

  test('begins nothing once it is stopped, and says nothing of what was under way', async () => {
    for (const end of ['finish', 'fail'] as const) {
      const bench = new Bench();
      bench.job.ask();
      bench.job.ask();
      bench.job.stop();
      await bench[end]();
      bench.job.ask();
      expect([bench.jobs.length, bench.failures.length, bench.rests, bench.environment.timerCount]).toEqual([
        1, 0, 0, 0,
      ]);
    }
  });
});
