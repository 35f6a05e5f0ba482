import { DatastoreError, type DatastoreErrorCode, placeOf, ServiceError } from '../errors/datastore-error.js';
import { BodyTooLarge } from './request-body.js';
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
  readonly response: Response;
  readonly isServers: boolean;
}

/** Makes an HTTP answer of an error. It does not tell what the store or a defect says. Spec: HTTP-3. */
export function errorResponse(error: unknown): FailedAnswer {
  if (error instanceof BodyTooLarge) return answer(413, { code: 'invalid-json', message: error.message });
  if (!(error instanceof DatastoreError)) return answer(500, { code: 'server', message: 'the server failed' });
  if (error instanceof Overloaded) {
    const overloaded = answer(503, { code: error.code, message: error.reason }, (error.retryAfter ?? 0) / 1000);
    // Not a failure that somebody should look at one by one: metrics count it.
    return { ...overloaded, isServers: false };
  }
  const status = STATUS[error.code] ?? (error instanceof ServiceError ? 500 : 400);
  if (error.code === 'quota') return answer(status, { code: error.code, message: error.reason });
  if (status >= 500) {
    return answer(status, { code: 'server', message: 'the server failed for the moment: try again' }, RETRY_AFTER);
  }
  const place = placeOf(error);
  const body = {
    code: error.code,
    message: error.reason,
    ...(Object.keys(place).length === 0 ? {} : { place }),
  };
  return answer(
    status,
    body,
    error instanceof ServiceError ? (error.retryAfter ?? 0) / 1000 || RETRY_AFTER : undefined,
  );
}

function answer(status: number, body: object, retryAfter?: number): FailedAnswer {
  const isToBeRepeated = status === 429 || status === 503;
  const headers: Record<string, string> =
    isToBeRepeated && retryAfter !== undefined ? { 'retry-after': String(Math.ceil(retryAfter)) } : {};
  return { response: Response.json(body, { status, headers }), isServers: status >= 500 && status !== 507 };
}
