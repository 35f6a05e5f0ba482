// Measures the server beside others and writes bench/SERVER.md. A number on the command line is the count of rounds; with
// `short`, everything is small, and nothing is written.

import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { startPostgres } from '../../test/server/postgres-server.js';
import { thisSetting } from '../support/machine.js';
import { measureSized, median } from './datastore-of-size.js';
import { type Done, loadDeltaic } from './load.js';
import { Contender, type ContenderName } from './protocol.js';
import { formatServer, type Rates, type ServerResult } from './report.js';
import { loadShareDb } from './sharedb-load.js';
import { measureWatchers } from './watchers.js';

const CLIENTS = 64;
/** How many requests a server has answered before it is measured, unless that takes longer than some ms. */
const [WARM_REQUESTS, WARM_MOST] = [10_000, 30_000];
const words = process.argv.slice(2);
const isShort = words.includes('short');
const rounds = Number(words.find((word) => /^\d+$/.test(word)) ?? (isShort ? 1 : 3));
const ms = isShort ? 500 : 4_000;

const postgres = await startPostgres(true);
const url = await postgres.emptyDatabase();

/** What is measured, by name: each in a process of its own, which has nothing in it yet. */
const contenders: Readonly<Record<string, () => Promise<Rates>>> = {
  'Deltaic, LMDB': () => served('deltaic-lmdb', (port, time) => loadDeltaic(port, { clients: CLIENTS, ms: time })),
  'Deltaic, LMDB, without HTTP': () => worked('in-process-lmdb'),
  'ShareDB, memory': () => served('sharedb', (port, time) => loadShareDb(port, CLIENTS, time)),
  'bare Node HTTP': () => served('bare-http', (port, time) => loadDeltaic(port, { clients: CLIENTS, ms: time })),
  'bare Node HTTP, one client': () => served('bare-http', (port, time) => loadDeltaic(port, { clients: 1, ms: time })),
  'bare LMDB commits': () => worked('bare-lmdb'),
  'bare LMDB commits of one put': () => worked('bare-lmdb', 1),
  'Deltaic, LMDB, one hot datastore': () =>
    served('deltaic-lmdb', (port, time) => loadDeltaic(port, { clients: CLIENTS, ms: time, isHot: true })),
  'Deltaic, PostgreSQL': () =>
    served('deltaic-postgres', (port, time) => loadDeltaic(port, { clients: CLIENTS, ms: time })),
  'bare PostgreSQL inserts': () => worked('bare-postgres'),
};

const rates = new Map<string, Rates[]>();
for (let round = 0; round < rounds; round++) {
  const names = Object.keys(contenders);
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    const measured = (await contenders[name]?.()) as Rates;
    rates.set(name, [...(rates.get(name) ?? []), measured]);
    console.error(`round ${round + 1} of ${rounds}: ${name}: ${Math.round(measured.perSecond)} puts a second`);
  }
}
await postgres.stop();
const sized = await measureSized(isShort ? 1 : 10, isShort ? 2 : 5);
console.error('sized datastore measured');
const watchers = await measureWatchers(isShort ? 200 : 10_000, isShort ? 50 : 1_000);

const result: ServerResult = {
  ...thisSetting(),
  rounds,
  clients: CLIENTS,
  seconds: ms / 1_000,
  load: loadavg()[1] ?? 0,
  rates: [...rates].map(([name, measured]) => ({
    name,
    perSecond: median(measured.map(({ perSecond }) => perSecond)),
    cpuEach: median(measured.map(({ cpuEach }) => cpuEach)),
    clientEach: median(measured.map(({ clientEach }) => clientEach)),
    conflictsEach: median(measured.map(({ conflictsEach }) => conflictsEach)),
  })),
  sized,
  watchers,
};
const report = formatServer(result);
console.log(report);
if (!isShort) {
  writeFileSync(resolve('bench/SERVER.md'), report);
  writeFileSync(resolve('bench/server.json'), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** Warms a server up, and measures it under load. */
async function served(name: ContenderName, load: (port: number, ms: number) => Promise<Done>): Promise<Rates> {
  const contender = await Contender.start(name, url);
  // A busy machine gives a process little time, so that what counts is what it has done, and not for how long.
  const start = performance.now();
  for (let sent = 0; sent < WARM_REQUESTS && performance.now() - start < WARM_MOST; ) {
    const { puts, conflicts } = await load(contender.port, ms / 4);
    sent += puts + conflicts;
  }
  const before = await contender.usage();
  const own = process.cpuUsage();
  const { puts, seconds, conflicts } = await load(contender.port, ms);
  const { user, system } = process.cpuUsage(own);
  const after = await contender.usage();
  await contender.stop();
  return {
    perSecond: puts / seconds,
    cpuEach: (after.cpu - before.cpu) / puts,
    clientEach: (user + system) / 1_000 / puts,
    conflictsEach: conflicts / puts,
  };
}

async function worked(name: ContenderName, clients = CLIENTS): Promise<Rates> {
  const contender = await Contender.start(name, url);
  await contender.work(clients, ms);
  const before = await contender.usage();
  const puts = await contender.work(clients, ms);
  const after = await contender.usage();
  await contender.stop();
  const cpuEach = (after.cpu - before.cpu) / puts;
  return { perSecond: (puts / ms) * 1_000, cpuEach, clientEach: 0, conflictsEach: 0 };
}
