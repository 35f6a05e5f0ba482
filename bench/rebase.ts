import { compress, type DeltaInput, formatState, rebase, transform } from '../src/index.js';
import { flatMap } from './baselines/flat-map.js';
import {
  type FieldUpdate,
  fieldUpdates,
  listDelta,
  listItems,
  listState,
  putsOf,
  updatesDelta,
} from './support/edits.js';
import { expectEqual, expectTrue } from './support/expect.js';
import { randomFrom, randomListOps } from './support/random.js';
import { type Comparison, compare, doublings, type Suite } from './support/suite.js';

const MANY = 10_000;

/** Rebasing pending deltas over the deltas of the log, one by one. */
export const rebasing: Suite = {
  name: 'rebase',
  title: 'Rebase',
  comparisons: (scale) => [
    () => manyPending(scale(100), 100),
    () => manyRemotes(scale(1000), scale(MANY)),
    () => foldedRemotes(scale(1000), scale(MANY)),
  ],
  series: (scale) => [
    {
      title: 'Rebase: twice the pending deltas',
      unit: 'pending deltas of 10 field updates, against as many remote updates',
      sizes: doublings(64, 1024, scale),
      at: (size) => manyPending(size, 10),
      growthAtMost: 2.4,
    },
  ],
};

/** Several pending deltas, which keep their boundaries, compared with the same composed into one. */
function manyPending(deltas: number, updatesEach: number): Comparison {
  const count = deltas * updatesEach;
  const mine = fieldUpdates(count, 1);
  const theirs = fieldUpdates(count, 2);
  const pending = Array.from({ length: deltas }, (_, at) =>
    normalForm(mine.slice(at * updatesEach, (at + 1) * updatesEach)),
  );
  const [whole, remote] = [normalForm(mine), normalForm(theirs)];
  return compare({
    work: `${deltas.toLocaleString('en')} pending deltas of ${updatesEach} field updates over one of ${count.toLocaleString('en')}`,
    contender: () => rebase(pending, remote),
    baseline: { name: 'transform of one pending delta', run: () => transform(whole, remote) },
    check: (rebased, plain) => {
      expectEqual(new Map(rebased.pending.flatMap((delta) => [...putsOf(delta)])), putsOf(plain.local), 'pending');
      expectEqual(rebased.remote, plain.remote, 'remote');
    },
  });
}

/** A replica that was away: one remote delta after the other, under a large pending one. */
function manyRemotes(remotes: number, pendingUpdates: number): Comparison {
  const mine = fieldUpdates(pendingUpdates, 1);
  const theirs = fieldUpdates(remotes, 2);
  const local = normalForm(mine);
  const deltas = theirs.map((update) => normalForm([update]));
  return compare({
    work: `${remotes.toLocaleString('en')} remote deltas of one field update, folded over ${pendingUpdates.toLocaleString('en')} pending updates`,
    contender: () => fold(local, deltas),
    baseline: { name: 'keys deleted from a Map', run: () => without(mine, theirs) },
    operations: remotes,
    check: (pending, map) => expectEqual(putsOf(pending), map, 'pending'),
  });
}

function foldedRemotes(remotes: number, pendingOps: number): Comparison {
  const local = listState(listItems(pendingOps)).apply(
    listDelta(randomListOps({ count: pendingOps, length: pendingOps, seed: 1, moves: 0 })),
  );
  const deltas = randomListOps({ count: remotes, length: pendingOps, seed: 2, moves: 0 }).map((op) =>
    compress(listDelta([op])),
  );
  const numbers = Array.from({ length: 20_000 }, randomFrom(1));
  return compare({
    work: `${remotes.toLocaleString('en')} remote deltas of one operation, folded over ${pendingOps.toLocaleString('en')} pending operations`,
    contender: () => fold(local, deltas),
    baseline: { name: 'Y', run: () => numbers.slice().sort((left, right) => left - right) },
    target: { atMost: 100 },
    check: (pending) => {
      const [mine, theirs] = [listState(listItems(pendingOps)), listState(listItems(pendingOps))];
      mine.apply(local);
      let rest: DeltaInput = local;
      for (const delta of deltas) {
        const merged = transform(rest, delta);
        rest = merged.local;
        mine.apply(merged.remote);
        theirs.apply(delta);
      }
      theirs.apply(pending);
      expectEqual(formatState(mine), formatState(theirs), 'both orders');
      expectTrue([...pending].length > 0, 'something stays pending');
    },
  });
}

function fold(local: DeltaInput, remotes: readonly DeltaInput[]): DeltaInput {
  let pending: DeltaInput[] = [local];
  for (const remote of remotes) pending = rebase(pending, remote).pending;
  return pending[0] ?? [];
}

function without(mine: readonly FieldUpdate[], theirs: readonly FieldUpdate[]): Map<string, number> {
  const map = flatMap(mine);
  for (const { record, field } of theirs) map.delete(`${record}/${field}`);
  return map;
}

function normalForm(updates: readonly FieldUpdate[]): DeltaInput {
  return compress(updatesDelta(updates));
}
