import fc from 'fast-check';
import { expect, test } from 'vitest';
import { composeOnto } from '../../src/deltas/patch.js';
import { compose, Delta } from '../../src/index.js';
import { applyAll, arbitraryHistory } from '../support/arbitraries/deltas.js';
import { showDelta } from '../support/show.js';

test('composing onto a delta is composing, whether the records stand in the first, in the second or in both', () => {
  const nothing = Delta.from([]);
  fc.assert(
    fc.property(arbitraryHistory(2, 12), ({ base, deltas }) => {
      const [first = nothing, second = nothing] = applyAll(base, deltas).applied;
      expect(showDelta(composeOnto(first, second))).toBe(showDelta(compose(first, second)));
    }),
  );
});
