/**
 * The Datastore API: datastores, tables, live records and lists, accounts, and synchronization in the background.
 *
 * @module deltaic/datastore
 */

export type { Conflict } from '../deltas/conflict.js';
export {
  type CallOutcome,
  DatastoreError,
  type DatastoreErrorCode,
  isDatastoreError,
  isServiceError,
  type Place,
  ServiceError,
  type ServiceErrorCode,
  type UsageErrorCode,
} from '../errors/datastore-error.js';
export { ResolutionRules } from '../rules/resolution-rules.js';
export { type Collision, type MergeFunction, RULE_NAMES, type Rule, type RuleName } from '../rules/rule.js';
export { DEFAULT_LIMITS, type Limits, NO_LIMITS } from '../state/limits.js';
export { ROLES, type Role } from '../sync/messages.js';
export type { IndeterminateDelta, RefusedDelta, RuleFailure } from '../sync/sync-result.js';
export {
  isShareableId,
  isValidDatastoreId,
  isValidFieldName,
  isValidRecordId,
  isValidTableId,
} from '../values/names.js';
export {
  BASE_CHANGE_SIZE,
  BASE_DATASTORE_SIZE,
  BASE_FIELD_SIZE,
  BASE_ITEM_SIZE,
  BASE_RECORD_SIZE,
} from '../values/size.js';
export type { Atom, AtomType, Value, ValueType } from '../values/value.js';
export type { Account, AccountInfo, UnlinkOptions } from './manager/account.js';
export { AccountManager, type AccountManagerOptions, type AccountsChange } from './manager/account-manager.js';
export { DEFAULT_AUTOSAVE_DELAY } from './manager/autosave.js';
export { DEFAULT_RETRY_DELAYS, type RetryDelays } from './manager/background-job.js';
export type { DatastoreInfo } from './manager/datastore-list.js';
export { DatastoreManager, DEFAULT_DATASTORE_ID, type OpenOptions } from './manager/datastore-manager.js';
export { type Environment, environmentOf, type GlobalScope } from './manager/environment.js';
export { type CallDeadlines, DEFAULT_CALL_DEADLINES } from './manager/guards.js';
export type {
  AccountProfile,
  DatastoreAccess,
  Link,
  LinkAnswer,
  LinkEvent,
  RemoteDatastore,
  Watch,
} from './manager/link.js';
export {
  type LinkCall,
  type LinkHook,
  type MemoryLink,
  MemoryServer,
  type MemoryServerOptions,
} from './manager/memory-server.js';
export {
  inspectStorage,
  type StorageFault,
  type StorageInspection,
  type StoredAccountInfo,
  type StoredDatastoreInfo,
} from './manager/storage-inspection.js';
export type { UnreadableDatastore, UnsentEdits, UnsentOfDatastore } from './manager/unsent-edits.js';
export type { TransactionOptions } from './model/commits.js';
export {
  BASE_UNSYNCED_CHANGES_SIZE,
  DATASTORE_SIZE_LIMIT,
  Datastore,
  RECORD_COUNT_LIMIT,
  RECORD_SIZE_LIMIT,
  type TableOf,
  UNSYNCED_CHANGES_SIZE_LIMIT,
} from './model/datastore.js';
export type { DeclaredTypes } from './model/declared-types.js';
export type {
  ChangedRecords,
  ChangeEvent,
  ConflictEvent,
  DatastoreEvents,
  DatastoreStatus,
  RecordOf,
  RefusalEvent,
  RuleFailureEvent,
} from './model/events.js';
export {
  type AnyShape,
  type AnyTables,
  type CheckedTables,
  type Condition,
  type FieldInput,
  type FieldName,
  type FieldNameOf,
  type FieldPart,
  FieldSet,
  type FieldsInput,
  type FieldsOf,
  type FieldsPatch,
  type FieldValue,
  FieldView,
  type ItemOf,
  type RuleOf,
  type TableId,
  type Undeclared,
} from './model/fields.js';
export { List, type ListInput, ReadableList } from './model/list.js';
export type { Listener } from './model/listeners.js';
export type { LiveQuery, QueryChange } from './model/live-query.js';
export type { OwningManager } from './model/open-replica.js';
export type { OrderBy, QueryInput, QueryOptions, ValueRange } from './model/query.js';
export type { QueryResult } from './model/query-result.js';
export { PRINCIPALS, type Principal } from './model/roles.js';
export {
  type DatastoreOfTable,
  DatastoreRecord,
  type InsertArguments,
  Table,
} from './model/table.js';
export { UNDO_PAUSE, type UndoStatus } from './model/undo.js';
export type { WaitOptions } from './model/wait.js';
export type {
  AbortSignalLike,
  AcquireOptions,
  Batch,
  DeviceStorage,
  StorageLease,
} from './storage/device-storage.js';
export { MemoryStorage, type StorageCall, type StorageHook } from './storage/memory-storage.js';
export type { LeftoverRefusal } from './tabs/leftovers.js';
export { Tab, type TabOptions } from './tabs/tab.js';
export type { SlotEntry, Slots, TabEvent, TabHost } from './tabs/tab-host.js';
