import type { Change } from '../operations/change.js';
import { RecordMap } from '../operations/record-map.js';
import { comparePlaces, editAt, type PlacedEdit, positionOfRecord } from './normal-form.js';

/** What one of several deltas does to a record, and which of them it is. */
export interface FoundEdit {
  readonly deltaIndex: number;
  readonly placed: PlacedEdit;
}

/** A search for what each of several deltas does to a record, answered in their order. */
export type EditFinder = (table: string, record: string) => readonly FoundEdit[];

/**
 * Searches normal forms. Records are best asked for in the order of a normal form.
 *
 * A few records are looked up in each delta on its own, so that other records are not visited. Where
 * that would take more steps than there are changes, all are sorted into one map first: so a search for many records in
 * many deltas costs what both weigh, and not one times the other.
 *
 * @param recordCount about how many records will be asked for.
 */
export function editFinder(normalForms: readonly (readonly Change[])[], recordCount: number): EditFinder {
  const changeCount = normalForms.reduce((sum, { length }) => sum + length, 0);
  if (normalForms.length === 1 || normalForms.length * recordCount <= changeCount) return stepwiseFinder(normalForms);
  const found = new RecordMap<FoundEdit[]>();
  normalForms.forEach((normalForm, deltaIndex) => {
    for (let placed = editAt(normalForm, 0); placed !== undefined; placed = editAt(normalForm, placed.end)) {
      const { table, record } = placed;
      const edits = found.get(table, record);
      if (edits === undefined) found.set(table, record, [{ deltaIndex, placed }]);
      else edits.push({ deltaIndex, placed });
    }
  });
  return (table, record) => found.get(table, record) ?? [];
}

/** Goes on from the record before, and begins again for one that comes earlier. */
function stepwiseFinder(normalForms: readonly (readonly Change[])[]): EditFinder {
  const positions = normalForms.map(() => 0);
  let last = { table: '', record: '' };
  return (table, record) => {
    const place = { table, record };
    if (comparePlaces(place, last) < 0) positions.fill(0);
    last = place;
    const found: FoundEdit[] = [];
    for (let deltaIndex = 0; deltaIndex < normalForms.length; deltaIndex++) {
      const normalForm = normalForms[deltaIndex] as readonly Change[];
      const position = positionOfRecord(normalForm, table, record, positions[deltaIndex] ?? 0);
      positions[deltaIndex] = position;
      const change = normalForm[position];
      if (change?.record !== record || change.table !== table) continue;
      const placed = editAt(normalForm, position);
      if (placed !== undefined) found.push({ deltaIndex, placed });
    }
    return found;
  };
}
