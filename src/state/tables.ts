import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { misfitError, opMisfit } from '../lists/apply.js';
import { type Change, deleteChange, type ListOp, updateChange } from '../operations/change.js';
import { type CellBefore, type RecordColumns, startOfRow } from '../operations/record-columns.js';
import type { Fields } from '../values/fields.js';
import { BASE_DATASTORE_SIZE } from '../values/size.js';
import { RecordLayers } from './record-layers.js';
import { StoredRecord } from './stored-record.js';

interface Table {
  readonly owner: object;
  readonly records: RecordLayers<StoredRecord>;
  /** The record that was inserted last: the next one is likely to have the same fields. */
  latest: StoredRecord | undefined;
}

/**
 * The records of a datastore by table, edited in place, with their size and number.
 *
 * Sharing is immediate. Every part has an owner, and a state that is not the owner copies the part before its first
 * edit; an original that is shared gives up what it owned as well. Copying a table copies none of its records.
 */
export class Tables {
  readonly #tables = new Map<string, Table>();
  #owner: object = {};
  #recordCount = 0;
  #size: number = BASE_DATASTORE_SIZE;

  get recordCount(): number {
    return this.#recordCount;
  }

  /** In bytes. */
  get size(): number {
    return this.#size;
  }

  /** Takes over, in a datastore without records, everything that another holds. */
  share(original: Tables): void {
    for (const [id, table] of original.#tables) this.#tables.set(id, table);
    this.#recordCount = original.#recordCount;
    this.#size = original.#size;
    original.#release();
  }

  tableIds(): Iterable<string> {
    return this.#tables.keys();
  }

  /** Visits the records of a table. */
  forEach(table: string, visit: (stored: StoredRecord, record: string) => void): void {
    this.#tables.get(table)?.records.forEach(visit);
  }

  get(table: string, record: string): StoredRecord | undefined {
    return this.#tables.get(table)?.records.get(record);
  }

  /**
   * Applies a change in place, or changes nothing.
   *
   * @returns the change with what it overwrote.
   * @throws DatastoreError where the change does not fit. Spec: CHG-1, CHG-2.
   */
  apply(change: Change, position?: number): Change {
    const { table, record } = change;
    const current = this.get(table, record);
    const place = (): Place => ({ position, table, record });
    if (change.type === 'insert') {
      if (current !== undefined) throw new DatastoreError('record-exists', 'insert of a record that exists', place());
      this.#insert(table, record, change.fields);
      return change;
    }
    if (current === undefined) throw recordMissing(place());
    if (change.type === 'delete') {
      this.#delete(table, record, current);
      return deleteChange(table, record, current.fields());
    }
    current.check(change.ops, place);
    const own = this.#ownRecord(table, record, current);
    const sizeBefore = own.size;
    const applied = own.perform(change.ops);
    this.#size += own.size - sizeBefore;
    return applied === change.ops ? change : updateChange(table, record, applied);
  }

  /**
   * Applies a row of cells in place, or changes nothing.
   *
   * @param befores gets what each cell overwrote.
   * @throws DatastoreError `record-missing`.
   */
  applyCells(columns: RecordColumns, row: number, befores: CellBefore[]): void {
    const [table, record] = [columns.tables[row] as string, columns.records[row] as string];
    const current = this.get(table, record);
    if (current === undefined) throw recordMissing({ position: row, table, record });
    const own = this.#ownRecord(table, record, current);
    const sizeBefore = own.size;
    const { fields, values } = columns;
    const end = columns.ends[row] as number;
    for (let cell = startOfRow(columns, row); cell < end; cell++) {
      befores[cell] = own.set(fields[cell] as string, values[cell]);
    }
    this.#size += own.size - sizeBefore;
  }

  /**
   * Performs one operation, which `own` checks and copies, on a list in place, or changes nothing.
   *
   * @returns it with what it overwrote; nothing where there is no such list.
   * @throws DatastoreError where it does not fit the list, and what `own` throws.
   */
  editList(table: string, record: string, field: string, own: (place: Place) => ListOp): ListOp | undefined {
    const place: Place = { position: 0, table, record, field };
    let op: ListOp;
    try {
      // First of all, since a getter of what it copies may edit this list.
      op = own(place);
    } catch (error) {
      if (this.get(table, record)?.list(field) === undefined) return undefined;
      throw error;
    }
    const current = this.get(table, record);
    const list = current?.list(field);
    if (current === undefined || list === undefined) return undefined;
    const misfit = opMisfit(list.length, op);
    if (misfit !== undefined) throw misfitError(misfit, place);
    const stored = this.#ownRecord(table, record, current);
    const sizeBefore = stored.size;
    const applied = stored.performListOp(field, list, op);
    this.#size += stored.size - sizeBefore;
    return applied;
  }

  /** From here on every part counts as shared, and is copied before an edit. */
  #release(): void {
    this.#owner = {};
  }

  #insert(table: string, record: string, fields: Fields): void {
    const own = this.#ownTable(table);
    const stored = StoredRecord.from(this.#owner, fields, own.latest);
    own.latest = stored;
    own.records.insert(record, stored);
    this.#recordCount++;
    this.#size += stored.size;
  }

  #delete(table: string, record: string, current: StoredRecord): void {
    const { records } = this.#ownTable(table);
    records.delete(record);
    // A table exists by the records in it.
    if (records.size === 0) this.#tables.delete(table);
    this.#recordCount--;
    this.#size -= current.size;
  }

  #ownRecord(table: string, record: string, current: StoredRecord): StoredRecord {
    if (current.owner === this.#owner) return current;
    const own = current.copyFor(this.#owner);
    this.#ownTable(table).records.replace(record, own);
    return own;
  }

  #ownTable(id: string): Table {
    const table = this.#tables.get(id);
    if (table?.owner === this.#owner) return table;
    const records = table?.records.copy() ?? new RecordLayers<StoredRecord>();
    const own: Table = { owner: this.#owner, records, latest: table?.latest };
    this.#tables.set(id, own);
    return own;
  }
}

function recordMissing(place: Place): DatastoreError {
  return new DatastoreError('record-missing', 'there is no such record', place);
}
