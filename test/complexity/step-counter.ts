import { Session } from 'node:inspector';

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

/**
 * Counts steps instead of seconds. V8 counts how often each block of code runs (a function, a branch, the body of a
 * loop), and the sum of these counts over a folder is the same on every machine, however busy it is.
 *
 * What the language does by itself, such as moving the items of an array, is no block and is not counted. So an
 * operation that copies a long array in one call passes here; the benchmarks' doubling series are for that.
 */
export class StepCounter {
  readonly #session = new Session();
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How many blocks of the folder's code ran for `work`. */
  count(work: () => unknown): number {
    this.#take();
    work();
    return this.#take();
  }

  close(): void {
    this.#post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  /** The steps since the last time this was asked. */
  #take(): number {
    const { result } = this.#post('Profiler.takePreciseCoverage') as unknown as Coverage;
    let steps = 0;
    for (const { url, functions } of result) {
      if (!url.includes(this.#folder)) continue;
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
