import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

export interface Row {
  readonly work: string;
  readonly measured: string;
  readonly target: string;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** The report as Markdown, with what it was measured on. */
export function formatReport(sections: readonly Section[]): string {
  const [processor] = cpus();
  const lines = [
    '# Benchmark results',
    '',
    `Made by \`npm run bench\` at commit ${commit()}, Node ${process.version}, ${cpus().length} × ${processor?.model ?? 'unknown'}.`,
    'Medians; compare the ratios, which were measured in one run, and not the times.',
  ];
  for (const { title, rows } of sections) {
    lines.push('', `## ${title}`, '', '| work | measured | target |', '|---|---|---|');
    for (const { work, measured, target } of rows) lines.push(`| ${work} | ${measured} | ${target} |`);
  }
  return `${lines.join('\n')}\n`;
}

export function milliseconds(time: number): string {
  if (time >= 1) return `${time.toFixed(1)} ms`;
  return time >= 0.001 ? `${(time * 1000).toFixed(1)} µs` : `${(time * 1e6).toFixed(0)} ns`;
}

export function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)} ×`;
}

function commit(): string {
  try {
    const changed = execFileSync('git', ['status', '--porcelain', '--', 'src'], { encoding: 'utf8' }) !== '';
    const name = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
    return changed ? `${name} with changes` : name;
  } catch {
    return 'unknown';
  }
}
