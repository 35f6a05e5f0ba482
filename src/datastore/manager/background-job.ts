import { ServiceError } from '../../errors/datastore-error.js';
import type { Environment } from './environment.js';

/** How long to wait before a retry, in milliseconds. */
export interface RetryDelays {
  /** Before the first retry. Each further failure doubles the wait. */
  readonly first: number;
  /** The longest wait. */
  readonly most: number;
}

/** The delays unless others are given: a second at first, five minutes at most. */
export const DEFAULT_RETRY_DELAYS: RetryDelays = { first: 1000, most: 300_000 };

/** What a {@link BackgroundJob} is given. */
export interface JobContext {
  readonly environment: Environment;
  readonly delays: RetryDelays;
  /** Does all there is to do, and resolves when nothing is left. */
  readonly job: () => Promise<void>;
  /** Hears that the job failed, and says whether to try again later. */
  readonly failed: (error: unknown) => boolean;
  /** Hears that a run has ended and no other follows at once. */
  readonly rested?: () => void;
}

type JobState =
  | { readonly type: 'idle' }
  | { readonly type: 'running'; readonly isAskedAgain: boolean }
  /** The last run failed, and the next one waits for its time. */
  | { readonly type: 'waiting'; readonly cancel: () => void }
  | { readonly type: 'stopped' };

/**
 * Runs a job when asked: one run at a time, one more if it was asked during a run, and again by itself, after a wait that
 * grows, when a run failed.
 *
 * ```text
 *            ask               ends, was not asked again
 *   idle ──────────▶ running ───────────────────────────▶ idle
 *                    ▲  ▲  │ fails, to be tried again
 *      ends, was     │  │  └──────────────▶ waiting ── rest ──▶ idle
 *      asked again ──┘  └── time is up, ask ───┘
 *
 *   any state ── stop ──▶ stopped
 * ```
 */
export class BackgroundJob {
  readonly #context: JobContext;
  readonly #backoff: Backoff;
  #state: JobState = { type: 'idle' };
  #ended: Promise<void> = Promise.resolve();

  constructor(context: JobContext) {
    this.#context = context;
    this.#backoff = new Backoff(context.environment, context.delays);
  }

  get isRunning(): boolean {
    return this.#state.type === 'running';
  }

  /** Whether a run failed and the next one waits for its time. */
  get isWaiting(): boolean {
    return this.#state.type === 'waiting';
  }

  /** Resolves when the current run has ended, and the runs that were asked for meanwhile. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Asks for a run: now, or right after the current one. */
  ask(): void {
    if (this.#state.type === 'stopped') return;
    this.rest();
    if (this.#state.type === 'running') this.#state = { type: 'running', isAskedAgain: true };
    else this.#ended = this.#run();
  }

  /** Asks for a run, unless a failed one waits for its time. */
  askUnlessWaiting(): void {
    if (!this.isWaiting) this.ask();
  }

  /** Cancels a retry that waits for its time. */
  rest(): void {
    if (this.#state.type !== 'waiting') return;
    this.#state.cancel();
    this.#state = { type: 'idle' };
  }

  /** Starts no run any more. A current one ends by itself, and nobody hears of its end. */
  stop(): void {
    this.rest();
    this.#state = { type: 'stopped' };
  }

  async #run(): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    do {
      this.#state = { type: 'running', isAskedAgain: false };
      failure = await this.#runOnce();
    } while (this.#isAskedAgain);
    if (!this.isRunning) return;
    this.#state =
      failure === undefined ? { type: 'idle' } : { type: 'waiting', cancel: this.#retryAfter(failure.error) };
    this.#context.rested?.();
  }

  /** @returns why to try again later, if so. */
  async #runOnce(): Promise<{ readonly error: unknown } | undefined> {
    try {
      await this.#context.job();
      this.#backoff.reset();
      return undefined;
    } catch (error) {
      return this.isRunning && this.#context.failed(error) ? { error } : undefined;
    }
  }

  get #isAskedAgain(): boolean {
    return this.#state.type === 'running' && this.#state.isAskedAgain;
  }

  #retryAfter(error: unknown): () => void {
    return this.#context.environment.schedule(this.#backoff.next(error), () => {
      this.#state = { type: 'idle' };
      this.ask();
    });
  }
}

/**
 * Doubles the wait with each failure up to a limit, and takes a random part of up to a half off it, so that many devices
 * that failed together do not come back together.
 */
export class Backoff {
  readonly #environment: Environment;
  readonly #delays: RetryDelays;
  #failures = 0;

  constructor(environment: Environment, delays: RetryDelays) {
    this.#environment = environment;
    this.#delays = delays;
  }

  /**
   * Counts a failure.
   *
   * @param error what failed: a server may say in it how long to wait at least.
   * @returns how many milliseconds to wait.
   */
  next(error?: unknown): number {
    const { first, most } = this.#delays;
    const whole = Math.min(most, first * 2 ** this.#failures);
    // At the limit it stops counting, or the power would overflow.
    if (whole < most) this.#failures++;
    const wait = whole * (0.5 + this.#fraction() / 2);
    const asked = error instanceof ServiceError ? (error.retryAfter ?? 0) : 0;
    // On top of it, so that those who were asked to wait equally long do not come back together.
    return Math.ceil(asked + wait);
  }

  /** After a success the next failure counts as the first. */
  reset(): void {
    this.#failures = 0;
  }

  /** From 0 to just below 1. */
  #fraction(): number {
    const [high = 0, low = 0] = this.#environment.randomBytes(2);
    return (high * 256 + low) / 65_536;
  }
}
