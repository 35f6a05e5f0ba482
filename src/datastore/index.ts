/**
 * The Datastore API: datastores, tables, live records and lists, accounts, and synchronization in the background.
 *
 * @module deltaic/datastore
 */

export type { Conflict } from '../deltas/conflict.js';
export {
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
export { ROLES, type Role } from '../sync/role.js';
export type { RefusedDelta, UncertainDelta } from '../sync/sync-result.js';
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
export type { Account, AccountInfo } from './manager/account.js';
export { AccountManager, type AccountManagerOptions, type AccountsChange } from './manager/account-manager.js';
export { DEFAULT_RETRY_DELAYS, type RetryDelays } from './manager/backoff.js';
export { DatastoreManager, DEFAULT_DATASTORE_ID, type OpenOptions } from './manager/datastore-manager.js';
export { type Environment, environmentOf, type GlobalScope } from './manager/environment.js';
export type {
  AccountProfile,
  DatastoreAccess,
  Link,
  LinkAnswer,
  LinkEvent,
  RemoteDatastore,
  Watch,
} from './manager/link.js';
export type { DatastoreInfo } from './manager/listing.js';
export type { LinkCall, LinkHook, MemoryLink } from './manager/memory-link.js';
export { MemoryServer } from './manager/memory-server.js';
export { MemoryStorage, type StorageCall, type StorageHook } from './manager/memory-storage.js';
export type { Storage } from './manager/storage.js';
export type { TransactionOptions } from './model/commits.js';
export { Datastore, type TableOf } from './model/datastore.js';
export type {
  ChangedRecords,
  ChangeEvent,
  ConflictEvent,
  DatastoreEvents,
  RecordOf,
  RefusalEvent,
} from './model/events.js';
export { type FieldInput, type FieldsInput, type FieldsPatch, FieldView } from './model/field-view.js';
export { Fields } from './model/fields.js';
export type { DatastoreOwner } from './model/host.js';
export { List, type ListInput } from './model/list.js';
export type { Listener } from './model/listeners.js';
export { QueryResult } from './model/query-result.js';
export { ReadableList } from './model/readable-list.js';
export { PRINCIPALS, type Principal } from './model/roles.js';
export type { SessionOptions } from './model/session.js';
export type {
  AnyShape,
  AnyTables,
  Condition,
  FieldName,
  FieldNameOf,
  FieldPart,
  FieldValue,
  ItemOf,
  TableId,
} from './model/shape.js';
export {
  BASE_UNSYNCED_CHANGES_SIZE,
  DATASTORE_SIZE_LIMIT,
  RECORD_COUNT_LIMIT,
  RECORD_SIZE_LIMIT,
  UNSYNCED_CHANGES_SIZE_LIMIT,
} from './model/size-limits.js';
export type { DatastoreStatus } from './model/status.js';
export { type DatastoreOfTable, type InsertArguments, type QueryInput, Record, Table } from './model/table.js';
