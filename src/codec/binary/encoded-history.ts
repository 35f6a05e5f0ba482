import { type Delta, deltaInNormalForm } from '../../deltas/delta.js';
import { changeWithoutBefore } from '../../deltas/invert.js';
import { isInNormalForm } from '../../deltas/normal-form.js';
import type { Change } from '../../operations/change.js';
import { insertsOf, type State, stateOfInserts } from '../../state/state.js';
import { someOf } from '../../values/frozen-array.js';
import { ByteReader, ByteWriter } from './byte-column.js';
import { CHANGE_COLUMN_COUNT, ChangeReader, ChangeWriter, rowsOf } from './change-columns.js';
import { COST, type MemoryBudget } from './memory-budget.js';
import { Inventory, type NameIndex, type NameTable } from './shared-tables.js';

/** A state, and deltas that follow it or lead to it. They share the columns of changes. */
export interface History {
  readonly state: State;
  /** In normal form, without `before`. */
  readonly deltas: readonly Delta[];
}

/** How many columns {@link encodeHistory} writes: the counts, and then the columns of changes. */
export const HISTORY_COLUMN_COUNT: number = 1 + CHANGE_COLUMN_COUNT;

/**
 * Writes a history. `names` are further names that need a number.
 *
 * @returns the columns, and the numbers of names. Spec: BIN-22.
 */
export function encodeHistory(
  { state, deltas }: History,
  names: Iterable<string>,
): { columns: readonly Uint8Array[]; names: NameIndex } {
  const sequences = [insertsOf(state), ...deltas].map(rowsOf);
  const counts = new ByteWriter();
  const inventory = new Inventory();
  for (const name of names) inventory.names.add(name);
  for (const rows of sequences) inventory.addRows(rows);
  const writer = new ChangeWriter(inventory);
  for (const rows of sequences) {
    counts.varint(rows.ends.length);
    writer.write(rows);
  }
  return { columns: [counts.finish(), ...writer.finish()], names: writer.names };
}

/**
 * Reads what {@link encodeHistory} writes. `readFurther` reads other columns that use names, before it is checked that
 * every name is used.
 *
 * @throws DatastoreError `invalid-binary`.
 */
export function decodeHistory(
  columns: readonly Uint8Array[],
  budget: MemoryBudget,
  readFurther: (names: NameTable) => void,
): History {
  const [countColumn = new Uint8Array(), ...changeColumns] = columns;
  const counts = new ByteReader(countColumn, 'counts');
  const changes = new ChangeReader(changeColumns, budget);
  const inserts = changes.inserts(counts.varint());
  const deltas: Delta[] = [];
  while (!counts.isAtEnd) {
    budget.take(COST.list);
    const delta = changes.changes(counts.varint());
    if (!isInNormalForm(delta) || someOf(delta, saysBefore)) {
      counts.fail('a delta is not in normal form without before');
    }
    deltas.push(deltaInNormalForm(delta));
  }
  readFurther(changes.names);
  changes.finish();
  return { state: stateOfInserts(inserts), deltas };
}

/** Whether a change says what it overwrote: the deltas that are sent and stored do not. */
function saysBefore(change: Change): boolean {
  return changeWithoutBefore(change) !== change;
}
