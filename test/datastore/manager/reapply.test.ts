import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reapply } from '../../../src/datastore/manager/reapply.js';
import { type Change, Delta, type FieldOp, formatState, type Rule, State, type Value } from '../../../src/index.js';
import { applyAll, arbitraryHistory, arbitraryScene } from '../../support/arbitraries/deltas.js';

/** What a state becomes if edits are made again on it. */
function remade(edits: readonly Delta[], state: State, rule: Rule = 'remote'): State {
  const target = state.clone();
  for (const delta of edits) reapply(delta, target, () => rule);
  return target;
}

function withFields(fields: Readonly<Record<string, Value>> | undefined): State {
  const state = new State();
  if (fields !== undefined) state.apply([insert(fields)]);
  return state;
}

function insert(fields: Readonly<Record<string, Value>>): Change {
  return { type: 'insert', table: 't', record: 'r', fields: new Map(Object.entries(fields)) };
}

function update(field: string, op: FieldOp): Delta {
  return Delta.from([{ type: 'update', table: 't', record: 'r', ops: new Map([[field, op]]) }]);
}

function fieldsOf(state: State): unknown {
  const fields = state.get('t', 'r');
  return fields && Object.fromEntries(fields);
}

describe('an edit that is made again', () => {
  test('leads to the same where the data is the same', () => {
    fc.assert(
      fc.property(arbitraryHistory(4), ({ base, deltas }) => {
        const { state, applied } = applyAll(base, deltas);
        expect(formatState(remade(applied, base))).toEqual(formatState(state));
      }),
    );
  });

  test('fits whatever it meets', () => {
    fc.assert(
      fc.property(arbitraryScene({ localDeltas: 3 }), ({ base, local, remote }) => {
        const { applied } = applyAll(base, local);
        const { state } = applyAll(base, remote);
        for (const met of [state, new State()]) expect(() => remade(applied, met)).not.toThrow();
      }),
    );
  });

  const pushed: FieldOp = { type: 'list', create: false, ops: [{ type: 'insert', index: 5, value: 'x' }] };
  type Case = [
    what: string,
    edits: Delta,
    met: Readonly<Record<string, Value>> | undefined,
    expected: unknown,
    rule?: Rule,
  ];
  const CASES: Case[] = [
    ['a put in a record that is missing', update('a', { type: 'put', value: 1 }), undefined, { a: 1 }],
    ['an insert of a record that is there', Delta.from([insert({ a: 1, l: ['x'] })]), { l: ['y'] }, { a: 1, l: ['y'] }],
    ['an insert into a list that is missing', update('l', pushed), {}, { l: ['x'] }],
    ['an insert behind the end of a list', update('l', pushed), { l: ['a'] }, { l: ['a', 'x'] }],
    [
      'a delete of an item that is elsewhere',
      update('l', { type: 'list', create: false, ops: [{ type: 'delete', index: 0, before: 'b' }] }),
      { l: ['a', 'b'] },
      { l: ['a'] },
    ],
    [
      'a delete of an item that is gone',
      update('l', { type: 'list', create: false, ops: [{ type: 'delete', index: 0, before: 'b' }] }),
      { l: ['a'] },
      { l: ['a'] },
    ],
    ['a sum', update('n', { type: 'put', value: 7n, before: 5n }), { n: 10n }, { n: 12n }, 'sum'],
    ['a sum of what is missing', update('n', { type: 'put', value: 7n, before: 5n }), {}, { n: 2n }, 'sum'],
    ['a put of another rule', update('n', { type: 'put', value: 7n, before: 5n }), { n: 10n }, { n: 7n }],
    ['a delete of a field that is gone', update('a', { type: 'delete', before: 1 }), {}, {}],
    [
      'a delete of a record that is gone',
      Delta.from([{ type: 'delete', table: 't', record: 'r' }]),
      undefined,
      undefined,
    ],
  ];

  test.each(CASES)('has its effect once: %s', (_what, edits, met, expected, rule) => {
    expect(fieldsOf(remade([edits], withFields(met), rule))).toEqual(expected);
  });
});
