import { describe, expect, it } from 'vitest';
import { type Change, compose, compress, type DeltaInput, parseDelta, type Value } from '../../src/index.js';
import { showDelta } from '../support/show.js';
import { refusalOf } from './refusal.js';

const insert = (value: Value): DeltaInput => [
  { type: 'insert', table: 't', record: 'r', fields: new Map([['f', value]]) },
];

/** The value of the one field of the one record that such a delta inserts. */
function insertedBy([change]: Iterable<Change>): Value | undefined {
  return change?.type === 'insert' ? change.fields.get('f') : undefined;
}

describe('bytes and dates of a delta', () => {
  it('that somebody changed where they saw them are as they were', () => {
    const delta = compress(insert(new Date(0)));
    const date = insertedBy(delta);
    if (date instanceof Date) date.setTime(Number.NaN);
    expect([insertedBy(delta), insertedBy(compose(delta))]).toEqual([new Date(0), new Date(0)]);
  });

  it('that somebody changed in a copy of its changes are checked', () => {
    const changes = [...compress(insert(new Date(0)))];
    const date = insertedBy(changes);
    if (date instanceof Date) date.setTime(Number.NaN);
    const refusal = { code: 'invalid-value', position: 0, table: 't', record: 'r', field: 'f' };
    expect(refusalOf(() => compress(changes))).toEqual(refusal);
  });

  it.each([
    ['compressed', compress(insert(Uint8Array.of(1)))],
    ['parsed', parseDelta([['I', 't', 'r', { f: { B: 'AQ' } }]])],
    ['plain', insert(Uint8Array.of(1))],
  ])('are not shared between a composed delta and the %s delta that it was composed of', (_title, delta) => {
    const shown = showDelta(delta);
    const bytes = insertedBy(compose(delta));
    if (bytes instanceof Uint8Array) bytes.fill(9);
    expect(showDelta(delta)).toBe(shown);
  });
});
