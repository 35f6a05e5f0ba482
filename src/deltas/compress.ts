import type { Delta } from '../operations/change.js';
import { ownDelta } from '../operations/ownership.js';
import { visitEach } from '../values/frozen-array.js';
import { DeltaDraft } from './delta-draft.js';
import { asNormalForm, isInNormalForm, isNormalForm } from './normal-form.js';

/**
 * The smallest delta that does what `changes` do, in normal form: per record at most one change, or a delete and then
 * an insert; per field one operation; sorted by table, record and field in code point order. Where the changes are
 * applied, each `before` is the oldest of its place.
 *
 * Laws: `state · compress(d) = state · d` (NORM-1); compressing is idempotent; merging is defined on normal forms.
 *
 * @throws DatastoreError for malformed changes, and where a change cannot follow the ones before it.
 * Spec: NORM-1 to NORM-9, NORM-11.
 */
export function compress(changes: Delta): Delta {
  if (isNormalForm(changes)) return changes;
  return compressOwned(ownDelta(changes));
}

/**
 * The delta that does what `deltas` do one after the other, in normal form.
 *
 * Law: composing is associative, and `compose()` is the delta that does nothing.
 *
 * @throws DatastoreError as {@link compress} does.
 * Spec: NORM-10.
 */
export function compose(...deltas: readonly Delta[]): Delta {
  return composeAll(deltas);
}

/** {@link compose} for any number of deltas: a call takes only so many arguments. */
export function composeAll(deltas: readonly Delta[]): Delta {
  return compressOwned(deltas.flatMap((delta) => (isNormalForm(delta) ? delta : ownDelta(delta))));
}

/** {@link compress} for changes that are the engine's own. */
export function compressOwned(changes: Delta): Delta {
  if (isInNormalForm(changes)) return asNormalForm(changes);
  const draft = new DeltaDraft();
  visitEach(changes, (change, position) => draft.add(change, position));
  return draft.finish();
}
