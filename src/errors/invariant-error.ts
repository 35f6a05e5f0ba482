/**
 * A broken invariant of the engine itself: a defect to report, never a caller's mistake. It is not a
 * `DatastoreError`, so that code which handles bad input cannot swallow it.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Asserts what the surrounding code guarantees. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
