import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findRules } from './rules.js';

const vectors = new URL('../../spec/vectors/', import.meta.url);
const folder = new URL('../../spec/checker/', import.meta.url);
const specification = new URL('../../spec/', import.meta.url);

const frozenFiles = new URL('../fixtures/binary/v1/', import.meta.url);

function casesIn(file: string): number {
  const { cases } = JSON.parse(readFileSync(new URL(file, vectors), 'utf8')) as { cases: readonly unknown[] };
  return cases.length;
}

const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status === 0;
if (!hasPython) {
  console.log('The second implementation in spec/checker is not run: there is no python3 of 3.10 or later here.');
}

function run(script: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const environment = { ...process.env, PYTHONUTF8: '1' };
  return spawnSync('python3', [fileURLToPath(new URL(script, folder))], { encoding: 'utf8', env: environment });
}

/** Every rule and the files of vectors that it names. */
function rulesWithVectors(): Map<string, readonly string[]> {
  const files = readdirSync(specification).filter((name) => name.endsWith('.md'));
  const rules = files.flatMap((name) => findRules(name, readFileSync(new URL(name, specification), 'utf8')));
  const held = rules.map(({ number, links }) => [number, links?.vectors ?? []] as const);
  return new Map(held.filter(([, names]) => names.length > 0));
}

describe('the second implementation, written from the specification alone', () => {
  test.skipIf(!hasPython)('agrees with every case of the vectors', () => {
    const { status, stdout, stderr } = run('check.py');
    expect(status, stdout + stderr).toBe(0);

    const files = readdirSync(vectors).filter((file) => file.endsWith('.json'));
    const frozen = readdirSync(frozenFiles).filter((file) => file.endsWith('.bin')).length;
    const lines = stdout.trimEnd().split('\n');
    const total = files.reduce((sum, file) => sum + casesIn(file), frozen);
    expect(lines).toEqual(expect.arrayContaining(files.map((file) => `${file}: ${casesIn(file)} cases`)));
    expect(lines.slice(-2)).toEqual([`frozen files: ${frozen} cases`, `total: ${total} cases`]);
  });

  test.skipIf(!hasPython)('disagrees with the vectors once a fault is planted in it', { timeout: 120_000 }, () => {
    const { status, stdout, stderr } = run('planted.py');
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/^planted: \d+ faults\n$/);
  });

  test('has a fault planted in it for every rule that vectors cover', () => {
    const { faults } = JSON.parse(readFileSync(new URL('planted.json', folder), 'utf8')) as {
      faults: readonly { rule: string; vectors: string }[];
    };
    const rules = rulesWithVectors();
    expect(rules.size).toBeGreaterThan(150);
    expect(new Set(faults.map(({ rule }) => rule))).toEqual(new Set(rules.keys()));
    expect(faults.filter((fault) => !rules.get(fault.rule)?.includes(fault.vectors))).toEqual([]);
  });
});
