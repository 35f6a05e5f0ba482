import { DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { isRevision, isValidNonce, ownEntry, seenMember, seenOf } from '../../sync/messages.js';
import { checkConsecutive, type SavedSequencer } from '../../sync/sequencer.js';
import { stateOfSnapshot } from '../../sync/snapshot.js';
import { formatState } from '../wire/state.js';
import { ByteReader, ByteWriter, invalidBinary } from './byte-column.js';
import { decodeHistory, encodeHistory, HISTORY_COLUMN_COUNT } from './encoded-history.js';
import { packColumns, unpackColumns } from './envelope.js';
import { COST, type DecodeOptions, MemoryBudget } from './memory-budget.js';
import { decodeUtf8 } from './text-column.js';

const COLUMN_COUNT = 2 + HISTORY_COLUMN_COUNT;

/**
 * Writes a saved sequencer, the result of `Sequencer.save()`, in the binary form. Equal sequencers give equal bytes.
 *
 * Law: `decodeSequencer(encodeSequencer(s))` is `s`, its deltas in normal form and its rows in order.
 *
 * @throws DatastoreError `invalid-option` if it is not a saved sequencer; as `Sequencer.restore`;
 * `log-mismatch` if a revision has two nonces, or two revisions have one. Spec: BIN-22, BIN-24.
 */
export function encodeSequencer(saved: SavedSequencer): Uint8Array {
  if (!isShapedLikeSaved(saved)) {
    const reason = `encodeSequencer takes what \`Sequencer.save()\` returned, got ${quote(saved)}`;
    throw new DatastoreError('invalid-option', reason);
  }
  const { snapshot, log } = saved;
  const state = stateOfSnapshot(snapshot);
  const entries = log.map(ownEntry);
  checkConsecutive(entries, snapshot.rev);
  const nonces = noncesOf({ snapshot, log: entries });
  const head = new ByteWriter();
  head.varint(snapshot.rev);
  head.varint(snapshot.nonces.length);
  head.varint((entries.at(-1)?.rev ?? snapshot.rev) - snapshot.rev);
  const unseen = entries.map((entry) => entry.rev - 1 - seenOf(entry));
  if (unseen.some((count) => count > 0)) for (const count of unseen) head.varint(count);
  const names = new ByteWriter();
  names.text(nonces.join(' '));
  const { columns } = encodeHistory({ state, deltas: entries.map(({ delta }) => delta) }, []);
  return packColumns('deltaic/sequencer', [head.finish(), names.finish(), ...columns]);
}

/**
 * Reads a saved sequencer for `Sequencer.restore` from untrusted bytes.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`, `decoded-too-large`. Spec: BIN-22,
 * BIN-24, BIN-27.
 */
export function decodeSequencer(bytes: unknown, options?: DecodeOptions): SavedSequencer {
  const budget = new MemoryBudget(options);
  const [headColumn, nonceColumn, ...columns] = unpackColumns(bytes, 'deltaic/sequencer', COLUMN_COUNT) as readonly [
    Uint8Array,
    Uint8Array,
    ...Uint8Array[],
  ];
  const head = new ByteReader(headColumn, 'head');
  const [rev, snapshotNonceCount, laterCount] = [head.varint(), head.varint(), head.varint()];
  const lastRev = rev + laterCount;
  const { state, deltas } = decodeHistory(columns, budget, () => undefined);
  const firstRev = lastRev - deltas.length + 1;
  if (laterCount > deltas.length || firstRev < 1 || !isRevision(lastRev))
    head.fail('the number of entries does not match the revisions');
  const unseen = head.isAtEnd ? [] : deltas.map(() => head.varint());
  if (unseen.length > 0 && !unseen.some((count) => count > 0))
    head.fail('counts of unseen entries must be left out if all are 0');
  if (unseen.some((count, at) => count > firstRev + at - 1))
    head.fail('a count of unseen entries is above the number of earlier entries');
  head.finish();
  const nonces = decodeNonces(nonceColumn, budget);
  const firstOfNonces = lastRev - nonces.length + 1;
  const expected = Math.min(rev - snapshotNonceCount + 1, firstRev);
  if (firstOfNonces !== expected || firstOfNonces < 1) {
    throw invalidBinary('the number of nonces does not match the revisions', nonceColumn.byteOffset);
  }
  const log = deltas.map((delta, at) => {
    const entryRev = firstRev + at;
    const seen = seenMember(entryRev - 1 - (unseen[at] ?? 0), entryRev - 1);
    return Object.freeze({ rev: entryRev, nonce: nonces[entryRev - firstOfNonces] ?? '', ...seen, delta });
  });
  const snapshotNonces = nonces.slice(nonces.length - laterCount - snapshotNonceCount, nonces.length - laterCount);
  return { snapshot: { type: 'snapshot', rev, rows: formatState(state), nonces: snapshotNonces }, log };
}

function isShapedLikeSaved(saved: unknown): boolean {
  const { snapshot, log } = (saved ?? {}) as Partial<Readonly<Record<string, unknown>>>;
  const { rows, nonces } = (snapshot ?? {}) as Partial<Readonly<Record<string, unknown>>>;
  return Array.isArray(log) && Array.isArray(rows) && Array.isArray(nonces);
}

/** The nonces of all revisions that have one in the snapshot or in the log. These revisions are consecutive. */
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
  const lastAt = new Map(nonces.map((nonce, at) => [nonce, at]));
  const repeated = nonces.find((nonce, at) => lastAt.get(nonce) !== at);
  if (repeated !== undefined) {
    throw new ServiceError('log-mismatch', `two revisions have the nonce ${quote(repeated)}`);
  }
  return nonces;
}

function decodeNonces(column: Uint8Array, budget: MemoryBudget): string[] {
  if (column.length === 0) return [];
  // At worst they are of one character each.
  budget.take(COST.name * Math.ceil(column.length / 2));
  const nonces = decodeUtf8(column).split(' ');
  if (!nonces.every(isValidNonce)) throw invalidBinary('not a nonce', column.byteOffset);
  if (new Set(nonces).size < nonces.length) throw invalidBinary('a nonce occurs twice', column.byteOffset);
  return nonces;
}
