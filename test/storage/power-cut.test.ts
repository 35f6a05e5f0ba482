/** What a process crash cannot show: which writes were on the disk when the power failed. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { Random } from '../simulator/random.js';
import { bundledProgram } from '../support/bundled-program.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';
import { canTrace, type DiskEvent, imageAfter, linesWith, NO_STRACE, trace } from './traced-disk.js';

const WRITER = await bundledProgram(resolve(import.meta.dirname, 'power-cut-writer.ts'));
const READER = await bundledProgram(resolve(import.meta.dirname, 'power-cut-reader.ts'));
const [BATCHES, TOGETHER] = [12, 20];
const CUTS = 40;

if (!canTrace) console.warn(`Power cuts: ${NO_STRACE}`);

function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'deltaic-power-')));
}

interface Recording {
  readonly path: string;
  readonly events: readonly DiskEvent[];
}

async function record(options: { readonly fault?: string; readonly inject?: string } = {}): Promise<Recording> {
  const path = newFolder();
  const args = [WRITER, path, String(BATCHES), String(TOGETHER), options.fault ?? ''];
  const { inject } = options;
  const events = await trace(join(path, 'data.mdb'), args, inject === undefined ? {} : { inject });
  return { path, events };
}

/** What is wrong with the storages of some moments, each with what was acknowledged until then. */
async function faultsIn(
  moments: readonly { readonly data: Uint8Array | undefined; readonly acknowledged: string[] }[],
): Promise<string[]> {
  const root = newFolder();
  for (const [at, { data, acknowledged }] of moments.entries()) {
    mkdirSync(join(root, String(at)));
    if (data !== undefined) writeFileSync(join(root, String(at), 'data.mdb'), data);
    writeFileSync(join(root, String(at), 'acknowledged.json'), JSON.stringify(acknowledged));
  }
  const reader = spawn(process.execPath, [READER, root], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(reader, 'close');
  const [output, errors] = await Promise.all([text(reader.stdout), text(reader.stderr)]);
  const [status, signal] = await ended;
  const lines = output.trimEnd().split('\n');
  if (lines.at(-1) === 'end') {
    rmSync(root, { recursive: true });
    return lines.slice(0, -1);
  }
  return [...lines, `the process that read ${root} ended with ${status ?? signal}: ${errors.slice(0, 2000)}`];
}

/** What power cuts do to the storage of a recorded run, at random moments among its first events, or among all. */
async function cutPower(events: readonly DiskEvent[], most: number = events.length): Promise<string[]> {
  const random = new Random(seedOfThisRun());
  const moments = Array.from({ length: runs(CUTS) }, () => {
    const before = events.slice(0, random.below(most) + 1);
    return { data: imageAfter(before, random), acknowledged: linesWith(before, 'written') };
  });
  return await faultsIn(moments);
}

function firstAcknowledged(events: readonly DiskEvent[]): number {
  return events.findIndex(({ type }) => type === 'line');
}

/** What is wrong with the storage as the process left it. */
async function faultsAtEnd({ path, events }: Recording): Promise<string[]> {
  const data = readFileSync(join(path, 'data.mdb'));
  return await faultsIn([{ data, acknowledged: linesWith(events, 'written') }]);
}

describe.skipIf(!canTrace)('a storage in LMDB, when the power fails', () => {
  test('has every batch that was acknowledged, and every batch whole', async () => {
    const recording = await record();
    const { path, events } = recording;
    expect(linesWith(events, 'written')).toHaveLength(BATCHES + TOGETHER);
    expect(await cutPower(events)).toEqual([]);
    expect(await faultsAtEnd(recording)).toEqual([]);
    // One sync at least for each that was waited for, and fewer for those that were written at once.
    const together = events.findIndex((event) => event.type === 'line' && event.text === 'together');
    const syncsOf = (part: readonly DiskEvent[]): number => part.filter(({ type }) => type === 'synced').length;
    expect(syncsOf(events.slice(0, together))).toBeGreaterThanOrEqual(BATCHES);
    expect(syncsOf(events.slice(together))).toBeLessThan(TOGETHER);
    rmSync(path, { recursive: true });
  });

  test('can be opened, however little of its making was on the disk', async () => {
    const { path, events } = await record();
    expect(await cutPower(events, firstAcknowledged(events))).toEqual([]);
    rmSync(path, { recursive: true });
  });

  test('the test catches an environment that LMDB makes in its place', async () => {
    const { path, events } = await record({ fault: 'in-place' });
    expect(await cutPower(events, firstAcknowledged(events))).not.toEqual([]);
    rmSync(path, { recursive: true });
  });

  test('the test catches a store that does not wait for the disk', async () => {
    const { path, events } = await record({ fault: 'no-sync' });
    expect(await cutPower(events)).not.toEqual([]);
    rmSync(path, { recursive: true });
  });

  test('waits for a disk that is slow', async () => {
    const { path, events } = await record({ inject: 'delay_enter=20000' });
    expect(linesWith(events, 'written')).toHaveLength(BATCHES + TOGETHER);
    expect(await cutPower(events)).toEqual([]);
    rmSync(path, { recursive: true });
  });

  test('says so if the disk fails, and loses nothing that it acknowledged', async () => {
    const recording = await record({ inject: 'error=EIO:when=3+' });
    const { path, events } = recording;
    const failures = linesWith(events, 'failed');
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.filter((failure) => !failure.endsWith(' storage'))).toEqual([]);
    expect(await cutPower(events)).toEqual([]);
    expect(await faultsAtEnd(recording)).toEqual([]);
    rmSync(path, { recursive: true });
  });
});
