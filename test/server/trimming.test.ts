import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDelta } from '../../src/index.js';
import { DatastoreService, type DatastoreServiceOptions } from '../../src/server/datastore-service.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import type { SequencerMessage } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';

const ANN = { account: 'ann' };

function serviceOn(logs: MemoryLogs, options: Partial<DatastoreServiceOptions> = {}): DatastoreService {
  return new DatastoreService({ logs, newHandle: () => 'h', snapshotInterval: 10, ...options });
}

async function put(service: DatastoreService, rev: number, record = `r${rev}`): Promise<SequencerMessage> {
  const delta = parseDelta([['I', 't', record, {}]]);
  return (await service.send(ANN, 'h', { type: 'put', rev, nonce: `n-${record}`, delta })).message;
}

async function putMany(service: DatastoreService, from: number, to: number): Promise<void> {
  for (let rev = from; rev < to; rev++) expect(await put(service, rev)).toMatchObject({ type: 'accepted' });
  // What is done behind is done by then.
  await new Promise((resolve) => setImmediate(resolve));
}

async function recordsOf(service: DatastoreService): Promise<readonly string[]> {
  const { message } = await service.send(ANN, 'h', { type: 'fetch-snapshot' });
  return message.type === 'snapshot' ? message.rows.map(({ rowid }) => rowid).sort() : [];
}

async function trimmed(logs: MemoryLogs): Promise<number | undefined> {
  return (await logs.get('h'))?.trimmed;
}

/** A store that fails where it is told to, as one does whose server is killed in the middle. */
class FailingLogs extends MemoryLogs {
  failing: 'writeSnapshot' | 'trim' | undefined;

  override async writeSnapshot(
    ...given: Parameters<MemoryLogs['writeSnapshot']>
  ): ReturnType<MemoryLogs['writeSnapshot']> {
    if (this.failing === 'writeSnapshot') throw new Error('killed');
    return super.writeSnapshot(...given);
  }

  override async trim(...given: Parameters<MemoryLogs['trim']>): ReturnType<MemoryLogs['trim']> {
    if (this.failing === 'trim') throw new Error('killed');
    return super.trim(...given);
  }
}

describe('a server that trims logs', () => {
  test('keeps as many of the newest entries as it is told to, and all that no snapshot contains', async () => {
    for (const [keepEntries, expected] of [
      [undefined, 0],
      [0, 20],
      [5, 15],
      [100, 0],
    ] as const) {
      const logs = new MemoryLogs();
      const service = serviceOn(logs, keepEntries === undefined ? {} : { keepEntries });
      await service.create(ANN, 'notes');
      await putMany(service, 0, 25);
      expect([keepEntries, await trimmed(logs)]).toEqual([keepEntries, expected]);
      const answerAfter = async (rev: number): Promise<SequencerMessage> =>
        (await service.send(ANN, 'h', { type: 'fetch', rev })).message;
      expect(await answerAfter(expected)).toMatchObject({ type: 'entries' });
      if (expected > 0)
        expect(await answerAfter(expected - 1)).toEqual({ type: 'reset', since: expected - 1, rev: 25 });
      await service.close();
    }
  });

  test('waits until the snapshot is in the store', async () => {
    let written = (): void => undefined;
    class Waiting extends MemoryLogs {
      override async writeSnapshot(
        ...given: Parameters<MemoryLogs['writeSnapshot']>
      ): ReturnType<MemoryLogs['writeSnapshot']> {
        await new Promise<void>((resolve) => {
          written = resolve;
        });
        return super.writeSnapshot(...given);
      }

      /** It forgets whatever it is told to. */
      override async trim(_handle: string, revision: number): Promise<number> {
        asked.push(revision);
        return revision;
      }
    }
    const asked: number[] = [];
    const service = serviceOn(new Waiting(), { keepEntries: 0 });
    await service.create(ANN, 'notes');
    await putMany(service, 0, 15);
    expect(asked).toEqual([]);
    written();
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual([10]);
    await service.close();
  });

  test('loses nothing if it dies before the snapshot, or between the snapshot and the trimming', async () => {
    for (const failing of ['writeSnapshot', 'trim'] as const) {
      const logs = new FailingLogs();
      const service = serviceOn(logs, { keepEntries: 0 });
      await service.create(ANN, 'notes');
      logs.failing = failing;
      await putMany(service, 0, 25);
      expect(await trimmed(logs)).toBe(0);
      logs.failing = undefined;
      const next = serviceOn(logs, { keepEntries: 0 });
      expect((await recordsOf(next)).length).toBe(25);
      await next.close();
      // The next one trims what the first could not.
      expect(await trimmed(logs)).toBe(failing === 'trim' ? 20 : 0);
    }
  });

  test('goes step by step through a long log', async () => {
    const logs = new MemoryLogs();
    const service = serviceOn(logs, { snapshotInterval: 2_500 });
    await service.create(ANN, 'notes');
    await putMany(service, 0, 2_500);
    const steps: number[] = [];
    const trim = logs.trim.bind(logs);
    Object.assign(logs, {
      trim: (handle: string, revision: number) => {
        steps.push(revision);
        return trim(handle, revision);
      },
    });
    const next = serviceOn(logs, { keepEntries: 100 });
    await recordsOf(next);
    await next.close();
    expect(steps).toEqual([1_000, 2_000, 2_400]);
  });

  test('gives up on a datastore that was deleted meanwhile', async () => {
    const logs = new MemoryLogs();
    const service = serviceOn(logs, { keepEntries: 0 });
    await service.create(ANN, 'notes');
    Object.assign(logs, { trim: async () => 0 });
    await putMany(service, 0, 12);
    expect((await recordsOf(service)).length).toBe(12);
    await service.close();
  });

  test('has everything that it acknowledged, whoever dies when', async () => {
    const step = fc.record({
      server: fc.nat({ max: 1 }),
      action: fc.oneof(
        { weight: 8, arbitrary: fc.constant('put' as const) },
        fc.constantFrom('die', 'writeSnapshot', 'trim', 'works'),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 4 }), fc.array(step, { maxLength: 60 }), async (keepEntries, steps) => {
        const logs = new FailingLogs();
        const start = (): DatastoreService => serviceOn(logs, { keepEntries, snapshotInterval: 3 });
        const servers = [start(), start()];
        await servers[0]?.create(ANN, 'notes');
        const acknowledged: string[] = [];
        for (const [at, { server, action }] of steps.entries()) {
          if (action === 'die') servers[server] = start();
          else if (action !== 'put') logs.failing = action === 'works' ? undefined : action;
          else {
            const record = `r${at}`;
            const { message } = await (servers[server] as DatastoreService).send(ANN, 'h', { type: 'fetch-snapshot' });
            const rev = message.type === 'snapshot' ? message.rev : 0;
            const answer = await put(servers[server] as DatastoreService, rev, record);
            if (answer.type === 'accepted') acknowledged.push(record);
          }
        }
        logs.failing = undefined;
        expect(await recordsOf(start())).toEqual(acknowledged.sort());
        expect((await logs.get('h'))?.revision).toBe(acknowledged.length);
        // And at least as many entries are left as were to be kept.
        expect((await trimmed(logs)) ?? 0).toBeLessThanOrEqual(Math.max(0, acknowledged.length - keepEntries));
      }),
      { numRuns: runs(60) },
    );
  });
});
