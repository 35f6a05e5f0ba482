import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { LmdbLogs } from '../../src/server/lmdb/index.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { testLinks } from './link-suite.js';

describe('a link over HTTP, to a server with logs in memory', () => {
  testLinks(async () => {
    const logs = new MemoryLogs();
    return { stores: [logs], close: () => logs.close() };
  });
});

describe('a link over HTTP, to three servers with logs in one LMDB environment', () => {
  testLinks(async () => {
    const path = mkdtempSync(join(tmpdir(), 'deltaic-server-'));
    const logs = new LmdbLogs({ path });
    return {
      stores: [logs, logs, logs],
      close: async () => {
        await logs.close();
        rmSync(path, { recursive: true });
      },
    };
  });
});
