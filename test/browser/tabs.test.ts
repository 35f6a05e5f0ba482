import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createServer, type DatastoreServer, MemoryLogs } from '../../src/server/index.js';
import { nodeListener } from '../../src/server/node/index.js';
import { signToken, tokenAuthentication } from '../../src/server/tokens/index.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';
import { type BrowserSite, chromiumPath, NO_CHROMIUM, startSite, startWithProfile } from './chromium.js';
import type { TabPage } from './pages/tab-page.js';

const CRASHES = 4;
const [TRIES, LOOKS] = [5, 20];
const SECRET = new TextEncoder().encode('a secret of at least thirty-two bytes');

declare const tabPage: TabPage;

if (chromiumPath === undefined) console.warn(`Tabs: ${NO_CHROMIUM}`);

describe.skipIf(chromiumPath === undefined)('tabs, in Chromium', () => {
  let site: BrowserSite;
  let server: DatastoreServer;
  let token: string;
  let context: BrowserContext;

  beforeAll(async () => {
    site = await startSite('tab-page.ts', (request, response) => nodeListener(server.handle)(request, response));
    token = await signToken(SECRET, { account: 'ann' }, 3600);
  });
  afterAll(() => site?.close());
  beforeEach(async () => {
    server = createServer({ authenticate: tokenAuthentication({ secret: SECRET }), logs: new MemoryLogs() });
    context = await site.browser.newContext();
    context.setDefaultTimeout(110_000);
  });
  afterEach(async () => {
    await context.close();
    await server.close(0);
  });

  async function load(page: Page): Promise<Page> {
    await page.waitForFunction(() => 'tabPage' in globalThis);
    return page;
  }

  async function openTab(prepare?: (page: Page) => Promise<unknown>): Promise<Page> {
    const page = await context.newPage();
    await prepare?.(page);
    await page.goto(site.address);
    await load(page);
    expect(await page.evaluate((one) => tabPage.open(one), token)).toBe('');
    return page;
  }

  const slotOf = async (page: Page): Promise<number | undefined> => (await page.evaluate(() => tabPage.slot())).slot;
  const textsIn = (page: Page): Promise<string[]> => page.evaluate(() => tabPage.texts());
  const write = (page: Page, ...texts: string[]): Promise<string[]> =>
    page.evaluate((all) => tabPage.write(all), texts);

  /** Waits until a tab shows these texts, each of which is there once, since it is the id of a record. */
  async function untilShown(page: Page, texts: readonly string[]): Promise<void> {
    for (;;) {
      await page.evaluate(() => tabPage.sync());
      const shown = await textsIn(page);
      if (texts.every((text) => shown.includes(text))) return;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  /** Lets the tabs look for what others left, as they do when the network comes back, and else once a minute. */
  async function lookForLeftovers(): Promise<void> {
    await context.setOffline(true);
    await context.setOffline(false);
  }

  async function crash(page: Page): Promise<void> {
    const session = await context.newCDPSession(page);
    const crashed = new Promise((resolve) => page.once('crash', resolve));
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    await page.close().catch(() => undefined);
  }

  test('three edit offline, one is closed and one crashes: everything arrives once when there is a network', async () => {
    const pages = [await openTab(), await openTab(), await openTab()];
    expect(await Promise.all(pages.map(slotOf))).toEqual([0, 1, 2]);
    await context.setOffline(true);
    for (const [at, page] of pages.entries()) expect(await write(page, `a${at}`, `b${at}`)).toHaveLength(2);
    const [stays, closed, crashes] = pages as [Page, Page, Page];
    await closed.close();
    await crash(crashes);
    expect(await textsIn(stays)).toEqual(['a0', 'b0']);
    await context.setOffline(false);
    const all = ['a0', 'b0', 'a1', 'b1', 'a2', 'b2'];
    await untilShown(stays, all);
    const fresh = await openTab();
    await untilShown(fresh, all);
    expect(await textsIn(fresh)).toEqual([...all].sort());
  });

  test('a tab that is reloaded keeps its slot, and one that it opens with a copy of its memory gets another', async () => {
    await openTab();
    const second = await openTab();
    await write(second, 'kept');
    await second.reload();
    await load(second);
    expect(await second.evaluate((one) => tabPage.open(one), token)).toBe('');
    expect(await slotOf(second)).toBe(1);
    expect(await textsIn(second)).toContain('kept');
    const [copy] = await Promise.all([
      context.waitForEvent('page'),
      second.evaluate(() => void globalThis.open(location.href)),
    ]);
    await load(copy);
    expect(await copy.evaluate((one) => tabPage.open(one), token)).toBe('');
    expect(await slotOf(copy)).toBe(2);
  });

  test('a tab that is killed between any two writes loses nothing that it stored', async () => {
    const stays = await openTab();
    const rounds = fc.sample(fc.record({ count: fc.integer({ min: 1, max: 12 }), isCrash: fc.boolean() }), {
      numRuns: runs(CRASHES),
      seed: seedOfThisRun(),
    });
    const told: string[] = [];
    for (const [at, { count, isCrash }] of rounds.entries()) {
      const page = await openTab();
      const start = told.length;
      let reached = (): void => undefined;
      const enough = new Promise<void>((resolve) => {
        reached = resolve;
      });
      await page.exposeFunction('told', (text: string) => {
        told.push(text);
        if (told.length >= start + count) reached();
      });
      await page.evaluate((prefix) => {
        const { told: tell } = globalThis as unknown as { told: (text: string) => Promise<void> };
        tabPage.writeForEver(prefix, tell);
      }, `round${at}`);
      await enough;
      if (isCrash) await crash(page);
      else await page.close({ runBeforeUnload: false });
    }
    await lookForLeftovers();
    await untilShown(stays, told);
  });

  test('what a killed tab left is uploaded at once, and not only by the next look of each minute', async () => {
    const withoutMinutes = (page: Page): Promise<unknown> =>
      page.addInitScript(() => {
        const { setTimeout: schedule } = globalThis;
        Object.assign(globalThis, {
          setTimeout: (action: () => void, delay: number) => (delay < 50_000 ? schedule(action, delay) : 0),
        });
      });
    const [stays, killed] = [await openTab(withoutMinutes), await openTab()];
    await killed.route('**/v1/**', (route) => route.abort());
    await write(killed, 'left');
    await crash(killed);
    await untilShown(stays, ['left']);
  });

  test('a tab that is put aside gives its slot back, and has everything when it is brought back', async () => {
    const page = await openTab();
    await context.setOffline(true);
    await write(page, 'stored');
    await page.evaluate(() => {
      tabPage.edit('unsynced');
      globalThis.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    });
    await page.waitForFunction(() => tabPage.slot().slot === undefined);
    await page.evaluate(() => {
      globalThis.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    });
    await page.waitForFunction(() => tabPage.slot().starts === 2);
    expect(await textsIn(page)).toEqual(['stored', 'unsynced']);
  });

  test.each([
    ['closed', (page: Page) => page.close({ runBeforeUnload: true })],
    ['left for another page', (page: Page) => page.goto('about:blank')],
    ['reloaded', (page: Page) => page.reload()],
  ])('an edit made while a tab is %s is stored', async (_, leave) => {
    // The browser gives a page a moment to be gone, which a busy machine may use up: one try of a few must arrive.
    for (let count = 0; count < TRIES; count++) {
      const page = await openTab((one) =>
        one.addInitScript(() => globalThis.addEventListener('pagehide', () => tabPage.edit('last'))),
      );
      await leave(page);
      const next = await openTab();
      for (let looks = 0; looks < LOOKS; looks++) {
        await lookForLeftovers();
        await next.evaluate(() => tabPage.sync());
        if ((await textsIn(next)).includes('last')) return;
      }
      await next.close();
    }
    expect.unreachable('no edit arrived');
  });

  test('without Web Locks nothing is lost: what a killed tab left arrives when it was silent for long', async () => {
    const withoutLocks = (page: Page): Promise<unknown> =>
      page.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
    const [stays, killed] = [await openTab(withoutLocks), await openTab(withoutLocks)];
    expect([await slotOf(stays), await slotOf(killed)]).toEqual([0, 1]);
    await context.setOffline(true);
    await write(killed, 'left');
    await crash(killed);
    await new Promise((resolve) => setTimeout(resolve, 10_500));
    await context.setOffline(false);
    await untilShown(stays, ['left']);
  });

  test('a browser without room says `quota`: what was stored is there, and the rest is stored when there is room', async () => {
    // Before the first database is opened: for half a minute Chromium believes in the room that it found then.
    const session = await context.newCDPSession(await context.newPage());
    const { origin } = new URL(site.address);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
    const [stays, killed, waits] = [await openTab(), await openTab(), await openTab()];
    await context.setOffline(true);
    const { stored, last, code } = await killed.evaluate(() => tabPage.fill('full', 50_000));
    expect([code, stored.length > 0]).toEqual(['quota', true]);
    expect(await textsIn(killed)).toEqual([...stored, last].sort());
    const inMemory = await waits.evaluate(() => tabPage.fill('waits', 50_000));
    expect(inMemory.code).toBe('quota');
    expect(await waits.evaluate(() => tabPage.saveError())).toBe('quota');
    await crash(killed);
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    // Without another edit.
    await waits.waitForFunction(() => tabPage.saveError() === '');
    await crash(waits);
    await context.setOffline(false);
    const all = [...stored, ...inMemory.stored, inMemory.last];
    await untilShown(stays, all);
    expect((await textsIn(stays)).filter((text) => text !== last)).toEqual([...all].sort());
  });

  test('a private session keeps everything until it ends, and nothing longer', async () => {
    const page = await openTab();
    await context.setOffline(true);
    await write(page, 'private');
    await page.close();
    const again = await context.newPage();
    await context.setOffline(false);
    await again.goto(site.address);
    await load(again);
    await context.setOffline(true);
    expect(await again.evaluate((one) => tabPage.open(one), token)).toBe('');
    expect(await textsIn(again)).toEqual(['private']);
    await context.close();
    context = await site.browser.newContext();
    expect(await textsIn(await openTab())).toEqual([]);
  });

  test('a browser that ends and starts again finds what was stored', async () => {
    const profile = mkdtempSync(join(tmpdir(), 'deltaic-profile-'));
    await context.close();
    context = await startWithProfile(profile);
    const page = await openTab();
    await context.setOffline(true);
    await write(page, 'kept');
    await context.close();
    context = await startWithProfile(profile);
    expect(await textsIn(await openTab())).toEqual(['kept']);
    await context.close();
    rmSync(profile, { recursive: true });
  });

  test('where a browser has no IndexedDB, opening a tab says so', async () => {
    const page = await context.newPage();
    await page.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }));
    await page.goto(site.address);
    await load(page);
    expect(await page.evaluate((one) => tabPage.open(one), token)).toBe('storage');
  });

  test('the browser can be asked to keep the data', async () => {
    expect(typeof (await (await openTab()).evaluate(() => tabPage.persist()))).toBe('boolean');
  });
});
