import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { applyListEdit, invertListEdit, listMisfit, misfitError, performListEdit } from '../lists/apply.js';
import { ItemList } from '../lists/item-list.js';
import {
  type Before,
  beforeOf,
  type FieldDelete,
  type FieldList,
  type FieldOp,
  type FieldPut,
  fieldPut,
  fieldSet,
  valueAfter,
} from '../operations/field-operation.js';
import { isListApplied, ListColumnsBuilder, listOfColumns, opCountOf } from '../operations/list-columns.js';
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
  | { readonly type: 'gathered'; readonly create: boolean; readonly ops: ListColumnsBuilder };

export function draftOf(op: FieldOp): FieldDraft {
  if (op.type !== 'list') return op;
  const ops = new ListColumnsBuilder(opCountOf(op));
  ops.appendAll(op);
  return { type: 'gathered', create: op.create, ops };
}

/** The finished operation, or `undefined` if it does nothing: a list operation without steps. */
export function finishDraft(draft: FieldDraft): FieldOp | undefined {
  switch (draft.type) {
    case 'edited':
      return fieldPut(Object.freeze(draft.list.toArray()), draft.before);
    case 'gathered':
      return draft.create || draft.ops.count > 0 ? listOfColumns(draft.create, draft.ops.finish()) : undefined;
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

function appendListOps(draft: FieldDraft, edit: FieldList, place: Place): FieldDraft {
  const { create } = edit;
  const isAbsent = draft.type === 'delete';
  if (create && !isAbsent)
    throw new DatastoreError('field-exists', 'cannot create a list in a field that has a value', place);
  if (!create && isAbsent) throw new DatastoreError('field-missing', 'a list operation on an absent field', place);
  if (draft.type === 'gathered') {
    draft.ops.appendAll(edit);
    return draft;
  }
  const edited = draft.type === 'edited' ? draft : editedDraft(draft, place);
  const misfit = listMisfit(edited.list.length, edit);
  if (misfit !== undefined) throw misfitError(misfit, place);
  performListEdit(edited.list, edit);
  return isListApplied(edit) ? edited : { ...edited, before: undefined };
}

function editedDraft(draft: FieldPut | FieldDelete, place: Place): FieldDraft & { readonly type: 'edited' } {
  const value = draft.type === 'put' ? draft.value : [];
  if (isList(value)) return { type: 'edited', list: ItemList.from(value), before: beforeOf(draft) };
  throw new DatastoreError('not-a-list', 'a list operation on a field that does not hold a list', place);
}

/**
 * The list before `list`, given the value after it; unknown unless the operations say all that they overwrote, and can
 * have led there.
 */
export function undoListOps(list: FieldList, after: Before<Value>): Before<Value> {
  if (after === undefined || !isListApplied(list)) return undefined;
  if (list.create) return { value: undefined };
  if (!isList(after.value)) return undefined;
  try {
    return { value: applyListEdit(after.value, invertListEdit(list)) };
  } catch (error) {
    // What is said of the value is not true of any state, while the changes may well fit one.
    if (error instanceof DatastoreError) return undefined;
    throw error;
  }
}

/** Known only if both are: composing would otherwise not be associative where only some deltas are applied. */
function oldestBefore(draft: FieldDraft, after: Before<Value>): Before<Value> {
  if (draft.type === 'gathered') return undoListOps(listOfColumns(draft.create, draft.ops.finish()), after);
  if (after === undefined) return undefined;
  return draft.type === 'edited' ? draft.before : beforeOf(draft);
}
