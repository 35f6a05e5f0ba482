import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { linkConformance } from '../../src/datastore/testing/index.js';
import { LmdbLogs } from '../../src/server/lmdb/index.js';
import type { LogStore } from '../../src/server/log-store.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { startServer } from './server-fixture.js';

function suiteOver(open: () => { readonly logs: LogStore; close(): Promise<void> }, servers = 1): void {
  const suite = linkConformance(async () => {
    const { logs, close } = open();
    const running = await Promise.all(Array.from({ length: servers }, () => startServer({ logs, pollInterval: 20 })));
    const on = (at: number) => running[at % servers] as (typeof running)[number];
    const team = 'Example';
    return {
      ann: on(0).link('ann', { team, userName: 'Ann Example' }),
      annsTablet: on(1).link('ann', { team, userName: 'Ann Example' }),
      colleague: on(2).link('colleague', { team }),
      stranger: on(1).link('stranger'),
      close: async () => {
        await Promise.all(running.map((one) => one.close()));
        await close();
      },
    };
  });
  for (const { name, run } of suite) test(name, run);
}

describe('a link over HTTP, to a server with logs in memory', () => {
  suiteOver(() => {
    const logs = new MemoryLogs();
    return { logs, close: () => logs.close() };
  });
});

describe('a link over HTTP, to three servers with logs in one LMDB environment', () => {
  suiteOver(() => {
    const path = mkdtempSync(join(tmpdir(), 'deltaic-server-'));
    const logs = new LmdbLogs({ path });
    return {
      logs,
      close: async () => {
        await logs.close();
        rmSync(path, { recursive: true });
      },
    };
  }, 3);
});
