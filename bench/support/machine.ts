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

/** The commit that is checked out, and whether what is measured, or what measures it, differs from it. */
function commit(): string {
  try {
    const changed =
      execFileSync('git', ['status', '--porcelain', '--', 'src', 'bench/*.ts'], { encoding: 'utf8' }) !== '';
    const name = execFileSync('git', ['log', '-1', '--format=%h'], { encoding: 'utf8' }).trim();
    return changed ? `${name} with changes` : name;
  } catch {
    return 'unknown';
  }
}
