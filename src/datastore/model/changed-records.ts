import type { Delta } from '../../operations/change.js';
import type { RecordsByTable } from '../../sync/sync-result.js';
import type { ChangedRecords } from './events.js';
import type { Record, Table } from './table.js';

/** The records that a delta touches. */
export function recordsIn(delta: Delta): RecordsByTable {
  const records = new Map<string, Set<string>>();
  for (const { table, record } of delta) {
    const ids = records.get(table) ?? new Set<string>();
    records.set(table, ids.add(record));
  }
  return records;
}

/** Reserved tables hold what there is to say about the datastore itself, and are not shown among the others. */
export function isReserved(table: string): boolean {
  return table.startsWith(':');
}

/** The objects of records by their ids, without those of reserved tables. */
export function changedRecords<Tables>(ids: RecordsByTable, tableOf: (id: string) => Table): ChangedRecords<Tables> {
  const changed = new Map<string, ReadonlySet<Record>>();
  for (const [id, records] of ids) {
    const table = tableOf(id);
    if (!isReserved(id)) changed.set(id, new Set([...records].map((record) => table.record(record))));
  }
  return changed as unknown as ChangedRecords<Tables>;
}
