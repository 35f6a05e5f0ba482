import { DatastoreError, errorWithCode, type Place } from '../../errors/datastore-error.js';

/**
 * Runs an edit. Where it is refused, the error names the part of the place that means anything to the caller: the core
 * edits by deltas, and an application knows nothing of positions in them.
 */
export function relocated<Result>(visible: (place: Place) => Place, edit: () => Result): Result {
  try {
    return edit();
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    throw errorWithCode(error.code, error.reason, visible(error));
  }
}
