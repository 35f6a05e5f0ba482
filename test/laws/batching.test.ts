import { describe, expect, test } from 'vitest';
import {
  compose,
  type Delta,
  type DeltaInput,
  formatState,
  type ListOp,
  parseDelta,
  parseState,
  ResolutionRules,
  type RuleName,
  rebase,
  transform,
  type WireChange,
} from '../../src/index.js';

// Every log delta is merged on its own. The counterexamples here show that composing first is another merge, so that
// nobody "optimises" it; the others show the limit that list ties have.

interface Outcome {
  readonly apart: unknown;
  readonly composed: unknown;
}

/** The fields of the record after local meets the remote deltas one by one, and after it meets them composed. */
function mergeBothWays(
  base: readonly unknown[],
  localChanges: readonly WireChange[],
  remoteChanges: readonly (readonly WireChange[])[],
  rule: RuleName = 'remote',
): Outcome {
  const rules = new ResolutionRules().set('t', 'f', rule);
  const local = parseState(base).apply(parseDelta(localChanges));
  const remotes = remoteChanges.map(parseDelta);
  const outcome = (log: readonly Delta[]): unknown => {
    const state = parseState(base);
    let pending = [local];
    for (const delta of log) {
      pending = rebase(pending, delta, { rules }).pending;
      state.apply(delta);
    }
    for (const delta of pending) state.apply(delta);
    return formatState(state)[0]?.data;
  };
  return { apart: outcome(remotes), composed: outcome([compose(...remotes)]) };
}

function row(data: unknown): unknown[] {
  return [{ tid: 't', rowid: 'r', data }];
}

function put(value: number): WireChange {
  return ['U', 't', 'r', { f: ['P', value] }];
}

describe('composing remote deltas before a merge changes results', () => {
  test('under max: a high value that the log takes back still beats local', () => {
    expect(mergeBothWays(row({ f: 0 }), [put(5)], [[put(9)], [put(1)]], 'max')).toEqual({
      apart: { f: 1 },
      composed: { f: 5 },
    });
  });

  test('under min: a low value that the log takes back still beats local', () => {
    expect(mergeBothWays(row({ f: 10 }), [put(5)], [[put(1)], [put(9)]], 'min')).toEqual({
      apart: { f: 9 },
      composed: { f: 5 },
    });
  });

  test('insert, insert, delete: the delete takes local’s record with it', () => {
    const remote: WireChange[][] = [[['I', 't', 'r', {}]], [['D', 't', 'r']]];
    expect(mergeBothWays([], [['I', 't', 'r', { f: 1 }]], remote)).toEqual({ apart: undefined, composed: { f: 1 } });
  });

  test('list ties: a deletion that has left the window no longer separates what was typed around it', () => {
    const local: WireChange[] = [
      ['U', 't', 'r', { f: ['LD', 0] }],
      ['U', 't', 'r', { f: ['LI', 1, 'local'] }],
    ];
    const remote: WireChange[][] = [[['U', 't', 'r', { f: ['LD', 1] }]], [['U', 't', 'r', { f: ['LI', 1, 'remote'] }]]];
    expect(mergeBothWays(row({ f: ['a', 'b'] }), local, remote)).toEqual({
      apart: { f: ['local', 'remote'] },
      composed: { f: ['remote', 'local'] },
    });
  });
});

describe('pending deltas meet a remote one as one sequence', () => {
  const listDelta = (...ops: readonly ListOp[]): DeltaInput => [
    { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'list', create: false, ops }]]) },
  ];
  // Local deletes an item and types where it stood; remote types after the item.
  const pending = [listDelta({ type: 'delete', index: 0 }), listDelta({ type: 'insert', index: 0, value: 'local' })];
  const remote = listDelta({ type: 'insert', index: 1, value: 'remote' });

  function listAfter(deltas: readonly Delta[]): unknown {
    const state = parseState(row({ f: ['a'] }));
    for (const delta of [remote, ...deltas]) state.apply(delta);
    return state.get('t', 'r')?.get('f');
  }

  test('so a deletion still anchors what was typed next, whichever delta it is in', () => {
    expect(listAfter(rebase(pending, remote).pending)).toEqual(['local', 'remote']);
  });

  test('where transforming them one by one loses the anchor, and the tie goes to remote', () => {
    const [first = [], second = []] = pending;
    const one = transform(first, remote);
    const other = transform(second, one.remote);
    expect(listAfter([one.local, other.local])).toEqual(['remote', 'local']);
  });
});
