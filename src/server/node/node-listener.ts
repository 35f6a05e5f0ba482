import {
  type BodyLimits,
  BodyTooLarge,
  joinedBytes,
  type ServerAnswer,
  type ServerRequest,
  type StreamedBody,
} from '../exchange.js';

// The parts of Node's requests and responses that are used, so that the declarations need no types of Node.

/** What Node's HTTP server has received. `http.IncomingMessage` is one. */
export interface IncomingRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined };
  /** Listens for parts of the body. */
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  /** Listens for the end of the body, or of the connection. */
  once(event: 'end' | 'close', listener: () => void): unknown;
  /** Reads no further. */
  pause(): unknown;
}

/** What Node's HTTP server answers with. `http.ServerResponse` is one. */
export interface OutgoingResponse {
  readonly destroyed: boolean;
  /** Sets a header. */
  setHeader(name: string, value: string): unknown;
  /** Begins the answer. */
  writeHead(status: number, headers?: Record<string, string | number>): unknown;
  /** Sends some bytes; `false` if the client should be given time. */
  write(chunk: Uint8Array): boolean;
  /** Ends the answer. A body may be given where nothing was written before. */
  end(body?: string | Uint8Array): unknown;
  /** Cuts the connection. */
  destroy(): unknown;
  /** Listens once. */
  once(event: 'close', listener: () => void): unknown;
  /** Listens for the moment when a client that was given time can take more. */
  on(event: 'drain', listener: () => void): unknown;
}

/**
 * Lets Node's HTTP server serve a server of datastores.
 *
 *     http.createServer(nodeListener(server.handle)).listen(8080)
 */
export function nodeListener(
  handle: (request: ServerRequest) => Promise<ServerAnswer>,
): (incoming: IncomingRequest, outgoing: OutgoingResponse) => void {
  return (incoming, outgoing) => {
    const request = new NodeRequest(incoming, outgoing);
    handle(request)
      .then((answer) => send(answer, outgoing))
      .catch(() => outgoing.destroy());
  };
}

class NodeRequest implements ServerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: ServerRequest['headers'];
  readonly #incoming: IncomingRequest;
  readonly #outgoing: OutgoingResponse;

  constructor(incoming: IncomingRequest, outgoing: OutgoingResponse) {
    const { method = 'GET', url = '/' } = incoming;
    this.method = method;
    // A proxy may send the whole address.
    this.path = url.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1)[0] || '/';
    this.headers = {
      get: (name) => {
        const value = incoming.headers[name.toLowerCase()];
        return typeof value === 'object' ? value.join(', ') : (value ?? null);
      },
    };
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  get address(): string | undefined {
    return this.#incoming.socket.remoteAddress;
  }

  readBody({ size: most, time }: BodyLimits): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      const finish = (): void => {
        clearTimeout(late);
        resolve(joinedBytes(chunks));
      };
      /** What else comes is not read, so nothing can follow on this connection. */
      const cut = (settle: () => void): void => {
        this.#incoming.pause();
        if (!this.#outgoing.destroyed) this.#outgoing.setHeader('connection', 'close');
        settle();
      };
      const late = setTimeout(() => cut(finish), time);
      this.#incoming.on('data', (chunk) => {
        size += chunk.length;
        if (size <= most) chunks.push(chunk);
        else {
          clearTimeout(late);
          cut(() => reject(new BodyTooLarge(most)));
        }
      });
      this.#incoming.once('end', finish);
      this.#incoming.once('close', finish);
    });
  }

  onGone(listener: () => void): void {
    if (this.#outgoing.destroyed) listener();
    else this.#outgoing.once('close', listener);
  }
}

function send({ status, headers, body }: ServerAnswer, outgoing: OutgoingResponse): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    // With its length, head and body are one write.
    const length = typeof body === 'string' ? Buffer.byteLength(body) : (body?.length ?? 0);
    outgoing.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': length });
    outgoing.end(body);
    return;
  }
  stream(body, status, headers, outgoing);
}

function stream(body: StreamedBody, status: number, headers: Record<string, string>, outgoing: OutgoingResponse): void {
  if (outgoing.destroyed) {
    // The client went away meanwhile, and no event will say so any more.
    body.gone();
    return;
  }
  outgoing.writeHead(status, headers);
  outgoing.once('close', () => body.gone());
  outgoing.on('drain', () => body.ready());
  body.open({ write: (bytes) => outgoing.write(bytes), end: () => outgoing.end() });
}
