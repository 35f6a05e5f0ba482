import type { ConformanceCase, ManualEnvironment } from '../../src/datastore/testing/index.js';

/** Longer than any deadline of a suite. */
const LONG = 1_000_000;

/** Which cases fail, with their errors. What waits once nothing else happens is late. */
export async function failingCases(
  cases: readonly ConformanceCase[],
  environment: ManualEnvironment,
): Promise<ReadonlyMap<string, Error>> {
  const failed = new Map<string, Error>();
  for (const { name, run } of cases) {
    let isDone = false;
    const running = run()
      .catch((error: Error) => failed.set(name, error))
      .finally(() => {
        isDone = true;
      });
    while (!isDone) {
      // Everything in memory goes on by promises alone, so nothing is left of it after a turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      if (!isDone) await environment.advance(LONG);
    }
    await running;
  }
  return failed;
}
