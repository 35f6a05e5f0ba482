import { insertsOf, type State, stateOfInserts } from '../../state/state.js';
import { CHANGE_COLUMN_COUNT, ChangeReader } from './change-reader.js';
import { ChangeWriter } from './change-writer.js';
import { packColumns, unpackColumns } from './envelope.js';

/**
 * Writes a state in the binary form. Equal states give equal bytes, however they came about.
 *
 * Law: `decodeState(encodeState(s))` holds what `s` holds. Spec: BIN-1 to BIN-21, BIN-25.
 */
export function encodeState(state: State): Uint8Array {
  return packColumns('deltaic/state', ChangeWriter.encode(insertsOf(state)));
}

/**
 * Reads a state from bytes that anybody may have made. Time and memory are bounded by the number of bytes.
 *
 * Law: it reads nothing but what `encodeState` writes: `encodeState(decodeState(b))` is `b`.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`. Spec: BIN-1 to BIN-21, BIN-26.
 */
export function decodeState(bytes: unknown): State {
  const reader = new ChangeReader(unpackColumns(bytes, 'deltaic/state', CHANGE_COLUMN_COUNT));
  const inserts = reader.inserts();
  reader.finish();
  return stateOfInserts(inserts);
}
