/**
 * A small seeded generator of whole numbers. The same seed gives the same numbers on every machine, and neighbouring
 * seeds give unrelated ones.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) | 0;
  }

  /** A whole number from 0 to 2^32 − 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability * 2 ** 32;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('there is nothing to pick from');
    return choice;
  }

  /** One of the choices, each as likely as its weight says, or `undefined` if all weights are 0. */
  pickWeighted<T>(choices: readonly (readonly [choice: T, weight: number])[]): T | undefined {
    const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
    let left = (this.next() / 2 ** 32) * total;
    for (const [choice, weight] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    return undefined;
  }
}
