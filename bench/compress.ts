import { compose, compress } from '../src/index.js';
import { flatMap } from './baselines/flat-map.js';
import { type FieldUpdate, fieldUpdates, listDelta, putsOf, updatesDelta } from './support/edits.js';
import { expectEqual, expectTrue } from './support/expect.js';
import { randomListOps } from './support/random.js';
import { type Comparison, compare, doublings, type Suite } from './support/suite.js';

const MANY = 20_000;

/** Compressing changes into normal form (sorted, one operation for each field), compared with one flat Map. */
export const compressing: Suite = {
  name: 'compress',
  title: 'Compress and compose',
  comparisons: (scale) => [
    () => overwriting(scale(MANY)),
    () => distinct(scale(MANY)),
    () => composing(scale(1000)),
    () => listOperations(scale(MANY)),
  ],
  series: (scale) => [
    {
      title: 'Compress: twice the changes',
      unit: 'changes, half of them overwritten',
      sizes: doublings(1000, 64_000, scale),
      at: overwriting,
      growthAtMost: 2.4,
    },
  ],
};

/** Every field is put twice. */
function overwriting(count: number): Comparison {
  const half = Math.ceil(count / 2);
  const updates = [...fieldUpdates(half, 1), ...fieldUpdates(half, 1).map((update) => ({ ...update, value: -1 }))];
  return fieldComparison(`${updates.length.toLocaleString('en')} field updates, half of them overwritten`, updates);
}

function distinct(count: number): Comparison {
  return fieldComparison(`${count.toLocaleString('en')} field updates, no field twice`, fieldUpdates(count, 1));
}

function fieldComparison(work: string, updates: readonly FieldUpdate[]): Comparison {
  const changes = updatesDelta(updates);
  return compare({
    work,
    contender: () => compress(changes),
    baseline: { name: 'one flat Map', run: () => flatMap(updates) },
    check: (delta, map) => expectEqual(putsOf(delta), map, work),
  });
}

/** Many small deltas into one. */
function composing(count: number): Comparison {
  const parts = Array.from({ length: count }, (_, seed) => fieldUpdates(10, seed));
  const deltas = parts.map((updates) => compress(updatesDelta(updates)));
  return compare({
    work: `compose of ${count.toLocaleString('en')} deltas of 10 field updates`,
    contender: () => compose(...deltas),
    baseline: { name: 'one flat Map', run: () => flatMap(...parts) },
    check: (delta, map) => expectEqual(putsOf(delta), map, 'composed'),
  });
}

function listOperations(count: number): Comparison {
  const ops = randomListOps({ count, length: count, seed: 1, moves: 0.1 });
  const changes = ops.flatMap((op) => listDelta([op]));
  return compare({
    work: `${count.toLocaleString('en')} changes of one list operation each`,
    contender: () => compress(changes),
    baseline: { name: 'the operations copied', run: () => ops.map((op) => ({ ...op })) },
    check: (delta, copied) => {
      const [change, none] = delta;
      const op = change?.type === 'update' ? [...change.ops.values()][0] : undefined;
      expectTrue(none === undefined && op?.type === 'list', 'there is one operation on one list');
      if (op?.type === 'list') expectEqual(op.ops.map(sameShape), copied.map(sameShape), 'operations');
    },
  });
}

/** An operation without `before`, as a plain object of one shape. */
function sameShape(op: object): object {
  return Object.fromEntries(Object.entries(op).filter(([name, value]) => name !== 'before' && value !== undefined));
}
