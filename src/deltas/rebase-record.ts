import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { invariant } from '../errors/invariant-error.js';
import { deleteChange, type FieldOps, updateChange } from '../operations/change.js';
import type { Fields } from '../values/fields.js';
import { applyFieldOps } from './apply-field.js';
import { type Conflict, type Conflicts, type LostEdit, NO_CONFLICTS } from './conflict.js';
import { RecordDraft } from './draft.js';
import {
  editsOf,
  type LifeEnd,
  type LifeEvent,
  type LifeUpdate,
  type Lives,
  type PendingEdit,
  readLives,
} from './incarnations.js';
import type { RecordEdit } from './normal-form.js';
import { type RecordContext, rebaseInsertedFields, rebaseUpdates } from './rebase-field.js';

/** The edits of one record brought past each other. */
export interface RecordMerge {
  readonly pending: readonly PendingEdit[];
  readonly remote: RecordEdit | undefined;
  readonly conflicts: Conflicts;
}

/** One part of a record's merge: what is left of pending's events, and of remote's fields. */
interface Part {
  readonly events: readonly LifeEvent[];
  readonly remote: FieldOps | undefined;
  readonly conflicts: Conflicts;
}

const NOTHING: Part = { events: [], remote: undefined, conflicts: NO_CONFLICTS };

/**
 * Rebases what the pending deltas do to one record over what a remote delta does to it.
 *
 * A delta can do two things to a record: edit or end the life that it had in the base, and begin a new one. The two
 * parts merge separately, old life with old life and new life with new life, and the record table is what comes of it.
 *
 * @throws DatastoreError `incompatible-deltas` if only one side takes the record to exist.
 * Law: MERGE-1. Spec: MERGE-3 to MERGE-5, REB-2.
 */
export function rebaseRecord(pending: readonly PendingEdit[], remote: RecordEdit, context: RecordContext): RecordMerge {
  const lives = readLives(pending, context);
  if (lives.isInBase === (remote.type === 'insert')) {
    throw new DatastoreError(
      'incompatible-deltas',
      'one side inserts the record, but it exists for the other side: both deltas must start from the same state',
      context,
    );
  }
  const oldLife = mergeOldLife(lives, remote, context);
  const newLife = mergeNewLife(lives, remote, context);
  return {
    pending: editsOf([...oldLife.events, ...newLife.events]),
    remote: remoteEdit(lives, remote, oldLife, newLife),
    conflicts: () => [...oldLife.conflicts(), ...newLife.conflicts()],
  };
}

function mergeOldLife(lives: Lives, remote: RecordEdit, context: RecordContext): Part {
  const { updates, end } = lives;
  switch (remote.type) {
    case 'insert':
      return NOTHING;
    case 'update': {
      const merged = rebaseUpdates(updates, remote.ops, context);
      if (end === undefined) return merged;
      const before = end.before && applyFieldOps(end.before, merged.remote, context);
      const conflicts = (): Conflict[] => [remoteUpdateLost(lives, remote.ops, context)];
      return { events: [...merged.events, { ...end, before }], remote: undefined, conflicts };
    }
    case 'delete':
    case 'replace':
      // Remote ended the life first: pending's updates have nothing to hold on to, and its own end is done already.
      if (end !== undefined) return NOTHING;
      return { ...NOTHING, conflicts: () => [pendingUpdatesLost(updates, remote, context)] };
  }
}

function mergeNewLife(lives: Lives, remote: RecordEdit, context: RecordContext): Part {
  const { passing, last } = lives;
  if (remote.type === 'update' || remote.type === 'delete') {
    const events = last === undefined ? passing : [...passing, last.start, ...last.updates];
    return { ...NOTHING, events };
  }
  // Lives that passed would now collide with remote's record, and leave nothing by definition.
  if (last === undefined) return NOTHING;
  return rebaseInsertedFields(last.start, last.updates, remote.fields, context);
}

function remoteEdit(lives: Lives, remote: RecordEdit, oldLife: Part, newLife: Part): RecordEdit | undefined {
  const isBaseAlive = lives.isInBase && lives.end === undefined;
  switch (remote.type) {
    case 'update':
      return updateOrNothing(oldLife.remote);
    case 'delete':
      return isBaseAlive ? { type: 'delete', before: undefined } : undefined;
    case 'insert':
    case 'replace':
      if (lives.last !== undefined) return updateOrNothing(newLife.remote);
      if (isBaseAlive) return { type: 'replace', before: undefined, fields: remote.fields };
      return { type: 'insert', fields: remote.fields };
  }
}

function updateOrNothing(ops: FieldOps | undefined): RecordEdit | undefined {
  return ops === undefined || ops.size === 0 ? undefined : { type: 'update', ops };
}

/** Pending updates a record that remote deletes or replaces. Spec: CON-3. */
function pendingUpdatesLost(
  updates: readonly LifeUpdate[],
  remote: Extract<RecordEdit, { type: 'delete' | 'replace' }>,
  context: RecordContext,
): Conflict {
  const { table, record } = context;
  const composed = composeOldLife(updates, undefined, context);
  const ops: FieldOps = composed.type === 'update' ? composed.ops : new Map();
  const result = remote.type === 'replace' ? remote.fields : undefined;
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
function remoteUpdateLost(lives: Lives, remote: FieldOps, context: RecordContext): Conflict {
  const { table, record } = context;
  const composed = composeOldLife(lives.updates, lives.end, context);
  const base = composed.type === 'delete' ? composed.before : undefined;
  const result = lives.last && finalFields(lives.last, context);
  return {
    table,
    record,
    rule: lives.last === undefined ? 'delete-wins' : 'replace-wins',
    base,
    local: result,
    remote: base && applyFieldOps(base, remote, context),
    result,
    lost: lostEdits('remote', remote),
  };
}

/** What pending does to the life that the record had in the base, as one edit. */
function composeOldLife(updates: readonly LifeUpdate[], end: LifeEnd | undefined, context: RecordContext): RecordEdit {
  const { table, record } = context;
  const draft = new RecordDraft();
  for (const { ops } of updates) draft.add(updateChange(table, record, ops), context);
  if (end !== undefined) draft.add(deleteChange(table, record, end.before), context);
  const edit = draft.finish();
  invariant(edit !== undefined, 'an edit of a normal form does something');
  return edit;
}

function finalFields({ start, updates }: NonNullable<Lives['last']>, place: Place): Fields {
  return updates.reduce((fields, { ops }) => applyFieldOps(fields, ops, place), start.fields);
}

function lostEdits(side: LostEdit['side'], ops: FieldOps): readonly LostEdit[] {
  return [...ops].map(([field, op]) => ({ side, field, op }));
}
