import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { FolderPeer } from '../../examples/mesh/folder-peer.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';

/** After how many calls that change the disk the process dies: from then on every such call fails. */
const death = vi.hoisted(() => ({ callsLeft: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const isDead = (): boolean => death.callsLeft-- <= 0;
  return {
    ...fs,
    writeFileSync: (path: string, data: Uint8Array) => {
      // The last write of a process may reach the disk in part.
      if (isDead()) {
        if (death.callsLeft === -1) fs.writeFileSync(path, data.subarray(0, data.length / 2));
        throw new Error('dead');
      }
      fs.writeFileSync(path, data);
    },
    renameSync: (from: string, to: string) => {
      if (isDead()) throw new Error('dead');
      fs.renameSync(from, to);
    },
  };
});

const WRITER = resolve(import.meta.dirname, 'mesh-writer.ts');

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'deltaic-mesh-crash-'));
}

function countOf(peer: FolderPeer, item: string): number {
  const line = peer.lines().find((each) => each.endsWith(` × ${item}`));
  return Number(line?.split(' ')[0] ?? 0);
}

test('a peer that dies at any call to the disk has all that an exchange stored, and so have the others', () => {
  for (let calls = 0; calls < 12; calls++) {
    const folder = newFolder();
    const ann = new FolderPeer(folder, 'ann', 'ann-1');
    let stored = 0;
    death.callsLeft = calls;
    try {
      for (let minute = 1; ; minute++) {
        ann.add('apples', 1n);
        ann.exchange(new Date(60_000 * minute));
        stored++;
      }
    } catch (error) {
      expect(error).toMatchObject({ message: 'dead' });
    } finally {
      death.callsLeft = Number.POSITIVE_INFINITY;
    }
    const again = new FolderPeer(folder, 'ann', 'ann-2');
    // An edit may be stored that nobody was told of.
    expect([stored, stored + 1]).toContain(countOf(again, 'apples'));
    const bo = new FolderPeer(folder, 'bo', 'bo-1');
    bo.add('bread', 1n);
    expect(bo.exchange(new Date(0)).unreadable).toEqual([]);
    again.exchange(new Date(0));
    expect(again.lines()).toEqual(bo.lines());
    rmSync(folder, { recursive: true });
  }
});

test('what was stored survives kill -9, and reaches the others', async () => {
  const folder = newFolder();
  const pauses = fc.sample(fc.integer({ min: 1, max: 25 }), { numRuns: runs(4), seed: seedOfThisRun() });
  const bo = new FolderPeer(folder, 'bo', 'bo-1');
  let bread = 0;
  for (const [round, pause] of pauses.entries()) {
    const child = spawn(process.execPath, ['--import', 'tsx', WRITER, folder, `ann-${round}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    let [printed, stored] = [0, 0];
    for await (const line of createInterface({ input: child.stdout })) {
      stored = Number(line);
      bo.add('bread', 1n);
      expect(bo.exchange(new Date(0)).unreadable).toEqual([]);
      expect(countOf(bo, 'bread')).toBe(++bread);
      if (++printed === pause) child.kill('SIGKILL');
    }
    await ended;
    expect(printed).toBeGreaterThanOrEqual(pause);
    const ann = new FolderPeer(folder, 'ann', `after-${round}`);
    expect(countOf(ann, 'apples')).toBeGreaterThanOrEqual(stored);
    expect(countOf(ann, 'apples')).toBeLessThanOrEqual(stored + 1);
    bo.exchange(new Date(0));
    expect(countOf(bo, 'apples')).toBe(countOf(ann, 'apples'));
  }
  rmSync(folder, { recursive: true });
});
