import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const vectors = new URL('../../spec/vectors/', import.meta.url);
const checker = fileURLToPath(new URL('../../spec/checker/check.py', import.meta.url));

const frozenFiles = new URL('../fixtures/binary/v1/', import.meta.url);

function casesIn(file: string): number {
  const { cases } = JSON.parse(readFileSync(new URL(file, vectors), 'utf8')) as { cases: readonly unknown[] };
  return cases.length;
}

const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status === 0;
if (!hasPython) {
  console.log('The second implementation in spec/checker is not run: there is no python3 of 3.10 or later here.');
}

describe('the second implementation, written from the specification alone', () => {
  test.skipIf(!hasPython)('agrees with every case of the vectors', () => {
    const run = spawnSync('python3', [checker], { encoding: 'utf8', env: { ...process.env, PYTHONUTF8: '1' } });
    expect(run.status, run.stdout + run.stderr).toBe(0);

    const files = readdirSync(vectors).filter((file) => file.endsWith('.json'));
    const frozen = readdirSync(frozenFiles).filter((file) => file.endsWith('.bin')).length;
    const lines = run.stdout.trimEnd().split('\n');
    const total = files.reduce((sum, file) => sum + casesIn(file), frozen);
    expect(lines).toEqual(expect.arrayContaining(files.map((file) => `${file}: ${casesIn(file)} cases`)));
    expect(lines.slice(-2)).toEqual([`frozen files: ${frozen} cases`, `total: ${total} cases`]);
  });
});
