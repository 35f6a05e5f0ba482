import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatState } from '../../src/index.js';
import { Integrator } from '../../src/mesh/integrator.js';
import type { OracleEvent } from '../oracle/mesh-graph.js';
import { rowsOf, toMeshEvent } from '../support/mesh-events.js';
import { type Draw, drawFrom, drawGraph, drawOrder, type GraphShape } from '../support/mesh-graphs.js';
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
        { numRuns: runs(60) },
      );
    });
  }
});
