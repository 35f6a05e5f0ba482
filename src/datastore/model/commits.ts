import { DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import type { Withdrawal } from '../../sync/sync-result.js';
import { describe } from '../../values/value.js';
import { ownOptions } from './options.js';
import type { Session } from './session.js';

export interface TransactionOptions {
  /** How often to try before the conflict is given to the caller: once, unless given. */
  readonly maxTries?: number;
}

/** What commits need of the datastore around them. */
export interface CommitSurroundings {
  /** Brings in what was received, and saves. */
  merge(): Promise<unknown>;
  /** Local edits were undone. */
  undone(withdrawal: Withdrawal): void;
}

/**
 * The optimistic style: edits enter the log as they were made, or not at all; nothing is merged behind the application's
 * back. What is to be committed is sealed apart from all other edits, so that those are not affected by what becomes of
 * it. Spec: COMMIT-1 to COMMIT-4.
 */
export class Commits {
  readonly #session: Session;
  readonly #surroundings: CommitSurroundings;

  constructor(session: Session, surroundings: CommitSurroundings) {
    this.#session = session;
    this.#surroundings = surroundings;
  }

  /** See `Datastore.commit`. */
  async commit(): Promise<void> {
    const { replica, host } = this.#session;
    const isSealed = replica.seal(host.now());
    try {
      await host.commit();
    } catch (error) {
      // What is stored still has it sealed, and would put it after a crash.
      if (!isSealed || !this.#session.isOpen) throw error;
      if (!replica.reopen()) throw undecided(error);
      await host.save();
      throw error;
    }
  }

  /** See `Datastore.transaction`. */
  async transaction<Result>(edit: () => Result, options: TransactionOptions): Promise<Result> {
    if (typeof edit !== 'function') {
      throw new DatastoreError('invalid-option', `a transaction is made by a function, not by ${describe(edit)}`);
    }
    const { maxTries = 1 } = ownOptions(options);
    if (!Number.isSafeInteger(maxTries) || maxTries < 1) {
      throw new DatastoreError('invalid-option', 'maxTries must be a whole number from 1');
    }
    await this.#surroundings.merge();
    for (let tries = 1; ; tries++) {
      const { replica, host } = this.#session;
      // What others edited meanwhile, on this device, is not part of the transaction.
      replica.seal(host.now());
      const result = this.#run(edit);
      this.#session.requireOpen();
      if (!replica.seal(host.now())) {
        this.#reopen();
        return result;
      }
      try {
        await host.commit();
        return result;
      } catch (error) {
        const isWithdrawn = this.#withdraw();
        if (this.#reopen() || isWithdrawn) await host.save();
        if (!isWithdrawn && this.#session.isOpen) throw undecided(error);
        if (!isConflict(error) || tries === maxTries) throw error;
      }
      this.#session.requireOpen();
      await host.loadDeltas();
      await this.#surroundings.merge();
    }
  }

  /** Runs the edit, and drops what it did if it fails. */
  #run<Result>(edit: () => Result): Result {
    try {
      const result = edit();
      if (!isPromise(result)) return result;
    } catch (error) {
      this.#rollback();
      throw error;
    }
    this.#rollback();
    throw new DatastoreError(
      'invalid-option',
      'a transaction is made in one go: its function must not return a promise',
    );
  }

  /** Drops what an edit did that failed. A datastore that it closed has dropped that already. */
  #rollback(): void {
    if (!this.#session.isOpen) return;
    this.#surroundings.undone({ changes: this.#session.replica.rollback(), conflicts: [] });
    this.#reopen();
  }

  /**
   * Makes open again what was sealed before the transaction's own edits, unless it may be in the log. All else that waits
   * was sealed by the merge that came first, and so for good.
   */
  #reopen(): boolean {
    if (!this.#session.isOpen) return false;
    const { replica } = this.#session;
    return replica.provisional !== 'none' && replica.reopen();
  }

  #withdraw(): boolean {
    const withdrawal = this.#session.isOpen ? this.#session.replica.withdraw() : undefined;
    if (withdrawal !== undefined) this.#surroundings.undone(withdrawal);
    return withdrawal !== undefined;
  }
}

/**
 * The error of edits that cannot be taken back, because they may be in the log or get there. That others came first is
 * not said of them then: whoever hears it would make them again.
 */
function undecided(error: unknown): unknown {
  return isConflict(error) ? new ServiceError('server', 'nobody can tell whether the log has the edits') : error;
}

function isConflict(error: unknown): boolean {
  return error instanceof DatastoreError && error.code === 'conflict';
}

function isPromise(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'then' in result;
}
