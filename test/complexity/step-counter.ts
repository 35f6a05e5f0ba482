import { Session } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

/**
 * Counts steps instead of seconds. V8 counts how often each block of code runs (a function, a branch, the body of a
 * loop), and the steps are the sum of these counts over a folder.
 *
 * Code that V8 has optimized leaves about one in a hundred uncounted, and when it optimizes depends on how busy the
 * machine is. So while there is a counter, nothing is optimized, and the same work takes the same steps every time.
 *
 * What the language does by itself, such as moving the items of an array, is no block and is not counted. So an
 * operation that copies a long array in one call passes here; the benchmarks' doubling series are for that.
 */
export class StepCounter {
  readonly #session = new Session();

  constructor() {
    setFlagsFromString('--no-opt');
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How many blocks of a folder's code ran for `work`. */
  count(work: () => unknown, folder = '/src/'): number {
    this.#take(folder);
    work();
    return this.#take(folder);
  }

  close(): void {
    this.#post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
    setFlagsFromString('--opt');
  }

  /** The steps since the last time this was asked. */
  #take(folder: string): number {
    const { result } = this.#post('Profiler.takePreciseCoverage') as unknown as Coverage;
    let steps = 0;
    for (const { url, functions } of result) {
      if (!url.includes(folder)) continue;
      for (const { ranges } of functions) for (const { count } of ranges) steps += count;
    }
    return steps;
  }

  /** The inspector of the own thread answers before `post` returns. */
  #post(method: string, parameters: object = {}): object {
    let answer: object | undefined;
    this.#session.post(method, parameters, (error, result: object = {}) => {
      if (error !== null) throw error;
      answer = result;
    });
    if (answer === undefined) throw new Error(`${method} was not answered`);
    return answer;
  }
}
