import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Atom, FieldSet, List, type Value } from '../../src/datastore/index.js';
import { valuesEqual } from '../../src/index.js';
import { arbitraryAtom } from '../support/arbitraries/values.js';
import { runs } from '../support/seed.js';
import { Desk, failure, settle, twoDesks } from './support/desk.js';

type Place = 'memory' | 'fields in memory' | 'a record';
const PLACES: readonly Place[] = ['memory', 'fields in memory', 'a record'];

function listIn(place: Place, items: readonly Atom[]): List {
  if (place === 'memory') return new List(items);
  if (place === 'fields in memory') return new FieldSet({ list: items }).getList('list');
  return new Desk().datastore.table('t').insert('r', { list: items }).getList('list');
}

/** What `splice` is given. How many there are counts too: a count of `undefined` is none, and one left out is all. */
type SpliceArguments = [] | [at: number | undefined, count?: number | undefined, ...items: Atom[]];

/** One call that a list and an array both know. Indexes may lie outside, where both have to agree on what that means. */
type Call =
  | { readonly name: 'push' | 'unshift'; readonly items: readonly Atom[] }
  | { readonly name: 'pop' | 'shift' | 'clear' }
  | { readonly name: 'splice'; readonly given: SpliceArguments }
  | { readonly name: 'set' | 'insert' | 'remove'; readonly at: number; readonly item: Atom }
  | { readonly name: 'move'; readonly at: number; readonly to: number };

function arbitraryCall(): fc.Arbitrary<Call> {
  const index = fc.integer({ min: -8, max: 8 });
  const items = fc.array(arbitraryAtom(), { maxLength: 3 });
  return fc.oneof(
    fc.record({ name: fc.constantFrom('push', 'unshift' as const), items }),
    fc.record({ name: fc.constantFrom('pop', 'shift', 'clear' as const) }),
    fc.record({ name: fc.constant('splice' as const), given: arbitrarySplice(index) }),
    fc.record({ name: fc.constantFrom('set', 'insert', 'remove' as const), at: index, item: arbitraryAtom() }),
    fc.record({ name: fc.constant('move' as const), at: index, to: index }),
  );
}

function arbitrarySplice(index: fc.Arbitrary<number>): fc.Arbitrary<SpliceArguments> {
  const number = fc.oneof({ weight: 4, arbitrary: index }, { weight: 1, arbitrary: fc.constant(undefined) });
  const items = fc.array(arbitraryAtom(), { maxLength: 3 });
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant<SpliceArguments>([]) },
    { weight: 2, arbitrary: fc.tuple(number) },
    {
      weight: 6,
      arbitrary: fc.tuple(number, number, items).map(([at, count, rest]): SpliceArguments => [at, count, ...rest]),
    },
  );
}

/** What a call gives; for the methods that arrays do not have, an index must exist. */
function call(target: List, what: Call): unknown {
  switch (what.name) {
    case 'push':
    case 'unshift':
      return target[what.name](...what.items);
    case 'pop':
    case 'shift':
    case 'clear':
      return target[what.name]();
    case 'splice':
      return target.splice(...(what.given as [number, number, ...Atom[]]));
    case 'set':
    case 'insert':
      return target[what.name](what.at, what.item) === target;
    case 'remove':
      return target.remove(what.at) === target;
    case 'move':
      return target.move(what.at, what.to) === target;
  }
}

function callArray(array: Atom[], what: Call): unknown {
  const requireIndex = (index: number, end: number): void => {
    if (index < 0 || index >= end) throw new RangeError('no such index');
  };
  switch (what.name) {
    case 'push':
    case 'unshift':
      return array[what.name](...what.items);
    case 'pop':
    case 'shift':
      return array[what.name]();
    case 'clear':
      array.length = 0;
      return undefined;
    case 'splice':
      return array.splice(...(what.given as [number, number, ...Atom[]]));
    case 'set':
      requireIndex(what.at, array.length);
      array[what.at] = what.item;
      return true;
    case 'insert':
      requireIndex(what.at, array.length + 1);
      array.splice(what.at, 0, what.item);
      return true;
    case 'remove':
      requireIndex(what.at, array.length);
      array.splice(what.at, 1);
      return true;
    case 'move':
      requireIndex(what.at, array.length);
      requireIndex(what.to, array.length);
      array.splice(what.to, 0, ...array.splice(what.at, 1));
      return true;
  }
}

describe.each(PLACES)('a list in %s', (place) => {
  test('does what an array does', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryAtom(), { maxLength: 6 }),
        fc.array(arbitraryCall(), { maxLength: 12 }),
        (items, calls) => {
          const list = listIn(place, items);
          const array = [...items];
          for (const what of calls) {
            let expected: unknown;
            try {
              expected = callArray(array, what);
            } catch {
              expect(failure(() => call(list, what))).toMatch(/^index-out-of-range/);
              continue;
            }
            expect(call(list, what)).toStrictEqual(expected);
            expect(list.toArray()).toStrictEqual(array);
          }
          expect([list.length, list.isEmpty, [...list]]).toStrictEqual([array.length, array.length === 0, array]);
        },
      ),
      { numRuns: runs(60) },
    );
  });

  test('is spliced as an array is, by how many arguments there are', () => {
    const cases = [
      [],
      [0],
      [undefined],
      [0, undefined],
      [0, undefined, 9],
      [1, Number.NaN, 9],
      [1, 1, 9],
      [-1, Infinity],
    ];
    for (const given of cases as [number, number, ...Atom[]][]) {
      const list = listIn(place, [1, 2, 3]);
      const array: Atom[] = [1, 2, 3];
      expect(list.splice(...given)).toStrictEqual(array.splice(...given));
      expect(list.toArray()).toStrictEqual(array);
    }
  });

  test('is read as an array is', () => {
    const index = fc.oneof(
      fc.integer({ min: -7, max: 7 }),
      fc.constantFrom(Number.NaN, Infinity, -Infinity, 1.7, -1.7, undefined as unknown as number),
    );
    fc.assert(
      fc.property(
        fc.array(arbitraryAtom(), { maxLength: 5 }),
        index,
        index,
        arbitraryAtom(),
        (items, start, end, other) => {
          const list = listIn(place, items);
          expect(list.at(start)).toStrictEqual(items.at(start));
          expect(list.slice(start, end)).toStrictEqual(items.slice(start, end));
          expect(list.slice(start)).toStrictEqual(items.slice(start));
          for (const item of [other, ...items]) {
            const matching = items
              .map((candidate, at) => (valuesEqual(candidate, item) ? at : -1))
              .filter((at) => at >= 0);
            const from = items.slice(0, items.length).length === 0 ? 0 : Math.trunc(start) || 0;
            const begin = from < 0 ? Math.max(from + items.length, 0) : from;
            const found = matching.find((at) => at >= begin) ?? -1;
            expect([list.indexOf(item, start), list.includes(item, start)]).toEqual([found, found >= 0]);
            expect(list.indexOf(item)).toBe(matching[0] ?? -1);
            expect(list.lastIndexOf(item)).toBe(matching.at(-1) ?? -1);
          }
        },
      ),
      { numRuns: runs(60) },
    );
  });

  test('gives items by type, a long as a double too, and nothing else otherwise', () => {
    const bytes = Uint8Array.of(1, 2);
    const list = listIn(place, [true, 2n ** 60n, 1.5, 'text', bytes, new Date(7)]);
    const getters = ['getBoolean', 'getLong', 'getDouble', 'getString', 'getBytes', 'getDate'] as const;
    const types = [0, 1, 2, 3, 4, 5].map((index) => list.typeAt(index));
    expect(types).toEqual(['boolean', 'long', 'double', 'string', 'bytes', 'date']);
    const expected: readonly Value[] = [true, 2n ** 60n, 1.5, 'text', bytes, new Date(7)];
    for (const [at, getter] of getters.entries()) {
      for (const [index, value] of expected.entries()) {
        if (at === index) expect(list[getter](index)).toStrictEqual(value);
        else if (getter === 'getDouble' && index === 1) expect(list.getDouble(1)).toBe(2 ** 60);
        else expect(failure(() => list[getter](index))).toMatch(/^wrong-type at .*\b\d$/);
      }
      expect(failure(() => list[getter](6))).toMatch(/^index-out-of-range at .*\b6$/);
    }
  });

  test('wants an index that is there, where an array would shrug', () => {
    const list = listIn(place, ['a', 'b']);
    for (const index of [-1, 2, 0.5, Number.NaN, Infinity]) {
      const fails = [
        () => list.get(index),
        () => list.typeAt(index),
        () => list.set(index, 'x'),
        () => list.remove(index),
        () => list.move(index, 0),
        () => list.move(0, index),
        () => list.insert(index + 1, 'x'),
      ];
      const isEnd = index === -1;
      for (const fail of isEnd ? fails.slice(0, -1) : fails) expect(failure(fail)).toMatch(/^index-out-of-range/);
    }
    expect(list.toArray()).toEqual(['a', 'b']);
    expect(list.insert(2, 'c', 'd').toArray()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('takes nothing but a number for an index that must be there', () => {
    const list = listIn(place, ['a', 'b']);
    for (const index of [undefined, null, '1', '', 1n, true, [1], {}] as never[]) {
      for (const fail of [
        () => list.get(index),
        () => list.typeAt(index),
        () => list.insert(index, 'x'),
        () => list.insert(index, 'x', 'y'),
        () => list.set(index, 'x'),
        () => list.remove(index),
        () => list.move(index, 0),
        () => list.move(0, index),
      ]) {
        expect(failure(fail)).toBe('invalid-option');
      }
    }
    expect(list.toArray()).toEqual(['a', 'b']);
  });

  test('refuses what can be no item, and changes nothing then', () => {
    const list = listIn(place, ['a']);
    for (const item of [null, undefined, ['nested'], {}, '\ud800', 2n ** 63n, new Date(Number.NaN)] as never[]) {
      for (const fail of [
        () => list.push('b', item),
        () => list.add(item),
        () => list.unshift(item),
        () => list.insert(0, item),
        () => list.set(0, item),
        () => list.splice(0, 1, item),
      ]) {
        expect(failure(fail)).toMatch(/^invalid-value/);
      }
    }
    expect(list.toArray()).toEqual(['a']);
  });

  test('keeps and hands out copies of bytes and dates', () => {
    const [bytes, date] = [Uint8Array.of(1), new Date(1)];
    const list = listIn(place, []).add(bytes).add(date);
    const handedOut = [
      bytes,
      list.get(0),
      list.at(0),
      list.toArray()[0],
      list.slice(0, 1)[0],
      [...list][0],
      list.getBytes(0),
    ];
    for (const item of handedOut) if (item instanceof Uint8Array) item[0] = 9;
    for (const item of [date, list.get(1), list.getDate(1)]) if (item instanceof Date) item.setTime(9);
    expect(list.toArray()).toStrictEqual([Uint8Array.of(1), new Date(1)]);
  });
});

describe('a list in memory', () => {
  test('is empty at first, or holds a copy of what it is made of', () => {
    expect(new List().toArray()).toEqual([]);
    const original = new List<string | number>(['a', 1]);
    const copy = new List(original);
    copy.push('b');
    original.clear();
    expect([original.toArray(), copy.toArray(), new List(new Set([1, 2])).toArray()]).toEqual([
      [],
      ['a', 1, 'b'],
      [1, 2],
    ]);
    expect(failure(() => new List([null as never]))).toBe('invalid-value at 0');
    for (const source of [null, 5, {}] as never[]) expect(failure(() => new List(source))).toBe('invalid-value');
  });

  test('can be set in many fields, each time as a copy', () => {
    const list = new List(['a']);
    const { datastore } = new Desk();
    const records = [datastore.table('t').insert({ list }), datastore.table('t').insert().set('list', list)];
    const fields = new FieldSet({ list }).update({ other: list });
    list.push('b');
    records[0]?.getList('list').push('c');
    expect(records.map((record) => record.get('list'))).toEqual([['a', 'c'], ['a']]);
    expect([fields.get('list'), fields.get('other'), list.toArray()]).toEqual([['a'], ['a'], ['a', 'b']]);
  });

  test('names no place but the index when it fails', () => {
    expect(failure(() => new List(['a']).remove(1))).toBe('index-out-of-range at 1');
    expect(failure(() => new FieldSet({ tags: ['a'] }).getList('tags').remove(1))).toBe('index-out-of-range at tags/1');
    const record = new Desk().datastore.table('t').insert('r', { tags: ['a'] });
    expect(failure(() => record.getList('tags').remove(1))).toBe('index-out-of-range at t/r/tags/1');
  });
});

describe('a list in a record', () => {
  test('is a view of the field: what one shows, all show', async () => {
    const [mine, other] = twoDesks();
    const record = mine.datastore.table('t').insert('r', { tags: ['a', 'b'] });
    const [first, second] = [record.getList('tags'), record.getList('tags')];
    first.push('c');
    expect(second.toArray()).toEqual(['a', 'b', 'c']);
    record.set('tags', ['x']);
    expect([first.toArray(), second.length]).toEqual([['x'], 1]);
    await settle(mine, other);
    other.datastore.table('t').get('r')?.getList('tags').unshift('w');
    await settle(mine, other);
    expect(first.toArray()).toEqual(['w', 'x']);
  });

  test('whose field holds something else, or nothing, or whose record is gone, says so at every call', () => {
    const { datastore } = new Desk();
    const record = datastore.table('t').insert('r', { list: ['a'] });
    const list = record.getList('list');
    const calls: readonly (() => unknown)[] = [
      ...[() => list.length, () => list.isEmpty, () => list.get(0), () => list.at(0), () => list.typeAt(0)],
      ...[() => list.getBoolean(0), () => list.getLong(0), () => list.getDouble(0), () => list.getString(0)],
      ...[() => list.getBytes(0), () => list.getDate(0), () => list.slice(), () => list.toArray()],
      ...[() => list.indexOf('a'), () => list.lastIndexOf('a'), () => list.includes('a'), () => [...list]],
      ...[() => list.add('b'), () => list.push('b'), () => list.push(), () => list.unshift('b'), () => list.pop()],
      ...[() => list.shift(), () => list.insert(0, 'b'), () => list.set(0, 'b'), () => list.remove(0)],
      ...[() => list.move(0, 0), () => list.splice(0), () => list.clear()],
    ];
    const failures = (): string[] => [...new Set(calls.map(failure))];
    record.set('list', 'text');
    expect(failures()).toEqual(['not-a-list at t/r/list']);
    record.delete('list');
    expect(failures()).toEqual(['field-missing at t/r/list']);
    record.deleteRecord();
    expect(failures()).toEqual(['record-deleted at t/r']);
    datastore.close();
    expect(failures()).toEqual(['closed']);
  });

  test('merges what two devices do to it, item by item', async () => {
    const [mine, other] = twoDesks();
    const list = mine.datastore
      .table('t')
      .insert('r', { list: ['a', 'b', 'c'] })
      .getList('list');
    await settle(mine, other);
    list.move(2, 0).push('d');
    other.datastore.table('t').get('r')?.getList('list').set(0, 'A').remove(1);
    await settle(mine, other);
    expect(list.toArray()).toEqual(['c', 'A', 'd']);
  });

  test('overrides by clear() what others do to the items', async () => {
    for (const items of [['a', 'b'], []]) {
      const [mine, other] = twoDesks();
      const list = mine.datastore.table('t').insert('r', { list: items }).getList('list');
      await settle(mine, other);
      list.clear();
      other.datastore.table('t').get('r')?.getList('list').push('theirs');
      await settle(other, mine);
      expect(list.toArray()).toEqual([]);
    }
  });

  test('makes every edit of several items one edit: all or nothing, told once', () => {
    const { datastore } = new Desk();
    const list = datastore
      .table('t')
      .insert({ list: ['a', 'b', 'c'] })
      .getList('list');
    let told = 0;
    datastore.on('change', () => told++);
    expect(list.splice(1, 2, 'x', 'y', 'z')).toEqual(['b', 'c']);
    expect([told, list.toArray()]).toEqual([1, ['a', 'x', 'y', 'z']]);
    list.splice(1, 0);
    expect(told).toBe(1);
  });

  test('of 100,000 items is read and edited item by item without being copied', () => {
    const desk = new Desk(undefined, {
      limits: { datastoreSize: Infinity, recordSize: Infinity, deltaSize: Infinity, recordCount: 9 },
    });
    const items = Array.from({ length: 100_000 }, (_, index) => index);
    const list = desk.datastore.table('t').insert('r', { list: items }).getList('list');
    // Whatever it costs to copy the list, 100,000 times that would outlast the time that a test may take.
    for (let index = 0; index < 100_000; index++)
      if (list.at(-1 - index) !== 99_999 - index) throw new Error('wrong item');
    for (let index = 0; index < 2000; index++) list.set(index, -1);
    expect([list.indexOf(0), list.indexOf(2000), list.length]).toEqual([-1, 2000, 100_000]);
  });

  test('that two devices make at the same time has the items of both', async () => {
    const [mine, other] = twoDesks();
    const record = mine.datastore.table('t').insert('r');
    await settle(mine, other);
    record.getOrCreateList('list').push('mine');
    other.datastore.table('t').get('r')?.getOrCreateList('list').push('theirs');
    await settle(mine, other);
    expect([...record.getList('list')].sort()).toEqual(['mine', 'theirs']);
  });
});
