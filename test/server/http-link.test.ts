import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Link } from '../../src/datastore/index.js';
import { type HttpLinkOptions, httpLink } from '../../src/http/index.js';
import { parseDelta } from '../../src/index.js';
import { LmdbLogs } from '../../src/server/lmdb/index.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { testLinks } from './link-suite.js';
import { startServer } from './server-fixture.js';

/** A network on which streams end at once. */
const withoutStreams: typeof fetch = async (url, init) =>
  String(url).endsWith('/v1/watch') ? new Response('') : await fetch(url, init);

/** Watches until the link has learned that streams do not work. */
async function loseTrust(link: Link): Promise<void> {
  for (let time = 0; time < 3; time++) {
    await new Promise<void>((resolve) => {
      link.watch(({ type }) => type === 'disconnected' && resolve());
    });
  }
}

describe('a link over HTTP that asks long polls', () => {
  const open = async () => {
    const logs = new MemoryLogs();
    return { stores: [logs], close: () => logs.close() };
  };
  testLinks(open, { fetch: withoutStreams }, loseTrust);
});

describe('a link over HTTP, to three servers with logs in one LMDB environment', () => {
  testLinks(async () => {
    const path = mkdtempSync(join(tmpdir(), 'deltaic-server-'));
    const logs = new LmdbLogs({ path });
    return {
      stores: [logs, logs, logs],
      close: async () => {
        await logs.close();
        rmSync(path, { recursive: true });
      },
    };
  });
});

describe('the server’s time', () => {
  test('shows no modified time that is far ahead of the server, and comes with each answer', async () => {
    const running = await startServer({ logs: new MemoryLogs(), now: () => 5_000 });
    const link = running.link('ann');
    const { handle } = await link.create('notes');
    const set = async (rev: number, ms: number): Promise<number | undefined> => {
      const mtime = { T: String(ms) };
      const delta = parseDelta([
        rev === 0 ? ['I', ':info', 'info', { mtime }] : ['U', ':info', 'info', { mtime: ['P', mtime] }],
      ]);
      const { time } = await link.send(handle, { type: 'put', rev, nonce: `n${rev}`, delta });
      expect(time).toEqual(new Date(5_000));
      return (await link.list())[0]?.mtime?.getTime();
    };
    expect([await set(0, 86_405_001), await set(1, 86_405_000), await set(2, 7)]).toEqual([5_000, 86_405_000, 7]);
    await running.close();
  });
});

describe('a log over HTTP', () => {
  test('says what authors had seen, from memory and from the store, also to a server that opens it anew', async () => {
    const logs = new MemoryLogs();
    const running = await startServer({ logs, snapshotInterval: 2 });
    const { handle } = await running.link('ann').create('notes');
    for (const [rev, seen] of [0, 0, 2, 1, 0, 5].entries()) {
      const delta = parseDelta([['I', 't', `r${rev}`, {}]]);
      await running.link('ann').send(handle, { type: 'put', rev, nonce: `n${rev + 1}`, seen, delta });
    }
    const other = await startServer({ logs });
    for (const server of [running, other]) {
      const { message } = await server.link('ann').send(handle, { type: 'fetch', rev: 0 });
      const entries = message.type === 'entries' ? message.entries : [];
      expect(entries.map(({ seen }) => seen)).toEqual([undefined, 0, undefined, 1, 0, undefined]);
      await server.close();
    }
  });

  test('that went another way is told from the one that was named, even where the entry is in the store alone', async () => {
    const logs = new MemoryLogs();
    const running = await startServer({ logs, snapshotInterval: 2, sequencer: { recentNonces: 1 } });
    const link = running.link('ann');
    const { handle } = await link.create('notes');
    for (let rev = 0; rev < 6; rev++) {
      const delta = parseDelta([['I', 't', `r${rev}`, {}]]);
      await link.send(handle, { type: 'put', rev, nonce: `n${rev + 1}`, delta });
    }
    const fetch = async (rev: number, head: string): Promise<string> => {
      const { message } = await link.send(handle, { type: 'fetch', rev, head });
      if (message.type !== 'reset') return message.type;
      return message.isLogLost === true ? 'lost' : 'reset';
    };
    for (const rev of [1, 3, 4, 5, 6]) {
      expect([rev, await fetch(rev, `n${rev}`), await fetch(rev, 'other')]).toEqual([rev, 'entries', 'lost']);
    }
    expect(await logs.trim(handle, 3)).toBe(3);
    // Nobody knows the nonce at revision 3 any more, so what follows it cannot be served as the rest of this log.
    expect([await fetch(3, 'n3'), await fetch(4, 'n4'), await fetch(4, 'other')]).toEqual(['reset', 'entries', 'lost']);
    await running.close();
  });

  test('tells a retry from another put under its nonce, even if the entry is in the store alone', async () => {
    const logs = new MemoryLogs();
    const running = await startServer({ logs, snapshotInterval: 2 });
    const link = running.link('ann');
    const { handle } = await link.create('notes');
    const send = async (rev: number, nonce: string, record: string): Promise<string> => {
      const delta = parseDelta([['I', 't', record, {}]]);
      const { message } = await link.send(handle, { type: 'put', rev, nonce, delta });
      return message.type === 'refused' ? message.reason : message.type;
    };
    for (let rev = 0; rev < 5; rev++) await send(rev, `n${rev + 1}`, `r${rev}`);
    expect([await send(0, 'n1', 'r0'), await send(0, 'n1', 'other')]).toEqual(['repeated', 'nonce-reused']);
    expect([await send(4, 'n5', 'r4'), await send(4, 'n5', 'other')]).toEqual(['repeated', 'nonce-reused']);
    // Nobody can compare with an entry that is gone.
    expect(await logs.trim(handle, 4)).toBe(4);
    expect(await send(0, 'n1', 'other')).toBe('repeated');
    await running.close();
  });

  test('comes in pages of the size that was asked for, from memory and from the store', async () => {
    const logs = new MemoryLogs();
    const running = await startServer({ logs, sequencer: { answerSize: 700 }, snapshotInterval: 6 });
    const link = running.link('ann');
    const { handle } = await link.create('notes');
    for (let rev = 0; rev < 10; rev++) {
      await link.send(handle, {
        ...{ type: 'put', rev, nonce: `n${rev + 1}` },
        delta: parseDelta([['I', 't', `r${rev}`, {}]]),
      });
    }
    const pages: unknown[] = [];
    for (let rev = 0, isLast = false; !isLast; ) {
      const { message } = await link.send(handle, { type: 'fetch', rev });
      if (message.type !== 'entries') throw new Error(message.type);
      pages.push([...message.entries.map((entry) => entry.rev), `of ${message.rev}`]);
      isLast = message.rev === undefined;
      rev = message.entries.at(-1)?.rev ?? rev;
    }
    // Up to revision 6 there is a snapshot, so older entries are in the store alone.
    expect(pages).toEqual([
      [1, 2, 'of 10'],
      [3, 4, 'of 10'],
      [5, 6, 'of 10'],
      [7, 8, 'of 10'],
      [9, 10, 'of undefined'],
    ]);
    await running.close();
  });
});

test('wrong options of a link are told at the call, without a token', () => {
  const url = 'http://example.org';
  const getToken = (): string => 'token';
  const cases: [given: unknown, message: string][] = [
    [undefined, 'options must be an object, got undefined'],
    [url, 'options must be an object, got "http://example.org"'],
    [{ getToken }, 'url must be a URL with http:// or https://, got undefined'],
    ...['localhost:8484', 'not a url', 'http://', 'ftp://example.org'].map((text): [unknown, string] => [
      { url: text, getToken },
      `url must be a URL with http:// or https://, got "${text}"`,
    ]),
    [
      { url, token: 'secret' },
      'unknown option "token": use url, getToken, fetch, isOnline, timeout, format, sharedAs, silence',
    ],
    [{ url, getToken: 'secret' }, 'getToken must be a function, got a value of type string'],
    [{ url, getToken, isOnline: true }, 'isOnline must be a function, got true'],
  ];
  for (const [given, message] of cases) {
    expect(() => httpLink(given as never)).toThrow(expect.objectContaining({ code: 'invalid-option', message }));
  }
});

describe('a failed call', () => {
  const token = (): string => 'token';

  test('says whether a call was sent, as far as the platform tells', async () => {
    const running = await startServer({ logs: new MemoryLogs() });
    const { url } = running;
    await running.close();
    const refused = httpLink({ url, getToken: token });
    await expect(refused.list()).rejects.toMatchObject({ code: 'network', outcome: 'not-sent' });
    let calls = 0;
    const answers = (response: () => Response): typeof fetch => {
      return () => {
        calls++;
        return Promise.resolve().then(response);
      };
    };
    const cases: [Partial<HttpLinkOptions>, string, string][] = [
      [{ isOnline: () => false }, 'network', 'not-sent'],
      [{ getToken: () => Promise.reject(new Error('signed out')) }, 'network', 'not-sent'],
      [
        {
          fetch: answers(() => {
            throw new TypeError('Failed to fetch');
          }),
        },
        'network',
        'unknown',
      ],
      [{ fetch: answers(() => new Response('', { status: 502 })) }, 'server', 'unknown'],
      [{ fetch: answers(() => new Response('', { status: 429 })) }, 'retry-later', 'answered'],
      [{ fetch: answers(() => new Response('', { status: 401 })) }, 'unauthorized', 'answered'],
      // Only the server's own word deletes data.
      [{ fetch: answers(() => new Response('', { status: 410 })) }, 'server', 'unknown'],
      [
        { fetch: answers(() => Response.json({ code: 'account-gone' }, { status: 410 })) },
        ...(['account-gone', 'answered'] as const),
      ],
    ];
    for (const [options, code, outcome] of cases) {
      const link = httpLink({ url: 'http://example.org', getToken: token, ...options });
      await expect(link.list()).rejects.toMatchObject({ code, outcome });
    }
    expect(calls).toBe(6);
  });

  test('says that getToken gave no token', async () => {
    const link = httpLink({ url: 'http://example.org', getToken: () => undefined as never });
    await expect(link.list()).rejects.toMatchObject({
      ...{ code: 'unauthorized', outcome: 'not-sent' },
      message: 'getToken must return a token as text, got undefined',
    });
  });

  test('says how long the server asks to wait, up to an hour', async () => {
    const waitFor = async (status: number, header: string | undefined, body = ''): Promise<unknown> => {
      const headers = header === undefined ? {} : { 'retry-after': header };
      const answer = async (): Promise<Response> => new Response(body, { status, headers });
      const link = httpLink({ url: 'http://example.org', getToken: token, fetch: answer });
      const error = await link.list().catch((thrown: unknown) => thrown);
      return (error as { retryAfter?: number }).retryAfter;
    };
    expect(await waitFor(429, '7', '{"code":"retry-later","message":"busy"}')).toBe(7_000);
    expect(await waitFor(503, '86400')).toBe(3_600_000);
    expect([await waitFor(503, undefined), await waitFor(503, 'Sun, 06 Nov 1994 08:49:37 GMT')]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
