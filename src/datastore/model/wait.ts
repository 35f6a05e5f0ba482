import { checkMethods, invalidArgument } from '../../errors/arguments.js';
import { type DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import type { AbortSignalLike } from '../storage/device-storage.js';

/** How long a call may wait for the server. */
export interface WaitOptions {
  /** The call fails with `aborted` once it aborts. */
  readonly signal?: AbortSignalLike;
  /** After so many milliseconds the call fails with `aborted`. Without it, the call waits as long as it takes. */
  readonly timeout?: number;
}

/** The keys of {@link WaitOptions}. */
export const WAIT_OPTIONS = { signal: true, timeout: true } as const;

/** Runs a task after a delay in milliseconds. The function that it returns cancels that. */
type Schedule = (delay: number, task: () => void) => () => void;

/** The patience of one call: it is over once the caller's signal aborts, or the time is up. Spec: COMMIT-5. */
export class Wait {
  readonly #listeners = new Set<(error: DatastoreError) => void>();
  readonly #stops: (() => void)[] = [];
  #error: DatastoreError | undefined;

  /** @throws DatastoreError `invalid-option`. */
  constructor({ signal, timeout }: WaitOptions, schedule: Schedule) {
    if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0 && Number.isFinite(timeout))) {
      throw invalidArgument('timeout must be a number of milliseconds, 0 or more', timeout);
    }
    if (signal !== undefined) {
      checkMethods<AbortSignalLike>(signal, 'signal', ['addEventListener', 'removeEventListener']);
      const abort = (): void => this.#end('the caller aborted the call');
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort);
      this.#stops.push(() => signal.removeEventListener('abort', abort));
    }
    if (timeout !== undefined) this.#stops.push(schedule(timeout, () => this.#end(`${timeout} ms are over`)));
  }

  /** @throws ServiceError `aborted` if it is over. */
  check(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** Calls a listener once it is over, or now if it is. @returns a function that removes the listener. */
  onOver(listener: (error: DatastoreError) => void): () => void {
    if (this.#error !== undefined) listener(this.#error);
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The call has ended: nobody waits any more. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#listeners.clear();
  }

  #end(reason: string): void {
    if (this.#error !== undefined) return;
    const error = new ServiceError('aborted', `${reason} before the server had answered`);
    this.#error = error;
    for (const listener of [...this.#listeners]) listener(error);
    this.#listeners.clear();
  }
}
