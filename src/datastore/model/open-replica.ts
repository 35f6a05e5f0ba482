import type { Delta, DeltaInput } from '../../deltas/delta.js';
import {
  DatastoreError,
  type DatastoreErrorCode,
  errorWithCode,
  isDatastoreError,
  type Place,
} from '../../errors/datastore-error.js';
import { invariant } from '../../errors/invariant-error.js';
import { quote } from '../../errors/quote.js';
import type { Rule } from '../../rules/rule.js';
import type { Replica } from '../../sync/replica.js';
import { runAtOnce } from './arguments.js';
import type { Wait } from './wait.js';

/** The manager that opened a datastore, as the datastore knows it. */
export interface OwningManager {
  /** Whether its datastores live on this device only. */
  readonly isLocal: boolean;
  readonly isShutDown: boolean;
}

/** The state of the connection between a datastore and the server. */
export interface ConnectionStatus {
  /** Whether the server can be reached, as far as is known. */
  readonly isConnected: boolean;
  /** Whether something is left to be received: true until the server has answered once; always true of local datastores. */
  readonly isDownloading: boolean;
  /** Whether the server has deleted the datastore. */
  readonly isDeleted: boolean;
  /** Why remote edits are not received at the moment, if so. */
  readonly downloadError: DatastoreError | undefined;
  /** Why local edits are not uploaded at the moment, if so. */
  readonly uploadError: DatastoreError | undefined;
  /** Why local edits are not stored at the moment, if so. */
  readonly saveError: DatastoreError | undefined;
}

/**
 * What an open datastore needs and does not have itself: time, ids, storage and the network. A manager provides it in
 * an application, a few lines in a test.
 */
export interface DatastoreContext {
  /** See `Datastore.manager`. */
  readonly manager: OwningManager;
  /** The time, which becomes the modified time of sealed edits. */
  now(): Date;
  /** The time in milliseconds, by which the pauses between edits are measured. */
  elapsed(): number;
  /** Runs a task after a delay in milliseconds. The function that it returns cancels that. */
  schedule(delay: number, task: () => void): () => void;
  /** A record id that no record of any replica has, such as a random UUID. */
  newRecordId(): string;
  /** Stores the replica as it is now, and resolves when it is safe. Called after edits were sealed. */
  save(): Promise<void>;
  /** Hears of a local edit, or that some were sealed. Must not throw. */
  changed(applied?: Delta): void;
  /** The state of the connection. It is asked for often, so it should cost nothing. */
  status(): ConnectionStatus;
  /** Whether there is a log, or for local datastores what stands for one: a mesh has none, so nothing can be committed. */
  readonly hasLog: boolean;
  /** Receives what the log has now, and merges nothing yet. @throws DatastoreError `aborted` once the wait is over. */
  loadDeltas(wait: Wait): Promise<void>;
  /**
   * Uploads the sealed edits, and resolves when the log has all of them, or only those that are provisional.
   *
   * @param extent which of them: `all` or the `provisional` ones.
   * @throws DatastoreError `conflict` if others edited first, after the replica has received their edits; the code of a
   * refusal; `aborted` once the wait is over; or the code of a failure of storage or network.
   */
  commit(wait: Wait, extent: 'all' | 'provisional'): Promise<void>;
  /**
   * Whether closing the datastore leaves the edits that were not sealed in the replica, where they are uncommitted when it
   * is opened again. If not, closing drops them.
   */
  readonly keepsUnsynced: boolean;
  /** Hears that the datastore was closed. Sealed edits should still be uploaded. */
  closed(): void;
  /** Hears what a listener threw. Must not throw. */
  listenerFailed(error: unknown): void;
}

/** What a datastore wants of a replica: one of a log or of a mesh. See `Replica` for the meaning. */
export type EditableReplica = Pick<
  Replica,
  | 'role'
  | 'title'
  | 'setTitle'
  | 'mtime'
  | 'size'
  | 'recordCount'
  | 'unsyncedSize'
  | 'status'
  | 'isMerging'
  | 'tables'
  | 'find'
  | 'reader'
  | 'apply'
  | 'batch'
  | 'isInBatch'
  | 'sync'
  | 'rollback'
  | 'provisional'
  | 'hasDependents'
  | 'seal'
  | 'sealBehind'
  | 'makeOrdinary'
  | 'reopen'
  | 'retract'
  | 'canUndo'
  | 'canRedo'
  | 'endUndoItem'
  | 'undo'
  | 'redo'
>;

/** The rules of a replica, which may accept fewer rules than others. */
export interface RuleSetter {
  /** @throws DatastoreError `invalid-name` or `invalid-rule`. */
  set(table: string, field: string, rule: Rule): unknown;
}

/** What a datastore is opened on. */
export interface OpenContext {
  readonly id: string;
  readonly replica: EditableReplica;
  /** Sets rules of the replica. A rule that is set later applies to later edits. */
  readonly rules: RuleSetter;
  readonly context: DatastoreContext;
}

/**
 * The replica of an open datastore, as its tables, records and lists share it. All of them read and edit through this
 * object, and it alone knows whether the datastore is still open.
 */
export class OpenReplica {
  readonly id: string;
  readonly rules: RuleSetter;
  readonly context: DatastoreContext;
  readonly #replica: EditableReplica;
  #closedAs: DatastoreErrorCode | undefined;
  #onEdited: ((applied: Delta) => void) | undefined;
  #beforeEdit: ((isBatch: boolean) => void) | undefined;
  /** Whether anything was edited in the batch that is under way. */
  #isBatchEdited = false;
  /** How many callers have opened it and not closed it. */
  #openCount = 1;

  constructor({ id, replica, rules, context }: OpenContext) {
    this.id = id;
    this.rules = rules;
    this.context = context;
    this.#replica = replica;
  }

  /** @throws DatastoreError once closed: `closed`, or the code that {@link close} was given. */
  get replica(): EditableReplica {
    this.requireOpen();
    return this.#replica;
  }

  /** @throws DatastoreError as {@link replica}. */
  requireOpen(): void {
    if (this.#closedAs === undefined) return;
    throw errorWithCode(this.#closedAs, `datastore ${quote(this.id)} is no longer open: open it again`);
  }

  /**
   * @throws DatastoreError `bad-state` while a merge function is running, and as {@link replica}. A call that returns a
   * promise asks this before it begins, so that it throws at the call.
   */
  requireNoMerge(): void {
    this.requireOpen();
    if (!this.#replica.isMerging) return;
    throw new DatastoreError('bad-state', `a merge function must not edit, sync or close datastore ${quote(this.id)}`);
  }

  /**
   * @throws DatastoreError `bad-state` in a batch, and as {@link requireNoMerge}, which a call that returns a promise asks
   * likewise.
   */
  requireNoBatch(): void {
    this.requireNoMerge();
    if (!this.#replica.isInBatch) return;
    throw new DatastoreError('bad-state', `a batch must only edit and read datastore ${quote(this.id)}`);
  }

  /** Whether a batch is under way, so that nobody is told of edits yet. */
  get isInBatch(): boolean {
    return this.#replica.isInBatch;
  }

  get isOpen(): boolean {
    return this.#closedAs === undefined;
  }

  /** Another caller has opened it. */
  openedAgain(): void {
    this.#openCount++;
  }

  /** A caller closes it. @returns whether others still have it open. */
  leave(): boolean {
    this.#openCount--;
    return this.#openCount > 0;
  }

  /** Sets who hears of every local edit. */
  onEdited(onEdited: (applied: Delta) => void): void {
    this.#onEdited = onEdited;
  }

  /** Sets who hears that a local edit, or a batch of them, is about to be made. */
  beforeEdit(beforeEdit: (isBatch: boolean) => void): void {
    this.#beforeEdit = beforeEdit;
  }

  /** Edits the datastore, all or nothing. @throws DatastoreError as `Replica.apply` does. */
  edit(changes: DeltaInput): void {
    this.editBy((replica) => withVisiblePlace(recordPlace, () => replica.apply(changes)));
  }

  /** {@link edit} by any call that edits the replica, and returns what that changed. */
  editBy(edit: (replica: EditableReplica) => Delta): void {
    const { replica } = this;
    this.requireNoMerge();
    if (!this.isInBatch) {
      this.#beforeEdit?.(false);
      this.edited(edit(replica));
    } else {
      edit(replica);
      this.#isBatchEdited = true;
    }
  }

  /** Runs edits as one. It is told when it ends, and not at all if it throws. */
  batch<Result>(edit: () => Result): Result {
    const { replica } = this;
    this.requireNoMerge();
    const isOutermost = !this.isInBatch;
    if (isOutermost) this.#isBatchEdited = false;
    let result: { readonly value: Result } | undefined;
    const applied = replica.batch(() => {
      result = { value: runAtOnce(edit, 'a batch') };
      // Only here is it certain that the batch becomes an edit.
      if (isOutermost && this.#isBatchEdited) this.#beforeEdit?.(true);
    });
    invariant(result !== undefined, 'a batch that does not throw has run its edit');
    if (isOutermost && this.#isBatchEdited) this.edited(applied);
    return result.value;
  }

  /** Passes on that local edits changed what the user sees. */
  edited(applied: Delta): void {
    this.context.changed(applied);
    this.#onEdited?.(applied);
  }

  /**
   * Drops the edits that were not sealed, unless the context keeps them. From here on everything throws `code`.
   *
   * @throws DatastoreError `bad-state` in a batch, or while a merge function is running.
   */
  close(code: DatastoreErrorCode): void {
    if (this.#closedAs !== undefined) return;
    this.requireNoBatch();
    if (!this.context.keepsUnsynced) this.#replica.rollback();
    this.#closedAs = code;
    this.#onEdited = undefined;
    this.context.closed();
  }
}

/** A place without the position in a delta. */
function recordPlace({ table, record, field, index }: Place): Place {
  return { table, record, field, index };
}

/**
 * Runs an edit. If it fails, the error names the part of the place that `visible` leaves: the core edits by deltas, and
 * an application knows nothing of positions in them.
 */
export function withVisiblePlace<Result>(visible: (place: Place) => Place, edit: () => Result): Result {
  try {
    return edit();
  } catch (error) {
    if (!isDatastoreError(error)) throw error;
    throw errorWithCode(error.code, error.reason, visible(error), error.cause);
  }
}
