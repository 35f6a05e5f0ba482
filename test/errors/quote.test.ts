import { describe, expect, test } from 'vitest';
import { quote } from '../../src/errors/quote.js';

class Task {
  readonly title = 'Milk';
}

/** A class whose name is long. */
const longName = Object.defineProperty(class {}, 'name', { value: 'C'.repeat(1000) });

describe('a quoted value', () => {
  test.each<[unknown, string]>([
    ['due date', '"due date"'],
    ['a"b\n', '"a\\"b\\n"'],
    [10n, '10n'],
    [5, '5'],
    [-0, '-0'],
    [Number.NaN, 'NaN'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('x'), 'Symbol(x)'],
    [() => 1, 'a function'],
    [new Date(0), 'Date(1970-01-01T00:00:00.000Z)'],
    [new Date(Number.NaN), 'Date(invalid)'],
    [new Uint8Array(3), 'Uint8Array(3)'],
    [new Map([[1, 2]]), 'Map(1)'],
    [new Set(['a']), 'Set(1)'],
    [[1, 'a', [2n, [3]]], '[1, "a", [2n, an array of length 1]]'],
    [new Array(3), '[undefined, undefined, undefined]'],
    [{ title: 'x', 'due date': null }, '{title: "x", "due date": null}'],
    [Object.create(null), '{}'],
    [new Task(), 'Task {title: "Milk"}'],
    [{ a: { b: { c: 1 } } }, '{a: {b: an object}}'],
  ])('%#', (value, text) => {
    expect(quote(value)).toBe(text);
  });

  test('is cut, and no half of a surrogate pair is left', () => {
    expect(quote('x'.repeat(1000))).toBe(`"${'x'.repeat(80)}…"`);
    expect(quote(`${'x'.repeat(79)}😀`)).toBe(`"${'x'.repeat(79)}…"`);
    expect(quote(`${'x'.repeat(78)}😀y`)).toBe(`"${'x'.repeat(78)}😀…"`);
    expect(quote(2n ** 1_000_000n)).toBe('a bigint of more than 256 bits');
    expect(quote(Symbol('x'.repeat(1000))).length).toBeLessThan(100);
  });

  test.each<[string, unknown]>([
    ['an array', new Array(1e8).fill('x', 0, 10)],
    ['a long list of long texts', Array.from({ length: 1000 }, () => 'y'.repeat(1000))],
    ['an object of many keys', Object.fromEntries(Array.from({ length: 1000 }, (_, key) => [`key${key}`, key]))],
    ['long keys', { ['k'.repeat(10_000)]: 1, ['l'.repeat(10_000)]: 2 }],
    ['a class of a long name', Object.create(Object.create({}, { constructor: { value: longName } }))],
  ])('is short for %s', (_what, value) => {
    expect(quote(value).length).toBeLessThan(250);
  });

  test('calls nothing of what it quotes', () => {
    const called: string[] = [];
    const hostile = {
      get title() {
        called.push('getter');
        return 1;
      },
      toString: () => called.push('toString'),
      toJSON: () => called.push('toJSON'),
      [Symbol.toPrimitive]: () => called.push('toPrimitive'),
    };
    expect(quote(hostile)).toBe('{title: a getter, toString: a function, toJSON: a function}');
    const date = new Date(0);
    date.getTime = () => called.push('getTime');
    date.toISOString = () => String(called.push('toISOString'));
    expect(quote(date)).toBe('Date(1970-01-01T00:00:00.000Z)');
    expect(called).toEqual([]);
  });

  test('never throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(quote(proxy)).toBe('an object that cannot be read');
    const circle: unknown[] = [];
    circle.push(circle);
    expect(quote(circle)).toBe('[[an array of length 1]]');
  });
});
