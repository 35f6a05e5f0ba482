import type { Place } from '../errors/datastore-error.js';
import { applyListEdit } from '../lists/apply.js';
import { type Before, type FieldOp, fieldSet, isFieldOpApplied, valueAfter } from '../operations/field-operation.js';
import { type Resolution, resolve } from '../rules/resolve.js';
import type { Rule } from '../rules/rule.js';
import { valuesEqual } from '../values/order.js';
import { isList, type Value } from '../values/value.js';
import { type Conflict, type Conflicts, conflictRuleOf, type LostEdit, NO_CONFLICTS } from './conflict.js';

/** Which field a merge is about, and its rule. */
export interface FieldContext {
  readonly table: string;
  readonly record: string;
  readonly field: string;
  readonly rule: Rule;
}

/** The operations of one field brought past each other. */
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
  const rebased = pending.map((op, step): FieldOp | undefined => {
    const value = values[step];
    const settled = step === pending.length - 1 ? whole : resolveStep(base, value, remote, context);
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

/** All pending operations gone; remote's stands. */
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
  const { rule, ...where } = context;
  const result = outcomeOf(settled, local, remote);
  const isLocalResult = valuesEqual(local, result);
  const isRemoteResult = valuesEqual(remote, result);
  if (isLocalResult && isRemoteResult) return [];
  const lost: LostEdit[] = [];
  // A sum takes in both sides even where it happens to equal one of them.
  if (rule !== 'sum' || settled.winner === 'remote') {
    if (isRemoteResult) lost.push({ side: 'local', field: context.field, op: fieldSet(local, base) });
    if (isLocalResult) lost.push({ side: 'remote', field: context.field, op: fieldSet(remote, base) });
  }
  return [{ ...where, rule: conflictRuleOf(rule), base: base?.value, local, remote, result, lost }];
}
