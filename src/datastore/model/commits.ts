import { checkFunction, invalidArgument } from '../../errors/arguments.js';
import { DatastoreError, isServiceError, ServiceError } from '../../errors/datastore-error.js';
import type { Retraction } from '../../sync/sync-result.js';
import { runAtOnce } from './arguments.js';
import type { OpenReplica } from './open-replica.js';
import type { Wait, WaitOptions } from './wait.js';

/** How a transaction is tried. */
export interface TransactionOptions extends WaitOptions {
  /** How often to try before the caller gets the conflict. 1 by default. */
  readonly maxTries?: number;
}

/** What a transaction is doing: it makes its edits, or waits until it is decided whether the log takes them. */
export type CommitPhase = 'free' | 'editing' | 'deciding';

/** What commits need of their datastore. */
export interface CommitContext {
  /** Merges what was received, and saves. */
  merge(): Promise<unknown>;
  /** Hears that local edits were undone. */
  undone(retraction: Retraction): void;
}

/**
 * Optimistic commits: edits enter the log as they were made, or not at all, and are never merged. The edits of a commit
 * are sealed apart from all others, so that a failure affects nothing else. Spec: COMMIT-1 to COMMIT-4.
 */
export class Commits {
  readonly #open: OpenReplica;
  readonly #context: CommitContext;
  #phase: CommitPhase = 'free';

  constructor(open: OpenReplica, context: CommitContext) {
    this.#open = open;
    this.#context = context;
  }

  /** What a transaction is doing. */
  get phase(): CommitPhase {
    return this.#phase;
  }

  /** See `Datastore.commit`. */
  async commit(wait: Wait): Promise<void> {
    this.#requireLog();
    const { replica, context } = this.#open;
    const isSealed = replica.seal(context.now());
    try {
      await context.commit(wait, 'all');
    } catch (error) {
      // The stored replica still has the edits sealed, and would upload them after a crash.
      if (!isSealed || !this.#open.isOpen) throw error;
      // After a `sync()` its edits are ordinary ones, which stay.
      const isReopened = replica.provisional !== 'none' && replica.reopen();
      if (!isReopened) await this.#leaveToTheLog(error);
      await context.save();
      throw error;
    }
  }

  /** See `Datastore.transaction`. */
  async transaction<Result>(edit: () => Result, options: TransactionOptions, wait: Wait): Promise<Result> {
    checkFunction(edit, 'the edit of a transaction');
    const { maxTries = 1 } = options;
    if (!Number.isSafeInteger(maxTries) || maxTries < 1) {
      throw invalidArgument('maxTries must be a whole number, 1 or more', maxTries);
    }
    this.#requireLog();
    await this.#context.merge();
    for (let tries = 1; ; tries++) {
      const { replica, context } = this.#open;
      // Edits that this device made meanwhile are not part of the transaction.
      replica.seal(context.now());
      const result = this.#during('editing', () => this.#run(edit));
      this.#open.requireOpen();
      if (!replica.seal(context.now())) {
        this.#reopen();
        return result;
      }
      this.#phase = 'deciding';
      try {
        await context.commit(wait, 'provisional');
        this.#phase = 'free';
        return result;
      } catch (error) {
        // Not before: a `sync()` in between would undo what was refused, and it would look as if the log had it.
        this.#phase = 'free';
        // The log has it, and what failed was the upload of other edits.
        if (this.#open.isOpen && replica.provisional === 'none') return result;
        const isRetracted = this.#retract();
        if (this.#reopen() || isRetracted) await context.save();
        if (!isRetracted && this.#open.isOpen) await this.#leaveToTheLog(error);
        if (!isConflict(error) || tries === maxTries) throw error;
      }
      this.#open.requireOpen();
      await context.loadDeltas(wait);
      await this.#context.merge();
    }
  }

  /** @throws DatastoreError `bad-state`: a commit needs a log that can refuse it. */
  #requireLog(): void {
    if (this.#open.context.hasLog) return;
    throw new DatastoreError('bad-state', 'a mesh has no log to commit to: use sync()');
  }

  #during<Result>(phase: CommitPhase, act: () => Result): Result {
    this.#phase = phase;
    try {
      return act();
    } finally {
      this.#phase = 'free';
    }
  }

  /**
   * Nobody waits any more for edits that may be in the log, or get there.
   *
   * @throws what the caller is told.
   */
  async #leaveToTheLog(error: unknown): Promise<never> {
    const { replica, context } = this.#open;
    if (isServiceError(error, 'aborted') && replica.provisional !== 'none') {
      // They stay, so nothing may take them any more.
      replica.makeOrdinary();
      context.changed();
      await context.save();
    }
    throw undecided(error);
  }

  /** Runs the edit, and drops its changes if it fails. */
  #run<Result>(edit: () => Result): Result {
    try {
      return runAtOnce(edit, 'a transaction');
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  /** Drops the changes of an edit that failed. If the edit closed the datastore, they are dropped already. */
  #rollback(): void {
    if (!this.#open.isOpen) return;
    this.#context.undone({ changes: this.#open.replica.rollback(), conflicts: [] });
    this.#reopen();
  }

  /**
   * Unseals the edits that were sealed right before the transaction, unless they may be in the log. All other sealed
   * edits were sealed by the merge before it, and stay sealed.
   */
  #reopen(): boolean {
    if (!this.#open.isOpen) return false;
    const { replica } = this.#open;
    return replica.provisional !== 'none' && replica.reopen();
  }

  #retract(): boolean {
    const retraction = this.#open.isOpen ? this.#open.replica.retract() : undefined;
    if (retraction !== undefined) this.#context.undone(retraction);
    return retraction !== undefined;
  }
}

/**
 * The error for edits that cannot be taken back, because they may be in the log or get there. It is not `conflict`, or
 * the caller would make them again.
 */
function undecided(error: unknown): unknown {
  return isConflict(error)
    ? new ServiceError(
        'server',
        'the edits are in the log, or may get there: look at the data before making them again',
      )
    : error;
}

function isConflict(error: unknown): boolean {
  return isServiceError(error, 'conflict');
}
