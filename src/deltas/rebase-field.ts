import { DatastoreError } from '../errors/datastore-error.js';
import { applyListEdit } from '../lists/apply.js';
import { mergeListOps } from '../lists/merge.js';
import type { TransformedOps } from '../lists/transformed-ops.js';
import {
  type Before,
  beforeOf,
  type FieldDelete,
  type FieldList,
  type FieldOp,
  type FieldPut,
  fieldList,
  fieldSet,
  valueAfter,
} from '../operations/field-operation.js';
import {
  columnsOf,
  joinLists,
  type ListColumns,
  listOfColumns,
  opCountOf,
  sliceColumns,
} from '../operations/list-columns.js';
import { isList, type Value } from '../values/value.js';
import { type Conflict, itemConflict } from './conflict.js';
import { composeFieldOps, draftOf, finishDraft } from './field-draft.js';
import { dropAll, type FieldContext, type FieldMerge, rebaseValue, valuesAfterEach } from './rebase-value.js';
import { listRuleOf } from './transform-list.js';

/**
 * Rebases the pending operations of one field, one for each pending delta that has any, over a remote operation on the
 * same field of the same record.
 *
 * Pending operations first edit the list that was there, if they do, and from the first put or delete on no longer
 * depend on what was there. The first part merges with remote list operations, the second part beats them; a remote
 * put or delete beats the first part and meets the second by the rule.
 *
 * @throws DatastoreError `incompatible-deltas` if one side creates a list that the other edits.
 * Law: MERGE-1. Spec: MERGE-6 to MERGE-9, REB-3.
 */
export function rebaseField(pending: readonly FieldOp[], remote: FieldOp, context: FieldContext): FieldMerge {
  const [first] = pending;
  if (pending.length === 1 && first !== undefined && first.type !== 'list' && remote.type !== 'list') {
    return rebaseValue(pending, beforeOf(first), valueAfter(remote), context);
  }
  const end = pending.findIndex((op) => op.type !== 'list');
  const edits = pending.slice(0, end === -1 ? pending.length : end).filter((op) => op.type === 'list');
  const rest = pending.slice(edits.length);
  if (remote.type === 'list') {
    return rest.length === 0 ? mergeLists(edits, remote, context) : overwriteRemoteList(edits, rest, remote, context);
  }
  if (rest.length === 0) return overwritePendingLists(edits, remote, context);
  const base = beforeAll(pending, context);
  const merged = rebaseValue(rest, base, valueAfter(remote), context);
  return { ...merged, pending: [...edits.map(() => undefined), ...merged.pending] };
}

/** List operations on both sides: one list, and neither result creates it. Spec: MERGE-7. */
function mergeLists(edits: readonly FieldList[], remote: FieldList, context: FieldContext): FieldMerge {
  if (edits.length > 0 && edits[0]?.create !== remote.create) {
    throw new DatastoreError(
      'incompatible-deltas',
      'one side creates the list, but it exists for the other side: both deltas must start from the same state',
      context,
    );
  }
  const { table, record, field, rule } = context;
  // All pending operations meet remote's as one sequence; their boundaries are put back afterwards.
  const merged = mergeListOps(columnsOf(joinLists(edits)), columnsOf(remote), listRuleOf(rule));
  let start = 0;
  let source = 0;
  const pending = edits.map((edit) => {
    source += opCountOf(edit);
    const end = endOfSources(merged.local, source);
    const rebased = listOrNothing(merged.local.ops, start, end);
    start = end;
    return rebased;
  });
  const conflicts = (): Conflict[] =>
    merged.conflicts().map((conflict) => itemConflict(table, record, field, conflict));
  return { pending, remote: listOrNothing(merged.remote.ops, 0, merged.remote.ops.count), conflicts };
}

/** An edit of a list that is there, by no operation. */
const NO_EDIT = fieldList(false, []);

/** Pending puts or deletes the field that remote edits as a list: remote's operations are lost. Spec: MERGE-6. */
function overwriteRemoteList(
  edits: readonly FieldList[],
  rest: readonly FieldOp[],
  remote: FieldList,
  context: FieldContext,
): FieldMerge {
  const { rule: _, ...where } = context;
  const merged: Pick<FieldMerge, 'pending' | 'remote'> =
    edits.length === 0 ? { pending: [], remote } : mergeLists(edits, remote, context);
  const remoteList = merged.remote?.type === 'list' ? merged.remote : NO_EDIT;
  const pending = rest.map((op, position) => (position === 0 ? overRemoteList(op, remoteList, context) : op));

  const conflict = (): Conflict => {
    const base = beforeAll([...edits, ...rest], context);
    const local = valuesAfterEach(rest, context).at(-1);
    return {
      ...where,
      rule: local === undefined ? 'delete-wins' : 'put-wins',
      base: base?.value,
      local,
      remote: listAfter(base, remote, context),
      result: local,
      lost: [{ side: 'remote', field: context.field, op: remote }],
    };
  };
  return { pending: [...merged.pending, ...pending], remote: undefined, conflicts: () => [conflict()] };
}

/** Remote puts or deletes the field that pending only edits as a list: pending's operations are lost. Spec: MERGE-6. */
function overwritePendingLists(
  edits: readonly FieldList[],
  remote: FieldPut | FieldDelete,
  context: FieldContext,
): FieldMerge {
  const { rule: _, ...where } = context;
  const value = valueAfter(remote);
  const conflict = (): Conflict => {
    const base = beforeOf(remote);
    const edit = joinLists(edits);
    return {
      ...where,
      rule: remote.type === 'put' ? 'put-wins' : 'delete-wins',
      base: base?.value,
      local: listAfter(base, edit, context),
      remote: value,
      result: value,
      lost: [{ side: 'local', field: context.field, op: edit }],
    };
  };
  return dropAll(edits, fieldSet(value, undefined), () => [conflict()]);
}

/** The first operation after pending's list edits, overwriting what remote's list operations left. */
function overRemoteList(op: FieldOp, remote: FieldList, context: FieldContext): FieldOp {
  if (op.type === 'list') return op;
  const before = beforeOf(op);
  if (before === undefined) return op;
  return fieldSet(valueAfter(op), { value: listAfter(before, remote, context) });
}

/** What the field held before all the operations, as far as they say. */
function beforeAll(ops: readonly FieldOp[], context: FieldContext): Before<Value> {
  const [first, ...later] = ops;
  if (first === undefined) return undefined;
  const whole = finishDraft(later.reduce((draft, op) => composeFieldOps(draft, op, context), draftOf(first)));
  return whole === undefined || whole.type === 'list' ? undefined : beforeOf(whole);
}

function listAfter(before: Before<Value>, edit: FieldList, context: FieldContext): Value | undefined {
  if (before === undefined) return undefined;
  return applyListEdit(isList(before.value) ? before.value : [], edit, context);
}

/** How many of the transformed operations were made of the first `count` ones. */
function endOfSources({ ops, sources }: TransformedOps, count: number): number {
  if (sources === undefined) return count;
  let low = 0;
  let high = ops.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sources[middle] as number) < count) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The operations from `start` to `end`, or nothing if there are none. */
function listOrNothing(columns: ListColumns, start: number, end: number): FieldList | undefined {
  return start === end ? undefined : listOfColumns(false, sliceColumns(columns, start, end));
}
