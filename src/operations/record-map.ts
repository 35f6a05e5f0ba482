import { sortedEntries } from '../values/fields.js';

/** Something kept for each of many records, by table id and record id. */
export class RecordMap<Entry> {
  readonly #tables = new Map<string, Map<string, Entry>>();

  get(table: string, record: string): Entry | undefined {
    return this.#tables.get(table)?.get(record);
  }

  set(table: string, record: string, entry: Entry): void {
    let records = this.#tables.get(table);
    if (records === undefined) {
      records = new Map();
      this.#tables.set(table, records);
    }
    records.set(record, entry);
  }

  /** All entries, in code point order of table and record. */
  *sorted(): Generator<{ readonly table: string; readonly record: string; readonly entry: Entry }> {
    for (const [table, records] of sortedEntries(this.#tables)) {
      for (const [record, entry] of sortedEntries(records)) yield { table, record, entry };
    }
  }
}
