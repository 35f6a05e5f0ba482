import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, NO_CHROMIUM, startWithProfile } from './chromium.js';
import type { TabPage } from './pages/tab-page.js';
import { load, slotOf, TabSite, textsIn, write } from './tab-site.js';

declare const tabPage: TabPage;

let site: TabSite;

if (chromiumPath === undefined) console.warn(`Tabs: ${NO_CHROMIUM}`);

beforeAll(async () => {
  if (chromiumPath !== undefined) site = await TabSite.start();
});
afterAll(() => site?.close());

describe.skipIf(chromiumPath === undefined)('tabs, in Chromium', () => {
  test('three edit offline, one is closed and one crashes: everything arrives once when there is a network', async () => {
    const tabs = await site.session();
    const pages = [await tabs.open(), await tabs.open(), await tabs.open()];
    expect(await Promise.all(pages.map(slotOf))).toEqual([0, 1, 2]);
    await tabs.context.setOffline(true);
    for (const [at, page] of pages.entries()) expect(await write(page, `a${at}`, `b${at}`)).toHaveLength(2);
    const [stays, closed, crashes] = pages as [Page, Page, Page];
    await closed.close();
    await tabs.crash(crashes);
    expect(await textsIn(stays)).toEqual(['a0', 'b0']);
    await tabs.context.setOffline(false);
    const all = ['a0', 'b0', 'a1', 'b1', 'a2', 'b2'];
    await tabs.untilShown(stays, all);
    const fresh = await tabs.open();
    await tabs.untilShown(fresh, all);
    expect(await textsIn(fresh)).toEqual([...all].sort());
  });

  test('a tab that is reloaded keeps its slot, and one that it opens with a copy of its memory gets another', async () => {
    const tabs = await site.session();
    await tabs.open();
    const second = await tabs.open();
    await write(second, 'kept');
    await second.reload();
    await load(second);
    expect(await second.evaluate((one) => tabPage.open(one), tabs.token)).toBe('');
    expect(await slotOf(second)).toBe(1);
    expect(await textsIn(second)).toContain('kept');
    const [copy] = await Promise.all([
      tabs.context.waitForEvent('page'),
      second.evaluate(() => void globalThis.open(location.href)),
    ]);
    await load(copy);
    expect(await copy.evaluate((one) => tabPage.open(one), tabs.token)).toBe('');
    expect(await slotOf(copy)).toBe(2);
  });

  test('a tab that is put aside gives its slot back, and has everything when it is brought back', async () => {
    const tabs = await site.session();
    const page = await tabs.open();
    await tabs.context.setOffline(true);
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

  test('a browser without room says `quota`: what was stored is there, and the rest is stored when there is room', async () => {
    const tabs = await site.session();
    // Before the first database is opened: for half a minute Chromium believes in the room that it found then.
    const session = await tabs.context.newCDPSession(await tabs.context.newPage());
    const { origin } = new URL(site.address);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
    const [stays, killed, waits] = [await tabs.open(), await tabs.open(), await tabs.open()];
    await tabs.context.setOffline(true);
    const { stored, last, code } = await killed.evaluate(() => tabPage.fill('full', 50_000));
    expect([code, stored.length > 0]).toEqual(['quota', true]);
    expect(await textsIn(killed)).toEqual([...stored, last].sort());
    const inMemory = await waits.evaluate(() => tabPage.fill('waits', 50_000));
    expect(inMemory.code).toBe('quota');
    expect(await waits.evaluate(() => tabPage.saveError())).toBe('quota');
    await tabs.crash(killed);
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    // Without another edit.
    await waits.waitForFunction(() => tabPage.saveError() === '');
    await tabs.crash(waits);
    await tabs.context.setOffline(false);
    const all = [...stored, ...inMemory.stored, inMemory.last];
    await tabs.untilShown(stays, all);
    expect((await textsIn(stays)).filter((text) => text !== last)).toEqual([...all].sort());
  });

  test('a private session keeps everything until it ends, and nothing longer', async () => {
    const tabs = await site.session();
    const page = await tabs.open();
    await tabs.context.setOffline(true);
    await write(page, 'private');
    await page.close();
    const again = await tabs.context.newPage();
    await tabs.context.setOffline(false);
    await again.goto(site.address);
    await load(again);
    await tabs.context.setOffline(true);
    expect(await again.evaluate((one) => tabPage.open(one), tabs.token)).toBe('');
    expect(await textsIn(again)).toEqual(['private']);
    await tabs.context.close();
    tabs.context = await site.browser.newContext();
    expect(await textsIn(await tabs.open())).toEqual([]);
  });

  test('a browser that ends and starts again finds what was stored', async () => {
    const tabs = await site.session();
    const profile = mkdtempSync(join(tmpdir(), 'deltaic-profile-'));
    await tabs.context.close();
    tabs.context = await startWithProfile(profile);
    const page = await tabs.open();
    await tabs.context.setOffline(true);
    await write(page, 'kept');
    await tabs.context.close();
    tabs.context = await startWithProfile(profile);
    expect(await textsIn(await tabs.open())).toEqual(['kept']);
    await tabs.context.close();
    rmSync(profile, { recursive: true });
  });

  test('where a browser has no IndexedDB, opening a tab says so', async () => {
    const tabs = await site.session();
    const page = await tabs.context.newPage();
    await page.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }));
    await page.goto(site.address);
    await load(page);
    expect(await page.evaluate((one) => tabPage.open(one), tabs.token)).toBe('storage');
  });

  test('the browser can be asked to keep the data', async () => {
    const tabs = await site.session();
    expect(typeof (await (await tabs.open()).evaluate(() => tabPage.persist()))).toBe('boolean');
  });
});
