import { isServiceError, ServiceError } from '../../errors/datastore-error.js';
import type { Retraction } from '../../sync/sync-result.js';
import { checkFunction, checkOptions, invalidArgument, runAtOnce } from './arguments.js';
import type { OpenReplica } from './open-replica.js';

/** How a transaction is tried. */
export interface TransactionOptions {
  /** How often to try before the caller gets the conflict. 1 by default. */
  readonly maxTries?: number;
}

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

  constructor(open: OpenReplica, context: CommitContext) {
    this.#open = open;
    this.#context = context;
  }

  /** See `Datastore.commit`. */
  async commit(): Promise<void> {
    const { replica, context } = this.#open;
    const isSealed = replica.seal(context.now());
    try {
      await context.commit();
    } catch (error) {
      // The stored replica still has the edits sealed, and would upload them after a crash.
      if (!isSealed || !this.#open.isOpen) throw error;
      // After a `sync()` its edits are ordinary ones, which stay.
      if (replica.provisional === 'none' || !replica.reopen()) throw undecided(error);
      await context.save();
      throw error;
    }
  }

  /** See `Datastore.transaction`. */
  async transaction<Result>(edit: () => Result, options: TransactionOptions): Promise<Result> {
    checkFunction(edit, 'the edit of a transaction');
    const { maxTries = 1 } = checkOptions(options, { maxTries: true });
    if (!Number.isSafeInteger(maxTries) || maxTries < 1) {
      throw invalidArgument('maxTries must be a whole number, 1 or more', maxTries);
    }
    await this.#context.merge();
    for (let tries = 1; ; tries++) {
      const { replica, context } = this.#open;
      // Edits that this device made meanwhile are not part of the transaction.
      replica.seal(context.now());
      const result = this.#run(edit);
      this.#open.requireOpen();
      if (!replica.seal(context.now())) {
        this.#reopen();
        return result;
      }
      try {
        await context.commit();
        return result;
      } catch (error) {
        const isRetracted = this.#retract();
        if (this.#reopen() || isRetracted) await context.save();
        if (!isRetracted && this.#open.isOpen) throw undecided(error);
        if (!isConflict(error) || tries === maxTries) throw error;
      }
      this.#open.requireOpen();
      await context.loadDeltas();
      await this.#context.merge();
    }
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
