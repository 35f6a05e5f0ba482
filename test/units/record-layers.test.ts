import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { Delta, State } from '../../src/index.js';
import { RecordLayers } from '../../src/state/record-layers.js';
import { runs } from '../support/seed.js';

/** Entries beside a plain Map. */
interface Pair {
  readonly layers: RecordLayers<number>;
  readonly twin: Map<string, number>;
}

// Enough for layers: a copy of fewer entries is made at once.
const START = 100;

/** Some stretches of ids are edited again and again, so that layers grow, are joined, and become one. */
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ type: fc.constantFrom('set', 'delete'), from: fc.nat(119), count: fc.nat(12) }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('copy'), from: fc.nat(9), count: fc.constant(0) }) },
);

function editAll({ layers, twin }: Pair, type: string, from: number, count: number, entry: number): void {
  for (let number = from; number < from + count; number++) {
    const id = `record${number}`;
    if (type === 'set' && twin.has(id)) layers.replace(id, entry);
    else if (type === 'set') layers.insert(id, entry);
    else if (twin.has(id)) layers.delete(id);
    if (type === 'set') twin.set(id, entry);
    else twin.delete(id);
  }
}

function expectSame({ layers, twin }: Pair): void {
  const visited: [string, number][] = [];
  layers.forEach((entry, id) => {
    visited.push([id, entry]);
  });
  expect(visited).toHaveLength(twin.size);
  expect(new Map(visited)).toEqual(twin);
  expect(layers.size).toBe(twin.size);
  const ids = Array.from({ length: 132 }, (_, number) => `record${number}`);
  expect(ids.map((id) => layers.get(id))).toEqual(ids.map((id) => twin.get(id)));
}

it('layers hold what a Map holds that is copied whole, in copies of copies too', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const first: Pair = { layers: new RecordLayers(), twin: new Map() };
      editAll(first, 'set', 0, START, 0);
      const edited = [first];
      const shared: Pair[] = [];
      steps.forEach(({ type, from, count }, number) => {
        const at = from % edited.length;
        const pair = edited[at] as Pair;
        if (type !== 'copy') {
          editAll(pair, type, from, count, number + 1);
          return;
        }
        // Both sides go on in copies, as the two states do that share a table.
        const copyOf = (): Pair => ({ layers: pair.layers.copy(), twin: new Map(pair.twin) });
        edited.splice(at, 1, copyOf(), copyOf());
        shared.push(pair);
      });
      for (const pair of [...edited, ...shared]) expectSame(pair);
    }),
    { numRuns: runs(60) },
  );
});

it('the first edits of a clone, and of the original, copy no records', () => {
  const names = Array.from({ length: 5000 }, (_, number) => `record${number}`);
  const state = State.fromObject({ t: Object.fromEntries(names.map((name) => [name, { f: 1 }])) });
  const edit = (record: string): Delta =>
    Delta.from([{ type: 'update', table: 't', record, ops: new Map([['f', { type: 'put', value: 2 }]]) }]);
  const edits = names.slice(0, 20).map(edit);
  // A Map that is made of another sets each entry.
  const set = vi.spyOn(Map.prototype, 'set');
  let clone = state.clone();
  for (const delta of edits) {
    clone = clone.clone();
    clone.apply(delta);
    state.apply(delta);
  }
  const entries = set.mock.calls.length;
  set.mockRestore();
  expect(entries).toBeLessThan(1000);
  const get = vi.spyOn(Map.prototype, 'get');
  clone.get('t', 'record4999');
  const lookUps = get.mock.calls.length;
  get.mockRestore();
  expect(lookUps, 'of the clones’ layers few are left').toBeLessThan(15);
  expect(clone.toObject()).toEqual(state.toObject());
});
