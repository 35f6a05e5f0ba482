import { describe, expect, it } from 'vitest';
import { compose, compress, type Delta, parseDelta, type Value } from '../../src/index.js';
import { showDelta } from '../support/show.js';
import { refusalOf } from './refusal.js';

const insert = (value: Value): Delta => [{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', value]]) }];

/** The value of the one field of the one record that such a delta inserts. */
function insertedBy([change]: Delta): Value | undefined {
  return change?.type === 'insert' ? change.fields.get('f') : undefined;
}

describe('bytes and dates of a normal form can be changed by whoever holds it, but', () => {
  it('compressing it again checks it again, as it checks a copy', () => {
    const normal = compress(insert(new Date(0)));
    const date = insertedBy(normal);
    if (date instanceof Date) date.setTime(Number.NaN);
    const refusal = { code: 'invalid-value', position: 0, table: 't', record: 'r', field: 'f' };
    expect(refusalOf(() => compress([...normal]))).toEqual(refusal);
    expect(refusalOf(() => compress(normal))).toEqual(refusal);
    expect(refusalOf(() => compose(normal))).toEqual(refusal);
  });

  it.each([
    ['compressed', compress(insert(Uint8Array.of(1)))],
    ['parsed', parseDelta([['I', 't', 'r', { f: { B: 'AQ' } }]])],
    ['plain', insert(Uint8Array.of(1))],
  ])('changing a composed delta leaves the %s delta alone that it was composed of', (_title, delta) => {
    const shown = showDelta(delta);
    const bytes = insertedBy(compose(delta));
    if (bytes instanceof Uint8Array) bytes.fill(9);
    expect(showDelta(delta)).toBe(shown);
  });
});
