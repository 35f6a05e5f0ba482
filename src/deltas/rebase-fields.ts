import type { FieldOps } from '../operations/change.js';
import { type Before, type FieldOp, fieldPut, fieldSet } from '../operations/field-operation.js';
import type { Rule } from '../rules/rule.js';
import { type Fields, FrozenMapBuilder } from '../values/fields.js';
import type { Value } from '../values/value.js';
import { type Conflicts, NO_CONFLICTS } from './conflict.js';
import { type LifeStart, type LifeUpdate, lifeUpdate } from './lives.js';
import { rebaseField } from './rebase-field.js';
import { dropAll, type FieldContext, type FieldMerge, rebaseValue, valuesAfterEach } from './rebase-value.js';
import { fieldOpWithoutBefore } from './without-before.js';

/** Which record a merge is about, and the rules of its fields. */
export interface RecordContext {
  readonly table: string;
  readonly record: string;
  readonly ruleOf: (field: string) => Rule;
}

/** The fields of one record brought past each other. */
export interface FieldsMerge {
  readonly events: readonly LifeUpdate[];
  readonly remote: FieldOps;
  readonly conflicts: Conflicts;
}

const ABSENT: Before<Value> = { value: undefined };

/** Rebases updates of one record over a remote update of it, field by field. Spec: MERGE-4. */
export function rebaseUpdates(updates: readonly LifeUpdate[], remote: FieldOps, context: RecordContext): FieldsMerge {
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
 * as puts over an absent base, and a field that pending has in the end no more is one it never had.
 * Spec: MERGE-5, REB-2.
 */
export function rebaseInsertedFields(
  start: LifeStart,
  updates: readonly LifeUpdate[],
  remote: Fields,
  context: RecordContext,
): FieldsMerge {
  const puts = new Map<string, FieldOp>();
  for (const [field, value] of start.fields) puts.set(field, fieldPut(value, ABSENT));
  const pendingUpdates = [lifeUpdate(start.step, puts), ...updates];
  const rebasedRemote = new FrozenMapBuilder<string, FieldOp>();
  const merges: FieldMerges = new Map();
  // Remote's fields come first, so that what is made of them is in their order.
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

function rebaseInsertedField(
  pending: readonly FieldOp[],
  remote: Value | undefined,
  context: FieldContext,
): FieldMerge {
  const values = valuesAfterEach(pending, context);
  if (values.at(-1) === undefined) {
    return dropAll(pending, remote === undefined ? undefined : fieldPut(remote, undefined), NO_CONFLICTS);
  }
  if (remote !== undefined) return rebaseValue(pending, ABSENT, remote, context);
  // A list that was created in the inserted record is part of what was inserted, and so becomes a put as well.
  const [, ...later] = pending;
  return { pending: [fieldSet(values[0], ABSENT), ...later], remote: undefined, conflicts: NO_CONFLICTS };
}

/** How fields were merged, by name, and how many of the pending operations have been handed back to their deltas. */
type FieldMerges = Map<string, { readonly merge: FieldMerge; taken: number }>;

/** The pending operations on a field, without the deltas that do not touch it. */
function pendingOps(updates: readonly LifeUpdate[], field: string): readonly FieldOp[] {
  const pending: FieldOp[] = [];
  for (const { ops } of updates) {
    const op = ops.get(field);
    if (op !== undefined) pending.push(op);
  }
  return pending;
}

/** Hands what became of the pending operations back to the deltas that they came from. What was not merged stays. */
function rebasedUpdates(updates: readonly LifeUpdate[], merges: FieldMerges): LifeUpdate[] {
  return updates.map(({ step, ops }) => {
    const rebased = new FrozenMapBuilder<string, FieldOp>();
    for (const [field, op] of ops) {
      const merged = merges.get(field);
      const kept = merged === undefined ? op : merged.merge.pending[merged.taken++];
      if (kept !== undefined) rebased.set(field, kept);
    }
    return lifeUpdate(step, rebased.finish());
  });
}

function conflictsOf(merges: FieldMerges): Conflicts {
  return () => [...merges.values()].flatMap(({ merge }) => merge.conflicts());
}

function fieldContext(field: string, { table, record, ruleOf }: RecordContext): FieldContext {
  return { table, record, field, rule: ruleOf(field) };
}
