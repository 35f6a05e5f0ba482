import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Outcome, runWith } from './support/memory-io.js';

const FILES = ['base', 'alice', 'bob', 'rules'].map((name) => `examples/household/${name}.json`);

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
}

function mergeHousehold(...options: readonly string[]): Outcome {
  const files = Object.fromEntries(FILES.map((path) => [path, read(path)]));
  const [base = '', alice = '', bob = '', rules = ''] = FILES;
  return runWith(files, 'merge', base, alice, bob, '--rules', rules, ...options);
}

test('the household example prints its expected.txt', () => {
  const outcome = mergeHousehold();
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
  expect(outcome.stdout).toBe(read('examples/household/expected.txt'));
});

test('the README of the example is right about it', () => {
  const { rows, conflicts, unusedRules } = JSON.parse(mergeHousehold('--json').stdout);
  const data = (table: string, record: string): unknown =>
    rows.find(({ tid, rowid }: { tid: string; rowid: string }) => tid === table && rowid === record)?.data;
  expect(data('budget', 'groceries')).toMatchObject({ spent_cents: { I: String(38250 + 4380 + 1750) } });
  expect(data('games', 'yatzy')).toEqual({ best: { I: '301' }, played: { I: '42' } });
  expect(data('chores', 'bins')).toMatchObject({ done: true, who: 'Alice' });
  expect(data('chores', 'fix-tap')).toBeUndefined();
  expect(conflicts.map(({ rule }: { rule: string }) => rule)).toEqual([
    ...['sum', 'delete-wins', 'max', 'sum', 'put-wins'],
    ...['remote', 'sum', 'max', 'delete-wins', 'remote'],
  ]);
  expect(unusedRules).toEqual([]);
  expect(read('examples/household/README.md')).toContain(
    `node dist/cli/main.js merge ${FILES[0]} ${FILES[1]} ${FILES[2]} `,
  );
});
