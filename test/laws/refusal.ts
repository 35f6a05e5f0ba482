import { DatastoreError, type DatastoreErrorCode, type Place } from '../../src/index.js';

/** The code of a typed error and the parts of its place that it names. */
export interface Refusal extends Place {
  readonly code: DatastoreErrorCode;
}

/** What the typed error says that `action` throws. Anything else that it throws is passed on. */
export function refusalOf(action: () => unknown): Refusal | undefined {
  try {
    action();
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    const { code, table, record, field, index, position, offset } = error;
    const place = Object.entries({ table, record, field, index, position, offset }).filter(
      ([, part]) => part !== undefined,
    );
    return { code, ...Object.fromEntries(place) };
  }
  return undefined;
}
