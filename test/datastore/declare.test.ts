import { describe, expect, test } from 'vitest';
import type { Value, ValueType } from '../../src/datastore/index.js';
import { Desk, failure, settle, twoDesks } from './support/desk.js';

const VALUES: readonly (readonly [ValueType, Value])[] = [
  ['boolean', true],
  ['long', 1n],
  ['double', 1.5],
  ['string', 'x'],
  ['bytes', new Uint8Array([1])],
  ['date', new Date(1)],
  ['list', ['a']],
];

describe('19: a declared field', () => {
  test.each(VALUES)('of type %s takes its type, and refuses all others', (type, value) => {
    const table = new Desk().datastore.table('t').declare({ f: type });
    const record = table.insert('r', { f: value });
    for (const [other, wrong] of VALUES) {
      const isHeld = other === type || (type === 'double' && other === 'long');
      const calls = [
        () => record.set('f', wrong),
        () => record.update({ f: wrong, g: 1 }),
        () => table.insert({ f: wrong }),
        () => table.getOrInsert(`new-${other}`, { f: wrong }),
      ];
      for (const call of calls) {
        if (isHeld) call();
        else expect(failure(call)).toMatch(/^wrong-type at t\/.*\/f$/);
      }
      if (!isHeld) expect(record.toObject()).toMatchObject({ f: record.get('f') });
    }
    expect(record.typeOf('f')).toBe(type);
    expect(record.delete('f')).toBe(true);
    if (type === 'list') record.getOrCreateList('f').push(1);
    else expect(failure(() => record.getOrCreateList('f'))).toBe('wrong-type at t/r/f');
  });

  test('converts whole numbers up to 2^53, and nothing else', () => {
    const table = new Desk().datastore.table('t').declare({ long: 'long', double: 'double' });
    const record = table.insert('r', { long: 5, double: 5n });
    expect([record.get('long'), record.get('double')]).toEqual([5n, 5]);
    for (const safe of [0, -0, -7, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      expect(record.set('long', safe).getLong('long')).toBe(BigInt(safe));
      expect(record.set('double', BigInt(safe)).getDouble('double')).toBe(safe + 0);
    }
    for (const wrong of [0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(failure(() => record.set('long', wrong))).toBe('wrong-type at t/r/long');
    }
    for (const wrong of [2n ** 53n, -(2n ** 60n)]) {
      expect(failure(() => record.set('double', wrong))).toBe('wrong-type at t/r/double');
    }
    expect(failure(() => record.set('long', null as never))).toBe('invalid-value at t/r/long');
    // Other fields, and records that were there before, are as they were.
    expect(record.set('other', 5).get('other')).toBe(5);
  });

  test('stays exact under rule sum, where an undeclared one becomes a double', async () => {
    const outcomes: unknown[] = [];
    for (const isDeclared of [false, true]) {
      const desks = twoDesks();
      const large = 2n ** 53n;
      desks[0].datastore.table('t').insert('r', { f: large });
      await settle(...desks);
      for (const [at, { datastore }] of desks.entries()) {
        const table = datastore.table('t').setResolutionRule('f', 'sum');
        if (isDeclared) table.declare({ f: 'long' });
        table.record('r').set('f', at === 0 ? large + 1n : 2 ** 52);
      }
      await settle(...desks);
      outcomes.push(...desks.map(({ datastore }) => datastore.table('t').record('r').get('f')));
    }
    expect(outcomes).toEqual([2 ** 52, 2 ** 52, 2n ** 52n + 1n, 2n ** 52n + 1n]);
  });

  test('is held by this device only, and what is there stays', async () => {
    const [mine, other] = twoDesks();
    const table = mine.datastore.table('t').declare({ f: 'long' });
    table.insert('r', { f: 1 });
    await settle(mine, other);
    other.datastore.table('t').record('r').set('f', 'text');
    await settle(other, mine);
    expect(table.record('r').get('f')).toBe('text');
    table.record('r').set('g', 1).set('f', 2);
    mine.datastore.undo();
    expect(table.record('r').get('f')).toBe('text');
  });

  test('is refused where the declaration is wrong, and nothing is declared then', () => {
    const table = new Desk().datastore.table('t');
    for (const [wrong, error] of [
      [null, 'invalid-option'],
      ['long', 'invalid-option'],
      [[], 'invalid-option'],
      [{ f: 'long', g: 'int' }, 'invalid-option'],
      [{ f: 'long', 'a b': 'long' }, 'invalid-name at t/a b'],
    ] as const) {
      expect(failure(() => table.declare(wrong as never))).toBe(error);
    }
    expect(table.insert({ f: 1 }).get('f')).toBe(1);
  });
});
