import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { invariant } from '../errors/invariant-error.js';
import type { FieldOps } from '../operations/change.js';
import { type Fields, sortedMap } from '../values/fields.js';
import type { InsertedRecord, RecordEdit } from './normal-form.js';

/** What one pending delta does to a record. `deltaIndex` is the position of the delta among the pending ones. */
export interface PendingEdit {
  readonly deltaIndex: number;
  readonly edit: RecordEdit;
}

/** An edit taken apart: a replace becomes an end and a start. */
export type RecordEvent = RecordUpdate | RecordEnd | RecordStart;
export type RecordUpdate = { readonly type: 'update'; readonly deltaIndex: number; readonly ops: FieldOps };
export type RecordEnd = { readonly type: 'end'; readonly deltaIndex: number; readonly before: Fields | undefined };
export type RecordStart = { readonly type: 'start'; readonly deltaIndex: number } & InsertedRecord;

/**
 * The *incarnations* of a record id in the pending deltas. Take a record that exists in the base, and four pending
 * edits of it: update, delete, insert and delete, insert. The base incarnation is updated and ended. A *transient* one
 * begins and ends within the pending deltas, so it leaves nothing. The last one begins and stays. Spec: REB-2.
 */
export interface Incarnations {
  /** Whether the record existed before the pending deltas. */
  readonly isInBase: boolean;
  /** Updates of the base record. */
  readonly updates: readonly RecordUpdate[];
  /** The deletion of the base record, unless it still exists at the end. */
  readonly end: RecordEnd | undefined;
  readonly transient: readonly RecordEvent[];
  readonly last: { readonly start: RecordStart; readonly updates: readonly RecordUpdate[] } | undefined;
}

/** @throws DatastoreError `record-exists` or `record-missing` if an edit cannot follow the previous one. */
export function readIncarnations(edits: readonly PendingEdit[], place: Place): Incarnations {
  return onlyUpdates(edits) ?? readAllIncarnations(edits, place);
}

/** The usual case: all edits are updates. */
function onlyUpdates(edits: readonly PendingEdit[]): Incarnations | undefined {
  const updates: RecordUpdate[] = [];
  for (const { deltaIndex, edit } of edits) {
    if (edit.type !== 'update') return undefined;
    updates.push({ type: 'update', deltaIndex, ops: edit.ops });
  }
  return { isInBase: true, updates, end: undefined, transient: [], last: undefined };
}

function readAllIncarnations(edits: readonly PendingEdit[], place: Place): Incarnations {
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
    transient: later.slice(0, Math.max(0, lastStart)),
    last:
      start?.type === 'start'
        ? { start, updates: later.slice(lastStart + 1).filter((event) => event.type === 'update') }
        : undefined,
  };
}

/** Puts events, in order, back together: one edit for each pending delta that has any left. */
export function editsOf(events: readonly RecordEvent[]): PendingEdit[] {
  const edits: PendingEdit[] = [];
  for (const event of events) {
    const previous = edits.at(-1);
    if (event.type === 'start' && previous?.deltaIndex === event.deltaIndex) {
      invariant(previous.edit.type === 'delete', 'within a delta only a delete comes before an insert');
      const { before } = previous.edit;
      edits[edits.length - 1] = {
        deltaIndex: event.deltaIndex,
        edit: { type: 'replace', before, fields: event.fields, ops: event.ops },
      };
    } else if (event.type !== 'update' || event.ops.size > 0) {
      edits.push({ deltaIndex: event.deltaIndex, edit: editOf(event) });
    }
  }
  return edits;
}

/** An update event from the operations that are left of it. */
export function recordUpdate(deltaIndex: number, ops: FieldOps): RecordUpdate {
  return { type: 'update', deltaIndex, ops: sortedMap(ops) };
}

function eventsOf({ deltaIndex, edit }: PendingEdit): RecordEvent[] {
  switch (edit.type) {
    case 'insert':
      return [{ type: 'start', deltaIndex, fields: edit.fields, ops: edit.ops }];
    case 'update':
      return [{ type: 'update', deltaIndex, ops: edit.ops }];
    case 'delete':
      return [{ type: 'end', deltaIndex, before: edit.before }];
    case 'replace':
      return [
        { type: 'end', deltaIndex, before: edit.before },
        { type: 'start', deltaIndex, fields: edit.fields, ops: edit.ops },
      ];
  }
}

function editOf(event: RecordEvent): RecordEdit {
  switch (event.type) {
    case 'start':
      return { type: 'insert', fields: event.fields, ops: event.ops };
    case 'update':
      return { type: 'update', ops: event.ops };
    case 'end':
      return { type: 'delete', before: event.before };
  }
}

function checkSequence(events: readonly RecordEvent[], place: Place): void {
  let isAlive = events[0]?.type !== 'start';
  for (const { type } of events) {
    if (type === 'start' && isAlive) throw new DatastoreError('record-exists', 'insert of a record that exists', place);
    if (type !== 'start' && !isAlive)
      throw new DatastoreError('record-missing', 'edit of a record that was deleted', place);
    isAlive = type !== 'end';
  }
}
