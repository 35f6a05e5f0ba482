import { invalidSecret } from '../errors/arguments.js';
import {
  DatastoreError,
  type DatastoreErrorCode,
  errorWithCode,
  type Place,
  placeOf,
  ServiceError,
  type ServiceErrorCode,
} from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';

/** How requests are made. See `HttpLinkOptions`. */
export interface RequestOptions {
  readonly url: string;
  readonly getToken: () => string | Promise<string>;
  readonly fetch?: typeof fetch;
  readonly isOnline?: () => boolean;
  readonly timeout?: number;
}

const TIMEOUT = 30_000;
/** What a server can ask to wait for, in ms, at most. */
const LONGEST_WAIT = 3_600_000;
/** The binary form of messages. */
const BINARY = 'application/vnd.deltaic';

/** What the server can answer with. Anything else is a failure of the server. */
const CODES: ReadonlySet<string> = new Set([
  ...['unauthorized', 'account-gone', 'not-permitted', 'not-found', 'exists', 'retry-later', 'quota', 'server'],
  'conflict',
  ...['invalid-name', 'invalid-json', 'invalid-value', 'invalid-change', 'invalid-nonce', 'invalid-revision'],
  ...['invalid-binary', 'unknown-version', 'decoded-too-large'],
]);

/** Makes the requests of one link, and an error of every failure. Spec: HTTP-1, HTTP-3, HTTP-5. */
export class Requests {
  readonly #options: RequestOptions;

  constructor(options: RequestOptions) {
    this.#options = options;
  }

  /** A call with an object, answered with an object, or with `null`. */
  async call(method: string, body: object, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const response = await this.#post(method, JSON.stringify(body), 'application/json', this.#withTimeout(signal));
    const answer = await checked(response, readJson);
    if (answer === null) return {};
    if (typeof answer !== 'object') throw malformed(method);
    return answer as Readonly<Record<string, unknown>>;
  }

  /** A call with bytes, answered with bytes. */
  async callBinary(method: string, body: Uint8Array): Promise<Uint8Array> {
    const response = await this.#post(method, body, BINARY, this.#withTimeout());
    const answer = await checked(response, readBytes);
    if (response.headers.get('content-type') !== BINARY) throw malformed(method);
    return answer;
  }

  /** A call that is answered with a stream. */
  async open(method: string, body: object, signal: AbortSignal): Promise<Response> {
    const response = await this.#post(method, JSON.stringify(body), 'application/json', signal);
    if (!response.ok) throw errorOf(response, await readJson(response));
    return response;
  }

  #withTimeout(signal?: AbortSignal): AbortSignal {
    const { timeout = TIMEOUT } = this.#options;
    const late = AbortSignal.timeout(timeout);
    return signal === undefined ? late : AbortSignal.any([signal, late]);
  }

  /** @throws ServiceError `network` if there is no answer. */
  async #post(method: string, body: string | Uint8Array, type: string, signal: AbortSignal): Promise<Response> {
    const { url, getToken, fetch: platformFetch = fetch, isOnline } = this.#options;
    if (isOnline?.() === false) throw notSent('the device is offline');
    const token = await tokenFrom(getToken);
    try {
      return await platformFetch(new URL(`v1/${method}`, url.endsWith('/') ? url : `${url}/`), {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': type, accept: type },
        body: body as string | Uint8Array<ArrayBuffer>,
        signal,
      });
    } catch (error) {
      if (isNeverConnected(error)) throw notSent(`the server ${quote(url)} cannot be reached`, error);
      throw lost(error, url);
    }
  }
}

/** Reads an answer, which is an error in JSON unless all went well. */
async function checked<Answer>(response: Response, read: (response: Response) => Promise<Answer>): Promise<Answer> {
  if (response.ok) return await read(response);
  throw errorOf(response, await readJson(response));
}

async function readBytes(response: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw lost(error);
  }
}

async function tokenFrom(getToken: RequestOptions['getToken']): Promise<string> {
  let token: unknown;
  try {
    token = await getToken();
  } catch (error) {
    if (error instanceof DatastoreError) throw error;
    throw notSent('getToken failed', error);
  }
  if (typeof token === 'string') return token;
  const { reason } = invalidSecret('getToken must return a token as text', token);
  // As if the server had rejected it: the account waits until its user has signed in again.
  throw new ServiceError('unauthorized', reason, {}, undefined, 'not-sent');
}

/** What Node says, as the cause of what `fetch` throws, where no connection was made. Browsers do not tell. */
const NEVER_CONNECTED: ReadonlySet<unknown> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'],
]);

function isNeverConnected(error: unknown): boolean {
  const { cause } = (error ?? {}) as { cause?: unknown };
  const { code, errors } = (cause ?? {}) as { code?: unknown; errors?: unknown };
  if (NEVER_CONNECTED.has(code)) return true;
  // One for each address that was tried.
  const isCode = (each: unknown): boolean => NEVER_CONNECTED.has((each as { code?: unknown } | undefined)?.code);
  return Array.isArray(errors) && errors.length > 0 && errors.every(isCode);
}

function notSent(reason: string, cause?: unknown): ServiceError {
  return new ServiceError('network', reason, {}, cause, 'not-sent');
}

async function readJson(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw lost(error);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lost(error: unknown, url?: string): ServiceError {
  const server = url === undefined ? 'the server' : `the server ${quote(url)}`;
  return new ServiceError('network', `${server} cannot be reached, or its answer was lost`, {}, error);
}

export function malformed(method: string, cause?: unknown): ServiceError {
  return new ServiceError('server', `the server’s answer to ${method} is malformed`, {}, cause);
}

function errorOf({ status, headers }: Response, answer: unknown): DatastoreError {
  const { code, message, place } = (answer ?? {}) as { code?: unknown; message?: unknown; place?: Place };
  const known =
    typeof code === 'string' && CODES.has(code)
      ? errorWithCode(code as DatastoreErrorCode, String(message), place)
      : undefined;
  // If the code is unknown, something else than our server has answered, such as a proxy.
  const error =
    known ?? new ServiceError(codeOfStatus(status), REASONS[status] ?? `the server answered with status ${status}`);
  const wait = retryAfter(headers);
  if (wait === undefined || !(error instanceof ServiceError)) return error;
  return new ServiceError(error.code, error.reason, placeOf(error), undefined, error.outcome, wait);
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'the server rejected the token: getToken must return one that is valid',
};

function codeOfStatus(status: number): ServiceErrorCode {
  if (status === 401) return 'unauthorized';
  return status === 429 || status === 503 ? 'retry-later' : 'server';
}

/** What a header says of the next try, in ms. A date, which a proxy may send, is not worth a clock. */
function retryAfter(headers: Headers): number | undefined {
  const seconds = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(seconds) ? Math.min(Number(seconds) * 1000, LONGEST_WAIT) : undefined;
}
