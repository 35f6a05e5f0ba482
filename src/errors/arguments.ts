import { DatastoreError } from './datastore-error.js';
import { quote } from './quote.js';

/** The error of an argument or option that is not what it must be: `options must be an object, got null`. */
export function invalidArgument(rule: string, given: unknown): DatastoreError {
  return new DatastoreError('invalid-option', `${rule}, got ${quote(given)}`);
}

/** @throws DatastoreError `invalid-option` unless `options` is an object. */
export function checkIsOptions(options: unknown): asserts options is object {
  if (typeof options !== 'object' || options === null) throw invalidArgument('options must be an object', options);
}

/** @throws DatastoreError `invalid-option` unless a listener is a function, or absent. */
export function checkListener(listener: unknown, name: string): void {
  if (listener !== undefined && typeof listener !== 'function') {
    throw invalidArgument(`${name} must be a function`, listener);
  }
}
