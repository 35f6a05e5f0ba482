/** Runs asynchronous work one at a time, in the order in which it was asked for. */
export class Mutex {
  #last: Promise<unknown> | undefined;

  /** Whether no work is running or waiting. */
  get isFree(): boolean {
    return this.#last === undefined;
  }

  /** Starts the work at once if the mutex is free, else when all earlier work has ended, even if that failed. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last === undefined ? work() : this.#last.then(work, work);
    const release = (): void => {
      if (this.#last === result) this.#last = undefined;
    };
    this.#last = result;
    result.then(release, release);
    return result;
  }
}
