import { describe, expect, test } from 'vitest';
import { type Link, type LinkEvent, MemoryServer, type Watch } from '../../../src/datastore/index.js';
import { type ConformanceCase, linkConformance } from '../../../src/datastore/testing/index.js';
import { addAccounts } from './support/device.js';

/** How many cases fail. One that is still waiting when everything else has come to rest has failed too. */
async function failures(cases: readonly ConformanceCase[]): Promise<number> {
  let failed = 0;
  for (const { run } of cases) {
    const stuck = new Promise<void>((_, reject) => setTimeout(() => reject(new Error('it waits for ever')), 60));
    await Promise.race([run(), stuck]).catch(() => failed++);
  }
  return failed;
}

describe('the suite for links catches one that', () => {
  const watching = (link: Link, pass: (event: LinkEvent) => LinkEvent | undefined) => ({
    watch: (listener: (event: LinkEvent) => void): Watch =>
      link.watch((event) => {
        const passed = pass(event);
        if (passed !== undefined) listener(passed);
      }),
  });
  const broken: Readonly<Record<string, (link: Link) => Partial<Link>>> = {
    'gives every creation the same handle': (link) => ({
      create: async (id) => ({ ...(await link.create(id)), handle: id }),
    }),
    'calls everybody an owner': (link) => ({
      find: async (id) => ({ ...(await link.find(id)), role: 'owner' }),
    }),
    'lists nothing': () => ({ list: () => Promise.resolve([]) }),
    'does not delete': () => ({ delete: () => Promise.resolve() }),
    'answers twice': (link) => ({
      send: async (handle, message) => {
        await link.send(handle, message);
        return await link.send(handle, message);
      },
    }),
    'never says that it is connected': (link) =>
      watching(link, (event) => (event.type === 'connected' ? undefined : event)),
    'does not tell how far logs reach': (link) =>
      watching(link, (event) => (event.type === 'reached' ? undefined : event)),
    'does not tell of deletions': (link) => watching(link, (event) => (event.type === 'deleted' ? undefined : event)),
    'does not tell of the list': (link) =>
      watching(link, (event) => (event.type === 'list-changed' ? undefined : event)),
    'does not stop': (link) => ({
      watch: (listener) => {
        const watch = link.watch(listener);
        return { follow: (handles) => watch.follow(handles), close: () => undefined };
      },
    }),
    'tells of others’ roles': (link) =>
      watching(link, (event) => (event.type === 'reached' ? { ...event, role: 'owner' } : event)),
  };
  for (const [fault, change] of Object.entries(broken)) {
    test(fault, async () => {
      const cases = linkConformance(async () => {
        const server = addAccounts(new MemoryServer());
        const changed = (account: string): Link => {
          const link = server.link(account);
          const methods = ['profile', 'list', 'find', 'create', 'delete', 'send', 'watch'] as const;
          const whole = Object.fromEntries(methods.map((name) => [name, link[name].bind(link)])) as unknown as Link;
          return { ...whole, ...change(link) };
        };
        return await Promise.resolve({
          ...{ ann: changed('ann'), annsTablet: changed('ann') },
          ...{ colleague: changed('cat'), outsider: changed('eve') },
          ...{ stranger: changed('sam'), strangerAccount: 'sam' },
        });
      });
      expect(await failures(cases)).toBeGreaterThan(0);
    });
  }

  const brokenServers: Readonly<Record<string, () => MemoryServer>> = {
    'lets editors change roles': () => addAccounts(new MemoryServer({ editorsMayChangeRoles: true })),
    'counts everybody with an organisation as one team': () => {
      const server = addAccounts(new MemoryServer());
      server.setAccount('eve', { userName: 'Eve Elsewhere', orgName: 'Example' });
      return server;
    },
  };
  for (const [fault, open] of Object.entries(brokenServers)) {
    test(fault, async () => {
      const cases = linkConformance(async () => {
        const server = await Promise.resolve(open());
        return {
          ...{ ann: server.link('ann'), annsTablet: server.link('ann'), colleague: server.link('cat') },
          ...{ outsider: server.link('eve'), stranger: server.link('sam'), strangerAccount: 'sam' },
        };
      });
      expect(await failures(cases)).toBe(1);
    });
  }
});
