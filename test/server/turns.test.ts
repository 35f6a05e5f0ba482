import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseDelta } from '../../src/index.js';
import { DatastoreService } from '../../src/server/datastore-service.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { Turns } from '../../src/server/turns.js';
import type { SequencerMessage } from '../../src/sync/index.js';

const ANN = { account: 'ann' };

afterEach(() => {
  vi.useRealTimers();
});

function serviceOn(logs: MemoryLogs): DatastoreService {
  let handles = 0;
  return new DatastoreService({ logs, newHandle: () => `h${++handles}` });
}

/** The next put of a device that has the log up to a revision. */
function put(service: DatastoreService, handle: string, rev: number, nonce: string): Promise<SequencerMessage> {
  const delta = parseDelta([['I', 'notes', nonce, {}]]);
  return service.send(ANN, handle, { type: 'put', rev, nonce, delta }).then(({ message }) => message);
}

/** A device that puts some edits, each until it is accepted. @returns how often it was too late. */
async function device(service: DatastoreService, handle: string, name: string, edits: number): Promise<number> {
  let [rev, conflicts] = [0, 0];
  for (let edit = 0; edit < edits; ) {
    const answer = await put(service, handle, rev, `${name}-${edit}`);
    if (answer.type === 'accepted') edit++;
    else conflicts++;
    if (answer.type === 'conflict') rev = answer.entries.at(-1)?.rev ?? rev;
    else if (answer.type === 'accepted') rev = answer.rev;
    else throw new Error(`answered by ${answer.type}`);
    // The way to the device and back.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return conflicts;
}

describe('many devices that put to one datastore at once', () => {
  const [devices, edits] = [64, 5];

  async function run(services: readonly DatastoreService[], logs: MemoryLogs): Promise<number> {
    const { handle } = await (services[0] as DatastoreService).create(ANN, 'notes');
    const lost = await Promise.all(
      Array.from({ length: devices }, (_, at) =>
        device(services[at % services.length] as DatastoreService, handle, `d${at}`, edits),
      ),
    );
    const read = await logs.read(handle, 0, { entries: 10_000, bytes: 1e9 });
    const nonces = read.type === 'entries' ? read.entries.map(({ nonce }) => nonce) : [];
    expect([nonces.length, new Set(nonces).size]).toEqual([devices * edits, devices * edits]);
    return lost.reduce((sum, one) => sum + one) / (devices * edits);
  }

  test('need about two requests for each put, and not one of each device', async () => {
    const logs = new MemoryLogs();
    expect(await run([serviceOn(logs)], logs)).toBeLessThan(1.3);
  });

  test('do so through two servers on one store too, which know nothing of each other', async () => {
    const logs = new MemoryLogs();
    expect(await run([serviceOn(logs), serviceOn(logs)], logs)).toBeLessThan(3);
  });
});

describe('a device that lost', () => {
  async function withLosers(count: number): Promise<{ service: DatastoreService; handle: string; told: string[] }> {
    vi.useFakeTimers();
    const service = serviceOn(new MemoryLogs());
    const { handle } = await service.create(ANN, 'notes');
    await put(service, handle, 0, 'first');
    const told: string[] = [];
    for (let at = 0; at < count; at++) {
      put(service, handle, 0, `late-${at}`).then((answer) => told.push(`${at} ${answer.type}`));
    }
    await vi.advanceTimersByTimeAsync(0);
    return { service, handle, told };
  }

  test('is told at once if it is the only one, and the next when the log has grown', async () => {
    const { service, handle, told } = await withLosers(3);
    expect(told).toEqual(['0 conflict']);
    expect(await put(service, handle, 1, 'again-0')).toMatchObject({ type: 'accepted', rev: 2 });
    expect(told).toEqual(['0 conflict', '1 conflict']);
    await service.close();
  });

  test('waits a moment for one that does not come back, and is not told later than that', async () => {
    const { told, service } = await withLosers(3);
    await vi.advanceTimersByTimeAsync(99);
    expect(told).toEqual(['0 conflict']);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual(['0 conflict', '1 conflict']);
    await vi.advanceTimersByTimeAsync(100);
    expect(told).toEqual(['0 conflict', '1 conflict', '2 conflict']);
    await vi.advanceTimersByTimeAsync(100);
    expect(vi.getTimerCount()).toBe(0);
    await service.close();
  });

  test('waits two seconds at most, however many are before it', async () => {
    const { told, service } = await withLosers(100);
    await vi.advanceTimersByTimeAsync(1_900);
    expect(told.length).toBe(20);
    await vi.advanceTimersByTimeAsync(200);
    expect(told.length).toBe(100);
    await service.close();
  });

  test('does not wait if a thousand do', async () => {
    const { told, service } = await withLosers(1_003);
    expect(told.length).toBe(3);
    await vi.advanceTimersByTimeAsync(100);
    expect(told.length).toBe(4);
    await service.close();
  });

  test('keeps nobody waiting who has all entries', async () => {
    const { service, handle, told } = await withLosers(2);
    for (let rev = 1; rev < 4; rev++) {
      expect(await put(service, handle, rev, `other-${rev}`)).toMatchObject({ type: 'accepted' });
    }
    expect(told).toEqual(['0 conflict', '1 conflict']);
    await service.close();
  });

  test('is told all when its turn comes, and not what was missing when it came', async () => {
    const { service, handle } = await withLosers(1);
    const waiting = put(service, handle, 0, 'late');
    await vi.advanceTimersByTimeAsync(0);
    await put(service, handle, 1, 'again');
    expect(await waiting).toMatchObject({ type: 'conflict', entries: [{ nonce: 'first' }, { nonce: 'again' }] });
    await service.close();
  });

  test('is answered when the server ends', async () => {
    const { service, told } = await withLosers(5);
    await service.close();
    await vi.advanceTimersByTimeAsync(0);
    expect([told.length, vi.getTimerCount()]).toEqual([5, 0]);
  });
});

test('turns of one log are none of another', async () => {
  const turns = new Turns(2_000);
  const told: string[] = [];
  const take = (handle: string, name: string): Promise<void> =>
    turns.take(handle, () => name).then((one) => void told.push(one));
  const waiting = [take('h', 'one'), take('h', 'two'), take('i', 'three')];
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(['one', 'three']);
  turns.close();
  await Promise.all([...waiting, take('h', 'four')]);
  expect(told).toEqual(['one', 'three', 'two', 'four']);
});

test('an answer that cannot be made fails its own put, and not the one that has just been accepted', async () => {
  const turns = new Turns(2_000);
  await turns.take('h', () => 'first');
  const broken = turns.take('h', () => {
    throw new Error('broken');
  });
  const after = turns.take('h', () => 'after');
  expect(() => turns.next('h')).not.toThrow();
  await expect(broken).rejects.toThrow('broken');
  turns.next('h');
  expect(await after).toBe('after');
  turns.close();
});

test('a put that is older than what the server holds in memory is told what it missed', async () => {
  const logs = new MemoryLogs();
  const service = new DatastoreService({ logs, newHandle: () => 'h', snapshotInterval: 3 });
  const { handle } = await service.create(ANN, 'notes');
  for (let rev = 0; rev < 8; rev++) await put(service, handle, rev, `n${rev + 1}`);
  const nonces = Array.from({ length: 7 }, (_, at) => ({ nonce: `n${at + 2}` }));
  expect(await put(service, handle, 1, 'late')).toMatchObject({ type: 'conflict', nonce: 'late', entries: nonces });
  await logs.trim(handle, 3);
  expect(await put(service, handle, 1, 'late')).toMatchObject({ type: 'reset' });
  expect(await put(service, handle, 3, 'late')).toMatchObject({ type: 'conflict', entries: nonces.slice(2) });
  await service.close();
});
