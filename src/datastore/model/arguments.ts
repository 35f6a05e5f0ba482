import { invalidArgument } from '../../errors/arguments.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { isPromiseLike } from '../../values/brands.js';

/**
 * Options as they were given. A key that is not known is an error, because it is most likely a typo.
 *
 * @param known all keys that the options may have.
 * @throws DatastoreError `invalid-option`.
 */
export function checkOptions<Options extends object>(
  options: Options,
  known: Readonly<{ [Key in keyof Options]-?: true }>,
): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidArgument('options must be an object', options);
  }
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(known, key)) {
      throw new DatastoreError('invalid-option', `unknown option ${quote(key)}: use ${Object.keys(known).join(', ')}`);
    }
  }
  return options;
}

/** @throws DatastoreError `invalid-option` for anything but a function. */
export function checkFunction(given: unknown, what: string): void {
  if (typeof given !== 'function') throw invalidArgument(`${what} must be a function`, given);
}

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

/** @throws DatastoreError `invalid-option` for anything but true and false. */
export function checkBoolean(given: unknown, what: string): void {
  if (typeof given !== 'boolean') throw invalidArgument(`${what} must be true or false`, given);
}

/** @throws DatastoreError `invalid-option` unless `given` is an object with all these methods. */
export function checkMethods<Type extends object>(
  given: unknown,
  what: string,
  methods: readonly (keyof Type & string)[],
): asserts given is Type {
  if (typeof given !== 'object' || given === null) throw invalidArgument(`${what} must be an object`, given);
  for (const method of methods) {
    if (typeof (given as Partial<Record<string, unknown>>)[method] === 'function') continue;
    throw invalidArgument(`${what} must have a method ${method}`, given);
  }
}

/** The error for an invalid id of a datastore. */
export function invalidDatastoreId(id: unknown): DatastoreError {
  const hidden = 'use 1–64 of a–z 0–9 . _ -, not beginning or ending with a dot';
  const shareable = 'or, for one to share, a dot and 1–63 of A–Z a–z 0–9 - _';
  return new DatastoreError('invalid-name', `invalid datastore id ${quote(id)}: ${hidden}; ${shareable}`);
}
