import { DatastoreError, type DatastoreErrorCode } from '../../errors/datastore-error.js';

/**
 * One test of a contract. A suite is a list of these, for any runner:
 *
 *     for (const { name, run } of storageConformance(open)) test(name, run);
 */
export interface ConformanceCase {
  readonly name: string;
  /** Rejects with a {@link ConformanceError} if the contract is broken. A case that never ends has failed too. */
  readonly run: () => Promise<void>;
}

/** The cases of a suite. Each check gets a fixture of its own, which is closed in any case. */
export function casesOf<Fixture extends { close?(): Promise<void> }>(
  checks: Readonly<Record<string, (fixture: Fixture) => Promise<void>>>,
  open: () => Promise<Fixture>,
): readonly ConformanceCase[] {
  return Object.entries(checks).map(([name, check]) => ({
    name,
    run: async () => {
      const fixture = await open();
      try {
        await check(fixture);
      } catch (error) {
        throw conformanceError(error);
      } finally {
        await fixture.close?.();
      }
    },
  }));
}

function conformanceError(error: unknown): ConformanceError {
  if (error instanceof ConformanceError) return error;
  // A case reads what it was given as what it should be.
  const what = error instanceof TypeError ? `what was given has the wrong form: ${error.message}` : shown(error);
  return new ConformanceError(`a call failed: ${what}`, error);
}

/** An implementation breaks the contract. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** How much of a text is in a message: enough to see what is wrong. */
const SHOWN_LENGTH = 200;

/** A value in a message. */
export function shown(value: unknown): string {
  const text = value instanceof Error ? String(value) : textOf(value);
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}… (${text.length} characters)`;
}

/** @throws ConformanceError */
export function expectThat(condition: boolean, what: string): asserts condition {
  if (!condition) throw new ConformanceError(what);
}

/** Compares plain JSON data. @throws ConformanceError */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [textOf(actual), textOf(expected)];
  if (found !== wanted) throw new ConformanceError(`${what}: expected ${shown(expected)}, not ${shown(actual)}`);
}

/** @throws ConformanceError unless the promise rejects with a `DatastoreError` of this code. */
export async function expectRejection(
  promise: Promise<unknown>,
  code: DatastoreErrorCode,
  what: string,
): Promise<void> {
  const outcome = await promise.then(
    (value) => `resolved with ${shown(value)}`,
    (error: unknown) => (error instanceof DatastoreError ? error.code : `rejected with ${shown(error)}`),
  );
  if (outcome !== code) throw new ConformanceError(`${what}: expected a rejection with ${code}, but it ${outcome}`);
}

/** JSON with the members of objects in one order. */
function textOf(value: unknown): string {
  return (
    JSON.stringify(value, (_, member: unknown) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
        : member,
    ) ?? 'undefined'
  );
}
