import type {
  AccountProfile,
  DatastoreAccess,
  Link,
  LinkAnswer,
  LinkEvent,
  RemoteDatastore,
  Watch,
} from '../datastore/manager/link.js';
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
import { formatMessage, parseSequencerMessage } from '../sync/message-format.js';
import { headMember, type ReplicaMessage, type Role } from '../sync/messages.js';

/** How to reach a server. */
export interface HttpLinkOptions {
  /** Where the server is, such as `https://sync.example.org`. */
  readonly url: string;
  /** The token of the account. It is asked for at each request, so one that has expired can be renewed. */
  readonly getToken: () => string | Promise<string>;
  /** The platform's `fetch` unless given. */
  readonly fetch?: typeof fetch;
  /**
   * Whether the device is online, such as `() => navigator.onLine`. While it says no, nothing is sent, and a commit fails at
   * once instead of waiting to learn whether its edits arrived.
   */
  readonly isOnline?: () => boolean;
  /** How long an answer may take, in ms: 30 s unless given. */
  readonly timeout?: number;
  /** How long a watch may be silent before it counts as lost, in ms: 45 s unless given. */
  readonly silence?: number;
}

const TIMEOUT = 30_000;
const SILENCE = 45_000;
/** What a server can ask to wait for, in ms, at most. */
const LONGEST_WAIT = 3_600_000;

/** What the server can answer with. Anything else is a failure of the server. */
const CODES: ReadonlySet<string> = new Set([
  ...[
    'unauthorized',
    'account-gone',
    'not-permitted',
    'not-found',
    'exists',
    'retry-later',
    'quota',
    'server',
    'conflict',
  ],
  ...['invalid-name', 'invalid-json', 'invalid-value', 'invalid-change', 'invalid-nonce', 'invalid-revision'],
]);

/** The link of one account to a server over HTTP. Spec: HTTP-1 to HTTP-5. */
export function httpLink(options: HttpLinkOptions): Link {
  return new HttpLink(options);
}

class HttpLink implements Link {
  readonly #options: HttpLinkOptions;

  constructor(options: HttpLinkOptions) {
    this.#options = options;
  }

  async profile(): Promise<AccountProfile> {
    const { userName, orgName } = await this.#call('profile', {});
    return { userName: String(userName), ...(typeof orgName === 'string' ? { orgName } : {}) };
  }

  async list(): Promise<readonly RemoteDatastore[]> {
    const { datastores } = await this.#call('list', {});
    if (!Array.isArray(datastores)) throw malformed('list');
    return datastores.map(({ id, handle, role, title, mtime }) => ({
      id,
      handle,
      role,
      title,
      mtime: typeof mtime === 'number' ? new Date(mtime) : undefined,
    }));
  }

  find(id: string): Promise<DatastoreAccess> {
    return this.#access('find', id);
  }

  create(id: string): Promise<DatastoreAccess> {
    return this.#access('create', id);
  }

  async delete(id: string): Promise<void> {
    await this.#call('delete', { id });
  }

  async send(handle: string, message: ReplicaMessage): Promise<LinkAnswer> {
    const answer = await this.#call('send', { handle, message: formatMessage(message) });
    try {
      const { message, role, time } = answer;
      return {
        message: parseSequencerMessage(message),
        role: role as Role,
        time: typeof time === 'number' ? new Date(time) : undefined,
      };
    } catch (error) {
      throw malformed('send', error);
    }
  }

  watch(listener: (event: LinkEvent) => void): Watch {
    return new HttpWatch(this.#options, listener);
  }

  async #access(method: string, id: string): Promise<DatastoreAccess> {
    const { handle, role } = await this.#call(method, { id });
    if (typeof handle !== 'string') throw malformed(method);
    return { handle, role: role as Role };
  }

  async #call(method: string, body: object): Promise<Record<string, unknown>> {
    const { timeout = TIMEOUT } = this.#options;
    const response = await request(this.#options, method, body, AbortSignal.timeout(timeout));
    const answer = await readJson(response);
    if (!response.ok) throw errorOf(response, answer);
    if (method === 'delete') return {};
    if (typeof answer !== 'object' || answer === null) throw malformed(method);
    return answer as Record<string, unknown>;
  }
}

/** @throws ServiceError `network` if there is no answer. */
async function request(
  { url, getToken, fetch: platformFetch = fetch, isOnline }: HttpLinkOptions,
  method: string,
  body: object,
  signal: AbortSignal,
): Promise<Response> {
  if (isOnline?.() === false) throw notSent('the device is offline');
  const token = await tokenFrom(getToken);
  try {
    return await platformFetch(new URL(`v1/${method}`, url.endsWith('/') ? url : `${url}/`), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (isNeverConnected(error)) throw notSent(`the server ${quote(url)} cannot be reached`, error);
    throw lost(error, url);
  }
}

async function tokenFrom(getToken: HttpLinkOptions['getToken']): Promise<string> {
  try {
    return await getToken();
  } catch (error) {
    if (error instanceof DatastoreError) throw error;
    throw notSent('getToken failed', error);
  }
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

function malformed(method: string, cause?: unknown): ServiceError {
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

/**
 * A stream of server-sent events. Following other datastores opens another stream and then drops the first, so nothing is
 * missed in between; the listener sees one watch.
 */
class HttpWatch implements Watch {
  readonly #options: HttpLinkOptions;
  readonly #listener: (event: LinkEvent) => void;
  #handles: readonly string[] = [];
  #stream: AbortController | undefined;
  #isConnected = false;
  #isEnded = false;
  #isRestarting = false;

  constructor(options: HttpLinkOptions, listener: (event: LinkEvent) => void) {
    this.#options = options;
    this.#listener = listener;
    this.#restart();
  }

  follow(handles: readonly string[]): void {
    this.#handles = [...handles];
    this.#restart();
  }

  close(): void {
    this.#isEnded = true;
    this.#stream?.abort();
  }

  /** Opens a stream in a later turn, once for all that is asked for until then. */
  #restart(): void {
    if (this.#isRestarting || this.#isEnded) return;
    this.#isRestarting = true;
    queueMicrotask(() => {
      this.#isRestarting = false;
      if (!this.#isEnded) void this.#read();
    });
  }

  async #read(): Promise<void> {
    const stream = new AbortController();
    const before = this.#stream;
    this.#stream = stream;
    const { silence = SILENCE } = this.#options;
    let timer = setTimeout(() => stream.abort(), silence);
    try {
      const response = await request(this.#options, 'watch', { handles: this.#handles }, stream.signal);
      if (!response.ok) throw errorOf(response, await readJson(response));
      before?.abort();
      for await (const { event, data } of eventsIn(response)) {
        clearTimeout(timer);
        timer = setTimeout(() => stream.abort(), silence);
        if (this.#stream !== stream) return;
        this.#tell(event, data);
      }
      throw lost(undefined);
    } catch (error) {
      if (this.#stream === stream) this.#end(error instanceof DatastoreError ? error : lost(error));
    } finally {
      clearTimeout(timer);
      before?.abort();
    }
  }

  #tell(event: string, data: unknown): void {
    if (this.#isEnded) return;
    if (event === 'connected') {
      if (!this.#isConnected) this.#listener({ type: 'connected' });
      this.#isConnected = true;
    } else if (event === 'message') {
      const told = data as { type: string; handle: string; rev: number; head?: string; role: Role };
      if (told.type === 'reached') {
        const { handle, rev, head, role } = told;
        this.#listener({ type: 'reached', handle, rev, ...headMember(head), role, entries: [] });
      } else if (told.type === 'deleted') this.#listener({ type: 'deleted', handle: told.handle });
      else if (told.type === 'list-changed') this.#listener({ type: 'list-changed' });
    }
  }

  #end(error: DatastoreError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stream?.abort();
    this.#listener({ type: 'disconnected', error });
  }
}

interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
}

/** The events of a stream, as the HTML standard defines server-sent events, as far as our server writes them. */
async function* eventsIn(response: Response): AsyncGenerator<StreamEvent> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const event = /^event: (.*)$/m.exec(block)?.[1] ?? 'message';
      const data = /^data: (.*)$/m.exec(block)?.[1] ?? 'null';
      yield { event, data: JSON.parse(data) };
    }
  }
}
