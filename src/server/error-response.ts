import { DatastoreError, type DatastoreErrorCode, placeOf, ServiceError } from '../errors/datastore-error.js';
import { BodyTooLarge, jsonAnswer, type ServerAnswer } from './exchange.js';
import { Overloaded } from './work-limit.js';

const STATUS: Partial<Record<DatastoreErrorCode, number>> = {
  unauthorized: 401,
  'not-permitted': 403,
  'not-found': 404,
  'account-gone': 410,
  exists: 409,
  conflict: 409,
  'retry-later': 429,
  quota: 507,
  network: 503,
  storage: 503,
  server: 500,
};
/** How long a client waits, in s, where nothing says how long. */
const RETRY_AFTER = 1;

/** The answer to a request that failed, and whether it was the server that failed. */
export interface FailedAnswer {
  readonly answer: ServerAnswer;
  readonly isServers: boolean;
}

/** Makes an HTTP answer of an error. It does not tell what the store or a defect says. Spec: HTTP-3. */
export function errorAnswer(error: unknown): FailedAnswer {
  if (error instanceof BodyTooLarge) return failed(413, { code: 'invalid-json', message: error.message });
  if (!(error instanceof DatastoreError)) return failed(500, { code: 'server', message: 'the server failed' });
  if (error instanceof Overloaded) {
    const overloaded = failed(503, { code: error.code, message: error.reason }, (error.retryAfter ?? 0) / 1000);
    // Not a failure that somebody should look at one by one: metrics count it.
    return { ...overloaded, isServers: false };
  }
  const status = STATUS[error.code] ?? (error instanceof ServiceError ? 500 : 400);
  if (error.code === 'quota') return failed(status, { code: error.code, message: error.reason });
  if (status >= 500) {
    return failed(status, { code: 'server', message: 'the server failed for the moment: try again' }, RETRY_AFTER);
  }
  const place = placeOf(error);
  const body = {
    code: error.code,
    message: error.reason,
    ...(Object.keys(place).length === 0 ? {} : { place }),
  };
  return failed(
    status,
    body,
    error instanceof ServiceError ? (error.retryAfter ?? 0) / 1000 || RETRY_AFTER : undefined,
  );
}

function failed(status: number, body: object, retryAfter?: number): FailedAnswer {
  const isToBeRepeated = status === 429 || status === 503;
  const headers: Record<string, string> =
    isToBeRepeated && retryAfter !== undefined ? { 'retry-after': String(Math.ceil(retryAfter)) } : {};
  return { answer: jsonAnswer(body, status, headers), isServers: status >= 500 && status !== 507 };
}
