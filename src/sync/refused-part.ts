/**
 * What a refusal takes out of the delta that was put. A refusal that names a table, a record or a field is about that
 * alone, and one for a limit of the whole is about what goes over it: the rest of the delta is kept, and put again.
 *
 * The two parts edit different places, so every segment of the delta has its share of each, and one part can be undone as if the
 * other were not there. Spec: SYNC-67.
 */

import { changesIn, type Delta, deltaInNormalForm, NO_CHANGES } from '../deltas/delta.js';
import { editAt, type PlacedEdit } from '../deltas/normal-form.js';
import type { Place } from '../errors/datastore-error.js';
import { type Change, type UpdateChange, updateChange } from '../operations/change.js';
import { RecordMap } from '../operations/record-map.js';
import { growthOfChange, sizeOfOwnChange } from '../operations/size.js';
import type { State } from '../state/state.js';
import { freezeMap } from '../values/fields.js';
import { sumOf } from '../values/frozen-array.js';
import { setsMtime } from './datastore-info.js';
import type { Refusal } from './messages.js';

/** The places of a delta that a refusal is about: all of them, some records, or a field of a record that it only updates. */
export type RefusedPart =
  | { readonly type: 'whole' }
  | { readonly type: 'records'; readonly records: RecordMap<true> }
  | { readonly type: 'field'; readonly table: string; readonly record: string; readonly field: string };

/** The refusal of a whole delta. */
export const WHOLE: RefusedPart = { type: 'whole' };

/** The part of a delta that is in some places, and the rest. Together, in either order, they are the delta. */
export interface Split {
  readonly taken: Delta;
  readonly left: Delta;
}

/**
 * What a refusal takes out of an applied delta: all of it if nothing but the modified time would be left.
 *
 * @param base the state that the delta was put on.
 * @param recordSize what a record may weigh here, in bytes.
 */
export function refusedPart({ place, code }: Refusal, delta: Delta, base: State, recordSize: number): RefusedPart {
  const edits = editsOf(delta);
  const isTooLarge = (edit: EditOfRecord): boolean => growsOver(edit, base, recordSize);
  const part = partAt(edits, place, code === 'record-too-large' ? isTooLarge : undefined) ?? partOver(code, edits);
  return changesIn(splitDelta(delta, part).left).every(setsMtime) ? WHOLE : part;
}

/** Takes a delta apart: what a part has, and the rest. */
export function splitDelta(delta: Delta, part: RefusedPart): Split {
  if (part.type === 'whole') return { taken: delta, left: NO_CHANGES };
  const taken: Change[] = [];
  const left: Change[] = [];
  for (const change of changesIn(delta)) {
    if (part.type === 'field' && isOfRecord(change, part) && change.type === 'update') {
      taken.push(...onlyFields(change, (field) => field === part.field));
      left.push(...onlyFields(change, (field) => field !== part.field));
    } else {
      const isTaken = part.type === 'records' && part.records.get(change.table, change.record);
      (isTaken === true ? taken : left).push(change);
    }
  }
  return { taken: deltaInNormalForm(taken), left: deltaInNormalForm(left) };
}

function onlyFields({ table, record, ops }: UpdateChange, isWanted: (field: string) => boolean): UpdateChange[] {
  const wanted = [...ops].filter(([field]) => isWanted(field));
  return wanted.length === 0 ? [] : [updateChange(table, record, freezeMap(wanted))];
}

/**
 * What a place names, if the delta edits it. A server names only one record that is too large, and a refusal of each would cost a
 * round trip; so if the named record is too large, all that are too large are taken.
 */
function partAt(
  edits: readonly EditOfRecord[],
  { table, record, field }: Place = {},
  isTooLarge: (edit: EditOfRecord) => boolean = () => false,
): RefusedPart | undefined {
  if (table === undefined) return undefined;
  const found = edits.filter((edit) => edit.table === table && (record === undefined || edit.record === record));
  const [first] = found;
  if (first === undefined) return undefined;
  const { edit } = first;
  if (record === undefined) return recordsOf(found);
  if (field !== undefined && edit.type === 'update' && edit.ops.has(field)) {
    return { type: 'field', table, record, field };
  }
  return recordsOf(isTooLarge(first) ? edits.filter(isTooLarge) : found);
}

/** What puts the whole over a limit: what grows, what is new, or what most of the delta is about. */
function partOver(code: Refusal['code'], edits: readonly EditOfRecord[]): RefusedPart {
  switch (code) {
    case 'datastore-too-large':
      return recordsOf(edits.filter(({ changes }) => sumOf(changes, growthOfChange) > 0));
    case 'too-many-records':
      return recordsOf(edits.filter(({ edit }) => edit.type === 'insert'));
    case 'delta-too-large':
      return recordsOf(largestOf(edits.filter(({ changes }) => !changes.every(setsMtime))));
    default:
      return WHOLE;
  }
}

/** A record's edit, and the changes that make it up. */
interface EditOfRecord extends PlacedEdit {
  readonly changes: readonly Change[];
}

function editsOf(delta: Delta): EditOfRecord[] {
  const changes = changesIn(delta);
  const edits: EditOfRecord[] = [];
  for (let placed = editAt(changes, 0); placed !== undefined; placed = editAt(changes, placed.end)) {
    edits.push({ ...placed, changes: changes.slice(placed.start, placed.end) });
  }
  return edits;
}

/** Whether an edit makes its record larger, and then larger than it may be. */
function growsOver({ table, record, changes }: EditOfRecord, base: State, recordSize: number): boolean {
  const growth = sumOf(changes, growthOfChange);
  return growth > 0 && base.reader(table, record).size + growth > recordSize;
}

/** The largest edit, or the first of those. */
function largestOf(edits: readonly EditOfRecord[]): readonly EditOfRecord[] {
  let [largest, greatest]: [EditOfRecord | undefined, number] = [undefined, 0];
  for (const edit of edits) {
    const size = sumOf(edit.changes, sizeOfOwnChange);
    if (size > greatest) [largest, greatest] = [edit, size];
  }
  return largest === undefined ? [] : [largest];
}

/** A refusal that is about no record of the delta is about the whole. */
function recordsOf(edits: readonly EditOfRecord[]): RefusedPart {
  if (edits.length === 0) return WHOLE;
  const records = new RecordMap<true>();
  for (const { table, record } of edits) records.set(table, record, true);
  return { type: 'records', records };
}

function isOfRecord(change: Change, { table, record }: { readonly table: string; readonly record: string }): boolean {
  return change.table === table && change.record === record;
}
