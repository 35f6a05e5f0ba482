import { changesIn, type Delta, deltaOf } from '../../deltas/delta.js';
import { deltaWithoutBefore } from '../../deltas/without-before.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import type { Change } from '../../operations/change.js';
import { insertsOf, type State, stateOfInserts } from '../../state/state.js';
import { ByteReader, ByteWriter } from './byte-column.js';
import { CHANGE_COLUMN_COUNT, ChangeReader, ChangeWriter } from './change-columns.js';
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
  const sequences = [insertsOf(state), ...deltas.map(changesIn)];
  const counts = new ByteWriter();
  const inventory = new Inventory();
  for (const name of names) inventory.names.add(name);
  for (const sequence of sequences) for (const change of sequence) inventory.addChange(change);
  const writer = new ChangeWriter(inventory);
  for (const sequence of sequences) {
    counts.varint(sequence.length);
    writer.write(sequence);
  }
  return { columns: [counts.finish(), ...writer.finish()], names: writer.names };
}

/**
 * Reads what {@link encodeHistory} writes. `readFurther` reads other columns that use names, before it is checked that
 * every name is used.
 *
 * @throws DatastoreError `invalid-binary`.
 */
export function decodeHistory(columns: readonly Uint8Array[], readFurther: (names: NameTable) => void): History {
  const [countColumn = new Uint8Array(), ...changeColumns] = columns;
  const counts = new ByteReader(countColumn, 'counts');
  const changes = new ChangeReader(changeColumns);
  const inserts = changes.inserts(counts.varint());
  const deltas: Delta[] = [];
  while (!counts.isAtEnd) {
    const delta = changes.changes(counts.varint());
    if (!isTravelling(delta)) counts.fail('a delta is not in normal form without before');
    deltas.push(deltaOf(delta));
  }
  readFurther(changes.names);
  changes.finish();
  return { state: stateOfInserts(inserts), deltas };
}

/** Whether changes are in normal form and without `before`: the form in which deltas are sent. */
function isTravelling(changes: readonly Change[]): boolean {
  try {
    const columns = ChangeWriter.encode(changesIn(deltaWithoutBefore(deltaOf(changes))));
    return ChangeWriter.encode(changes).every((column, at) => isSame(column, columns[at]));
  } catch (error) {
    if (error instanceof DatastoreError) return false;
    throw error;
  }
}

function isSame(left: Uint8Array, right: Uint8Array | undefined): boolean {
  return left.length === right?.length && left.every((byte, at) => byte === right[at]);
}
