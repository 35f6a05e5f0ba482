import type { Environment } from '../manager/environment.js';
import { ConformanceError, shown } from './conformance-case.js';

/** How a suite waits for what it tests. */
export interface ConformanceOptions {
  /** Whose timers it takes: `environmentOf(globalThis)`. Without it there is no deadline, and a case may never end. */
  readonly environment?: Pick<Environment, 'schedule'>;
  /** How long a call may take, and an event may be awaited, in milliseconds: a minute unless given. */
  readonly deadline?: number;
}

/** Waits for something, which fails with a short message if it does not come in time. */
export type Patience = <Answer>(what: string, call: () => Answer | PromiseLike<Answer>) => Promise<Answer>;

/** @throws ConformanceError from what it returns, if it waits for too long. */
export function patienceOf({ environment, deadline = 60_000 }: ConformanceOptions): Patience {
  return async (what, call) => {
    if (environment === undefined) return await call();
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = environment.schedule(deadline, () => {
        reject(new ConformanceError(`${what} did not come within ${deadline} ms`));
      });
    });
    try {
      return await Promise.race([call(), late]);
    } finally {
      cancel();
    }
  };
}

/**
 * The methods of an implementation, each with a deadline. They give promises whatever it gives, so that a case that is
 * not about that goes on.
 *
 * @throws ConformanceError if a method is missing.
 */
export function watchedCalls<Target extends object, Name extends keyof Target & string>(
  what: string,
  target: Target,
  names: readonly Name[],
  patience: Patience,
): Pick<Target, Name> {
  expectMethods(what, target, names);
  const calls = names.map((name) => {
    const call = (...args: unknown[]): Promise<unknown> =>
      patience(`the answer of ${name}`, () => (target[name] as (...args: unknown[]) => unknown)(...args));
    return [name, call] as const;
  });
  return Object.fromEntries(calls) as unknown as Pick<Target, Name>;
}

/** @throws ConformanceError unless an object has these methods. */
export function expectMethods(what: string, target: unknown, names: readonly string[]): void {
  for (const name of names) {
    const method = (target as Readonly<Record<string, unknown>> | undefined | null)?.[name];
    if (typeof method !== 'function') throw new ConformanceError(`${what} has no method ${name}; got ${shown(target)}`);
  }
}

/** Makes a call that must give a promise, whether it succeeds or fails. @throws ConformanceError if it does not. */
export async function expectPromise(what: string, patience: Patience, call: () => unknown): Promise<void> {
  let answer: unknown;
  try {
    answer = call();
  } catch (error) {
    throw new ConformanceError(`${what} threw ${shown(error)}: expected a promise that rejects`, error);
  }
  const isPromise = typeof (answer as { then?: unknown } | undefined | null)?.then === 'function';
  if (!isPromise) throw new ConformanceError(`${what} gave ${shown(answer)}: expected a promise`);
  await patience(`the answer of ${what}`, () => answer).catch((error: unknown) => {
    if (error instanceof ConformanceError) throw error;
  });
}
