import { test } from 'vitest';
import { linkConformance } from '../../src/datastore/testing/index.js';
import type { LogStore } from '../../src/server/log-store.js';
import { startServer } from './server-fixture.js';

/** Runs the suite of links over real sockets, against servers that each have a store on one medium. */
export function testLinks(open: () => Promise<{ readonly stores: readonly LogStore[]; close(): Promise<void> }>): void {
  const suite = linkConformance(async () => {
    const { stores, close } = await open();
    const running = await Promise.all(stores.map((logs) => startServer({ logs, pollInterval: 20 })));
    const on = (at: number) => running[at % running.length] as (typeof running)[number];
    const team = 'Example';
    return {
      ann: on(0).link('ann', { team, userName: 'Ann Example' }),
      annsTablet: on(1).link('ann', { team, userName: 'Ann Example' }),
      colleague: on(2).link('colleague', { team }),
      outsider: on(0).link('outsider', { team: 'Elsewhere' }),
      stranger: on(1).link('stranger'),
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
