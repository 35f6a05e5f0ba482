import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { type InsertChange, insertChange } from '../../operations/change.js';
import { ownRecordId, ownTableId } from '../../operations/ownership.js';
import { insertsOf, type State, stateOfInserts } from '../../state/state.js';
import { expectItems, expectObject } from '../../values/json.js';
import { formatFields, parseFields, type WireFields } from '../../values/wire.js';

/** One record of a state, as JSON. Spec: WIRE-10. */
export interface Row {
  readonly tid: string;
  readonly rowid: string;
  readonly data: WireFields;
}

/**
 * Reads a state from parsed JSON: a snapshot, which is an array of rows `{tid, rowid, data}` in any order.
 *
 * @throws DatastoreError `invalid-json`, `invalid-name`, `invalid-value`, or `record-exists` for a repeated record, naming
 * the position of the row.
 * Law: `parseState(formatState(s))` holds what `s` holds. Spec: WIRE-10.
 */
export function parseState(rows: unknown): State {
  const inserts = expectItems(rows, 'a snapshot', parseRow);
  try {
    return stateOfInserts(inserts);
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    throw new DatastoreError('record-exists', 'the record occurs twice in the snapshot', error);
  }
}

/** Writes a state as an array of rows, in code point order of table and record. Spec: WIRE-10. */
export function formatState(state: State): Row[] {
  return insertsOf(state).map(({ table, record, fields }) => ({
    tid: table,
    rowid: record,
    data: formatFields(fields),
  }));
}

function parseRow(row: unknown, position: number): InsertChange {
  const { tid, rowid, data, ...others } = expectObject(row, 'a row', { position });
  const table = ownTableId(tid, { position });
  const record = ownRecordId(rowid, { position, table });
  const place = { position, table, record };
  if (Object.keys(others).length > 0) {
    throw new DatastoreError('invalid-json', `a row must be {tid, rowid, data}, got ${quote(row)}`, place);
  }
  return insertChange(table, record, parseFields(data, place));
}
