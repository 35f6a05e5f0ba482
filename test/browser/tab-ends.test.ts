import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';
import { chromiumPath, NO_CHROMIUM } from './chromium.js';
import type { TabPage } from './pages/tab-page.js';
import { slotOf, TabSite, textsIn, write } from './tab-site.js';

const CRASHES = 4;
const [TRIES, LOOKS] = [10, 10];

declare const tabPage: TabPage;

let site: TabSite;

if (chromiumPath === undefined) console.warn(`Tabs: ${NO_CHROMIUM}`);

beforeAll(async () => {
  if (chromiumPath !== undefined) site = await TabSite.start();
});
afterAll(() => site?.close());

// Side by side: most of their time is waiting.
describe.skipIf(chromiumPath === undefined).concurrent('what a tab that is killed leaves, in Chromium', () => {
  test('without Web Locks nothing is lost: what a killed tab left arrives when it was silent for long', async ({
    onTestFinished,
  }) => {
    const tabs = await site.session(onTestFinished);
    const withoutLocks = (page: Page): Promise<unknown> =>
      page.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
    const [stays, killed] = [await tabs.open(withoutLocks), await tabs.open(withoutLocks)];
    expect([await slotOf(stays), await slotOf(killed)]).toEqual([0, 1]);
    await tabs.context.setOffline(true);
    await write(killed, 'left');
    await tabs.crash(killed);
    await new Promise((resolve) => setTimeout(resolve, 10_500));
    await tabs.context.setOffline(false);
    await tabs.untilShown(stays, ['left']);
  });

  test('a tab that is killed between any two writes loses nothing that it stored', async ({ onTestFinished }) => {
    const tabs = await site.session(onTestFinished);
    const stays = await tabs.open();
    const rounds = fc.sample(fc.record({ count: fc.integer({ min: 1, max: 12 }), isCrash: fc.boolean() }), {
      numRuns: runs(CRASHES),
      seed: seedOfThisRun(),
    });
    const told: string[] = [];
    for (const [at, { count, isCrash }] of rounds.entries()) {
      const page = await tabs.open();
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
      if (isCrash) await tabs.crash(page);
      else await page.close({ runBeforeUnload: false });
    }
    await tabs.lookForLeftovers();
    await tabs.untilShown(stays, told);
  });

  test('what a killed tab left is uploaded at once, and not only by the next look of each minute', async ({
    onTestFinished,
  }) => {
    const tabs = await site.session(onTestFinished);
    const withoutMinutes = (page: Page): Promise<unknown> =>
      page.addInitScript(() => {
        const { setTimeout: schedule } = globalThis;
        Object.assign(globalThis, {
          setTimeout: (action: () => void, delay: number) => (delay < 50_000 ? schedule(action, delay) : 0),
        });
      });
    const [stays, killed] = [await tabs.open(withoutMinutes), await tabs.open()];
    await killed.route('**/v1/**', (route) => route.abort());
    await write(killed, 'left');
    await tabs.crash(killed);
    await tabs.untilShown(stays, ['left']);
  });
});

describe.skipIf(chromiumPath === undefined)('the last edit of a tab that ends, in Chromium', () => {
  test.each([
    ['closed', (page: Page) => page.close({ runBeforeUnload: true })],
    ['left for another page', (page: Page) => page.goto('about:blank')],
    ['reloaded', (page: Page) => page.reload()],
  ])('an edit made while a tab is %s is stored', async (_, leave) => {
    const tabs = await site.session();
    // The browser gives a page a moment to be gone, which a busy machine may use up: one try of a few must arrive.
    for (let count = 0; count < TRIES; count++) {
      const page = await tabs.open((one) =>
        one.addInitScript(() => globalThis.addEventListener('pagehide', () => tabPage.edit('last'))),
      );
      await leave(page);
      const next = await tabs.open();
      for (let looks = 0; looks < LOOKS; looks++) {
        await tabs.lookForLeftovers();
        await next.evaluate(() => tabPage.sync());
        if ((await textsIn(next)).includes('last')) return;
      }
      await next.close();
    }
    expect.unreachable('no edit arrived');
  });
});
