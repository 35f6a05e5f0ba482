import { Delta, type DeltaInput, deltaOf } from '../../deltas/delta.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import type { Change } from '../../operations/change.js';
import { changesOfColumns, type RecordColumns } from '../../operations/record-columns.js';
import { insertsOf, State, stateOfInserts } from '../../state/state.js';
import { CHANGE_COLUMN_COUNT, ChangeReader, ChangeWriter } from './change-columns.js';
import { packColumns, unpackColumns } from './envelope.js';
import { type DecodeOptions, MemoryBudget } from './memory-budget.js';

/**
 * Writes a delta in the binary form, with `before` where it is present. Equal deltas give equal bytes.
 *
 * Law: `decodeDelta(encodeDelta(d))` is `d`.
 *
 * @throws DatastoreError for malformed changes, as `Delta.from` does.
 * Spec: BIN-1 to BIN-20, BIN-25.
 */
export function encodeDelta(delta: DeltaInput): Uint8Array {
  return packColumns('deltaic/delta', ChangeWriter.encode(Delta.from(delta)));
}

/**
 * Reads a delta from untrusted bytes. `State.apply` checks whether it fits a state. Time is
 * bounded by the number of bytes, and memory by `maxBytes`.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`, `decoded-too-large`; and what `Delta.from` throws,
 * for bytes that hold changes that cannot follow one another. Spec: BIN-1 to BIN-20, BIN-26.
 */
export function decodeDelta(bytes: unknown, options?: DecodeOptions): Delta {
  return deltaOf(decodeRows(bytes, options));
}

/** {@link encodeDelta} for changes of the engine's own, in any valid sequence, which are written as they stand. */
export function encodeChanges(changes: readonly Change[]): Uint8Array {
  return packColumns('deltaic/delta', ChangeWriter.encode(changes));
}

/**
 * {@link decodeDelta} for changes as they stand.
 *
 * Law: it reads nothing but what {@link encodeChanges} writes: `encodeChanges(decodeChanges(b))` is `b`.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`, `decoded-too-large`.
 */
export function decodeChanges(bytes: unknown, options?: DecodeOptions): readonly Change[] {
  const rows = decodeRows(bytes, options);
  return 'ends' in rows ? changesOfColumns(rows) : rows;
}

function decodeRows(bytes: unknown, options: DecodeOptions | undefined): readonly Change[] | RecordColumns {
  const budget = new MemoryBudget(options);
  const reader = new ChangeReader(unpackColumns(bytes, 'deltaic/delta', CHANGE_COLUMN_COUNT), budget);
  const rows = reader.rows();
  reader.finish();
  return rows;
}

/**
 * Writes a state in the binary form. Equal states give equal bytes, whatever their history.
 *
 * Law: `decodeState(encodeState(s))` holds what `s` holds.
 *
 * @throws DatastoreError `invalid-option` if it is not a `State`. Spec: BIN-1 to BIN-21, BIN-25.
 */
export function encodeState(state: State): Uint8Array {
  if (!(state instanceof State)) {
    throw new DatastoreError('invalid-option', `encodeState takes a State, got ${quote(state)}`);
  }
  return packColumns('deltaic/state', ChangeWriter.encode(insertsOf(state)));
}

/**
 * Reads a state from untrusted bytes. Time is bounded by the number of bytes, and memory by `maxBytes`.
 *
 * Law: it reads only what `encodeState` writes: `encodeState(decodeState(b))` is `b`.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`, `decoded-too-large`. Spec: BIN-1 to
 * BIN-21, BIN-26, BIN-27.
 */
export function decodeState(bytes: unknown, options?: DecodeOptions): State {
  const budget = new MemoryBudget(options);
  const reader = new ChangeReader(unpackColumns(bytes, 'deltaic/state', CHANGE_COLUMN_COUNT), budget);
  const inserts = reader.inserts();
  reader.finish();
  return stateOfInserts(inserts);
}
