import { isDatastoreError } from '../../errors/datastore-error.js';
import { BackgroundJob, type RetryDelays } from './background-job.js';
import type { Environment } from './environment.js';
import { isWorthRetrying } from './guards.js';

/** How long an edit may wait before it is stored by itself, in milliseconds, unless another delay is given. */
export const DEFAULT_AUTOSAVE_DELAY = 500;

/** What an {@link Autosave} is given. */
export interface AutosaveContext {
  readonly environment: Environment;
  /** How long an edit may wait, in milliseconds. */
  readonly delay: number;
  readonly retryDelays: RetryDelays;
  /** Whether there are edits that no write has begun to store. */
  readonly isBehind: () => boolean;
  readonly save: () => Promise<void>;
  /** Called with a failure of anything but the storage. */
  readonly failed: (error: unknown) => void;
  /** Hears that a run has ended. */
  readonly rested: () => void;
}

/**
 * Stores edits by itself, soon after they are made: a while after the first that is not stored, so that a user who types
 * without a pause is stored all the same. After a failure, which the status shows, it tries again. Spec: BACK-17.
 */
export class Autosave {
  readonly #context: AutosaveContext;
  readonly #job: BackgroundJob;
  /** Cancels the timer, while one runs. */
  #cancel: (() => void) | undefined;

  constructor(context: AutosaveContext) {
    const { environment, retryDelays: delays, rested } = context;
    this.#context = context;
    const job = async (): Promise<void> => {
      if (context.isBehind()) await context.save();
    };
    this.#job = new BackgroundJob({ environment, delays, job, failed: (error) => this.#failed(error), rested });
  }

  /** Whether something is being stored, or will be. */
  get isActive(): boolean {
    return this.#cancel !== undefined || this.#job.isRunning || this.#job.isWaiting;
  }

  /** Hears that an edit was made. */
  edited(): void {
    if (this.#cancel !== undefined || this.#job.isWaiting) return;
    this.#cancel = this.#context.environment.schedule(this.#context.delay, () => {
      this.#cancel = undefined;
      this.#job.ask();
    });
  }

  /** Stores at once what is not stored. After a failure, which the status shows, it tries again. */
  hurry(): void {
    this.#stopTimer();
    this.#job.ask();
  }

  /** Hears that everything is stored: nothing is left to do. */
  rest(): void {
    this.#stopTimer();
    this.#job.rest();
  }

  /** Stores nothing by itself any more. */
  stop(): void {
    this.#stopTimer();
    this.#job.stop();
  }

  #stopTimer(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** @returns whether to try again later. */
  #failed(error: unknown): boolean {
    if (isDatastoreError(error)) return isWorthRetrying(error);
    this.#context.failed(error);
    return false;
  }
}
