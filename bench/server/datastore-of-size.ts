import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEntry } from '../../src/codec/binary/encoded-entry.js';
import { decodeSequencer } from '../../src/codec/binary/encoded-sequencer.js';
import { UNLIMITED } from '../../src/codec/binary/memory-budget.js';
import { parseDelta } from '../../src/index.js';
import { DatastoreService } from '../../src/server/datastore-service.js';
import { LmdbLogs } from '../../src/server/lmdb/index.js';
import type { LogHead } from '../../src/server/log-store.js';
import { DEFAULT_LIMITS } from '../../src/state/limits.js';
import type { Put } from '../../src/sync/index.js';

const MEBIBYTE = 2 ** 20;
const ANN = { account: 'ann' };

/** Medians, in ms. */
export interface SizedTimes {
  readonly open: number;
  /** Reading and decoding the snapshot alone. */
  readonly decode: number;
  readonly put: number;
  /** The same bytes, appended to a log of the store by itself. */
  readonly commit: number;
}

/** Opens a cold datastore of some MiB, and puts deltas of 1 kB into it when it is warm, beside what bounds both. */
export async function measureSized(mebibytes: number, rounds: number): Promise<SizedTimes> {
  const directory = mkdtempSync(join(tmpdir(), 'deltaic-bench-'));
  const logs = new LmdbLogs({ path: directory });
  const service = serviceOn(logs);
  const { handle } = await service.create(ANN, 'default');
  let rev = await fill(service, handle, mebibytes);
  const [opens, decodes, puts, commits]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < rounds; round++) {
    opens.push(await timed(() => serviceOn(logs).send(ANN, handle, { type: 'fetch', rev })));
    decodes.push(
      await timed(async () => decodeSequencer((await logs.readSnapshot(handle))?.bytes ?? new Uint8Array(), UNLIMITED)),
    );
  }
  let head: LogHead = { revision: 0, nonce: '' };
  await logs.create('bare', 'bare', 'ann');
  for (let round = 0; round < 20 * rounds; round++) {
    const delta = parseDelta([['I', 'later', `r${rev}`, { text: 'x'.repeat(1_000) }]]);
    const nonce = `n${rev + 1}`;
    const put = { type: 'put', rev, nonce, delta } as const;
    puts.push(await timed(() => accepted(service, handle, put)));
    rev++;
    const bytes = encodeEntry({ rev, nonce, delta });
    const append = { handle: 'bare', head, nonce, bytes };
    commits.push(await timed(() => logs.append([append])));
    head = { revision: head.revision + 1, nonce };
  }
  await service.close();
  await logs.close();
  rmSync(directory, { recursive: true });
  return { open: median(opens), decode: median(decodes), put: median(puts), commit: median(commits) };
}

function serviceOn(logs: LmdbLogs): DatastoreService {
  let count = 0;
  const limits = { ...DEFAULT_LIMITS, datastoreSize: 2 * DEFAULT_LIMITS.datastoreSize };
  return new DatastoreService({
    logs,
    newHandle: () => `sized-${++count}`,
    snapshotInterval: 10,
    sequencer: { limits },
  });
}

/** Puts records of 1 kB until the datastore has that size, and a snapshot of it. @returns the revision. */
async function fill(service: DatastoreService, handle: string, mebibytes: number): Promise<number> {
  const puts = mebibytes * 10;
  for (let rev = 0; rev < puts; rev++) {
    const records = Array.from({ length: Math.round(MEBIBYTE / 10 / 1_040) }, (_, at) => [
      ...['I', 'notes', `r${rev}-${at}`],
      { text: 'x'.repeat(990), done: false, at },
    ]);
    await accepted(service, handle, { type: 'put', rev, nonce: `n${rev + 1}`, delta: parseDelta(records) });
  }
  await service.close();
  return puts;
}

async function accepted(service: DatastoreService, handle: string, put: Put): Promise<void> {
  const { message } = await service.send(ANN, handle, put);
  if (message.type !== 'accepted') throw new Error(`not so: a put was answered by ${JSON.stringify(message)}`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
