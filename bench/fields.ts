import {
  type Change,
  type Conflict,
  compress,
  type DeltaInput,
  type Fields,
  formatState,
  parseState,
  ResolutionRules,
  State,
  type TransformOptions,
  transform,
} from '../src/index.js';
import { flatMap } from './baselines/flat-map.js';
import {
  FIELDS,
  type FieldUpdate,
  fieldName,
  fieldUpdates,
  insertsDelta,
  putsOf,
  recordId,
  recordRows,
  TABLE,
  updatesDelta,
} from './support/edits.js';
import { expectEqual, expectTrue } from './support/expect.js';
import { type Comparison, compare, doublings, type Scale, type Suite } from './support/suite.js';

const MANY = 10_000;

interface Merged {
  readonly local: DeltaInput;
  readonly remote: DeltaInput;
}

/**
 * Transforming deltas of fields and records, compared with putting both sides' updates into one flat Map. Each side
 * edits half of the fields, so a quarter of them collide.
 */
export const fields: Suite = {
  name: 'fields',
  title: 'Transform: fields and records',
  comparisons: (scale) => [
    () => againstOneMap(scale(100_000)),
    () => fieldMerge(scale(MANY)),
    () => uncompressed(scale(MANY)),
    () => reported(scale(MANY)),
    () => summed(scale(MANY)),
    () => oneAgainst(scale(100_000)),
    () => inserts(scale(MANY)),
    () => deletes(scale(MANY)),
  ],
  series: (scale: Scale) => [
    {
      title: 'Transform of fields: twice the updates',
      unit: 'field updates a side',
      sizes: doublings(1000, 128_000, scale),
      at: fieldMerge,
      growthAtMost: 2.4,
    },
  ],
};

/** Merging normal forms, which should cost at most a few times as much as touching every update once. */
function againstOneMap(count: number): Comparison {
  const [local, remote] = sides(count);
  const deltas = [local, remote].map(normalForm);
  const keys = Array.from({ length: 2 * count }, (_, number) => `${recordId(number)}/${fieldName(number % FIELDS)}`);
  return compare({
    work: `transform of ${times(count)} field updates, against one Map of ${keys.length.toLocaleString('en')} entries`,
    contender: () => transform(deltas[0] ?? [], deltas[1] ?? []),
    baseline: { name: 'the Map', run: () => new Map(keys.map((key, at) => [key, at])) },
    target: { atMost: 4 },
    check: (merged, map) => {
      expectEqual(mergedPuts(merged), flatMap(local, remote), 'fields');
      expectTrue(map.size === keys.length, 'the Map is full');
    },
  });
}

function fieldMerge(count: number): Comparison {
  const [local, remote] = sides(count);
  return merging(`${times(count)} field updates`, normalForm(local), normalForm(remote), local, remote);
}

function uncompressed(count: number): Comparison {
  const [local, remote] = sides(count);
  const work = `${times(count)} field updates, not yet compressed`;
  return merging(work, updatesDelta(local), updatesDelta(remote), local, remote);
}

function merging(
  work: string,
  localDelta: DeltaInput,
  remoteDelta: DeltaInput,
  local: readonly FieldUpdate[],
  remote: readonly FieldUpdate[],
): Comparison {
  return compare({
    work,
    contender: () => transform(localDelta, remoteDelta),
    baseline: { name: 'one flat Map of both', run: () => flatMap(local, remote) },
    check: (merged, map) => expectEqual(mergedPuts(merged), map, work),
  });
}

function reported(count: number): Comparison {
  const [local, remote] = sides(count);
  const [localDelta, remoteDelta] = [normalForm(local), normalForm(remote)];
  const merge = (options: TransformOptions): Merged => transform(localDelta, remoteDelta, options);
  return compare({
    work: `${times(count)} field updates, every conflict reported`,
    contender: () => {
      const conflicts: Conflict[] = [];
      merge({ onConflict: (conflict) => conflicts.push(conflict) });
      return conflicts;
    },
    baseline: { name: 'nothing reported', run: () => merge({}) },
    check: (conflicts) =>
      expectTrue(
        conflicts.length === 2 * count - flatMap(local, remote).size,
        'there is a conflict for each field that both put',
      ),
  });
}

function summed(count: number): Comparison {
  const [local, remote] = sides(count);
  const state = parseState(recordRows(count));
  const localDelta = compress(state.clone().apply(updatesDelta(local)));
  const remoteDelta = compress(state.clone().apply(updatesDelta(remote)));
  const rules = new ResolutionRules();
  for (let number = 0; number < FIELDS; number++) rules.set(TABLE, fieldName(number), 'sum');
  return compare({
    work: `${times(count)} field updates under the rule sum`,
    contender: () => transform(localDelta, remoteDelta, { rules }),
    baseline: { name: 'one flat Map of both', run: () => flatMap(local, remote) },
    check: (merged) => expectLawOne(state, localDelta, remoteDelta, merged),
  });
}

/** One local update against very many remote ones. */
function oneAgainst(count: number): Comparison {
  const remote = fieldUpdates(count, 2);
  const local = remote.slice(0, 1).map((update) => ({ ...update, value: -1 }));
  const work = `1 × ${count.toLocaleString('en')} field updates`;
  return merging(work, normalForm(local), normalForm(remote), local, remote);
}

function inserts(count: number): Comparison {
  const side = (seed: number): ReadonlyMap<string, Fields> =>
    new Map(
      Array.from({ length: count }, (_, number): [string, Fields] => [
        // Every other record is inserted by both sides.
        number % 2 === 0 ? recordId(number) : `${recordId(number)}-${seed}`,
        new Map([
          [fieldName(0), number],
          [fieldName(seed), number],
        ]),
      ]),
    );
  const [local, remote] = [side(1), side(2)];
  const [localDelta, remoteDelta] = [compress(insertsDelta(local)), compress(insertsDelta(remote))];
  return compare({
    work: `${times(count)} records of 2 fields inserted, half of them by both`,
    contender: () => transform(localDelta, remoteDelta),
    baseline: { name: 'one Map of the records', run: () => new Map([...local, ...remote]) },
    check: (merged, map) => {
      const state = expectLawOne(new State(), localDelta, remoteDelta, merged);
      expectTrue(state.recordCount === map.size, 'every record is there');
    },
  });
}

function deletes(count: number): Comparison {
  const updates = fieldUpdates(count, 2);
  const state = parseState(recordRows(count));
  const local = recordRows(count)
    .filter((_, number) => number % 2 === 0)
    .map(({ rowid }): Change => ({ type: 'delete', table: TABLE, record: rowid }));
  const [localDelta, remoteDelta] = [compress(local), normalForm(updates)];
  return compare({
    work: `${local.length.toLocaleString('en')} records deleted × ${count.toLocaleString('en')} field updates`,
    contender: () => transform(localDelta, remoteDelta),
    baseline: {
      name: 'a Set of the deleted, and the rest in a flat Map',
      run: () => {
        const deleted = new Set(local.map(({ record }) => record));
        return flatMap(updates.filter(({ record }) => !deleted.has(record)));
      },
    },
    check: (merged, map) => {
      expectLawOne(state, localDelta, remoteDelta, merged);
      expectEqual(putsOf(merged.remote), map, 'updates of what was not deleted');
    },
  });
}

function sides(count: number): [FieldUpdate[], FieldUpdate[]] {
  return [fieldUpdates(count, 1), fieldUpdates(count, 2)];
}

function normalForm(updates: readonly FieldUpdate[]): DeltaInput {
  return compress(updatesDelta(updates));
}

function times(count: number): string {
  return `${count.toLocaleString('en')} × ${count.toLocaleString('en')}`;
}

/** The merged updates of both sides: remote's win, so local′ has none of the fields that remote′ puts. */
function mergedPuts({ local, remote }: Merged): Map<string, unknown> {
  return new Map([...putsOf(local), ...putsOf(remote)]);
}

function expectLawOne(state: State, local: DeltaInput, remote: DeltaInput, merged: Merged): State {
  const [first, second] = [state.clone(), state.clone()];
  for (const delta of [remote, merged.local]) first.apply(delta);
  for (const delta of [local, merged.remote]) second.apply(delta);
  expectEqual(formatState(first), formatState(second), 'both orders');
  return first;
}
