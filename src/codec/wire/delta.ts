import { Delta, type DeltaInput, deltaOf } from '../../deltas/delta.js';
import { parseChange, parseChanges, type WireChange } from '../../operations/wire.js';
import { expectArray, expectItems } from '../../values/json.js';

/**
 * Reads a delta from parsed JSON, an array of wire changes.
 *
 * @throws DatastoreError `invalid-json`, `invalid-name` or `invalid-value`, naming the position of the change, and what
 * `Delta.from` throws.
 * Law: `parseDelta(formatDelta(d))` is `d` without `before`. Spec: WIRE-6 to WIRE-9.
 */
export function parseDelta(json: unknown): Delta {
  const changes = expectArray(json, 'a delta');
  try {
    return deltaOf(parseChanges(changes));
  } catch (error) {
    // Read one by one, each change has its own position.
    deltaOf(expectItems(json, 'a delta', parseChange));
    throw error;
  }
}

/**
 * Writes a delta as an array of wire changes. One wire update carries one operation per field and at most one list
 * operation, so a delta has as many wire changes as `sizeOfDelta` counts. `before` is left out.
 * Spec: WIRE-6 to WIRE-9.
 */
export function formatDelta(delta: DeltaInput): WireChange[] {
  return Delta.from(delta).toJSON();
}
