import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  compose,
  compress,
  type DeltaInput,
  type FieldOp,
  type Fields,
  State,
  sizeOfDelta,
} from '../../src/index.js';
import { applyAll, arbitraryHistory } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';
import { showDelta, showFields, showState, showValue } from '../support/show.js';

/** Histories of three deltas, each of them applied or not. */
function arbitraryMixedHistory(): fc.Arbitrary<DeltaInput[]> {
  return fc
    .tuple(arbitraryHistory(3, 4), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([{ base, deltas }, isApplied]) => {
      const { applied } = applyAll(base, deltas);
      return deltas.map((delta, at) => (isApplied[at] ? applied[at] : undefined) ?? delta);
    });
}

/** By UTF-16 units, which is code point order for names, since all of them are ASCII. */
function isAscending(names: readonly string[]): boolean {
  return names.every((name, at) => at === 0 || (names[at - 1] ?? '') < name);
}

function placeOf({ table, record }: Change): string {
  return `${table} ${record}`;
}

function expectNormalForm(delta: DeltaInput): void {
  const changes = [...delta];
  const places = changes.map(placeOf);
  expect(isAscending([...new Set(places)]), 'sorted by table and record').toBe(true);
  for (const [at, change] of changes.entries()) {
    const next = changes[at + 1];
    if (next !== undefined && placeOf(next) === placeOf(change)) {
      expect(['delete insert', 'insert update']).toContain(`${change.type} ${next.type}`);
      if (change.type === 'insert' && next.type === 'update') expectBehindInsert(change.fields, next.ops);
    }
    const named = change.type === 'insert' ? change.fields : change.type === 'update' ? change.ops : new Map();
    expect(isAscending([...named.keys()]), 'sorted by field').toBe(true);
    if (change.type !== 'update') continue;
    expect(change.ops.size).toBeGreaterThan(0);
    for (const op of change.ops.values()) {
      if (op.type === 'list') expect(op.create || op.ops.length > 0).toBe(true);
    }
  }
}

/** Behind an insert there are only lists that were created, and fields that were deleted, which overwrote nothing. */
function expectBehindInsert(fields: Fields, ops: ReadonlyMap<string, FieldOp>): void {
  for (const [field, op] of ops) {
    expect(fields.has(field)).toBe(false);
    if (op.type === 'list') expect(op.create).toBe(true);
    else expect(op).toEqual({ type: 'delete' });
  }
}

/** What a delta says to have been overwritten, by place. */
function saidBefore(delta: DeltaInput): Map<string, string> {
  const said = new Map<string, string>();
  for (const change of delta) {
    const place = `${placeOf(change)} ${change.type}`;
    if (change.type === 'delete' && change.before !== undefined) said.set(place, showFields(change.before));
    if (change.type !== 'update') continue;
    for (const [field, op] of change.ops) {
      const steps = op.type === 'list' ? op.ops : [op];
      for (const [at, step] of steps.entries()) {
        if ('before' in step) said.set(`${place} ${field} ${at}`, showValue(step.before));
      }
    }
  }
  return said;
}

describe('compress', () => {
  it('gives the normal form: a change for each record or a delete and an insert, an operation for each field, sorted', () => {
    fc.assert(
      fc.property(arbitraryMixedHistory(), (deltas) => expectNormalForm(compose(...deltas))),
      { numRuns: runs(250) },
    );
  });

  it('compress(compress(d)) = compress(d), also of a copy', () => {
    fc.assert(
      fc.property(arbitraryMixedHistory(), (deltas) => {
        const normal = compose(...deltas);
        expect(showDelta(compress(normal))).toBe(showDelta(normal));
        expect(showDelta(compress([...normal]))).toBe(showDelta(normal));
      }),
      { numRuns: runs(250) },
    );
  });

  it('applied(base, compress(d)) = compress(applied(base, d)): what is overwritten is the oldest of each place', () => {
    fc.assert(
      fc.property(arbitraryHistory(3), ({ base, deltas }) => {
        const overwrites = base.clone().apply(compose(...deltas));
        expect(showDelta(compose(...applyAll(base, deltas).applied))).toBe(showDelta(overwrites));
      }),
      { numRuns: runs(250) },
    );
  });

  it('knows nothing of what was overwritten where no delta says it', () => {
    fc.assert(
      fc.property(arbitraryHistory(3), ({ deltas }) => {
        expect([...saidBefore(compose(...deltas))]).toEqual([]);
      }),
      { numRuns: runs(250) },
    );
  });

  it('of a state that was left and restored still says what was done: a put is never dropped for its before', () => {
    const put = (value: string, before: string): Change => ({
      type: 'update',
      table: 't',
      record: 'r',
      ops: new Map([['f', { type: 'put', value, before }]]),
    });
    expect(showDelta(compress([put('a', 'a')]))).toBe('[update t/r {f: put "a" was "a"}]');
    expect(showDelta(compress([put('b', 'a'), put('a', 'b')]))).toBe('[update t/r {f: put "a" was "a"}]');
  });
});

describe('compose', () => {
  const expectAssociative = (
    [a = [], b = [], c = []]: readonly DeltaInput[],
    show: (delta: DeltaInput) => string,
  ): void => {
    const expected = show(compose(a, b, c));
    expect(show(compose(compose(a, b), c))).toBe(expected);
    expect(show(compose(a, compose(b, c)))).toBe(expected);
    expect(show(compress([...a, ...b, ...c]))).toBe(expected);
  };

  it('compose(compose(a, b), c) = compose(a, compose(b, c)) = compose(a, b, c), all applied or none', () => {
    fc.assert(
      fc.property(arbitraryHistory(3, 4), ({ base, deltas }) => {
        expectAssociative(deltas, showDelta);
        expectAssociative(applyAll(base, deltas).applied, showDelta);
      }),
      { numRuns: runs(250) },
    );
  });

  it('compose(compose(a, b), c) = compose(a, compose(b, c)), where some are applied and some are not', () => {
    fc.assert(
      fc.property(arbitraryMixedHistory(), (deltas) => {
        expectAssociative(deltas, showDelta);
      }),
      { numRuns: runs(250) },
    );
  });

  it('compose(compose(a, b), c) = compose(a, compose(b, c)), where a and c are applied and b is not', () => {
    const put = (value: number): Change => ({
      type: 'update',
      table: 't',
      record: 'r',
      ops: new Map([['f', { type: 'put', value }]]),
    });
    const state = new State();
    state.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', 0]]) }]);
    const a = state.apply([put(1)]);
    const b = [put(2)];
    state.apply(b);
    const c = state.apply([{ type: 'delete', table: 't', record: 'r' }]);
    expectAssociative([a, b, c], showDelta);
  });

  it('says nothing untrue about what was overwritten, where some deltas are applied and some are not', () => {
    fc.assert(
      fc.property(arbitraryHistory(3, 4), fc.nat({ max: 7 }), ({ base, deltas }, mask) => {
        const { applied } = applyAll(base, deltas);
        const mixed = deltas.map((delta, at) => ((mask >> at) & 1 ? (applied[at] ?? delta) : delta));
        const composed = compose(...mixed);
        const truth = saidBefore(base.clone().apply(composed));
        for (const [place, said] of saidBefore(composed)) expect(said).toBe(truth.get(place));
      }),
      { numRuns: runs(250) },
    );
  });

  it('compose() is neutral', () => {
    expect(compose().changes).toEqual([]);
    fc.assert(
      fc.property(arbitraryMixedHistory(), ([delta = []]) => {
        expect(showDelta(compose(compose(), delta))).toBe(showDelta(compress(delta)));
        expect(showDelta(compose(delta, compose()))).toBe(showDelta(compress(delta)));
      }),
    );
  });

  it('does what its deltas do one after the other', () => {
    fc.assert(
      fc.property(arbitraryHistory(3), ({ base, deltas }) => {
        const state = base.clone();
        state.apply(compose(...deltas));
        expect(showState(state)).toBe(showState(stateAfter(base, deltas)));
      }),
      { numRuns: runs(150) },
    );
  });

  function stateAfter(base: State, deltas: readonly DeltaInput[]): State {
    return applyAll(base, deltas).state;
  }

  it('of a very long run of single list operations keeps them all, in their order', () => {
    const length = 100_000;
    const type = (index: number): Change => ({
      type: 'update',
      table: 't',
      record: 'r',
      ops: new Map([['f', { type: 'list', create: index === 0, ops: [{ type: 'insert', index, value: 'x' }] }]]),
    });
    const composed = compress(Array.from({ length }, (_, index) => type(index)));
    // Creating the list counts as an operation too: it and every insertion travel alone.
    expect(sizeOfDelta(composed)).toBe(100 + 100 * (length + 1) + length);
    expect(composed).toHaveLength(1);
  });
});
