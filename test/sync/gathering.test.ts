/**
 * What gathers since the last cut is gathered anew to take out transient items. Each time costs what has gathered, so it
 * must happen a few times, not once in so many edits.
 */

import { afterEach, expect, test, vi } from 'vitest';
import { DeltaDraft } from '../../src/deltas/draft.js';
import { type Change, NO_LIMITS } from '../../src/index.js';
import { Replica } from '../../src/sync/index.js';
import { I } from './notation.js';

const EDITS = 4096;

afterEach(() => vi.restoreAllMocks());

test.each<[string, readonly Change[]]>([
  ['of a record that was just made', [I('a', { list: [] })]],
  ['of a record that was just made, with many items', [I('a', { list: Array.from({ length: EDITS }, () => 'x') })]],
  ['beside many records', [I('a', { list: [] }), ...Array.from({ length: EDITS }, (_, at) => I(`b${at}`, { at }))]],
])('typing into a list %s gathers it anew a few times', (_, first) => {
  const replica = new Replica({ nextNonce: () => 'nonce', limits: NO_LIMITS });
  replica.apply(first);
  const finish = vi.spyOn(DeltaDraft.prototype, 'finish');
  for (let at = 0; at < EDITS; at++) {
    replica.editList('t', 'a', 'list', { type: 'insert', index: at, value: 'x' });
  }
  // Twice as much each time: as often as 32 can be doubled, and once.
  expect(finish.mock.calls.length).toBeLessThanOrEqual(1 + Math.log2((2 * EDITS) / 32));
});
