import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { sortedEntries, sortedMap } from '../values/fields.js';
import { expectArray, expectObject, objectOf } from '../values/json.js';
import { ownFieldName } from '../values/ownership.js';
import {
  formatAtom,
  formatFields,
  formatValue,
  parseAtom,
  parseFields,
  parseValue,
  type WireAtom,
  type WireFields,
  type WireValue,
} from '../values/wire.js';
import {
  type Change,
  deleteChange,
  type FieldOp,
  type FieldOps,
  fieldDelete,
  fieldList,
  fieldPut,
  insertChange,
  isListIndex,
  type ListOp,
  listDelete,
  listInsert,
  listMove,
  listPut,
  updateChange,
} from './change.js';
import { ownRecordId, ownTableId } from './ownership.js';

/** A field operation as JSON. Spec: WIRE-6. */
export type WireOp =
  | readonly ['P', WireValue]
  | readonly ['D']
  | readonly ['LC']
  | readonly ['LP', number, WireAtom]
  | readonly ['LI', number, WireAtom]
  | readonly ['LD', number]
  | readonly ['LM', number, number];

/** A change as JSON: insert, update or delete, then table, record and content. Spec: WIRE-7. */
export type WireChange =
  | readonly ['I', string, string, WireFields]
  | readonly ['U', string, string, Readonly<Record<string, WireOp>>]
  | readonly ['D', string, string];

/**
 * Reads a change from parsed JSON.
 *
 * @throws DatastoreError `invalid-json`, `invalid-name` or `invalid-value`. Spec: WIRE-6, WIRE-7.
 */
export function parseChange(json: unknown, position: Place): Change {
  const parts = expectArray(json, 'a change', position);
  const [tag, tid, rowid, content] = parts;
  const table = ownTableId(tid, position);
  const record = ownRecordId(rowid, { ...position, table });
  const place: Place = { ...position, table, record };
  if (tag === 'I' && parts.length === 4) return insertChange(table, record, parseFields(content, place));
  if (tag === 'U' && parts.length === 4) return updateChange(table, record, parseOps(content, place));
  if (tag === 'D' && parts.length === 3) return deleteChange(table, record, undefined);
  const expected = '["I", table, record, fields], ["U", table, record, operations] or ["D", table, record]';
  throw new DatastoreError('invalid-json', `a change must be ${expected}, got ${quote(json)}`, place);
}

function parseOps(json: unknown, place: Place): FieldOps {
  const ops = new Map<string, FieldOp>();
  for (const [name, op] of Object.entries(expectObject(json, 'the operations of an update', place))) {
    const field = ownFieldName(name, place);
    ops.set(field, parseOp(op, placeOfField(place, field)));
  }
  return sortedMap(ops);
}

function parseOp(json: unknown, place: Place): FieldOp {
  const parts = expectArray(json, 'an operation', place);
  const [tag, content] = parts;
  if (tag === 'P' && parts.length === 2) return fieldPut(parseValue(content, place), undefined);
  if (tag === 'D' && parts.length === 1) return fieldDelete(undefined);
  if (tag === 'LC' && parts.length === 1) return fieldList(true, []);
  return fieldList(false, [parseListOp(parts, place)]);
}

function parseListOp(parts: readonly unknown[], place: Place): ListOp {
  const [tag, first, second] = parts;
  if (tag === 'LD' && parts.length === 2) return listDelete(parseIndex(first, place));
  if (parts.length === 3) {
    if (tag === 'LP') return listPut(parseIndex(first, place), parseAtom(second, place));
    if (tag === 'LI') return listInsert(parseIndex(first, place), parseAtom(second, place));
    if (tag === 'LM') return listMove(parseIndex(first, place), parseIndex(second, place));
  }
  const expected = '["P", v], ["D"], ["LC"], ["LP", i, v], ["LI", i, v], ["LD", i] or ["LM", from, to]';
  throw new DatastoreError('invalid-json', `an operation must be ${expected}, got ${quote(parts)}`, place);
}

function parseIndex(json: unknown, place: Place): number {
  if (isListIndex(json)) return json;
  throw new DatastoreError(
    'invalid-json',
    `an index must be a whole number from 0 to 2^29 − 1, got ${quote(json)}`,
    place,
  );
}

/**
 * Writes a change as JSON. An update with several list operations becomes several wire changes, one for each. What it
 * overwrote is left out. Spec: WIRE-6 to WIRE-8.
 */
export function formatChange(change: Change): WireChange[] {
  const { table, record } = change;
  switch (change.type) {
    case 'insert':
      return [['I', table, record, formatFields(change.fields)]];
    case 'update':
      return formatUpdate(change.ops).map((ops) => ['U', table, record, ops] as const);
    case 'delete':
      return [['D', table, record]];
  }
}

/**
 * The first wire update takes all puts and deletes and the first list operation; each further one is alone in its
 * update.
 */
function formatUpdate(ops: FieldOps): Readonly<Record<string, WireOp>>[] {
  const plain: [string, WireOp][] = [];
  const list: [string, WireOp][] = [];
  for (const [field, op] of sortedEntries(ops)) {
    for (const wire of formatOp(op)) (op.type === 'list' ? list : plain).push([field, wire]);
  }
  const [firstList, ...alone] = list;
  const together = firstList === undefined ? plain : [...plain, firstList];
  return [together, ...alone.map((entry) => [entry])].map(objectOf);
}

/** Writes a field operation as JSON: several if it edits a list more than once. What it overwrote is left out. */
export function formatOp(op: FieldOp): WireOp[] {
  switch (op.type) {
    case 'put':
      return [['P', formatValue(op.value)]];
    case 'delete':
      return [['D']];
    case 'list': {
      const wire = op.ops.map(formatListOp);
      return op.create ? [['LC'], ...wire] : wire;
    }
  }
}

function formatListOp(op: ListOp): WireOp {
  switch (op.type) {
    case 'put':
      return ['LP', op.index, formatAtom(op.value)];
    case 'insert':
      return ['LI', op.index, formatAtom(op.value)];
    case 'delete':
      return ['LD', op.index];
    case 'move':
      return ['LM', op.from, op.to];
  }
}
