import { asNormalForm, isInNormalForm, isNormalForm } from '../../deltas/normal-form.js';
import type { Delta } from '../../operations/change.js';
import { ownDelta } from '../../operations/ownership.js';
import { CHANGE_COLUMN_COUNT, ChangeReader } from './change-reader.js';
import { ChangeWriter } from './change-writer.js';
import { packColumns, unpackColumns } from './envelope.js';
import { isPlainDelta } from './plain-delta.js';

/**
 * Writes a delta in the binary form: the changes in their order, not compressed, and `before` where it is present. Equal
 * deltas give equal bytes, whatever order their fields were set in; compress deltas first to compare what they do.
 *
 * Law: `decodeDelta(encodeDelta(d))` is `d`.
 *
 * @throws DatastoreError for malformed changes, as `compress` does.
 * Spec: BIN-1 to BIN-20, BIN-25.
 */
export function encodeDelta(delta: Delta): Uint8Array {
  const isWellFormed = isNormalForm(delta) || isPlainDelta(delta);
  return packColumns('deltaic/delta', ChangeWriter.encode(isWellFormed ? delta : ownDelta(delta)));
}

/**
 * Reads a delta from bytes that anybody may have made, frozen. Whether the changes fit a state, or one another, is for
 * whoever applies them to see. Time and memory are bounded by the number of bytes.
 *
 * Law: it reads nothing but what `encodeDelta` writes: `encodeDelta(decodeDelta(b))` is `b`.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`.
 * Spec: BIN-1 to BIN-20, BIN-26.
 */
export function decodeDelta(bytes: unknown): Delta {
  const reader = new ChangeReader(unpackColumns(bytes, 'deltaic/delta', CHANGE_COLUMN_COUNT));
  const delta = reader.delta();
  reader.finish();
  return isInNormalForm(delta) ? asNormalForm(delta) : delta;
}
