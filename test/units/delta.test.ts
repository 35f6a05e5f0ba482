import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Change, compose, Delta, parseDelta, parseState, transform } from '../../src/index.js';
import { applyAll, arbitraryHistory } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';
import { showDelta } from '../support/show.js';

const put = (value: Uint8Array | string, record = 'r'): Change => ({
  type: 'update',
  table: 't',
  record,
  ops: new Map([['f', { type: 'put', value }]]),
});

/** The value that the first change puts. */
function putIn(changes: Iterable<Change>): unknown {
  const [change] = changes;
  const op = change?.type === 'update' ? change.ops.get('f') : undefined;
  return op?.type === 'put' ? op.value : undefined;
}

describe('a delta', () => {
  test('is made from changes of any iterable, in normal form', () => {
    const changes = [put('b', 's'), put('a'), put('b')];
    const expected = [put('b'), put('b', 's')];
    for (const given of [changes, new Set(changes), changes.values(), Delta.from(changes)]) {
      expect(Delta.from(given).changes).toEqual(expected);
    }
  });

  test('is what it was made from if that is a delta, whatever it holds', () => {
    for (const delta of [Delta.from([put('a')]), Delta.from([put(new Uint8Array([1]))])]) {
      expect(Delta.from(delta)).toBe(delta);
      expect(compose(delta).equals(delta)).toBe(true);
      expect(transform(delta, []).local).toBe(delta);
    }
  });

  test.each([
    ['a copy of its changes', (delta: Delta) => [...delta], false],
    ['a clone', (delta: Delta) => structuredClone(delta), false],
    ['an heir', (delta: Delta) => Object.create(delta) as unknown, false],
    ['a stand-in', (delta: Delta) => new Proxy(delta, {}), false],
    ['null', () => null, false],
    ['itself', (delta: Delta) => delta, true],
  ])('tells %s from a delta', (_, other, isOne) => {
    expect(Delta.is(other(Delta.from([put('a')])))).toBe(isOne);
  });

  test('shows its changes in every way', () => {
    const delta = Delta.from([put('a'), put('b', 's')]);
    expect(delta.length).toBe(2);
    expect([...delta]).toEqual(delta.changes);
    expect([0, 1, 2, -1, -3].map((at) => delta.at(at))).toEqual([
      put('a'),
      put('b', 's'),
      undefined,
      put('b', 's'),
      undefined,
    ]);
    expect(JSON.stringify(delta)).toBe('[["U","t","r",{"f":["P","a"]}],["U","t","s",{"f":["P","b"]}]]');
    expect(inspect(delta, { depth: 4 })).toBe(inspect(delta.changes, { depth: 4 }));
  });

  test('is frozen through and through', () => {
    const [change] = Delta.from([put('a')]).changes;
    const ops = change?.type === 'update' ? change.ops : new Map();
    for (const part of [Delta.from([]).changes, change, ops, ops.get('f')]) expect(Object.isFrozen(part)).toBe(true);
    expect(() => (ops as Map<string, unknown>).set('g', 1)).toThrow(TypeError);
  });

  test('shares no bytes with who made it, nor with who looks at it', () => {
    const given = new Uint8Array([1]);
    const delta = Delta.from([put(given)]);
    given[0] = 2;
    for (const look of [() => putIn(delta), () => putIn(delta.changes), () => putIn([delta.at(0) as Change])]) {
      const seen = look() as Uint8Array;
      expect(seen).toEqual(new Uint8Array([1]));
      seen[0] = 3;
    }
    const state = parseState([{ tid: 't', rowid: 'r', data: {} }]);
    (putIn(state.apply(delta)) as Uint8Array)[0] = 4;
    expect(state.get('t', 'r')?.get('f')).toEqual(new Uint8Array([1]));
  });

  test('that a state returned says the same whenever somebody looks, whatever was done to the state since then', () => {
    fc.assert(
      fc.property(arbitraryHistory(3, 12), ({ base, deltas }) => {
        const [state, other] = [base.clone(), base.clone()];
        const looked = deltas.map((delta) => showDelta(state.apply(delta)));
        const unlooked = deltas.map((delta) => other.apply(delta));
        expect(unlooked.map(showDelta)).toEqual(looked);
        expect(unlooked.map(({ length }) => length)).toEqual(unlooked.map(({ changes }) => changes.length));
      }),
      { numRuns: runs(300) },
    );
  });

  test('checks what only looks like one before it is applied', () => {
    const state = parseState([{ tid: 't', rowid: 'r', data: {} }]);
    const forged = Object.freeze([Object.freeze({ ...put('a'), table: 'no table' })]);
    expect(() => state.apply(forged)).toThrow(expect.objectContaining({ code: 'invalid-name' }));
  });
});

describe('two deltas are equal', () => {
  const one = [['U', 't', 'r', { f: ['P', 1] }]];
  test.each([
    [one, one, true],
    [[], [], true],
    [one, [], false],
    [one, [['U', 't', 'r', { f: ['P', { I: '1' }] }]], false],
    [one, [['U', 't', 'r', { f: ['D'] }]], false],
    [one, [['U', 't', 's', { f: ['P', 1] }]], false],
    [[['D', 't', 'r']], [['I', 't', 'r', {}]], false],
    [[['U', 't', 'r', { f: ['LI', 0, 1] }]], [['U', 't', 'r', { f: ['LI', 1, 1] }]], false],
    [[['U', 't', 'r', { f: ['LM', 0, 1] }]], [['U', 't', 'r', { f: ['LM', 0, 2] }]], false],
    [[['U', 't', 'r', { f: ['LC'] }]], [['U', 't', 'r', { f: ['LI', 0, 1] }]], false],
  ])('%j, %j: %s', (left, right, isEqual) => {
    expect(parseDelta(left).equals(parseDelta(right))).toBe(isEqual);
    expect(parseDelta(right).equals(parseDelta(left).changes)).toBe(isEqual);
  });

  test('exactly if they look the same, what they overwrote included', () => {
    fc.assert(
      fc.property(arbitraryHistory(2, 2), ({ base, deltas }) => {
        const applied = applyAll(base, deltas).applied;
        const all = [...applied, ...deltas.map(Delta.from)];
        for (const left of all) {
          for (const right of all) expect(left.equals(right)).toBe(showDelta(left) === showDelta(right));
        }
      }),
      { numRuns: runs(300) },
    );
  });
});
