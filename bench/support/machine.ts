import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** Where and with what a result was measured. */
export interface Setting {
  readonly commit: string;
  readonly node: string;
  readonly machine: string;
}

export function thisSetting(): Setting {
  const [processor] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    commit: commit(),
    node: process.version,
    machine: `${cpus().length} × ${processor?.model.trim() ?? 'unknown processor'}, ${memory} GiB, ${process.platform}`,
  };
}

/** The last commit that changed the measured code; later commits elsewhere do not count. */
function commit(): string {
  try {
    const changed = execFileSync('git', ['status', '--porcelain', '--', 'src'], { encoding: 'utf8' }) !== '';
    const name = execFileSync('git', ['log', '-1', '--format=%h', '--', 'src'], { encoding: 'utf8' }).trim();
    return changed ? `${name} with changes` : name;
  } catch {
    return 'unknown';
  }
}
