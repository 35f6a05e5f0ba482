import { DatastoreError, errorWithCode, ServiceError, type UsageErrorCode } from '../../errors/datastore-error.js';
import { InvariantError } from '../../errors/invariant-error.js';

/** The mistakes that trying again cannot mend: somebody has to do something first. */
const LASTING: readonly UsageErrorCode[] = ['shut-down', 'closed', 'invalid-name', 'rule-missing', 'invalid-rule'];

/** Whether the same call may succeed later without anybody doing anything. */
export function isPassing(error: DatastoreError): boolean {
  if (error instanceof ServiceError) return error.isRetryable;
  return !LASTING.some((code) => code === error.code);
}

type OutsideCode = 'server' | 'storage';

/**
 * What a call to the outside failed with, as one of the family: an error of another kind is wrapped, and is its `cause`.
 */
export function outsideError(error: unknown, code: OutsideCode): DatastoreError {
  if (error instanceof ServiceError) return error;
  // A link or storage in plain JavaScript may have made one of the base class.
  if (error instanceof DatastoreError) return errorWithCode(error.code, error.reason, error, error.cause);
  if (error instanceof InvariantError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ServiceError(code, `${nameOf(code)} failed: ${reason}`, {}, error);
}

/** What `read` makes of an answer from outside. @throws DatastoreError `code`, where it is none that `read` accepts. */
export function readOutside<Answer>(answer: unknown, code: OutsideCode, read: (answer: unknown) => Answer): Answer {
  try {
    return read(answer);
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    throw nonsense(error, code);
  }
}

/** The failure of an outside whose answer could not be read, which was told by `error`. */
export function nonsense(error: DatastoreError, code: OutsideCode): DatastoreError {
  return new ServiceError(code, `${nameOf(code)} answered nonsense: ${error.message}`, {}, error);
}

/**
 * Makes a call to the outside, and reads what it answers.
 *
 * @throws DatastoreError of the code that the call rejected with, or else `code`: also where the call threw at once, and
 * where `read` does not accept the answer.
 */
export async function asFamily<Answer>(
  call: () => Promise<Answer>,
  code: OutsideCode,
  read: (answer: unknown) => Answer = (answer) => answer as Answer,
): Promise<Answer> {
  let answer: Answer;
  try {
    answer = await call();
  } catch (error) {
    throw outsideError(error, code);
  }
  return readOutside(answer, code, read);
}

function nameOf(code: OutsideCode): string {
  return code === 'server' ? 'the link' : 'the storage';
}
