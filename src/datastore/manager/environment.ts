/** What this layer takes from the machine that it runs on, and takes in no other way: time, timers and chance. */
export interface Environment {
  /** The time in milliseconds since 1970 UTC: what edits are marked with. */
  now(): number;
  /** Runs `task` once, in `delay` milliseconds, unless the function that is returned is called before. */
  schedule(delay: number, task: () => void): () => void;
  /** `count` bytes that nobody can guess. Ids, nonces and the jitter of retries are made of them. */
  randomBytes(count: number): Uint8Array;
}

/** What `new Uint8Array(1)` is: the type took a parameter from TypeScript 5.7 on, which older compilers do not know. */
type NewBytes = ReturnType<Uint8ArrayConstructor['of']>;

/** The part of a JavaScript global object that {@link environmentOf} uses. */
export interface GlobalScope<Timer> {
  readonly Date: { now(): number };
  readonly crypto: { getRandomValues(bytes: NewBytes): unknown };
  readonly setTimeout: (task: () => void, delay: number) => Timer;
  readonly clearTimeout: (timer: Timer) => void;
}

/** The environment of a browser, a worker, Node, Deno or Bun: `environmentOf(globalThis)`. */
export function environmentOf<Timer>(scope: GlobalScope<Timer>): Environment {
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
