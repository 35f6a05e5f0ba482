import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDelta, decodeState, encodeDelta, encodeState } from '../../src/codec/binary/index.js';
import { formatState, parseState, State, type Value } from '../../src/index.js';
import { arbitraryState } from '../support/arbitraries/deltas.js';
import { arbitraryFields, arbitraryName, HOSTILE_NAMES } from '../support/arbitraries/values.js';
import { runs } from '../support/seed.js';
import { showState } from '../support/show.js';
import { refusalOf } from './refusal.js';

/** A state with the records in this order; of records with one name the first. */
function stateOf(records: readonly (readonly [string, string, ReadonlyMap<string, Value>])[]): State {
  const state = new State();
  for (const [table, record, fields] of records) {
    if (state.get(table, record) === undefined) state.apply([{ type: 'insert', table, record, fields }]);
  }
  return state;
}

const arbitraryRecords = fc.array(fc.tuple(arbitraryName(), arbitraryName(), arbitraryFields()), { maxLength: 6 });

describe('decodeState(encodeState(s)) = s', () => {
  it('for every state, with its size and count', () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryState(), arbitraryRecords.map(stateOf)), (state) => {
        const decoded = decodeState(encodeState(state));
        expect(showState(decoded)).toBe(showState(state));
        expect([decoded.size, decoded.recordCount]).toEqual([state.size, state.recordCount]);
      }),
      { numRuns: runs(500) },
    );
  });

  it('and the two do not share what can be changed', () => {
    const state = stateOf([['t', 'r', new Map<string, Value>([['f', ['a']]])]]);
    const decoded = decodeState(encodeState(state));
    const before = showState(state);
    decoded.apply([
      {
        type: 'update',
        table: 't',
        record: 'r',
        ops: new Map([['f', { type: 'list', create: false, ops: [{ type: 'insert', index: 0, value: 'b' }] }]]),
      },
    ]);
    expect(showState(state)).toBe(before);
    expect(decoded.get('t', 'r')).toEqual(new Map([['f', ['b', 'a']]]));
  });

  it('for names that have tripped up others', () => {
    const fields = new Map(HOSTILE_NAMES.map((name): [string, Value] => [name, 1]));
    const state = stateOf(HOSTILE_NAMES.map((name) => [name, name, fields]));
    expect(showState(decodeState(encodeState(state)))).toBe(showState(state));
  });
});

describe('equal states give equal bytes', () => {
  it('whatever order they were built in', () => {
    fc.assert(
      fc.property(arbitraryRecords, (records) => {
        const state = stateOf(records);
        const again = parseState(formatState(state).reverse());
        expect(encodeState(again)).toEqual(encodeState(state));
        again.apply([{ type: 'insert', table: 't', record: 'more', fields: new Map() }]);
        again.apply([{ type: 'delete', table: 't', record: 'more' }]);
        expect(encodeState(again)).toEqual(encodeState(state));
      }),
      { numRuns: runs(200) },
    );
  });

  it('and a list that was edited in place those of the same list put at once', () => {
    const edited = stateOf([['t', 'r', new Map<string, Value>([['f', ['a', 'c']]])]]);
    const ops = [{ type: 'insert', index: 1, value: 'b' }] as const;
    const edit = { type: 'list', create: false, ops } as const;
    edited.apply([{ type: 'update', table: 't', record: 'r', ops: new Map([['f', edit]]) }]);
    const put = stateOf([['t', 'r', new Map<string, Value>([['f', ['a', 'b', 'c']]])]]);
    expect(encodeState(edited)).toEqual(encodeState(put));
  });
});

describe('a file of one kind', () => {
  it('is not read as another', () => {
    const state = encodeState(new State());
    expect(refusalOf(() => decodeDelta(state))).toEqual({ code: 'invalid-binary', offset: 15 });
    expect(refusalOf(() => decodeState(encodeDelta([])))).toEqual({ code: 'invalid-binary', offset: 15 });
  });
});
