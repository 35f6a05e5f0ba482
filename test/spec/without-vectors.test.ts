/** Rules that vectors cannot cover, because their cases are programs or too large to write down. */

import { describe, expect, test } from 'vitest';
import {
  type Collision,
  compose,
  type DatastoreError,
  type Delta,
  type DeltaInput,
  invert,
  parseState,
  ResolutionRules,
  type Rule,
  rebase,
  type State,
  sizeOfDelta,
  transform,
  type Value,
} from '../../src/index.js';

const OVER_A_RECORD = 'x'.repeat(200 * 1024);

function put(value: Value | undefined, field = 'f'): DeltaInput {
  const op = value === undefined ? { type: 'delete' as const } : { type: 'put' as const, value };
  return [{ type: 'update', table: 't', record: 'r', ops: new Map([[field, op]]) }];
}

function merge(rule: Rule, local: DeltaInput, remote: DeltaInput): { local: Delta; remote: Delta } {
  return transform(local, remote, { rules: new ResolutionRules().set('t', 'f', rule) });
}

function stateWith(value: Value | undefined): State {
  const state = parseState([{ tid: 't', rowid: 'r', data: {} }]);
  state.apply(put(value));
  return state;
}

describe('a merge function', () => {
  test('receives base, local and remote, even if they are equal, and is not called for a deletion on both sides', () => {
    const seen: Collision[] = [];
    const rule = (collision: Collision): Value | undefined => {
      seen.push(collision);
      return collision.remote;
    };
    const pairs = [
      [1n, 2n],
      [1n, 1n],
      [1n, undefined],
      [undefined, 2n],
      [undefined, undefined],
    ] as const;
    for (const [local, remote] of pairs) merge(rule, stateWith(0n).clone().apply(put(local)), put(remote));
    expect(seen).toEqual([
      { base: 0n, local: 1n, remote: 2n },
      { base: 0n, local: 1n, remote: 1n },
      { base: 0n, local: 1n, remote: undefined },
      { base: 0n, local: undefined, remote: 2n },
    ]);
  });

  test('decides both results, even with the value of a side, and with absence as a deletion', () => {
    const local = stateWith(0n).apply(put(1n));
    for (const answer of [1n, 2n, 'other']) {
      const merged = merge(() => answer, local, put(2n));
      expect(merged.local).toEqual(stateWith(2n).apply(put(answer)));
      expect(merged.remote.changes).toEqual(put(answer));
    }
    const deleted = merge(() => undefined, local, put(2n));
    expect(deleted.local).toEqual(stateWith(2n).apply(put(undefined)));
    expect(deleted.remote.changes).toEqual(put(undefined));
  });

  test('receives an unknown base as absent', () => {
    expect(merge(({ base }) => (base === undefined ? 'unknown' : 'known'), put(1n), put(2n)).remote.changes).toEqual(
      put('unknown'),
    );
  });

  test('is rejected if it returns something other than a value', () => {
    const answers: readonly unknown[] = [null, {}, [[]], 2n ** 63n, '\ud800'];
    for (const answer of answers) {
      const rule = (() => answer) as Rule;
      expect(() => merge(rule, put(1n), put(2n))).toThrow(
        expect.objectContaining({
          code: 'invalid-rule',
          table: 't',
          record: 'r',
          field: 'f',
        } as Partial<DatastoreError>),
      );
    }
  });
});

describe('limits', () => {
  test('are not checked by merging, rebasing, composing and inverting', () => {
    const local = Array.from({ length: 12 }, (_, at) =>
      stateWith(1)
        .apply(put(OVER_A_RECORD, `f${at}`))
        .at(0),
    );
    const deltas = local.flatMap((change) => (change === undefined ? [] : [[change]]));
    const whole = compose(...deltas);
    expect(sizeOfDelta(whole)).toBeGreaterThan(2 * 1024 * 1024);
    expect(sizeOfDelta(transform(whole, put(2)).local)).toBe(sizeOfDelta(whole));
    expect(compose(...rebase(deltas, put(2)).pending)).toEqual(whole);
    expect(invert(invert(whole))).toEqual(whole);
  });
});
