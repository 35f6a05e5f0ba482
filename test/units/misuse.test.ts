import { describe, expect, test } from 'vitest';
import * as binary from '../../src/codec/binary/index.js';
import * as core from '../../src/index.js';
import { DatastoreError } from '../../src/index.js';

/** A function as somebody calls it who does not heed its types. */
type Call = (...given: readonly unknown[]) => unknown;

const untyped = (call: unknown): Call => call as Call;

/** Things that are nothing that any of the functions takes. */
const WRONG: readonly (readonly [title: string, given: unknown])[] = [
  ['null', null],
  ['undefined', undefined],
  ['a number', 5],
  ['a bigint', 5n],
  ['a symbol', Symbol('s')],
  ['a function', () => 1],
  ['a text', 'text'],
  ['an object', {}],
  ['an object without a prototype', Object.create(null)],
  [
    'an object with a toString that throws',
    {
      toString: () => {
        throw new RangeError('no');
      },
    },
  ],
  ['an array of null', [null]],
  ['an array of numbers', [5]],
  ['a sparse array', new Array(1)],
  ['wire JSON', [['U', 't', 'r', { f: ['P', 1] }]]],
  ['a Map', new Map([['f', null]])],
  ['a Set', new Set([1])],
  ['a promise', Promise.resolve()],
  ['a date', new Date(0)],
  ['an invalid date', new Date(Number.NaN)],
  ['a regular expression', /x/],
  ['an array of arrays', [[[]]]],
];

const state = new core.State();
const rules = new core.ResolutionRules();
const delta = core.Delta.from([]);
const put: core.Change = { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'put', value: 1 }]]) };

/** Every public function of the core with one argument left open, and what of the above it takes nevertheless. */
const CALLS: readonly (readonly [title: string, call: (given: unknown) => unknown, takes?: readonly string[]])[] = [
  ['Delta.from', untyped(core.Delta.from)],
  ['compress', untyped(core.compress)],
  ['compose, first', untyped(core.compose)],
  ['compose, second', (given) => untyped(core.compose)(delta, given)],
  ['sizeOfDelta', untyped(core.sizeOfDelta)],
  ['formatDelta', untyped(core.formatDelta)],
  ['deltaWithoutBefore', untyped(core.deltaWithoutBefore)],
  ['invert', untyped(core.invert)],
  ['Delta.equals', (given) => delta.equals(given as core.Delta)],
  ['encodeDelta', untyped(binary.encodeDelta)],
  ['transform, local', (given) => untyped(core.transform)(given, delta)],
  ['transform, remote', (given) => untyped(core.transform)(delta, given)],
  ['transform, options', (given) => untyped(core.transform)([put], [put], given), OPTIONS_TAKEN()],
  ['transform, rules', (given) => untyped(core.transform)([put], [put], { rules: given }), ['undefined']],
  [
    'transform, onConflict',
    (given) => untyped(core.transform)(delta, delta, { onConflict: given }),
    ['undefined', 'a function'],
  ],
  ['rebase, pending', (given) => untyped(core.rebase)(given, delta)],
  ['rebase, a pending delta', (given) => untyped(core.rebase)([given], delta)],
  ['rebase, remote', (given) => untyped(core.rebase)([], given)],
  ['rebase, options', (given) => untyped(core.rebase)([], delta, given), OPTIONS_TAKEN()],
  ['transformList, local', (given) => untyped(core.transformList)(given, [])],
  ['transformList, remote', (given) => untyped(core.transformList)([], given)],
  ['transformList, options', (given) => untyped(core.transformList)([], [], given), OPTIONS_TAKEN()],
  ['transformList, rule', (given) => untyped(core.transformList)([], [], { rule: given }), ['undefined', 'a function']],
  ['diff, before', (given) => untyped(core.diff)(given, state)],
  ['diff, after', (given) => untyped(core.diff)(state, given)],
  ['formatState', untyped(core.formatState)],
  ['encodeState', untyped(binary.encodeState)],
  ['parseState', untyped(core.parseState)],
  ['parseDelta', untyped(core.parseDelta), ['wire JSON']],
  ['parseValue', untyped(core.parseValue), ['a number', 'a text', 'an array of numbers']],
  ['decodeDelta', untyped(binary.decodeDelta)],
  ['decodeState', untyped(binary.decodeState)],
  ['State.apply', (given) => untyped(state.apply.bind(state))(given)],
  ['State.apply, options', (given) => untyped(state.apply.bind(state))([], given), OPTIONS_TAKEN()],
  ['State.apply, limits', (given) => untyped(state.apply.bind(state))([], { limits: given }), ['undefined']],
  [
    'State.query, where',
    (given) => state.query('t', given as core.Where),
    ['undefined', 'an object', 'an object without a prototype'],
  ],
  [
    'State.find, where',
    (given) => state.find('t', given as core.Where),
    ['undefined', 'an object', 'an object without a prototype'],
  ],
  ['sizeOfChange', untyped(core.sizeOfChange)],
  ['sizeOfRecord', untyped(core.sizeOfRecord)],
  ['sizeOfValue', untyped(core.sizeOfValue), VALUES_TAKEN('an invalid date')],
  [
    'typeOfValue',
    untyped(core.typeOfValue),
    VALUES_TAKEN('an invalid date', 'an array of null', 'a sparse array', 'wire JSON', 'an array of arrays'),
  ],
  ['formatValue', untyped(core.formatValue), VALUES_TAKEN('an invalid date')],
  ['ownValue', untyped(core.ownValue), VALUES_TAKEN()],
  ['ownFields', untyped(core.ownFields)],
  [
    'compareValues, left',
    (given) => untyped(core.compareValues)(given, true),
    VALUES_TAKEN(
      'undefined',
      'an invalid date',
      'an array of null',
      'a sparse array',
      'wire JSON',
      'an array of arrays',
    ),
  ],
  [
    'valuesEqual, right',
    (given) => untyped(core.valuesEqual)(true, given),
    VALUES_TAKEN(
      'undefined',
      'an invalid date',
      'an array of null',
      'a sparse array',
      'wire JSON',
      'an array of arrays',
    ),
  ],
  [
    'valuesMatch, left',
    (given) => untyped(core.valuesMatch)(given, true),
    VALUES_TAKEN(
      'undefined',
      'an invalid date',
      'an array of null',
      'a sparse array',
      'wire JSON',
      'an array of arrays',
    ),
  ],
  ['wrapLong', untyped(core.wrapLong), ['a bigint']],
  ['ResolutionRules.set, table', (given) => untyped(rules.set.bind(rules))(given, 'f', 'max'), ['a text']],
  ['ResolutionRules.set, field', (given) => untyped(rules.set.bind(rules))('t', given, 'max'), ['a text']],
  ['ResolutionRules.set, rule', (given) => untyped(rules.set.bind(rules))('t', 'f', given), ['a function']],
];

/** Options are objects without other properties than those that are known; what they lack is as if nothing were given. */
function OPTIONS_TAKEN(): readonly string[] {
  const isTaken = (given: unknown): boolean =>
    typeof given === 'object' && given !== null && !Array.isArray(given) && Object.keys(given).length === 0;
  return WRONG.filter(([title, given]) => title === 'undefined' || isTaken(given)).map(([title]) => title);
}

function VALUES_TAKEN(...more: readonly string[]): readonly string[] {
  return ['a number', 'a bigint', 'a text', 'a date', 'an array of numbers', ...more];
}

describe('a wrong argument is a typed error at the call', () => {
  test.each(CALLS.map(([title, call, takes = []]) => ({ title, call, takes })))('$title', ({ call, takes }) => {
    const taken: string[] = [];
    for (const [title, given] of WRONG) {
      try {
        call(given);
        taken.push(title);
      } catch (error) {
        expect(error, `${title}: ${String(error)}`).toBeInstanceOf(DatastoreError);
      }
    }
    expect(taken.sort()).toEqual([...takes].sort());
  });
});

describe('a message says what is wrong, shows it, and says what is expected', () => {
  const apply = (changes: unknown): unknown => untyped(state.apply.bind(state))(changes);
  const rows = (data: object): unknown => core.parseState([{ tid: 't', rowid: 'r', data }]);
  const NAMES = 'use 1–64 of A–Z a–z 0–9 . _ - + / =';
  const typos: [string, () => unknown][] = [
    ['apply', () => untyped(state.apply.bind(state))([], { typo: 1 })],
    ['transform', () => untyped(core.transform)(delta, delta, { typo: 1 })],
    ['rebase', () => untyped(core.rebase)([delta], delta, { typo: 1 })],
    ['transformList', () => untyped(core.transformList)([], [], { typo: 1 })],
    ['mergeEdits', () => untyped(core.mergeEdits)(state, delta, delta, { typo: 1 })],
    ['mergeObjects', () => untyped(core.mergeObjects)({}, {}, {}, { typo: 1 })],
    ['decodeDelta', () => untyped(binary.decodeDelta)(binary.encodeDelta([]), { typo: 1 })],
  ];
  test.each<[string, () => unknown, string]>([
    ['a name with a space', () => rows({ 'due date': 1 }), `invalid field name "due date": ${NAMES}`],
    [
      'a number for an id',
      () => core.parseState([{ tid: 't', rowid: 7, data: {} }]),
      'invalid record id 7: use a string of 1–64',
    ],
    [
      'a date in rows',
      () => rows({ f: new Date(5) }),
      'Date(1970-01-01T00:00:00.005Z) is not JSON: write {"T": "…"} with the milliseconds in a string',
    ],
    ['a bigint in rows', () => rows({ f: 10n }), '10n is not JSON: write {"I": "…"} with the digits in a string'],
    ['null in rows', () => rows({ f: null }), 'null is not a value: leave out an absent field'],
    [
      'two tags',
      () => rows({ f: { I: '1', N: 'nan' } }),
      'expected a JSON value or {"I": "…"}, {"N": "…"}, {"B": "…"} or {"T": "…"}, got {I: "1", N: "nan"}',
    ],
    [
      'wire JSON that is applied',
      () => apply([['D', 't', 'r']]),
      'position 0: a change must be an object, got ["D", "t", "r"]: read wire JSON with parseDelta',
    ],
    [
      'changes that are parsed',
      () => core.parseDelta([put]),
      'position 0: a change must be an array, got {type: "update", table: "t", record: "r", ops: Map(1)}',
    ],
    [
      'an unknown rule',
      () => untyped(rules.set.bind(rules))('t', 'f', 'most'),
      '"most" is not a rule: use remote, local, max, min, sum or a function',
    ],
    [
      'rules that are none',
      () => untyped(core.transform)(delta, delta, { rules: {} }),
      'rules must be ResolutionRules, or have a method get, got {}',
    ],
    ...typos.map(([name, call]): [string, () => unknown, string] => [
      `a typo in the options of ${name}`,
      call,
      'unknown option "typo": use ',
    ]),
    [
      'a version that is none',
      () => untyped(core.mergeObjects)({}, {}),
      'remote must be an object of tables, got undefined',
    ],
    ['an operation that is none', () => core.parseDelta([['U', 't', 'r', { f: 5 }]]), 'an operation such as ["P", 5]'],
    [
      'own items that are none',
      () => untyped(core.transform)(delta, delta, { own: [0] }),
      'own must have a method isOwn, got [0]',
    ],
    [
      'own items of a list that are none',
      () => untyped(core.transformList)([], [], { isOwn: [0] }),
      'isOwn must be a function',
    ],
    [
      'a rule that is none',
      () => untyped(core.transform)([put], [put], { rules: { get: () => 'most' } }),
      'table "t", record "r", field "f": "most" is not a rule',
    ],
    [
      'null in a change',
      () => apply([{ ...put, ops: new Map([['f', { type: 'put', value: null }]]) }]),
      'null is not a value: leave out an absent field, or delete it',
    ],
    [
      'a long that is too long',
      () => core.ownValue(2n ** 63n),
      'long out of range (−2^63 to 2^63 − 1): 9223372036854775808n',
    ],
    [
      'a state that is rows',
      () => untyped(core.diff)([], []),
      'expected a State, which parseState makes of rows, got []',
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(DatastoreError);
  });
});
