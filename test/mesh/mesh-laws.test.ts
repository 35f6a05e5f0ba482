import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, compress, formatState, parseState, RULE_NAMES, State, transform } from '../../src/index.js';
import { MeshReplica } from '../../src/mesh/index.js';
import { Integrator } from '../../src/mesh/integrator.js';
import { type EventId, keyOf, type OracleEvent } from '../oracle/mesh-graph.js';
import { MeshOracle, type MeshRows } from '../oracle/mesh-state.js';
import { type Edit, FIELD_EDITS, LIST_EDITS } from '../support/mesh-edits.js';
import { rowsOf, toMeshEvent } from '../support/mesh-events.js';
import { deliveryOrders, drawFrom, drawGraph, drawOrder, type GraphShape } from '../support/mesh-graphs.js';
import { runs } from '../support/seed.js';

const SHAPE: GraphShape = {
  agents: ['a', 'b', 'c'],
  events: 7,
  records: ['r'],
  fields: { f: 'any', l: 'list' },
  hasLives: true,
  rules: 'mixed',
};

/** The parents of events 1, 2 and 3, and their agents: every graph of three events on a base up to names. */
const GRAPHS: readonly (readonly { readonly agent: string; readonly parents: readonly number[] }[])[] = [
  [
    { agent: 'a', parents: [0] },
    { agent: 'b', parents: [0] },
    { agent: 'c', parents: [0] },
  ],
  [
    { agent: 'b', parents: [0] },
    { agent: 'a', parents: [0] },
    { agent: 'b', parents: [1] },
  ],
  [
    { agent: 'a', parents: [0] },
    { agent: 'b', parents: [0] },
    { agent: 'a', parents: [1] },
  ],
  [
    { agent: 'a', parents: [0] },
    { agent: 'b', parents: [0] },
    { agent: 'a', parents: [1, 2] },
  ],
  [
    { agent: 'b', parents: [0] },
    { agent: 'a', parents: [0] },
    { agent: 'c', parents: [1] },
  ],
  [
    { agent: 'a', parents: [0] },
    { agent: 'b', parents: [1] },
    { agent: 'c', parents: [1] },
  ],
];

/** Every graph of three edits on a base, valid on what their authors saw. */
function* smallGraphs(
  base: readonly Change[],
  edits: readonly Edit[],
  rule: (typeof RULE_NAMES)[number],
): Generator<{ events: OracleEvent[]; oracle: MeshOracle }> {
  const first: OracleEvent = { id: ['0', 1], parents: [], changes: base, rules: {} };
  for (const graph of GRAPHS) {
    for (let choice = 0; choice < edits.length ** graph.length; choice++) {
      const oracle = new MeshOracle();
      oracle.add(first);
      const events = [first];
      const counts = new Map<string, number>();
      for (const [at, { agent, parents }] of graph.entries()) {
        const seq = (counts.get(agent) ?? 0) + 1;
        counts.set(agent, seq);
        const parentIds = parents.map((parent): EventId => events[parent]?.id ?? ['0', 1]);
        const seen = new Set(parentIds.flatMap((id) => [keyOf(id), ...oracle.graph.past(keyOf(id))]));
        const view: MeshRows = oracle.state(seen);
        const edit = edits[Math.floor(choice / edits.length ** at) % edits.length];
        const changes = edit?.(view.get('t\u0000r'));
        if (changes === undefined) break;
        const event: OracleEvent = { id: [agent, seq], parents: parentIds, changes, rules: { t: { f: rule } } };
        oracle.add(event);
        events.push(event);
      }
      if (events.length === graph.length + 1) yield { events, oracle };
    }
  }
}

function integrate(events: readonly OracleEvent[]): Integrator {
  const integrator = new Integrator();
  for (const event of events) integrator.integrate(toMeshEvent(event));
  return integrator;
}

/** The naive state of what an event saw, with the event's delta applied to it, and the naive state of both. */
function intentionOf(
  { id, changes }: OracleEvent,
  oracle: MeshOracle,
): { readonly meant: unknown; readonly got: unknown } {
  const past = oracle.graph.past(keyOf(id));
  const state = parseState(rowsOf(oracle.state(past)));
  state.apply(compress([...changes]));
  return { meant: formatState(state), got: rowsOf(oracle.state(new Set([...past, keyOf(id)]))) };
}

describe('every order of arrival of every small graph leads to the naive state, and each event does what its author meant', () => {
  const bases = { 'a list': ['x', 'y'], 'a number': 5n, nothing: undefined } as const;
  for (const rule of RULE_NAMES) {
    for (const [name, value] of Object.entries(bases)) {
      it(`three edits of ${name} under ${rule}`, () => {
        const fields = new Map(value === undefined ? [] : [['f', value] as const]);
        const base: Change[] = [{ type: 'insert', table: 't', record: 'r', fields }];
        let count = 0;
        for (const edits of name === 'a list' ? [FIELD_EDITS, LIST_EDITS] : [FIELD_EDITS]) {
          for (const { events, oracle } of smallGraphs(base, edits, rule)) {
            const rows = JSON.stringify(rowsOf(oracle.state()));
            // Those before the last are the last ones of other graphs.
            const { meant, got } = intentionOf(events.at(-1) as OracleEvent, oracle);
            if (JSON.stringify(meant) !== JSON.stringify(got)) expect(got).toEqual(meant);
            for (const order of deliveryOrders(events)) {
              count++;
              const got = JSON.stringify(formatState(integrate(order).view));
              if (got !== rows) expect({ got, order: order.map(({ id, changes }) => ({ id, changes })) }).toEqual(rows);
            }
          }
        }
        expect(count).toBeGreaterThan(1000);
      });
    }
  }
});

describe('the laws of a mesh', () => {
  it('an event does to what its author saw what its delta says', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1 << 20), { minLength: 60, maxLength: 160 }), (tape) => {
        const { events, oracle } = drawGraph(drawFrom(tape), SHAPE);
        for (const event of events) {
          const past = oracle.graph.past(keyOf(event.id));
          const seen = integrate(events.filter(({ id }) => past.has(keyOf(id)))).view;
          const state = seen.clone();
          state.apply(compress([...event.changes]));
          const all = integrate(events.filter(({ id }) => past.has(keyOf(id)) || id === event.id)).view;
          expect(formatState(all)).toEqual(formatState(state));
        }
      }),
      { numRuns: runs(50) },
    );
  });

  it('two concurrent events merge as two deltas do, except for right-moves beside other new elements', () => {
    for (const rule of ['remote', 'local', 'max', 'min'] as const) {
      const base: Change[] = [{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', ['x', 'y', 'z']]]) }];
      for (const [local, remote] of pairsOf(LIST_EDITS, base)) {
        const rules = { get: () => rule };
        const state = new State();
        state.apply(base);
        const applied = state.clone().apply(local);
        const merged = state.clone();
        merged.apply(remote);
        merged.apply(transform(applied, remote, { rules }).local);
        const named = { t: { f: rule } };
        const mesh = integrate([
          { id: ['0', 1], parents: [], changes: base, rules: {} },
          { id: ['a', 1], parents: [['0', 1]], changes: local, rules: named },
          { id: ['b', 1], parents: [['0', 1]], changes: remote, rules: named },
        ]);
        expect(formatState(mesh.view)).toEqual(formatState(merged));
      }
    }
  });
});

describe('what people expect', () => {
  it('runs that were typed apart stay together, forwards and backwards', () => {
    const person = fc.record({ keys: fc.integer({ min: 1, max: 6 }), isBackwards: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(person, { minLength: 2, maxLength: 4 }),
        fc.nat(3),
        fc.array(fc.nat(99)),
        (people, at, tape) => {
          const base: Change[] = [
            { type: 'insert', table: 't', record: 'r', fields: new Map([['f', ['x', 'y', 'z']]]) },
          ];
          const events: OracleEvent[] = [{ id: ['0', 1], parents: [], changes: base, rules: {} }];
          for (const [number, { keys, isBackwards }] of people.entries()) {
            const agent = 'abcd'.charAt(number);
            for (let key = 0; key < keys; key++) {
              const op = { type: 'insert', index: isBackwards ? at : at + key, value: `${agent}${key}` } as const;
              const ops = new Map([['f', { type: 'list', create: false, ops: [op] } as const]]);
              const parents: EventId[] = [key === 0 ? ['0', 1] : [agent, key]];
              events.push({
                id: [agent, key + 1],
                parents,
                changes: [{ type: 'update', table: 't', record: 'r', ops }],
                rules: {},
              });
            }
          }
          const items = integrate(drawOrder(drawFrom(tape), events))
            .view.get('t', 'r')
            ?.get('f') as readonly string[];
          for (const [number, { keys, isBackwards }] of people.entries()) {
            const agent = 'abcd'.charAt(number);
            const run = Array.from({ length: keys }, (_, key) => `${agent}${key}`);
            if (isBackwards) run.reverse();
            const start = items.indexOf(run[0] ?? '');
            expect(items.slice(start, start + keys)).toEqual(run);
          }
        },
      ),
      { numRuns: runs(150) },
    );
  });

  it('a sum is the base and all differences, and nothing is lost or there twice', () => {
    const step = fc.record({ agent: fc.nat(2), difference: fc.integer({ min: -9, max: 9 }), hears: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 24 }), (steps) => {
        const rules = { get: (): 'sum' => 'sum' };
        const replicas = ['a', 'b', 'c'].map((agent) => new MeshReplica({ agent, rules }));
        const [first] = replicas as [MeshReplica, ...MeshReplica[]];
        first.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map([['n', 100n]]) }]);
        first.seal();
        const hear = (to: MeshReplica): void => {
          for (const from of replicas) {
            const message = from.missingFrom(to.vector());
            if (message !== undefined) to.receive(message);
          }
          to.sync();
        };
        for (const replica of replicas) hear(replica);
        let total = 100n;
        for (const { agent, difference, hears } of steps) {
          const replica = replicas[agent] as MeshReplica;
          if (hears) hear(replica);
          const now = replica.get('t', 'r')?.get('n') as bigint;
          const ops = new Map([['n', { type: 'put', value: now + BigInt(difference) } as const]]);
          replica.apply([{ type: 'update', table: 't', record: 'r', ops }]);
          replica.seal();
          total += BigInt(difference);
        }
        for (const replica of replicas) hear(replica);
        for (const replica of replicas) expect(replica.get('t', 'r')?.get('n')).toBe(total);
      }),
      { numRuns: runs(100) },
    );
  });
});

function* pairsOf(edits: readonly Edit[], base: readonly Change[]): Generator<[readonly Change[], readonly Change[]]> {
  const fields = base[0]?.type === 'insert' ? base[0].fields : undefined;
  for (const local of edits) {
    for (const remote of edits) {
      const [left, right] = [local(fields), remote(fields)];
      if (left !== undefined && right !== undefined) yield [left, right];
    }
  }
}
