/** Work that must not overlap, in the order in which it came. */
export class Turns {
  #last: Promise<unknown> | undefined;

  /** Whether nothing is under way. */
  get isFree(): boolean {
    return this.#last === undefined;
  }

  /** Begins the work at once if nothing is under way, else after all before it has ended, well or not. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last === undefined ? work() : this.#last.then(work, work);
    const forget = (): void => {
      if (this.#last === result) this.#last = undefined;
    };
    this.#last = result;
    result.then(forget, forget);
    return result;
  }
}
