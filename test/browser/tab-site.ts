import type { BrowserContext, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { createServer, type DatastoreServer, MemoryLogs } from '../../src/server/index.js';
import { nodeListener } from '../../src/server/node/index.js';
import { signToken, tokenAuthentication } from '../../src/server/tokens/index.js';
import { type BrowserSite, startSite } from './chromium.js';
import type { TabPage } from './pages/tab-page.js';

const SECRET = new TextEncoder().encode('a secret of at least thirty-two bytes');

declare const tabPage: TabPage;

/** A browser with pages that open a tab each, and the server that they sync with. */
export class TabSite {
  readonly #site: BrowserSite;
  readonly #server: DatastoreServer;
  #accounts = 0;

  private constructor(site: BrowserSite, server: DatastoreServer) {
    this.#site = site;
    this.#server = server;
  }

  static async start(): Promise<TabSite> {
    const server = createServer({ authenticate: tokenAuthentication({ secret: SECRET }), logs: new MemoryLogs() });
    const site = await startSite('tab-page.ts', (request, response) => nodeListener(server.handle)(request, response));
    return new TabSite(site, server);
  }

  get browser(): BrowserSite['browser'] {
    return this.#site.browser;
  }

  get address(): string {
    return this.#site.address;
  }

  /**
   * A private session with an account of its own, until a test is over: sessions can go side by side.
   *
   * @param whenOver of the context of a test that runs beside others, since nobody knows which of them asks.
   */
  async session(whenOver: typeof onTestFinished = onTestFinished): Promise<TabSession> {
    const token = await signToken(SECRET, { account: `ann-${this.#accounts++}` }, 3600);
    const session = new TabSession(this.#site.address, token, await this.#site.browser.newContext());
    whenOver(() => session.context.close());
    return session;
  }

  async close(): Promise<void> {
    await this.#site.close();
    await this.#server.close(0);
  }
}

/** The tabs of one test. */
export class TabSession {
  readonly token: string;
  readonly #address: string;
  #context: BrowserContext;

  constructor(address: string, token: string, context: BrowserContext) {
    this.#address = address;
    this.token = token;
    this.#context = prepared(context);
  }

  get context(): BrowserContext {
    return this.#context;
  }

  /** Goes on in another session of a browser, which may know nothing of the last one. */
  set context(context: BrowserContext) {
    this.#context = prepared(context);
  }

  async open(prepare?: (page: Page) => Promise<unknown>): Promise<Page> {
    const page = await this.#context.newPage();
    await prepare?.(page);
    await page.goto(this.#address);
    await load(page);
    expect(await page.evaluate((one) => tabPage.open(one), this.token)).toBe('');
    return page;
  }

  /** Waits until a tab shows these texts, each of which is there once, since it is the id of a record. */
  async untilShown(page: Page, texts: readonly string[]): Promise<void> {
    for (;;) {
      await page.evaluate(() => tabPage.sync());
      const shown = await textsIn(page);
      if (texts.every((text) => shown.includes(text))) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Lets the tabs look for what others left, as they do when the network comes back, and else once a minute. */
  async lookForLeftovers(): Promise<void> {
    await this.#context.setOffline(true);
    await this.#context.setOffline(false);
  }

  async crash(page: Page): Promise<void> {
    const session = await this.#context.newCDPSession(page);
    const crashed = new Promise((resolve) => page.once('crash', resolve));
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    await page.close().catch(() => undefined);
  }
}

/** On a busy machine a page can take long to load. */
function prepared(context: BrowserContext): BrowserContext {
  context.setDefaultTimeout(110_000);
  return context;
}

/** Waits until the script of a page has run. */
export async function load(page: Page): Promise<Page> {
  await page.waitForFunction(() => 'tabPage' in globalThis);
  return page;
}

export async function slotOf(page: Page): Promise<number | undefined> {
  return (await page.evaluate(() => tabPage.slot())).slot;
}

export function textsIn(page: Page): Promise<string[]> {
  return page.evaluate(() => tabPage.texts());
}

export function write(page: Page, ...texts: string[]): Promise<string[]> {
  return page.evaluate((all) => tabPage.write(all), texts);
}
