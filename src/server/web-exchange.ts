import {
  type BodyLimits,
  BodyTooLarge,
  joinedBytes,
  type ServerAnswer,
  type ServerRequest,
  type StreamedBody,
} from './exchange.js';

/** A web-standard request. @param address the network address of the client. */
export function requestOf(request: Request, address: string | undefined): ServerRequest {
  return {
    method: request.method,
    headers: request.headers,
    path: new URL(request.url).pathname,
    address,
    readBody: (limits) => readBody(request, limits),
    onGone: (listener) => {
      if (request.signal.aborted) listener();
      else request.signal.addEventListener('abort', listener, { once: true });
    },
  };
}

/** See `ServerRequest.readBody`. */
export async function readBody(request: Request, { size: most, time }: BodyLimits): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  const late = setTimeout(() => void reader?.cancel(), time);
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) return joinedBytes(chunks);
      size += value.length;
      if (size > most) {
        void reader?.cancel();
        throw new BodyTooLarge(most);
      }
      chunks.push(value);
    }
  } finally {
    clearTimeout(late);
  }
}

export function responseOf({ status, headers, body }: ServerAnswer): Response {
  const isWhole = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  return new Response(isWhole ? ((body ?? null) as ConstructorParameters<typeof Response>[0]) : streamOf(body), {
    status,
    headers,
  });
}

/** How many parts of a body may be on their way to a client. */
const PARTS_MOST = 16;

function streamOf(body: StreamedBody): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        let isEnded = false;
        body.open({
          write: (bytes) => {
            if (!isEnded) controller.enqueue(bytes);
            return (controller.desiredSize ?? 0) > 0;
          },
          end: () => {
            if (!isEnded) controller.close();
            isEnded = true;
          },
        });
      },
      pull: () => body.ready(),
      cancel: () => body.gone(),
    },
    { highWaterMark: PARTS_MOST },
  );
}
