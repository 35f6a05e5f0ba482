import { asNormalForm, isInNormalForm, isNormalForm } from '../../deltas/normal-form.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import type { Delta } from '../../operations/change.js';
import { isListIndex } from '../../operations/list-operation.js';
import { ownDelta } from '../../operations/ownership.js';
import { insertsOf, State, stateOfInserts } from '../../state/state.js';
import { isLong } from '../../values/long.js';
import { isValidFieldName, isValidRecordId, isValidTableId } from '../../values/names.js';
import { isWellFormed } from '../../values/text.js';
import { CHANGE_COLUMN_COUNT, ChangeReader, ChangeWriter } from './change-columns.js';
import { packColumns, unpackColumns } from './envelope.js';

/**
 * Writes a delta in the binary form: the changes in their order, not compressed, and `before` where it is present. Equal
 * deltas give equal bytes, in whatever order their fields were set. To compare what deltas do, compress them first.
 *
 * Law: `decodeDelta(encodeDelta(d))` is `d`.
 *
 * @throws DatastoreError for malformed changes, as `compress` does.
 * Spec: BIN-1 to BIN-20, BIN-25.
 */
export function encodeDelta(delta: Delta): Uint8Array {
  const isWellFormed = isNormalForm(delta) || isPlainDelta(delta);
  return packColumns('deltaic/delta', ChangeWriter.encode(isWellFormed ? delta : ownDelta(delta)));
}

/**
 * Reads a delta from untrusted bytes, frozen. Whether the changes fit a state, or one another, is checked when they are
 * applied. Time and memory are bounded by the number of bytes.
 *
 * Law: it reads only what `encodeDelta` writes: `encodeDelta(decodeDelta(b))` is `b`.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`.
 * Spec: BIN-1 to BIN-20, BIN-26.
 */
export function decodeDelta(bytes: unknown): Delta {
  const reader = new ChangeReader(unpackColumns(bytes, 'deltaic/delta', CHANGE_COLUMN_COUNT));
  const delta = reader.delta();
  reader.finish();
  return isInNormalForm(delta) ? asNormalForm(delta) : delta;
}

/**
 * Writes a state in the binary form. Equal states give equal bytes, whatever their history.
 *
 * Law: `decodeState(encodeState(s))` holds what `s` holds.
 *
 * @throws DatastoreError `invalid-option` if it is not a `State`. Spec: BIN-1 to BIN-21, BIN-25.
 */
export function encodeState(state: State): Uint8Array {
  if (!(state instanceof State)) {
    throw new DatastoreError('invalid-option', `encodeState takes a State, got ${quote(state)}`);
  }
  return packColumns('deltaic/state', ChangeWriter.encode(insertsOf(state)));
}

/**
 * Reads a state from untrusted bytes. Time and memory are bounded by the number of bytes.
 *
 * Law: it reads only what `encodeState` writes: `encodeState(decodeState(b))` is `b`.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`. Spec: BIN-1 to BIN-21, BIN-26.
 */
export function decodeState(bytes: unknown): State {
  const reader = new ChangeReader(unpackColumns(bytes, 'deltaic/state', CHANGE_COLUMN_COUNT));
  const inserts = reader.inserts();
  reader.finish();
  return stateOfInserts(inserts);
}

/** An object whose properties are unchecked. */
type Unchecked = Readonly<Record<string, unknown>>;

/**
 * Whether a delta from outside is well-formed through and through, so that it can be written as it stands: encoding
 * keeps nothing, so it needs no copy, and making one would take longer than writing. Where the answer is no, `ownDelta`
 * knows why.
 */
export function isPlainDelta(delta: unknown): delta is Delta {
  try {
    return isPlainArray(delta, isPlainChange);
  } catch {
    // An object that only pretends to be a date or a Map throws when it is asked.
    return false;
  }
}

function isPlainChange(change: unknown): boolean {
  const { type, table, record, fields, ops, before } = change as Unchecked;
  if (!isValidTableId(table) || !isValidRecordId(record)) return false;
  switch (type) {
    case 'insert':
      return isPlainMap(fields, isPlainValue);
    case 'update':
      return isPlainMap(ops, isPlainFieldOp);
    case 'delete':
      return before === undefined || isPlainMap(before, isPlainValue);
    default:
      return false;
  }
}

function isPlainMap(map: unknown, isPlain: (entry: unknown) => boolean): boolean {
  if (!(map instanceof Map)) return false;
  for (const [name, entry] of map as ReadonlyMap<unknown, unknown>) {
    if (!isValidFieldName(name) || !isPlain(entry)) return false;
  }
  return true;
}

function isPlainFieldOp(op: unknown): boolean {
  const { type, value, before, create, ops } = op as Unchecked;
  switch (type) {
    case 'put':
      return isPlainValue(value) && (before === undefined || isPlainValue(before));
    case 'delete':
      return before === undefined || isPlainValue(before);
    case 'list':
      return typeof create === 'boolean' && isPlainArray(ops, isPlainListOp);
    default:
      return false;
  }
}

function isPlainListOp(op: unknown): boolean {
  const { type, index, value, before, from, to } = op as Unchecked;
  if (type === 'move') return isListIndex(from) && isListIndex(to);
  if (!isListIndex(index)) return false;
  if (type === 'insert') return isPlainAtom(value);
  return (type === 'delete' || (type === 'put' && isPlainAtom(value))) && (before === undefined || isPlainAtom(before));
}

function isPlainValue(value: unknown): boolean {
  return Array.isArray(value) ? isPlainArray(value, isPlainAtom) : isPlainAtom(value);
}

/** An index loop, because `every` would pass over the holes of a sparse array. */
function isPlainArray(items: unknown, isPlain: (item: unknown) => boolean): boolean {
  if (!Array.isArray(items)) return false;
  for (let index = 0; index < items.length; index++) if (!isPlain(items[index])) return false;
  return true;
}

function isPlainAtom(value: unknown): boolean {
  switch (typeof value) {
    case 'boolean':
    case 'number':
      return true;
    case 'bigint':
      return isLong(value);
    case 'string':
      return isWellFormed(value);
    default:
      if (value instanceof Date) return !Number.isNaN(value.getTime());
      return value instanceof Uint8Array && ArrayBuffer.isView(value);
  }
}
