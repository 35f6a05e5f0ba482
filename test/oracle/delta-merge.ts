/**
 * What becomes of every record when two concurrent deltas meet: the record table, decided on states.
 *
 * `mergeStates` neither transforms nor composes. For every record it looks at the base and at what each side did, and
 * names the fields that both replicas end with. The base values come from the base state, so no `before` is read.
 */

import type { Change, FieldOp, Fields, Rule, Value } from '../../src/index.js';
import { applyFieldOperation, mergeField } from './field-merge.js';

/** Every record of a datastore under the key that `recordKey` gives it. Names cannot contain the separator. */
export type OracleState = ReadonlyMap<string, Fields>;

export type RuleOfField = (table: string, field: string) => Rule;

/** What one delta in normal form does to one record: the four names that head the rows of the record table. */
type RecordEdit =
  | { readonly type: 'insert' | 'replace'; readonly fields: Fields; readonly ops: ReadonlyMap<string, FieldOp> }
  | { readonly type: 'update'; readonly ops: ReadonlyMap<string, FieldOp> }
  | { readonly type: 'delete' };

export function recordKey(table: string, record: string): string {
  return `${table}\u0000${record}`;
}

/** The state after one delta. An operation that does not fit the state is an error. */
export function applyDelta(base: OracleState, delta: Iterable<Change>): OracleState {
  const state = new Map(base);
  for (const change of delta) {
    const key = recordKey(change.table, change.record);
    const fields = state.get(key);
    if (change.type === 'insert') {
      if (fields !== undefined) throw new Error('An existing record is inserted.');
      state.set(key, new Map(change.fields));
      continue;
    }
    if (fields === undefined) throw new Error('An unknown record is updated or deleted.');
    if (change.type === 'delete') {
      state.delete(key);
      continue;
    }
    const updated = new Map(fields);
    for (const [field, operation] of change.ops) {
      setField(updated, field, applyFieldOperation(fields.get(field), operation));
    }
    state.set(key, updated);
  }
  return state;
}

/** The state that both replicas end with when `local` and `remote`, both in normal form, were made on `base`. */
export function mergeStates(
  base: OracleState,
  local: Iterable<Change>,
  remote: Iterable<Change>,
  rules: RuleOfField,
): OracleState {
  // Only deltas that fit the base are merged; applying each of them alone finds those that do not.
  applyDelta(base, local);
  applyDelta(base, remote);

  const localEdits = editsByRecord(local);
  const remoteEdits = editsByRecord(remote);
  const merged = new Map(base);
  for (const key of new Set([...localEdits.keys(), ...remoteEdits.keys()])) {
    const table = key.slice(0, key.indexOf('\u0000'));
    const ruleOf = (field: string): Rule => rules(table, field);
    const fields = mergeRecord(base.get(key), localEdits.get(key), remoteEdits.get(key), ruleOf);
    if (fields === undefined) merged.delete(key);
    else merged.set(key, fields);
  }
  return merged;
}

/** The record table, one cell after the other. An absent answer means that the record is gone. */
function mergeRecord(
  base: Fields | undefined,
  local: RecordEdit | undefined,
  remote: RecordEdit | undefined,
  ruleOf: (field: string) => Rule,
): Fields | undefined {
  if (local === undefined) return remote === undefined ? base : fieldsAfter(base, remote, ruleOf);
  if (remote === undefined) return fieldsAfter(base, local, ruleOf);

  // update and update: "field by field".
  if (local.type === 'update' && remote.type === 'update') return mergeFields(base, local.ops, remote.ops, ruleOf);
  // update against delete: "dropped", and "delete wins" from the other side.
  // update against replace: "dropped; remote stays", and "replace wins" from the other side.
  if (local.type === 'update') return fieldsAfter(base, remote, ruleOf);
  if (remote.type === 'update') return fieldsAfter(base, local, ruleOf);
  // delete and delete: "both vanish", since the record is gone already.
  if (local.type === 'delete' && remote.type === 'delete') return undefined;
  // delete against replace: "local vanishes, remote becomes insert".
  if (local.type === 'delete') return fieldsAfter(undefined, remote, ruleOf);
  // replace against delete: "local becomes insert".
  if (remote.type === 'delete') return fieldsAfter(undefined, local, ruleOf);
  // insert and insert: "fields merge one by one as puts over an absent base". replace and replace: "fields merge as for
  // insert/insert", so that the fields of the replaced record count for neither side.
  return mergeFields(undefined, insertedOps(local), insertedOps(remote), ruleOf);
}

/** The fields of a record that one side alone decides. */
function fieldsAfter(base: Fields | undefined, edit: RecordEdit, ruleOf: (field: string) => Rule): Fields | undefined {
  if (edit.type === 'delete') return undefined;
  if (edit.type === 'update') return mergeFields(base, edit.ops, new Map(), ruleOf);
  return mergeFields(edit.fields, edit.ops, new Map(), ruleOf);
}

function mergeFields(
  base: Fields | undefined,
  local: ReadonlyMap<string, FieldOp>,
  remote: ReadonlyMap<string, FieldOp>,
  ruleOf: (field: string) => Rule,
): Fields {
  const merged = new Map(base ?? []);
  for (const field of new Set([...local.keys(), ...remote.keys()])) {
    setField(merged, field, mergeField(base?.get(field), local.get(field), remote.get(field), ruleOf(field)));
  }
  return merged;
}

/**
 * "Fields merge one by one as puts", and "a list that was created stays created": a field that one side did not insert, or
 * deleted again, is one that it did not touch.
 */
function insertedOps({ fields, ops }: RecordEdit & { type: 'insert' | 'replace' }): ReadonlyMap<string, FieldOp> {
  const puts = [...fields].map(([field, value]): [string, FieldOp] => [field, { type: 'put', value }]);
  return new Map([...puts, ...[...ops].filter(([, { type }]) => type === 'list')]);
}

/** "A field is never null: absent means deleted." */
function setField(fields: Map<string, Value>, field: string, value: Value | undefined): void {
  if (value === undefined) fields.delete(field);
  else fields.set(field, value);
}

/** "Per record at most one change, or `delete` then `insert` where a record was replaced", and an update behind an insert. */
function editsByRecord(delta: Iterable<Change>): Map<string, RecordEdit> {
  const edits = new Map<string, RecordEdit>();
  for (const change of delta) {
    const key = recordKey(change.table, change.record);
    edits.set(key, editAfter(edits.get(key), change));
  }
  return edits;
}

function editAfter(earlier: RecordEdit | undefined, change: Change): RecordEdit {
  if (earlier === undefined) return change.type === 'insert' ? { ...change, ops: new Map() } : change;
  if (earlier.type === 'delete' && change.type === 'insert')
    return { type: 'replace', fields: change.fields, ops: new Map() };
  if ((earlier.type === 'insert' || earlier.type === 'replace') && earlier.ops.size === 0 && change.type === 'update')
    return { ...earlier, ops: change.ops };
  throw new Error('A delta is not in normal form: changes of one record that are not delete, insert, update.');
}
