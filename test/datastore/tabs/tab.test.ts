/** Tabs of one browser, one rule at a time; `tab-world.test.ts` goes through random schedules. */

import { beforeEach, describe, expect, test } from 'vitest';
import {
  type AccountManager,
  type Datastore,
  type MemoryLink,
  MemoryServer,
  ServiceError,
  Tab,
  type TabHost,
  type TabOptions,
  type UnsentEdits,
} from '../../../src/datastore/index.js';
import { unsentIn } from '../../../src/datastore/tabs/slot-choice.js';
import { ManualEnvironment } from '../../../src/datastore/testing/index.js';
import { addAccounts } from '../manager/support/device.js';
import { FakeBrowser, type TabLife } from './fake-browser.js';

let server: MemoryServer;
let browser: FakeBrowser;
let environment: ManualEnvironment;
let failures: unknown[];

beforeEach(() => {
  server = addAccounts(new MemoryServer());
  browser = new FakeBrowser();
  environment = new ManualEnvironment(1);
  failures = [];
});

interface Opened {
  readonly life: TabLife;
  readonly tab: Tab;
  readonly links: readonly MemoryLink[];
  /** The datastore as it was opened last. */
  readonly notes: () => Datastore;
}

interface Wishes extends Partial<Pick<TabOptions, 'refused' | 'onAccountGone' | 'started'>> {
  readonly remembered?: number | undefined;
  readonly account?: string;
  readonly isOffline?: boolean;
}

async function open({ remembered, account = 'ann', isOffline = false, ...options }: Wishes = {}): Promise<Opened> {
  const life = browser.begin(remembered);
  const links: MemoryLink[] = [];
  let notes: Datastore | undefined;
  const opened = Tab.open({
    host: life,
    environment,
    connect: (id) => {
      const link = server.link(id);
      link.isOnline = !isOffline;
      links.push(link);
      return link;
    },
    started: async (accounts: AccountManager) => {
      notes = await (await accounts.managerFor(await accounts.link(account))).openDefault();
    },
    onFailure: (error) => failures.push(error),
    ...options,
  });
  await environment.advance(1000);
  const shown = (): Datastore => {
    if (notes === undefined) throw new Error('nothing is open');
    return notes;
  };
  return { life, tab: await opened, links, notes: shown };
}

async function write({ notes }: Opened, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) notes().table('notes').insert(text, { text });
  await notes().sync();
}

function texts({ notes }: Opened): string[] {
  return [...notes().table('notes').query()].map((record) => record.getString('text')).sort();
}

/** What the server has. */
function arrived(account = 'ann'): string[] {
  try {
    const { rows } = server.sequencer(account, 'default').snapshot();
    return rows.filter(({ tid }) => tid === 'notes').map(({ rowid }) => rowid);
  } catch {
    return [];
  }
}

/** The page is gone, without a word. */
async function kill({ life, links }: Opened): Promise<void> {
  life.end();
  for (const link of links) link.isOnline = false;
  await environment.advance(0);
}

async function isUnsent(slot: number): Promise<boolean> {
  return (await unsentIn(await browser.storageOf(slot).copy().acquire())).length > 0;
}

describe('a tab', () => {
  test('has a slot of its own', async () => {
    const tabs = [await open(), await open(), await open()];
    expect(tabs.map(({ tab }) => tab.slot)).toEqual([0, 1, 2]);
    await tabs[1]?.tab.close();
    expect((await open()).tab.slot).toBe(1);
  });

  test('that is reloaded has its slot again, and what was stored in it', async () => {
    await open();
    const second = await open({ isOffline: true });
    await write(second, 'x');
    second.life.hear({ type: 'leaving', isKept: false });
    await kill(second);
    const again = await open({ remembered: second.life.remembered, isOffline: true });
    expect(again.tab.slot).toBe(1);
    expect(texts(again)).toEqual(['x']);
  });

  test('that is duplicated has another slot than the original', async () => {
    const original = await open();
    const copy = await open({ remembered: original.life.remembered });
    expect([original.tab.slot, copy.tab.slot]).toEqual([0, 1]);
  });

  test('takes the slot with unsent edits first, else the lowest', async () => {
    const tabs = [await open(), await open(), await open({ isOffline: true })];
    await write(tabs[2] as Opened, 'x');
    for (const tab of tabs) await kill(tab);
    const [first, second] = [await open(), await open()];
    expect([first.tab.slot, second.tab.slot]).toEqual([2, 0]);
  });

  test('leaves a slot that cannot be read alone, and takes another', async () => {
    await kill(await open());
    const lease = await browser.storageOf(0).acquire();
    await lease.write({ puts: [['device', new TextEncoder().encode('{')]] });
    await lease.release();
    expect((await open()).tab.slot).toBe(1);
    await environment.advance(200_000);
    // By the tab that looked for a slot, and once by what it looks for now and then.
    expect(failures).toMatchObject([{ code: 'corrupt-data' }, { code: 'corrupt-data' }]);
    expect(await (await browser.storageOf(0).copy().acquire()).get('device')).toEqual(new TextEncoder().encode('{'));
  });

  test('sees and is seen: two tabs see each other’s edits through the server', async () => {
    const [one, other] = [await open(), await open()];
    await write(one, 'x');
    await environment.advance(0);
    expect(other.notes().syncStatus.hasIncoming).toBe(true);
    await other.notes().sync();
    expect(texts(other)).toEqual(['x']);
  });

  test('fails where the registry fails, and holds nothing then', async () => {
    const { slots } = browser.begin(undefined);
    const list = (): Promise<never> => Promise.reject(new ServiceError('storage', 'no room'));
    const host: TabHost = {
      ...{ slots: { ...slots, list }, remembered: undefined, isOnline: true },
      ...{ tell: () => undefined, listen: () => () => undefined },
    };
    const opened = Tab.open({ host, environment, connect: (id) => server.link(id), started: () => undefined });
    await expect(opened).rejects.toMatchObject({ code: 'storage' });
    expect(browser.slots).toEqual([]);
  });
});

describe('an open tab', () => {
  test('uploads what closed tabs left, once', async () => {
    const stays = await open();
    const others = [await open({ isOffline: true }), await open({ isOffline: true })];
    for (const [at, other] of others.entries()) {
      await write(other, `x${at}`, `y${at}`);
      await kill(other);
    }
    expect(arrived()).toEqual([]);
    await environment.advance(60_000);
    expect(arrived()).toEqual(['x0', 'x1', 'y0', 'y1']);
    await stays.notes().sync();
    expect(texts(stays)).toEqual(['x0', 'x1', 'y0', 'y1']);
    expect([await isUnsent(1), await isUnsent(2)]).toEqual([false, false]);
  });

  test('does so soon after a tab said that it ends, and when the device comes online', async () => {
    await open();
    const other = await open({ isOffline: true });
    await write(other, 'x');
    await other.tab.close();
    await environment.advance(1_000);
    expect(arrived()).toEqual(['x']);
  });

  test('leaves the edits of another account, which is not linked in it', async () => {
    await open({ account: 'ann' });
    const other = await open({ account: 'cat', isOffline: true });
    await write(other, 'x');
    await kill(other);
    await environment.advance(200_000);
    expect(arrived('cat')).toEqual([]);
    expect(await isUnsent(1)).toBe(true);
    expect(failures).toEqual([]);
  });

  test('gives up what is in a datastore that the server does not know, keeps it, and goes on with the next slot', async () => {
    const stays = await open();
    await write(stays, 'first');
    await environment.advance(0);
    const lost = await open();
    const account = lost.tab.accounts?.linkedAccounts[0];
    if (account === undefined) throw new Error('no account is linked');
    const manager = await lost.tab.accounts?.managerFor(account);
    const gone = await manager?.openOrCreate('gone');
    await gone?.commit();
    for (const link of lost.links) link.isOnline = false;
    gone?.table('notes').insert('never', {});
    await gone?.sync();
    await kill(lost);
    await server.link('ann').delete('gone');
    const last = await open({ remembered: 9, isOffline: true });
    await write(last, 'x');
    await kill(last);
    await environment.advance(60_000);
    expect(arrived()).toContain('x');
    const codes = (): unknown[] => failures.map((error) => (error as { code?: unknown }).code);
    expect(codes()).toEqual(['not-found']);
    await environment.advance(200_000);
    expect(codes()).toEqual(['not-found']);
    expect(await isUnsent(1)).toBe(true);
  });

  test('hands over the edits that the server refuses', async () => {
    const refusals: unknown[] = [];
    const owner = await open({ account: 'ann' });
    const shared = await (
      await owner.tab.accounts?.managerFor(owner.tab.accounts.linkedAccounts[0] as never)
    )?.create();
    shared?.setRole('public', 'editor');
    await shared?.commit();
    const id = shared?.id ?? '';
    const refused: TabOptions['refused'] = (refusal) => void refusals.push(refusal);
    await open({ account: 'sam', refused });
    const guest = await open({ account: 'sam' });
    const theirs = await (await guest.tab.accounts?.managerFor(guest.tab.accounts.linkedAccounts[0] as never))?.open(
      id,
    );
    for (const link of guest.links) link.isOnline = false;
    theirs?.table('notes').insert('mine', {});
    await theirs?.sync();
    await kill(guest);
    shared?.setRole('public', 'viewer');
    await shared?.commit();
    await environment.advance(60_000);
    expect(refusals).toMatchObject([
      { account: 'sam', datastore: id, refused: [{ refusal: { reason: 'permission' } }] },
    ]);
  });
});

describe('an account that the server has deleted', () => {
  let heard: string[][];

  beforeEach(() => {
    heard = [];
  });

  /** Notes what was handed over, and in which slots something is stored of an account then. */
  async function hear(unsent: UnsentEdits): Promise<void> {
    const records = unsent.datastores.flatMap(({ rows }) => rows.filter(({ tid }) => tid === 'notes'));
    heard.push([...records.map(({ rowid }) => rowid), ...(await slotsWithData())]);
  }

  async function slotsWithData(): Promise<string[]> {
    const found: string[] = [];
    for (const slot of browser.slots) {
      const lease = await browser.storageOf(slot).copy().acquire();
      if ((await lease.getAll('space-1/')).length > 0) found.push(`slot ${slot}`);
    }
    return found;
  }

  async function left(...names: readonly string[]): Promise<void> {
    const closed = await Promise.all(names.map(() => open({ isOffline: true })));
    for (const [at, name] of names.entries()) {
      await write(closed[at] as Opened, name);
      await kill(closed[at] as Opened);
    }
  }

  test('has what closed tabs left handed over before anything of it is deleted', async () => {
    const stays = await open({ onAccountGone: (_, unsent) => hear(unsent) });
    await write(stays, 'uploaded');
    await environment.advance(0);
    for (const link of stays.links) link.isOnline = false;
    await write(stays, 'own');
    await left('x', 'y');
    server.deleteAccount('ann');
    for (const link of stays.links) link.isOnline = true;
    await environment.advance(60_000);
    expect(heard).toEqual([
      ['x', 'slot 0', 'slot 1', 'slot 2'],
      ['y', 'slot 0', 'slot 2'],
      ['own', 'uploaded', 'slot 0'],
    ]);
    expect([await slotsWithData(), stays.tab.accounts?.linkedAccounts, failures]).toEqual([[], [], []]);
  });

  test('stays, with all its data, if what a closed tab left could not be taken', async () => {
    const stays = await open({
      onAccountGone: async (_, unsent) => {
        await hear(unsent);
        throw new Error('no room');
      },
    });
    await left('x');
    server.deleteAccount('ann');
    await environment.advance(1000);
    expect([heard, await slotsWithData(), failures]).toEqual([
      [['x', 'slot 0', 'slot 1']],
      ['slot 0', 'slot 1'],
      [new Error('no room')],
    ]);
    await kill(stays);
    await open({ remembered: 0, started: () => undefined, onAccountGone: (_, unsent) => hear(unsent) });
    await environment.advance(1000);
    expect(heard.slice(1)).toEqual([['x', 'slot 0', 'slot 1'], ['slot 0']]);
    expect(await slotsWithData()).toEqual([]);
  });

  test('has handed over what a closed tab left when only its upload says so', async () => {
    const started: TabOptions['started'] = async (accounts) => void (await accounts.link('ann'));
    const stays = await open({
      started,
      onAccountGone: async (account, unsent) => {
        heard.push([account.id]);
        await hear(unsent);
      },
    });
    await left('x');
    server.deleteAccount('ann');
    await environment.advance(60_000);
    expect(heard).toEqual([['ann'], ['x', 'slot 1']]);
    expect([await slotsWithData(), failures, stays.tab.slot]).toEqual([[], [], 0]);
  });

  test('has what closed tabs left handed over by a tab that was put aside and brought back', async () => {
    const stays = await open({ onAccountGone: (_, unsent) => hear(unsent) });
    await left('x');
    stays.life.hear({ type: 'leaving', isKept: true });
    await environment.advance(1000);
    server.deleteAccount('ann');
    stays.life.hear({ type: 'back' });
    await environment.advance(1000);
    expect([heard.flat().includes('x'), await slotsWithData()]).toEqual([true, []]);
  });

  test('is not handed over from the slot of the tab itself, though its lease is free', async () => {
    const stays = await open({ onAccountGone: (_, unsent) => hear(unsent) });
    for (const link of stays.links) link.isOnline = false;
    await write(stays, 'own');
    stays.life.freeze(true);
    stays.life.thaw();
    server.deleteAccount('ann');
    for (const link of stays.links) link.isOnline = true;
    await environment.advance(10_000);
    // What was handed over could not be deleted without the lease, so it is handed over once more.
    expect(heard).toEqual([
      ['own', 'slot 0'],
      ['own', 'slot 0'],
    ]);
    expect([await slotsWithData(), stays.tab.slot]).toEqual([[], 0]);
  });

  test('is not kept by a slot that cannot be read', async () => {
    const stays = await open({ onAccountGone: (_, unsent) => hear(unsent) });
    await left('x', 'y');
    const lease = await browser.storageOf(1).acquire();
    await lease.write({ puts: [['device', new Uint8Array([9])]] });
    await lease.release();
    server.deleteAccount('ann');
    await environment.advance(1000);
    expect(heard).toEqual([
      ['y', 'slot 0', 'slot 1', 'slot 2'],
      ['slot 0', 'slot 1'],
    ]);
    expect([await slotsWithData(), stays.tab.accounts?.linkedAccounts]).toEqual([['slot 1'], []]);
    expect(failures).toMatchObject([{ code: 'corrupt-data' }]);
  });

  test('is left alone in the slots of closed tabs where nobody takes its edits', async () => {
    await open();
    await left('x');
    server.deleteAccount('ann');
    await environment.advance(200_000);
    expect(await slotsWithData()).toEqual(['slot 0', 'slot 1']);
    expect(await isUnsent(1)).toBe(true);
  });

  test('does not keep a tab from closing whose application takes its time', async () => {
    const stays = await open({ onAccountGone: () => new Promise(() => undefined) });
    await left('x');
    server.deleteAccount('ann');
    await environment.advance(1000);
    const closed = stays.tab.close();
    await environment.advance(1000);
    await closed;
    expect([await slotsWithData(), await isUnsent(1)]).toEqual([['slot 0', 'slot 1'], true]);
    const next = await open({
      ...{ remembered: 0, started: () => undefined },
      onAccountGone: (_, unsent) => hear(unsent),
    });
    expect([heard[0], next.tab.slot]).toEqual([['x', 'slot 0', 'slot 1'], 0]);
  });
});

describe('a tab that', () => {
  test('loses its slot while it lives goes on in another one, with what it had, and nothing is doubled', async () => {
    const tab = await open({ isOffline: true });
    await write(tab, 'stored');
    tab.life.freeze(true);
    const other = await open({ isOffline: true });
    expect([other.tab.slot, texts(other)]).toEqual([0, ['stored']]);
    tab.life.thaw();
    tab.notes().table('notes').insert('unsynced', { text: 'unsynced' });
    const sync = tab.notes().sync();
    await expect(sync).rejects.toMatchObject({ code: 'lease-lost' });
    await environment.advance(1000);
    expect(tab.tab.slot).toBe(1);
    expect(texts(tab)).toEqual(['unsynced']);
    for (const link of [...tab.links, ...other.links]) link.isOnline = true;
    await environment.advance(400_000);
    await tab.notes().sync();
    await environment.advance(0);
    expect(arrived()).toEqual(['stored', 'unsynced']);
    expect(failures).toEqual([]);
  });

  test('is put aside and brought back has everything, in a slot that it holds', async () => {
    const tab = await open({ isOffline: true });
    await write(tab, 'stored');
    tab.notes().table('notes').insert('unsynced', { text: 'unsynced' });
    tab.life.hear({ type: 'leaving', isKept: true });
    await environment.advance(0);
    tab.life.freeze(true);
    expect(tab.tab.slot).toBeUndefined();
    tab.life.thaw();
    tab.life.hear({ type: 'back' });
    await environment.advance(1000);
    expect(tab.tab.slot).toBe(0);
    expect(texts(tab)).toEqual(['stored', 'unsynced']);
  });

  test('is closed gives its slot back, and closing twice is closing once', async () => {
    const { tab } = await open();
    await Promise.all([tab.close(), tab.close()]);
    expect(tab.accounts).toBeUndefined();
    await (await browser.storageOf(0).acquire()).release();
  });
});
