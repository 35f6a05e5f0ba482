import { parseDelta } from '../../codec/wire/delta.js';
import { formatState, parseState, type Row } from '../../codec/wire/state.js';
import { composeAll, type Delta } from '../../deltas/delta.js';
import { type DatastoreError, isDatastoreError } from '../../errors/datastore-error.js';
import { expectArray, expectItems, expectObject } from '../../values/json.js';
import { compareText } from '../../values/text.js';
import type { DatastoreCache } from './datastore-cache.js';

/** What would be lost with an account: the edits that the server is not known to have. Spec: BACK-20. */
export interface UnsentEdits {
  /** The datastores with such edits, by id. */
  readonly datastores: readonly UnsentOfDatastore[];
  /** The datastores that may have some and cannot be read, with the reason. */
  readonly unreadable: readonly UnreadableDatastore[];
}

/** The edits of one datastore that the server is not known to have. */
export interface UnsentOfDatastore {
  readonly id: string;
  /**
   * The edits in the order in which they were made, synced or not, with what they overwrote. They fit the state of the log that
   * the device knows.
   */
  readonly deltas: readonly Delta[];
  /** Whether the first of them was sent, and the server may have it. */
  readonly isFirstInDoubt: boolean;
  /** All that the user saw, with these edits. */
  readonly rows: readonly Row[];
}

/** A datastore that cannot be read. */
export interface UnreadableDatastore {
  readonly id: string;
  readonly error: DatastoreError;
}

/**
 * What the server is not known to have of the datastores of an account: as it is in memory where a datastore is, since that
 * may not have been stored, and as it is stored.
 *
 * @throws DatastoreError `storage`.
 */
export async function unsentEdits(
  cache: DatastoreCache,
  inMemory: ReadonlyMap<string, { readonly unsent: UnsentOfDatastore | undefined }>,
): Promise<UnsentEdits> {
  const datastores: UnsentOfDatastore[] = [];
  const unreadable: UnreadableDatastore[] = [];
  for (const id of [...new Set([...cache.summaries.keys(), ...inMemory.keys()])].sort(compareText)) {
    try {
      const live = inMemory.get(id);
      const unsent = live === undefined ? unsentInReplica(id, (await cache.read(id))?.cached.replica) : live.unsent;
      if (unsent !== undefined) datastores.push(unsent);
    } catch (error) {
      if (!isDatastoreError(error) || error.code === 'storage') throw error;
      unreadable.push({ id, error });
    }
  }
  return { datastores, unreadable };
}

/**
 * The edits in a saved replica, or `undefined` if it has none, or there is no replica.
 *
 * @throws DatastoreError `invalid-json`, and what reading rows and applying deltas throw.
 */
export function unsentInReplica(id: string, saved: unknown): UnsentOfDatastore | undefined {
  if (saved === undefined) return undefined;
  const { rows, pending, open, nonce, segments } = expectObject(saved, 'a saved replica');
  const state = parseState(rows);
  const edits = [...expectItems(pending, 'the pending deltas', parseDelta), parseDelta(open)];
  const applied = edits.map((delta) => state.apply(delta));
  // With an undo history, each is a segment of a delta, which it names by a number.
  const deltaOf = segments === undefined ? edits.keys() : expectItems(segments, 'the segments', firstOf);
  const deltas = new Map<unknown, Delta[]>();
  for (const [at, number] of [...deltaOf].entries()) {
    deltas.set(number, [...(deltas.get(number) ?? []), ...applied.slice(at, at + 1)]);
  }
  const unsent = [...deltas.values()].map(composeAll).filter(({ length }) => length > 0);
  if (unsent.length === 0) return undefined;
  return { id, deltas: unsent, isFirstInDoubt: nonce !== null, rows: formatState(state) };
}

function firstOf(segment: unknown): unknown {
  return expectArray(segment, 'a segment')[0];
}
