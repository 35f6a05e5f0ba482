import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import { applyListEdit, invertListEdit } from '../lists/apply.js';
import {
  type Before,
  beforeOf,
  type Change,
  deleteChange,
  type FieldOp,
  type FieldOps,
  fieldDelete,
  fieldPut,
  fieldSet,
  insertChange,
  type UpdateChange,
  updateChange,
  valueAfter,
} from '../operations/change.js';
import { mapFieldOps } from '../operations/lend.js';
import { listWithoutBefores } from '../operations/list-columns.js';
import { ownChanges } from '../operations/ownership.js';
import type { RecordColumns } from '../operations/record-columns.js';
import { freezeMap } from '../values/fields.js';
import type { Value } from '../values/value.js';
import { changesIn, columnsIn, Delta, type DeltaInput, deltaInNormalForm, deltaOf } from './delta.js';

const ABSENT: Before<Value> = { value: undefined };

/**
 * The delta that undoes an applied delta. It is in normal form and is applied itself.
 *
 * Law: `state · d · invert(d) = state` for what `State.apply` returned on that state, and for its normal form.
 *
 * @throws DatastoreError `before-missing` if a change does not say what it overwrote; otherwise as `compress`.
 * Spec: INV-1 to INV-3.
 */
export function invert(applied: DeltaInput): Delta {
  const changes = Delta.is(applied) ? changesIn(applied) : ownChanges(applied);
  return deltaOf(
    changes
      .map((change, position) => invertChange(change, position, position === 0 ? undefined : changes[position - 1]))
      .reverse(),
  );
}

/**
 * The change that undoes an applied change. The one before it tells which fields an insert left absent.
 *
 * @throws DatastoreError `before-missing`.
 */
export function invertChange(change: Change, position?: number, previous?: Change): Change {
  const { table, record } = change;
  const place = { position, table, record };
  switch (change.type) {
    case 'insert':
      return deleteChange(table, record, change.fields);
    case 'delete':
      if (change.before === undefined) throw beforeMissing('a delete', place);
      return insertChange(table, record, change.before);
    case 'update':
      return updateChange(table, record, invertFieldOps(opsToInvert(change, previous), place));
  }
}

/** Behind an insert, a delete of a field that was not inserted overwrites nothing and does not say so. Spec: NORM-7. */
function opsToInvert({ table, record, ops }: UpdateChange, previous: Change | undefined): FieldOps {
  if (previous?.type !== 'insert' || previous.record !== record || previous.table !== table) return ops;
  const { fields } = previous;
  return mapFieldOps(ops, (op, field) => (op.type === 'delete' && !fields.has(field) ? fieldDelete(ABSENT) : op));
}

function invertFieldOps(ops: FieldOps, place: Place): FieldOps {
  const inverse = new Map<string, FieldOp>();
  for (const [field, op] of ops) {
    const undo = invertFieldOp(op, placeOfField(place, field));
    if (undo !== undefined) inverse.set(field, undo);
  }
  return freezeMap(inverse);
}

/** The operation that undoes `op`, or `undefined` if `op` deleted a field that was absent and so did nothing. */
function invertFieldOp(op: FieldOp, place: Place): FieldOp | undefined {
  if (op.type === 'list') {
    if (op.create) return fieldDelete({ value: applyListEdit([], op, place) });
    return invertListEdit(op, place);
  }
  const before = beforeOf(op);
  if (before === undefined) throw beforeMissing(`a ${op.type}`, place);
  const after = valueAfter(op);
  if (after === undefined && before.value === undefined) return undefined;
  return fieldSet(before.value, { value: after });
}

function beforeMissing(what: string, place: Place): DatastoreError {
  return new DatastoreError(
    'before-missing',
    `${what} does not say what it overwrote: invert what \`apply\` returned`,
    place,
  );
}

/**
 * The normal form of a delta as it travels: without what only its author's merges need, which is what it overwrote and
 * which inserts are appends.
 *
 * @throws DatastoreError as `compress` does.
 * Law: `state · d = state · deltaWithoutBefore(d)`.
 */
export function deltaWithoutBefore(delta: DeltaInput): Delta {
  const given = Delta.from(delta);
  const columns = columnsIn(given);
  if (columns !== undefined) return saysBefore(columns) ? deltaInNormalForm(columnsWithoutBefore(columns)) : given;
  const changes = changesIn(given);
  const without = changes.map(changeWithoutBefore);
  return without.every((change, position) => change === changes[position]) ? given : deltaInNormalForm(without);
}

function saysBefore({ befores, others }: RecordColumns): boolean {
  if (befores !== undefined) return true;
  return others?.some((change) => change !== undefined && changeWithoutBefore(change) !== change) ?? false;
}

/** {@link changeWithoutBefore} for all changes in columns. */
export function columnsWithoutBefore(columns: RecordColumns): RecordColumns {
  const others = columns.others?.map((change) => change && changeWithoutBefore(change));
  return { ...columns, befores: undefined, others };
}

/** A change of remote's after a merge: what it overwrites may be something else by now, so it does not say. */
export function changeWithoutBefore(change: Change): Change {
  const { table, record } = change;
  switch (change.type) {
    case 'insert':
      return change;
    case 'update': {
      const ops = mapFieldOps(change.ops, fieldOpWithoutBefore);
      return ops === change.ops ? change : updateChange(table, record, ops);
    }
    case 'delete':
      return change.before === undefined ? change : deleteChange(table, record, undefined);
  }
}

/** {@link changeWithoutBefore} for the operation on one field. */
export function fieldOpWithoutBefore(op: FieldOp): FieldOp {
  switch (op.type) {
    case 'put':
      return 'before' in op ? fieldPut(op.value, undefined) : op;
    case 'delete':
      return 'before' in op ? fieldDelete(undefined) : op;
    case 'list':
      return listWithoutBefores(op);
  }
}
