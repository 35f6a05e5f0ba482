import type { FieldOps } from '../operations/change.js';
import { type Before, type FieldOp, fieldPut, fieldSet } from '../operations/field-operation.js';
import type { Rule } from '../rules/rule.js';
import { type Fields, sortedMap } from '../values/fields.js';
import { compareText } from '../values/text.js';
import type { Value } from '../values/value.js';
import { type Conflict, type Conflicts, NO_CONFLICTS } from './conflict.js';
import { type LifeStart, type LifeUpdate, lifeUpdate } from './lives.js';
import { rebaseField } from './rebase-field.js';
import { dropAll, type FieldMerge, rebaseValue, valuesAfterEach } from './rebase-value.js';
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
  const merge = new FieldsMerging(updates, remote.keys());
  for (const field of merge.fields) {
    const remoteOp = remote.get(field);
    const pending = merge.pendingOps(field);
    if (remoteOp === undefined) merge.keep(field);
    else if (pending.length === 0) merge.setRemote(field, fieldOpWithoutBefore(remoteOp));
    else merge.set(field, rebaseField(pending, remoteOp, fieldContext(field, context)));
  }
  return merge.finish();
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
  const puts = new Map<string, FieldOp>([...start.fields].map(([field, value]) => [field, fieldPut(value, ABSENT)]));
  const merge = new FieldsMerging([lifeUpdate(start.step, puts), ...updates], remote.keys());
  for (const field of merge.fields) {
    const remoteValue = remote.get(field);
    const pending = merge.pendingOps(field);
    const values = valuesAfterEach(pending, context);
    if (values.at(-1) === undefined) {
      const remoteOp = remoteValue === undefined ? undefined : fieldPut(remoteValue, undefined);
      merge.set(field, dropAll(pending, remoteOp, NO_CONFLICTS));
    } else if (remoteValue === undefined) {
      // A list that was created in the inserted record is part of what was inserted, and so becomes a put as well.
      const [, ...later] = pending;
      merge.set(field, {
        pending: [fieldSet(values[0], ABSENT), ...later],
        remote: undefined,
        conflicts: NO_CONFLICTS,
      });
    } else {
      merge.set(field, rebaseValue(pending, ABSENT, remoteValue, fieldContext(field, context)));
    }
  }
  return merge.finish();
}

/** Gathers the merges of single fields into those of a record. */
class FieldsMerging {
  /** The fields that either side touches, in code point order. */
  readonly fields: readonly string[];
  readonly #updates: readonly LifeUpdate[];
  readonly #rebased: readonly Map<string, FieldOp>[];
  readonly #remote = new Map<string, FieldOp>();
  readonly #conflicts: Conflicts[] = [];

  constructor(updates: readonly LifeUpdate[], remoteFields: Iterable<string>) {
    this.#updates = updates;
    this.#rebased = updates.map(() => new Map<string, FieldOp>());
    let fields = [...remoteFields];
    for (const { ops } of updates) fields = mergeSorted(fields, [...ops.keys()]);
    this.fields = fields;
  }

  /** The pending operations on a field, without the deltas that do not touch it. */
  pendingOps(field: string): readonly FieldOp[] {
    const pending: FieldOp[] = [];
    for (const { ops } of this.#updates) {
      const op = ops.get(field);
      if (op !== undefined) pending.push(op);
    }
    return pending;
  }

  /** Pending's operations stay as they are. */
  keep(field: string): void {
    this.#updates.forEach(({ ops }, at) => {
      const op = ops.get(field);
      if (op !== undefined) this.#rebased[at]?.set(field, op);
    });
  }

  set(field: string, merge: FieldMerge): void {
    let next = 0;
    this.#updates.forEach(({ ops }, at) => {
      if (!ops.has(field)) return;
      const op = merge.pending[next++];
      if (op !== undefined) this.#rebased[at]?.set(field, op);
    });
    if (merge.remote !== undefined) this.setRemote(field, merge.remote);
    if (merge.conflicts !== NO_CONFLICTS) this.#conflicts.push(merge.conflicts);
  }

  setRemote(field: string, op: FieldOp): void {
    this.#remote.set(field, op);
  }

  finish(): FieldsMerge {
    return {
      events: this.#updates.map(({ step }, at) => lifeUpdate(step, this.#rebased[at] ?? new Map())),
      remote: sortedMap(this.#remote),
      conflicts: (): Conflict[] => this.#conflicts.flatMap((conflicts) => conflicts()),
    };
  }
}

/** The names in either of two lists that are in code point order, each once, in that order. */
function mergeSorted(left: readonly string[], right: readonly string[]): string[] {
  const merged: string[] = [];
  let [leftAt, rightAt] = [0, 0];
  for (;;) {
    const leftName = left[leftAt];
    const rightName = right[rightAt];
    if (leftName === undefined) return merged.concat(right.slice(rightAt));
    if (rightName === undefined) return merged.concat(left.slice(leftAt));
    const order = compareText(leftName, rightName);
    merged.push(order <= 0 ? leftName : rightName);
    if (order <= 0) leftAt++;
    if (order >= 0) rightAt++;
  }
}

function fieldContext(field: string, { table, record, ruleOf }: RecordContext): Parameters<typeof rebaseField>[2] {
  return { table, record, field, rule: ruleOf(field) };
}
