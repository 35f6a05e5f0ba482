import type { Conflict } from '../../deltas/conflict.js';
import type { Delta } from '../../deltas/delta.js';
import { invalidArgument } from '../../errors/arguments.js';
import type { DatastoreError } from '../../errors/datastore-error.js';
import type { RecordsByTable } from '../../state/record-watch.js';
import { INFO_TABLE, MTIME_FIELD } from '../../sync/datastore-info.js';
import type {
  IndeterminateDelta,
  RefusedDelta,
  ReplicaStatus,
  RuleFailure,
  SyncResult,
} from '../../sync/sync-result.js';
import type { TableId } from './fields.js';
import { type Listener, Listeners } from './listeners.js';
import type { ConnectionStatus, OpenReplica } from './open-replica.js';
import type { DatastoreRecord, Table } from './table.js';
import type { UndoStatus } from './undo.js';

/** The records of a declared table. */
export type RecordOf<Tables, Id extends keyof Tables> = DatastoreRecord<Tables[Id] & object>;

/** Records by the id of their table, deleted ones included: `isDeleted` tells. */
export interface ChangedRecords<Tables> extends ReadonlyMap<string, ReadonlySet<RecordOf<Tables, TableId<Tables>>>> {
  /** The changed records of one table, or `undefined` if none changed. */
  get<Id extends TableId<Tables>>(table: Id): ReadonlySet<RecordOf<Tables, Id>> | undefined;
}

/** A change of what the user sees. */
export interface ChangeEvent<Tables> {
  /** `local` for each local edit, as it is made; `remote` for the edits of others, once a sync. */
  readonly origin: 'local' | 'remote';
  readonly records: ChangedRecords<Tables>;
  /** Whether the title was set. */
  readonly isTitleChanged: boolean;
  /** Whether a role was given or taken away, to a principal or to this user. */
  readonly areRolesChanged: boolean;
}

/** The conflicts of one sync, in the order in which they were merged. */
export interface ConflictEvent {
  readonly conflicts: readonly Conflict[];
}

/** Local edits that one sync has undone: the server refused them, or nobody can tell whether it has them. */
export interface RefusalEvent {
  /** Each with the edits that were undone: if the server names a record or a field, only those of that. */
  readonly refused: readonly RefusedDelta[];
  readonly indeterminate: readonly IndeterminateDelta[];
}

/** The merge functions that failed in one sync: they threw, or returned something that is not a value. */
export interface RuleFailureEvent {
  /** Each of these fields was decided by rule `remote`. */
  readonly failures: readonly RuleFailure[];
}

/** The events of a datastore by name. */
export interface DatastoreEvents<Tables> {
  readonly change: ChangeEvent<Tables>;
  readonly conflict: ConflictEvent;
  readonly refusal: RefusalEvent;
  readonly ruleFailure: RuleFailureEvent;
  readonly syncStatus: DatastoreStatus;
  readonly undoStatus: UndoStatus;
}

const EVENT_NAMES: readonly (keyof DatastoreEvents<never>)[] = [
  'change',
  'conflict',
  'refusal',
  'ruleFailure',
  'syncStatus',
  'undoStatus',
];

/** The state of a datastore relative to the server. Several of these can be true at once. */
export interface DatastoreStatus {
  /** Whether the server can be reached, so that the edits of others arrive soon. */
  readonly isConnected: boolean;
  /** Whether remote edits are left to be received. True until the server has answered, and always if there is none. */
  readonly isDownloading: boolean;
  /** Whether there are sealed local edits that the log does not have, as far as is known. */
  readonly isUploading: boolean;
  /** Whether the next `sync()` brings in something. */
  readonly hasIncoming: boolean;
  /** Whether there are local edits that `sync()` has not sealed. */
  readonly hasOutgoing: boolean;
  /** Whether the datastore was deleted on the server: close it, then uncache or delete it. */
  readonly needsReset: boolean;
  readonly downloadError: DatastoreError | undefined;
  readonly uploadError: DatastoreError | undefined;
  /** Why the last write to the storage failed, if it did: the edits are in memory only. */
  readonly saveError: DatastoreError | undefined;
  /** One of these errors, if there is one. */
  readonly anyError: DatastoreError | undefined;
}

function datastoreStatus(replica: ReplicaStatus, connection: ConnectionStatus): DatastoreStatus {
  return Object.freeze({
    isConnected: connection.isConnected,
    isDownloading: connection.isDownloading || replica.hasGap || replica.needsReload,
    isUploading: replica.hasOutgoing || replica.isInFlight,
    hasIncoming: replica.hasIncoming,
    hasOutgoing: replica.hasUncommitted,
    needsReset: connection.isDeleted,
    downloadError: connection.downloadError,
    uploadError: connection.uploadError,
    saveError: connection.saveError,
    anyError: connection.downloadError ?? connection.uploadError ?? connection.saveError,
  });
}

function isSameStatus(left: DatastoreStatus, right: DatastoreStatus): boolean {
  const names = Object.keys(left) as (keyof DatastoreStatus)[];
  return names.every((name) => left[name] === right[name]);
}

/** Tells the listeners of an open datastore what happened. An event that nobody listens to is not even made. */
export class DatastoreNotifier<Tables> {
  readonly #open: OpenReplica;
  readonly #listeners: Listeners<DatastoreEvents<Tables> & { readonly [watch: symbol]: unknown }>;
  /** The status that listeners know, while there are any. */
  #toldStatus: DatastoreStatus | undefined;
  #toldUndo: UndoStatus | undefined;
  #undo: { readonly status: UndoStatus } | undefined;

  constructor(open: OpenReplica) {
    this.#open = open;
    this.#listeners = new Listeners((error) => open.context.listenerFailed(error));
  }

  /** Sets what the event `undoStatus` tells of. */
  watchUndo(undo: { readonly status: UndoStatus }): void {
    this.#undo = undo;
  }

  get status(): DatastoreStatus {
    return datastoreStatus(this.#open.replica.status, this.#open.context.status());
  }

  /** Whether anybody listens to changes. */
  get hasChangeListener(): boolean {
    return this.#listeners.has('change');
  }

  /** @throws DatastoreError `invalid-option` for an unknown event or a listener that is not a function. */
  add<Name extends keyof DatastoreEvents<Tables>>(name: Name, listener: Listener<DatastoreEvents<Tables>[Name]>): void {
    checkEventName(name);
    this.#listeners.add(name, listener);
    if (!this.#open.isOpen) return;
    if (name === 'syncStatus') this.#toldStatus ??= this.status;
    if (name === 'undoStatus') this.#toldUndo ??= this.#undo?.status;
  }

  /** @throws DatastoreError as {@link add}. */
  remove<Name extends keyof DatastoreEvents<Tables>>(
    name: Name,
    listener: Listener<DatastoreEvents<Tables>[Name]>,
  ): void {
    checkEventName(name);
    this.#listeners.remove(name, listener);
    if (!this.#listeners.has('syncStatus')) this.#toldStatus = undefined;
    if (!this.#listeners.has('undoStatus')) this.#toldUndo = undefined;
  }

  addWatch(key: symbol, listener: Listener<never>): void {
    this.#listeners.add(key, listener as Listener<unknown>);
  }

  removeWatch(key: symbol): void {
    this.#listeners.removeAll(key);
  }

  tellWatch(key: symbol, event: unknown): void {
    this.#listeners.tell(key, event);
  }

  /** Tells of a change, unless nothing changed. */
  tellChange(event: ChangeEvent<Tables>): void {
    const isEmpty = event.records.size === 0 && !event.isTitleChanged && !event.areRolesChanged;
    if (!isEmpty) this.#listeners.tell('change', event);
  }

  /** Tells of conflicts, except those of the modified time: nobody edits it, and the latest always wins. */
  tellConflicts(all: readonly Conflict[]): void {
    const conflicts = all.filter(({ table, field }) => table !== INFO_TABLE || field !== MTIME_FIELD);
    if (conflicts.length > 0) this.#listeners.tell('conflict', { conflicts });
  }

  /** Tells what a sync brought in, besides the change. */
  tellSync(result: SyncResult): void {
    const { conflicts, refused, indeterminate, ruleFailures } = result;
    this.tellConflicts(conflicts);
    this.#tellRuleFailures(ruleFailures);
    if (refused.length + indeterminate.length > 0) this.#listeners.tell('refusal', { refused, indeterminate });
    this.tellStatus();
  }

  /** Tells the status, and what can be undone, if they differ from what was told last. */
  tellStatus(): void {
    this.#tellUndo();
    if (this.#toldStatus === undefined || !this.#open.isOpen) return;
    const status = this.status;
    if (isSameStatus(status, this.#toldStatus)) return;
    this.#toldStatus = status;
    this.#listeners.tell('syncStatus', status);
  }

  /** Tells of merge functions that failed. If nobody listens, it is a failure like that of a listener. */
  #tellRuleFailures(failures: readonly RuleFailure[]): void {
    if (this.#listeners.has('ruleFailure')) {
      if (failures.length > 0) this.#listeners.tell('ruleFailure', { failures });
    } else {
      for (const { error } of failures) this.#open.context.listenerFailed(error);
    }
  }

  #tellUndo(): void {
    if (this.#toldUndo === undefined || !this.#open.isOpen) return;
    const { canUndo, canRedo } = this.#undo?.status ?? this.#toldUndo;
    if (canUndo === this.#toldUndo.canUndo && canRedo === this.#toldUndo.canRedo) return;
    this.#toldUndo = { canUndo, canRedo };
    this.#listeners.tell('undoStatus', this.#toldUndo);
  }

  close(): void {
    this.#toldStatus = undefined;
    this.#toldUndo = undefined;
    this.#listeners.close();
  }
}

function checkEventName(name: string): void {
  if (EVENT_NAMES.some((known) => known === name)) return;
  throw invalidArgument(`an event must be one of ${EVENT_NAMES.join(', ')}`, name);
}

/** The ids of the records that a delta touches. */
export function recordsIn(delta: Delta): RecordsByTable {
  const records = new Map<string, Set<string>>();
  for (const { table, record } of delta) {
    const ids = records.get(table) ?? new Set<string>();
    records.set(table, ids.add(record));
  }
  return records;
}

/** Whether a table is reserved: those hold title, modified time and roles, and are not shown among the others. */
export function isReserved(table: string): boolean {
  return table.startsWith(':');
}

/** The records with these ids, without those of reserved tables. */
export function changedRecords<Tables>(ids: RecordsByTable, tableOf: (id: string) => Table): ChangedRecords<Tables> {
  const changed = new Map<string, ReadonlySet<DatastoreRecord>>();
  for (const [id, records] of ids) {
    const table = tableOf(id);
    if (!isReserved(id)) changed.set(id, new Set([...records].map((record) => table.record(record))));
  }
  return changed as unknown as ChangedRecords<Tables>;
}
