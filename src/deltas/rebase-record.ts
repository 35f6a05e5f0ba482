import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { invariant } from '../errors/invariant-error.js';
import { deleteChange, type FieldOps, updateChange } from '../operations/change.js';
import { mapFieldOps } from '../operations/lend.js';
import type { Fields } from '../values/fields.js';
import { applyFieldOps } from './apply-field.js';
import { type Conflict, type Conflicts, type LostEdit, NO_CONFLICTS } from './conflict.js';
import { RecordDraft } from './draft.js';
import {
  editsOf,
  type Incarnations,
  type PendingEdit,
  type RecordEnd,
  type RecordEvent,
  type RecordUpdate,
  readIncarnations,
} from './incarnations.js';
import { fieldOpWithoutBefore } from './invert.js';
import type { InsertedRecord, RecordEdit } from './normal-form.js';
import { type RecordContext, rebaseInsertedFields, rebaseUpdates } from './rebase-field.js';

/** The edits of one record, transformed. */
export interface RecordMerge {
  readonly pending: readonly PendingEdit[];
  readonly remote: RecordEdit | undefined;
  readonly conflicts: Conflicts;
}

/** One part of a record's merge: what is left of pending's events, and of remote's fields. */
interface Part {
  readonly events: readonly RecordEvent[];
  readonly remote: FieldOps | undefined;
  readonly conflicts: Conflicts;
}

const NOTHING: Part = { events: [], remote: undefined, conflicts: NO_CONFLICTS };

/**
 * Rebases what the pending deltas do to one record over what a remote delta does to it.
 *
 * A delta can do two things to a record: edit or end its incarnation in the base, and begin a new one. The two are
 * merged separately, base with base and new with new. The table of MERGE-3 is the result.
 *
 * @throws DatastoreError `incompatible-deltas` if only one side takes the record to exist.
 * Law: MERGE-1. Spec: MERGE-3 to MERGE-5, REB-2.
 */
export function rebaseRecord(pending: readonly PendingEdit[], remote: RecordEdit, context: RecordContext): RecordMerge {
  const incarnations = readIncarnations(pending, context);
  if (incarnations.isInBase === (remote.type === 'insert')) {
    throw new DatastoreError(
      'incompatible-deltas',
      'one side inserts the record, but it exists for the other side: both deltas must start from the same state',
      context,
    );
  }
  const base = mergeBase(incarnations, remote, context);
  const last = mergeLast(incarnations, remote, context);
  return {
    pending: editsOf([...base.events, ...last.events]),
    remote: remoteEdit(incarnations, remote, base, last),
    conflicts: () => [...base.conflicts(), ...last.conflicts()],
  };
}

function mergeBase(incarnations: Incarnations, remote: RecordEdit, context: RecordContext): Part {
  const { updates, end } = incarnations;
  switch (remote.type) {
    case 'insert':
      return NOTHING;
    case 'update': {
      const merged = rebaseUpdates(updates, remote.ops, context);
      if (end === undefined) return merged;
      const before = end.before && applyFieldOps(end.before, merged.remote, context);
      const conflicts = (): Conflict[] => [remoteUpdateLost(incarnations, remote.ops, context)];
      return { events: [...merged.events, { ...end, before }], remote: undefined, conflicts };
    }
    case 'delete':
    case 'replace':
      // Remote has ended the incarnation: pending's updates are dropped, and so is its own end.
      if (end !== undefined) return NOTHING;
      return { ...NOTHING, conflicts: () => [pendingUpdatesLost(updates, remote, context)] };
  }
}

function mergeLast(incarnations: Incarnations, remote: RecordEdit, context: RecordContext): Part {
  const { transient, last } = incarnations;
  if (remote.type === 'update' || remote.type === 'delete') {
    const events = last === undefined ? transient : [...transient, last.start, ...last.updates];
    return { ...NOTHING, events };
  }
  // Transient incarnations would now collide with remote's record, and they leave nothing anyway.
  if (last === undefined) return NOTHING;
  return rebaseInsertedFields(last.start, last.updates, remote, context);
}

function remoteEdit(incarnations: Incarnations, remote: RecordEdit, base: Part, last: Part): RecordEdit | undefined {
  const isBaseAlive = incarnations.isInBase && incarnations.end === undefined;
  switch (remote.type) {
    case 'update':
      return updateOrNothing(base.remote);
    case 'delete':
      return isBaseAlive ? { type: 'delete', before: undefined } : undefined;
    case 'insert':
    case 'replace':
      if (incarnations.last !== undefined) return updateOrNothing(last.remote);
      if (isBaseAlive) return { type: 'replace', before: undefined, ...insertedWithoutBefores(remote) };
      return { type: 'insert', ...insertedWithoutBefores(remote) };
  }
}

function insertedWithoutBefores({ fields, ops }: InsertedRecord): InsertedRecord {
  return { fields, ops: mapFieldOps(ops, fieldOpWithoutBefore) };
}

function updateOrNothing(ops: FieldOps | undefined): RecordEdit | undefined {
  return ops === undefined || ops.size === 0 ? undefined : { type: 'update', ops };
}

/** Pending updates a record that remote deletes or replaces. Spec: CON-3. */
function pendingUpdatesLost(
  updates: readonly RecordUpdate[],
  remote: Extract<RecordEdit, { type: 'delete' | 'replace' }>,
  context: RecordContext,
): Conflict {
  const { table, record } = context;
  const composed = composeBase(updates, undefined, context);
  const ops: FieldOps = composed.type === 'update' ? composed.ops : new Map();
  const result = remote.type === 'replace' ? applyFieldOps(remote.fields, remote.ops, context) : undefined;
  return {
    table,
    record,
    rule: remote.type === 'replace' ? 'replace-wins' : 'delete-wins',
    base: remote.before,
    local: remote.before && applyFieldOps(remote.before, ops, context),
    remote: result,
    result,
    lost: lostEdits('local', ops),
  };
}

/** Remote updates a record that pending deletes or replaces. Spec: CON-3. */
function remoteUpdateLost(incarnations: Incarnations, remote: FieldOps, context: RecordContext): Conflict {
  const { table, record } = context;
  const composed = composeBase(incarnations.updates, incarnations.end, context);
  const base = composed.type === 'delete' ? composed.before : undefined;
  const result = incarnations.last && finalFields(incarnations.last, context);
  return {
    table,
    record,
    rule: incarnations.last === undefined ? 'delete-wins' : 'replace-wins',
    base,
    local: result,
    remote: base && applyFieldOps(base, remote, context),
    result,
    lost: lostEdits('remote', remote),
  };
}

/** What pending does to the record of the base, as one edit. */
function composeBase(updates: readonly RecordUpdate[], end: RecordEnd | undefined, context: RecordContext): RecordEdit {
  const { table, record } = context;
  const draft = new RecordDraft();
  for (const { ops } of updates) draft.add(updateChange(table, record, ops), context);
  if (end !== undefined) draft.add(deleteChange(table, record, end.before), context);
  const edit = draft.finish();
  invariant(edit !== undefined, 'an edit of a normal form does something');
  return edit;
}

function finalFields({ start, updates }: NonNullable<Incarnations['last']>, place: Place): Fields {
  return [start, ...updates].reduce((fields, { ops }) => applyFieldOps(fields, ops, place), start.fields);
}

function lostEdits(side: LostEdit['side'], ops: FieldOps): readonly LostEdit[] {
  return [...ops].map(([field, op]) => ({ side, field, op }));
}
