// Laws that edit lists, once more, with columns behind every edit of a list, however few operations it has. Those of
// `list-merge.test.ts` are not among them: `transformList` takes and gives objects, and merges columns anyway.

import { expect, test, vi } from 'vitest';
import { columnsIn, columnsOfOps, listOfColumns } from '../../src/operations/list-columns.js';
import { runsMultiplier } from '../support/run-seed.js';

vi.mock('../../src/operations/columns-least.js', () => ({ COLUMNS_LEAST: 1 }));

test('there are columns behind an edit of a single operation', () => {
  expect(columnsIn(listOfColumns(false, columnsOfOps([{ type: 'delete', index: 0 }])))).toBeDefined();
});

// The random cases of a law are as many as elsewhere only there: what is new here is that there are columns, and every
// list edit of every case meets that.
process.env['DELTAIC_RUNS_MULTIPLIER'] = String(runsMultiplier() / 5);

await import('../laws/list-twin.test.js');
await import('../laws/batching.test.js');
await import('../laws/conflicts.test.js');
await import('../laws/delta-merge.test.js');
await import('../laws/state-apply.test.js');
await import('../laws/binary-deltas.test.js');
await import('./list-pairs.test.js');
await import('./ot-fuzzer.test.js');
