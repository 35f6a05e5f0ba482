import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  Delta,
  type DeltaInput,
  formatState,
  type ListOp,
  parseState,
  type State,
} from '../../src/index.js';
import { type RecordsByTable, RecordWatch } from '../../src/state/record-watch.js';
import { arbitraryHistory } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';

describe('RecordWatch', () => {
  const changedBy = (base: State, deltas: readonly DeltaInput[], keepAfter?: number): Changed => {
    const state = base.clone();
    const watch = new RecordWatch(state);
    for (const [at, delta] of deltas.entries()) {
      watch.during(Delta.from(delta), () => state.apply(delta));
      if (at === keepAfter) watch.keep();
    }
    return { told: placesIn(watch.changed()), real: differentPlaces(base, state) };
  };

  it('tells which records hold something else, however many deltas came and whatever came to nothing', () => {
    fc.assert(
      fc.property(arbitraryHistory(3, 6), fc.nat({ max: 3 }), ({ base, deltas }, keepAfter) => {
        const { told, real } = changedBy(base, deltas, keepAfter);
        expect(told).toEqual(real);
      }),
      { numRuns: runs(1000) },
    );
  });

  it.each(['aab', 'abab', 'aaa'])('tells of every two operations on the list %s whether they change it', (items) => {
    const base = parseState([{ tid: 't', rowid: 'r', data: { f: [...items] } }]);
    for (const first of stepsOn(items.length)) {
      const growth = { insert: 1, delete: -1, put: 0, move: 0 }[first.type];
      for (const second of stepsOn(items.length + growth)) {
        const ops = new Map([['f', { type: 'list', create: false, ops: [first, second] } as const]]);
        const { told, real } = changedBy(base, [[{ type: 'update', table: 't', record: 'r', ops }]]);
        expect(told, JSON.stringify([first, second])).toEqual(real);
      }
    }
  });

  it('stays known while something happens that it is not told of', () => {
    const base = parseState([{ tid: 't', rowid: 'r', data: { f: 0 } }]);
    const put = (value: number): Change[] => [
      { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'put', value }]]) },
    ];
    const state = base.clone();
    const watch = new RecordWatch(state);
    watch.during(Delta.from(put(1)), () => state.apply(put(1)));
    watch.keep();
    state.apply(put(0));
    expect(placesIn(watch.changed())).toEqual([]);
  });
});

function stepsOn(length: number): ListOp[] {
  const indexes = [...Array(length).keys()];
  return indexes.flatMap((index): ListOp[] => [
    { type: 'delete', index },
    { type: 'insert', index, value: 'a' },
    { type: 'put', index, value: 'b' },
    ...indexes.map((to): ListOp => ({ type: 'move', from: index, to })),
  ]);
}

interface Changed {
  readonly told: readonly string[];
  readonly real: readonly string[];
}

function placesIn(changed: RecordsByTable): string[] {
  return [...changed].flatMap(([table, records]) => [...records].map((record) => `${table} ${record}`));
}

function differentPlaces(before: State, after: State): string[] {
  const places = [before, after].flatMap((state) => formatState(state).map(({ tid, rowid }) => `${tid} ${rowid}`));
  return [...new Set(places)].sort().filter((place) => {
    const [table = '', record = ''] = place.split(' ');
    return !isDeepStrictEqual(before.get(table, record), after.get(table, record));
  });
}
