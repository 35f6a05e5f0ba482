import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Atom, type ListOp, type RuleName, transformList } from '../../src/index.js';
import { applyListOperations, mergeLists, transformListNaively } from '../oracle/list-merge.js';
import { baseItems, lengthAfter } from '../support/list-scope.js';
import { runs } from '../support/seed.js';
import { showListOps } from '../support/show.js';

const BASE_MAX = 40;

/** How operations are drawn: what is likely, and where. */
interface Habit {
  readonly name: string;
  readonly kinds: readonly ListOp['type'][];
  /** Picks an index below `bound` from a draw between 0 and 1, near the last one or anywhere. */
  readonly pick: (draw: number, bound: number, last: number) => number;
}

const anywhere: Habit['pick'] = (draw, bound) => Math.floor(draw * bound);
const nearby: Habit['pick'] = (draw, bound, last) => Math.min(bound - 1, Math.max(0, last + Math.floor(draw * 3) - 1));

const HABITS: readonly Habit[] = [
  { name: 'everything anywhere', kinds: ['insert', 'delete', 'put', 'move'], pick: anywhere },
  { name: 'everything close together', kinds: ['insert', 'delete', 'put', 'move'], pick: nearby },
  { name: 'typing and correcting', kinds: ['insert', 'insert', 'insert', 'delete', 'delete'], pick: nearby },
  { name: 'typing straight on', kinds: ['insert'], pick: (_, bound, last) => Math.min(bound - 1, last + 1) },
  {
    name: 'deleting whole ranges',
    kinds: ['delete', 'delete', 'insert'],
    pick: (_, bound, last) => Math.min(bound - 1, last),
  },
  {
    name: 'deleting backwards',
    kinds: ['delete', 'delete', 'insert'],
    pick: (_, bound, last) => Math.min(bound - 1, Math.max(0, last - 1)),
  },
  { name: 'moving to and fro', kinds: ['move', 'move', 'insert', 'delete'], pick: anywhere },
  { name: 'everything at the beginning', kinds: ['insert', 'delete', 'put', 'move'], pick: () => 0 },
  { name: 'everything at the end', kinds: ['insert', 'delete', 'put', 'move'], pick: (_, bound) => bound - 1 },
];

type Draw = readonly [kind: number, at: number, to: number];

function operationsFrom(draws: readonly Draw[], habit: Habit, length: number, tag: string): ListOp[] {
  let current = length;
  let last = Math.floor(length / 2);
  return draws.map(([kind, at, to], number): ListOp => {
    const type = current === 0 ? 'insert' : (habit.kinds[Math.floor(kind * habit.kinds.length)] ?? 'insert');
    const index = habit.pick(at, type === 'insert' ? current + 1 : current, last);
    const op = operation(type, index, habit.pick(to, current, last), `${tag}${number}`);
    current = lengthAfter(current, op);
    last = index;
    return op;
  });
}

function operation(type: ListOp['type'], index: number, to: number, value: string): ListOp {
  switch (type) {
    case 'insert':
    case 'put':
      return { type, index, value };
    case 'delete':
      return { type, index };
    case 'move':
      return { type, from: index, to };
  }
}

const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const draws = (maxLength: number): fc.Arbitrary<Draw[]> =>
  fc.array(fc.tuple(draw, draw, draw), { maxLength, size: 'max' });

function expectLikeTwin(
  length: number,
  local: readonly ListOp[],
  remote: readonly ListOp[],
  rule: RuleName,
  isOwn?: (index: number) => boolean,
): void {
  const merged = transformList(local, remote, isOwn === undefined ? { rule } : { rule, isOwn });
  const twin = transformListNaively(local, remote, rule, isOwn);
  expect(showListOps(merged.local)).toBe(showListOps(twin.local));
  expect(showListOps(merged.remote)).toBe(showListOps(twin.remote));
  const base = baseItems(length);
  const result = mergeLists(base, local, remote, rule, isOwn);
  expect(applyListOperations(applyListOperations(base, remote), merged.local)).toEqual(result);
  expect(applyListOperations(applyListOperations(base, local), merged.remote)).toEqual(result);
}

/** The same operations with what they overwrite. */
function applied(base: readonly string[], ops: readonly ListOp[]): ListOp[] {
  let items: readonly Atom[] = base;
  return ops.map((op) => {
    const before = op.type === 'put' || op.type === 'delete' ? items[op.index] : undefined;
    items = applyListOperations(items, [op]);
    return before === undefined ? op : { ...op, before };
  });
}

describe('the merge of lists does what its naive twin does', () => {
  for (const habit of HABITS) {
    test(`one operation × many: ${habit.name}`, () => {
      fc.assert(
        fc.property(
          fc.nat({ max: 12 }),
          draws(1),
          draws(30),
          fc.constantFrom<RuleName>('remote', 'local', 'max', 'min'),
          (length, oneDraw, manyDraws, rule) => {
            for (const oneHabit of [HABITS[0] ?? habit, habit]) {
              const one = applied(baseItems(length), operationsFrom(oneDraw, oneHabit, length, 'm'));
              const many = applied(baseItems(length), operationsFrom(manyDraws, habit, length, 'l'));
              expectLikeTwin(length, one, many, rule);
              expectLikeTwin(length, many, one, rule);
            }
          },
        ),
        { numRuns: runs(200) },
      );
    });
  }

  for (const localHabit of HABITS) {
    for (const remoteHabit of HABITS) {
      test(`${localHabit.name} × ${remoteHabit.name}`, () => {
        fc.assert(
          fc.property(
            fc.nat({ max: BASE_MAX }),
            draws(12),
            draws(12),
            fc.constantFrom<RuleName>('remote', 'local', 'max', 'min'),
            (length, localDraws, remoteDraws, rule) => {
              const local = operationsFrom(localDraws, localHabit, length, 'l');
              const remote = operationsFrom(remoteDraws, remoteHabit, length, 'r');
              expectLikeTwin(length, local, remote, rule);
            },
          ),
          { numRuns: runs(30) },
        );
      });
    }
  }

  test('where it is known what local inserted, and what it appended, with every habit', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 12 }),
        draws(10),
        draws(10),
        fc.constantFrom(...HABITS),
        fc.constantFrom(...HABITS),
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
        (length, localDraws, remoteDraws, localHabit, remoteHabit, own, appends) => {
          const local = operationsFrom(localDraws, localHabit, length, 'l').map(
            (op, at): ListOp => (op.type === 'insert' && appends[at] === true ? { ...op, atEnd: true } : op),
          );
          const remote = operationsFrom(remoteDraws, remoteHabit, length, 'r');
          const isOwn = (index: number): boolean => own[index] === true;
          for (const few of [local, local.slice(0, 1)]) {
            for (const others of [remote, remote.slice(0, 1)]) expectLikeTwin(length, few, others, 'remote', isOwn);
          }
        },
      ),
      { numRuns: runs(750) },
    );
  });

  test('the greatest index there is merges like any other', () => {
    const last = 2 ** 29 - 1;
    const local: ListOp[] = Array.from({ length: 200 }, () => ({ type: 'delete', index: last }));
    const remote: ListOp[] = [
      { type: 'insert', index: last, value: 'r' },
      { type: 'insert', index: 0, value: 'r' },
    ];
    const merged = transformList(local, remote);
    expect(merged.local[0]).toEqual({ type: 'delete', index: last + 2 });
    expect(merged.remote).toEqual(remote);
    expect(() => transformList([{ type: 'delete', index: last + 1 }], remote)).toThrow('2^29 − 1');
  });

  test('hundreds of operations a side, of every habit', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 300 }),
        draws(500),
        draws(500),
        fc.constantFrom(...HABITS),
        fc.constantFrom(...HABITS),
        (length, localDraws, remoteDraws, localHabit, remoteHabit) => {
          const local = operationsFrom(localDraws, localHabit, length, 'l');
          const remote = operationsFrom(remoteDraws, remoteHabit, length, 'r');
          expectLikeTwin(length, local, remote, 'remote');
        },
      ),
      { numRuns: runs(12) },
    );
  });
});
