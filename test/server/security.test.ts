import { createServer as createHttpServer } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDelta } from '../../src/index.js';
import type { RequestHead } from '../../src/server/exchange.js';
import { createServer } from '../../src/server/http-server.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { nodeListener } from '../../src/server/node/index.js';
import { signToken, tokenAuthentication } from '../../src/server/tokens/index.js';
import { readBody } from '../../src/server/web-exchange.js';
import type { ReplicaMessage } from '../../src/sync/index.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';
import { FuzzFailure, RequestFuzz } from './request-fuzz.js';
import { type RunningServer, SECRET, startServer } from './server-fixture.js';

const put = (nonce: string, rev: number, change: unknown): ReplicaMessage => ({
  ...{ type: 'put', rev, nonce },
  delta: parseDelta([change]),
});

describe('requests by random', () => {
  async function fuzz(count: number, options: Parameters<typeof RequestFuzz.start>[1] = {}): Promise<void> {
    const requests = await RequestFuzz.start(seedOfThisRun(), options);
    for (let sent = 0; sent < count; sent++) await requests.step();
    await requests.end();
  }

  test('never fail the server, show data of others, or change them', () => fuzz(runs(3_000)));

  test('find a server that fails', async () => {
    const validate = (): never => {
      throw new Error('a defect');
    };
    await expect(fuzz(30_000, { validate })).rejects.toThrow('the server failed: Error: a defect');
  });

  test('find a server that does not check signatures', async () => {
    const authenticate = ({ headers }: RequestHead): { account: string } | undefined => {
      const claims = /^Bearer \S*\.(\S+)\./.exec(headers.get('authorization') ?? '')?.[1];
      return claims === undefined ? undefined : { account: JSON.parse(atob(claims)).sub };
    };
    await expect(fuzz(30_000, { authenticate })).rejects.toThrow(FuzzFailure);
  });

  test('find a server that shows in the binary form what it does not show in JSON', async () => {
    const checked = tokenAuthentication({ secret: SECRET });
    const authenticate = async (request: RequestHead): ReturnType<typeof checked> => {
      const isBinary = request.headers.get('accept') === 'application/vnd.deltaic';
      return isBinary ? { account: 'ann' } : await checked(request);
    };
    await expect(fuzz(30_000, { authenticate })).rejects.toThrow(/data was shown|nobody got in/);
  });
});

describe('each route', () => {
  let running: RunningServer;
  let handles: { readonly secret: string; readonly shared: string };
  beforeAll(async () => {
    running = await startServer({ logs: new MemoryLogs() });
    const ann = running.link('ann');
    const [secret, shared] = [await ann.create('secret'), await ann.create('.shared')];
    handles = { secret: secret.handle, shared: shared.handle };
    await ann.send(secret.handle, put('n1', 0, ['I', 't', 'r', { word: 'canary' }]));
    await ann.send(shared.handle, put('n1', 0, ['I', ':acl', 'uvera', { role: { I: '1000' } }]));
  });
  afterAll(() => running?.close());

  const role = (name: string, level: string): unknown => ['I', ':acl', name, { role: { I: level } }];
  const send = (name: 'secret' | 'shared', message: ReplicaMessage) => (): [string, object] => {
    const delta = message.type === 'put' ? { delta: [role('public', '2000')] } : {};
    return ['send', { handle: handles[name], message: { ...message, ...delta } }];
  };
  const call = (name: string, body: object) => (): [string, object] => [name, body];

  /** What is asked, and what another account and a viewer of the shared datastore are answered. */
  const cases: readonly (readonly [what: string, ask: () => [string, object], bob: string, vera: string])[] = [
    ['finds a private datastore', call('find', { id: 'secret' }), '404 not-found', '404 not-found'],
    ['finds a shared one', call('find', { id: '.shared' }), '404 not-found', '200 viewer'],
    ['takes the id of a shared one', call('create', { id: '.shared' }), '409 exists', '409 exists'],
    ['deletes a private one', call('delete', { id: 'secret' }), '404 not-found', '404 not-found'],
    ['deletes a shared one', call('delete', { id: '.shared' }), '404 not-found', '403 not-permitted'],
    ['reads a private one', send('secret', { type: 'fetch', rev: 0 }), '200 denied', '200 denied'],
    ['reads a shared one', send('shared', { type: 'fetch', rev: 0 }), '200 denied', '200 entries'],
    ['loads a private one', send('secret', { type: 'fetch-snapshot' }), '200 denied', '200 denied'],
    ['loads a shared one', send('shared', { type: 'fetch-snapshot' }), '200 denied', '200 snapshot'],
    ['edits a private one', send('secret', put('x', 1, role('a', '1000'))), '200 refused', '200 refused'],
    ['gives itself a role', send('shared', put('x', 1, role('a', '1000'))), '200 refused', '200 refused'],
    [
      'reads what is not there',
      call('send', { handle: 'h', message: { type: 'fetch', rev: 0 } }),
      '404 not-found',
      '404 not-found',
    ],
  ];
  test.each(cases)('%s only if it may', async (_, ask, bob, vera) => {
    const [name, body] = ask();
    const answers = ['bob', 'vera'].map(async (account) => {
      const response = await fetch(`${running.url}/v1/${name}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await signToken(SECRET, { account }, 60)}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      expect(text).not.toContain('canary');
      const { code, message, role } = JSON.parse(text) as { code?: string; message?: { type?: string }; role?: string };
      return `${response.status} ${code ?? message?.type ?? role}`;
    });
    expect(await Promise.all(answers)).toEqual([bob, vera]);
  });

  test('shows a watcher nothing of a datastore that it may not read, not even how far its log is', async () => {
    const abort = new AbortController();
    const response = await fetch(`${running.url}/v1/watch`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await signToken(SECRET, { account: 'bob' }, 60)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ handles: [handles.secret] }),
      signal: abort.signal,
    });
    let text = '';
    for await (const bytes of response.body as ReadableStream<Uint8Array>) {
      text += new TextDecoder().decode(bytes);
      if (text.includes('data: {"type"')) break;
    }
    abort.abort();
    expect(text).toContain(`data: {"type":"reached","handle":"${handles.secret}","rev":0,"role":"none"}`);
  });
});

describe('a body', () => {
  test('that does not end is cut off', async () => {
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([123])) });
    const request = new Request('http://localhost/', { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(await readBody(request, { size: 10, time: 20 })).toEqual(new Uint8Array([123]));
  });

  test('that is compressed is not unpacked, however small it is', async () => {
    const server = createServer({ logs: new MemoryLogs(), authenticate: () => ({ account: 'ann' }), pollInterval: 0 });
    const bomb = gzipSync(`{"id":"${' '.repeat(50_000_000)}"}`);
    expect(bomb.length).toBeLessThan(100_000);
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const response = await server.fetch(
      new Request('http://localhost/v1/find', { method: 'POST', headers, body: bomb }),
    );
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid-json' }]);
    await server.close();
  });
});

test('what is no HTTP, ends early, or lies about its length harms nobody else', async () => {
  const server = createServer({ logs: new MemoryLogs(), authenticate: () => ({ account: 'ann' }), pollInterval: 0 });
  const http = createHttpServer(nodeListener(server.handle));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as { port: number };
  const head = 'POST /v1/find HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const texts = [
    '\x16\x03\x01\x00\xa5\x01\x00',
    'GET / HTTP/9.9\r\n\r\n',
    'POST  HTTP/1.1\r\n\r\n',
    'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /health HTTP/1.1\r\nHost: a b\r\n\r\n',
    `${head}Content-Length: 100\r\n\r\n{"id"`,
    `${head}Content-Length: 2\r\n\r\n{}{}{}{}`,
    `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n{}`,
    `${head}X: ${'y'.repeat(100_000)}\r\n\r\n`,
  ];
  for (const text of texts) {
    const socket = connect(port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => expect(String(bytes)).not.toMatch(/^HTTP\/1.1 5/));
    socket.end(text);
    await closed;
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  }
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  await server.close();
});
