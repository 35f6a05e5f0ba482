import { type DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import type { ReplicaStatus } from '../../sync/replica-status.js';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Those who wait for the exchange with the server to get somewhere. */
export class SyncWaiters {
  /** For a question that has not been asked yet. */
  readonly #forFetch: Waiter[] = [];
  /** For the answer to one that is on its way. */
  readonly #forAnswer: Waiter[] = [];
  readonly #forUpload: Waiter[] = [];

  /** Resolves after the next question to the log was answered. */
  untilFetched(): Promise<void> {
    return new Promise((resolve, reject) => this.#forFetch.push({ resolve, reject }));
  }

  /** Resolves once the log has everything that is sealed. */
  untilUploaded(): Promise<void> {
    return new Promise((resolve, reject) => this.#forUpload.push({ resolve, reject }));
  }

  /** Whether somebody waits for an upload. */
  get isUploadAwaited(): boolean {
    return this.#forUpload.length > 0;
  }

  /** The log is asked now: what it had earlier is no answer to those who come later. */
  fetching(): void {
    this.#forAnswer.push(...this.#forFetch.splice(0));
  }

  fetched(): void {
    for (const { resolve } of this.#forAnswer.splice(0)) resolve();
  }

  /**
   * There is nothing to be done at the moment. That something is to be merged says nothing to who waits for an upload
   * that has succeeded: others can have come after it, too.
   */
  settle(
    { hasOutgoing, isInFlight, hasIncoming }: ReplicaStatus,
    refusal: DatastoreError | undefined,
    inSnapshot: 'present' | 'absent' | 'unknown',
  ): void {
    if (refusal !== undefined) this.#rejectUploads(refusal);
    else if (!hasOutgoing && (!isInFlight || inSnapshot === 'present'))
      for (const { resolve } of this.#forUpload.splice(0)) resolve();
    else if (inSnapshot === 'unknown')
      this.#rejectUploads(new ServiceError('server', 'the log has forgotten too much'));
    else if (hasIncoming) this.#rejectUploads(new ServiceError('conflict', 'others came first'));
  }

  /**
   * A step failed. Who waits for an upload waits on if it is under way, since nobody knows what became of it; and need
   * not wait at all if it turned up in the log, while its answer was lost.
   */
  failed(error: DatastoreError, status: ReplicaStatus): void {
    this.#rejectFetches(error);
    if (!status.hasOutgoing && !status.isInFlight) this.settle(status, undefined, 'absent');
    if (!status.isInFlight || error.code === 'not-found') this.#rejectUploads(error);
  }

  /** Nobody will get what they wait for. */
  rejectAll(error: unknown): void {
    this.#rejectFetches(error);
    this.#rejectUploads(error);
  }

  #rejectFetches(error: unknown): void {
    for (const { reject } of [...this.#forAnswer.splice(0), ...this.#forFetch.splice(0)]) reject(error);
  }

  #rejectUploads(error: unknown): void {
    for (const { reject } of this.#forUpload.splice(0)) reject(error);
  }
}
