import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { applyListOps, checkListOps, performListOp } from '../lists/apply.js';
import { invertListOps } from '../lists/invert.js';
import { ItemList } from '../lists/item-list.js';
import {
  type Before,
  beforeOf,
  type FieldOp,
  fieldDelete,
  fieldList,
  fieldPut,
} from '../operations/field-operation.js';
import { areListOpsApplied, type ListOp } from '../operations/list-operation.js';
import { type Atom, isList, type Value } from '../values/value.js';

/**
 * A field operation that later ones are composed into. It is mutable, so that a long run of list operations is gathered
 * in one array instead of being copied for each.
 */
export type FieldDraft =
  | { readonly type: 'put'; readonly value: Atom | ItemList; readonly before: Before<Value> }
  | { readonly type: 'delete'; readonly before: Before<Value> }
  | { readonly type: 'list'; readonly create: boolean; readonly ops: ListOp[] };

export function draftOf(op: FieldOp): FieldDraft {
  switch (op.type) {
    case 'put':
      return putDraft(op.value, beforeOf(op));
    case 'delete':
      return { type: 'delete', before: beforeOf(op) };
    case 'list':
      return { type: 'list', create: op.create, ops: [...op.ops] };
  }
}

export function putDraft(value: Value, before: Before<Value>): FieldDraft {
  return { type: 'put', value: isList(value) ? ItemList.from(value) : value, before };
}

/** The finished operation, or `undefined` if it does nothing: a list operation without steps. */
export function finishDraft(draft: FieldDraft): FieldOp | undefined {
  switch (draft.type) {
    case 'put':
      return fieldPut(draftedValue(draft.value), draft.before);
    case 'delete':
      return fieldDelete(draft.before);
    case 'list':
      return draft.create || draft.ops.length > 0 ? fieldList(draft.create, draft.ops) : undefined;
  }
}

export function draftedValue(value: Atom | ItemList): Value {
  return value instanceof ItemList ? Object.freeze(value.toArray()) : value;
}

/**
 * The one operation that does what `draft` and then `op` do; `draft` may be changed and returned. A later put or delete
 * swallows what was there and keeps the oldest `before`.
 *
 * @throws DatastoreError where `op` cannot follow `draft`.
 * Spec: NORM-4 to NORM-6, NORM-9.
 */
export function composeFieldOps(draft: FieldDraft, op: FieldOp, place: Place): FieldDraft {
  switch (op.type) {
    case 'put':
      return putDraft(op.value, oldestBefore(draft, beforeOf(op)));
    case 'delete':
      return { type: 'delete', before: oldestBefore(draft, beforeOf(op)) };
    case 'list':
      return appendListOps(draft, op.create, op.ops, place);
  }
}

function appendListOps(draft: FieldDraft, create: boolean, ops: readonly ListOp[], place: Place): FieldDraft {
  const isAbsent = draft.type === 'delete';
  if (create && !isAbsent) throw new DatastoreError('field-exists', 'a list is created where a value is', place);
  if (!create && isAbsent) throw new DatastoreError('field-missing', 'a list operation on an absent field', place);
  switch (draft.type) {
    case 'delete':
      return appendListOps(putDraft([], draft.before), false, ops, place);
    case 'list':
      for (const op of ops) draft.ops.push(op);
      return draft;
    case 'put':
      if (!(draft.value instanceof ItemList)) {
        throw new DatastoreError('not-a-list', 'a list operation on a field that holds no list', place);
      }
      checkListOps(draft.value.length, ops, place);
      for (const op of ops) performListOp(draft.value, op);
      return areListOpsApplied(ops) ? draft : { ...draft, before: undefined };
  }
}

/**
 * The list before `list`, given the value after it; unknown unless the operations say all that they overwrote, and can
 * have led there.
 */
export function undoListOps(
  list: { readonly create: boolean; readonly ops: readonly ListOp[] },
  after: Before<Value>,
): Before<Value> {
  if (after === undefined || !areListOpsApplied(list.ops)) return undefined;
  if (list.create) return { value: undefined };
  if (!isList(after.value)) return undefined;
  try {
    return { value: applyListOps(after.value, invertListOps(list.ops)) };
  } catch (error) {
    // What is said of the value is not true of any state, while the changes may well fit one.
    if (error instanceof DatastoreError) return undefined;
    throw error;
  }
}

/** Known only if both are: composing would otherwise not be associative where only some deltas are applied. */
function oldestBefore(draft: FieldDraft, after: Before<Value>): Before<Value> {
  if (draft.type === 'list') return undoListOps(draft, after);
  return after === undefined ? undefined : draft.before;
}
