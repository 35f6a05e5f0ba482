import type { Change } from '../operations/change.js';
import { RecordMap } from '../operations/record-map.js';
import { editAt, type PlacedEdit, positionOfRecord } from './record-edit.js';

/** What one of several deltas does to a record, and which of them it is. */
export interface FoundEdit {
  readonly step: number;
  readonly placed: PlacedEdit;
}

/**
 * A search for what each of several normal forms does to a record, answered in their order. The records are asked for in
 * the order in which they stand in a normal form.
 *
 * A few records are looked up in each delta on its own, so that what nobody asks about is not even looked at. Where that
 * would take more steps than there are changes, all are sorted into one map first: so a search for many records in many
 * deltas costs what both weigh, and not one times the other.
 *
 * @param recordCount about how many records will be asked for.
 */
export function editFinder(
  normalForms: readonly (readonly Change[])[],
  recordCount: number,
): (table: string, record: string) => readonly FoundEdit[] {
  const changeCount = normalForms.reduce((sum, { length }) => sum + length, 0);
  if (normalForms.length === 1 || normalForms.length * recordCount <= changeCount) {
    const positions = normalForms.map(() => 0);
    return (table, record) => {
      const found: FoundEdit[] = [];
      for (let step = 0; step < normalForms.length; step++) {
        const normalForm = normalForms[step] as readonly Change[];
        const position = positionOfRecord(normalForm, table, record, positions[step] ?? 0);
        positions[step] = position;
        const change = normalForm[position];
        if (change?.record !== record || change.table !== table) continue;
        const placed = editAt(normalForm, position);
        if (placed !== undefined) found.push({ step, placed });
      }
      return found;
    };
  }
  const found = new RecordMap<FoundEdit[]>();
  normalForms.forEach((normalForm, step) => {
    for (let placed = editAt(normalForm, 0); placed !== undefined; placed = editAt(normalForm, placed.end)) {
      const { table, record } = placed;
      const edits = found.get(table, record);
      if (edits === undefined) found.set(table, record, [{ step, placed }]);
      else edits.push({ step, placed });
    }
  });
  return (table, record) => found.get(table, record) ?? [];
}
