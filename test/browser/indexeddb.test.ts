import fc from 'fast-check';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deviceStorageConformance } from '../../src/datastore/testing/device-storage-conformance.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';
import { type BrowserSite, chromiumPath, NO_CHROMIUM, startSite } from './chromium.js';
import type { StoragePage } from './pages/storage-page.js';

const CRASHES = 8;
const names = deviceStorageConformance(() => Promise.reject(new Error('only the names are asked for'))).map(
  ({ name }) => name,
);

declare const storagePage: StoragePage;

let site: BrowserSite;
let context: BrowserContext;

if (chromiumPath === undefined) console.warn(`IndexedDB: ${NO_CHROMIUM}`);

describe.skipIf(chromiumPath === undefined)('a storage in IndexedDB, in Chromium', () => {
  beforeAll(async () => {
    site = await startSite('storage-page.ts');
    context = await site.browser.newContext();
    // On a busy machine a page can take long to load.
    context.setDefaultTimeout(110_000);
  });
  afterAll(() => site?.close());

  async function openPage(within = context): Promise<Page> {
    const page = await within.newPage();
    await page.goto(site.address);
    await page.waitForFunction(() => 'storagePage' in globalThis);
    return page;
  }

  describe('in a page', () => {
    let page: Page;
    beforeAll(async () => {
      page = await openPage();
    });
    test.each(names)('%s', async (name) => {
      expect(await page.evaluate((one) => storagePage.run(one), name)).toBe('');
    });
  });

  describe('in a page without Web Locks', () => {
    let page: Page;
    beforeAll(async () => {
      page = await openPage();
      await page.evaluate(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
    });
    test.each(names)('%s', async (name) => {
      expect(await page.evaluate((one) => storagePage.run(one), name)).toBe('');
    });
  });

  describe('in a worker', () => {
    let page: Page;
    beforeAll(async () => {
      page = await openPage();
      await page.evaluate(() => {
        Object.assign(globalThis, { worker: new Worker('/script.js', { type: 'module' }) });
      });
    });
    test.each(names)('%s', async (name) => {
      const answer = await page.evaluate(
        (one) =>
          new Promise((resolve) => {
            const { worker } = globalThis as unknown as { worker: EventTarget & { postMessage(data: unknown): void } };
            const id = Math.random();
            worker.addEventListener('message', (event) => {
              const { data } = event as Event & { data: { id: number; answer: string } };
              if (data.id === id) resolve(data.answer);
            });
            worker.postMessage({ id, name: one });
          }),
        name,
      );
      expect(answer).toBe('');
    });
  });

  /** A page that writes, and how far it has told to have come. */
  async function startWriter(
    name: string,
  ): Promise<{ page: Page; told: () => number; reach: (count: number) => Promise<void> }> {
    const page = await openPage();
    let count = 0;
    const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
    await page.exposeFunction('told', (number: number) => {
      count = number;
      for (const { count: wanted, resolve } of waiting) if (count >= wanted) resolve();
    });
    count = await page.evaluate((one) => {
      const { told } = globalThis as unknown as { told: (number: number) => Promise<void> };
      return storagePage.writeForEver(one, told);
    }, name);
    const start = count;
    const reach = (more: number): Promise<void> =>
      count >= start + more
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ count: start + more, resolve }));
    return { page, told: () => count, reach };
  }

  test('what was acknowledged survives the end of a tab and the crash of its renderer', async () => {
    const inspector = await openPage();
    const rounds = fc.sample(fc.record({ keys: fc.integer({ min: 1, max: 25 }), isCrash: fc.boolean() }), {
      numRuns: runs(CRASHES),
      seed: seedOfThisRun(),
    });
    let generation = 0;
    for (const { keys, isCrash } of rounds) {
      const writer = await startWriter('crashes');
      await writer.reach(keys);
      if (isCrash) {
        const session = await context.newCDPSession(writer.page);
        const crashed = new Promise((resolve) => writer.page.once('crash', resolve));
        session.send('Page.crash').catch(() => undefined);
        await crashed;
      } else await writer.page.close({ runBeforeUnload: false });
      const told = writer.told();
      const found = await inspector.evaluate(() => storagePage.inspect('crashes'));
      expect(found.count).toBeGreaterThanOrEqual(told);
      expect(found.batches).toBe(found.count);
      expect(found.generation).toBeGreaterThan(generation);
      generation = found.generation;
      if (isCrash) await writer.page.close().catch(() => undefined);
    }
  });

  test('a second tab is told at once that the storage is in use, and a tab that waits gets it', async () => {
    const [writer, second] = [await startWriter('tabs'), await openPage()];
    await writer.reach(3);
    expect(await second.evaluate(() => storagePage.tryToAcquire('tabs'))).toBe('already-open');
    const waiting = second.evaluate(() => storagePage.inspect('tabs'));
    await writer.page.close();
    expect((await waiting).count).toBeGreaterThanOrEqual(3);
  });

  test('an owner that lost its lock is fenced off, and its batch is not written', async () => {
    const page = await openPage();
    expect(await page.evaluate(() => storagePage.writeWithoutLock('fenced'))).toEqual({ code: 'lease-lost', found: 1 });
  });

  test('a connection that the browser has closed is opened once more, and the batch is written', async () => {
    const page = await openPage();
    await page.evaluate(() => storagePage.hold('closed'));
    expect(await page.evaluate(() => storagePage.closeConnections())).toBeGreaterThan(0);
    expect(await page.evaluate(() => storagePage.write(2))).toEqual({ code: '', found: 2 });
  });

  test.each(['another tab', 'the browser'])(
    'data that %s deletes while it is in use keeps nobody waiting, and is not taken for an empty storage',
    async (who) => {
      const own = await site.browser.newContext();
      const [page, other] = [await openPage(own), await openPage(own)];
      await page.evaluate(() => storagePage.hold('deleted'));
      if (who === 'another tab') {
        expect(await other.evaluate(() => storagePage.deleteDatabase('deleted'))).toBe(false);
      } else {
        const { origin } = new URL(site.address);
        const session = await own.newCDPSession(other);
        await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
      }
      // The browser may end the connection only once it is used.
      expect(['corrupt-data', 'storage']).toContain((await page.evaluate(() => storagePage.write(2))).code);
      expect(await page.evaluate(() => storagePage.write(3))).toEqual({ code: 'corrupt-data', found: 0 });
      await own.close();
    },
  );

  test('a tab that is frozen keeps its storage, and keeps nobody else waiting', async () => {
    const [frozen, other] = [await startWriter('frozen'), await startWriter('another')];
    // Opened before the freeze: pages of one origin may share a process, which then loads nothing.
    const third = await openPage();
    await frozen.reach(2);
    const session = await context.newCDPSession(frozen.page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    const before = other.told();
    await other.reach(before + 20);
    expect(await third.evaluate(() => storagePage.tryToAcquire('frozen'))).toBe('already-open');
    await session.send('Page.setWebLifecycleState', { state: 'active' });
  });
});
