import { deltaOf } from '../../deltas/delta.js';
import { type LogEntry, seenMember, seenOf } from '../../sync/messages.js';
import { ByteReader, ByteWriter } from './byte-column.js';
import { CHANGE_COLUMN_COUNT, ChangeReader, ChangeWriter } from './change-columns.js';
import { decodeDelta, encodeDelta } from './encoded-delta.js';
import { packColumns, startsAs, unpackColumns } from './envelope.js';
import { MemoryBudget, UNLIMITED } from './memory-budget.js';

/**
 * What a store of logs keeps of an entry beside its revision and nonce: the file of its delta, or, if its author had not
 * seen all that came before it, a file that says so too.
 *
 * Law: `decodeEntry(encodeEntry(e), e.rev, e.nonce)` is `e`. Spec: BIN-28.
 */
export function encodeEntry(entry: LogEntry): Uint8Array {
  const unseen = entry.rev - 1 - seenOf(entry);
  if (unseen === 0) return encodeDelta(entry.delta);
  const head = new ByteWriter();
  head.varint(unseen);
  return packColumns('deltaic/entry', [head.finish(), ...ChangeWriter.encode(entry.delta)]);
}

/**
 * Reads an entry of a store that the server trusts: memory is not bounded.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`. Spec: BIN-28.
 */
export function decodeEntry(bytes: Uint8Array, rev: number, nonce: string): LogEntry {
  if (!startsAs(bytes, 'deltaic/entry')) return { rev, nonce, delta: decodeDelta(bytes, UNLIMITED) };
  const [headColumn, ...columns] = unpackColumns(bytes, 'deltaic/entry', 1 + CHANGE_COLUMN_COUNT) as readonly [
    Uint8Array,
    ...Uint8Array[],
  ];
  const head = new ByteReader(headColumn, 'head');
  const unseen = head.varint();
  if (unseen === 0 || unseen > rev - 1)
    head.fail('the number of unseen entries must be from 1 to the number of earlier entries');
  head.finish();
  const reader = new ChangeReader(columns, new MemoryBudget(UNLIMITED));
  const delta = deltaOf(reader.rows());
  reader.finish();
  return { rev, nonce, ...seenMember(rev - 1 - unseen, rev - 1), delta };
}
