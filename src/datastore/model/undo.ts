import type { Delta } from '../../deltas/delta.js';
import { checkFunction } from '../../errors/arguments.js';
import { runAtOnce } from './arguments.js';
import type { OpenReplica } from './open-replica.js';

/** After so many milliseconds without an edit, the next edit begins another undo item. */
export const UNDO_PAUSE = 1000;

/** What can be undone and redone at the moment. */
export interface UndoStatus {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

/**
 * Undo and redo of an open datastore: which edits make up an undo item, and when an item may be undone.
 *
 * While a commit has not ended, its edits may be taken back as a whole, so nothing is undone until then.
 */
export class DatastoreUndo {
  readonly #open: OpenReplica;
  #lastEdit = Number.NEGATIVE_INFINITY;
  /** How many groups are being made, one inside the other. */
  #groups = 0;

  constructor(open: OpenReplica) {
    this.#open = open;
  }

  get status(): UndoStatus {
    const { replica } = this.#open;
    const isFree = replica.provisional === 'none';
    return { canUndo: isFree && replica.canUndo, canRedo: isFree && replica.canRedo };
  }

  /** Hears that an edit is about to be made, or that a batch is about to become one: an item of its own. */
  beforeEdit(isBatch: boolean): void {
    const now = this.#open.context.elapsed();
    // A clock that was set back is a pause too.
    const isPaused = now - this.#lastEdit >= UNDO_PAUSE || now < this.#lastEdit;
    if ((isPaused || isBatch) && this.#groups === 0) this.#open.replica.endUndoItem();
    // What follows a batch is another item.
    this.#lastEdit = isBatch ? Number.NEGATIVE_INFINITY : now;
  }

  /** @returns what changed, or `undefined` if there is nothing to undo. */
  undo(): Delta | undefined {
    return this.#repeat((replica) => replica.undo());
  }

  /** @returns what changed, or `undefined` if there is nothing to redo. */
  redo(): Delta | undefined {
    return this.#repeat((replica) => replica.redo());
  }

  /** See `Datastore.groupEdits`. */
  group<Result>(edit: () => Result): Result {
    checkFunction(edit, 'the edit of a group');
    if (this.#open.isInBatch) return runAtOnce(edit, 'a group');
    if (this.#groups === 0) this.#open.replica.endUndoItem();
    this.#groups++;
    try {
      return runAtOnce(edit, 'a group');
    } finally {
      this.#groups--;
      if (this.#groups === 0 && this.#open.isOpen) this.#open.replica.endUndoItem();
    }
  }

  #repeat(act: (replica: OpenReplica['replica']) => Delta | undefined): Delta | undefined {
    this.#open.requireNoBatch();
    const { replica } = this.#open;
    return replica.provisional === 'none' ? act(replica) : undefined;
  }
}
