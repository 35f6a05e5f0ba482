import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDelta } from '../../src/index.js';
import { createServer, type DatastoreServer, MemoryLogs, type ServerOptions } from '../../src/server/index.js';
import { nodeListener } from '../../src/server/node/index.js';
import { signToken, tokenAuthentication } from '../../src/server/tokens/index.js';
import { type BrowserSite, chromiumPath, NO_CHROMIUM, startSite } from './chromium.js';
import type { HttpPage } from './pages/http-page.js';

const SECRET = new TextEncoder().encode('a secret of at least thirty-two bytes');
/** Of the suite of servers, what a browser could treat in a way of its own. */
const CASES = [
  'a link carries each message to the sequencer, and the answer back',
  'a link says where a log stands once it is followed, and when it grows',
  'a link says when the list has changed',
  'a server takes and gives messages in both forms, in any combination',
  'a server answers a long poll at once, then when something happens, and misses nothing in between',
];

declare const httpPage: HttpPage;

if (chromiumPath === undefined) console.warn(`HTTP: ${NO_CHROMIUM}`);

describe.skipIf(chromiumPath === undefined)('a link over HTTP to another origin, in Chromium', () => {
  let site: BrowserSite;
  let context: BrowserContext;
  let page: Page;
  let tokens: Record<string, string>;
  let server: DatastoreServer;
  let url: string;
  const listeners: Server[] = [];

  async function serve(options: Partial<ServerOptions>): Promise<[DatastoreServer, string]> {
    const authenticate = tokenAuthentication({ secret: SECRET });
    const made = createServer({ authenticate, logs: new MemoryLogs(), ...options });
    const http = createHttpServer(nodeListener(made.handle));
    listeners.push(http);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return [made, `http://127.0.0.1:${(http.address() as AddressInfo).port}`];
  }

  async function openPage(): Promise<Page> {
    const opened = await context.newPage();
    await opened.goto(site.address);
    await opened.waitForFunction(() => 'httpPage' in globalThis);
    return opened;
  }

  beforeAll(async () => {
    site = await startSite('http-page.ts');
    context = await site.browser.newContext();
    context.setDefaultTimeout(110_000);
    [server, url] = await serve({ origins: [new URL(site.address).origin] });
    page = await openPage();
    const claims: readonly (readonly [account: string, team?: string, userName?: string])[] = [
      ['ann', 'Example', 'Ann Example'],
      ['colleague', 'Example'],
      ['outsider', 'Elsewhere'],
      ['stranger'],
    ];
    const made = claims.map(async ([name, team, userName]): Promise<[string, string]> => {
      const account = `conformance-${name}`;
      return [account, await signToken(SECRET, { account, team, userName }, 3600)];
    });
    tokens = Object.fromEntries(await Promise.all(made));
  });
  afterAll(async () => {
    await server?.close(0);
    for (const http of listeners) {
      http.closeAllConnections();
      http.close();
    }
    await site?.close();
  });

  test.each(CASES)('in a page: %s', async (name) => {
    expect(await page.evaluate((question) => httpPage.run(question), { url, tokens, name })).toBe('');
  });

  test.each(CASES.slice(0, 2))('in a worker: %s', async (name) => {
    const answer = await page.evaluate(
      (question) =>
        new Promise((resolve) => {
          const worker = new Worker('/script.js', { type: 'module' });
          worker.onmessage = ({ data }) => resolve(data);
          worker.postMessage(question);
        }),
      { url, tokens, name },
    );
    expect(answer).toBe('');
  });

  test('is cut off by a server that does not name the origin', async () => {
    const [closed, closedUrl] = await serve({});
    const token = tokens['conformance-ann'] ?? '';
    const list = (at: string): Promise<string> =>
      page.evaluate(([to = '', one = '']) => httpPage.list(to, one), [at, token]);
    expect([await list(url), await list(closedUrl)]).toEqual(['', 'network']);
    await closed.close(0);
  });

  test('tabs share one stream, and another goes on when its tab is closed', async () => {
    const { handle } = await server.service.create({ account: 'conformance-ann' }, 'shared-stream');
    const token = tokens['conformance-ann'] ?? '';
    const pages = [await openPage(), await openPage(), await openPage()] as const;
    for (const one of pages) {
      await one.evaluate(
        ([at = '', own = '', followed = '']) => httpPage.watch(at, own, followed),
        [url, token, handle],
      );
    }
    const until = async (one: Page, event: string): Promise<void> => {
      await one.waitForFunction((wanted) => httpPage.told().includes(wanted), event);
    };
    // A server learns a little later that a client has gone, such as that of an earlier case.
    const untilOneStream = (): Promise<void> =>
      expect.poll(() => server.service.statistics.watchers, { timeout: 60_000 }).toBe(1);
    for (const one of pages) await until(one, 'reached 0');
    await untilOneStream();
    await pages[0].close();
    const delta = parseDelta([['I', 't', 'r', {}]]);
    await server.service.send({ account: 'conformance-ann' }, handle, { type: 'put', rev: 0, nonce: 'n', delta });
    for (const one of pages.slice(1)) await until(one, 'reached 1');
    await untilOneStream();
    expect(await pages[1].evaluate(() => httpPage.told().filter((type) => type === 'disconnected'))).toEqual([]);
  });
});
