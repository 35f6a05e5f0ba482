import { expect, test } from 'vitest';
import { NO_LIMITS, ResolutionRules } from '../../src/index.js';
import { Replica } from '../../src/sync/index.js';
import { I, put } from '../sync/notation.js';
import { EPOCH } from '../sync/pair.js';

/** More than a call of a function takes as arguments. */
const MANY = 130_000;

test('a delta may have more changes than a call takes values', () => {
  const rules = new ResolutionRules().set('t', 'f', 'sum');
  const replica = new Replica({ nextNonce: () => 'n', rules, limits: NO_LIMITS });
  const records = Array.from({ length: MANY }, (_, at) => `r${at}`);
  replica.batch(() => {
    replica.batch(
      () => void replica.apply(records.map((record, at) => I(record, { f: 0, g: at === 7 ? 'x'.repeat(99) : '' }))),
    );
    replica.batch(() => void replica.apply(records.map((record) => put(record, 'f', 1))));
  });
  replica.sync(EPOCH);
  expect(replica.outgoing()?.nonce).toBe('n');
  replica.receive({ type: 'refused', nonce: 'n', reason: 'limit', code: 'delta-too-large', message: 'too large' });
  expect(replica.sync(EPOCH).refused).toHaveLength(1);
  expect(replica.find('t')).toEqual(records.filter((record) => record !== 'r7').sort());
});
