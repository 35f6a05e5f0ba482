import { describe, expect, it } from 'vitest';
import {
  type Change,
  compress,
  DEFAULT_LIMITS,
  type DeltaInput,
  type Limits,
  NO_LIMITS,
  State,
  sizeOfDelta,
} from '../../src/index.js';
import { showState } from '../support/show.js';
import { refusalOf } from './refusal.js';

const insert = (record: string, size: number): Change => ({
  type: 'insert',
  table: 't',
  record,
  fields: new Map([['f', 'x'.repeat(size)]]),
});
const put = (record: string, size: number): Change => ({
  type: 'update',
  table: 't',
  record,
  ops: new Map([['f', { type: 'put', value: 'x'.repeat(size) }]]),
});
const remove = (record: string): Change => ({ type: 'delete', table: 't', record });

/** Records a and b with one field of 50 bytes each: 250 bytes a record, 1500 bytes together. */
function newState(): State {
  const state = new State();
  state.apply([insert('a', 50), insert('b', 50)]);
  return state;
}

const datastore = (datastoreSize: number): Limits => ({ ...NO_LIMITS, datastoreSize });
const record = (recordSize: number): Limits => ({ ...NO_LIMITS, recordSize });
const delta = (deltaSize: number): Limits => ({ ...NO_LIMITS, deltaSize });
const count = (recordCount: number): Limits => ({ ...NO_LIMITS, recordCount });
const ofA = { table: 't', record: 'a' };

describe('a delta passes', () => {
  const passing: readonly (readonly [string, DeltaInput, Limits])[] = [
    ['that fills the datastore to the last byte', [put('a', 60)], datastore(1510)],
    ['that shrinks a datastore over its limit and leaves it over', [put('a', 49)], datastore(10)],
    ['that keeps the size of a datastore over its limit', [put('a', 40), put('b', 60)], datastore(10)],
    ['that goes over the datastore’s limit on the way only', [insert('c', 900), remove('c')], datastore(1500)],
    ['that grows before it shrinks', [put('a', 900), put('a', 50)], record(250)],
    ['that fills a record to the last byte', [put('a', 60)], record(260)],
    ['that shrinks a record over its limit and leaves it over', [put('a', 49)], record(0)],
    ['that keeps the size of a record over its limit', [put('a', 50)], record(0)],
    ['that replaces a record over its limit by a smaller one', [remove('a'), insert('a', 49)], record(0)],
    ['that deletes a record over its limit', [remove('a')], record(0)],
    ['that touches a record beside one over its limit', [put('a', 200), put('a', 10), put('b', 1)], record(230)],
    ['that weighs its limit', [put('a', 60)], delta(260)],
    ['whose normal form weighs its limit', [put('a', 900), put('a', 60)], delta(260)],
    ['of no changes under the smallest limits', [], { datastoreSize: 0, recordSize: 0, deltaSize: 0, recordCount: 0 }],
    ['that vanishes', [insert('c', 9), remove('c')], { datastoreSize: 0, recordSize: 0, deltaSize: 0, recordCount: 0 }],
    ['that makes the last record allowed', [insert('c', 0)], count(3)],
    ['that replaces a record among too many', [remove('a'), insert('a', 70)], count(1)],
    ['that deletes a record among too many', [remove('a')], count(0)],
    ['that makes one record and deletes another among too many', [insert('c', 0), remove('a')], count(0)],
  ];
  it.each(passing)('%s', (_title, changes, limits) => {
    const [limited, free] = [newState(), newState()];
    limited.apply(changes, { limits });
    free.apply(changes);
    expect(showState(limited)).toBe(showState(free));
  });
});

describe('a delta is refused, and changes nothing,', () => {
  const refused: readonly (readonly [string, DeltaInput, Limits, object])[] = [
    ['that takes the datastore over', [put('a', 61)], datastore(1510), { code: 'datastore-too-large' }],
    ['that grows a datastore over its limit', [put('a', 51)], datastore(10), { code: 'datastore-too-large' }],
    ['that adds a record to it', [insert('c', 0)], datastore(1699), { code: 'datastore-too-large' }],
    ['that takes a record over', [put('a', 61)], record(260), { code: 'record-too-large', ...ofA }],
    ['that grows a record over its limit', [put('a', 51)], record(0), { code: 'record-too-large', ...ofA }],
    [
      'that inserts a record over it',
      [insert('c', 0)],
      record(199),
      { code: 'record-too-large', table: 't', record: 'c' },
    ],
    [
      'that replaces a record over its limit by a larger one',
      [remove('a'), insert('a', 51)],
      record(0),
      { code: 'record-too-large', ...ofA },
    ],
    [
      'that shrinks one record and grows another over it',
      [put('b', 0), put('a', 61)],
      record(260),
      { code: 'record-too-large', ...ofA },
    ],
    ['that weighs too much', [put('a', 61)], delta(260), { code: 'delta-too-large' }],
    ['whose normal form weighs too much', [put('a', 0), put('a', 61)], delta(260), { code: 'delta-too-large' }],
    [
      'that only deletes and still weighs too much',
      [remove('a'), remove('b')],
      delta(299),
      { code: 'delta-too-large' },
    ],
    ['that makes a record too many', [insert('c', 0)], count(2), { code: 'too-many-records' }],
    [
      'that makes more records among too many',
      [insert('c', 0), insert('d', 0), remove('a')],
      count(0),
      { code: 'too-many-records' },
    ],
  ];
  it.each(refused)('%s', (_title, changes, limits, refusal) => {
    const state = newState();
    expect(refusalOf(() => state.apply(changes, { limits }))).toEqual(refusal);
    expect([showState(state), state.size, state.recordCount]).toEqual([showState(newState()), 1500, 2]);
  });
});

describe('limits', () => {
  it('are 10 MiB, 100 KiB, 2 MiB and 100,000 records by name', () => {
    expect(DEFAULT_LIMITS).toEqual({
      datastoreSize: 10_485_760,
      recordSize: 102_400,
      deltaSize: 2_097_152,
      recordCount: 100_000,
    });
  });

  it('hold only where they are given', () => {
    const large = [insert('large', 11_000_000)];
    expect(refusalOf(() => newState().apply(large, { limits: DEFAULT_LIMITS }))?.code).toMatch(/too-large/);
    const state = newState();
    state.apply(large);
    state.apply(
      large.map(({ table }) => ({ type: 'delete', table, record: 'large' })),
      {},
    );
    expect(state.size).toBe(1500);
  });

  it('at their defaults let the last byte of a record pass and no more', () => {
    const limits = DEFAULT_LIMITS;
    newState().apply([insert('c', 102_200)], { limits });
    expect(refusalOf(() => newState().apply([insert('c', 102_201)], { limits }))?.code).toBe('record-too-large');
  });

  it('count a delta as sizeOfDelta counts its normal form', () => {
    const changes = [put('a', 5), insert('c', 3), put('c', 7), remove('b')];
    const size = sizeOfDelta(compress(changes));
    newState().apply(changes, { limits: delta(size) });
    expect(refusalOf(() => newState().apply(changes, { limits: delta(size - 1) }))?.code).toBe('delta-too-large');
  });

  it.each([Number.NaN, -1, '5', null, undefined])('cannot be %s', (limit) => {
    for (const name of Object.keys(NO_LIMITS)) {
      const limits = { ...NO_LIMITS, [name]: limit } as Limits;
      expect(refusalOf(() => new State().apply([], { limits }))).toEqual({ code: 'invalid-option' });
    }
  });
});
