import { isDatastoreError } from '../errors/datastore-error.js';

/**
 * Something that a server tells its operator: plain data, which holds no token, no account, no id and no content of a
 * datastore, and no text of an error, since stores quote values in theirs. Spec: HTTP-9.
 */
export type ServerLogEvent =
  /** A request was answered, or, for a watch, its stream has begun. */
  | {
      readonly type: 'request';
      /** Also in the header `X-Request-Id` of the answer. */
      readonly id: string;
      readonly method: string;
      /** The path as it is documented, such as `/v1/send`. */
      readonly route: string;
      readonly status: number;
      readonly ms: number;
    }
  /** The server failed: at the request with this id, which was answered with a status from 500; or between requests. */
  | { readonly type: 'failure'; readonly id?: string; readonly route: string; readonly error: FailureTrace }
  | { readonly type: 'closing'; readonly watches: number };

/** What is said of an error: where it comes from, and not what it says. */
export interface FailureTrace {
  /** The class. */
  readonly name: string;
  /** A code of ours, of the system or of a database, if it has one. */
  readonly code: string | undefined;
  /** The places in the code, the innermost first. */
  readonly at: readonly string[];
  readonly cause: FailureTrace | undefined;
}

const FRAMES = 8;
/** Causes of causes beyond this many are left out. */
const DEPTH = 4;

/** An error without its text. */
export function traceOf(error: unknown, depth: number = DEPTH): FailureTrace {
  if (!(error instanceof Error)) return { name: typeof error, code: undefined, at: [], cause: undefined };
  const code = isDatastoreError(error) ? error.code : (error as { readonly code?: unknown }).code;
  const { stack = '', message } = error;
  const frames = stack
    .slice(stack.indexOf(message) + message.length)
    .split('\n')
    .slice(1);
  return {
    name: error.constructor.name,
    code:
      typeof code === 'number' || (typeof code === 'string' && /^[\w-]{1,40}$/.test(code)) ? String(code) : undefined,
    at: frames.slice(0, FRAMES).map((line) => line.trim()),
    cause: error.cause === undefined || depth === 0 ? undefined : traceOf(error.cause, depth - 1),
  };
}

/** A trace on one line: `ServiceError storage: Error ECONNREFUSED`. */
export function traceText({ name, code, cause }: FailureTrace): string {
  const own = code === undefined ? name : `${name} ${code}`;
  return cause === undefined ? own : `${own}: ${traceText(cause)}`;
}
