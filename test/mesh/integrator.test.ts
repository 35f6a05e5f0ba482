import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, compress, formatState, type ListOp } from '../../src/index.js';
import { Integrator } from '../../src/mesh/integrator.js';
import { insertChange, updateChange } from '../../src/operations/change.js';
import type { OracleEvent } from '../oracle/mesh-graph.js';
import { MeshOracle } from '../oracle/mesh-state.js';
import { rowsOf, toMeshEvent } from '../support/mesh-events.js';
import { type Draw, drawFrom, drawGraph, drawOrder, type GraphShape } from '../support/mesh-graphs.js';
import { expectOracleStates } from '../support/mesh-oracle-check.js';
import { runs } from '../support/seed.js';

const ANY: GraphShape = {
  agents: ['a', 'b', 'c', 'd'],
  events: 9,
  records: ['r', 's'],
  fields: { f: 'any', g: 'any' },
  hasLives: true,
  rules: 'mixed',
};
const SHAPES: Readonly<Record<string, GraphShape>> = {
  'records, lives and fields': ANY,
  'records under one rule a field, with times': { ...ANY, rules: 'alike', records: ['r'], times: 2 },
  'one field without lives': { ...ANY, records: ['r'], fields: { f: 'any' }, hasLives: false },
  numbers: { ...ANY, records: ['r'], fields: { n: 'number' }, hasLives: false },
  'sums and lives': { ...ANY, records: ['r'], fields: { n: 'number' }, rules: ['sum', 'sum', 'max'] },
  lists: { ...ANY, records: ['r'], fields: { l: 'list' }, hasLives: false, events: 10 },
  'lists and lives': { ...ANY, records: ['r'], fields: { l: 'list' }, events: 10 },
  'created lists of joined lives': { ...ANY, records: ['r'], fields: { l: 'created' }, events: 10 },
  typing: { ...ANY, agents: ['a', 'b', 'c'], records: ['r'], fields: { l: 'typing' }, hasLives: false, events: 12 },
};

/** Integrates events in an order, and holds the state to the oracle's after each. */
function check(events: readonly OracleEvent[], stateOf: (count: number) => unknown): void {
  const integrator = new Integrator();
  for (const [at, event] of events.entries()) {
    integrator.integrate(toMeshEvent(event));
    expect(formatState(integrator.view)).toEqual(stateOf(at + 1));
  }
}

describe('the incremental state of a graph is the naive one', () => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    it(`after each event, in any order of arrival: ${name}`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.nat(1 << 20), { minLength: 60, maxLength: 160 }),
          fc.array(fc.nat(99)),
          (tape, orders) => {
            const { events, oracle } = drawGraph(drawFrom(tape), shape);
            const draw: Draw = drawFrom(orders);
            for (let round = 0; round < 3; round++) {
              const order = round === 0 ? events : drawOrder(draw, events);
              const keys: string[] = order.map(({ id }) => id.join(':'));
              check(order, (count) => rowsOf(oracle.state(keys.slice(0, count))));
            }
          },
        ),
        { numRuns: runs(30) },
      );
    });
  }

  it('where an author saw a part of what somebody else typed', () => {
    const typed = (index: number, value: string): Change =>
      updateChange(
        't',
        'r',
        new Map([['l', { type: 'list', create: false, ops: [{ type: 'insert', index, value }] }]]),
      );
    // The greater agent comes first of two at one place, so the other order of names has the other outcome.
    for (const [typist, other] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const base = event([typist, 1], [], [insertChange('t', 'r', new Map([['l', ['x']]]))]);
      const keys = [...'pqrs'].map((key, at) => event([typist, at + 2], [[typist, at + 1]], [typed(at + 1, key)]));
      const late = [1, 2, 3, 0].map((count) =>
        event([`${other}${count}`, 1], [[typist, count + 1]], [typed(count + 1, 'n')]),
      );
      const oracle = new MeshOracle();
      const events = [base, ...keys, ...late];
      for (const one of events) oracle.add(one);
      check(events, (count) => rowsOf(oracle.state(events.slice(0, count).map(({ id }) => id.join(':')))));
    }
  });

  it('beside many runs that somebody typed backwards at one place', () => {
    const edit = (...ops: ListOp[]): Change =>
      updateChange('t', 'r', new Map([['l', { type: 'list', create: false, ops }]]));
    const base = event(['0', 1], [], [insertChange('t', 'r', new Map([['l', ['x', 'y']]]))]);
    const typed = edit(...numbers(130).map((value): ListOp => ({ type: 'insert', index: 1, value })));
    // The greater agent comes first of two at one place.
    for (const [typist, other] of [
      ['z', 'b'],
      ['b', 'z'],
    ] as const) {
      const run = event([typist, 1], [['0', 1]], [typed]);
      const middle = event([other, 1], [['0', 1]], [edit({ type: 'insert', index: 1, value: 'o' })]);
      const behind = event(['c', 1], [run.id], [edit({ type: 'insert', index: 131, value: 'behind' })]);
      const before = event(['d', 1], [run.id], [edit({ type: 'insert', index: 1, value: 'before' })]);
      const oracle = new MeshOracle();
      for (const one of [base, run, middle, behind, before]) oracle.add(one);
      const rows = rowsOf(oracle.state());
      for (const order of [
        [base, run, middle, behind, before],
        [base, middle, run, before, behind],
        [base, run, before, behind, middle],
      ]) {
        const integrator = new Integrator();
        for (const one of order) integrator.integrate(toMeshEvent(one));
        expect(formatState(integrator.view)).toEqual(rows);
      }
    }
  });

  it('where deletes meet at the end of a block of runs', () => {
    const remove = (...indexes: number[]): Change => {
      const ops = indexes.map((index): ListOp => ({ type: 'delete', index }));
      return updateChange('t', 'r', new Map([['l', { type: 'list', create: false, ops }]]));
    };
    const base = event(['0', 1], [], [insertChange('t', 'r', new Map([['l', numbers(100)]]))]);
    // Every second item is deleted, so that each is a run of its own, until the runs need a second block; then those between.
    const apart = event(['a', 1], [base.id], [remove(...numbers(45).map((_, at) => at + 1))]);
    for (const between of [14, 15, 16, 30, 31, 32]) {
      expectOracleStates([
        base,
        apart,
        event(['a', 2], [apart.id], [remove(between)]),
        event(['b', 1], [base.id], [remove(50)]),
      ]);
    }
  });

  it('where a list was edited, put as a whole, and edited again before others heard of it', () => {
    const insert = (index: number, value: string): Change =>
      updateChange(
        't',
        'r',
        new Map([['l', { type: 'list', create: false, ops: [{ type: 'insert', index, value }] }]]),
      );
    const put = updateChange('t', 'r', new Map([['l', { type: 'put', value: ['p', 'q'], before: undefined }]]));
    const base = event(['0', 1], [], [insertChange('t', 'r', new Map([['l', ['x', 'y', 'z']]]))]);
    expectOracleStates([
      base,
      event(['a', 1], [base.id], [insert(0, 'first')]),
      event(['a', 2], [['a', 1]], [put]),
      event(['a', 3], [['a', 2]], [insert(0, 'again')]),
      event(['b', 1], [base.id], [insert(3, 'late')]),
      event(['c', 1], [['a', 2]], [insert(2, 'last')]),
    ]);
  });

  it('in lists that are cut into hundreds of runs', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1 << 20), { minLength: 900, maxLength: 900 }), fc.nat(5), (tape, order) => {
        const draw = drawFrom(tape);
        const base = event(['a', 1], [], [insertChange('t', 'r', new Map([['l', numbers(200)]]))]);
        const branches = ['a', 'b', 'c'].map((agent) => {
          const ops = drawOps(draw, 200, 90);
          const list = { type: 'list', create: false, ops } as const;
          return event([agent, agent === 'a' ? 2 : 1], [['a', 1]], [updateChange('t', 'r', new Map([['l', list]]))]);
        });
        const oracle = new MeshOracle();
        for (const one of [base, ...branches]) oracle.add(one);
        const [first, second, third] = [0, 1, 2].map((at) => branches[(at + order) % 3] as OracleEvent);
        const events = order < 3 ? [base, first, second, third] : [base, third, second, first];
        check(events as OracleEvent[], (count) =>
          rowsOf(oracle.state((events as OracleEvent[]).slice(0, count).map(({ id }) => id.join(':')))),
        );
      }),
      { numRuns: runs(4) },
    );
  });
});

function event(id: OracleEvent['id'], parents: OracleEvent['parents'], changes: readonly Change[]): OracleEvent {
  return { id, parents, changes: compress(changes).changes, rules: {} };
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, number) => String(number));
}

/** Operations at places all over a list. */
function drawOps(draw: Draw, lengthBefore: number, count: number): ListOp[] {
  let length = lengthBefore;
  return Array.from({ length: count }, (): ListOp => {
    switch (draw(6)) {
      case 0:
        return { type: 'move', from: draw(length), to: draw(length) };
      case 1:
        return { type: 'put', index: draw(length), value: 'put' };
      case 2:
      case 3:
        return { type: 'delete', index: draw(length--) };
      default:
        return { type: 'insert', index: draw(++length), value: 'new' };
    }
  });
}
