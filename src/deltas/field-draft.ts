import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { applyListOps, checkListOps, invertListOps, performListOp } from '../lists/apply.js';
import { ItemList } from '../lists/item-list.js';
import {
  type Before,
  beforeOf,
  type FieldDelete,
  type FieldList,
  type FieldOp,
  type FieldPut,
  fieldList,
  fieldPut,
  fieldSet,
  valueAfter,
} from '../operations/field-operation.js';
import { areListOpsApplied, type ListOp } from '../operations/list-operation.js';
import { visitEach } from '../values/frozen-array.js';
import { isList, type Value } from '../values/value.js';

/**
 * A field operation that later ones are composed into. A put or a delete is kept as it is, for mostly nothing follows it.
 * What gathers is mutable, so that a long run of list operations is not copied for each: the operations themselves
 * (`gathered`), or the list that they edit once a put has said what is in it (`edited`).
 */
export type FieldDraft =
  | FieldPut
  | FieldDelete
  | { readonly type: 'edited'; readonly list: ItemList; readonly before: Before<Value> }
  | { readonly type: 'gathered'; readonly create: boolean; readonly ops: ListOp[] };

export function draftOf(op: FieldOp): FieldDraft {
  return op.type === 'list' ? { type: 'gathered', create: op.create, ops: [...op.ops] } : op;
}

/** The finished operation, or `undefined` if it does nothing: a list operation without steps. */
export function finishDraft(draft: FieldDraft): FieldOp | undefined {
  switch (draft.type) {
    case 'edited':
      return fieldPut(Object.freeze(draft.list.toArray()), draft.before);
    case 'gathered':
      return draft.create || draft.ops.length > 0 ? fieldList(draft.create, draft.ops) : undefined;
    default:
      return draft;
  }
}

/**
 * The one operation that does what `draft` and then `op` do; `draft` may be changed and returned. A later put or delete
 * swallows what was there and keeps the oldest `before`.
 *
 * @throws DatastoreError where `op` cannot follow `draft`.
 * Spec: NORM-4 to NORM-6, NORM-9.
 */
export function composeFieldOps(draft: FieldDraft, op: FieldOp, place: Place): FieldDraft {
  return op.type === 'list'
    ? appendListOps(draft, op, place)
    : fieldSet(valueAfter(op), oldestBefore(draft, beforeOf(op)));
}

function appendListOps(draft: FieldDraft, { create, ops }: FieldList, place: Place): FieldDraft {
  const isAbsent = draft.type === 'delete';
  if (create && !isAbsent) throw new DatastoreError('field-exists', 'a list is created where a value is', place);
  if (!create && isAbsent) throw new DatastoreError('field-missing', 'a list operation on an absent field', place);
  if (draft.type === 'gathered') {
    visitEach(ops, (op) => draft.ops.push(op));
    return draft;
  }
  const edited = draft.type === 'edited' ? draft : editedDraft(draft, place);
  checkListOps(edited.list.length, ops, place);
  visitEach(ops, (op) => performListOp(edited.list, op));
  return areListOpsApplied(ops) ? edited : { ...edited, before: undefined };
}

function editedDraft(draft: FieldPut | FieldDelete, place: Place): FieldDraft & { readonly type: 'edited' } {
  const value = draft.type === 'put' ? draft.value : [];
  if (isList(value)) return { type: 'edited', list: ItemList.from(value), before: beforeOf(draft) };
  throw new DatastoreError('not-a-list', 'a list operation on a field that holds no list', place);
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
  if (draft.type === 'gathered') return undoListOps(draft, after);
  if (after === undefined) return undefined;
  return draft.type === 'edited' ? draft.before : beforeOf(draft);
}
