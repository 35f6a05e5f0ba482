import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeltaDraft } from '../../src/deltas/delta-draft.js';
import { isInNormalForm, isNormalForm } from '../../src/deltas/normal-form.js';
import { type Change, compress, type Delta, State } from '../../src/index.js';
import { arbitraryHistory } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';

const put = (value: Uint8Array | string): Change => ({
  type: 'update',
  table: 't',
  record: 'r',
  ops: new Map([['f', { type: 'put', value }]]),
});

describe('what is known to be a normal form', () => {
  const known = compress([put('a')]);

  test('is what compressing made, and nothing that was given', () => {
    expect(isNormalForm(known)).toBe(true);
    expect(isNormalForm([put('a')])).toBe(false);
    expect(isNormalForm(Object.freeze([put('a')]))).toBe(false);
  });

  test('is not what holds bytes or dates, which can be changed', () => {
    expect(isNormalForm(compress([put(new Uint8Array([1]))]))).toBe(false);
  });

  test.each([
    ['a copy', [...known]],
    ['a clone', structuredClone(known)],
    ['a heir', Object.create(known)],
    ['a stand-in', new Proxy(known, {})],
    ['null', null],
    ['a string', 'known'],
  ])('is not %s of one', (_, other: unknown) => {
    expect(isNormalForm(other)).toBe(false);
  });

  test('shows nothing of it', () => {
    expect(Reflect.ownKeys(known)).toEqual(['0', 'length']);
    expect(known).toEqual([put('a')]);
  });
});

describe('what is in normal form already', () => {
  const insert: Change = { type: 'insert', table: 't', record: 'r', fields: new Map() };
  const remove: Change = { type: 'delete', table: 't', record: 'r' };
  const list = (create: boolean): Change => ({
    type: 'update',
    table: 't',
    record: 'r',
    ops: new Map([['f', { type: 'list', create, ops: [] }]]),
  });

  /** Composed as if nothing were known of it, or the code of why it cannot be. */
  function composed(delta: Delta): Delta | string {
    const draft = new DeltaDraft();
    try {
      delta.forEach((change, position) => {
        draft.add(change, position);
      });
      return draft.finish();
    } catch (error) {
      return String(error);
    }
  }

  test('composes to itself, whatever the history', () => {
    let found = 0;
    fc.assert(
      fc.property(arbitraryHistory(6, 6), ({ deltas }) => {
        for (const delta of deltas) {
          if (!isInNormalForm(delta)) continue;
          found += delta.length > 1 ? 1 : 0;
          expect(composed(delta)).toEqual(delta);
        }
      }),
      { numRuns: runs(300) },
    );
    expect(found).toBeGreaterThan(0);
  });

  test.each<[string, boolean, Delta]>([
    ['nothing', true, []],
    ['a replaced record', true, [remove, insert]],
    ['a list that is created', true, [list(true)]],
    ['a list operation without a step', false, [list(false)]],
    ['an update without an operation', false, [{ type: 'update', table: 't', record: 'r', ops: new Map() }]],
    ['a record that passes by', false, [insert, remove]],
    ['two updates of a record', false, [put('a'), put('b')]],
    ['records out of order', false, [{ ...insert, record: 's' }, insert]],
    ['tables out of order', false, [{ ...insert, table: 'u' }, insert]],
    ['a record after one of a later name in an earlier table', true, [{ ...insert, table: 's', record: 'z' }, insert]],
    [
      'fields out of order',
      false,
      [
        {
          ...insert,
          fields: new Map([
            ['b', 1],
            ['a', 1],
          ]),
        },
      ],
    ],
  ])('%s: %s', (_, isInOne, delta) => {
    expect(isInNormalForm(delta)).toBe(isInOne);
  });
});

test('what comes of applying a normal form is one', () => {
  fc.assert(
    fc.property(arbitraryHistory(6, 6), ({ base, deltas }) => {
      const state = base.clone();
      for (const delta of deltas) {
        const applied = state.apply(compress(delta));
        expect(compress([...applied])).toEqual(applied);
      }
    }),
    { numRuns: runs(300) },
  );
});

test('what only looks like a normal form is checked before it is applied', () => {
  const state = State.fromRows([{ tid: 't', rowid: 'r', data: {} }]);
  const [change] = compress([put('a')]);
  const forged = [{ ...change, table: 'no table' }] as Delta;
  expect(() => state.apply(Object.freeze(forged))).toThrow(expect.objectContaining({ code: 'invalid-name' }));
});

test('a normal form that is applied shares nothing with the state that could be changed', () => {
  const state = State.fromRows([{ tid: 't', rowid: 'r', data: {} }]);
  const bytes = new Uint8Array([1]);
  const applied = state.apply(compress([put(bytes)]));
  bytes[0] = 2;
  const [change] = applied;
  const op = change?.type === 'update' ? change.ops.get('f') : undefined;
  if (op?.type === 'put' && op.value instanceof Uint8Array) op.value[0] = 3;
  expect(state.get('t', 'r')?.get('f')).toEqual(new Uint8Array([1]));
});
