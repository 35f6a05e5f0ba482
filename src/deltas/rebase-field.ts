import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { applyListEdit } from '../lists/apply.js';
import { mergeListOps } from '../lists/merge.js';
import type { IsOwn } from '../lists/order.js';
import type { TransformedOps } from '../lists/transformed-ops.js';
import {
  type Before,
  beforeOf,
  type FieldDelete,
  type FieldList,
  type FieldOp,
  type FieldOps,
  type FieldPut,
  fieldDelete,
  fieldList,
  fieldPut,
  fieldSet,
  isFieldOpApplied,
  valueAfter,
} from '../operations/change.js';
import {
  columnsOf,
  joinColumns,
  joinLists,
  type ListColumns,
  listOfSlice,
  opCountOf,
} from '../operations/list-columns.js';
import { type Resolution, resolve } from '../rules/resolve.js';
import type { Rule } from '../rules/rule.js';
import { FrozenMapBuilder, sortedMap } from '../values/fields.js';
import { valuesEqual } from '../values/order.js';
import { isList, type Value } from '../values/value.js';
import {
  type Conflict,
  type Conflicts,
  conflictRuleOf,
  itemConflict,
  type LostEdit,
  NO_CONFLICTS,
} from './conflict.js';
import { composeFieldOps, draftOf, finishDraft } from './draft.js';
import { type RecordStart, type RecordUpdate, recordUpdate } from './incarnations.js';
import { fieldOpWithoutBefore } from './invert.js';
import type { InsertedRecord } from './normal-form.js';
import { listRuleOf } from './transform-list.js';

/** Which record a merge is about, the rules of its fields, and the own items of its lists. */
export interface RecordContext {
  readonly table: string;
  readonly record: string;
  readonly ruleOf: (field: string) => Rule;
  readonly isOwnOf: (field: string) => IsOwn | undefined;
}

/** The fields of one record, transformed. */
export interface FieldsMerge {
  readonly events: readonly RecordUpdate[];
  readonly remote: FieldOps;
  readonly conflicts: Conflicts;
}

const ABSENT: Before<Value> = { value: undefined };

/** Rebases updates of one record over a remote update of it, field by field. Spec: MERGE-4. */
export function rebaseUpdates(updates: readonly RecordUpdate[], remote: FieldOps, context: RecordContext): FieldsMerge {
  const rebasedRemote = new FrozenMapBuilder<string, FieldOp>();
  const merges: FieldMerges = new Map();
  for (const [field, remoteOp] of remote) {
    const pending = pendingOps(updates, field);
    if (pending.length === 0) {
      rebasedRemote.set(field, fieldOpWithoutBefore(remoteOp));
      continue;
    }
    const merge = rebaseField(pending, remoteOp, fieldContext(field, context));
    merges.set(field, { merge, taken: 0 });
    if (merge.remote !== undefined) rebasedRemote.set(field, merge.remote);
  }
  return { events: rebasedUpdates(updates, merges), remote: rebasedRemote.finish(), conflicts: conflictsOf(merges) };
}

/**
 * Rebases a pending insert, and updates of what it inserted, over a remote insert of the same record: the fields merge
 * as puts, and as lists that were created, over an absent base, and a field that one side has in the end no more is one
 * it never had. Spec: MERGE-5, REB-2.
 */
export function rebaseInsertedFields(
  start: RecordStart,
  updates: readonly RecordUpdate[],
  inserted: InsertedRecord,
  context: RecordContext,
): FieldsMerge {
  const pendingUpdates = [recordUpdate(start.deltaIndex, opsOverAbsent(start)), ...updates];
  const remote = opsOverAbsent(inserted);
  const rebasedRemote = new FrozenMapBuilder<string, FieldOp>();
  const merges: FieldMerges = new Map();
  // Remote's fields come first, so that their results keep their order.
  for (const field of new Set([...remote.keys(), ...pendingUpdates.flatMap(({ ops }) => [...ops.keys()])])) {
    const pending = pendingOps(pendingUpdates, field);
    const merge = rebaseInsertedField(pending, remote.get(field), fieldContext(field, context));
    merges.set(field, { merge, taken: 0 });
    if (merge.remote !== undefined) rebasedRemote.set(field, merge.remote);
  }
  return {
    events: rebasedUpdates(pendingUpdates, merges),
    remote: rebasedRemote.finish(),
    conflicts: conflictsOf(merges),
  };
}

/** What an inserted record holds, as operations on fields that are absent. */
function opsOverAbsent({ fields, ops }: InsertedRecord): FieldOps {
  const all = new Map<string, FieldOp>();
  for (const [field, value] of fields) all.set(field, fieldPut(value, ABSENT));
  for (const [field, op] of ops) all.set(field, op.type === 'delete' ? fieldDelete(ABSENT) : op);
  return sortedMap(all);
}

function rebaseInsertedField(
  pending: readonly FieldOp[],
  remote: FieldOp | undefined,
  context: FieldContext,
): FieldMerge {
  const last = pending.at(-1);
  const inserted = remote?.type === 'delete' ? undefined : remote;
  if (last === undefined || last.type === 'delete') {
    return dropAll(pending, inserted && fieldOpWithoutBefore(inserted), NO_CONFLICTS);
  }
  if (inserted !== undefined) return rebaseField(pending, inserted, context, ABSENT);
  const [first = last, ...later] = pending;
  const firstOverAbsent = first.type === 'list' ? first : fieldSet(valueAfter(first), ABSENT);
  return { pending: [firstOverAbsent, ...later], remote: undefined, conflicts: NO_CONFLICTS };
}

/** How fields were merged, by name, and how many of the pending operations have been handed back to their deltas. */
type FieldMerges = Map<string, { readonly merge: FieldMerge; taken: number }>;

/** The pending operations on a field, without the deltas that do not touch it. */
function pendingOps(updates: readonly RecordUpdate[], field: string): readonly FieldOp[] {
  const pending: FieldOp[] = [];
  for (const { ops } of updates) {
    const op = ops.get(field);
    if (op !== undefined) pending.push(op);
  }
  return pending;
}

/** Hands what became of the pending operations back to the deltas that they came from. What was not merged stays. */
function rebasedUpdates(updates: readonly RecordUpdate[], merges: FieldMerges): RecordUpdate[] {
  return updates.map(({ deltaIndex, ops }) => {
    const rebased = new FrozenMapBuilder<string, FieldOp>();
    for (const [field, op] of ops) {
      const merged = merges.get(field);
      const kept = merged === undefined ? op : merged.merge.pending[merged.taken++];
      if (kept !== undefined) rebased.set(field, kept);
    }
    return recordUpdate(deltaIndex, rebased.finish());
  });
}

function conflictsOf(merges: FieldMerges): Conflicts {
  return () => [...merges.values()].flatMap(({ merge }) => merge.conflicts());
}

export function fieldContext(field: string, { table, record, ruleOf, isOwnOf }: RecordContext): FieldContext {
  return { table, record, field, rule: ruleOf(field), isOwn: isOwnOf(field) };
}

/**
 * Rebases the pending operations of one field, one for each pending delta that has any, over a remote operation on the
 * same field of the same record.
 *
 * Pending operations first edit the list that was there, if they do, and from the first put or delete on no longer
 * depend on what was there. The first part merges with remote list operations, the second part beats them; a remote
 * put or delete beats the first part and meets the second by the rule.
 *
 * |                          | remote edits the list             | remote puts or deletes the field         |
 * |--------------------------|-----------------------------------|------------------------------------------|
 * | pending edits the list   | one list with the items of both   | nothing is left of pending               |
 * | pending puts or deletes  | nothing is left of remote         | the rule decides, see {@link rebaseValue} |
 *
 * @param knownBase what the field held before, if that is known without asking the operations.
 * @throws DatastoreError `incompatible-deltas` if one side creates a list that the other edits.
 * Law: MERGE-1. Spec: MERGE-6 to MERGE-9, REB-3.
 */
export function rebaseField(
  pending: readonly FieldOp[],
  remote: FieldOp,
  context: FieldContext,
  knownBase?: Before<Value>,
): FieldMerge {
  const [first] = pending;
  if (pending.length === 1 && first !== undefined && first.type !== 'list' && remote.type !== 'list') {
    return rebaseValue(pending, knownBase ?? beforeOf(first), valueAfter(remote), context);
  }
  const baseOfAll = (): Before<Value> => knownBase ?? beforeAll(pending, context);
  const end = pending.findIndex((op) => op.type !== 'list');
  const edits = pending.slice(0, end === -1 ? pending.length : end).filter((op) => op.type === 'list');
  const rest = pending.slice(edits.length);
  if (remote.type === 'list') {
    return rest.length === 0
      ? mergeLists(edits, remote, context)
      : overwriteRemoteList(edits, rest, remote, context, baseOfAll);
  }
  if (rest.length === 0) return overwritePendingLists(edits, remote, context);
  const merged = rebaseValue(rest, baseOfAll(), valueAfter(remote), context);
  return { ...merged, pending: [...edits.map(() => undefined), ...merged.pending] };
}

/** List operations on both sides: one list, and neither result creates it. Spec: MERGE-7. */
function mergeLists(edits: readonly FieldList[], remote: FieldList, context: FieldContext): FieldMerge {
  const { joined, remote: left, conflicts } = mergeJoined(joinEdits(edits), remote, context);
  return { pending: splitEdits(joined), remote: left, conflicts };
}

/** Pending edits of one list as one sequence, and where each ends in it: a merge goes through them as one. */
export interface JoinedEdits {
  readonly create: boolean;
  readonly ops: ListColumns;
  readonly ends: readonly number[];
}

export function joinEdits(edits: readonly FieldList[]): JoinedEdits {
  let end = 0;
  const ends = edits.map((edit) => {
    end += opCountOf(edit);
    return end;
  });
  return { create: edits[0]?.create ?? false, ops: joinColumns(edits), ends };
}

/** Puts the boundaries back; nothing for an edit that has no operation left. */
export function splitEdits({ ops, ends }: JoinedEdits): (FieldList | undefined)[] {
  return ends.map((end, at) => listOrNothing(ops, at === 0 ? 0 : (ends[at - 1] as number), end));
}

/** Merges joined edits with remote's of the same list. @throws DatastoreError `incompatible-deltas`. */
export function mergeJoined(
  { create, ops, ends }: JoinedEdits,
  remote: FieldList,
  context: FieldContext,
): { readonly joined: JoinedEdits } & Omit<FieldMerge, 'pending'> {
  if (ends.length > 0 && create !== remote.create) {
    throw new DatastoreError(
      'incompatible-deltas',
      'one side creates the list, but it exists for the other side: both deltas must start from the same state',
      context,
    );
  }
  const { table, record, field, rule, isOwn } = context;
  const merged = mergeListOps(ops, columnsOf(remote), listRuleOf(rule), isOwn);
  const { local } = merged;
  const joined: JoinedEdits = {
    create: false,
    ops: local.ops,
    ends: local.sources === undefined ? ends : ends.map((end) => countMadeOf(local, end)),
  };
  const conflicts = (): Conflict[] =>
    merged.conflicts().map((conflict) => itemConflict(table, record, field, conflict));
  return { joined, remote: listOrNothing(merged.remote.ops, 0, merged.remote.ops.count), conflicts };
}

/** An edit of a list that is there, by no operation. */
const NO_EDIT = fieldList(false, []);

/** Pending puts or deletes the field that remote edits as a list: remote's operations are lost. Spec: MERGE-6. */
function overwriteRemoteList(
  edits: readonly FieldList[],
  rest: readonly FieldOp[],
  remote: FieldList,
  context: FieldContext,
  baseOfAll: () => Before<Value>,
): FieldMerge {
  const { table, record, field } = context;
  const merged: Pick<FieldMerge, 'pending' | 'remote'> =
    edits.length === 0 ? { pending: [], remote } : mergeLists(edits, remote, context);
  const remoteList = merged.remote?.type === 'list' ? merged.remote : NO_EDIT;
  const pending = rest.map((op, position) => (position === 0 ? overRemoteList(op, remoteList, context) : op));

  const conflict = (): Conflict => {
    const base = baseOfAll();
    const local = valuesAfterEach(rest, context).at(-1);
    return {
      table,
      record,
      field,
      rule: local === undefined ? 'delete-wins' : 'put-wins',
      base: base?.value,
      local,
      remote: listAfter(base, remote, context),
      result: local,
      lost: [{ side: 'remote', field, op: remote }],
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
  const { table, record, field } = context;
  const value = valueAfter(remote);
  const conflict = (): Conflict => {
    const base = beforeOf(remote);
    const edit = joinLists(edits);
    return {
      table,
      record,
      field,
      rule: remote.type === 'put' ? 'put-wins' : 'delete-wins',
      base: base?.value,
      local: listAfter(base, edit, context),
      remote: value,
      result: value,
      lost: [{ side: 'local', field, op: edit }],
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
function countMadeOf({ ops, sources }: TransformedOps, count: number): number {
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
  return start === end ? undefined : listOfSlice(columns, start, end);
}

/** Which field a merge is about, and its rule. */
export interface FieldContext {
  readonly table: string;
  readonly record: string;
  readonly field: string;
  readonly rule: Rule;
  /** Which items of the list local inserted, where that is known. */
  readonly isOwn: IsOwn | undefined;
}

/** The operations of one field, transformed. */
export interface FieldMerge {
  /** For each pending operation, what becomes of it; `undefined` where it was dropped. */
  readonly pending: readonly (FieldOp | undefined)[];
  readonly remote: FieldOp | undefined;
  readonly conflicts: Conflicts;
}

/**
 * Rebases operations that give a field a new value, whatever it held, over a remote put or delete.
 *
 * The rule decides once, on the value that all pending operations together leave. If that loses, all are dropped. If
 * it stands, the operations stay apart, and what each delta leaves in between is settled by the rule in the same way,
 * so that every prefix of the pending deltas makes sense on its own, should a later one be refused.
 *
 * | the rule says                 | pending, after remote        | remote, after pending |
 * |-------------------------------|------------------------------|-----------------------|
 * | local wins                    | stands, over remote's value  | nothing               |
 * | remote wins                   | nothing                      | stands                |
 * | a new value (sum, a function) | puts it, over remote's value | puts it               |
 *
 * Where both delete, nothing is left of either.
 * Spec: MERGE-8, MERGE-9, REB-3.
 */
export function rebaseValue(
  pending: readonly FieldOp[],
  base: Before<Value>,
  remote: Value | undefined,
  context: FieldContext,
): FieldMerge {
  const values = valuesAfterEach(pending, context);
  const local = values.at(-1);
  if (local === undefined && remote === undefined) return dropAll(pending, undefined, NO_CONFLICTS);
  const whole = resolve(context.rule, base, local, remote, context);
  const conflicts = (): Conflict[] => valueConflict(base, local, remote, whole, context);
  if (whole.winner === 'remote') return dropAll(pending, fieldSet(remote, undefined), conflicts);

  let standing = remote;
  let isPendingStanding = false;
  let isUntouched = true;
  const rebased = pending.map((op, at): FieldOp | undefined => {
    const value = values[at];
    const settled = at === pending.length - 1 ? whole : resolveStep(base, value, remote, context);
    if (settled.winner === 'remote' && isUntouched) return undefined;
    const isKept = op.type === 'list' && settled.winner === 'local' && isPendingStanding;
    const before = isFieldOpApplied(op) ? { value: standing } : undefined;
    isUntouched = false;
    isPendingStanding = settled.winner === 'local';
    standing = outcomeOf(settled, value, remote);
    return isKept ? op : fieldSet(standing, before);
  });
  const forRemote = whole.winner === 'neither' ? fieldSet(whole.value, undefined) : undefined;
  return { pending: rebased, remote: forRemote, conflicts };
}

/** Drops all pending operations; remote's stays. */
export function dropAll(pending: readonly FieldOp[], remote: FieldOp | undefined, conflicts: Conflicts): FieldMerge {
  return { pending: pending.map(() => undefined), remote, conflicts };
}

/** What the field holds after each of the operations, the first of which does not depend on what was there. */
export function valuesAfterEach(pending: readonly FieldOp[], place: Place): readonly (Value | undefined)[] {
  let value: Value | undefined;
  return pending.map((op) => {
    if (op.type === 'list') value = applyListEdit(isList(value) ? value : [], op, place);
    else value = valueAfter(op);
    return value;
  });
}

function resolveStep(
  base: Before<Value>,
  local: Value | undefined,
  remote: Value | undefined,
  context: FieldContext,
): Resolution {
  if (local === undefined && remote === undefined) return { winner: 'remote' };
  return resolve(context.rule, base, local, remote, context);
}

function outcomeOf(settled: Resolution, local: Value | undefined, remote: Value | undefined): Value | undefined {
  if (settled.winner === 'neither') return settled.value;
  return settled.winner === 'local' ? local : remote;
}

function valueConflict(
  base: Before<Value>,
  local: Value | undefined,
  remote: Value | undefined,
  settled: Resolution,
  context: FieldContext,
): Conflict[] {
  const { table, record, field, rule } = context;
  const result = outcomeOf(settled, local, remote);
  const isLocalResult = valuesEqual(local, result);
  const isRemoteResult = valuesEqual(remote, result);
  if (isLocalResult && isRemoteResult) return [];
  const lost: LostEdit[] = [];
  // A sum takes in both sides even where it happens to equal one of them.
  if (rule !== 'sum' || settled.winner === 'remote') {
    if (isRemoteResult) lost.push({ side: 'local', field, op: fieldSet(local, base) });
    if (isLocalResult) lost.push({ side: 'remote', field, op: fieldSet(remote, base) });
  }
  return [{ table, record, field, rule: conflictRuleOf(rule), base: base?.value, local, remote, result, lost }];
}
