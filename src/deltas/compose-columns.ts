import {
  type CellBefore,
  type RecordColumns,
  RecordColumnsBuilder,
  startOfRow,
  UNKNOWN,
} from '../operations/record-columns.js';
import { RecordMap } from '../operations/record-map.js';
import { isNormalChange, normalFormOf } from './normal-form.js';

/**
 * The normal form of columns: themselves where they are in normal form, and nothing where a record has several changes that are not
 * all in cells. Those are for a `DeltaDraft`, and so is everything that may not fit.
 *
 * Law: it is what a `DeltaDraft` makes of the changes. Spec: NORM-2 to NORM-4, NORM-8, NORM-9.
 */
export function composeColumns(columns: RecordColumns): RecordColumns | undefined {
  const { tables, records, others, ends } = columns;
  let isAscending = true;
  for (let row = 0; row < ends.length; row++) {
    const other = others?.[row];
    if (other === undefined ? startOfRow(columns, row) === ends[row] : !isNormalChange(other)) return undefined;
    if (row > 0 && !isBefore(columns, row - 1, row)) isAscending = false;
  }
  if (isAscending) return columns;
  const latest = new RecordMap<number>();
  const previousOf = new Int32Array(ends.length).fill(-1);
  for (let row = 0; row < ends.length; row++) {
    const [table, record] = [tables[row] as string, records[row] as string];
    const previous = latest.get(table, record);
    latest.set(table, record, row);
    if (previous === undefined) continue;
    if (others?.[row] !== undefined || others?.[previous] !== undefined) return undefined;
    previousOf[row] = previous;
  }
  const composed = new RecordColumnsBuilder();
  for (const { table, record, entry } of latest.sorted()) {
    if (previousOf[entry] === -1) {
      composed.addRow(columns, entry);
      continue;
    }
    const rows: number[] = [];
    for (let row = entry; row !== -1; row = previousOf[row] as number) rows.push(row);
    addComposed(composed, columns, rows.reverse());
    composed.endUpdate(table, record);
  }
  return composed.finish();
}

/** Applied columns of a normal form as a normal form, as `normalFormOf` makes it of objects. Spec: NORM-9. */
export function normalColumnsOf(applied: RecordColumns): RecordColumns {
  const others = applied.others?.map((change, row, all) => {
    const previous = all[row - 1];
    return change === undefined || previous === undefined ? change : normalFormOf([previous, change])[1];
  });
  return { ...applied, others };
}

/** Adds the cells of one record: of each field the last value, and the oldest `before` if all are known. */
function addComposed(composed: RecordColumnsBuilder, columns: RecordColumns, rows: readonly number[]): void {
  const { ends, fields, values, befores } = columns;
  const cells = new Map<string, number>();
  const oldest = new Map<string, CellBefore>();
  for (const row of rows) {
    for (let cell = startOfRow(columns, row); cell < (ends[row] as number); cell++) {
      const field = fields[cell] as string;
      const before = befores === undefined ? UNKNOWN : (befores[cell] as CellBefore);
      if (before === UNKNOWN || !cells.has(field)) oldest.set(field, before);
      cells.set(field, cell);
    }
  }
  for (const field of [...cells.keys()].sort()) {
    composed.cell(field, values[cells.get(field) as number], oldest.get(field) as CellBefore);
  }
}

function isBefore({ tables, records }: RecordColumns, left: number, right: number): boolean {
  const [table, other] = [tables[left] as string, tables[right] as string];
  return table === other ? (records[left] as string) < (records[right] as string) : table < other;
}
