import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  conflictToJSON,
  DatastoreError,
  diff,
  formatState,
  mergeEdits,
  mergeObjects,
  ResolutionRules,
  State,
  type StateObject,
  type Value,
} from '../../src/index.js';
import { arbitraryScene, arbitraryState } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';

const RUNS = 200;

function expectSame(left: State, right: State): void {
  expect(JSON.stringify(formatState(left))).toBe(JSON.stringify(formatState(right)));
}

describe('a state as an object', () => {
  test('State.fromObject(state.toObject()) holds what the state holds, whatever the names', () => {
    fc.assert(
      fc.property(arbitraryState(), (state) => expectSame(State.fromObject(state.toObject()), state)),
      { numRuns: runs(RUNS) },
    );
  });

  test('is a copy, with absent fields left out, and tables without records', () => {
    const bytes = new Uint8Array([1]);
    const state = State.fromObject({ t: { r: { bytes, absent: undefined } }, empty: {} });
    bytes[0] = 9;
    const object = state.toObject();
    expect(object).toEqual({ t: { r: { bytes: new Uint8Array([1]) } } });
    (object['t']?.['r']?.['bytes'] as Uint8Array)[0] = 9;
    expect(state.get('t', 'r')?.get('bytes')).toEqual(new Uint8Array([1]));
    const hostile = JSON.parse('{"t":{"__proto__":{"__proto__":1}}}') as StateObject;
    expect(JSON.stringify(State.fromObject(hostile).toObject())).toBe(JSON.stringify(hostile));
  });

  test.each<[string, unknown, string]>([
    ['null', null, 'invalid-value'],
    ['an array', [], 'invalid-value'],
    ['a Map', new Map(), 'invalid-value'],
    ['an invalid table', { 'no name': {} }, 'invalid-name at no name'],
    ['an invalid record', { t: { '': {} } }, 'invalid-name at t/'],
    ['records that are an array', { t: [] }, 'invalid-value at t'],
    ['fields that are null', { t: { r: null } }, 'invalid-value at t/r'],
    ['an invalid field', { t: { r: { 'a b': 1 } } }, 'invalid-name at t/r/a b'],
    ['a nested object', { t: { r: { f: {} } } }, 'invalid-value at t/r/f'],
    ['a null', { t: { r: { f: [1, null] } } }, 'invalid-value at t/r/f/1'],
  ])('of %s is refused, with the place', (_title, object, expected) => {
    const failures = [
      () => State.fromObject(object as StateObject),
      () => mergeObjects({}, object as StateObject, {}),
      () => mergeObjects({}, {}, object as StateObject),
      () => mergeObjects(object as StateObject, {}, {}),
    ].map((call) => {
      try {
        call();
      } catch (error) {
        if (!(error instanceof DatastoreError)) throw error;
        const { code, table, record, field, index } = error;
        const place = [table, record, field, index].filter((part) => part !== undefined);
        return place.length === 0 ? code : `${code} at ${place.join('/')}`;
      }
      return 'accepted';
    });
    expect(new Set(failures)).toEqual(new Set([expected]));
  });
});

describe('mergeEdits', () => {
  test('is base · remote · local′, and base · local · remote′, and leaves the base alone', () => {
    fc.assert(
      fc.property(arbitraryScene(), (scene) => {
        const { base } = scene;
        const before = JSON.stringify(formatState(base));
        const [local = [], remote = []] = [scene.local, scene.remote].map((deltas) =>
          deltas.flatMap((delta) => [...delta]),
        );
        const { merged, local: afterRemote, remote: afterLocal } = mergeEdits(base, local, remote);
        expect(JSON.stringify(formatState(base))).toBe(before);
        const [one, other] = [base.clone(), base.clone()];
        one.apply(remote);
        one.apply(afterRemote);
        other.apply(local);
        other.apply(afterLocal);
        expectSame(one, merged);
        expectSame(other, merged);
      }),
      { numRuns: runs(RUNS) },
    );
  });
});

describe('mergeObjects', () => {
  test('is the merge of what the versions did, and the other version where one did nothing', () => {
    fc.assert(
      fc.property(arbitraryState(), arbitraryState(), arbitraryState(), (base, local, remote) => {
        const [start, mine, theirs] = [base.toObject(), local.toObject(), remote.toObject()];
        const { merged } = mergeObjects(start, mine, theirs);
        expectSame(State.fromObject(merged), mergeEdits(base, diff(base, local), diff(base, remote)).merged);
        for (const versions of [
          [mine, start],
          [start, mine],
        ] as const) {
          const one = mergeObjects(start, ...versions);
          expectSame(State.fromObject(one.merged), local);
          expect(one.conflicts).toEqual([]);
        }
      }),
      { numRuns: runs(RUNS) },
    );
  });

  const base = { lists: { food: { items: ['milk', 'eggs', 'tea'], trips: 3, title: 'Food' } } };
  const local = { lists: { food: { items: ['tea', 'milk', 'eggs'], trips: 4, title: 'Meals' } } };
  const remote = { lists: { food: { items: ['milk', 'eggs', 'tea', 'bread'], trips: 5, title: 'Shopping' } } };

  test.each([
    ['a plain object', { lists: { trips: 'sum' } } as const],
    ['ResolutionRules', new ResolutionRules().set('lists', 'trips', 'sum')],
  ])('takes rules as %s, and reports the conflicts', (_title, rules) => {
    const { merged, conflicts } = mergeObjects(base, local, remote, { rules });
    expect(merged).toEqual({
      lists: { food: { items: ['tea', 'milk', 'eggs', 'bread'], trips: 6, title: 'Shopping' } },
    });
    expect(conflicts.map(({ field, rule }) => `${field}: ${rule}`)).toEqual(['title: remote', 'trips: sum']);
    expect(conflicts.map(conflictToJSON)[0]).toMatchObject({ base: 'Food', local: 'Meals', result: 'Shopping' });
  });

  test('changes nothing that it was given, and takes a table called get', () => {
    const frozen = <Given extends object>(given: Given): Given => {
      for (const inner of Object.values(given)) if (typeof inner === 'object') frozen(inner as object);
      return Object.freeze(given);
    };
    const of = (f: Value): StateObject => frozen({ get: { r: { f } } });
    const { merged } = mergeObjects(of(1), of(2), of(3), { rules: frozen({ get: { f: 'max' } }) as never });
    expect(merged).toEqual({ get: { r: { f: 3 } } });
  });

  test.each([
    ['null', null, 'invalid-option'],
    ['a text', 'max', 'invalid-option'],
    ['a table without an object', { t: 5 }, 'invalid-rule'],
    ['something that is not a rule', { t: { f: 'most' } }, 'invalid-rule'],
    ['an invalid name', { t: { 'a b': 'max' } }, 'invalid-name'],
  ])('refuses rules that are %s', (_title, rules, code) => {
    expect(() => mergeObjects({}, {}, {}, { rules: rules as never })).toThrow(expect.objectContaining({ code }));
  });
});
