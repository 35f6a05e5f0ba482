import { Readable } from 'node:stream';

// The parts of Node's requests and responses that are used, so that the declarations need no types of Node.

/** What Node's HTTP server has received. `http.IncomingMessage` is one. */
export interface IncomingRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** What Node's HTTP server answers with. `http.ServerResponse` is one. */
export interface OutgoingResponse {
  readonly destroyed: boolean;
  /** Begins the answer. */
  writeHead(status: number, headers?: Record<string, string>): unknown;
  /** Sends the head at once. */
  flushHeaders(): void;
  /** Sends some bytes; `false` if the client should be given time. */
  write(chunk: Uint8Array): boolean;
  /** Ends the answer. */
  end(): unknown;
  /** Cuts the connection. */
  destroy(): unknown;
  /** Listens once. */
  once(event: 'close' | 'drain', listener: () => void): unknown;
  /** Stops listening. */
  off(event: 'close' | 'drain', listener: () => void): unknown;
}

/** Answers web-standard requests, and is told the network address that each comes from. */
export type WebHandler = (request: Request, client: { readonly address?: string | undefined }) => Promise<Response>;

/**
 * Lets Node's HTTP server serve a handler of web-standard requests.
 *
 *     http.createServer(nodeListener(server.fetch)).listen(8080)
 */
export function nodeListener(handler: WebHandler): (incoming: IncomingRequest, outgoing: OutgoingResponse) => void {
  return (incoming, outgoing) => {
    serve(handler, incoming, outgoing).catch(() => outgoing.destroy());
  };
}

async function serve(handler: WebHandler, incoming: IncomingRequest, outgoing: OutgoingResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const request = requestOf(incoming, gone.signal);
  if (request === undefined) {
    outgoing.writeHead(400);
    outgoing.end();
    return;
  }
  const response = await handler(request, { address: incoming.socket.remoteAddress });
  if (outgoing.destroyed) {
    // The client went away meanwhile, and no event will say so any more.
    await response.body?.cancel();
    return;
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  // A client that goes away ends the stream, or watches would be kept for nobody.
  outgoing.once('close', () => void reader.cancel().catch(() => undefined));
  outgoing.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!outgoing.write(value)) await drained(outgoing);
    if (outgoing.destroyed) return;
  }
  outgoing.end();
}

/** The request, or `undefined` for one that no web-standard request can be. */
function requestOf(incoming: IncomingRequest, signal: AbortSignal): Request | undefined {
  const { method = 'GET', url = '/', headers } = incoming;
  try {
    const hasBody = method !== 'GET' && method !== 'HEAD';
    return new Request(new URL(url, `http://${headers['host'] ?? 'localhost'}`), {
      method,
      signal,
      headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
        value === undefined || name.startsWith(':')
          ? []
          : [[name, typeof value === 'string' ? value : value.join(', ')]],
      ),
      ...(hasBody
        ? { body: Readable.toWeb(incoming as unknown as Readable) as ReadableStream<Uint8Array>, duplex: 'half' }
        : {}),
    });
  } catch {
    return undefined;
  }
}

function drained(outgoing: OutgoingResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      outgoing.off('drain', end);
      outgoing.off('close', end);
      resolve();
    };
    outgoing.once('drain', end);
    outgoing.once('close', end);
  });
}
