/**
 * Measures what datastores in the memory of a server take, against what `cacheBytes` counts.
 *
 *     node --expose-gc --import tsx scripts/server-memory.ts
 */

import { type Change, Delta, type Value } from '../src/index.js';
import { DatastoreService, MemoryLogs } from '../src/server/index.js';

const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('run with node --expose-gc --import tsx');

const DATASTORES = 100;
const REQUESTER = { account: 'ann' };

function used(): number {
  for (let time = 0; time < 3; time++) collect?.();
  return process.memoryUsage().heapUsed;
}

/** Puts records into datastores, opens these in a new server, and prints what it takes. */
async function measure(name: string, records: number, value: (at: number) => Value, fieldCount: number): Promise<void> {
  let handles = 0;
  const logs = new MemoryLogs();
  const newHandle = (): string => `h${++handles}`;
  const writer = new DatastoreService({ logs, newHandle, snapshotInterval: 1 });
  for (let number = 1; number <= DATASTORES; number++) {
    const { handle } = await writer.create(REQUESTER, `d${number}`);
    const fields = (record: number): ReadonlyMap<string, Value> =>
      new Map(Array.from({ length: fieldCount }, (_, at) => [`field${at}`, value(record * fieldCount + at)] as const));
    const changes = Array.from({ length: records }, (_, at): Change => {
      return { type: 'insert', table: 't', record: `r${at}`, fields: fields(at) };
    });
    await writer.send(REQUESTER, handle, { type: 'put', rev: 0, nonce: `n${number}`, delta: Delta.from(changes) });
  }
  await writer.close();
  // What the store itself takes is there before and after.
  const before = used();
  const server = new DatastoreService({ logs, newHandle });
  for (let number = 1; number <= DATASTORES; number++) {
    await server.send(REQUESTER, `h${number}`, { type: 'fetch', rev: 1 });
  }
  const taken = used() - before;
  const { bytes } = server.statistics;
  const shown = [bytes, taken].map((size) => `${(size / 1e6).toFixed(1)} MB`);
  console.log(`${name}: ${shown[0]} counted, ${shown[1]} taken, factor ${(taken / bytes).toFixed(2)}`);
}

await measure('texts of 200 letters', 400, (at) => `${at}`.padEnd(200, 'x'), 1);
await measure('ten short texts', 100, (at) => `value ${at}`, 10);
await measure('ten booleans', 100, (at) => at % 2 === 0, 10);
