import type { DatastoreError } from '../errors/datastore-error.js';
import type { ListConflict, Side } from '../lists/decisions.js';
import { type FieldOp, fieldList } from '../operations/change.js';
import { lendFieldOp } from '../operations/lend.js';
import { formatOp, type WireOp } from '../operations/wire.js';
import type { Rule, RuleName } from '../rules/rule.js';
import { isMap } from '../values/brands.js';
import type { Fields } from '../values/fields.js';
import { Copies, lendFields, lendValue } from '../values/ownership.js';
import type { Value } from '../values/value.js';
import { formatFields, formatValue, type WireFields, type WireValue } from '../values/wire.js';

/**
 * What decided a conflict: the rule of the field (`function` for a merge function), or one of the fixed decisions that
 * no rule changes: `put-wins` (a put of a whole field beats list operations on it), `delete-wins` (deleting a record,
 * field or item beats editing it), `replace-wins` (deleting a record and inserting it again beats updating it).
 */
export type ConflictRule = RuleName | 'function' | 'put-wins' | 'delete-wins' | 'replace-wins';

/** An edit that had no effect. */
export interface LostEdit {
  readonly side: Side;
  readonly field: string;
  readonly op: FieldOp;
}

/**
 * A local or remote change that was dropped, or altered in effect. Without `field` the conflict is about the whole
 * record, and the values are its fields. With `index` it is about one item of a list: the index is the item's in the
 * common base. `undefined` is an absent or deleted thing, or a value that neither delta tells.
 *
 * Bytes and dates in it are copies, which the conflicts of one report share: the memory of a report grows with the values
 * in it, and not with how often each is in a conflict.
 * Spec: CON-1 to CON-7.
 */
export interface Conflict {
  readonly table: string;
  readonly record: string;
  readonly field?: string;
  readonly index?: number;
  readonly rule: ConflictRule;
  /**
   * Only where the edit was in the log already, and a later one of somebody who had not seen it took its place: `local` is
   * the value that this user gave, `remote` the later one. Spec: SYNC-65.
   */
  readonly side?: 'later';
  readonly base: Value | Fields | undefined;
  readonly local: Value | Fields | undefined;
  readonly remote: Value | Fields | undefined;
  readonly result: Value | Fields | undefined;
  /** Why rule `remote` decided in place of the merge function, where that failed in a `sync()`. */
  readonly failure?: DatastoreError;
  /** The edits that are without effect; empty where both sides went into the result, as in a sum. */
  readonly lost: readonly LostEdit[];
}

/**
 * Hands out the conflicts of one report: no byte or date in them is one that the engine keeps. A value that is in many of
 * them, such as a pending one that wins over each remote one, is copied once.
 */
export function conflictLender(): <Told extends Conflict>(conflict: Told) => Told {
  const copies = new Copies();
  const lendSide = (side: Value | Fields | undefined): Value | Fields | undefined => {
    if (side === undefined) return undefined;
    return side instanceof Map ? lendFields(side, copies) : lendValue(side as Value, copies);
  };
  return (conflict) =>
    withJSON({
      ...conflict,
      base: lendSide(conflict.base),
      local: lendSide(conflict.local),
      remote: lendSide(conflict.remote),
      result: lendSide(conflict.result),
      lost: conflict.lost.map(({ side, field, op }) => ({ side, field, op: lendFieldOp(op, copies) })),
    });
}

/** A conflict as JSON: what is absent, deleted or unknown is null. */
export interface WireConflict {
  readonly table: string;
  readonly record: string;
  readonly field?: string;
  readonly index?: number;
  readonly rule: ConflictRule;
  readonly side?: 'later';
  /** Only in a mesh: the event that arrived. */
  readonly event?: readonly [agent: string, seq: number];
  readonly base: WireValue | WireFields | null;
  readonly local: WireValue | WireFields | null;
  readonly remote: WireValue | WireFields | null;
  readonly result: WireValue | WireFields | null;
  readonly failure?: { readonly code: string; readonly message: string };
  /** `ops` are several where a list was edited more than once. What they overwrote is left out. */
  readonly lost: readonly { readonly side: Side; readonly field: string; readonly ops: readonly WireOp[] }[];
}

/**
 * A conflict as wire JSON, to log it or to send it on. `JSON.stringify` of a conflict that the engine handed out writes
 * the same. Spec: CON-2.
 */
export function conflictToJSON(conflict: Conflict & Pick<WireConflict, 'event'>): WireConflict {
  const { table, record, field, index, rule, side, event, failure, lost } = conflict;
  return {
    table,
    record,
    ...(field === undefined ? {} : { field }),
    ...(index === undefined ? {} : { index }),
    rule,
    ...(side === undefined ? {} : { side }),
    ...(event === undefined ? {} : { event }),
    base: formatSide(conflict.base),
    local: formatSide(conflict.local),
    remote: formatSide(conflict.remote),
    result: formatSide(conflict.result),
    ...(failure === undefined ? {} : { failure: { code: failure.code, message: failure.message } }),
    lost: lost.map((edit) => ({ side: edit.side, field: edit.field, ops: formatOp(edit.op) })),
  };
}

function formatSide(side: Value | Fields | undefined): WireValue | WireFields | null {
  if (side === undefined) return null;
  return isMap(side) ? formatFields(side as Fields) : formatValue(side as Value);
}

/** What `JSON.stringify` calls. It is not enumerable, so a copy of a conflict is plain. */
const TO_JSON: PropertyDescriptor = {
  value(this: Conflict): WireConflict {
    return conflictToJSON(this);
  },
};

function withJSON<Told extends Conflict>(conflict: Told): Told {
  return Object.defineProperty(conflict, 'toJSON', TO_JSON);
}

/** Finds the conflicts of a merge; a merge that nobody asks is spared the search. */
export type Conflicts = () => readonly Conflict[];

export const NO_CONFLICTS: Conflicts = () => [];

/** Called with each conflict of a merge. */
export type ConflictListener = (conflict: Conflict) => void;

export function conflictRuleOf(rule: Rule): ConflictRule {
  return typeof rule === 'function' ? 'function' : rule;
}

/** A conflict about an item, as one about the field that holds the list. */
export function itemConflict(table: string, record: string, field: string, conflict: ListConflict): Conflict {
  const { index, rule, base, local, remote, result, loser } = conflict;
  const lost = [{ side: loser, field, op: fieldList(false, conflict.lost) }];
  return { table, record, field, index, rule, base, local, remote, result, lost };
}
