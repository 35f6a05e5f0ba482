/**
 * A request and its answer, as the server sees them. `web-exchange.ts` makes them of web-standard requests, and
 * `node/node-listener.ts` of those of Node's HTTP server: it needs no `Request`, `Response` and streams between the two, which
 * would take longer than all the rest of a put.
 */

/** The headers of a request. Web-standard `Headers` are such. */
export interface RequestHeaders {
  /** A header by its name, in any case; `null` if the request has none. */
  get(name: string): string | null;
}

/** What `authenticate` looks at. A web-standard `Request` is one. */
export interface RequestHead {
  readonly method: string;
  readonly headers: RequestHeaders;
}

/** A request. */
export interface ServerRequest extends RequestHead {
  /** The path of its address, as it was sent. */
  readonly path: string;
  /** The network address of the client. */
  readonly address: string | undefined;
  /**
   * Reads the body, and no more of it than is allowed. One that takes too long is cut off.
   *
   * @throws BodyTooLarge.
   */
  readBody(limits: BodyLimits): Promise<Uint8Array>;
  /** Calls back once the client has gone. It may also do so once the answer was sent. */
  onGone(listener: () => void): void;
}

/** What a body may be. */
export interface BodyLimits {
  /** How many bytes. */
  readonly size: number;
  /** In how many ms after the head of the request the body must be complete. */
  readonly time: number;
}

/** A body that has more bytes than a server takes. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';

  /** @param most how many bytes it may have. */
  constructor(most: number) {
    super(`the body has more than ${most} bytes`);
  }
}

/** An answer. */
export interface ServerAnswer {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array | StreamedBody;
}

/** A body that is written bit by bit. */
export interface StreamedBody {
  /** Begins it. Not called if the client has gone. */
  open(sink: BodySink): void;
  /** The client has read so much that it can take more. */
  ready(): void;
  /** The client has gone. */
  gone(): void;
}

/** Where a {@link StreamedBody} is written to. */
export interface BodySink {
  /** Writes some bytes. @returns whether the client can take more; if not, `ready` says when. */
  write(bytes: Uint8Array): boolean;
  /** Ends the body. */
  end(): void;
}

export function jsonAnswer(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): ServerAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** Bytes that came in parts, as one array. */
export function joinedBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const [only, ...others] = chunks;
  if (only !== undefined && others.length === 0) return only;
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
