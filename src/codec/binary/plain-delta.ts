import type { Delta } from '../../operations/change.js';
import { isListIndex } from '../../operations/list-operation.js';
import { isLong } from '../../values/long.js';
import { isValidFieldName, isValidRecordId, isValidTableId } from '../../values/names.js';
import { isWellFormed } from '../../values/text.js';

/** An object whose properties have not been looked at. */
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
