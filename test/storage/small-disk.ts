import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory of its own, which can be full or read-only. */
export interface SmallDisk {
  readonly path: string;
  /** @param options such as `size=8m` or `ro`. */
  remount(options: string): void;
  remove(): void;
}

/** What a skipped test says. */
export const NO_MOUNT = 'skipped: no file system can be mounted here (it takes root)';

/** @returns `undefined` where mounting is not permitted. */
export function mountSmallDisk(size: string): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'deltaic-disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]).status !== 0) {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    remount: (options) => {
      const { status, stderr } = spawnSync('mount', ['-o', `remount,${options}`, path]);
      if (status !== 0) throw new Error(`cannot remount: ${String(stderr)}`);
    },
    remove: () => {
      spawnSync('umount', ['-l', path]);
      rmSync(path, { recursive: true });
    },
  };
}
