import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { bareHttpServer } from '../../bench/server/bare-http.js';
import { measureSized } from '../../bench/server/datastore-of-size.js';
import { loadDeltaic } from '../../bench/server/load.js';
import { SECRET } from '../../bench/server/protocol.js';
import { formatServer, type Rates, type ServerResult } from '../../bench/server/report.js';
import { createServer, MemoryLogs } from '../../src/server/index.js';
import { nodeListener } from '../../src/server/node/index.js';
import { tokenAuthentication } from '../../src/server/tokens/index.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(http: Server): Promise<number> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return (http.address() as AddressInfo).port;
}

describe('the load that servers are measured with', () => {
  function serverOn(logs: MemoryLogs): Promise<number> {
    const secret = new TextEncoder().encode(SECRET);
    const server = createServer({ logs, authenticate: tokenAuthentication({ secret }), pollInterval: 0 });
    closing.push(() => server.close(0));
    return listen(createHttpServer(nodeListener(server.handle)));
  }

  test('puts each edit into the log of its client', async () => {
    const logs = new MemoryLogs();
    const { puts, conflicts } = await loadDeltaic(await serverOn(logs), { clients: 4, ms: 100 });
    const lists = await Promise.all(Array.from({ length: 4 }, (_, client) => logs.list(`account-${client}`)));
    expect(lists.flat().reduce((sum, { revision }) => sum + revision, 0)).toBe(puts);
    expect(conflicts).toBe(0);
  });

  test('puts all into one log, and is not content with a server that keeps none', async () => {
    const logs = new MemoryLogs();
    const port = await serverOn(logs);
    const { puts } = await loadDeltaic(port, { clients: 8, ms: 100, isHot: true });
    expect((await logs.list('ann')).map(({ revision }) => revision)).toEqual([puts]);
    // One that has no log at all.
    const bare = await listen(bareHttpServer());
    await expect(loadDeltaic(bare, { clients: 2, ms: 20, isHot: true })).rejects.toThrow();
  });

  test('is answered by the bare server as by the real one', async () => {
    const { puts, conflicts } = await loadDeltaic(await listen(bareHttpServer()), { clients: 2, ms: 50 });
    expect([puts > 0, conflicts]).toEqual([true, 0]);
  });
});

test('a datastore of some size is opened, put to, and its log appended to', async () => {
  const times = await measureSized(1, 1);
  expect(Object.values(times).filter((time) => !(time > 0))).toEqual([]);
});

describe('the report', () => {
  const rates = (perSecond: number, cpuEach: number, clientEach = 0, conflictsEach = 0): Rates => ({
    ...{ perSecond, cpuEach, clientEach, conflictsEach },
  });
  const measured: Readonly<Record<string, Rates>> = {
    'Deltaic, LMDB': rates(3_000, 0.3, 0.2),
    'Deltaic, LMDB, without HTTP': rates(9_000, 0.1),
    'ShareDB, memory': rates(1_000, 0.9, 0.3),
    'bare Node HTTP': rates(6_000, 0.1, 0.2),
    'bare Node HTTP, one client': rates(2_000, 0.1, 0.2),
    'bare LMDB commits': rates(20_000, 0.03),
    'bare LMDB commits of one put': rates(2_000, 0.1),
    'Deltaic, LMDB, one hot datastore': rates(900, 1, 1, 1.1),
    'Deltaic, PostgreSQL': rates(2_000, 0.3, 0.2),
    'bare PostgreSQL inserts': rates(8_000, 0.05),
  };
  const result: ServerResult = {
    ...{ commit: 'abc', node: 'v20', machine: 'a machine', rounds: 1, clients: 64, seconds: 4, load: 1 },
    rates: Object.entries(measured).map(([name, one]) => ({ name, ...one })),
    sized: { open: 20, decode: 10, put: 2, commit: 0.9 },
    watchers: { watchers: 10_000, rssEach: 20_000, heldEach: 12_000, toAll: 2_000, toHalf: 500, cpu: 400, idleCpu: 50 },
  };
  const report = formatServer(result);

  test('says of each target whether it is met, and whether it can be', () => {
    const rows = report.split('\n').filter((line) => /\| (met|missed|out of reach) \|$/.test(line));
    expect(rows).toEqual([
      '| LMDB, beside ShareDB on memory, by the clock | 3 × | ≥ 5 × | 6 × | missed |',
      '| the same, by processor time | 3 × | ≥ 5 × | 9 × | missed |',
      '| LMDB, beside bare commits | 0.15 × | ≥ 0.5 × | 0.3 × | out of reach |',
      '| PostgreSQL, beside bare inserts | 0.25 × | ≥ 0.6 × | 0.75 × | missed |',
      '| one hot datastore, beside 64 datastores | 0.3 × | ≥ 0.25 × | 0.333 × | met |',
      '| opening cold, beside its snapshot alone | 2 × | ≤ 3 × | – | met |',
      '| a warm put, beside its commit | 2.22 × | ≤ 2 × | – | missed |',
      '| memory of a watcher | 20 kB | ≤ 25 kB | – | met |',
      '| until all watchers have heard | 2,000 ms | ≤ 1000 ms | – | missed |',
    ]);
  });

  test('gives a reason for what is missed, with the figures of this run, and for nothing else', () => {
    const reasons = report.split('### What is missed, and why')[1] ?? '';
    expect(reasons.match(/^- \*\*.*?\*\*/gm)?.length).toBe(6);
    expect(reasons).toContain('Of 300 µs of processor time for a put, a bare HTTP server takes 100 µs');
    expect(reasons).not.toContain('hot datastore');
    const slow = {
      ...result,
      rates: result.rates.map((rate) => ({ ...rate, perSecond: rate.perSecond / (rate.conflictsEach > 0 ? 9 : 1) })),
    };
    expect(formatServer(slow)).toContain('A commit of one put and a bare round trip allow 1,000 edits a second');
  });

  test('shows each contender once, with what is not measured left out', () => {
    expect(report).toContain('| Deltaic, LMDB, one hot datastore | 900 | 1,000 µs | 1,000 µs | 1.1 |');
    expect(report).toContain('| bare LMDB commits | 20,000 | 30 µs | – | – |');
  });
});
