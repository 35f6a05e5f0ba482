import { ServiceError } from '../../errors/datastore-error.js';
import { isRevision, isValidNonce, ownEntry } from '../../sync/log-entry.js';
import { checkConsecutive, type SavedSequencer } from '../../sync/saved-sequencer.js';
import { stateOfSnapshot } from '../../sync/snapshot.js';
import { ByteReader, invalidBinary } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { decodeHistory, encodeHistory, HISTORY_COLUMN_COUNT } from './encoded-history.js';
import { packColumns, unpackColumns } from './envelope.js';
import { decodeUtf8 } from './utf8.js';

const COLUMN_COUNT = 2 + HISTORY_COLUMN_COUNT;

/**
 * Writes what `Sequencer.save()` gives in the binary form. Equal sequencers give equal bytes.
 *
 * Law: `decodeSequencer(encodeSequencer(s))` is `s`, its deltas in normal form and its rows in order.
 *
 * @throws DatastoreError for what `Sequencer.restore` refuses, `log-mismatch` where a revision has two nonces, or
 * two have one. Spec: BIN-22, BIN-24.
 */
export function encodeSequencer({ snapshot, log }: SavedSequencer): Uint8Array {
  const state = stateOfSnapshot(snapshot);
  const entries = log.map(ownEntry);
  checkConsecutive(entries, snapshot.rev);
  const nonces = noncesOf({ snapshot, log: entries });
  const head = new ByteWriter();
  head.varint(snapshot.rev);
  head.varint(snapshot.nonces.length);
  head.varint((entries.at(-1)?.rev ?? snapshot.rev) - snapshot.rev);
  const names = new ByteWriter();
  names.text(nonces.join(' '));
  const { columns } = encodeHistory({ state, deltas: entries.map(({ delta }) => delta) }, []);
  return packColumns('deltaic/sequencer', [head.finish(), names.finish(), ...columns]);
}

/**
 * Reads what `Sequencer.restore` takes, from bytes that anybody may have made.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`. Spec: BIN-22, BIN-24.
 */
export function decodeSequencer(bytes: unknown): SavedSequencer {
  const [headColumn, nonceColumn, ...columns] = unpackColumns(bytes, 'deltaic/sequencer', COLUMN_COUNT) as readonly [
    Uint8Array,
    Uint8Array,
    ...Uint8Array[],
  ];
  const head = new ByteReader(headColumn, 'head');
  const [rev, snapshotNonceCount, laterCount] = [head.varint(), head.varint(), head.varint()];
  const lastRev = rev + laterCount;
  const { state, deltas } = decodeHistory(columns, () => undefined);
  const firstRev = lastRev - deltas.length + 1;
  if (laterCount > deltas.length || firstRev < 1 || !isRevision(lastRev)) head.fail('the entries do not fit the log');
  head.finish();
  const nonces = decodeNonces(nonceColumn);
  const firstOfNonces = lastRev - nonces.length + 1;
  const expected = Math.min(rev - snapshotNonceCount + 1, firstRev);
  if (firstOfNonces !== expected || firstOfNonces < 1) {
    throw invalidBinary('there are not as many nonces as there should be', nonceColumn.byteOffset);
  }
  const log = deltas.map((delta, at) => {
    const entryRev = firstRev + at;
    return Object.freeze({ rev: entryRev, nonce: nonces[entryRev - firstOfNonces] ?? '', delta });
  });
  const snapshotNonces = nonces.slice(nonces.length - laterCount - snapshotNonceCount, nonces.length - laterCount);
  return { snapshot: { type: 'snapshot', rev, rows: state.toRows(), nonces: snapshotNonces }, log };
}

/** The nonces of all revisions that have one in the snapshot or in the log, which follow one another. */
function noncesOf({ snapshot, log }: SavedSequencer): string[] {
  const byRevision = new Map<number, string>();
  const note = (rev: number, nonce: string): void => {
    if ((byRevision.get(rev) ?? nonce) === nonce) byRevision.set(rev, nonce);
    else throw new ServiceError('log-mismatch', `the snapshot and the log give revision ${rev} different nonces`);
  };
  for (const { rev, nonce } of log) note(rev, nonce);
  snapshot.nonces.forEach((nonce, at) => {
    note(snapshot.rev - snapshot.nonces.length + 1 + at, nonce);
  });
  const nonces = [...byRevision].sort(([left], [right]) => left - right).map(([, nonce]) => nonce);
  if (new Set(nonces).size < nonces.length) throw new ServiceError('log-mismatch', 'two revisions have one nonce');
  return nonces;
}

function decodeNonces(column: Uint8Array): string[] {
  if (column.length === 0) return [];
  const nonces = decodeUtf8(column).split(' ');
  if (!nonces.every(isValidNonce)) throw invalidBinary('this is not a nonce', column.byteOffset);
  if (new Set(nonces).size < nonces.length) throw invalidBinary('a nonce occurs twice', column.byteOffset);
  return nonces;
}
