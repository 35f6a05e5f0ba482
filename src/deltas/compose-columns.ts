import {
  type CellBefore,
  compareNames,
  compareRows,
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
    if (row > 0 && compareRows(columns, row - 1, columns, row) >= 0) isAscending = false;
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
    const cells: number[] = [];
    for (let row = entry; row !== -1; row = previousOf[row] as number) {
      for (let cell = startOfRow(columns, row); cell < (ends[row] as number); cell++) cells.push(cell);
    }
    addComposed(composed, columns, cells);
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
function addComposed(composed: RecordColumnsBuilder, columns: RecordColumns, cells: number[]): void {
  const { fields, values, befores } = columns;
  const fieldAt = (at: number): string | undefined => fields[cells[at] as number];
  cells.sort((left, right) => compareNames(fields[left] as string, fields[right] as string) || left - right);
  let oldest: CellBefore = UNKNOWN;
  for (const [at, cell] of cells.entries()) {
    const field = fields[cell] as string;
    const before = befores === undefined ? UNKNOWN : (befores[cell] as CellBefore);
    if (before === UNKNOWN || fieldAt(at - 1) !== field) oldest = before;
    if (fieldAt(at + 1) !== field) composed.cell(field, values[cell], oldest);
  }
}
