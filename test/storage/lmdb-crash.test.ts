import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEnvironment } from '../../src/lmdb/lmdb.js';
import { LmdbStorage } from '../../src/storage/lmdb/index.js';
import { bundledProgram } from '../support/bundled-program.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';

const OWNER = await bundledProgram(resolve(import.meta.dirname, 'lmdb-owner.ts'));
const ROUNDS = 6;

interface Running {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves when that many lines were printed. */
  readonly printed: (count: number) => Promise<void>;
}

/** @param end `stop` for a process that stops itself in the middle of a write. */
function start(path: string, end = ''): Running {
  const child = spawn(process.execPath, [OWNER, path, end], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    lines.push(line);
    for (const { count, resolve } of waiting) if (lines.length >= count) resolve();
  });
  const printed = (count: number): Promise<void> =>
    lines.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve }));
  return { process: child, lines, printed };
}

async function kill({ process: child }: Running): Promise<void> {
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}

test('what was acknowledged survives kill -9, each batch is whole, and the lease is free', async () => {
  const path = mkdtempSync(join(tmpdir(), 'deltaic-storage-'));
  const pauses = fc.sample(fc.integer({ min: 2, max: 40 }), { numRuns: runs(ROUNDS), seed: seedOfThisRun() });
  let [generation, acknowledged] = [0, 0];
  for (const pause of pauses) {
    const owner = start(path);
    await owner.printed(pause);
    await kill(owner);
    const [, first = '', found = ''] = /^lease (\d+) (\d+)$/.exec(owner.lines[0] ?? '') ?? [];
    expect(Number(first)).toBeGreaterThan(generation);
    expect(Number(found)).toBeGreaterThanOrEqual(acknowledged);
    const written = owner.lines.flatMap((line) => /^written (\d+)$/.exec(line)?.[1] ?? []).map(Number);
    acknowledged = written.at(-1) ?? Number(found);

    const lease = await new LmdbStorage({ path }).acquire();
    const count = (await lease.get('count')) ?? new Uint8Array(4);
    const kept = new DataView(count.buffer, count.byteOffset).getUint32(0);
    // At most the one batch that was under way is more than what was acknowledged.
    expect(kept - acknowledged).toBeGreaterThanOrEqual(0);
    expect(kept - acknowledged).toBeLessThanOrEqual(1);
    expect((await lease.getAll('batch/')).length).toBe(kept);
    generation = lease.generation;
    await lease.release();
  }
  rmSync(path, { recursive: true });
});

test('a process that is stopped keeps its lease, and one that lives cannot be robbed', async () => {
  const path = mkdtempSync(join(tmpdir(), 'deltaic-storage-'));
  const owner = start(path);
  await owner.printed(3);
  await expect(new LmdbStorage({ path }).acquire()).rejects.toMatchObject({ code: 'already-open' });
  owner.process.kill('SIGSTOP');
  await expect(new LmdbStorage({ path }).acquire()).rejects.toMatchObject({ code: 'already-open' });
  owner.process.kill('SIGCONT');
  const lines = owner.lines.length;
  await owner.printed(lines + 2);
  const waiting = new LmdbStorage({ path }).acquire({ wait: true });
  await kill(owner);
  const lease = await waiting;
  await lease.release();
  rmSync(path, { recursive: true });
});

test('a process that is stopped in the middle of a write keeps nobody waiting to be told', async () => {
  const path = mkdtempSync(join(tmpdir(), 'deltaic-storage-'));
  const owner = start(path, 'stop');
  await owner.printed(2);
  await expect(new LmdbStorage({ path }).acquire()).rejects.toMatchObject({ code: 'already-open' });
  const waiting = new LmdbStorage({ path }).acquire({ wait: true });
  await kill(owner);
  await (await waiting).release();
  rmSync(path, { recursive: true });
});

test('a storage of a newer format is refused, and left as it is', async () => {
  const path = mkdtempSync(join(tmpdir(), 'deltaic-storage-'));
  const first = await new LmdbStorage({ path }).acquire();
  await first.write({ puts: [['key', new Uint8Array([1])]] });
  await first.release();
  const root = openEnvironment({ path });
  const lease = root.openDB<unknown, string>({ name: 'lease' });
  await root.transaction(() => lease.putSync('format', 2));
  await root.close();
  await expect(new LmdbStorage({ path }).acquire()).rejects.toMatchObject({ code: 'unknown-version' });
  rmSync(path, { recursive: true });
});

test('a path that is none is told at once', () => {
  const cases: [given: unknown, message: string][] = [
    ['/tmp/x', 'options must be an object, got "/tmp/x"'],
    [{ dir: '/tmp/x' }, 'unknown option "dir": use path'],
    [{}, 'path must be a string, got undefined'],
  ];
  for (const [given, message] of cases) {
    expect(() => new LmdbStorage(given as never)).toThrow(expect.objectContaining({ code: 'invalid-option', message }));
  }
});

test('a place where there can be no directory gives a typed error', async () => {
  await expect(new LmdbStorage({ path: '/dev/null/storage' }).acquire()).rejects.toMatchObject({
    code: 'storage',
    isRetryable: true,
  });
});

describe('an environment that is made', () => {
  const { linkSync } = fs;
  let path: string;
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'deltaic-environment-'));
  });
  afterEach(() => {
    replaceLink(linkSync);
    rmSync(path, { recursive: true });
  });

  function replaceLink(link: typeof linkSync): void {
    fs.linkSync = link;
    syncBuiltinESMExports();
  }

  /** Opens the environment, puts a value if there is one, and tells what is there. */
  async function open(value?: string): Promise<string | undefined> {
    const root = openEnvironment({ path });
    const values = root.openDB<string, string>({ name: 'values' });
    if (value !== undefined) await root.transaction(() => values.putSync('key', value));
    const found = values.get('key');
    await root.close();
    return found;
  }

  test('never takes the place of what another process made meanwhile', async () => {
    let other: Promise<unknown> | undefined;
    replaceLink((from, to) => {
      replaceLink(linkSync);
      other = open('of the other');
      linkSync(from, to);
    });
    const root = openEnvironment({ path });
    await other;
    expect(root.openDB<string, string>({ name: 'values' }).get('key')).toBe('of the other');
    await root.close();
  });

  test('leaves nothing else behind, and clears up behind a process that was killed here', async () => {
    mkdirSync(join(path, 'making-killed'));
    await open('kept');
    expect(readdirSync(path).sort()).toEqual(['data.mdb', 'lock.mdb']);
    expect(await open()).toBe('kept');
  });

  test('is made in its place where there are no links', async () => {
    replaceLink(() => {
      throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
    });
    await open('kept');
    expect(await open()).toBe('kept');
  });

  test('is not there after a failure', async () => {
    replaceLink(() => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    });
    expect(() => openEnvironment({ path })).toThrow(expect.objectContaining({ code: 'storage' }));
    expect(existsSync(join(path, 'data.mdb'))).toBe(false);
    replaceLink(linkSync);
    await open('kept');
    expect(await open()).toBe('kept');
  });
});
