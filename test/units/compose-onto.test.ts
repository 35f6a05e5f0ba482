import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { composeOnto } from '../../src/deltas/compose-onto.js';
import { isNormalForm } from '../../src/deltas/normal-form.js';
import { compose, compress, type Delta } from '../../src/index.js';
import { applyAll, arbitraryHistory } from '../support/arbitraries/deltas.js';
import { showDelta } from '../support/show.js';

describe('composing onto a normal form', () => {
  test('is composing, whether the records stand in the first, in the second or in both', () => {
    fc.assert(
      fc.property(arbitraryHistory(2, 12), ({ base, deltas }) => {
        const [first = [], second = []] = applyAll(base, deltas).applied.map(compress);
        const composed = composeOnto(first, second);
        expect(showDelta(composed)).toBe(showDelta(compose(first, second)));
        expect(Object.isFrozen(composed)).toBe(true);
      }),
    );
  });

  test('knows a normal form that nobody can change only where both are', () => {
    const put = (record: string, value: number | Date): Delta =>
      compress([{ type: 'update', table: 't', record, ops: new Map([['f', { type: 'put', value }]]) }]);
    const time = new Date(0);
    const known = [composeOnto(put('a', 1), put('b', 1)), composeOnto(put('b', 1), put('a', 1))];
    const unknown = [composeOnto(put('a', time), put('b', 1)), composeOnto(put('a', 1), put('b', time))];
    expect([...known, ...unknown].map(isNormalForm)).toEqual([true, true, false, false]);
  });
});
