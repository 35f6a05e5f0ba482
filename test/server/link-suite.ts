import { test } from 'vitest';
import type { Link } from '../../src/datastore/index.js';
import { linkConformance } from '../../src/datastore/testing/index.js';
import type { HttpLinkOptions } from '../../src/http/index.js';
import type { LogStore } from '../../src/server/log-store.js';
import { startServer } from './server-fixture.js';

/** Runs the suite of links over real sockets, against servers that each have a store on one medium. */
export function testLinks(
  open: () => Promise<{ readonly stores: readonly LogStore[]; close(): Promise<void> }>,
  options: Partial<HttpLinkOptions> = {},
  prepare: (link: Link) => Promise<void> = async () => undefined,
): void {
  const suite = linkConformance(async () => {
    const { stores, close } = await open();
    const running = await Promise.all(stores.map((logs) => startServer({ logs, pollInterval: 20 })));
    const on = (at: number) => running[at % running.length] as (typeof running)[number];
    const team = 'Example';
    const links = {
      ann: on(0).link('ann', { team, userName: 'Ann Example' }, options),
      annsTablet: on(1).link('ann', { team, userName: 'Ann Example' }, options),
      colleague: on(2).link('colleague', { team }, options),
      outsider: on(0).link('outsider', { team: 'Elsewhere' }, options),
      stranger: on(1).link('stranger', {}, options),
    };
    await Promise.all(Object.values(links).map(prepare));
    return {
      ...links,
      strangerAccount: 'stranger',
      disconnect: async () => {
        await Promise.all(running.map((one) => one.close()));
      },
      close: async () => {
        await Promise.all(running.map((one) => one.close()));
        await close();
      },
    };
  });
  for (const { name, run } of suite) test(name, run);
}
