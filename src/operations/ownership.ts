import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import { InvariantError } from '../errors/invariant-error.js';
import { quote } from '../errors/quote.js';
import { isMap } from '../values/brands.js';
import { FrozenMapBuilder, sortedMap } from '../values/fields.js';
import { visitEach } from '../values/frozen-array.js';
import { invalidName, isValidRecordId, isValidTableId } from '../values/names.js';
import { ownAtom, ownFieldName, ownFields, ownValue } from '../values/ownership.js';
import type { Atom } from '../values/value.js';
import {
  type Change,
  deleteChange,
  type FieldList,
  type FieldOp,
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
import { COLUMNS_LEAST } from './columns-least.js';
import { columnsIn, columnsOfOps, type ListColumns, ListColumnsBuilder, listOfColumns } from './list-columns.js';
import { type RecordColumns, RecordColumnsBuilder, UNKNOWN } from './record-columns.js';

/**
 * Turns input into changes that the engine owns: every name, value, index and operation is checked by itself (not
 * against a state), and everything is copied and frozen. A `before` is kept if present.
 *
 * @throws DatastoreError `invalid-change`, `invalid-name` or `invalid-value`, naming the place.
 */
export function ownChanges(changes: unknown): readonly Change[] {
  return ownGiven(givenChanges(changes));
}

/** {@link ownChanges} into columns, if there are many changes. */
export function ownRows(changes: unknown): readonly Change[] | RecordColumns {
  const given = givenChanges(changes);
  if (given.length < COLUMNS_LEAST) return ownGiven(given);
  const rows = new RecordColumnsBuilder(given.length);
  for (let position = 0; position < given.length; position++) {
    const own = ownChange(given[position], position, rows);
    if (own !== undefined) rows.add(own);
  }
  return rows.finish();
}

function givenChanges(changes: unknown): readonly unknown[] {
  if (!isIterableObject(changes)) {
    throw new DatastoreError('invalid-change', `expected a Delta or an array of changes, got ${quote(changes)}`);
  }
  return Array.isArray(changes) ? changes : [...changes];
}

function ownGiven(given: readonly unknown[]): readonly Change[] {
  if (given.length === 1) return [ownChange(given[0], 0)];
  const owned: Change[] = [];
  for (let position = 0; position < given.length; position++) owned.push(ownChange(given[position], position));
  return owned;
}

/** Whether `something` can be read item by item, and is not a string. */
export function isIterableObject(something: unknown): something is Iterable<unknown> {
  return typeof something === 'object' && something !== null && Symbol.iterator in something;
}

/**
 * Turns input into list operations that the engine owns, as {@link ownChanges} does for whole deltas.
 *
 * @throws DatastoreError `invalid-change`, `invalid-value`, or `index-out-of-range` for a number that cannot be an
 * index.
 */
export function ownListOps(ops: unknown, place?: Place): ListColumns {
  const given = ownArray(ops, place);
  if (given.length === 1) return columnsOfOps([ownListOp(given[0], OBJECTS, place)]);
  const columns = new ListColumnsBuilder(given.length);
  visitEach(given, (op) => ownListOp(op, columns, place));
  return columns.finish();
}

/** {@link ownListOps} for one operation that is performed next, and made anew then if it overwrites anything. */
export function ownSingleListOp(op: unknown, place: Place): ListOp {
  return ownListOp(op, TO_PERFORM, place);
}

function ownArray(ops: unknown, place: Place | undefined): readonly unknown[] {
  if (Array.isArray(ops)) return ops;
  throw new DatastoreError('invalid-change', `list operations must be an array, got ${quote(ops)}`, place);
}

/** Takes a table id, or throws `invalid-name`. */
export function ownTableId(table: unknown, place?: Place): string {
  if (isValidTableId(table)) return table;
  throw new DatastoreError('invalid-name', invalidName('table id', table), {
    ...place,
    table: typeof table === 'string' ? table : undefined,
  });
}

/** Takes a record id, or throws `invalid-name`. */
export function ownRecordId(record: unknown, place?: Place): string {
  if (isValidRecordId(record)) return record;
  throw new DatastoreError('invalid-name', invalidName('record id', record), {
    ...place,
    record: typeof record === 'string' ? record : undefined,
  });
}

/** An object whose properties are not checked yet. */
type Unchecked = Readonly<Record<string, unknown>>;

/**
 * Takes one change from outside, as {@link ownChanges} does. @param position in its sequence, if it is in one.
 *
 * @param rows where an update of a single field goes instead of being returned.
 */
export function ownChange(change: unknown, position?: number): Change;
export function ownChange(change: unknown, position: number, rows: RecordColumnsBuilder): Change | undefined;
export function ownChange(change: unknown, position?: number, rows?: RecordColumnsBuilder): Change | undefined {
  const raw = ownObject(change, 'a change', undefined, position);
  if (Array.isArray(change)) {
    const reason = `a change must be an object, got ${quote(change)}: read wire JSON with parseDelta first`;
    throw new DatastoreError('invalid-change', reason, { position });
  }
  const table = raw['table'];
  const record = raw['record'];
  if (!isValidTableId(table) || !isValidRecordId(record)) throw invalidPlace(table, record, position);
  const place: Place = { position, table, record };
  switch (raw['type']) {
    case 'insert':
      return insertChange(table, record, ownFields(raw['fields'], place));
    case 'update': {
      const ops = raw['ops'];
      if (rows !== undefined && isMap(ops) && ownCell(ops, rows, place)) {
        rows.endUpdate(table, record);
        return undefined;
      }
      return updateChange(table, record, ownFieldOps(ops, place));
    }
    case 'delete':
      return deleteChange(table, record, raw['before'] === undefined ? undefined : ownFields(raw['before'], place));
    default:
      throw new DatastoreError('invalid-change', unknownType('change', 'insert, update or delete', raw), place);
  }
}

function ownFieldOps(ops: unknown, place: Place): ReadonlyMap<string, FieldOp> {
  if (!isMap(ops)) {
    throw new DatastoreError('invalid-change', `the ops of an update must be a Map, got ${quote(ops)}`, place);
  }
  const owned = new FrozenMapBuilder<string, FieldOp>();
  for (const [name, op] of ops) {
    const field = ownFieldName(name, place);
    owned.set(field, ownFieldOp(op, placeOfField(place, field)));
  }
  return sortedMap(owned.finish());
}

/** Takes a single put, as most updates are, without making an object. @returns whether it is one. */
function ownCell(ops: ReadonlyMap<unknown, unknown>, rows: RecordColumnsBuilder, record: Place): boolean {
  let only: readonly [unknown, unknown] | undefined;
  for (const entry of ops) {
    if (only !== undefined) return false;
    only = entry;
  }
  if (only === undefined) return false;
  const field = ownFieldName(only[0], record);
  const place = placeOfField(record, field);
  const raw = ownObject(only[1], 'a field operation', place);
  if (raw['type'] !== 'put') return false;
  const before = 'before' in raw ? ownOptional(raw['before'], place) : UNKNOWN;
  rows.cell(field, ownValue(raw['value'], place), before);
  return true;
}

function ownFieldOp(op: unknown, place: Place): FieldOp {
  const raw = ownObject(op, 'a field operation', place);
  const before = 'before' in raw ? { value: ownOptional(raw['before'], place) } : undefined;
  switch (raw['type']) {
    case 'put':
      return fieldPut(ownValue(raw['value'], place), before);
    case 'delete':
      return fieldDelete(before);
    case 'list':
      if (typeof raw['create'] === 'boolean') return ownFieldList(raw as unknown as FieldList, raw['create'], place);
      throw new DatastoreError('invalid-change', `create must be true or false, got ${quote(raw['create'])}`, place);
    default:
      throw new DatastoreError('invalid-change', unknownType('field operation', 'put, delete or list', raw), place);
  }
}

/** Many operations are copied into columns; the engine's own columns need no copy. */
function ownFieldList(raw: FieldList, create: boolean, place: Place): FieldList {
  const columns = columnsIn(raw);
  if (columns !== undefined && !columns.isMutable) return raw;
  const ops = ownArray(raw.ops, place);
  if (ops.length >= COLUMNS_LEAST) return listOfColumns(create, ownListOps(ops, place));
  if (ops.length === 1) return fieldList(create, [ownListOp(ops[0], OBJECTS, place)]);
  const owned: ListOp[] = [];
  visitEach(ops, (op) => owned.push(ownListOp(op, OBJECTS, place)));
  return fieldList(create, owned);
}

/** What is made of list operations: objects, or what a `ListColumnsBuilder` adds. */
interface ListOpMaker<Made> {
  insert(index: number, value: Atom, atEnd: boolean): Made;
  put(index: number, value: Atom, before: Atom | undefined): Made;
  delete(index: number, before: Atom | undefined): Made;
  move(from: number, to: number): Made;
}

const OBJECTS: ListOpMaker<ListOp> = { insert: listInsert, put: listPut, delete: listDelete, move: listMove };

const TO_PERFORM: ListOpMaker<ListOp> = {
  ...OBJECTS,
  put: (index, value) => ({ type: 'put', index, value }),
  delete: (index) => ({ type: 'delete', index }),
};

function ownListOp<Made>(op: unknown, make: ListOpMaker<Made>, place: Place | undefined): Made {
  const raw = ownObject(op, 'a list operation', place);
  if (raw['type'] === 'move') return make.move(ownIndex(raw['from'], place), ownIndex(raw['to'], place));
  const index = ownIndex(raw['index'], place);
  switch (raw['type']) {
    case 'put':
      return make.put(index, ownAtom(raw['value'], place, index), ownOptionalAtom(raw['before'], place, index));
    case 'insert':
      return make.insert(index, ownAtom(raw['value'], place, index), ownAtEnd(raw['atEnd'], place, index));
    case 'delete':
      return make.delete(index, ownOptionalAtom(raw['before'], place, index));
    default:
      throw new DatastoreError(
        'invalid-change',
        unknownType('list operation', 'put, insert, delete or move', raw),
        place,
      );
  }
}

function ownAtEnd(atEnd: unknown, place: Place | undefined, index: number): boolean {
  if (atEnd === undefined || typeof atEnd === 'boolean') return atEnd === true;
  throw new DatastoreError('invalid-change', `atEnd must be true or left out, not ${quote(atEnd)}`, {
    ...place,
    index,
  });
}

/** The error for a change with an invalid table or record id. */
function invalidPlace(table: unknown, record: unknown, position: number | undefined): DatastoreError {
  try {
    ownRecordId(record, { position, table: ownTableId(table, { position }) });
  } catch (error) {
    if (error instanceof DatastoreError) return error;
  }
  throw new InvariantError('one of the two names is not valid');
}

function ownObject(something: unknown, what: string, place: Place | undefined, position?: number): Unchecked {
  if (typeof something === 'object' && something !== null) return something as Unchecked;
  const reason = `${what} must be an object, got ${quote(something)}`;
  throw new DatastoreError('invalid-change', reason, place ?? { position });
}

function unknownType(what: string, types: string, { type }: Unchecked): string {
  return `the type of a ${what} must be ${types}, got ${quote(type)}`;
}

function ownIndex(index: unknown, place: Place | undefined): number {
  if (typeof index !== 'number') {
    throw new DatastoreError('invalid-change', `an index must be a number, got ${quote(index)}`, place);
  }
  if (isListIndex(index)) return index;
  throw new DatastoreError('index-out-of-range', `an index must be a whole number from 0 to 2^29 − 1, got ${index}`, {
    ...place,
    index,
  });
}

function ownOptional(value: unknown, place: Place): ReturnType<typeof ownValue> | undefined {
  return value === undefined ? undefined : ownValue(value, place);
}

function ownOptionalAtom(
  value: unknown,
  place: Place | undefined,
  index: number,
): ReturnType<typeof ownAtom> | undefined {
  return value === undefined ? undefined : ownAtom(value, place, index);
}
