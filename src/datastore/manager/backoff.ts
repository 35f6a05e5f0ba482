import type { Environment } from './environment.js';

/** How long to wait before trying again, in milliseconds. */
export interface RetryDelays {
  /** Before the first retry. */
  readonly first: number;
  /** Before any retry, however many there were. */
  readonly most: number;
}

export const DEFAULT_RETRY_DELAYS: RetryDelays = { first: 1000, most: 300_000 };

/**
 * Doubles the wait with every failure, up to a limit, and takes a random part off it: between a half and all of it is
 * waited, so that many devices that failed together do not come back together.
 */
export class Backoff {
  readonly #environment: Environment;
  readonly #delays: RetryDelays;
  #failures = 0;

  constructor(environment: Environment, delays: RetryDelays) {
    this.#environment = environment;
    this.#delays = delays;
  }

  /** Counts a failure. @returns how many milliseconds to wait, and never less than `atLeast`. */
  next(atLeast = 0): number {
    const { first, most } = this.#delays;
    const whole = Math.min(most, first * 2 ** this.#failures);
    // Beyond the limit more doublings change nothing, and the power must not grow past what a number can hold.
    if (whole < most) this.#failures++;
    return Math.max(atLeast, Math.ceil(whole * (0.5 + this.#fraction() / 2)));
  }

  /** Something succeeded: the next failure is a first one again. */
  reset(): void {
    this.#failures = 0;
  }

  /** From 0 to just below 1. */
  #fraction(): number {
    const [high = 0, low = 0] = this.#environment.randomBytes(2);
    return (high * 256 + low) / 65_536;
  }
}
