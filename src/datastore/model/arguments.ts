import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { isPromiseLike } from '../../values/brands.js';

/**
 * Runs a function that must be done when it returns.
 *
 * @param what it edits, such as `a batch`.
 * @throws DatastoreError `invalid-option` if it returns a promise; and what it throws.
 */
export function runAtOnce<Result>(edit: () => Result, what: string): Result {
  const result = edit();
  if (!isPromiseLike(result)) return result;
  // Nobody else handles what it rejects with. That it is a promise is the error.
  result.then(undefined, () => undefined);
  throw new DatastoreError('invalid-option', `the edit of ${what} must not be async, or return a promise`);
}

/** The error for an invalid id of a datastore. */
export function invalidDatastoreId(id: unknown): DatastoreError {
  const hidden = 'use 1–64 of a–z 0–9 . _ -, not beginning or ending with a dot';
  const shareable = 'or, for one to share, a dot and 1–63 of A–Z a–z 0–9 - _';
  return new DatastoreError('invalid-name', `invalid datastore id ${quote(id)}: ${hidden}; ${shareable}`);
}
