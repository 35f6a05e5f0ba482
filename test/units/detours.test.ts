import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compose, Delta, invert, type ListOp, State } from '../../src/index.js';
import { withoutDetours } from '../../src/lists/detours.js';
import { listDelete, listInsert, listMove, listPut } from '../../src/operations/change.js';
import { straight, within } from '../../src/sync/undo/detours.js';
import { runs } from '../support/seed.js';
import { showListOps, showState } from '../support/show.js';
import { arbitraryEdit, changeOf, type EditChoice } from '../support/sync-edits.js';

/** A list after an operation, which must say truly what it overwrites. */
function perform(items: readonly string[], op: ListOp): string[] {
  const after = [...items];
  const at = op.type === 'move' ? op.from : op.index;
  if (op.type === 'insert') after.splice(at, 0, String(op.value));
  else if (op.type === 'move') after.splice(op.to, 0, ...after.splice(at, 1));
  else {
    if (op.before !== items[at]) expect.fail(`${showListOps([op])} says that it overwrites what it does not`);
    after.splice(at, 1, ...(op.type === 'put' ? [String(op.value)] : []));
  }
  return after;
}

function opsOn(items: readonly string[]): ListOp[] {
  const indexes = [...items.keys()];
  const values = ['a', 'b'];
  return [
    ...[...indexes, items.length].flatMap((at) => values.map((value) => listInsert(at, value))),
    ...indexes.flatMap((at) => values.map((value) => listPut(at, value, items[at]))),
    ...indexes.map((at) => listDelete(at, items[at])),
    ...indexes.flatMap((from) => indexes.map((to) => listMove(from, to))),
  ];
}

function areSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, at) => item === right[at]);
}

function checkAll(start: readonly string[], items: readonly string[], ops: readonly ListOp[], most: number): number {
  const left = withoutDetours(ops);
  const results = [left, withoutDetours(ops, ops.length - 1)].map((each) => each.reduce(perform, start));
  const isRight = results.every((result) => areSame(result, items)) && left.length <= ops.length;
  // An expectation of its own for each of so many cases takes ten times as long as the case.
  if (!isRight) expect.fail(`${showListOps(ops)} on ${start.join()} became ${showListOps(left)}`);
  if (most === 0) return 1;
  let count = 1;
  for (const op of opsOn(items)) count += checkAll(start, perform(items, op), [...ops, op], most - 1);
  return count;
}

describe('operations on a list without detours', () => {
  test.each([
    [[], 4, 3_000],
    [['a', 'b'], 3, 7_000],
    [['a', 'a', 'b'], 3, 25_000],
  ])('do what they did, exhaustively, on %j', (start: string[], most, least) => {
    expect(checkAll(start, start, [], most)).toBeGreaterThan(least);
  });

  test.each<[string, ListOp[], ListOp[]]>([
    ['an item that is put back', [listDelete(1, 'b'), listInsert(1, 'b')], []],
    [
      'an item that comes back another',
      [listDelete(1, 'b'), listInsert(1, 'x')],
      [listDelete(1, 'b'), listInsert(1, 'x')],
    ],
    [
      'an item that is put back elsewhere',
      [listDelete(1, 'b'), listInsert(0, 'b')],
      [listDelete(1, 'b'), listInsert(0, 'b')],
    ],
    [
      'an item that is put back behind what came there',
      [listDelete(1, 'b'), listInsert(1, 'o'), listInsert(2, 'b')],
      [listInsert(1, 'o')],
    ],
    [
      'an item that is put back before what came there',
      [listDelete(1, 'b'), listInsert(1, 'o'), listInsert(1, 'b')],
      [listInsert(1, 'o'), listMove(2, 1)],
    ],
    [
      'two neighbours that are put back, the last first',
      [listDelete(1, 'b'), listDelete(1, 'c'), listInsert(1, 'c'), listInsert(1, 'b')],
      [],
    ],
    [
      'an item that is put back once its neighbours are gone',
      [listDelete(1, 'b'), listDelete(0, 'a'), listDelete(0, 'c'), listInsert(0, 'b')],
      [listDelete(0, 'a'), listDelete(1, 'c')],
    ],
    ['an item that is inserted and deleted', [listInsert(0, 'o'), listPut(0, 'p', 'o'), listDelete(0, 'p')], []],
    [
      'an item that was put and put back',
      [listPut(0, 'p', 'a'), listInsert(0, 'o'), listPut(1, 'a', 'p')],
      [listInsert(0, 'o')],
    ],
    ['a move', [listMove(0, 1), listMove(1, 0)], [listMove(0, 1), listMove(1, 0)]],
    ['a move to where the item is', [listMove(1, 1)], []],
  ])('%s', (_, ops, expected) => {
    expect(withoutDetours(ops)).toEqual(expected);
  });
});

/** The states and applied deltas that choices lead to, a change each. */
function applied(choices: readonly EditChoice[]): {
  readonly start: State;
  readonly end: State;
  readonly deltas: Delta[];
} {
  const start = new State();
  start.apply([{ type: 'insert', table: 't', record: 'a', fields: new Map([['list', ['x', 'y']]]) }]);
  const end = start.clone();
  const deltas = choices.map((choice) => end.apply(changeOf(choice, (table, record) => end.get(table, record))));
  return { start, end, deltas };
}

describe('deltas without detours', () => {
  const arbitraryEdits = fc.array(arbitraryEdit(), { maxLength: 12 });

  test('do what they did, and say truly what they overwrite', () => {
    fc.assert(
      fc.property(arbitraryEdits, (choices) => {
        const { start, end, deltas } = applied(choices);
        const whole = deltas.reduce(straight, Delta.from([]));
        const state = start.clone();
        expect(state.apply(whole).equals(whole)).toBe(true);
        expect(showState(state)).toBe(showState(end));
      }),
      { numRuns: runs(400) },
    );
  });

  test('are nothing where everything is undone', () => {
    fc.assert(
      fc.property(fc.array(arbitraryEdit(), { maxLength: 6 }), (choices) => {
        const { deltas } = applied(choices.filter(({ kind }) => kind < 13));
        const inverses = [...deltas].reverse().map(invert);
        expect([...deltas, ...inverses].reduce(straight, Delta.from([])).length).toBe(0);
      }),
      { numRuns: runs(400) },
    );
  });

  test('keep of a part what that part does', () => {
    fc.assert(
      fc.property(arbitraryEdits, arbitraryEdit(), (choices, other) => {
        const { start, deltas } = applied(choices);
        const part = within(compose(...deltas), [start.clone().apply(changeOf(other, (t, r) => start.get(t, r)))]);
        const state = start.clone();
        expect(state.apply(part).length).toBe(part.length);
      }),
      { numRuns: runs(100) },
    );
  });
});
