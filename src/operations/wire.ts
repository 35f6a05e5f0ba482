import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { FrozenMapBuilder, singleEntry, sortedEntries, sortedMap } from '../values/fields.js';
import { expectArray, expectObject, type JsonObject, objectOf } from '../values/json.js';
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
  type UpdateChange,
  updateChange,
} from './change.js';
import { COLUMNS_LEAST } from './columns-least.js';
import { columnsOf, ListColumnsBuilder, listOfColumns, opAt } from './list-columns.js';
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
 * Reads the change at a position of a delta from parsed JSON.
 *
 * @throws DatastoreError `invalid-json`, `invalid-name` or `invalid-value`. Spec: WIRE-6, WIRE-7.
 */
export function parseChange(json: unknown, position: number): Change {
  const parts = expectArray(json, 'a change', { position });
  const [tag, tid, rowid, content] = parts;
  const table = ownTableId(tid, { position });
  // Spreading one place into the next costs more than all the rest of a short change.
  const record = ownRecordId(rowid, { position, table });
  const place: Place = { position, table, record };
  if (tag === 'I' && parts.length === 4) return insertChange(table, record, parseFields(content, place));
  if (tag === 'U' && parts.length === 4) return updateChange(table, record, parseOps(content, place));
  if (tag === 'D' && parts.length === 3) return deleteChange(table, record, undefined);
  const expected = '["I", table, record, fields], ["U", table, record, operations] or ["D", table, record]';
  throw new DatastoreError('invalid-json', `a change must be ${expected}, got ${quote(json)}`, place);
}

/**
 * Reads changes from parsed JSON. List operations travel one by one: those that follow one another on one list become one
 * update, as composing the changes would make of them, so that a long edit of a list leaves no object for each.
 *
 * @throws DatastoreError as {@link parseChange} does, naming the position.
 */
export function parseChanges(json: readonly unknown[]): Change[] {
  const changes: Change[] = [];
  let run: ListRun | undefined;
  for (let position = 0; position < json.length; position++) {
    const part = json[position];
    if (run?.take(part, position) === true) continue;
    if (run !== undefined) changes.push(run.finish());
    const change = parseChange(part, position);
    run = ListRun.from(change);
    if (run === undefined) changes.push(change);
  }
  if (run !== undefined) changes.push(run.finish());
  // Most deltas have one change, and an array that grew has room for seventeen.
  return changes.slice();
}

/** Updates that each edit the same list by one operation, as one. */
class ListRun {
  readonly #first: UpdateChange;
  readonly #field: string;
  readonly #op: ListOp;
  #ops: ListColumnsBuilder | undefined;

  private constructor(first: UpdateChange, field: string, op: ListOp) {
    this.#first = first;
    this.#field = field;
    this.#op = op;
  }

  /** A run that begins with a change, if that is such an update. */
  static from(change: Change): ListRun | undefined {
    if (change.type !== 'update' || change.ops.size !== 1) return undefined;
    for (const [field, list] of change.ops) {
      const op = list.type === 'list' && !list.create ? list.ops[0] : undefined;
      if (op !== undefined) return new ListRun(change, field, op);
    }
    return undefined;
  }

  /** Takes a wire change that goes on with the run, if it does. */
  take(json: unknown, position: number): boolean {
    const { table, record } = this.#first;
    if (!Array.isArray(json) || json.length !== 4 || json[0] !== 'U') return false;
    const content: unknown = json[3];
    if (json[1] !== table || json[2] !== record || typeof content !== 'object' || content === null) return false;
    const names = Object.keys(content);
    if (names.length !== 1 || names[0] !== this.#field) return false;
    const parts = (content as JsonObject)[this.#field];
    if (!Array.isArray(parts) || typeof parts[0] !== 'string' || !/^L[PIDM]$/.test(parts[0])) return false;
    const op = parseListOp(parts, { position, table, record, field: this.#field });
    if (this.#ops === undefined) {
      this.#ops = new ListColumnsBuilder(COLUMNS_LEAST);
      this.#ops.add(this.#op);
    }
    this.#ops.add(op);
    return true;
  }

  finish(): Change {
    if (this.#ops === undefined) return this.#first;
    const { table, record } = this.#first;
    const list: FieldOp = listOfColumns(false, this.#ops.finish());
    return updateChange(table, record, singleEntry(this.#field, list));
  }
}

function parseOps(json: unknown, place: Place): FieldOps {
  const ops = new FrozenMapBuilder<string, FieldOp>();
  for (const [name, op] of Object.entries(expectObject(json, 'the operations of an update', place))) {
    const field = ownFieldName(name, place);
    ops.set(field, parseOp(op, placeOfField(place, field)));
  }
  return sortedMap(ops.finish());
}

function parseOp(json: unknown, place: Place): FieldOp {
  const parts = expectArray(json, 'an operation such as ["P", 5]', place);
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
  const together: [string, WireOp][] = [];
  const alone: Readonly<Record<string, WireOp>>[] = [];
  let firstList: [string, WireOp] | undefined;
  for (const [field, op] of sortedEntries(ops)) {
    for (const wire of formatOp(op)) {
      if (op.type !== 'list') together.push([field, wire]);
      else if (firstList === undefined) firstList = [field, wire];
      else alone.push({ [field]: wire });
    }
  }
  if (firstList !== undefined) together.push(firstList);
  return [objectOf(together), ...alone];
}

/** Writes a field operation as JSON: several if it edits a list more than once. What it overwrote is left out. */
export function formatOp(op: FieldOp): WireOp[] {
  switch (op.type) {
    case 'put':
      return [['P', formatValue(op.value)]];
    case 'delete':
      return [['D']];
    case 'list': {
      const columns = columnsOf(op);
      const wire: WireOp[] = op.create ? [['LC']] : [];
      for (let at = 0; at < columns.count; at++) wire.push(formatListOp(opAt(columns, at)));
      return wire;
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
