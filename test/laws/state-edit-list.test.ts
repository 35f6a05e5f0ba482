import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Change, Delta, formatState, type ListOp, State, type UpdateChange } from '../../src/index.js';

const START = { t: { r: { list: ['a', new Uint8Array([1]), 'c'], long: Array.from({ length: 400 }, String), no: 1 } } };

const index = fc.constantFrom<unknown>(0, 1, 2, 3, 399, 400, 401, -1, -0, 1.5, Number.NaN, '1', undefined, 2 ** 29);
const value = fc.constantFrom<unknown>(
  'x',
  1n,
  0.5,
  true,
  new Uint8Array([2]),
  new Date(0),
  undefined,
  ['x'],
  '\ud800',
);
/** Operations that fit, that do not, and that are none. */
const listOp = fc.oneof(
  fc.record({ type: fc.constant('insert'), index, value, atEnd: fc.constantFrom<unknown>(true, undefined, 1) }),
  fc.record({ type: fc.constantFrom('put', 'delete', 'unknown'), index, value }),
  fc.record({ type: fc.constant('move'), from: index, to: index }),
  fc.constantFrom<unknown>(undefined, null, 7, 'insert'),
) as fc.Arbitrary<ListOp>;
const field = fc.constantFrom('list', 'long', 'no', 'missing', 'not a name');
const record = fc.constantFrom('r', 'other', 'not a name');
const place = fc.record({ table: fc.constantFrom('t', 'other', 'not a name'), record, field });
type Place = { readonly table: string; readonly record: string; readonly field: string };

function updateOf({ table, record, field }: Place, op: ListOp): UpdateChange {
  return { type: 'update', table, record, ops: new Map([[field, { type: 'list', create: false, ops: [op] }]]) };
}

/** What a call returns or throws, and the state after it. */
function outcomeOf(edit: (state: State) => unknown): unknown {
  const state = State.fromObject(START);
  const clone = state.clone();
  let result: unknown;
  try {
    result = edit(state);
  } catch (error) {
    result = { message: (error as Error).message, ...(error as object) };
  }
  expect(formatState(clone)).toEqual(formatState(State.fromObject(START)));
  return [result, formatState(state), state.size];
}

const places = fc.oneof({ weight: 5, arbitrary: fc.constant({ table: 't', record: 'r', field: 'list' }) }, place);

it('a change of one list operation is applied alone as it is among others', () => {
  const ABSENT: UpdateChange = {
    type: 'update',
    table: 't',
    record: 'r',
    ops: new Map([['absent', { type: 'delete' }]]),
  };
  fc.assert(
    fc.property(places, listOp, (at, op) => {
      const alone = outcomeOf((state) => [...state.apply([updateOf(at, op)])]);
      const amongOthers = outcomeOf((state) =>
        [...state.apply([updateOf(at, op), ABSENT])].flatMap((change): Change[] => {
          if (change.type !== 'update') return [change];
          const ops = new Map([...change.ops].filter(([name]) => name !== 'absent'));
          return ops.size === 0 ? [] : [{ ...change, ops }];
        }),
      );
      expect(alone).toEqual(amongOthers);
    }),
  );
});

it('editList does what a change of the one operation does, and gives the operation with what it overwrote', () => {
  fc.assert(
    fc.property(places, listOp, (at, op) => {
      const edited = outcomeOf((state) => state.editList(at.table, at.record, at.field, op));
      const applied = outcomeOf((state) => {
        const [change] = state.apply([updateOf(at, op)]);
        const list = change?.type === 'update' ? change.ops.get(at.field) : undefined;
        return list?.type === 'list' ? list.ops[0] : undefined;
      });
      expect(edited).toEqual(applied);
    }),
  );
});

it('neither what is given to editList nor what it gives can change the state', () => {
  const state = State.fromObject(START);
  const bytes = new Uint8Array([7]);
  state.editList('t', 'r', 'list', { type: 'insert', index: 0, value: bytes });
  bytes[0] = 8;
  const removed = state.editList('t', 'r', 'list', { type: 'put', index: 0, value: bytes });
  bytes[0] = 9;
  expect(removed).toEqual({ type: 'put', index: 0, value: new Uint8Array([8]), before: new Uint8Array([7]) });
  if (removed.type === 'put' && removed.value instanceof Uint8Array) removed.value[0] = 10;
  expect(state.get('t', 'r')?.get('list')).toEqual([new Uint8Array([8]), ...START.t.r.list]);
});

it('a delta is applied the same way', () => {
  const state = State.fromObject(START);
  const delta = Delta.from([updateOf({ table: 't', record: 'r', field: 'list' }, { type: 'delete', index: 2 })]);
  expect(state.apply(delta).changes).toEqual([
    updateOf({ table: 't', record: 'r', field: 'list' }, { type: 'delete', index: 2, before: 'c' }),
  ]);
});
