import { InvariantError } from '../errors/invariant-error.js';
import type { Delta, DeltaInput } from './delta.js';
import { rebase, type TransformOptions } from './rebase.js';

/**
 * Brings a local delta and a remote one, made on the same state, past each other: local′ applies after remote, remote′
 * after local. Remote is already in the log, local is not.
 *
 * Law 1: `state · remote · local′ = state · local · remote′`, for every rule and every pair of valid deltas.
 *
 * Both results are normal forms. If local is applied, so is local′; remote′ carries no `before`.
 *
 * @throws DatastoreError as {@link rebase} does.
 * Law: MERGE-1. Spec: MERGE-1 to MERGE-10.
 */
export function transform(
  local: DeltaInput,
  remote: DeltaInput,
  options: TransformOptions = {},
): { local: Delta; remote: Delta } {
  const merged = rebase([local], remote, options);
  const [rebased] = merged.pending;
  if (rebased === undefined) throw new InvariantError('rebasing one delta gives one delta');
  return { local: rebased, remote: merged.remote };
}
