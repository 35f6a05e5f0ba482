import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeltaTally } from '../../src/deltas/tally.js';
import { type Change, compose, sizeOfDelta } from '../../src/index.js';
import { applyAll, arbitraryHistory } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';

describe('size = sizeOfDelta(compress(changes)), after every change', () => {
  test('for any applied changes, one by one and all at once', () => {
    fc.assert(
      fc.property(arbitraryHistory(6, 6), ({ base, deltas }) => {
        const { applied } = applyAll(base, deltas);
        const tally = new DeltaTally();
        const changes = applied.flatMap((delta) => [...delta]);
        expect(tally.sizeWith(changes)).toBe(sizeOfDelta(compose(changes)));
        changes.forEach((change, index) => {
          tally.add([change]);
          expect(tally.size).toBe(sizeOfDelta(compose(changes.slice(0, index + 1))));
        });
      }),
      { numRuns: runs(300) },
    );
  });

  test('asking what more would weigh changes nothing', () => {
    const tally = new DeltaTally();
    const insert: Change = { type: 'insert', table: 't', record: 'r', fields: new Map([['f', 'abc']]) };
    expect(tally.sizeWith([insert])).toBe(203);
    expect(tally.size).toBe(0);
    tally.add([insert]);
    const put: Change = {
      type: 'update',
      table: 't',
      record: 'r',
      ops: new Map([['f', { type: 'put', value: 'x' }]]),
    } as const;
    expect(tally.sizeWith([put])).toBe(201);
    expect(tally.sizeWith([{ type: 'delete', table: 't', record: 'r' }])).toBe(0);
    expect(tally.size).toBe(203);
  });
});
