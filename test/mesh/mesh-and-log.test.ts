import { describe, expect, it } from 'vitest';
import {
  type Change,
  compose,
  type Delta,
  deltaWithoutBefore,
  type FieldOp,
  formatState,
  type ListOp,
  RULE_NAMES,
  type RuleName,
  rebase,
  State,
  type Value,
} from '../../src/index.js';
import { type EventId, ownEvent } from '../../src/mesh/event.js';
import { Integrator } from '../../src/mesh/integrator.js';
import { type Edit, FIELD_EDITS, LIST_EDITS, onField, onList } from '../support/mesh-edits.js';

/** What one side does, delta by delta, on what it sees. */
type Branch = readonly Delta[];

const PLACE = { table: 't', record: 'r' } as const;

function baseOf(value: Value | undefined): Change[] {
  return [{ type: 'insert', ...PLACE, fields: new Map(value === undefined ? [] : [['f', value] as const]) }];
}

/** All branches of `length` deltas, each an edit that fits. */
function* branchesOf(base: State, edits: readonly Edit[], length: number): Generator<Branch> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const edit of edits) {
    const changes = edit(base.get(PLACE.table, PLACE.record));
    if (changes === undefined) continue;
    const state = base.clone();
    const applied = state.apply(changes);
    for (const rest of branchesOf(state, edits, length - 1)) yield [applied, ...rest];
  }
}

/** What a log comes to that has `remote`, and rebases `local` over it. */
function byLog(base: State, local: Branch, remote: Branch, rule: RuleName): string {
  const state = base.clone();
  let pending: readonly Delta[] = local;
  for (const delta of remote) {
    state.apply(delta);
    pending = rebase(pending, delta, { rules: { get: () => rule } }).pending;
  }
  for (const delta of pending) state.apply(delta);
  return JSON.stringify(formatState(state));
}

/** What a mesh comes to if `remote` is of the later agent. */
function byMesh(base: Delta, local: Branch, remote: Branch, rule: RuleName): string {
  const integrator = new Integrator();
  const rules = new Map([['t', new Map([['f', rule]])]]);
  const add = (agent: string, seq: number, parent: EventId | undefined, delta: Delta): void => {
    const parents = parent === undefined ? [] : [parent];
    integrator.integrate(ownEvent([agent, seq], parents, deltaWithoutBefore(delta), rules, undefined));
  };
  add('0', 1, undefined, base);
  for (const [agent, branch] of [['a', local] as const, ['b', remote] as const]) {
    for (const [at, delta] of branch.entries()) add(agent, at + 1, at === 0 ? ['0', 1] : [agent, at], delta);
  }
  return JSON.stringify(formatState(integrator.view));
}

interface Pair {
  readonly local: Branch;
  readonly remote: Branch;
  readonly rule: RuleName;
}

/** @param classOf names a difference; without a name it fails the test. */
function compareAll(
  value: Value | undefined,
  branches: (base: State) => Iterable<Branch>,
  rule: RuleName,
  classOf: (pair: Pair, base: State, mesh: string, log: string) => string | undefined,
  tally: Record<string, number> = {},
): Record<string, number> {
  const base = new State();
  const made = base.apply(baseOf(value));
  const all = [...branches(base)];
  for (const local of all) {
    for (const remote of all) {
      const mesh = byMesh(made, local, remote, rule);
      const log = byLog(base, local, remote, rule);
      const name = mesh === log ? 'equal' : classOf({ local, remote, rule }, base, mesh, log);
      if (name === undefined) expect({ local, remote, rule, mesh }).toEqual(log);
      else tally[name] = (tally[name] ?? 0) + 1;
    }
  }
  return tally;
}

function opsIn(branch: Branch): FieldOp[] {
  return branch.flatMap((delta) =>
    [...delta].flatMap((change) => (change.type === 'update' ? [...change.ops.values()] : [])),
  );
}

function listOpsIn(branch: Branch): ListOp[] {
  return opsIn(branch).flatMap((op) => (op.type === 'list' ? op.ops : []));
}

/** LIST-4 looks at the leading right-moves of a side, and LINE-4 at each location alone. */
function ofRightMoves({ local, remote }: Pair): string | undefined {
  const hasBoth = [local, remote].some((branch) => {
    const places = listOpsIn(branch).filter(({ type }) => type === 'insert' || type === 'move');
    return places.length > 1 && places.some((op) => op.type === 'move' && op.to > op.from);
  });
  return hasBoth ? 'right-move beside another' : undefined;
}

/** One operation on a list, of every kind and at every place. */
const SINGLE_OPS: readonly Edit[] = [0, 1, 2, 3].flatMap((index) => [
  onList((length) => (index > length ? [] : [{ type: 'insert', index, value: `i${index}` }])),
  onList((length) => (index >= length ? [] : [{ type: 'delete', index }])),
  onList((length) => (index >= length ? [] : [{ type: 'put', index, value: `p${index}` }])),
  ...[0, 1, 2, 3].map((to) =>
    onList((length) => (index >= length || to >= length || to === index ? [] : [{ type: 'move', from: index, to }])),
  ),
]);

/** Two operations of one delta. */
function* pairsOfOps(base: State): Generator<Branch> {
  for (const branch of branchesOf(base, SINGLE_OPS, 1)) yield branch;
  for (const [first, second] of branchesOf(base, SINGLE_OPS, 2)) yield [compose(first as Delta, second as Delta)];
}

/** An edit of a field that gives it a value of every type, or none. */
const VALUES: readonly Value[] = [1n, 5n, 2.5, 0.1, 'p', ['u']];
const VALUE_EDITS: readonly Edit[] = [
  ...VALUES.map((value) => onField(() => ({ type: 'put', value }))),
  ...FIELD_EDITS.slice(2),
];

describe('two concurrent events, and one merge of two deltas', () => {
  it('agree on lists, but for right-moves beside another new place of their author', () => {
    const tally: Record<string, number> = {};
    for (const items of [[], ['x'], ['x', 'y']]) {
      for (const rule of ['remote', 'local'] as const) {
        compareAll(items, pairsOfOps, rule, ofRightMoves, tally);
      }
    }
    for (const rule of RULE_NAMES) {
      compareAll(
        ['x', 'y', 'z'],
        (base) => branchesOf(base, SINGLE_OPS, 1),
        rule,
        () => undefined,
        tally,
      );
    }
    expect(tally).toEqual({ equal: 23_064, 'right-move beside another': 126 });
  });

  it('agree on a field, but for resets under sum and for the rounding of doubles', () => {
    const tally: Record<string, number> = {};
    const ofSum = ({ local, remote, rule }: Pair, _: State, mesh: string, log: string): string | undefined => {
      if (rule !== 'sum') return undefined;
      const isNumber = (value: Value): boolean => typeof value === 'number' || typeof value === 'bigint';
      const isReset = (branch: Branch): boolean =>
        opsIn(branch).some((op) => op.type === 'delete' || (op.type === 'put' && !isNumber(op.value)));
      if (isReset(local) !== isReset(remote)) return 'reset';
      const [left, right] = [mesh, log].map((rows) => (JSON.parse(rows) as { data: { f: unknown } }[])[0]?.data.f);
      return Math.abs(Number(left) - Number(right)) < 1e-9 ? 'rounding' : undefined;
    };
    for (const value of [undefined, 3n, 0.2, 'base', ['x', 'y']]) {
      for (const rule of RULE_NAMES) compareAll(value, (base) => branchesOf(base, VALUE_EDITS, 1), rule, ofSum, tally);
    }
    expect(tally).toEqual({ equal: 2559, reset: 42, rounding: 4 });
  });
});

describe('two branches of two events each, and a log that has one of them', () => {
  /** What the composed branches come to is what a log comes to that has each as one delta. */
  const isAsComposed = ({ local, remote, rule }: Pair, base: State, mesh: string): boolean => {
    const [mine, theirs] = [local, remote].map((branch) => [branch.reduce((one, other) => compose(one, other))]);
    return mesh === byLog(base, mine as Branch, theirs as Branch, rule);
  };

  const ofLists = (pair: Pair, base: State, mesh: string): string | undefined => {
    if (isAsComposed(pair, base, mesh)) return 'as composed';
    const isMoved = [pair.local, pair.remote].every((branch) => listOpsIn(branch).some(({ type }) => type === 'move'));
    return ofRightMoves(pair) ?? (isMoved ? 'moves by both' : undefined);
  };

  const ofFields = (pair: Pair, base: State, mesh: string): string => {
    if (isAsComposed(pair, base, mesh)) return 'as composed';
    const isOfLives = [...pair.local, ...pair.remote].some((delta) => [...delta].some(({ type }) => type !== 'update'));
    return isOfLives ? 'lives' : 'one by one';
  };

  it.each([
    ['remote', { equal: 2039, 'as composed': 18, 'moves by both': 4, 'right-move beside another': 55 }],
    ['local', { equal: 2031, 'as composed': 47, 'moves by both': 1, 'right-move beside another': 37 }],
  ] as const)('agree on most of what is done to a list under %s', (rule, counts) => {
    expect(compareAll(['x', 'y'], (base) => branchesOf(base, LIST_EDITS, 2), rule, ofLists)).toEqual(counts);
  });

  it.each([
    ['remote', { equal: 2031, 'as composed': 20, 'one by one': 62 }],
    ['local', { equal: 1967, 'as composed': 40, lives: 66, 'one by one': 40 }],
    ['max', { equal: 2043, 'as composed': 58, 'one by one': 12 }],
    ['min', { equal: 2003, 'as composed': 65, lives: 18, 'one by one': 27 }],
    ['sum', { equal: 1894, 'as composed': 37, lives: 32, 'one by one': 150 }],
  ] as const)('agree on most of what is done to a field under %s', (rule, counts) => {
    const tally: Record<string, number> = {};
    for (const value of [undefined, 5n]) {
      compareAll(value, (base) => branchesOf(base, FIELD_EDITS, 2), rule, ofFields, tally);
    }
    expect(tally).toEqual(counts);
  });
});
