import { parseState } from '../codec/wire/state.js';
import { ServiceError } from '../errors/datastore-error.js';
import type { State } from '../state/state.js';
import { checkNonce, checkRevision } from './log-entry.js';
import type { Snapshot } from './messages.js';

/**
 * Whether the delta that a replica put against revision `base` is in the state of a snapshot. If it is in the log at
 * all, it is at revision `base` + 1, so the nonce of that revision tells; `unknown` if the snapshot's nonces do not
 * reach back so far. Spec: SYNC-31.
 */
export function findInSnapshot(snapshot: Snapshot, base: number, nonce: string): 'present' | 'absent' | 'unknown' {
  if (snapshot.rev <= base) return 'absent';
  const index = base + 1 - (snapshot.rev - snapshot.nonces.length + 1);
  if (index < 0) return 'unknown';
  return snapshot.nonces[index] === nonce ? 'present' : 'absent';
}

/**
 * The state that a snapshot holds.
 *
 * @throws DatastoreError `invalid-revision`, `invalid-nonce`, `log-mismatch` for more nonces than there are revisions or
 * one that occurs twice, and what reading the rows throws.
 */
export function stateOfSnapshot({ rev, rows, nonces }: Snapshot): State {
  checkRevision(rev);
  nonces.forEach(checkNonce);
  if (nonces.length > rev || new Set(nonces).size < nonces.length) {
    throw new ServiceError('log-mismatch', 'the nonces of a snapshot belong to one revision each');
  }
  return parseState(rows);
}
