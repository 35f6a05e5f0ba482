import { expect, test } from 'vitest';
import { composeAll } from '../../src/deltas/delta.js';
import { parseDelta } from '../../src/index.js';

test('as many deltas are composed as there are: more than a call can take arguments', () => {
  const count = 200_000;
  const put = parseDelta([['U', 't', 'r', { f: ['P', 1] }]]);
  expect(composeAll(Array.from({ length: count }, () => put)).equals(put)).toBe(true);
});
