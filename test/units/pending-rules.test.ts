import { expect, test } from 'vitest';
import { parseDelta } from '../../src/index.js';
import { PendingRules } from '../../src/sync/pending-rules.js';

test('the rules of pending edits are forgotten once nothing is pending', () => {
  const rules = new PendingRules();
  rules.set({ table: 't', record: 'a', field: 'f', rule: 'local' });
  const edit = parseDelta([['U', 't', 'a', { f: ['P', 1] }]]);
  expect([rules.get('t', 'f', 'a'), rules.of([edit])]).toEqual([
    'local',
    [{ table: 't', record: 'a', field: 'f', rule: 'local' }],
  ]);
  rules.clear();
  expect([rules.get('t', 'f', 'a'), rules.of([edit])]).toEqual(['remote', []]);
});
