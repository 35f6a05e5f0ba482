import { DatastoreError } from '../../errors/datastore-error.js';

/**
 * Runs an edit of one change. An error says where in the data it lies, but not at which position of a delta, which the
 * caller knows nothing of.
 */
export function withoutPosition<Result>(edit: () => Result): Result {
  try {
    return edit();
  } catch (error) {
    if (!(error instanceof DatastoreError) || error.position === undefined) throw error;
    const { code, reason, table, record, field, index } = error;
    throw new DatastoreError(code, reason, { table, record, field, index });
  }
}
