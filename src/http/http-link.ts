import { type DecodedMessage, decodeSequencerMessage, encodeMessage } from '../codec/binary/encoded-message.js';
import type {
  AccountProfile,
  DatastoreAccess,
  Link,
  LinkAnswer,
  LinkEvent,
  RemoteDatastore,
  Watch,
} from '../datastore/manager/link.js';
import { checkListener, checkOptions, invalidArgument, invalidSecret } from '../errors/arguments.js';
import { formatMessage, parseSequencerMessage } from '../sync/message-format.js';
import type { ReplicaMessage, Role, SequencerMessage } from '../sync/messages.js';
import { HttpWatch, StreamTrust } from './http-watch.js';
import { malformed, type RequestOptions, Requests } from './requests.js';
import { browserTabs, SharedWatch, type TabGroup } from './shared-watch.js';

/** How to reach a server. */
export interface HttpLinkOptions extends RequestOptions {
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
  /** How messages travel: `json` is for people who look at them. `binary` unless given. */
  readonly format?: 'binary' | 'json';
  /**
   * A name, such as the account, under which the tabs of a browser share one stream; without it each tab has its own, and
   * over HTTP/1.1 a browser opens no more than six connections. Give all tabs of an account the same name, and no others.
   */
  readonly sharedAs?: string;
  /** How long a watch may be silent before it counts as lost, in ms: 45 s unless given. */
  readonly silence?: number;
}

const SILENCE = 45_000;

/**
 * The link of one account to a server over HTTP. Spec: HTTP-1 to HTTP-5, HTTP-10 to HTTP-13.
 *
 * @throws DatastoreError `invalid-option`.
 */
export function httpLink(options: HttpLinkOptions): Link {
  const { url, getToken, fetch, isOnline } = checkOptions(options, {
    url: true,
    getToken: true,
    fetch: true,
    isOnline: true,
    timeout: true,
    format: true,
    sharedAs: true,
    silence: true,
  });
  const isUrl = typeof url === 'string' && /^https?:\/\//i.test(url) && URL.canParse(url);
  if (!isUrl) throw invalidArgument('url must be a URL with http:// or https://', url);
  if (typeof getToken !== 'function') throw invalidSecret('getToken must be a function', getToken);
  checkListener(fetch, 'fetch');
  checkListener(isOnline, 'isOnline');
  return new HttpLink(options);
}

class HttpLink implements Link {
  readonly #options: HttpLinkOptions;
  readonly #requests: Requests;
  readonly #trust = new StreamTrust();
  readonly #tabs: TabGroup | undefined;

  constructor(options: HttpLinkOptions) {
    this.#options = options;
    this.#requests = new Requests(options);
    const { sharedAs, url } = options;
    this.#tabs = sharedAs === undefined ? undefined : browserTabs(`${url} ${sharedAs}`);
  }

  async profile(): Promise<AccountProfile> {
    const { userName, orgName } = await this.#requests.call('profile', {});
    return { userName: String(userName), ...(typeof orgName === 'string' ? { orgName } : {}) };
  }

  async list(): Promise<readonly RemoteDatastore[]> {
    const { datastores } = await this.#requests.call('list', {});
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
    await this.#requests.call('delete', { id });
  }

  async send(handle: string, message: ReplicaMessage): Promise<LinkAnswer> {
    const { format = 'binary' } = this.#options;
    return format === 'json' ? await this.#sendJson(handle, message) : await this.#sendBinary(handle, message);
  }

  async #sendJson(handle: string, message: ReplicaMessage): Promise<LinkAnswer> {
    const answer = await this.#requests.call('send', { handle, message: formatMessage(message) });
    return answered(() => ({ head: answer, message: parseSequencerMessage(answer['message']) }));
  }

  async #sendBinary(handle: string, message: ReplicaMessage): Promise<LinkAnswer> {
    const answer = await this.#requests.callBinary('send', encodeMessage(message, { handle }));
    return answered(() => decodeSequencerMessage(answer));
  }

  watch(listener: (event: LinkEvent) => void): Watch {
    const { silence = SILENCE } = this.#options;
    const context = { requests: this.#requests, trust: this.#trust, silence };
    const open = (heard: (event: LinkEvent) => void): Watch => new HttpWatch(context, heard);
    return this.#tabs === undefined ? open(listener) : new SharedWatch(this.#tabs, open, listener);
  }

  async #access(method: string, id: string): Promise<DatastoreAccess> {
    const { handle, role } = await this.#requests.call(method, { id });
    if (typeof handle !== 'string') throw malformed(method);
    return { handle, role: role as Role };
  }
}

/** @throws ServiceError `server` if the answer is malformed. */
function answered(read: () => DecodedMessage<SequencerMessage>): LinkAnswer {
  try {
    const { message, head } = read();
    const { role, time } = head;
    return { message, role: role as Role, time: typeof time === 'number' ? new Date(time) : undefined };
  } catch (error) {
    throw malformed('send', error);
  }
}
