import { DatastoreError, type DatastoreErrorCode } from '../../errors/datastore-error.js';
import { InvariantError } from '../../errors/invariant-error.js';

/** What trying again cannot help: somebody has to do something first. */
const LASTING: readonly DatastoreErrorCode[] = [
  ...(['not-found', 'not-permitted', 'unauthorized', 'exists'] as const),
  ...(['shut-down', 'closed', 'invalid-name', 'rule-missing', 'invalid-rule'] as const),
];

/** Whether the same call may succeed later without anybody doing anything. */
export function isPassing({ code }: DatastoreError): boolean {
  return !LASTING.includes(code);
}

/**
 * What a call to the outside rejected with, as one of the family: an error of another kind is wrapped, and is its
 * `cause`.
 */
export function outsideError(error: unknown, code: 'server' | 'storage'): DatastoreError {
  if (error instanceof DatastoreError) return error;
  if (error instanceof InvariantError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  return new DatastoreError(code, `${code === 'server' ? 'the link' : 'the storage'} failed: ${reason}`, {}, error);
}

/** @throws DatastoreError of the code that the call rejected with, or else `code`. */
export async function asFamily<Result>(call: Promise<Result>, code: 'server' | 'storage'): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    throw outsideError(error, code);
  }
}
