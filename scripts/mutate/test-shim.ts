/**
 * As much of Vitest as the tests of the core use, without its start, which takes longer than most of them. `expect` is
 * Vitest's own. A run ends with the first test that fails.
 */

import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  customMatchers,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
  // biome-ignore lint/correctness/noUndeclaredDependencies: it comes with vitest, in its version.
} from '@vitest/expect';

type Body = (...given: never[]) => unknown;
type Hook = () => unknown;

interface Test {
  readonly name: string;
  readonly run: () => unknown;
  readonly before: readonly Hook[];
  readonly after: readonly Hook[];
}

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
const matchers = (globalThis as Record<symbol, unknown>)[ASYMMETRIC_MATCHERS_OBJECT];
export const expect: typeof chai.expect = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message),
  chai.expect,
  matchers,
) as never;
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expect, configurable: true });
setState({ assertionCalls: 0, isExpectingAssertions: false, testPath: '' } as never, expect as never);
(chai.expect as unknown as { extend: (to: unknown, matchers: unknown) => void }).extend(expect, customMatchers);

const tests: Test[] = [];
const ends: Hook[] = [];
let prefix: readonly string[] = [];
let [before, after]: (readonly Hook[])[] = [[], []] as const;

interface Definer {
  (name: string, ...rest: readonly unknown[]): void;
  readonly each: (rows: readonly unknown[]) => (name: string, body: Body) => void;
  readonly skipIf: (isSkipped: unknown) => Definer;
}

function definer(define: (name: string, body: Body, given: readonly unknown[]) => void): Definer {
  const plain = (name: string, ...rest: readonly unknown[]): void => {
    const body = rest.find((part) => typeof part === 'function');
    if (body !== undefined) define(name, body as Body, []);
  };
  return Object.assign(plain, {
    each: (rows: readonly unknown[]) => (name: string, body: Body) => {
      for (const row of rows) define(name, body, Array.isArray(row) ? row : [row]);
    },
    skipIf: (isSkipped: unknown) => (isSkipped ? definer(() => undefined) : definer(define)),
  });
}

export const test: Definer = definer((name, body, given) => {
  tests.push({
    name: [...prefix, name].join(' > '),
    run: () => body(...(given as never[])),
    before: before ?? [],
    after: after ?? [],
  });
});
export const it: Definer = test;

export const describe: Definer = definer((name, body, given) => {
  const outside = { prefix, before, after };
  prefix = [...prefix, name];
  body(...(given as never[]));
  ({ prefix, before, after } = outside);
});

const bases: Hook[] = [];
export const beforeAll = (hook: Hook): void => void bases.push(hook);
export const afterAll = (hook: Hook): void => void ends.push(hook);
export const beforeEach = (hook: Hook): void => {
  before = [...(before ?? []), hook];
};
export const afterEach = (hook: Hook): void => {
  after = [...(after ?? []), hook];
};

/** Runs what was defined. @returns the name and the error of the first test that failed. */
export async function runTests(): Promise<{ name: string; error: unknown } | undefined> {
  let name = 'before all tests';
  try {
    for (const hook of bases) await hook();
    for (const each of tests) {
      ({ name } = each);
      for (const hook of each.before) await hook();
      await each.run();
      for (const hook of each.after) await hook();
    }
    name = 'after all tests';
    for (const hook of ends) await hook();
    return undefined;
  } catch (error) {
    return { name, error };
  }
}
