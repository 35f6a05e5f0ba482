import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Conflict,
  compose,
  compress,
  type DeltaInput,
  ResolutionRules,
  type Rule,
  rebase,
  type State,
  transform,
} from '../../src/index.js';
import { mergeStates, type OracleState, recordKey } from '../oracle/delta-merge.js';
import { applyAll, arbitraryScene, FIELDS, TABLES } from '../support/arbitraries/deltas.js';
import { ALL_RULES } from '../support/record-scope.js';
import { runs } from '../support/seed.js';
import { showDelta, showFields, showState } from '../support/show.js';

const RUNS = 750;

/** A rule for every field of every table, by position. */
function arbitraryRules(): fc.Arbitrary<{ rules: ResolutionRules; ruleOf: (table: string, field: string) => Rule }> {
  const positions = TABLES.flatMap((table) => FIELDS.map((field) => [table, field] as const));
  return fc
    .array(fc.constantFrom(...ALL_RULES), { minLength: positions.length, maxLength: positions.length })
    .map((chosen) => {
      const rules = new ResolutionRules();
      positions.forEach(([table, field], at) => {
        rules.set(table, field, chosen[at] ?? 'remote');
      });
      return { rules, ruleOf: (table, field) => rules.get(table, field) };
    });
}

function stateAfter(base: State, ...deltas: readonly DeltaInput[]): State {
  return applyAll(base, deltas).state;
}

function oracleState(state: State): OracleState {
  return new Map(
    state
      .tables()
      .flatMap((table) => state.query(table).map(({ record, fields }) => [recordKey(table, record), fields] as const)),
  );
}

function showOracle(state: OracleState): string {
  return [...state]
    .map(([key, fields]) => `${key} ${showFields(new Map([...fields].sort(([a], [b]) => (a < b ? -1 : 1))))}`)
    .sort()
    .join('\n');
}

describe('law 1 on whole deltas: state · remote · local′ = state · local · remote′', () => {
  test('for random deltas over several tables and random rules; and both are what the oracle merges', () => {
    fc.assert(
      fc.property(arbitraryScene({ maxChanges: 8 }), arbitraryRules(), ({ base, local, remote }, { rules, ruleOf }) => {
        const { applied } = applyAll(base, local);
        const [own = []] = applied;
        const [others = []] = remote;
        const merged = transform(own, others, { rules });
        const remoteFirst = stateAfter(base, others, merged.local);
        expect(showState(remoteFirst)).toBe(showState(stateAfter(base, own, merged.remote)));
        const expected = mergeStates(oracleState(base), compress(own), compress(others), ruleOf);
        expect(showOracle(oracleState(remoteFirst))).toBe(showOracle(expected));
      }),
      { numRuns: runs(RUNS) },
    );
  });

  test('local′ of an applied delta is applied, and remote′ carries no before', () => {
    fc.assert(
      fc.property(arbitraryScene({ maxChanges: 8 }), arbitraryRules(), ({ base, local, remote }, { rules }) => {
        const [own = []] = applyAll(base, local).applied;
        const [others = []] = applyAll(base, remote).applied;
        const merged = transform(own, others, { rules });
        expect(showDelta(stateAfter(base, others).apply(merged.local))).toBe(showDelta(merged.local));
        expect(showDelta(merged.remote)).not.toContain(' was ');
      }),
      { numRuns: runs(RUNS) },
    );
  });

  test('both results are normal forms', () => {
    fc.assert(
      fc.property(arbitraryScene(), arbitraryRules(), ({ base, local, remote }, { rules }) => {
        const [own = []] = applyAll(base, local).applied;
        const merged = transform(own, remote[0] ?? [], { rules });
        for (const delta of [merged.local, merged.remote]) {
          expect(showDelta(compress([...delta]))).toBe(showDelta(delta));
        }
      }),
      { numRuns: runs(RUNS) },
    );
  });
});

describe('merging is defined on normal forms', () => {
  test('compressing either side changes nothing', () => {
    fc.assert(
      fc.property(arbitraryScene({ maxChanges: 8 }), arbitraryRules(), ({ base, local, remote }, { rules }) => {
        const [own = []] = applyAll(base, local).applied;
        const [others = []] = remote;
        const merged = transform(own, others, { rules });
        const compressed = transform(compress(own), compress(others), { rules });
        expect(showDelta(compressed.local)).toBe(showDelta(merged.local));
        expect(showDelta(compressed.remote)).toBe(showDelta(merged.remote));
      }),
      { numRuns: runs(RUNS) },
    );
  });
});

describe('rebase', () => {
  test('folds any log over any pending deltas: state · log · pending′ = state · pending · log′, boundaries kept', () => {
    fc.assert(
      fc.property(
        arbitraryScene({ localDeltas: 4, remoteDeltas: 4 }),
        arbitraryRules(),
        ({ base, local, remote }, { rules }) => {
          const shown = applyAll(base, local);
          let pending = shown.applied;
          for (const delta of remote) {
            const merged = rebase(pending, delta, { rules });
            expect(merged.pending).toHaveLength(pending.length);
            shown.state.apply(merged.remote);
            pending = merged.pending;
          }
          const log = stateAfter(base, ...remote);
          const applied = pending.map((delta) => log.apply(delta));
          expect(showState(log)).toBe(showState(shown.state));
          expect(applied.map(showDelta)).toEqual(pending.map(showDelta));
        },
      ),
      { numRuns: runs(RUNS) },
    );
  });

  test('compose(rebase(pending)) = transform(compose(pending))', () => {
    fc.assert(
      fc.property(arbitraryScene({ localDeltas: 4 }), arbitraryRules(), ({ base, local, remote }, { rules }) => {
        const { applied } = applyAll(base, local);
        const [others = []] = remote;
        const merged = rebase(applied, others, { rules });
        const whole = transform(compose(...applied), others, { rules });
        expect(showDelta(compose(...merged.pending))).toBe(showDelta(whole.local));
        expect(showDelta(merged.remote)).toBe(showDelta(whole.remote));
      }),
      { numRuns: runs(RUNS) },
    );
  });

  test('reports the same conflicts for pending deltas as for their composition, in order of place', () => {
    fc.assert(
      fc.property(arbitraryScene({ localDeltas: 3 }), arbitraryRules(), ({ base, local, remote }, { rules }) => {
        const { applied } = applyAll(base, local);
        const [others = []] = remote;
        const places = (conflicts: readonly Conflict[]): string[] =>
          conflicts.map(({ table, record, field, index, rule }) => JSON.stringify([table, record, field, index, rule]));
        const apart: Conflict[] = [];
        rebase(applied, others, { rules, onConflict: (conflict) => apart.push(conflict) });
        const whole: Conflict[] = [];
        transform(compose(...applied), others, { rules, onConflict: (conflict) => whole.push(conflict) });
        expect(places(apart)).toEqual(places(whole));
      }),
      { numRuns: runs(RUNS) },
    );
  });
});

describe('conflicts', () => {
  test('there is one wherever a delta without rivals would have left something else', () => {
    fc.assert(
      fc.property(arbitraryScene(), arbitraryRules(), ({ base, local, remote }, { rules }) => {
        const [own = []] = applyAll(base, local).applied;
        const [others = []] = remote;
        const conflicts: Conflict[] = [];
        const merged = transform(own, others, { rules, onConflict: (conflict) => conflicts.push(conflict) });
        if (conflicts.length > 0) return;
        // Nothing was dropped or altered, so all that each side put must be there in the end.
        const result = stateAfter(base, others, merged.local);
        for (const delta of [compress(own), compress(others)]) expectPutsIn(result, delta);
      }),
      { numRuns: runs(RUNS) },
    );
  });
});

function expectPutsIn(state: State, delta: DeltaInput): void {
  let inserted: string | undefined;
  for (const change of delta) {
    const fields = state.get(change.table, change.record);
    const place = `${change.table} ${change.record}`;
    if (change.type === 'insert') inserted = place;
    // What was deleted behind an insert was never there for others.
    if (change.type !== 'update' || place === inserted) continue;
    for (const [field, op] of change.ops) {
      if (op.type === 'put')
        expect(showFields(new Map([['f', fields?.get(field) ?? 'absent']]))).toBe(
          showFields(new Map([['f', op.value]])),
        );
      if (op.type === 'delete') expect(fields?.get(field)).toBeUndefined();
    }
  }
}
