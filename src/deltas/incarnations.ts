import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { invariant } from '../errors/invariant-error.js';
import type { FieldOps } from '../operations/change.js';
import { type Fields, sortedMap } from '../values/fields.js';
import type { RecordEdit } from './normal-form.js';

/** What one pending delta does to a record, with the position of that delta. */
export interface PendingEdit {
  readonly step: number;
  readonly edit: RecordEdit;
}

/** An edit taken apart: a replace is an end and a start. */
export type LifeEvent = LifeUpdate | LifeEnd | LifeStart;
export type LifeUpdate = { readonly type: 'update'; readonly step: number; readonly ops: FieldOps };
export type LifeEnd = { readonly type: 'end'; readonly step: number; readonly before: Fields | undefined };
export type LifeStart = { readonly type: 'start'; readonly step: number; readonly fields: Fields };

/**
 * The lives that a record goes through in the pending deltas: that of the base record, those that begin and end within
 * the pending deltas and leave nothing, and the one that is there at the end.
 */
export interface Lives {
  /** Whether the record existed before the pending deltas. */
  readonly isInBase: boolean;
  /** Updates of the base record. */
  readonly updates: readonly LifeUpdate[];
  /** The deletion of the base record, unless it lives on. */
  readonly end: LifeEnd | undefined;
  readonly passing: readonly LifeEvent[];
  readonly last: { readonly start: LifeStart; readonly updates: readonly LifeUpdate[] } | undefined;
}

/** @throws DatastoreError `record-exists` or `record-missing` where an edit cannot follow the one before it. */
export function readLives(edits: readonly PendingEdit[], place: Place): Lives {
  return onlyUpdates(edits) ?? readAllLives(edits, place);
}

/** By far the most pending edits do nothing but update. */
function onlyUpdates(edits: readonly PendingEdit[]): Lives | undefined {
  const updates: LifeUpdate[] = [];
  for (const { step, edit } of edits) {
    if (edit.type !== 'update') return undefined;
    updates.push({ type: 'update', step, ops: edit.ops });
  }
  return { isInBase: true, updates, end: undefined, passing: [], last: undefined };
}

function readAllLives(edits: readonly PendingEdit[], place: Place): Lives {
  const events = edits.flatMap(eventsOf);
  checkSequence(events, place);
  const isInBase = events[0]?.type !== 'start';
  const baseEnd = isInBase ? events.findIndex((event) => event.type === 'end') : -1;
  const isBaseAlive = isInBase && baseEnd === -1;
  const updates = isBaseAlive ? events : events.slice(0, Math.max(0, baseEnd));
  const end = events[baseEnd];
  const later = isBaseAlive ? [] : events.slice(baseEnd + 1);
  const lastStart = later.at(-1)?.type === 'end' ? later.length : later.findLastIndex(({ type }) => type === 'start');
  const start = later[lastStart];
  return {
    isInBase,
    updates: updates.filter((event) => event.type === 'update'),
    end: end?.type === 'end' ? end : undefined,
    passing: later.slice(0, Math.max(0, lastStart)),
    last:
      start?.type === 'start'
        ? { start, updates: later.slice(lastStart + 1).filter((event) => event.type === 'update') }
        : undefined,
  };
}

/** Puts events, in order, back together: one edit for each pending delta that has any left. */
export function editsOf(events: readonly LifeEvent[]): PendingEdit[] {
  const edits: PendingEdit[] = [];
  for (const event of events) {
    const previous = edits.at(-1);
    if (event.type === 'start' && previous?.step === event.step) {
      invariant(previous.edit.type === 'delete', 'within a delta only a delete comes before an insert');
      const { before } = previous.edit;
      edits[edits.length - 1] = { step: event.step, edit: { type: 'replace', before, fields: event.fields } };
    } else if (event.type !== 'update' || event.ops.size > 0) {
      edits.push({ step: event.step, edit: editOf(event) });
    }
  }
  return edits;
}

/** An update event from the operations that are left of it. */
export function lifeUpdate(step: number, ops: FieldOps): LifeUpdate {
  return { type: 'update', step, ops: sortedMap(ops) };
}

function eventsOf({ step, edit }: PendingEdit): LifeEvent[] {
  switch (edit.type) {
    case 'insert':
      return [{ type: 'start', step, fields: edit.fields }];
    case 'update':
      return [{ type: 'update', step, ops: edit.ops }];
    case 'delete':
      return [{ type: 'end', step, before: edit.before }];
    case 'replace':
      return [
        { type: 'end', step, before: edit.before },
        { type: 'start', step, fields: edit.fields },
      ];
  }
}

function editOf(event: LifeEvent): RecordEdit {
  switch (event.type) {
    case 'start':
      return { type: 'insert', fields: event.fields };
    case 'update':
      return { type: 'update', ops: event.ops };
    case 'end':
      return { type: 'delete', before: event.before };
  }
}

function checkSequence(events: readonly LifeEvent[], place: Place): void {
  let isAlive = events[0]?.type !== 'start';
  for (const { type } of events) {
    if (type === 'start' && isAlive) throw new DatastoreError('record-exists', 'insert of a record that exists', place);
    if (type !== 'start' && !isAlive)
      throw new DatastoreError('record-missing', 'edit of a record that was deleted', place);
    isAlive = type !== 'end';
  }
}
