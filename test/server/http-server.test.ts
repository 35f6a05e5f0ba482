import fc from 'fast-check';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeMessage } from '../../src/codec/binary/encoded-message.js';
import { parseDelta, ServiceError } from '../../src/index.js';
import { DatastoreService } from '../../src/server/datastore-service.js';
import { createServer } from '../../src/server/http-server.js';
import { EMPTY_HEAD } from '../../src/server/log-store.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { signToken, tokenAuthentication } from '../../src/server/tokens/index.js';
import { runs } from '../support/seed.js';
import { type RunningServer, SECRET, startServer } from './server-fixture.js';

const ROUTES: readonly (readonly [method: 'GET' | 'POST', path: string, body?: unknown])[] = [
  ['POST', '/v1/profile', {}],
  ['POST', '/v1/list', {}],
  ['POST', '/v1/find', { id: 'default' }],
  ['POST', '/v1/create', { id: 'default' }],
  ['POST', '/v1/delete', { id: 'default' }],
  ['POST', '/v1/send', { handle: 'h', message: { type: 'fetch', rev: 0 } }],
  ['POST', '/v1/watch', { handles: ['h'] }],
  ['POST', '/v1/poll', { handles: ['h'] }],
  ['GET', '/v1/datastores/default'],
];

let running: RunningServer;
let ann: string;

beforeAll(async () => {
  const logs = new MemoryLogs();
  running = await startServer({
    logs,
    bodySize: 10_000,
    watchesPerAccount: 2,
  });
  ann = await signToken(SECRET, { account: 'ann' }, 60);
});
afterAll(() => running?.close());

function ask(path: string, init: RequestInit & { readonly token?: string } = {}): Promise<Response> {
  const { token, ...others } = init;
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(init.headers as Record<string, string> | undefined),
  };
  return fetch(`${running.url}${path}`, { ...others, headers });
}

function post(path: string, body: unknown, token?: string): Promise<Response> {
  return ask(path, { method: 'POST', body: JSON.stringify(body), ...(token === undefined ? {} : { token }) });
}

describe('nobody gets in', () => {
  const inOneMinute = Math.floor(Date.now() / 1000) + 60;
  const unsigned = (claims: object): string =>
    [{ alg: 'none' }, claims, '']
      .map((part) => (part === '' ? '' : Buffer.from(JSON.stringify(part)).toString('base64url')))
      .join('.');
  const TOKENS: Readonly<Record<string, () => string | undefined | Promise<string>>> = {
    'without a token': () => undefined,
    'with something else': () => 'token',
    'with a token of another secret': () => signToken(new Uint8Array(48).fill(7), { account: 'ann' }, 60),
    'with a token that has expired': () => signToken(SECRET, { account: 'ann' }, -1),
    'with a token that is not signed': () => unsigned({ sub: 'ann', exp: inOneMinute }),
    'with a token that does not end': () =>
      new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject('ann').sign(SECRET),
    'with a token of nobody': () => signToken(SECRET, { account: '' }, 60),
    'with a token that was changed': async () => `${(await signToken(SECRET, { account: 'ann' }, 60)).slice(0, -3)}AAA`,
  };
  for (const [name, tokenOf] of Object.entries(TOKENS)) {
    test(`${name}, by any route`, async () => {
      const token = await tokenOf();
      for (const [method, path, body] of ROUTES) {
        const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
        const response = await ask(path, token === undefined ? init : { ...init, token });
        expect([path, response.status]).toEqual([path, 401]);
        expect(await response.json()).toMatchObject({ code: 'unauthorized' });
      }
    });
  }

  test('and an account that was deleted is told so', async () => {
    const server = createServer({
      logs: new MemoryLogs(),
      authenticate: () => {
        throw new ServiceError('account-gone', 'the account was deleted');
      },
    });
    const response = await server.fetch(new Request('http://localhost/v1/profile', { method: 'POST' }));
    expect([response.status, await response.json()]).toMatchObject([410, { code: 'account-gone' }]);
    await server.close();
  });

  test('wrong options of a server are told at the call', () => {
    const good = { logs: new MemoryLogs(), authenticate: () => undefined };
    const cases: [given: unknown, message: string][] = [
      [undefined, 'options must be an object, got undefined'],
      [{ ...good, validat: () => undefined }, 'unknown option "validat": use logs, '],
      [{ authenticate: good.authenticate }, 'logs must be an object, got undefined'],
      [{ ...good, logs: { get: () => undefined } }, 'logs must have a method create, got '],
      [{ logs: good.logs }, 'authenticate must be a function, got undefined'],
      [{ ...good, validate: true }, 'validate must be a function, got true'],
      [{ ...good, accountRate: '10' }, 'accountRate must be a number from 0, got "10"'],
      [{ ...good, editorsMayChangeRoles: 'no' }, 'editorsMayChangeRoles must be true or false, got "no"'],
      [{ ...good, origins: 'https://example.org' }, 'origins must be an array, got "https://example.org"'],
    ];
    for (const [given, message] of cases) {
      expect(() => createServer(given as never)).toThrow(
        expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(message) }),
      );
    }
    expect(() => new DatastoreService(undefined as never)).toThrow('options must be an object, got undefined');
    expect(() => new DatastoreService({ logs: good.logs } as never)).toThrow('newHandle must be a function');
  });

  test('a secret that is too short is rejected', () => {
    expect(() => tokenAuthentication({ secret: new Uint8Array(31) })).toThrow('at least 32 bytes');
    expect(() => tokenAuthentication({})).toThrow('tokens need secret or keys, and not both');
  });
});

describe('another account', () => {
  test('sees nothing of a datastore that it may not read: it looks like none', async () => {
    await post('/v1/create', { id: '.shared' }, ann);
    await post('/v1/create', { id: 'private' }, ann);
    const bob = await signToken(SECRET, { account: 'bob' }, 60);
    for (const id of ['.shared', 'private', '.none', 'none', 'No Id', '']) {
      for (const path of ['/v1/find', '/v1/delete']) {
        const response = await post(path, { id }, bob);
        const { message, ...others } = (await response.json()) as { message: string };
        expect([path, id, response.status, others]).toEqual([path, id, 404, { code: 'not-found' }]);
        expect(message).toBe(`there is no datastore ${JSON.stringify(id)}`);
      }
    }
    expect((await ask('/v1/datastores/.shared', { token: bob })).status).toBe(404);
    expect(await (await post('/v1/list', {}, bob)).json()).toEqual({ datastores: [] });
  });
});

describe('bad requests', () => {
  test('are told what is wrong, with a status of 4xx', async () => {
    const wrong: readonly (readonly [string, string, number])[] = [
      ['/v1/find', '', 400],
      ['/v1/find', '{', 400],
      ['/v1/find', '[]', 400],
      ['/v1/find', 'null', 400],
      ['/v1/find', '{"id":1}', 400],
      ['/v1/find', '{"__proto__":{"id":"default"}}', 400],
      ['/v1/create', '{"id":"No Id"}', 400],
      ['/v1/send', '{"handle":"h"}', 400],
      ['/v1/send', '{"handle":"h","message":{"type":"accepted"}}', 400],
      ['/v1/send', '{"handle":"constructor","message":{"type":"fetch","rev":0}}', 404],
      ['/v1/watch', '{"handles":[1]}', 400],
      ['/v1/nothing', '{}', 404],
      ['/v1/constructor', '{}', 404],
    ];
    for (const [path, body, status] of wrong) {
      const response = await ask(path, { method: 'POST', body, token: ann });
      expect([path, body, response.status]).toEqual([path, body, status]);
      expect(Object.keys((await response.json()) as object)).toEqual(expect.arrayContaining(['code', 'message']));
    }
    const html = await ask('/v1/find', {
      method: 'POST',
      body: '{}',
      token: ann,
      headers: { 'content-type': 'text/plain' },
    });
    expect(html.status).toBe(400);
    expect((await ask('/v1/find', { token: ann })).status).toBe(404);
    expect((await ask('/v1/datastores/%ff', { token: ann })).status).toBe(404);
  });

  test('in the binary form never fail the server, however they are damaged', async () => {
    const { handle } = (await (await post('/v1/create', { id: 'binary' }, ann)).json()) as { handle: string };
    const delta = parseDelta([['I', 't', 'r', { text: 'x', list: [1, 2], long: { I: '7' } }]]);
    const valid = encodeMessage({ type: 'put', rev: 0, nonce: 'n', delta }, { handle });
    const send = async (bytes: Uint8Array): Promise<number> => {
      const body = bytes as Uint8Array<ArrayBuffer>;
      const headers = { 'content-type': 'application/vnd.deltaic', accept: 'application/vnd.deltaic' };
      return (await ask('/v1/send', { method: 'POST', body, token: ann, headers })).status;
    };
    const damage = fc.array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    const found = new Set<number>();
    await fc.assert(
      fc.asyncProperty(damage, fc.nat({ max: valid.length }), async (bytes, length) => {
        const body = valid.slice(0, length % 3 === 0 ? length : valid.length);
        for (const [at, byte] of bytes) if (at < body.length) body[at] = byte;
        found.add(await send(body));
      }),
      { numRuns: runs(150) },
    );
    expect([...found].filter((status) => status >= 500)).toEqual([]);
    expect(await send(valid)).toBe(200);
  });

  test('that are too large are cut off', async () => {
    const response = await post('/v1/find', { id: 'x'.repeat(20_000) }, ann);
    expect(response.status).toBe(413);
  });
});

describe('pages of other origins', () => {
  test('may use the server only if it says so', async () => {
    const closed = await ask('/v1/list', { method: 'OPTIONS', headers: { origin: 'https://other.example' } });
    expect([closed.status, closed.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    const opened = await startServer({ logs: new MemoryLogs(), origins: ['https://app.example'] });
    const preflight = await fetch(`${opened.url}/v1/list`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
    await opened.close();
  });

  test('get answers that no browser takes for a page', async () => {
    const { headers } = await ask('/health');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'");
  });
});

describe('a store that fails', () => {
  test('gives 503 without a word of what it said, and tells the embedder', async () => {
    class Broken extends MemoryLogs {
      override find(): Promise<never> {
        return Promise.reject(new Error('password=secret of the database'));
      }
    }
    const told: unknown[] = [];
    const server = await startServer({ logs: new Broken(), onFailure: (error) => told.push(error) });
    const headers = { authorization: `Bearer ${ann}`, 'content-type': 'application/json' };
    const response = await fetch(`${server.url}/v1/find`, { method: 'POST', headers, body: '{"id":"default"}' });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(told).toHaveLength(1);
    await server.close();
  });
});

describe('a log that contradicts its snapshot', () => {
  test('is a failure of the server, and not an endless loop', async () => {
    class Torn extends MemoryLogs {
      override async read(): Promise<{ type: 'reset'; head: { revision: number; nonce: string } }> {
        return { type: 'reset', head: { revision: 0, nonce: '' } };
      }
    }
    const told: unknown[] = [];
    const server = await startServer({ logs: new Torn(), onFailure: (error) => told.push(error) });
    const { handle } = await server.link('ann').create('default');
    await expect(server.link('ann').send(handle, { type: 'fetch', rev: 0 })).rejects.toMatchObject({ code: 'server' });
    expect(told).toHaveLength(1);
    await server.close();
  });
});

describe('a log that is damaged', () => {
  test.each(['entry', 'snapshot'])('in an %s is a failure of the server, and not of the client', async (where) => {
    const logs = new MemoryLogs();
    const told: unknown[] = [];
    const server = await startServer({ logs, onFailure: (error) => told.push(error) });
    const { handle } = await server.link('ann').create('default');
    const bytes = new Uint8Array([1, 2, 3]);
    await logs.append([{ handle, head: EMPTY_HEAD, nonce: 'n', bytes }]);
    if (where === 'snapshot') await logs.writeSnapshot(handle, { revision: 1, bytes });
    const fetching = server.link('ann').send(handle, { type: 'fetch', rev: 0 });
    await expect(fetching).rejects.toMatchObject({ code: 'server', message: expect.not.stringContaining('damaged') });
    expect(told).toMatchObject([{ code: 'storage', message: expect.stringContaining(`${handle} is damaged`) }]);
    await server.close();
  });
});

describe('watches', () => {
  test('of one account are limited, and those that end make room', async () => {
    const token = await signToken(SECRET, { account: 'watcher' }, 60);
    const open = async (): Promise<{ readonly status: number; close(): void }> => {
      const abort = new AbortController();
      const response = await ask('/v1/watch', { method: 'POST', body: '{"handles":[]}', token, signal: abort.signal });
      return { status: response.status, close: () => abort.abort() };
    };
    const [first, second, third] = [await open(), await open(), await open()];
    expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);
    first.close();
    let again = await open();
    for (let tries = 0; again.status === 429 && tries < 500; tries++) again = await open();
    expect(again.status).toBe(200);
    for (const one of [second, again]) one.close();
  });
});
