import { Backoff, type RetryDelays } from './backoff.js';
import type { Environment } from './environment.js';

export interface WorkerOptions {
  readonly environment: Environment;
  readonly delays: RetryDelays;
  /** Does all there is to do, and resolves when nothing is left. */
  readonly job: () => Promise<void>;
  /** Hears that the job failed, and says whether it should be tried again later. */
  readonly failed: (error: unknown) => boolean;
  /** Hears that a run has ended and no other follows at once. */
  readonly rested?: () => void;
}

/**
 * Does a job whenever it is asked to: one run at a time, one more if it was asked during a run, and again by itself,
 * after a wait that grows, when a run failed.
 */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #backoff: Backoff;
  #isRunning = false;
  #isAskedAgain = false;
  #isStopped = false;
  #cancelRetry: (() => void) | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.environment, options.delays);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Resolves when the run that is going on has ended, and those that were asked for meanwhile. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Whether a run failed and the next waits for its time. */
  get isWaiting(): boolean {
    return this.#cancelRetry !== undefined;
  }

  /** Asks for a run: now, or right after the one that is going on. */
  ask(): void {
    if (this.#isStopped) return;
    this.rest();
    if (this.#isRunning) this.#isAskedAgain = true;
    else this.#ended = this.#run();
  }

  /** Asks for a run unless a failed one waits to be tried again. */
  askUnlessWaiting(): void {
    if (!this.isWaiting) this.ask();
  }

  /** Gives up a retry that waits for its time. */
  rest(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /** No run begins any more. One that is going on ends by itself, and nobody hears of its end. */
  stop(): void {
    this.#isStopped = true;
    this.rest();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    do {
      this.#isAskedAgain = false;
      try {
        await this.#options.job();
        this.#backoff.reset();
      } catch (error) {
        if (this.#isStopped) break;
        if (this.#options.failed(error) && !this.#isAskedAgain) this.#scheduleRetry();
      }
    } while (this.#isAskedAgain && !this.#isStopped);
    this.#isRunning = false;
    if (!this.#isStopped) this.#options.rested?.();
  }

  #scheduleRetry(): void {
    this.#cancelRetry = this.#options.environment.schedule(this.#backoff.next(), () => {
      this.#cancelRetry = undefined;
      this.ask();
    });
  }
}
