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

  /** All entries, in code point order of table and record. Ids are ASCII, for which every sort order is that. */
  *sorted(): Generator<{ readonly table: string; readonly record: string; readonly entry: Entry }> {
    for (const table of [...this.#tables.keys()].sort()) {
      const records = this.#tables.get(table) as Map<string, Entry>;
      for (const record of [...records.keys()].sort()) yield { table, record, entry: records.get(record) as Entry };
    }
  }
}
