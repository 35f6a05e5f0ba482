import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Change, compose, type Delta, type FieldOp, ResolutionRules, rebase, State } from '../../src/index.js';
import { Replica, Sequencer } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';
import { showDelta, showState } from '../support/show.js';

/**
 * A list that was created merges with one that others created in the same record, whether or not the record is new as
 * well, and so wherever the edits were cut into deltas.
 */

/** One thing to do to the record and its field, if it is possible there. */
type Act = 'insert' | 'create' | 'push' | 'put' | 'putList' | 'deleteField' | 'deleteRecord';

const ACTS: readonly Act[] = ['insert', 'create', 'push', 'put', 'putList', 'deleteField', 'deleteRecord'];
const WITHOUT_DELETES: readonly Act[] = ['insert', 'create', 'push', 'put', 'putList'];

function update(op: FieldOp): Change {
  return { type: 'update', table: 't', record: 'r', ops: new Map([['f', op]]) };
}

/** The change that an act is in a state, or nothing where it is not possible. */
function changeOf(act: Act, state: Pick<State, 'get'>, tag: string): Change | undefined {
  const fields = state.get('t', 'r');
  if (act === 'insert') {
    return fields === undefined ? { type: 'insert', table: 't', record: 'r', fields: new Map() } : undefined;
  }
  if (fields === undefined) return undefined;
  const value = fields.get('f');
  switch (act) {
    case 'create':
      return value === undefined ? update({ type: 'list', create: true, ops: [] }) : undefined;
    case 'push':
      return Array.isArray(value)
        ? update({ type: 'list', create: false, ops: [{ type: 'insert', index: value.length, value: tag }] })
        : undefined;
    case 'put':
      return update({ type: 'put', value: tag });
    case 'putList':
      return update({ type: 'put', value: [tag] });
    case 'deleteField':
      return update({ type: 'delete' });
    case 'deleteRecord':
      return { type: 'delete', table: 't', record: 'r' };
  }
}

/** All sequences of up to `most` possible changes, each applied on its own, as one delta a change. */
function sequences(start: State, acts: readonly Act[], tag: string, most: number): (readonly Delta[])[] {
  const found: (readonly Delta[])[] = [[]];
  if (most === 0) return found;
  for (const act of acts) {
    const state = start.clone();
    const change = changeOf(act, state, `${tag}${most}`);
    if (change === undefined) continue;
    const applied = state.apply([change]);
    for (const rest of sequences(state, acts, tag, most - 1)) found.push([applied, ...rest]);
  }
  return found;
}

/** Every way to cut a sequence into deltas. */
function cutsOf(sequence: readonly Delta[]): Delta[][] {
  const [first, ...rest] = sequence;
  if (first === undefined) return [[]];
  return cutsOf(rest).flatMap((cut) => {
    const [next, ...others] = cut;
    return next === undefined
      ? [[first]]
      : [
          [first, ...cut],
          [compose(first, next), ...others],
        ];
  });
}

function stateOf(...deltas: readonly Iterable<Change>[]): State {
  const state = new State();
  for (const delta of deltas) state.apply(delta);
  return state;
}

const insertWith = (fields: [string, string[]][]): Change => ({
  ...{ type: 'insert', table: 't', record: 'r' },
  fields: new Map(fields),
});
const STARTS: readonly (readonly [string, readonly Change[]])[] = [
  ['no record', []],
  ['a record without the field', [insertWith([])]],
  ['a record with a list', [insertWith([['f', ['y']]])]],
];

describe('the outcome does not depend on where edits were cut into deltas, exhaustively', () => {
  for (const rule of ['remote', 'local'] as const) {
    test.each(STARTS)(`pending deltas under rule ${rule}, over %s`, (_name, start) => {
      const rules = new ResolutionRules().set('t', 'f', rule);
      const base = stateOf(start);
      const remotes = sequences(base, ACTS, 'r', 3).map((deltas) => compose(...deltas));
      for (const local of sequences(base, ACTS, 'l', start.length === 0 ? 4 : 3)) {
        const whole = compose(...local);
        for (const cut of cutsOf(local)) {
          const composed = compose(...cut);
          if (!composed.equals(whole)) expect.fail(`${cut.map(showDelta).join()}: ${showDelta(composed)}`);
        }
        for (const remote of remotes) {
          const expected = rebase([whole], remote, { rules });
          const [merged] = expected.pending;
          for (const cut of cutsOf(local)) {
            const { pending, remote: rebased } = rebase(cut, remote, { rules });
            const where = `${cut.map(showDelta).join(' then ')} × ${showDelta(remote)}`;
            if (merged?.equals(compose(...pending)) === false)
              expect.fail(`${where}: ${pending.map(showDelta).join()}`);
            if (!rebased.equals(expected.remote)) expect.fail(`${where}: remote′ ${showDelta(rebased)}`);
          }
          const [ours, theirs] = [stateOf(start, remote, merged ?? []), stateOf(start, whole, expected.remote)];
          if (showState(ours) !== showState(theirs)) expect.fail(`${showDelta(whole)} × ${showDelta(remote)}`);
        }
      }
    });
  }

  test.each(STARTS)('remote deltas that delete nothing, over %s', (_name, start) => {
    const base = stateOf(start);
    const locals = sequences(base, ACTS, 'l', 3).map((deltas) => compose(...deltas));
    for (const remote of sequences(base, WITHOUT_DELETES, 'r', 3)) {
      for (const local of locals) {
        const outcomes = new Set(cutsOf(remote).map((cut) => outcomeOver(start, local, cut)));
        if (outcomes.size > 1) expect.fail(`${showDelta(local)} × ${remote.map(showDelta).join()}: ${[...outcomes]}`);
      }
    }
  });
});

/** The state after remote deltas, merged one by one, and what is left of local. */
function outcomeOver(start: readonly Change[], local: Delta, remotes: readonly Delta[]): string {
  let left: readonly Delta[] = [local];
  for (const remote of remotes) left = rebase(left, remote).pending;
  return showState(stateOf(start, ...remotes, ...left));
}

describe('replicas', () => {
  const arbitraryActs = fc.array(fc.constantFrom(...ACTS), { maxLength: 8 });

  test('end alike wherever one of them called sync, if nobody else’s edit came between', () => {
    const isCut = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(arbitraryActs, arbitraryActs, isCut, (annActs, bobActs, cuts) => {
        expect(outcomeOf(annActs, bobActs, cuts)).toEqual(outcomeOf(annActs, bobActs, []));
      }),
      { numRuns: runs(150) },
    );
  });

  test('end alike whether one of them hears of the log or of a snapshot, if nothing but lists is made', () => {
    const arbitraryCreation = fc.array(fc.constantFrom('insert', 'create', 'push', 'push' as const), { maxLength: 6 });
    const isCut = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(arbitraryCreation, arbitraryCreation, isCut, (annActs, bobActs, cuts) => {
        const [log, snapshot] = [false, true].map((isTrimmed) => outcomeOf(annActs, bobActs, cuts, isTrimmed));
        expect(snapshot).toBe(log);
      }),
      { numRuns: runs(100) },
    );
  });

  test('keep the items of both where one put the list that the other created, and a snapshot does not tell', () => {
    expect(outcomeOf(['insert', 'create', 'push'], ['insert', 'putList'], [], true)).toContain('["b1","a2"]');
    expect(outcomeOf(['insert', 'create', 'push'], ['insert', 'putList'], [])).toContain('["b1"]');
  });

  test('keep the items of both where both made the record and its list', () => {
    expect(outcomeOf(['insert', 'create', 'push'], ['insert', 'create', 'push'], [])).toContain('["b2","a2"]');
    expect(outcomeOf(['insert', 'create', 'push'], ['insert', 'create', 'push'], [true])).toContain('["b2","a2"]');
  });
});

/** What both show in the end, where Bob's edits reach the log before Ann's. */
function outcomeOf(
  annActs: readonly Act[],
  bobActs: readonly Act[],
  cuts: readonly boolean[],
  isTrimmed = false,
): string {
  const sequencer = new Sequencer();
  const ann = replicaOf('a', annActs, cuts);
  const bob = replicaOf('b', bobActs, []);
  for (const replica of [bob, ann, bob]) {
    replica.sync(new Date(0));
    if (isTrimmed && replica === ann) sequencer.trim(sequencer.revision);
    for (let round = 0; round < 20; round++) {
      replica.receive(sequencer.answer(replica.request(), 'owner'));
      replica.sync(new Date(0));
      const put = replica.outgoing();
      if (put === undefined && replica.status.needsReload) continue;
      if (put === undefined) break;
      replica.receive(sequencer.answer(put, 'owner'));
      replica.sync(new Date(0));
    }
  }
  const seen = [ann, bob].map((replica) => JSON.stringify([...(replica.get('t', 'r') ?? [])]));
  expect(seen[0]).toBe(seen[1]);
  return seen[0] ?? '';
}

function replicaOf(name: string, acts: readonly Act[], cuts: readonly boolean[]): Replica {
  let nonces = 0;
  const replica = new Replica({ nextNonce: () => `${name}${++nonces}` });
  for (const [at, act] of acts.entries()) {
    const change = changeOf(act, replica, `${name}${at}`);
    if (change !== undefined) replica.apply([change]);
    if (cuts[at] === true) replica.sync(new Date(0));
  }
  return replica;
}
