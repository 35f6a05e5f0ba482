import { checkMethods, invalidArgument } from '../../errors/arguments.js';
import { encodeBase64Url } from '../../values/wire.js';

/** What the datastore layer takes from the machine, and takes in no other way: time, timers and randomness. */
export interface Environment {
  /** The time in milliseconds since 1970 UTC. Sealed edits are marked with it. */
  now(): number;
  /** Runs `task` once after `delay` milliseconds, unless the returned function is called before. */
  schedule(delay: number, task: () => void): () => void;
  /** `count` unpredictable bytes, for ids, nonces and the jitter of retries. */
  randomBytes(count: number): Uint8Array;
}

/** What `new Uint8Array(1)` is: the type took a parameter from TypeScript 5.7 on, which older compilers do not know. */
type NewBytes = ReturnType<Uint8ArrayConstructor['of']>;

/** The part of a JavaScript global object that {@link environmentOf} uses. */
export interface GlobalScope<Timer> {
  /** The clock of an {@link Environment}. */
  readonly Date: {
    /** Milliseconds since 1970 UTC. */
    now(): number;
  };
  /** The source of its random bytes. */
  readonly crypto: {
    /** Fills bytes with random ones. */
    getRandomValues(bytes: NewBytes): unknown;
  };
  /** Runs a task once, after a delay in milliseconds. */
  readonly setTimeout: (task: () => void, delay: number) => Timer;
  /** Cancels a task that has not run. */
  readonly clearTimeout: (timer: Timer) => void;
}

/**
 * The environment of a browser, a worker, Node, Deno or Bun: `environmentOf(globalThis)`.
 *
 * @throws DatastoreError `invalid-option` if something of it is missing.
 */
export function environmentOf<Timer>(scope: GlobalScope<Timer>): Environment {
  const given: Partial<GlobalScope<Timer>> = scope ?? {};
  const used = {
    ...{ 'Date.now': given.Date?.now, 'crypto.getRandomValues': given.crypto?.getRandomValues },
    ...{ setTimeout: given.setTimeout, clearTimeout: given.clearTimeout },
  };
  for (const [name, part] of Object.entries(used)) {
    if (typeof part === 'function') continue;
    throw invalidArgument(`environmentOf takes globalThis, or an object with a function ${name}`, scope);
  }
  return {
    now: () => scope.Date.now(),
    schedule(delay, task) {
      const timer = scope.setTimeout(task, delay);
      return () => scope.clearTimeout(timer);
    },
    randomBytes(count) {
      const bytes = new Uint8Array(count);
      scope.crypto.getRandomValues(bytes);
      return bytes;
    },
  };
}

/** @throws DatastoreError `invalid-option`. */
export function checkEnvironment(given: unknown): asserts given is Environment {
  const methods = ['now', 'schedule', 'randomBytes'] as const;
  checkMethods<Environment>(given, 'environment', methods, ': use environmentOf(globalThis)');
}

const NONCE_BYTES = 16;
/** Knowing the id of a public datastore is enough to open it, so it must be as hard to guess as a key. */
const SHAREABLE_BYTES = 32;

/** A nonce or a record id: 128 random bits as 22 characters. Spec: SYNC-2. */
export function randomName(environment: Environment): string {
  return encodeBase64Url(environment.randomBytes(NONCE_BYTES));
}

/** The id of a new shareable datastore: a dot and 43 characters. Spec: NAME-4. */
export function randomShareableId(environment: Environment): string {
  return `.${encodeBase64Url(environment.randomBytes(SHAREABLE_BYTES))}`;
}

/**
 * Tells `onFailure` of a failure that no caller waits for. Without one it is thrown from a timer, as an uncaught error; and
 * so is what `onFailure` throws, which must not disturb the code that failed first.
 */
export function tellFailure(
  error: unknown,
  { onFailure, environment }: { readonly onFailure?: (error: unknown) => void; readonly environment: Environment },
): void {
  const raise = (uncaught: unknown): void => {
    environment.schedule(0, () => {
      throw uncaught;
    });
  };
  try {
    if (onFailure === undefined) raise(error);
    else onFailure(error);
  } catch (another) {
    raise(another);
  }
}
