import { DatastoreError } from './datastore-error.js';
import { quote } from './quote.js';

/** The error of an argument or option that is not what it must be: `options must be an object, got null`. */
export function invalidArgument(rule: string, given: unknown): DatastoreError {
  return new DatastoreError('invalid-option', `${rule}, got ${quote(given)}`);
}

/** The same for what may be a secret, of which the message tells the type only. */
export function invalidSecret(rule: string, given: unknown): DatastoreError {
  const kind = given === undefined || given === null ? String(given) : `a value of type ${typeof given}`;
  return new DatastoreError('invalid-option', `${rule}, got ${kind}`);
}

/**
 * Options as they were given. A key that is not known is an error, because it is most likely a typo.
 *
 * @param known all keys that the options may have.
 * @param what they are called.
 * @throws DatastoreError `invalid-option`.
 */
export function checkOptions<Options extends object>(
  options: Options,
  known: Readonly<{ [Key in keyof Options]-?: true }>,
  what = 'options',
): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidArgument(`${what} must be an object`, options);
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

/** @throws DatastoreError `invalid-option` unless a listener is a function, or absent. */
export function checkListener(listener: unknown, name: string): void {
  if (listener !== undefined && typeof listener !== 'function') {
    throw invalidArgument(`${name} must be a function`, listener);
  }
}

/** @throws DatastoreError `invalid-option` for anything but true and false. */
export function checkBoolean(given: unknown, what: string): void {
  if (typeof given !== 'boolean') throw invalidArgument(`${what} must be true or false`, given);
}

/** @throws DatastoreError `invalid-option` for anything but a string. */
export function checkString(given: unknown, what: string): void {
  if (typeof given !== 'string') throw invalidArgument(`${what} must be a string`, given);
}

/**
 * @param hint what to do where a method is missing, such as `: use this`.
 * @throws DatastoreError `invalid-option` unless `given` is an object with all these methods.
 */
export function checkMethods<Type extends object>(
  given: unknown,
  what: string,
  methods: readonly (keyof Type & string)[],
  hint = '',
): asserts given is Type {
  if (typeof given !== 'object' || given === null) throw invalidArgument(`${what} must be an object`, given);
  for (const method of methods) {
    if (typeof (given as Partial<Record<string, unknown>>)[method] === 'function') continue;
    throw invalidArgument(`${what} must have a method ${method}${hint}`, given);
  }
}
