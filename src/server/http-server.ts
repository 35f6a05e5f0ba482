import { DatastoreError, type DatastoreErrorCode, placeOf, ServiceError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { formatMessage, parseReplicaMessage } from '../sync/message-format.js';
import {
  DatastoreService,
  type DatastoreServiceOptions,
  type Requester,
  type ServiceEvent,
} from './datastore-service.js';

/** The account that a request comes from, and until when it may act. */
export interface Authenticated extends Requester {
  /** When the permission ends, in ms since 1970; watches end then, and the client comes back with a new token. */
  readonly expires?: number | undefined;
}

/** What a server works with. */
export interface ServerOptions extends Omit<DatastoreServiceOptions, 'newHandle'> {
  /** The account of a request, or `undefined` for nobody. See `tokenAuthentication`. */
  readonly authenticate: (request: Request) => Promise<Authenticated | undefined> | Authenticated | undefined;
  /** Makes handles; random ones unless given. */
  readonly newHandle?: () => string;
  /** The origins whose pages may use this server: none unless given. */
  readonly origins?: readonly string[];
  /** How large a request may be, in bytes: 4 MiB unless given. */
  readonly bodySize?: number;
  /** How many watches an account may have at once: 100 unless given. */
  readonly watchesPerAccount?: number;
  /** How often a watch says that it lives, in ms: 15 s unless given. */
  readonly heartbeat?: number;
  /** How often the heads of watched logs are read from the store, in ms: 1 s unless given; 0 for a store of one process. */
  readonly pollInterval?: number;
  /** Hears of every failure that is not the client's. The errors may contain data of users: do not show them to clients. */
  readonly onFailure?: (error: unknown) => void;
}

/** A server for anything that handles web-standard requests. */
export interface DatastoreServer {
  /** Answers a request. It never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly service: DatastoreService;
  /** Ends all watches, telling clients to come back spread over `spread` ms, and finishes what was begun. */
  close(spread?: number): Promise<void>;
}

const STATUS: Partial<Record<DatastoreErrorCode, number>> = {
  unauthorized: 401,
  'not-permitted': 403,
  'not-found': 404,
  exists: 409,
  conflict: 409,
  'retry-later': 429,
  quota: 507,
  network: 503,
  storage: 503,
  server: 500,
};
const BODY_SIZE = 4 << 20;
const HEARTBEAT = 15_000;
const POLL_INTERVAL = 1_000;
const WATCHES = 100;
/** How long after its first bytes a body must be there, in ms. */
const BODY_TIME = 30_000;

/** Creates a server. Spec: HTTP-1 to HTTP-7. */
export function createServer(options: ServerOptions): DatastoreServer {
  const service = new DatastoreService({ newHandle: randomHandle, ...options });
  const watches = new WatchList(service, options);
  const posts: Readonly<Record<string, (requester: Authenticated, body: JsonBody) => Promise<unknown>>> = {
    profile: async (requester) => service.profile(requester),
    list: async (requester) => ({
      datastores: (await service.list(requester)).map((one) => ({ ...one, mtime: one.mtime?.getTime() })),
    }),
    find: (requester, body) => service.find(requester, text(body, 'id')),
    create: (requester, body) => service.create(requester, text(body, 'id')),
    delete: (requester, body) => service.delete(requester, text(body, 'id')),
    send: async (requester, body) => {
      const answer = await service.send(requester, text(body, 'handle'), parseReplicaMessage(body['message']));
      return { message: formatMessage(answer.message), role: answer.role, time: service.now() };
    },
    watch: (requester, body) => watches.open(requester, new Set(texts(body, 'handles'))),
  };

  /** Answers a request, or throws what {@link errorResponse} makes an answer of. */
  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (request.method === 'GET' && pathname === '/health') return Response.json({ status: 'ok' });
    if (request.method === 'GET' && pathname === '/ready') {
      await options.logs.getMany(['ready']);
      return Response.json({ status: 'ready' });
    }
    const [, method = ''] = /^\/v1\/([a-z]+)$/.exec(pathname) ?? [];
    if (request.method === 'POST' && Object.hasOwn(posts, method)) {
      const requester = await identify(options, request);
      const found = await posts[method]?.(requester, await readBody(request, options));
      return found instanceof Response ? found : Response.json(found ?? null);
    }
    const [, id] = /^\/v1\/datastores\/([^/]+)$/.exec(pathname) ?? [];
    if (request.method === 'GET' && id !== undefined) {
      return Response.json(await readDatastore(service, await identify(options, request), decodeId(id)));
    }
    throw new ServiceError('not-found', `the server does not know ${request.method} ${quote(pathname)}`);
  };

  return {
    service,
    fetch: async (request) => {
      const origin = request.headers.get('origin');
      const known = origin !== null && (options.origins ?? []).includes(origin) ? origin : undefined;
      if (request.method === 'OPTIONS') return secured(preflight(known), known);
      return secured(await answer(request).catch((error: unknown) => errorResponse(error, options)), known);
    },
    close: async (spread = 5_000) => {
      watches.close(spread);
      await service.close();
    },
  };
}

/** A datastore as JSON, for people with `curl`. */
async function readDatastore(service: DatastoreService, requester: Authenticated, id: string): Promise<unknown> {
  const { handle } = await service.find(requester, id);
  const { message, role } = await service.send(requester, handle, { type: 'fetch-snapshot' });
  if (message.type !== 'snapshot') throw new ServiceError('not-found', 'there is no such datastore');
  return { rev: message.rev, role, rows: message.rows };
}

function decodeId(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    throw new ServiceError('not-found', 'there is no such datastore');
  }
}

type JsonBody = Readonly<Record<string, unknown>>;

async function identify({ authenticate }: ServerOptions, request: Request): Promise<Authenticated> {
  const requester = await authenticate(request);
  if (requester === undefined)
    throw new ServiceError('unauthorized', 'a valid token is needed: Authorization: Bearer TOKEN');
  return requester;
}

/** @throws DatastoreError `invalid-json`; RangeError if it is too large. */
async function readBody(request: Request, { bodySize = BODY_SIZE }: ServerOptions): Promise<JsonBody> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\b/.test(type)) {
    throw new DatastoreError('invalid-json', `the content type must be application/json, got ${quote(type)}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  const late = setTimeout(() => void reader?.cancel(), BODY_TIME);
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) break;
      size += value.length;
      if (size > bodySize) {
        void reader?.cancel();
        throw new TooLarge(`the body has more than ${bodySize} bytes`);
      }
      chunks.push(value);
    }
  } finally {
    clearTimeout(late);
  }
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(joined(chunks, size)));
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as JsonBody;
  } catch {
    // What cannot be read is told below, without what was sent.
  }
  throw new DatastoreError('invalid-json', 'the body must be a JSON object in UTF-8');
}

class TooLarge extends Error {}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function text(body: JsonBody, name: string): string {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (typeof value === 'string') return value;
  throw new DatastoreError('invalid-json', `the member "${name}" must be a string, got ${quote(value)}`);
}

function texts(body: JsonBody, name: string): string[] {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (Array.isArray(value) && value.length <= 10_000 && value.every((item) => typeof item === 'string')) return value;
  throw new DatastoreError('invalid-json', `the member "${name}" must be an array of at most 10,000 strings`);
}

function errorResponse(error: unknown, { onFailure }: ServerOptions): Response {
  if (error instanceof TooLarge)
    return Response.json({ code: 'invalid-json', message: error.message }, { status: 413 });
  if (!(error instanceof DatastoreError)) {
    onFailure?.(error);
    return Response.json({ code: 'server', message: 'the server failed' }, { status: 500 });
  }
  const status = STATUS[error.code] ?? (error instanceof ServiceError ? 500 : 400);
  if (status >= 500) onFailure?.(error);
  // A client must not see what the store says.
  const message = status >= 500 ? 'the server failed for the moment: try again' : error.reason;
  const code = status >= 500 && error.code !== 'quota' ? 'server' : error.code;
  const headers: Record<string, string> = status === 429 || status === 503 ? { 'retry-after': '1' } : {};
  const place = placeOf(error);
  const body = { code, message, ...(Object.keys(place).length === 0 || status >= 500 ? {} : { place }) };
  return Response.json(body, { status, headers });
}

function preflight(origin: string | undefined): Response {
  if (origin === undefined) return new Response(null, { status: 403 });
  const headers = {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'Authorization, Content-Type',
    'access-control-max-age': '7200',
  };
  return new Response(null, { status: 204, headers });
}

function secured(response: Response, origin: string | undefined): Response {
  const { headers } = response;
  headers.set('x-content-type-options', 'nosniff');
  headers.set('cache-control', 'no-store');
  headers.set('content-security-policy', "default-src 'none'");
  headers.set('vary', 'Origin');
  if (origin !== undefined) headers.set('access-control-allow-origin', origin);
  return response;
}

/** 160 random bits in base64url. */
function randomHandle(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/** The watches that are open: streams of server-sent events. */
class WatchList {
  readonly #service: DatastoreService;
  readonly #options: ServerOptions;
  readonly #open = new Set<OpenWatch>();
  readonly #counts = new Map<string, number>();
  readonly #poll: ReturnType<typeof setInterval> | undefined;

  constructor(service: DatastoreService, options: ServerOptions) {
    this.#service = service;
    this.#options = options;
    const { pollInterval = POLL_INTERVAL } = options;
    if (pollInterval > 0) this.#poll = setInterval(() => this.#pollNow(), pollInterval);
  }

  async open(requester: Authenticated, handles: ReadonlySet<string>): Promise<Response> {
    const { watchesPerAccount = WATCHES, heartbeat = HEARTBEAT } = this.#options;
    const count = this.#counts.get(requester.account) ?? 0;
    if (count >= watchesPerAccount) {
      throw new ServiceError('retry-later', `an account may have at most ${watchesPerAccount} watches at once`);
    }
    this.#counts.set(requester.account, count + 1);
    await this.#service.noteList(requester).catch(() => undefined);
    const watch = new OpenWatch(requester, heartbeat, () => {
      if (!this.#open.delete(watch)) return;
      stop();
      const left = (this.#counts.get(requester.account) ?? 1) - 1;
      if (left === 0) this.#counts.delete(requester.account);
      else this.#counts.set(requester.account, left);
    });
    this.#open.add(watch);
    const stop = this.#service.watch({ requester, handles, tell: (event) => watch.tell(event) });
    return watch.response;
  }

  close(spread: number): void {
    clearInterval(this.#poll);
    for (const watch of [...this.#open]) watch.end(Math.round(Math.random() * spread));
  }

  #pollNow(): void {
    this.#service.poll().catch((error: unknown) => this.#options.onFailure?.(error));
  }
}

/**
 * One stream. What is told while the client does not read is not queued event by event: of each datastore only the newest
 * revision is kept, so a slow client costs no more than a fast one.
 */
class OpenWatch {
  readonly response: Response;
  readonly #waiting = new Map<string, ServiceEvent>();
  readonly #end: () => void;
  readonly #beat: ReturnType<typeof setInterval>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor({ expires }: Authenticated, heartbeat: number, onEnd: () => void) {
    this.#end = onEnd;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          this.#write(`event: connected\ndata: {}\n\n`);
        },
        pull: () => this.#flush(),
        cancel: () => this.#close(),
      },
      { highWaterMark: 16 },
    );
    const beat = (): void => {
      const seconds = expires === undefined ? undefined : Math.floor((expires - Date.now()) / 1000);
      if (seconds !== undefined && seconds <= 0) this.end(0);
      else this.#write(`event: alive\ndata: ${JSON.stringify({ seconds })}\n\n`);
    };
    this.#beat = setInterval(beat, heartbeat);
    this.response = new Response(stream, {
      headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
    });
  }

  tell(event: ServiceEvent): void {
    this.#waiting.set(event.type === 'list-changed' ? '' : event.handle, event);
    this.#flush();
  }

  /** Ends the stream, and tells the client to come back after some ms. */
  end(after: number): void {
    this.#write(`event: end\ndata: ${JSON.stringify({ after })}\n\n`);
    try {
      this.#controller?.close();
    } catch {
      // The client was faster.
    }
    this.#close();
  }

  #flush(): void {
    for (const [key, event] of this.#waiting) {
      if ((this.#controller?.desiredSize ?? 0) <= 0) return;
      this.#waiting.delete(key);
      this.#write(`data: ${JSON.stringify(event)}\n\n`);
    }
  }

  #write(message: string): void {
    try {
      this.#controller?.enqueue(new TextEncoder().encode(message));
    } catch {
      this.#close();
    }
  }

  #close(): void {
    clearInterval(this.#beat);
    this.#controller = undefined;
    this.#end();
  }
}
