import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeltaDraft } from '../../src/deltas/draft.js';
import { isInNormalForm } from '../../src/deltas/normal-form.js';
import type { Change } from '../../src/index.js';
import { arbitraryHistory } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';

const put = (value: Uint8Array | string): Change => ({
  type: 'update',
  table: 't',
  record: 'r',
  ops: new Map([['f', { type: 'put', value }]]),
});

describe('what is in normal form already', () => {
  const insert: Change = { type: 'insert', table: 't', record: 'r', fields: new Map() };
  const remove: Change = { type: 'delete', table: 't', record: 'r' };
  const list = (create: boolean): Change => ({
    type: 'update',
    table: 't',
    record: 'r',
    ops: new Map([['f', { type: 'list', create, ops: [] }]]),
  });

  /** Composed as if nothing were known of it, or the code of why it cannot be. */
  function composed(delta: readonly Change[]): readonly Change[] | string {
    const draft = new DeltaDraft();
    try {
      delta.forEach((change, position) => {
        draft.add(change, position);
      });
      return draft.finish();
    } catch (error) {
      return String(error);
    }
  }

  test('composes to itself, whatever the history', () => {
    let found = 0;
    fc.assert(
      fc.property(arbitraryHistory(6, 6), ({ deltas }) => {
        for (const delta of deltas) {
          if (!isInNormalForm(delta)) continue;
          found += delta.length > 1 ? 1 : 0;
          expect(composed(delta)).toEqual(delta);
        }
      }),
      { numRuns: runs(300) },
    );
    expect(found).toBeGreaterThan(0);
  });

  test.each<[string, boolean, readonly Change[]]>([
    ['nothing', true, []],
    ['a replaced record', true, [remove, insert]],
    ['a list that is created', true, [list(true)]],
    ['a list operation without a step', false, [list(false)]],
    ['an update without an operation', false, [{ type: 'update', table: 't', record: 'r', ops: new Map() }]],
    ['a record that passes by', false, [insert, remove]],
    ['two updates of a record', false, [put('a'), put('b')]],
    ['records out of order', false, [{ ...insert, record: 's' }, insert]],
    ['tables out of order', false, [{ ...insert, table: 'u' }, insert]],
    ['a record after one of a later name in an earlier table', true, [{ ...insert, table: 's', record: 'z' }, insert]],
    [
      'fields out of order',
      false,
      [
        {
          ...insert,
          fields: new Map([
            ['b', 1],
            ['a', 1],
          ]),
        },
      ],
    ],
  ])('%s: %s', (_, isInOne, delta) => {
    expect(isInNormalForm(delta)).toBe(isInOne);
  });
});
