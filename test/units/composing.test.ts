import { expect, test } from 'vitest';
import { composeAll, compress } from '../../src/deltas/compress.js';
import { parseDelta } from '../../src/index.js';

test('as many deltas are composed as there are: more than a call can take arguments', () => {
  const count = 200_000;
  const put = parseDelta([['U', 't', 'r', { f: ['P', 1] }]]);
  expect(composeAll(Array.from({ length: count }, () => put))).toEqual(compress(put));
});

test('a normal form that was frozen by somebody else is copied before it is marked', () => {
  const frozen = Object.freeze([...parseDelta([['U', 't', 'r', { f: ['P', 1] }]])]);
  const compressed = compress(frozen);
  expect(compressed).toEqual(frozen);
  expect(compressed).not.toBe(frozen);
});
