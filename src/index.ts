/**
 * The merge core: values, deltas, state, merging by rules, and wire JSON. Pure and deterministic: it reads no clock, randomness,
 * locale or environment.
 *
 * @module deltaic
 */

export { formatDelta, parseDelta } from './codec/wire/delta.js';
export { formatState, parseState, type Row } from './codec/wire/state.js';
export {
  type Conflict,
  type ConflictListener,
  type ConflictRule,
  conflictToJSON,
  type LostEdit,
  type WireConflict,
} from './deltas/conflict.js';
export { compose, compress, Delta, type DeltaInput, sizeOfDelta } from './deltas/delta.js';
export { deltaWithoutBefore, invert } from './deltas/invert.js';
export { type RuleLookup, rebase, type TransformOptions, transform } from './deltas/rebase.js';
export { type TransformListOptions, transformList } from './deltas/transform-list.js';
export {
  DatastoreError,
  type DatastoreErrorCode,
  isDatastoreError,
  isServiceError,
  type Place,
  ServiceError,
  type ServiceErrorCode,
  type UsageErrorCode,
} from './errors/datastore-error.js';
export { InvariantError } from './errors/invariant-error.js';
export type { Side } from './lists/decisions.js';
export type {
  Change,
  DeleteChange,
  FieldDelete,
  FieldList,
  FieldOp,
  FieldOps,
  FieldPut,
  InsertChange,
  ListDelete,
  ListInsert,
  ListMove,
  ListOp,
  ListPut,
  UpdateChange,
} from './operations/change.js';
export { sizeOfChange } from './operations/size.js';
export type { WireChange, WireOp } from './operations/wire.js';
export { ResolutionRules } from './rules/resolution-rules.js';
export { type Collision, type MergeFunction, RULE_NAMES, type Rule, type RuleName } from './rules/rule.js';
export { diff } from './state/diff.js';
export { DEFAULT_LIMITS, type Limits, NO_LIMITS } from './state/limits.js';
export {
  type MergedEdits,
  type MergedObjects,
  type MergeOptions,
  mergeEdits,
  mergeObjects,
  type RulesInput,
} from './state/merge.js';
export type { RecordReader } from './state/record-reader.js';
export { type ApplyOptions, type FoundRecord, State, type StateObject, type Where } from './state/state.js';
export type { Fields } from './values/fields.js';
export {
  isShareableId,
  isValidDatastoreId,
  isValidFieldName,
  isValidRecordId,
  isValidTableId,
} from './values/names.js';
export { LONG_MAX, LONG_MIN, wrapLong } from './values/numbers.js';
export { compareValues, valuesEqual, valuesMatch } from './values/order.js';
export { ownFields, ownValue } from './values/ownership.js';
export {
  BASE_CHANGE_SIZE,
  BASE_DATASTORE_SIZE,
  BASE_DELTA_SIZE,
  BASE_FIELD_SIZE,
  BASE_ITEM_SIZE,
  BASE_RECORD_SIZE,
  sizeOfRecord,
  sizeOfValue,
} from './values/size.js';
export { type Atom, type AtomType, typeOfValue, type Value, type ValueType } from './values/value.js';
export { formatValue, parseValue, type WireAtom, type WireFields, type WireValue } from './values/wire.js';
