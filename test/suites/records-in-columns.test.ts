// Laws of records, once more, with columns behind every delta, however few changes it has.

import { expect, test, vi } from 'vitest';
import { columnsIn } from '../../src/deltas/delta.js';
import { Delta } from '../../src/index.js';
import { runsMultiplier } from '../support/run-seed.js';

vi.mock('../../src/operations/columns-least.js', () => ({ COLUMNS_LEAST: 1 }));

test('there are columns behind a delta of a single change', () => {
  expect(columnsIn(Delta.from([{ type: 'delete', table: 't', record: 'r' }]))).toBeDefined();
});

process.env['DELTAIC_RUNS_MULTIPLIER'] = String(runsMultiplier() / 5);

await import('../laws/record-merge.test.js');
await import('../laws/compress.test.js');
await import('../laws/compress-cases.test.js');
await import('../laws/delta-ownership.test.js');
await import('../laws/state-errors.test.js');
await import('../laws/state-limits.test.js');
await import('../laws/binary-states.test.js');
await import('../laws/sizes.test.js');
await import('../units/delta.test.js');
