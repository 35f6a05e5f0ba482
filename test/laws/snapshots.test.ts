import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatState, parseState, State } from '../../src/index.js';
import { arbitraryState } from '../support/arbitraries/deltas.js';
import { arbitraryFields, arbitraryName } from '../support/arbitraries/values.js';
import { runs } from '../support/seed.js';
import { refusalOf } from './refusal.js';

describe('parseState(formatState(s)) = s', () => {
  it('through JSON text, sizes and counts included, whatever the order of the rows', () => {
    fc.assert(
      fc.property(arbitraryState(), fc.nat(), (state, at) => {
        const rows = JSON.parse(JSON.stringify(formatState(state))) as unknown[];
        const turned = [...rows.slice(at % (rows.length + 1)), ...rows.slice(0, at % (rows.length + 1))];
        const copy = parseState(turned);
        expect(formatState(copy)).toStrictEqual(formatState(state));
        expect([copy.size, copy.recordCount, copy.tables()]).toEqual([state.size, state.recordCount, state.tables()]);
      }),
      { numRuns: runs(300) },
    );
  });

  it('for records of any names and values', () => {
    fc.assert(
      fc.property(arbitraryName(), arbitraryName(), arbitraryFields(), (table, record, fields) => {
        const state = new State();
        state.apply([{ type: 'insert', table, record, fields }]);
        const copy = parseState(JSON.parse(JSON.stringify(formatState(state))));
        expect(new Map(copy.get(table, record))).toStrictEqual(new Map(fields));
      }),
      { numRuns: runs(500) },
    );
  });

  it('of nothing is a state without records', () => {
    const state = parseState([]);
    expect([formatState(state), state.tables(), state.size, state.recordCount]).toEqual([[], [], 1000, 0]);
  });
});

describe('toRows', () => {
  it('writes rows and fields in code point order', () => {
    const row = (tid: string, rowid: string): unknown => ({ tid, rowid, data: { b: 1, a: 2, B: 3, '10': 4, '9': 5 } });
    const state = parseState([row('b', 'x'), row('a', 'y'), row('B', 'x'), row('a', 'Y'), row(':a', 'x')]);
    expect(formatState(state).map(({ tid, rowid }) => `${tid}/${rowid}`)).toEqual([':a/x', 'B/x', 'a/Y', 'a/y', 'b/x']);
    expect([...(state.get('b', 'x')?.keys() ?? [])]).toEqual(['10', '9', 'B', 'a', 'b']);
  });
});

describe('an invalid snapshot', () => {
  const valid = { tid: 't', rowid: 'r', data: {} };
  const refused: readonly (readonly [unknown, object])[] = [
    [null, { code: 'invalid-json' }],
    [{}, { code: 'invalid-json' }],
    ['[]', { code: 'invalid-json' }],
    [[null], { code: 'invalid-json', position: 0 }],
    [[valid, []], { code: 'invalid-json', position: 1 }],
    [[{}], { code: 'invalid-name', position: 0 }],
    [[{ ...valid, tid: 'no good' }], { code: 'invalid-name', position: 0, table: 'no good' }],
    [[{ ...valid, rowid: 5 }], { code: 'invalid-name', position: 0, table: 't' }],
    [[{ ...valid, rowid: '' }], { code: 'invalid-name', position: 0, table: 't', record: '' }],
    [[{ tid: 't', rowid: 'r' }], { code: 'invalid-json', position: 0, table: 't', record: 'r' }],
    [[{ ...valid, data: [] }], { code: 'invalid-json', position: 0, table: 't', record: 'r' }],
    [[{ ...valid, more: 1 }], { code: 'invalid-json', position: 0, table: 't', record: 'r' }],
    [[{ ...valid, data: { é: 1 } }], { code: 'invalid-name', position: 0, table: 't', record: 'r', field: 'é' }],
    [[{ ...valid, data: { f: null } }], { code: 'invalid-json', position: 0, table: 't', record: 'r', field: 'f' }],
    [[valid, valid], { code: 'record-exists', position: 1, table: 't', record: 'r' }],
  ];
  it.each(refused.map(([rows, refusal]) => ({ rows, refusal, title: JSON.stringify(rows) })))(
    'is refused, naming the place: $title',
    ({ rows, refusal }) => {
      expect(refusalOf(() => parseState(rows))).toEqual(refusal);
    },
  );

  it('includes an array with a hole', () => {
    expect(refusalOf(() => parseState(new Array(1)))).toEqual({ code: 'invalid-json', position: 0 });
  });
});
