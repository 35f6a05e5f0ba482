import { checkFunction } from '../errors/arguments.js';
import { ServiceError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { ANSWER_TIME, DatastoreService, type DatastoreServiceOptions, SERVICE_OPTIONS } from './datastore-service.js';
import { errorAnswer } from './error-response.js';
import { jsonAnswer, type RequestHead, type ServerAnswer, type ServerRequest } from './exchange.js';
import { formOf, readBinarySend, readJsonSend, sendAnswer, wrongContentType } from './message-forms.js';
import { checkKinds, type OptionKinds } from './option-kinds.js';
import { addressKey, RateLimit } from './rate-limit.js';
import { type JsonBody, parseJsonBody, textMember, textsMember } from './request-body.js';
import type { Requester } from './requester.js';
import { type ServerLogEvent, traceOf } from './server-log.js';
import { ServerMetrics } from './server-metrics.js';
import { WatchList } from './watch-list.js';
import { requestOf, responseOf } from './web-exchange.js';
import { withinTime } from './within-time.js';

/** The account that a request comes from, and until when it may act. */
export interface Authenticated extends Requester {
  /** When the permission ends, in ms since 1970; watches end then, and the client comes back with a new token. */
  readonly expires?: number | undefined;
}

/** What is known of the other end of a connection. */
export interface ClientConnection {
  /** Its network address. */
  readonly address?: string | undefined;
}

/** What a server works with. */
export interface ServerOptions extends Omit<DatastoreServiceOptions, 'newHandle'> {
  /**
   * The account of a request, or `undefined` for nobody. See `tokenAuthentication`. For an account that was deleted it throws a
   * `ServiceError` `account-gone`: devices hand over what they have of it, and delete it.
   */
  readonly authenticate: (request: RequestHead) => Promise<Authenticated | undefined> | Authenticated | undefined;
  /** Makes handles; random ones unless given. */
  readonly newHandle?: () => string;
  /** The origins whose pages may use this server: none unless given. */
  readonly origins?: readonly string[];
  /** How large a request may be, in bytes: 4 MiB unless given. */
  readonly bodySize?: number;
  /** How many watches an account may have at once: 100 unless given. */
  readonly watchesPerAccount?: number;
  /** How many requests a second an account may make, and ten seconds' worth at once: any number unless given. */
  readonly accountRate?: number;
  /** The same for the address of a client, which {@link DatastoreServer.fetch} must be told: any number unless given. */
  readonly addressRate?: number;
  /**
   * How many proxies stand before this server, each of which adds the address of its client to `X-Forwarded-For`: 0 unless
   * given.
   */
  readonly proxies?: number;
  /** How often a watch sends a sign of life, in ms: 15 s unless given. */
  readonly heartbeat?: number;
  /** How often the heads of watched logs are read from the store, in ms: 1 s unless given; 0 for a store of one process. */
  readonly pollInterval?: number;
  /** Called with every request and every failure, without data of users. It must not throw. */
  readonly log?: (event: ServerLogEvent) => void;
  /**
   * Called with every failure that is not the client's mistake. The errors may contain data of users: do not show or log
   * them.
   */
  readonly onFailure?: (error: unknown) => void;
}

/** A server for anything that handles web-standard requests. */
export interface DatastoreServer {
  /** Answers a request. It never rejects. */
  readonly fetch: (request: Request, client?: ClientConnection) => Promise<Response>;
  /** The same for requests in the server's own form, such as those of `nodeListener`. It never rejects. */
  readonly handle: (request: ServerRequest) => Promise<ServerAnswer>;
  readonly service: DatastoreService;
  /** What Prometheus reads, as text. Serve it where only the operator can read it. */
  metrics(): string;
  /**
   * Ends all watches, telling clients to come back spread over `spread` ms, and finishes what was begun. `/ready` fails
   * from then on, and other requests are still answered.
   */
  close(spread?: number): Promise<void>;
}

const BODY_SIZE = 4 << 20;
/** How long after its head a body must be there, in ms. */
const BODY_TIME = 30_000;

const SERVER_OPTIONS: OptionKinds<ServerOptions> = {
  ...SERVICE_OPTIONS,
  ...({ authenticate: 'function', origins: 'array', bodySize: 'number', watchesPerAccount: 'number' } as const),
  ...({ accountRate: 'number', addressRate: 'number', proxies: 'number', heartbeat: 'number' } as const),
  ...({ pollInterval: 'number', log: 'function', onFailure: 'function' } as const),
};

function serviceOptionsIn(options: ServerOptions): Omit<DatastoreServiceOptions, 'newHandle'> {
  const entries = Object.entries(options).filter(([name]) => Object.hasOwn(SERVICE_OPTIONS, name));
  return Object.fromEntries(entries) as unknown as DatastoreServiceOptions;
}

/** Creates a server. Spec: HTTP-1 to HTTP-11, HTTP-14. @throws DatastoreError `invalid-option`. */
export function createServer(options: ServerOptions): DatastoreServer {
  checkKinds(options, SERVER_OPTIONS);
  checkFunction(options.authenticate, 'authenticate');
  const { logs, bodySize = BODY_SIZE, answerTime = ANSWER_TIME, log } = options;
  const service = new DatastoreService({ newHandle: randomHandle, ...serviceOptionsIn(options) });
  const failed = (route: string, error: unknown, id?: string): void => {
    log?.({ type: 'failure', ...(id === undefined ? {} : { id }), route, error: traceOf(error) });
    options.onFailure?.(error);
  };
  const watches = new WatchList(service, options, (error) => failed('poll', error));
  const metrics = new ServerMetrics();
  const gate = new Gate(options);
  let isClosing = false;

  const posts = callsOf(service);

  /** Answers a request to a route, or throws what {@link errorAnswer} makes an answer of. */
  const answer = async (request: ServerRequest, route: string): Promise<ServerAnswer> => {
    if (route === '/health') return jsonAnswer({ status: 'ok' });
    if (route === '/ready') return await readiness(logs, isClosing, answerTime);
    gate.checkAddress(request, service.now());
    if (route === NO_ROUTE) {
      throw new ServiceError('not-found', `the server does not know ${request.method} ${quote(request.path)}`);
    }
    const requester = await gate.identify(request, service.now());
    if (route === READ_ROUTE) {
      return jsonAnswer(await withinTime(answerTime, readDatastore(service, requester, idIn(request))));
    }
    const form = formOf(request);
    const bytes = await request.readBody({ size: bodySize, time: BODY_TIME });
    if (route === SEND_ROUTE) {
      const { handle, message } = form === 'binary' ? readBinarySend(bytes) : readJsonSend(bytes);
      const answer = await withinTime(answerTime, service.send(requester, handle, message));
      return sendAnswer(request, answer, service.now());
    }
    if (form === 'binary') throw wrongContentType(request);
    const body = parseJsonBody(bytes);
    if (route === WATCH_ROUTE) return await watches.open(requester, new Set(textsMember(body, 'handles')));
    if (route === POLL_ROUTE) {
      const handles = new Set(textsMember(body, 'handles'));
      return jsonAnswer(await watches.poll(requester, handles, body['cursor'], request));
    }
    const call = posts[route] as Call;
    return jsonAnswer((await withinTime(answerTime, call(requester, body))) ?? null);
  };

  const handle = async (request: ServerRequest): Promise<ServerAnswer> => {
    const began = performance.now();
    const { method, headers } = request;
    const origin = headers.get('origin');
    const known = origin !== null && (options.origins ?? []).includes(origin) ? origin : undefined;
    if (method === 'OPTIONS') return secured(preflight(known), known);
    const id = crypto.randomUUID();
    const route = routeOf(request, posts);
    const answered = await answer(request, route).catch((error: unknown) => {
      const { answer, isServers } = errorAnswer(error);
      if (isServers) failed(route, error, id);
      return answer;
    });
    answered.headers['x-request-id'] = id;
    const ms = performance.now() - began;
    metrics.count(route, answered.status, ms / 1000);
    log?.({ type: 'request', id, method, route, status: answered.status, ms: Math.round(ms) });
    return secured(answered, known);
  };

  return {
    service,
    handle,
    fetch: async (request, { address } = {}) => responseOf(await handle(requestOf(request, address))),
    metrics: () => metrics.text(service.statistics),
    close: async (spread = 5_000) => {
      isClosing = true;
      log?.({ type: 'closing', watches: service.statistics.watchers });
      watches.close(spread);
      await service.close();
    },
  };
}

/** Answers a `POST` with what becomes JSON. */
type Call = (requester: Authenticated, body: JsonBody) => Promise<unknown>;

/** The calls that are answered with what becomes JSON, by their paths. */
function callsOf(service: DatastoreService): Readonly<Record<string, Call>> {
  return {
    '/v1/profile': async (requester) => service.profile(requester),
    '/v1/list': async (requester) => ({
      datastores: (await service.list(requester)).map((one) => ({ ...one, mtime: one.mtime?.getTime() })),
    }),
    '/v1/find': (requester, body) => service.find(requester, textMember(body, 'id')),
    '/v1/create': (requester, body) => service.create(requester, textMember(body, 'id')),
    '/v1/delete': (requester, body) => service.delete(requester, textMember(body, 'id')),
  };
}

/** The route that reads a datastore as JSON, for people with `curl`. */
const READ_ROUTE = '/v1/datastores/{id}';
const WATCH_ROUTE = '/v1/watch';
const POLL_ROUTE = '/v1/poll';
const SEND_ROUTE = '/v1/send';
/** The routes that are not answered by a {@link Call}. */
const OTHER_ROUTES: readonly string[] = [WATCH_ROUTE, POLL_ROUTE, SEND_ROUTE];
/** What is logged and counted for a path that does not exist. */
const NO_ROUTE = 'none';

/** The path of a request as it is documented, so that there are few of them. */
function routeOf({ method, path }: ServerRequest, posts: Readonly<Record<string, Call>>): string {
  if (method === 'GET') {
    if (path === '/health' || path === '/ready') return path;
    return /^\/v1\/datastores\/[^/]+$/.test(path) ? READ_ROUTE : NO_ROUTE;
  }
  const isKnown = OTHER_ROUTES.includes(path) || Object.hasOwn(posts, path);
  return method === 'POST' && isKnown ? path : NO_ROUTE;
}

async function readiness(logs: ServerOptions['logs'], isClosing: boolean, time: number): Promise<ServerAnswer> {
  if (isClosing) return jsonAnswer({ status: 'closing' }, 503, { 'retry-after': '5' });
  await withinTime(time, logs.getMany(['ready']));
  return jsonAnswer({ status: 'ready' });
}

/** A datastore as JSON. */
async function readDatastore(service: DatastoreService, requester: Authenticated, id: string): Promise<unknown> {
  const { handle } = await service.find(requester, id);
  const { message, role } = await service.send(requester, handle, { type: 'fetch-snapshot' });
  if (message.type !== 'snapshot') throw new ServiceError('not-found', 'there is no such datastore');
  return { rev: message.rev, role, rows: message.rows };
}

/** The last part of the path. */
function idIn({ path }: ServerRequest): string {
  try {
    return decodeURIComponent(path.split('/').at(-1) ?? '');
  } catch {
    throw new ServiceError('not-found', 'there is no such datastore');
  }
}

/** Decides who may ask, and how often. */
class Gate {
  readonly #options: ServerOptions;
  readonly #accounts: RateLimit | undefined;
  readonly #addresses: RateLimit | undefined;

  constructor(options: ServerOptions) {
    const { accountRate, addressRate } = options;
    this.#options = options;
    this.#accounts = accountRate === undefined ? undefined : new RateLimit(accountRate);
    this.#addresses = addressRate === undefined ? undefined : new RateLimit(addressRate);
  }

  /** @throws ServiceError `retry-later`. */
  checkAddress(request: ServerRequest, now: number): void {
    const address = this.#addresses && this.#addressOf(request);
    if (address !== undefined) refuseIfEarly(this.#addresses?.take(addressKey(address), now), 'from this address');
  }

  /** The account of a request. @throws ServiceError `unauthorized`, `retry-later`. */
  async identify(request: ServerRequest, now: number): Promise<Authenticated> {
    const requester = await this.#options.authenticate(request);
    if (requester === undefined)
      throw new ServiceError('unauthorized', 'a valid token is needed: Authorization: Bearer TOKEN');
    refuseIfEarly(this.#accounts?.take(requester.account, now), 'of this account');
    return requester;
  }

  /** What the farthest proxy that is ours says, since what came before it can be made up. */
  #addressOf({ headers, address }: ServerRequest): string | undefined {
    const { proxies = 0 } = this.#options;
    if (proxies === 0) return typeof address === 'string' ? address : undefined;
    const forwarded = (headers.get('x-forwarded-for') ?? '').split(',').map((part) => part.trim());
    return forwarded.at(-proxies) || undefined;
  }
}

function refuseIfEarly(wait: number | undefined, whose: string): void {
  if (wait === undefined || wait === 0) return;
  throw new ServiceError('retry-later', `too many requests ${whose}`, {}, undefined, 'answered', wait);
}

function preflight(origin: string | undefined): ServerAnswer {
  if (origin === undefined) return { status: 403, headers: {} };
  const headers = {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'Authorization, Content-Type',
    'access-control-max-age': '7200',
  };
  return { status: 204, headers };
}

function secured(answer: ServerAnswer, origin: string | undefined): ServerAnswer {
  const { headers } = answer;
  headers['x-content-type-options'] = 'nosniff';
  headers['cache-control'] = 'no-store';
  headers['content-security-policy'] = "default-src 'none'";
  headers['vary'] = 'Origin';
  if (origin !== undefined) {
    headers['access-control-allow-origin'] = origin;
    headers['access-control-expose-headers'] = 'Retry-After, X-Request-Id';
  }
  return answer;
}

/** 160 random bits in base64url. */
function randomHandle(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
