import { describe, expect, test } from 'vitest';
import {
  compose,
  type DeltaInput,
  ResolutionRules,
  type Rule,
  rebase,
  State,
  transform,
  type Value,
} from '../../src/index.js';
import { mergeStates, type OracleState, recordKey } from '../oracle/delta-merge.js';
import {
  ALL_RULES,
  allDeltas,
  BASE_RECORDS,
  type BaseRecord,
  deltaOf,
  ruleTitle,
  SMALL_VALUES,
} from '../support/record-scope.js';
import { showDelta, showFields, showState } from '../support/show.js';

function rulesOf(rule: Rule): ResolutionRules {
  return new ResolutionRules().set('t', 'f', rule);
}

function stateAfter(...deltas: readonly DeltaInput[]): State {
  const state = new State();
  for (const delta of deltas) state.apply(delta);
  return state;
}

/** The record of the merged state by the oracle, as text. */
function expectedRecord(base: DeltaInput, local: DeltaInput, remote: DeltaInput, rule: Rule): string {
  const start: OracleState = new Map(
    [...base].flatMap((change) =>
      change.type === 'insert' ? [[recordKey(change.table, change.record), change.fields]] : [],
    ),
  );
  const merged = mergeStates(start, local, remote, () => rule).get(recordKey('t', 'r'));
  return merged === undefined ? 'none' : showFields(merged);
}

function recordOf(state: State): string {
  const fields = state.get('t', 'r');
  return fields === undefined ? 'none' : showFields(fields);
}

describe('law 1, exhaustively: every pair of changes of one record, over values of every type', () => {
  for (const rule of ALL_RULES) {
    test(`rule ${ruleTitle(rule)}`, () => {
      for (const base of BASE_RECORDS) {
        const start = deltaOf(base);
        for (const localDelta of allDeltas(base, SMALL_VALUES, 'l')) {
          const local = stateAfter(start).apply(localDelta);
          for (const remote of allDeltas(base, SMALL_VALUES, 'r')) checkPair(start, local, remote, rule);
        }
      }
    });
  }
});

function checkPair(start: DeltaInput, local: DeltaInput, remote: DeltaInput, rule: Rule): void {
  const merged = transform(local, remote, { rules: rulesOf(rule) });
  const remoteFirst = stateAfter(start, remote);
  const applied = remoteFirst.apply(merged.local);
  const localFirst = stateAfter(start, local, merged.remote);
  const where = (): string => `${showDelta(start)}: ${showDelta(local)} × ${showDelta(remote)}`;
  const [result, other] = [recordOf(remoteFirst), recordOf(localFirst)];
  if (result !== other) expect.fail(`${where()}: ${result} and ${other}`);
  const expected = expectedRecord(start, local, remote, rule);
  if (result !== expected) expect.fail(`${where()}: ${result}, not ${expected}`);
  if (showDelta(applied) !== showDelta(merged.local)) {
    expect.fail(`${where()}: local′ says ${showDelta(merged.local)} but overwrites ${showDelta(applied)}`);
  }
}

/** Few values, so that all sequences of pending deltas can be tried: two that compare, and a list. */
const FEW_VALUES: readonly Value[] = [1n, 3n, ['x']];
const FEW_BASES: readonly BaseRecord[] = [undefined, { field: undefined }, { field: 2n }, { field: ['y'] }];

describe('laws of rebase, exhaustively: two pending deltas of one record over a remote one', () => {
  for (const rule of ALL_RULES) {
    test(`rule ${ruleTitle(rule)}`, () => {
      for (const base of FEW_BASES) {
        const start = deltaOf(base);
        const remotes = allDeltas(base, FEW_VALUES, 'r');
        forEachPending(base, (pending) => {
          for (const remote of remotes) checkRebase(start, pending, remote, rule);
        });
      }
    });
  }
});

function forEachPending(base: BaseRecord, visit: (pending: readonly DeltaInput[]) => void): void {
  for (const firstDelta of allDeltas(base, FEW_VALUES, 'l')) {
    const state = stateAfter(deltaOf(base));
    const first = state.apply(firstDelta);
    const fields = state.get('t', 'r');
    const between: BaseRecord = fields === undefined ? undefined : { field: fields.get('f') };
    for (const secondDelta of allDeltas(between, FEW_VALUES, 'm')) {
      visit([first, state.clone().apply(secondDelta)]);
    }
  }
}

function checkRebase(start: DeltaInput, pending: readonly DeltaInput[], remote: DeltaInput, rule: Rule): void {
  const where = (): string => `${showDelta(start)}: ${pending.map(showDelta).join(' then ')} × ${showDelta(remote)}`;
  const rules = rulesOf(rule);
  const merged = rebase(pending, remote, { rules });
  const whole = transform(compose(...pending), remote, { rules });

  const remoteFirst = stateAfter(start, remote);
  const applied = merged.pending.map((delta) => remoteFirst.apply(delta));
  const localFirst = stateAfter(start, ...pending, merged.remote);
  if (showState(remoteFirst) !== showState(localFirst)) {
    expect.fail(`${where()}: ${showState(remoteFirst)} and ${showState(localFirst)}`);
  }
  if (applied.map(showDelta).join() !== merged.pending.map(showDelta).join()) {
    expect.fail(
      `${where()}: says ${merged.pending.map(showDelta).join()}, overwrites ${applied.map(showDelta).join()}`,
    );
  }
  if (showDelta(compose(...merged.pending)) !== showDelta(whole.local)) {
    expect.fail(`${where()}: ${merged.pending.map(showDelta).join(' then ')}, as a whole ${showDelta(whole.local)}`);
  }
  if (showDelta(merged.remote) !== showDelta(whole.remote)) {
    expect.fail(`${where()}: remote′ ${showDelta(merged.remote)}, as a whole ${showDelta(whole.remote)}`);
  }
}
