import { describe, expect, test } from 'vitest';
import { CaseReader } from '../../spec/generator/case-reader.js';

/** A reader of a line with one column. */
function column(text: string): CaseReader {
  const expanded = (part: string): string => part.replaceAll('FIVE', '5').replaceAll('BOTH', '{a: 1, b: 5}');
  return new CaseReader(`FIVE | ${text}`, expanded, 'file:1').column();
}

describe('the notation of cases', () => {
  const deltas: readonly [text: string, changes: unknown][] = [
    ['+{f: 1, g: [x y]}', [['I', 't', 'r', { f: 1, g: ['x', 'y'] }]]],
    [
      '- s/- u/s/- over {f: 1}',
      [
        ['D', 't', 'r'],
        ['D', 't', 's'],
        ['D', 'u', 's', { before: { f: 1 } }],
      ],
    ],
    [
      'f=1 g=x over null',
      [
        ['U', 't', 'r', { f: ['P', 1] }],
        ['U', 't', 'r', { g: ['P', 'x', { before: null }] }],
      ],
    ],
    [
      '{f=-1 g- h[]} {}',
      [
        ['U', 't', 'r', { f: ['P', -1], g: ['D'], h: ['LC'] }],
        ['U', 't', 'r', {}],
      ],
    ],
    ['f[0]=x over y', [['U', 't', 'r', { f: ['LP', 0, 'x', { before: 'y' }] }]]],
    ['s/f[2]+10n', [['U', 't', 's', { f: ['LI', 2, { I: '10' }] }]]],
    [
      'f[0]- over a f[1]>2',
      [
        ['U', 't', 'r', { f: ['LD', 0, { before: 'a' }] }],
        ['U', 't', 'r', { f: ['LM', 1, 2] }],
      ],
    ],
    [':info/info/a-b=1', [['U', ':info', 'info', { 'a-b': ['P', 1] }]]],
    [
      '[X "a b"] -',
      [
        ['X', 'a b'],
        ['D', 't', 'r'],
      ],
    ],
    ['', []],
  ];
  test('a defined name stands for its text, except in the name of a case', () => {
    const reader = column('f=FIVE');
    expect([reader.name, reader.delta()]).toEqual(['FIVE', [['U', 't', 'r', { f: ['P', 5] }]]]);
  });

  test.each(deltas)('a delta: %s', (text, changes) => {
    const reader = column(text);
    expect(reader.delta()).toEqual(changes);
    reader.end();
  });

  const values: readonly [text: string, value: unknown][] = [
    ['[true*3 x*3 "a b"*2]', [true, true, true, 'xxx', 'a ba b']],
    ['{...BOTH a: 2}', { a: 2, b: 5 }],
    ['{"__proto__": FIVE}', JSON.parse('{"__proto__":5}')],
    ['{pending: [(f=1) ()]}', { pending: [[['U', 't', 'r', { f: ['P', 1] }]], []] }],
    ['-9223372036854775808n', { I: '-9223372036854775808' }],
    ['"\\u0000|"', '\u0000|'],
  ];
  test.each(values)('a value: %s', (text, value) => {
    expect(column(text).value()).toEqual(value);
  });

  test('rows, rules and bytes', () => {
    expect(column('-').rows()).toEqual([]);
    expect(column('{f: 1} {}').rows()).toEqual([
      { tid: 't', rowid: 'r', data: { f: 1 } },
      { tid: 't', rowid: 's', data: {} },
    ]);
    expect(column('max').rules()).toEqual({ t: { f: 'max' } });
    expect(column('{g: min}').rules()).toEqual({ t: { g: 'min' } });
    expect(column('{u: {g: min}}').rules()).toEqual({ u: { g: 'min' } });
    expect(column('{}').rules()).toEqual({});
    expect([...column(`00 ff*3 "é" '\\"'`).bytes()]).toEqual([0, 255, 255, 255, 0xc3, 0xa9, 0x5c, 0x22]);
  });

  const mistakes: readonly [text: string, message: string][] = [
    ['f', 'file:1: expected an operation, got the end of the line'],
    ['f[0]', 'file:1: expected one of = + - >, got the end of the line'],
    ['f=1 ?', 'file:1: expected a word, got "?"'],
    ['+{f 1}', 'file:1: expected a colon, got "1}"'],
    ['+{f: 1', 'file:1: expected a word, got the end of the line'],
  ];
  test.each(mistakes)('a mistake names its place: %s', (text, message) => {
    expect(() => column(text).delta()).toThrow(new Error(message));
  });

  test('what follows the last column is a mistake', () => {
    const line = column('f=1 | more');
    line.delta();
    expect(() => line.options()).toThrow('file:1: expected a colon, got the end of the line');
    expect(() => column('f=1').end()).toThrow('expected the end of the line, got "f=1"');
  });
});
