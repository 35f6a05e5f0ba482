import { describe, expect, it } from 'vitest';
import {
  type Change,
  compress,
  type DeltaInput,
  type FieldOp,
  type ListOp,
  State,
  type Value,
} from '../../src/index.js';
import { showDelta, showState } from '../support/show.js';
import { type Refusal, refusalOf } from './refusal.js';

const put = (value: Value, ...before: (Value | undefined)[]): FieldOp =>
  before.length === 0 ? { type: 'put', value } : { type: 'put', value, before: before[0] };
const drop = (...before: (Value | undefined)[]): FieldOp =>
  before.length === 0 ? { type: 'delete' } : { type: 'delete', before: before[0] };
const list = (...ops: ListOp[]): FieldOp => ({ type: 'list', create: false, ops });
const create = (...ops: ListOp[]): FieldOp => ({ type: 'list', create: true, ops });
const LI = (index: number, value: string): ListOp => ({ type: 'insert', index, value });
const LP = (index: number, value: string, before?: string): ListOp => ({
  ...{ type: 'put', index, value },
  ...(before === undefined ? {} : { before }),
});
const LD = (index: number, before?: string): ListOp => ({
  ...{ type: 'delete', index },
  ...(before === undefined ? {} : { before }),
});
const LM = (from: number, to: number): ListOp => ({ type: 'move', from, to });

const U = (f: FieldOp): Change => ({ type: 'update', table: 't', record: 'r', ops: new Map([['f', f]]) });
const I = (f?: Value): Change => ({
  type: 'insert',
  table: 't',
  record: 'r',
  fields: new Map(f === undefined ? [] : [['f', f]]),
});
const D = (...before: (Value | undefined)[]): Change => {
  const change = { type: 'delete', table: 't', record: 'r' } as const;
  const [f] = before;
  return before.length === 0 ? change : { ...change, before: new Map(f === undefined ? [] : [['f', f]]) };
};

describe('two operations on one field become one:', () => {
  const cases: readonly (readonly [string, DeltaInput, string])[] = [
    ['put, put', [U(put(1)), U(put(2))], 'put 2'],
    ['put, put, applied', [U(put(1, 0)), U(put(2, 1))], 'put 2 was 0'],
    ['put over absent, put', [U(put(1, undefined)), U(put(2, 1))], 'put 2 was absent'],
    ['put unknown, put known', [U(put(1)), U(put(2, 1))], 'put 2'],
    ['put, delete', [U(put(1, 0)), U(drop(1))], 'delete was 0'],
    ['put, delete, not applied', [U(put(1)), U(drop())], 'delete'],
    ['delete, put', [U(drop(0)), U(put(1, undefined))], 'put 1 was 0'],
    ['delete, delete', [U(drop(0)), U(drop(undefined))], 'delete was 0'],
    ['delete, create', [U(drop(0)), U(create())], 'put [] was 0'],
    ['delete, create with items', [U(drop()), U(create(LI(0, 'a'), LI(0, 'b')))], 'put ["b","a"]'],
    ['put list, insert', [U(put(['a'], 0)), U(list(LI(1, 'b')))], 'put ["a","b"] was 0'],
    ['put list, put', [U(put(['a'])), U(list(LP(0, 'b', 'a')))], 'put ["b"]'],
    ['put list, delete', [U(put(['a', 'b'])), U(list(LD(0, 'a')))], 'put ["b"]'],
    ['put list, move', [U(put(['a', 'b', 'c'])), U(list(LM(0, 2)))], 'put ["b","c","a"]'],
    ['list, list', [U(list(LI(0, 'a'))), U(list(LD(0)))], 'list [insert 0 "a" delete 0]'],
    [
      'list, list, applied',
      [U(list(LP(0, 'a', 'z'))), U(list(LD(0, 'a')))],
      'list [put 0 "a" was "z" delete 0 was "a"]',
    ],
    ['list, nothing', [U(list(LI(0, 'a'))), U(list())], 'list [insert 0 "a"]'],
    ['list, put', [U(list(LI(0, 'a'))), U(put(1))], 'put 1'],
    ['list, put, applied', [U(list(LI(0, 'a'), LM(0, 1))), U(put(1, ['b', 'a']))], 'put 1 was ["b"]'],
    ['list, put, half applied', [U(list(LD(0))), U(put(1, []))], 'put 1'],
    ['list, delete', [U(list(LD(0)))].concat(U(drop())), 'delete'],
    ['list, delete, applied', [U(list(LD(0, 'a'), LP(0, 'c', 'b'))), U(drop(['c']))], 'delete was ["a","b"]'],
    ['create, list', [U(create()), U(list(LI(0, 'a')))], 'create [insert 0 "a"]'],
    ['create, put', [U(create(LI(0, 'a'))), U(put(1, ['a']))], 'put 1 was absent'],
    ['create, delete', [U(create(LI(0, 'a'))), U(drop(['a']))], 'delete was absent'],
  ];
  it.each(cases)('%s', (_title, changes, expected) => {
    expect(showDelta(compress(changes))).toBe(`[update t/r {f: ${expected}}]`);
  });

  it('an operation on another field stays beside it, in the order of the names', () => {
    const others = new Map<string, FieldOp>([
      ['g', drop()],
      ['__proto__', create()],
      ['f', put(2)],
    ]);
    const changes: Change[] = [U(put(1, 0)), { type: 'update', table: 't', record: 'r', ops: others }];
    expect(showDelta(compress(changes))).toBe('[update t/r {__proto__: create [], f: put 2, g: delete}]');
  });
});

describe('changes of one record become one, or a delete and an insert:', () => {
  const cases: readonly (readonly [string, DeltaInput, string])[] = [
    ['an update without operations', [U(list())], ''],
    ['insert, delete', [I(1), D(1)], ''],
    ['insert, delete, insert', [I(1), D(1), I(2)], 'insert t/r {f: 2}'],
    ['insert, put', [I(), U(put(1, undefined))], 'insert t/r {f: 1}'],
    ['insert, put over', [I(1), U(put(2, 1))], 'insert t/r {f: 2}'],
    ['insert, delete of a field', [I(1), U(drop(1))], 'insert t/r {}, update t/r {f: delete}'],
    ['insert, delete of an absent field', [I(), U(drop())], 'insert t/r {}, update t/r {f: delete}'],
    ['insert, delete of a field, put', [I(1), U(drop(1)), U(put(2))], 'insert t/r {f: 2}'],
    ['insert, list', [I(['a']), U(list(LI(0, 'b')))], 'insert t/r {f: ["b","a"]}'],
    ['insert, create', [I(), U(create(LI(0, 'b')))], 'insert t/r {}, update t/r {f: create [insert 0 "b"]}'],
    ['insert, create without items', [I(), U(create())], 'insert t/r {}, update t/r {f: create []}'],
    [
      'insert, create, list',
      [I(), U(create()), U(list(LI(0, 'b')))],
      'insert t/r {}, update t/r {f: create [insert 0 "b"]}',
    ],
    ['insert, create, put', [I(), U(create(LI(0, 'b'))), U(put(['c']))], 'insert t/r {f: ["c"]}'],
    ['insert, create, delete', [I(), U(create(LI(0, 'b'))), U(drop(['b']))], 'insert t/r {}, update t/r {f: delete}'],
    ['insert, create, delete, create', [I(), U(create()), U(drop()), U(create(LI(0, 'b')))], 'insert t/r {f: ["b"]}'],
    ['insert, create, delete of the record', [I(), U(create()), D()], ''],
    ['replace, create', [D(), I(), U(create())], 'delete t/r, insert t/r {}, update t/r {f: create []}'],
    ['replace, create, delete of the record', [D(0), I(), U(create()), D([])], 'delete t/r was {f: 0}'],
    ['insert, delete of a field, create', [I(1), U(drop(1)), U(create())], 'insert t/r {f: []}'],
    ['update, delete', [U(put(1)), D()], 'delete t/r'],
    ['update, delete, applied', [U(put(1, 0)), D(1)], 'delete t/r was {f: 0}'],
    ['put over absent, delete, applied', [U(put(1, undefined)), D(1)], 'delete t/r was {}'],
    ['delete of a field, delete, applied', [U(drop(0)), D(undefined)], 'delete t/r was {f: 0}'],
    ['create, delete, applied', [U(create(LI(0, 'a'))), D(['a'])], 'delete t/r was {}'],
    ['list, delete, applied', [U(list(LD(1, 'b'))), D(['a'])], 'delete t/r was {f: ["a","b"]}'],
    ['list unknown, delete known', [U(list(LD(1))), D(['a'])], 'delete t/r'],
    ['put unknown, delete known', [U(put(1)), D(1)], 'delete t/r'],
    ['delete, insert', [D(0), I(1)], 'delete t/r was {f: 0}, insert t/r {f: 1}'],
    ['delete, insert of the same', [D(1), I(1)], 'delete t/r was {f: 1}, insert t/r {f: 1}'],
    ['replace, put', [D(), I(1), U(put(2))], 'delete t/r, insert t/r {f: 2}'],
    ['replace, delete of the field', [D(), I(1), U(drop())], 'delete t/r, insert t/r {}, update t/r {f: delete}'],
    ['replace, delete', [D(0), I(1), D(1)], 'delete t/r was {f: 0}'],
    ['replace, replace', [D(0), I(1), D(1), I(2)], 'delete t/r was {f: 0}, insert t/r {f: 2}'],
    ['update, replace', [U(put(1, 0)), D(1), I(2)], 'delete t/r was {f: 0}, insert t/r {f: 2}'],
  ];
  it.each(cases)('%s', (_title, changes, expected) => {
    expect(showDelta(compress(changes))).toBe(`[${expected}]`);
  });
});

describe('every sequence of three changes of a record with one field', () => {
  const bases: readonly DeltaInput[] = [[], ...[undefined, 1, [], ['y'], ['y', 'z', 'z']].map((f) => [I(f)])];
  const alphabet: readonly Change[] = [
    ...[D(), I(), I(['i']), U(put(2)), U(put(['p', 'q'])), U(drop()), U(list())],
    ...[create(), create(LI(0, 'c')), list(LI(1, 'n')), list(LP(0, 'o')), list(LD(0)), list(LM(0, 1))].map(U),
  ];
  const sequences = alphabet.flatMap((a) => alphabet.flatMap((b) => alphabet.map((c) => [a, b, c])));

  function stateOf(base: DeltaInput): State {
    const state = new State();
    state.apply(base);
    return state;
  }

  it('does compressed what it does, is refused where no state can take it, and is never refused where one can', () => {
    for (const changes of sequences) {
      const refusals: Refusal[] = [];
      for (const base of bases) {
        const [plain, compressed] = [stateOf(base), stateOf(base)];
        const refusal = refusalOf(() => plain.apply(changes));
        if (refusal !== undefined) refusals.push(refusal);
        else {
          const overwritten = compressed.apply(compress(changes));
          const agrees = showState(compressed) === showState(plain);
          const isOldest = showDelta(compress(stateOf(base).apply(changes))) === showDelta(overwritten);
          if (!agrees || !isOldest) expect.fail(`${showDelta(base)} ${showDelta(changes)}: ${showDelta(overwritten)}`);
        }
      }
      const isImpossible = refusals.length === bases.length;
      const isIndexAtFault = refusals.some(({ code }) => code === 'index-out-of-range');
      if (isImpossible && !isIndexAtFault && refusalOf(() => compress(changes)) === undefined) {
        expect.fail(`accepted: ${showDelta(changes)}`);
      }
    }
  });
});

describe('what is said to be overwritten', () => {
  const insertAt2: Change = {
    ...{ type: 'update', table: 't', record: 'r' },
    ops: new Map([['f', { type: 'list', create: false, ops: [{ type: 'insert', index: 2, value: 'a' }] }]]),
  };

  it('is unknown, and no reason to refuse, where the changes cannot have led to it', () => {
    const put: Change = { ...insertAt2, ops: new Map([['f', { type: 'put', value: 1, before: ['x'] }]]) };
    expect(compress([insertAt2, put]).changes).toEqual([{ ...put, ops: new Map([['f', { type: 'put', value: 1 }]]) }]);
    const remove: Change = { type: 'delete', table: 't', record: 'r', before: new Map([['f', ['x']]]) };
    expect(compress([insertAt2, remove]).changes).toEqual([{ type: 'delete', table: 't', record: 'r' }]);
  });
});

describe('a change that cannot follow is refused, naming its position in the sequence', () => {
  const place = { position: 2, table: 't', record: 'r' };
  const other: Change = { type: 'delete', table: 's', record: 'r' };
  const cases: readonly (readonly [string, Change, Change, string])[] = [
    ['insert, insert', I(), I(), 'record-exists'],
    ['update, insert', U(put(1)), I(), 'record-exists'],
    ['delete, delete', D(), D(), 'record-missing'],
    ['delete, update', D(), U(put(1)), 'record-missing'],
  ];
  it.each(cases)('%s', (_title, first, second, code) => {
    expect(refusalOf(() => compress([first, other, second]))).toEqual({ code, ...place });
  });

  const onFields: readonly (readonly [string, FieldOp, FieldOp, object])[] = [
    ['put, create', put(1), create(), { code: 'field-exists' }],
    ['list, create', list(LD(0)), create(), { code: 'field-exists' }],
    ['create, create', create(), create(), { code: 'field-exists' }],
    ['delete, list', drop(), list(LD(0)), { code: 'field-missing' }],
    ['put, list', put(1), list(LD(0)), { code: 'not-a-list' }],
    ['put list, index out of range', put(['a']), list(LD(0), LD(0)), { code: 'index-out-of-range', index: 0 }],
  ];
  it.each(onFields)('%s', (_title, first, second, refusal) => {
    expect(refusalOf(() => compress([U(first), other, U(second)]))).toEqual({ ...place, field: 'f', ...refusal });
  });

  it('insert, then an operation on a field that it did not insert', () => {
    const missing = { code: 'field-missing', ...place, field: 'f' };
    expect(refusalOf(() => compress([I(), other, U(list(LD(0)))]))).toEqual(missing);
    expect(refusalOf(() => compress([D(), I(), U(list(LD(0)))]))).toEqual(missing);
  });
});
