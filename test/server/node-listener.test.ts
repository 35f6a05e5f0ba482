import { createServer as createHttpServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type BodySink,
  BodyTooLarge,
  type ServerAnswer,
  type ServerRequest,
  type StreamedBody,
} from '../../src/server/exchange.js';
import { createServer } from '../../src/server/http-server.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { nodeListener } from '../../src/server/node/index.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** @returns the port. */
async function listen(handle: (request: ServerRequest) => Promise<ServerAnswer>): Promise<number> {
  const http: Server = createHttpServer(nodeListener(handle));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    http.closeAllConnections();
    return new Promise((resolve) => http.close(resolve));
  });
  return (http.address() as AddressInfo).port;
}

interface Answered {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Asks without any help of `fetch`, so that the request is sent as it is given. */
function ask(
  port: number,
  { method = 'POST', path = '/', headers = {}, parts = [] as readonly (string | Uint8Array)[], isEnded = true } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ port, host: '127.0.0.1', method, path, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    asked.on('error', reject);
    for (const part of parts) asked.write(part);
    if (isEnded) asked.end();
    else asked.flushHeaders();
  });
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('a request of Node', () => {
  test('has its path without what follows, its headers in any case, and its body in one piece', async () => {
    const port = await listen(async (request) => {
      const body = await request.readBody({ size: 1_000_000, time: 10_000 });
      const { method, path, headers } = request;
      return {
        ...{ status: 200, headers: { 'x-length': String(body.length) } },
        body: JSON.stringify([method, path, headers.get('X-One'), headers.get('x-none'), headers.get('accept')]),
      };
    });
    const parts = ['a'.repeat(70_000), new Uint8Array(70_000), 'ä'];
    const headers = { 'x-ONE': '1', accept: ['a', 'b'] };
    const answer = await ask(port, { path: '/v1/send?x=/y', headers, parts });
    expect(JSON.parse(answer.body)).toEqual(['POST', '/v1/send', '1', null, 'a, b']);
    expect(answer.headers['x-length']).toBe('140002');
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
  });

  test('has the same path if the whole address was sent, as to a proxy', async () => {
    const port = await listen(async ({ path }) => ({ status: 200, headers: {}, body: path }));
    for (const [address, path] of [
      ['http://localhost:8484/v1/list?x', '/v1/list'],
      ['HTTPS://localhost', '/'],
      ['//v1/list', '//v1/list'],
    ]) {
      expect((await ask(port, { path: address ?? '' })).body).toBe(path);
    }
  });

  test('whose body is too large fails, and its connection ends after the answer', async () => {
    const port = await listen(async (request) => {
      const failure: unknown = await request.readBody({ size: 10, time: 10_000 }).catch((error: unknown) => error);
      return { status: failure instanceof BodyTooLarge ? 413 : 200, headers: {}, body: 'x' };
    });
    const [fits, large] = [await ask(port, { parts: ['0123456789'] }), await ask(port, { parts: ['0123456789', 'a'] })];
    expect([fits.status, large.status, large.headers['connection']]).toEqual([200, 413, 'close']);
  });

  test('whose body does not end is cut off, and its connection ends after the answer', async () => {
    const port = await listen(async (request) => ({
      ...{ status: 200, headers: {} },
      body: text(await request.readBody({ size: 10, time: 30 })),
    }));
    const { body, headers } = await ask(port, { parts: ['abc'], isEnded: false, headers: { 'content-length': '5' } });
    expect([body, headers['connection']]).toEqual(['abc', 'close']);
  });

  test('that breaks off is read up to there, and its client is known to have gone', async () => {
    let gone = (): void => undefined;
    const isGone = new Promise<void>((resolve) => {
      gone = resolve;
    });
    let read: Promise<Uint8Array> | undefined;
    const port = await listen(async (request) => {
      request.onGone(gone);
      read = request.readBody({ size: 10, time: 600_000 });
      return { status: 200, headers: {}, body: await read };
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc');
    await expect.poll(() => read !== undefined, { timeout: 60_000 }).toBe(true);
    socket.destroy();
    await isGone;
    expect(text((await read) ?? new Uint8Array())).toBe('abc');
  });
});

test('an answer that cannot be sent ends its connection, and harms no other', async () => {
  const port = await listen(async ({ path }) => ({ status: 200, headers: { 'x-one': path === '/' ? '\n' : '1' } }));
  await expect(ask(port)).rejects.toThrow('socket hang up');
  expect((await ask(port, { path: '/other' })).status).toBe(200);
});

describe('an answer that is written bit by bit', () => {
  class Recorded implements StreamedBody {
    readonly calls: string[] = [];
    sink: BodySink | undefined;

    open(sink: BodySink): void {
      this.calls.push('open');
      this.sink = sink;
    }

    ready(): void {
      this.calls.push('ready');
    }

    gone(): void {
      this.calls.push('gone');
    }
  }

  function begin(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    return new Promise((resolve) => socket.once('data', () => resolve(socket)));
  }

  test('waits for a client that does not read, goes on when it does, and is told when it goes', async () => {
    const body = new Recorded();
    const port = await listen(async () => ({ status: 200, headers: {}, body }));
    const begun = begin(port);
    await expect.poll(() => body.sink, { timeout: 60_000 }).toBeDefined();
    body.sink?.write(new Uint8Array(1));
    const socket = await begun;
    socket.pause();
    while (body.sink?.write(new Uint8Array(100_000)) === true);
    expect(body.calls).toEqual(['open']);
    socket.resume();
    await expect.poll(() => body.calls, { timeout: 60_000 }).toContain('ready');
    socket.destroy();
    await expect.poll(() => body.calls, { timeout: 60_000 }).toContain('gone');
  });

  test('is not begun for a client that has gone', async () => {
    const body = new Recorded();
    let answer = (): void => undefined;
    const mayAnswer = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const gone = new Promise<void>((resolve) => {
      void listen(async (request) => {
        request.onGone(resolve);
        socket.destroy();
        await mayAnswer;
        return { status: 200, headers: {}, body };
      }).then((port) => {
        socket = connect(port, '127.0.0.1');
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      });
    });
    let socket: Socket;
    await gone;
    answer();
    await expect.poll(() => body.calls, { timeout: 60_000 }).toEqual(['gone']);
  });
});

test('a server answers the same through Node and through web-standard requests', async () => {
  const serverOf = () =>
    createServer({
      ...{ logs: new MemoryLogs(), authenticate: () => ({ account: 'ann' }), pollInterval: 0, bodySize: 1_000 },
      ...{ origins: ['https://app.example'], newHandle: () => 'h', now: () => 1_700_000_000_000 },
    });
  const [one, other] = [serverOf(), serverOf()];
  closing.push(
    () => one.close(0),
    () => other.close(0),
  );
  const port = await listen(one.handle);
  const json = { 'content-type': 'application/json' };
  const put = { type: 'put', rev: 0, nonce: 'n1', delta: [['I', 't', 'r', { text: 'ä' }]] };
  const requests: { method?: string; path: string; headers?: Record<string, string>; body?: string }[] = [
    { path: '/v1/create', headers: json, body: '{"id":"notes"}' },
    { path: '/v1/send', headers: json, body: JSON.stringify({ handle: 'h', message: put }) },
    {
      path: '/v1/send?x',
      headers: { ...json, accept: 'application/vnd.deltaic' },
      body: '{"handle":"h","message":{}}',
    },
    { path: '/v1/list', headers: { ...json, origin: 'https://app.example' }, body: '{}' },
    { path: '/v1/delete', headers: json, body: '{"id":"none"}' },
    { path: '/v1/find', headers: json, body: `{"id":"${'x'.repeat(2_000)}"}` },
    { path: '/v1/find', headers: json, body: '{' },
    { path: '/v1/find', headers: { 'content-type': 'text/plain' }, body: '{}' },
    { path: '/v1/nothing', headers: json, body: '{}' },
    { method: 'GET', path: '/v1/datastores/notes' },
    { method: 'GET', path: '/v1/datastores/%ff' },
    { method: 'GET', path: '/health' },
    { method: 'HEAD', path: '/health' },
    { method: 'OPTIONS', path: '/v1/send', headers: { origin: 'https://app.example' } },
    { method: 'OPTIONS', path: '/v1/send', headers: { origin: 'https://other.example' } },
  ];
  const NAMES = [
    ...['content-type', 'retry-after', 'x-content-type-options', 'cache-control', 'content-security-policy', 'vary'],
    ...['access-control-allow-origin', 'access-control-allow-methods', 'access-control-max-age'],
  ];
  for (const { method = 'POST', path, headers = {}, body } of requests) {
    const byNode = await ask(port, { method, path, headers, parts: body === undefined ? [] : [body] });
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    const byWeb = await other.fetch(new Request(`http://localhost${path}`, init));
    const web = [byWeb.status, await byWeb.text(), ...NAMES.map((name) => byWeb.headers.get(name))];
    // Node itself leaves out the body of an answer to HEAD.
    if (method === 'HEAD') web[1] = '';
    expect([byNode.status, byNode.body, ...NAMES.map((name) => byNode.headers[name] ?? null)], path).toEqual(web);
  }
});
