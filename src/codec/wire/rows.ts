import { DatastoreError } from '../../errors/datastore-error.js';
import { ownRecordId, ownTableId } from '../../operations/ownership.js';
import type { Fields } from '../../values/fields.js';
import { expectArray, expectObject } from './json.js';
import { formatFields, parseFields, type WireFields } from './value.js';

/** One record of a snapshot, as JSON. Spec: WIRE-10. */
export interface Row {
  readonly tid: string;
  readonly rowid: string;
  readonly data: WireFields;
}

/** One record and where it belongs. */
export interface PlacedRecord {
  readonly table: string;
  readonly record: string;
  readonly fields: Fields;
}

/**
 * Reads a snapshot from parsed JSON, an array of rows.
 *
 * @throws DatastoreError `invalid-json`, `invalid-name` or `invalid-value`, naming the position of the row.
 */
export function parseRows(json: unknown): PlacedRecord[] {
  return expectArray(json, 'a snapshot').map((row, position) => {
    const { tid, rowid, data, ...others } = expectObject(row, 'a row', { position });
    const table = ownTableId(tid, { position });
    const record = ownRecordId(rowid, { position, table });
    const place = { position, table, record };
    if (Object.keys(others).length > 0) {
      throw new DatastoreError('invalid-json', 'a row has a tid, a rowid and data, and nothing else', place);
    }
    return { table, record, fields: parseFields(data, place) };
  });
}

export function formatRow({ table, record, fields }: PlacedRecord): Row {
  return { tid: table, rowid: record, data: formatFields(fields) };
}
