import type { Delta } from '../../deltas/delta.js';
import { checkFunction, checkOptions } from '../../errors/arguments.js';
import { type DatastoreErrorCode, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { ownTableId } from '../../operations/ownership.js';
import { DEFAULT_LIMITS } from '../../state/limits.js';
import { changesTitle } from '../../sync/datastore-info.js';
import { canWrite, type Role } from '../../sync/messages.js';
import type { SyncResult } from '../../sync/sync-result.js';
import { objectOf } from '../../values/json.js';
import { isShareableId } from '../../values/names.js';
import { BASE_DELTA_SIZE } from '../../values/size.js';
import type { WireFields } from '../../values/wire.js';
import { Commits, type TransactionOptions } from './commits.js';
import {
  type ChangedRecords,
  changedRecords,
  type DatastoreEvents,
  DatastoreNotifier,
  type DatastoreStatus,
  isReserved,
  recordsIn,
} from './events.js';
import type { AnyTables, FieldsOf, TableId } from './fields.js';
import { showInConsoles } from './inspect.js';
import type { Listener } from './listeners.js';
import { LiveQueries } from './live-query.js';
import { Mutex } from './mutex.js';
import { type OpenContext, OpenReplica, type OwningManager, withVisiblePlace } from './open-replica.js';
import { ACL_TABLE, type Principal, RoleList } from './roles.js';
import { Table } from './table.js';
import { DatastoreUndo } from './undo.js';
import { WAIT_OPTIONS, Wait, type WaitOptions } from './wait.js';

/** The largest size of a datastore in bytes, unless the embedder sets other limits. */
export const DATASTORE_SIZE_LIMIT: number = DEFAULT_LIMITS.datastoreSize;
/** The largest size of a record in bytes. */
export const RECORD_SIZE_LIMIT: number = DEFAULT_LIMITS.recordSize;
/** The largest size in bytes of the edits between two calls of `sync()`. */
export const UNSYNCED_CHANGES_SIZE_LIMIT: number = DEFAULT_LIMITS.deltaSize;
/** The largest number of records in a datastore. */
export const RECORD_COUNT_LIMIT: number = DEFAULT_LIMITS.recordCount;
/** The size in bytes of unsynced changes before the first change. */
export const BASE_UNSYNCED_CHANGES_SIZE: number = BASE_DELTA_SIZE;

/** A declared table. */
export type TableOf<Tables, Id extends keyof Tables> = Table<Tables[Id] & object>;

/**
 * An open datastore: tables of records on this device, synchronized with a server.
 *
 * A local edit is visible at once, and is stored and uploaded by {@link sync}. The edits of others arrive in the
 * background, and become visible by `sync()` and at no other time. Edits that were not synced are stored soon, and wait
 * for that even if the datastore is closed (see `AccountManagerOptions.autosave`). A manager opens datastores; the application closes them, by {@link close} or `using`.
 *
 * `Datastore<Tables>` declares the tables and the fields of their records, for the compiler alone: nothing is checked at
 * run time, and any field may be absent. A merge function may only read the datastore: everything else throws `bad-state`
 * at the call, and changes nothing. Once closed, everything except `id`, `isOpen`, `off` and `close` throws
 * `closed`, or `shut-down` if the manager was shut down.
 */
export class Datastore<Tables extends object = AnyTables> {
  readonly #open: OpenReplica;
  readonly #notifier: DatastoreNotifier<Tables>;
  readonly #roles: RoleList;
  readonly #commits: Commits;
  readonly #undo: DatastoreUndo;
  /** Held by commits, transactions and loads. */
  readonly #mutex = new Mutex();
  readonly #tables = new Map<string, Table>();
  readonly #live: LiveQueries;

  static {
    showInConsoles(
      Datastore,
      ({ id }) => `Datastore ${id}`,
      (datastore) => datastore.toObject(),
    );
  }

  /** Not for applications: a manager makes it. */
  constructor(open: OpenReplica, notifier: DatastoreNotifier<Tables>) {
    this.#open = open;
    this.#notifier = notifier;
    this.#live = new LiveQueries(open, notifier);
    this.#roles = new RoleList(open);
    this.#undo = new DatastoreUndo(open);
    this.#commits = new Commits(open, {
      merge: () => this.#merge(),
      undone: ({ changes, conflicts }) => {
        open.edited(changes);
        this.#notifier.tellConflicts(conflicts);
      },
    });
    notifier.watchUndo(this.#undo);
    open.beforeEdit((isBatch) => this.#undo.beforeEdit(isBatch));
    open.onEdited((applied) => this.#tellEdited(applied));
  }

  /** The id by which its manager opens it. */
  get id(): string {
    return this.#open.id;
  }

  /** Whether it is open: neither the application nor its manager has closed it. */
  get isOpen(): boolean {
    return this.#open.isOpen;
  }

  /** The manager that opened it. */
  get manager(): OwningManager {
    this.#open.requireOpen();
    return this.#open.context.manager;
  }

  /** Whether it can be shared with other users: its id begins with a dot. */
  get isShareable(): boolean {
    return isShareableId(this.id);
  }

  /** The role of this user, as the server last said. The user owns each private datastore. */
  get effectiveRole(): Role {
    return this.#open.replica.role;
  }

  /** Whether the role is owner or editor. */
  get isWritable(): boolean {
    return canWrite(this.effectiveRole);
  }

  /** The title, or `undefined` if it has none. */
  get title(): string | undefined {
    return this.#open.replica.title;
  }

  /** When it was last edited, by the clocks of the editing devices; `undefined` if no edit was ever synced. */
  get mtime(): Date | undefined {
    return this.#open.replica.mtime;
  }

  /** In bytes: 1000 and the sizes of all records. */
  get size(): number {
    return this.#open.replica.size;
  }

  /** The number of records, including those that hold the title and the roles. */
  get recordCount(): number {
    return this.#open.replica.recordCount;
  }

  /** The size in bytes of the edits that the next {@link sync} will seal. */
  get unsyncedChangesSize(): number {
    return this.#open.replica.unsyncedSize;
  }

  /** The state relative to the server. */
  get syncStatus(): DatastoreStatus {
    return this.#notifier.status;
  }

  /** Sets the title, or deletes it. @throws DatastoreError `invalid-value`, or as any edit. */
  setTitle(title: string | undefined): void {
    // A batch of one edit says what that changed.
    this.#open.editBy((replica) =>
      replica.batch(() =>
        withVisiblePlace(
          () => ({}),
          () => replica.setTitle(title),
        ),
      ),
    );
  }

  /** The table with an id: always the same object. {@link tables} lists it while it has records. @throws DatastoreError `invalid-name`. */
  table<Id extends TableId<Tables>>(id: Id): TableOf<Tables, Id> {
    this.#open.requireOpen();
    return this.#table(id) as unknown as TableOf<Tables, Id>;
  }

  /** The tables that have records, in code point order of their ids, without the reserved ones. */
  tables(): TableOf<Tables, TableId<Tables>>[] {
    return this.#shown() as never;
  }

  /** The fields of each record by table and record id, as plain objects, without the reserved tables. */
  toObject(): { readonly [Id in TableId<Tables>]?: Readonly<Record<string, FieldsOf<Tables[Id] & object>>> } {
    return objectOf(this.#shown().map((table) => [table.id, table.toObject()] as const)) as never;
  }

  /** {@link toObject} as wire JSON, which `JSON.stringify` writes. */
  toJSON(): Readonly<Record<string, Readonly<Record<string, WireFields>>>> {
    return objectOf(this.#shown().map((table) => [table.id, table.toJSON()] as const));
  }

  /** The roles by principal, without `none`. @throws DatastoreError `not-shareable`. */
  listRoles(): ReadonlyMap<Principal, Role> {
    return this.#roles.all();
  }

  /** The role of a principal, or `none`. @throws DatastoreError `not-shareable` or `invalid-option`. */
  getRole(principal: Principal): Role {
    return this.#roles.of(principal);
  }

  /**
   * Sets the role of a principal; `none` takes it away. Nobody can be made an owner.
   *
   * @throws DatastoreError `not-shareable`, `invalid-option` or `not-permitted`.
   */
  setRole(principal: Principal, role: Exclude<Role, 'owner'>): void {
    this.#roles.set(principal, role);
  }

  /** Takes a principal's role away. @throws DatastoreError `not-shareable`, `invalid-option` or `not-permitted`. */
  deleteRole(principal: Principal): void {
    this.#roles.delete(principal);
  }

  /**
   * Seals the local edits, which are then uploaded in the background, and merges the edits of others that have arrived.
   * Both happen before this returns, and the promise resolves when everything is stored, whatever the network does. While a
   * {@link transaction} waits for the server, nothing is merged: that follows when the transaction has ended. Only edits that
   * cannot stand without it, such as those of a record that it inserts, wait for it. The edits of a {@link commit} that is under way become ordinary
   * ones: they are stored, and merged if others edited first.
   *
   * @returns the records that others changed.
   * @throws DatastoreError `not-found` if the server deleted the datastore; `closed`; `storage`. A merge function that fails
   * is told by the event `ruleFailure`, and rule `remote` decides.
   */
  sync(): Promise<ChangedRecords<Tables>> {
    if (this.isOpen) this.#open.requireNoBatch();
    switch (this.#commits.phase) {
      case 'free':
        return this.#merge();
      case 'editing':
        // The edits of the transaction are not whole yet. They are when it returns.
        return Promise.resolve().then(() => this.sync());
      case 'deciding':
        return this.#keep();
    }
  }

  /** Undoes the edits made since the last {@link sync} or commit, as if they had never been made. */
  rollback(): void {
    this.#open.requireNoBatch();
    this.#open.edited(this.#open.replica.rollback());
  }

  /** Whether {@link undo} would do anything. */
  get canUndo(): boolean {
    return this.#undo.status.canUndo;
  }

  /** Whether {@link redo} would do anything. */
  get canRedo(): boolean {
    return this.#undo.status.canRedo;
  }

  /**
   * Undoes what this user did last on this device, and nothing that others did: an *undo item*, which is what was edited
   * since the last pause of a second, {@link sync}, commit or undo, or within one {@link groupEdits}. What others changed
   * since then stays. Not until a commit or transaction that is under way has ended. The latest items are stored with the
   * datastore, so undo goes on after a restart; a mesh datastore does not store them, and undoes only later edits then.
   *
   * @returns whether there was anything to undo.
   * @throws DatastoreError as any edit.
   */
  undo(): boolean {
    return this.#repeated(this.#undo.undo());
  }

  /** Does again what {@link undo} undid last, unless the user edited since. Otherwise as `undo`. */
  redo(): boolean {
    return this.#repeated(this.#undo.redo());
  }

  /**
   * Makes the edits of a function one undo item, without a pause or another edit in it; a group inside a group belongs to
   * that one. If the function throws, the edits that it made stay.
   *
   * @returns what `edit` returned.
   * @throws DatastoreError `invalid-option` if `edit` is async or returns a promise; and what `edit` throws.
   */
  groupEdits<Result>(edit: () => Result): Result {
    return this.#undo.group(edit);
  }

  /**
   * Makes the edits of a function one edit, on this device alone: one event, one undo item (in {@link groupEdits} a part of
   * that one), all or nothing. If the function throws, its edits are undone, and nobody is told of them. A batch inside a
   * batch is a part of that one, and is undone alone if it throws and the outer one goes on.
   *
   * Inside, only read and edit: `sync`, `commit`, `transaction`, `loadDeltas`, `undo`, `redo`, `rollback` and `close` throw
   * `bad-state`.
   *
   * @returns what `edit` returned.
   * @throws DatastoreError `invalid-option` if `edit` is async or returns a promise; and what `edit` throws.
   * Spec: BATCH-1, BATCH-2.
   */
  batch<Result>(edit: () => Result): Result {
    checkFunction(edit, 'the edit of a batch');
    return this.#open.batch(edit);
  }

  /** Receives what the server has now, and merges it as {@link sync} does. @throws DatastoreError as `sync`, or for the network. */
  loadDeltas(options: WaitOptions = {}): Promise<ChangedRecords<Tables>> {
    if (this.isOpen) this.#open.requireNoBatch();
    return this.#inTurn(
      () => checkOptions(options, WAIT_OPTIONS),
      async (wait) => {
        this.#open.requireOpen();
        await this.#open.context.loadDeltas(wait);
        return await this.#merge();
      },
    );
  }

  /**
   * Uploads all local edits, and resolves when the log has them. If others edited first, nothing is merged: the edits are
   * as they were before the call, for {@link rollback} to drop or {@link sync} to merge. After a lost answer it sends
   * again until the server has said whether the log has the edits.
   *
   * @throws DatastoreError `conflict`; the code of a refusal; `storage`; `network`; or `server` if the server can no
   * longer tell whether the log has the edits, or if `sync()` was called meanwhile and others edited first: then the edits
   * stay, and are merged. So do those of which nobody knows when the caller stops waiting (`aborted`); others are as they
   * were before the call. Spec: COMMIT-1, COMMIT-2, COMMIT-5.
   */
  commit(options: WaitOptions = {}): Promise<void> {
    if (this.isOpen) this.#open.requireNoBatch();
    return this.#inTurn(
      () => checkOptions(options, WAIT_OPTIONS),
      (wait) => this.#commits.commit(wait).finally(() => this.#notifier.tellStatus()),
    );
  }

  /**
   * Runs `edit`, and commits its changes as one delta. If others edited first, its changes are rolled back, their edits
   * are loaded, and it runs again, at most `maxTries` times in all. Other local edits are neither part of the transaction
   * nor affected by it. If `edit` throws, its changes are rolled back.
   *
   * @returns what `edit` returned.
   * @throws DatastoreError `conflict` if others edited first each time; `invalid-option`; or as {@link commit}.
   * Spec: COMMIT-3, COMMIT-4.
   */
  transaction<Result>(edit: () => Result, options: TransactionOptions = {}): Promise<Result> {
    if (this.isOpen) this.#open.requireNoBatch();
    return this.#inTurn(
      () => checkOptions(options, { maxTries: true, ...WAIT_OPTIONS }),
      (wait) => this.#commits.transaction(edit, options, wait).finally(() => this.#notifier.tellStatus()),
    );
  }

  /**
   * Adds a listener for an event. Adding it twice is adding it once; once the datastore is closed it has no effect. What a
   * listener throws, or rejects with, goes to `onFailure` of the account manager, and to nobody else. Every listener hears
   * all events in the order in which they happened: what a listener causes is told after the event that it was told of.
   *
   * @returns a function that removes the listener, as {@link off} does.
   * @throws DatastoreError `invalid-option` for an unknown event or a listener that is not a function.
   */
  on<Name extends keyof DatastoreEvents<Tables>>(
    name: Name,
    listener: Listener<DatastoreEvents<Tables>[Name]>,
  ): () => void {
    this.#notifier.add(name, listener);
    return () => this.off(name, listener);
  }

  /** Removes a listener. Has no effect if it was not added. @throws DatastoreError as {@link on}. */
  off<Name extends keyof DatastoreEvents<Tables>>(name: Name, listener: Listener<DatastoreEvents<Tables>[Name]>): void {
    this.#notifier.remove(name, listener);
  }

  /**
   * Closes the datastore. Synced edits are still uploaded; those that were not synced are stored, and there to be synced or
   * rolled back when it is opened again, or are dropped if autosave is off. If it was opened several times, by the option
   * `reuse`, the last call closes it, and those before it do nothing else. Has no effect if it is closed.
   */
  close(): void {
    if (this.isOpen) {
      this.#open.requireNoBatch();
      if (this.#open.leave()) return;
    }
    this.#open.close('closed');
    this.#notifier.close();
  }

  /** Closes the datastore at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Does something once all that was begun before has ended, unless the caller stops waiting before that. */
  async #inTurn<Result>(options: () => WaitOptions, work: (wait: Wait) => Promise<Result>): Promise<Result> {
    const wait = new Wait(options(), (delay, task) => this.#open.context.schedule(delay, task));
    let hasBegun = false;
    const turn = this.#mutex.run(async () => {
      wait.check();
      hasBegun = true;
      return await work(wait);
    });
    const over = new Promise<never>((_, reject) => {
      wait.onOver((error) => {
        // Once it has begun, it knows itself what is left of it.
        if (!hasBegun) reject(error);
      });
    });
    try {
      return await Promise.race([turn, over]);
    } finally {
      wait.stop();
    }
  }

  /** Seals and stores what was edited, while a transaction waits to be decided. */
  async #keep(): Promise<ChangedRecords<Tables>> {
    const { replica, context } = this.#open;
    try {
      replica.sealBehind(context.now());
      this.#notifier.tellStatus();
    } finally {
      context.changed();
      await context.save();
    }
    if (this.isOpen && replica.hasDependents) return await this.#mutex.run(() => this.#merge());
    return new Map() as unknown as ChangedRecords<Tables>;
  }

  async #merge(): Promise<ChangedRecords<Tables>> {
    const { replica, context } = this.#open;
    if (context.status().isDeleted) {
      throw new ServiceError('not-found', `datastore ${quote(this.id)} was deleted on the server`);
    }
    const { title } = replica;
    try {
      const result = this.#synced();
      const tellWatches = this.#live.follow(result.changed);
      const records = changedRecords<Tables>(result.changed, (id) => this.#table(id));
      const isTitleChanged = replica.title !== title;
      const areRolesChanged = result.changed.has(ACL_TABLE);
      this.#notifier.tellChange({ origin: 'remote', records, isTitleChanged, areRolesChanged });
      tellWatches();
      this.#notifier.tellSync(result);
      return records;
    } finally {
      context.changed();
      await context.save();
    }
  }

  #synced(): SyncResult {
    const { replica, context } = this.#open;
    try {
      return replica.sync(context.now());
    } catch (error) {
      // What was merged before it failed is reported by the next call.
      this.#live.refresh();
      throw error;
    }
  }

  #shown(): Table[] {
    const ids = this.#open.replica.tables().filter((id) => !isReserved(id));
    return ids.map((id) => this.#table(id));
  }

  #repeated(applied: Delta | undefined): boolean {
    if (applied !== undefined) this.#open.edited(applied);
    return applied !== undefined;
  }

  #table(id: string): Table {
    const known = this.#tables.get(id);
    if (known !== undefined) return known;
    const table = new Table(this.#open, this, ownTableId(id), this.#live);
    this.#tables.set(id, table);
    return table;
  }

  /** Tells the listeners of a local edit. */
  #tellEdited(applied: Delta): void {
    const touched = this.#notifier.hasChangeListener || !this.#live.isEmpty ? recordsIn(applied) : undefined;
    // First all of them are right, and then they are told.
    const tellWatches = touched && this.#live.follow(touched);
    if (touched !== undefined && this.#notifier.hasChangeListener) {
      const records = changedRecords<Tables>(touched, (id) => this.#table(id));
      const isTitleChanged = changesTitle(applied);
      const areRolesChanged = touched.has(ACL_TABLE);
      this.#notifier.tellChange({ origin: 'local', records, isTitleChanged, areRolesChanged });
    }
    tellWatches?.();
    this.#notifier.tellStatus();
  }
}

/** What a manager holds of a datastore that it opened. */
export interface OpenedDatastore<Tables extends object = AnyTables> {
  readonly datastore: Datastore<Tables>;
  /** Another caller has opened it: it stays open until all have closed it. */
  openedAgain(): void;
  /** Tells the listeners if the status has changed: something arrived or was uploaded, or the connection changed. */
  statusChanged(): void;
  /** Tells the listeners that the user's role has changed. */
  roleChanged(): void;
  /** Closes the datastore as {@link Datastore.close} does; from then on it throws `code`. */
  shutDown(code: DatastoreErrorCode): void;
}

/** Opens a datastore on a replica. While it is open, nobody else may edit the replica or call its `sync()`. */
export function openDatastore<Tables extends object = AnyTables>(options: OpenContext): OpenedDatastore<Tables> {
  const open = new OpenReplica(options);
  const notifier = new DatastoreNotifier<Tables>(open);
  return {
    datastore: new Datastore(open, notifier),
    openedAgain: () => open.openedAgain(),
    statusChanged: () => notifier.tellStatus(),
    roleChanged: () => {
      notifier.tellChange({ origin: 'remote', records: new Map(), isTitleChanged: false, areRolesChanged: true });
    },
    shutDown: (code) => {
      open.close(code);
      notifier.close();
    },
  };
}
