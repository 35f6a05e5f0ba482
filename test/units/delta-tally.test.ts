import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeltaTally } from '../../src/deltas/delta-tally.js';
import { compose, sizeOfDelta } from '../../src/index.js';
import { applyAll, arbitraryHistory } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';

describe('size = sizeOfDelta(compress(changes)), after every change', () => {
  test('for any applied changes, one by one and all at once', () => {
    fc.assert(
      fc.property(arbitraryHistory(6, 6), ({ base, deltas }) => {
        const { applied } = applyAll(base, deltas);
        const tally = new DeltaTally();
        const changes = applied.flat();
        expect(tally.plan(changes).size).toBe(sizeOfDelta(compose(changes)));
        changes.forEach((change, index) => {
          tally.add([change]);
          expect(tally.size).toBe(sizeOfDelta(compose(changes.slice(0, index + 1))));
        });
      }),
      { numRuns: runs(300) },
    );
  });

  test('planning changes nothing', () => {
    const tally = new DeltaTally();
    const insert = { type: 'insert', table: 't', record: 'r', fields: new Map() } as const;
    expect(tally.plan([insert]).size).toBe(200);
    expect(tally.size).toBe(0);
    tally.take(tally.plan([insert]));
    expect(tally.plan([{ type: 'delete', table: 't', record: 'r' }]).size).toBe(0);
    expect(tally.size).toBe(200);
  });
});
