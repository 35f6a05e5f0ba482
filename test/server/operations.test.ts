import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parseDelta } from '../../src/index.js';
import type { RequestHead } from '../../src/server/exchange.js';
import { createServer, type DatastoreServer, type ServerOptions } from '../../src/server/http-server.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { addressKey, RateLimit } from '../../src/server/rate-limit.js';
import type { ServerLogEvent } from '../../src/server/server-log.js';
import { runs } from '../support/seed.js';
import { startServer } from './server-fixture.js';

const servers: DatastoreServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0);
});

/** A server whose tokens are the names of accounts. */
function serverOf(options: Partial<ServerOptions> = {}): DatastoreServer {
  const authenticate = ({ headers }: RequestHead): { account: string } | undefined => {
    const account = /^Bearer (\w+)$/.exec(headers.get('authorization') ?? '')?.[1];
    return account === undefined || account === 'nobody' ? undefined : { account };
  };
  const server = createServer({ logs: new MemoryLogs(), authenticate, ...options });
  servers.push(server);
  return server;
}

interface Asked {
  readonly account?: string;
  readonly address?: string;
  readonly forwarded?: string;
}

function ask(
  server: DatastoreServer,
  path: string,
  body: unknown,
  { account = 'ann', address, forwarded }: Asked = {},
): Promise<Response> {
  const headers = {
    authorization: `Bearer ${account}`,
    'content-type': 'application/json',
    ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
  };
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  return server.fetch(new Request(`http://localhost${path}`, init), { address });
}

async function handleOf(server: DatastoreServer, id: string): Promise<string> {
  const { handle } = (await (await ask(server, '/v1/create', { id })).json()) as { handle: string };
  return handle;
}

function put(server: DatastoreServer, handle: string, rev: number, text: string): Promise<Response> {
  const message = { type: 'put', rev, nonce: `n${rev}`, delta: [['I', 't', `r${rev}`, { text }]] };
  return ask(server, '/v1/send', { handle, message });
}

describe('a rate limit', () => {
  test('gives ten seconds’ worth at once, and says exactly how long to wait for more', () => {
    const limit = new RateLimit(2);
    const taken = Array.from({ length: 21 }, () => limit.take('ann', 1_000));
    expect(taken).toEqual([...Array.from({ length: 20 }, () => 0), 500]);
    expect([limit.take('bob', 1_000), limit.take('ann', 1_499), limit.take('ann', 1_500)]).toEqual([0, 1, 0]);
    expect(new RateLimit(0.01).take('once', 5)).toBe(0);
  });

  test('is never exceeded in any span of time, and lets those wait who were told to', () => {
    const steps = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), after: fc.nat({ max: 4_000 }) }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), steps, (perSecond, calls) => {
        const limit = new RateLimit(perSecond);
        const taken: { key: string; at: number }[] = [];
        let now = 0;
        for (const { key, after } of calls) {
          now += after / 8;
          const wait = limit.take(key, now);
          if (wait === 0) taken.push({ key, at: now });
          // Who waits as long as it was told gets its turn.
          else expect(new RateLimit(perSecond).take(key, now + wait)).toBe(0);
        }
        for (const first of taken) {
          for (const last of taken) {
            const between = taken.filter(({ key, at }) => key === first.key && at >= first.at && at <= last.at);
            if (last.key !== first.key || last.at < first.at) continue;
            expect(between.length).toBeLessThanOrEqual(
              10 * perSecond + ((last.at - first.at) / 1000) * perSecond + 1e-6,
            );
          }
        }
      }),
      { numRuns: runs(60) },
    );
  });

  test('counts a network of IPv6 as one address', () => {
    const same = ['2001:db8:0:7::1', '2001:DB8:0:7:ffff::', '2001:0db8::7:1:2:3:4', '2001:db8:0:7:1:2:3:4%eth0'];
    expect(new Set(same.map(addressKey))).toEqual(new Set(['2001:db8:0:7']));
    expect([
      addressKey('2001:db8:0:8::1'),
      addressKey('::ffff:192.0.2.7'),
      addressKey('192.0.2.7'),
      addressKey('::1'),
    ]).toEqual(['2001:db8:0:8', '192.0.2.7', '192.0.2.7', '0:0:0:0']);
  });

  test('of an account is answered with 429, and with when to come back', async () => {
    const server = serverOf({ accountRate: 1, now: () => 5_000 });
    const statuses: unknown[] = [];
    for (let call = 0; call < 12; call++) statuses.push((await ask(server, '/v1/profile', {})).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429]);
    const refused = await ask(server, '/v1/profile', {});
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toEqual({ code: 'retry-later', message: 'too many requests of this account' });
    expect((await ask(server, '/v1/profile', {}, { account: 'bob' })).status).toBe(200);
  });

  test('of an address comes before a look at the token, and believes only proxies of ours', async () => {
    const direct = serverOf({ addressRate: 1, now: () => 5_000 });
    const attempt = async (server: DatastoreServer, asked: Asked): Promise<number> =>
      (await ask(server, '/v1/profile', {}, { account: 'nobody', ...asked })).status;
    const statuses: unknown[] = [];
    // What a client says of itself does not count.
    for (let call = 0; call < 11; call++)
      statuses.push(await attempt(direct, { address: '192.0.2.1', forwarded: `10.0.0.${call}` }));
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    expect(await attempt(direct, { address: '192.0.2.2' })).toBe(401);
    const behind = serverOf({ addressRate: 1, proxies: 2, now: () => 5_000 });
    const seen: unknown[] = [];
    for (let call = 0; call < 11; call++) {
      seen.push(await attempt(behind, { address: '192.0.2.1', forwarded: `10.0.0.${call}, 198.51.100.1, 192.0.2.9` }));
    }
    expect(seen.at(-1)).toBe(429);
    expect(await attempt(behind, { address: '192.0.2.1', forwarded: '198.51.100.2, 192.0.2.9' })).toBe(401);
    // Health is for load balancers, which ask often.
    expect((await ask(direct, '/health', undefined, { address: '192.0.2.1' })).status).toBe(200);
  });
});

describe('a limit', () => {
  test('of datastores stops the next one, and not those that exist', async () => {
    const server = serverOf({ datastoresPerAccount: 2 });
    await handleOf(server, 'one');
    await handleOf(server, 'two');
    const refused = await ask(server, '/v1/create', { id: 'three' });
    expect([refused.status, await refused.json()]).toEqual([
      507,
      { code: 'quota', message: 'an account may own at most 2 datastores' },
    ]);
    expect((await ask(server, '/v1/create', { id: 'two' })).status).toBe(200);
    expect((await ask(server, '/v1/create', { id: 'three' }, { account: 'bob' })).status).toBe(200);
    expect((await ask(server, '/v1/delete', { id: 'one' })).status).toBe(200);
    expect((await ask(server, '/v1/create', { id: 'three' })).status).toBe(200);
  });

  test('of time ends a request whose store hangs, whatever becomes of it', async () => {
    const logs = new MemoryLogs();
    const failures: unknown[] = [];
    const server = serverOf({ logs, answerTime: 20, pollInterval: 0, onFailure: (error) => failures.push(error) });
    const handle = await handleOf(server, 'one');
    Object.assign(logs, { append: () => new Promise(() => undefined), list: () => new Promise(() => undefined) });
    const late = await put(server, handle, 0, 'x');
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1']);
    // Whether it took effect is unknown, and the code must not say that it did not.
    expect(await late.json()).toMatchObject({ code: 'server' });
    expect(failures).toMatchObject([{ code: 'storage', message: 'the answer took longer than 20 ms' }]);
    const watch = await ask(server, '/v1/watch', { handles: [handle] });
    expect(watch.status).toBe(200);
    await watch.body?.cancel();
    expect(server.service.statistics.watchers).toBe(0);
    // Closing would wait for the append.
    servers.length = 0;
  });

  test('of memory is kept, and nothing is lost by it', async () => {
    const logs = new MemoryLogs();
    const server = serverOf({ logs, cacheBytes: 60_000, snapshotInterval: 3 });
    const handles = await Promise.all(Array.from({ length: 20 }, (_, at) => handleOf(server, `d${at}`)));
    const reached = new Map<string, number>();
    for (let round = 0; round < 5; round++) {
      for (const handle of handles) {
        const rev = reached.get(handle) ?? 0;
        const answer = (await (await put(server, handle, rev, 'x'.repeat(2_000))).json()) as { message: unknown };
        expect(answer.message).toMatchObject({ type: 'accepted', rev: rev + 1 });
        reached.set(handle, rev + 1);
        const { bytes, datastores } = server.service.statistics;
        expect(bytes).toBeLessThanOrEqual(60_000);
        expect(datastores).toBeGreaterThan(0);
      }
    }
    // Each was opened again in each round, since others had used up the room.
    expect(server.service.statistics).toMatchObject({ appended: 100, lost: 0, failed: 0, opened: 100 });
    // One that is larger than the budget is served none the less.
    const large = serverOf({ logs, cacheBytes: 1 });
    expect((await ask(large, '/v1/datastores/d7', undefined)).status).toBe(200);
    expect(large.service.statistics.datastores).toBe(1);
  });
});

describe('a long poll', () => {
  interface Answer {
    readonly events: readonly { readonly type: string; readonly rev?: number }[];
    readonly cursor: string;
    readonly after?: number;
  }
  const poll = async (server: DatastoreServer, handles: readonly string[], cursor?: string): Promise<Answer> => {
    return (await (await ask(server, '/v1/poll', { handles, cursor })).json()) as Answer;
  };

  test('tells what became of the list and of logs since the last one, once, whatever server answers', async () => {
    const logs = new MemoryLogs();
    const [one, other] = [serverOf({ logs, heartbeat: 30 }), serverOf({ logs, heartbeat: 30 })];
    const handle = await handleOf(one, 'one');
    const first = await poll(one, [handle]);
    expect(first.events).toMatchObject([{ type: 'reached', rev: 0 }]);
    await handleOf(one, 'two');
    await put(one, handle, 0, 'x');
    const second = await poll(other, [handle], first.cursor);
    expect(new Set(second.events.map(({ type, rev }) => `${type} ${rev}`))).toEqual(
      new Set(['list-changed undefined', 'reached 1']),
    );
    expect((await poll(one, [handle], second.cursor)).events).toEqual([]);
  });

  test('is answered when the server stops, with when to come back', async () => {
    const server = serverOf();
    const { cursor } = await poll(server, []);
    const waiting = poll(server, [], cursor);
    await expect.poll(() => server.service.statistics.watchers, { timeout: 60_000 }).toBe(1);
    await server.close(60_000);
    expect((await waiting).after).toBeGreaterThan(0);
  });
});

test('a server that is stopping is not ready, and takes no watch', async () => {
  const server = serverOf();
  expect((await ask(server, '/ready', undefined)).status).toBe(200);
  await server.close(0);
  const [ready, health, watch] = await Promise.all([
    ask(server, '/ready', undefined),
    ask(server, '/health', undefined),
    ask(server, '/v1/watch', { handles: [] }),
  ]);
  expect([ready.status, health.status, watch.status]).toEqual([503, 200, 429]);
  expect([ready.headers.get('retry-after'), watch.headers.get('retry-after')]).toEqual(['5', '5']);
});

test('a client that goes away while its watch is opened leaves nothing behind', async () => {
  let listed = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    listed = resolve;
  });
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  class Slow extends MemoryLogs {
    override async list(): Promise<[]> {
      listed();
      await answered;
      return [];
    }
  }
  const options = { logs: new Slow(), pollInterval: 0, authenticate: () => ({ account: 'ann' }) };
  let opened = (): void => undefined;
  const running = await startServer({ ...options, log: ({ type }) => type === 'request' && opened() });
  const gone = new Promise<void>((resolve) => {
    running.http.once('connection', (socket) => socket.once('close', () => resolve()));
  });
  const headers = { 'content-type': 'application/json' };
  const request = httpRequest(`${running.url}/v1/watch`, { method: 'POST', headers });
  request.on('error', () => undefined);
  request.end('{"handles":[]}');
  await asked;
  request.destroy();
  await gone;
  const isOpened = new Promise<void>((resolve) => {
    opened = resolve;
  });
  answer();
  await isOpened;
  await expect.poll(() => running.server.service.statistics.watchers, { timeout: 60_000 }).toBe(0);
  await running.close();
});

describe('metrics', () => {
  test('count what happened, in the text format of Prometheus', async () => {
    const server = serverOf();
    const handle = await handleOf(server, 'one');
    await put(server, handle, 0, 'x');
    await put(server, handle, 0, 'y');
    await ask(server, '/v1/<script>', {});
    await ask(server, '/v1/profile', {}, { account: 'nobody' });
    const lines = server.metrics().trimEnd().split('\n');
    const sample = /^[a-z_]+(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? \S+$/;
    expect(lines.filter((line) => !line.startsWith('# ') && !sample.test(line))).toEqual([]);
    expect(lines).toEqual(
      expect.arrayContaining([
        'deltaic_requests_total{route="/v1/create",status="200"} 1',
        'deltaic_requests_total{route="/v1/send",status="200"} 2',
        'deltaic_requests_total{route="none",status="404"} 1',
        'deltaic_requests_total{route="/v1/profile",status="401"} 1',
        'deltaic_request_seconds_bucket{route="/v1/send",le="+Inf"} 2',
        'deltaic_request_seconds_count{route="/v1/send"} 2',
        'deltaic_appends_total{outcome="appended"} 1',
        'deltaic_datastores 1',
        'deltaic_watches 0',
      ]),
    );
    const types = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
    expect(new Set(types).size).toBe(types.length);
  });
});

describe('a log', () => {
  test('of anything that goes well or wrong has no token, no account, no id and no content', async () => {
    const SECRETS = ['s3cretToken', 's3cretAccount', 's3cret-id', 's3cretText', 's3cretField'];
    class Failing extends MemoryLogs {
      isBroken = false;
      override async append(...given: Parameters<MemoryLogs['append']>): ReturnType<MemoryLogs['append']> {
        if (!this.isBroken) return await super.append(...given);
        const cause = Object.assign(new Error('s3cretText\n    at s3cretField (s3cret-id:1)'), { code: '23505' });
        throw new Error('the row (s3cretAccount, s3cretText) exists', { cause });
      }
    }
    const logs = new Failing();
    const events: ServerLogEvent[] = [];
    const server = serverOf({
      logs,
      log: (event) => events.push(event),
      authenticate: ({ headers }) => (headers.get('authorization') === null ? undefined : { account: 's3cretAccount' }),
      validate: () => 's3cretText is refused',
    });
    const open = serverOf({
      logs,
      log: (event) => events.push(event),
      authenticate: () => ({ account: 's3cretAccount' }),
    });
    const as = { account: 's3cretToken' };
    for (const one of [server, open]) {
      const { handle } = (await (await ask(one, '/v1/create', { id: 's3cret-id' }, as)).json()) as { handle: string };
      const delta = [['I', 't', 's3cret-id', { s3cretField: 's3cretText' }]];
      for (const type of ['put', 's3cretText']) {
        await ask(one, '/v1/send', { handle, message: { type, rev: 0, nonce: 's3cretToken', delta } }, as);
      }
      await ask(one, '/v1/find?token=s3cretToken', { id: 's3cret-id' }, as);
      await ask(one, '/v1/datastores/s3cret-id', undefined, as);
      await ask(one, '/v1/s3cretText', {}, as);
      logs.isBroken = true;
    }
    const { handle } = (await (await ask(open, '/v1/find', { id: 's3cret-id' }, as)).json()) as { handle: string };
    const delta = parseDelta([['I', 't', 's3cretText', {}]]);
    await ask(open, '/v1/send', { handle, message: { type: 'put', rev: 0, nonce: 'n', delta } }, as);
    await open.close(0);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['request', 'failure', 'closing']));
    const failure = events.find(({ type }) => type === 'failure');
    expect(failure).toMatchObject({ route: '/v1/send', error: { name: 'Error', cause: { code: '23505' } } });
    const lines = events.map((event) => JSON.stringify(event));
    expect(lines.filter((line) => SECRETS.some((secret) => line.includes(secret)))).toEqual([]);
    expect(lines.length).toBeGreaterThan(12);
  });
});
