/**
 * The oracle must be right before anything is measured against it: here it meets the known merge results, which were
 * recorded elsewhere, and law 1, exhaustively at small scope.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Atom, ListOp, Rule } from '../../src/index.js';
import { applyListOperations, mergeLists, transformListNaively } from './list-merge.js';

const vectorsPath = fileURLToPath(new URL('../../../shared/vectors/list-pairs.jsonl', import.meta.url));
const vectorsAreMissing = !existsSync(vectorsPath);

describe('the known merge results', () => {
  const note = vectorsAreMissing ? ` (skipped: there is no ${vectorsPath})` : '';
  it.skipIf(vectorsAreMissing)(`mergeLists and both transformed sides give every recorded result${note}`, () => {
    const lines = readFileSync(vectorsPath, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const { base, local, remote, rule, result } = readCase(line);
      expect(mergeLists(base, [local], [remote], rule), line).toEqual(result);
      expectConvergence(base, [local], [remote], rule, line);
    }
  });
});

describe('law 1: base·remote·local′ = base·local·remote′ = mergeLists', () => {
  const rules: readonly Rule[] = ['remote', 'local', 'max'];
  for (const rule of rules) {
    for (const length of [0, 1, 2]) {
      it(`holds for all pairs of 1–2 operations on ${length} items under rule ${rule}`, () => {
        const base = ['base0', 'base1'].slice(0, length);
        // Under max, the first value of either side loses to, and the second wins over, the first of the other side.
        const localSequences = sequences(base, ['k', 'z']);
        const remoteSequences = sequences(base, ['m', 'p']);
        for (const local of localSequences) {
          for (const remote of remoteSequences) expectConvergence(base, local, remote, rule);
        }
      });
    }
  }
});

describe('the value that a local operation overwrites', () => {
  it('is carried by local′ exactly when local carries it, and never by remote′', () => {
    const base = ['base0', 'base1'];
    const localSequences = sequences(base, ['k', 'z']);
    const remoteSequences = sequences(base, ['m', 'p']);
    for (const local of localSequences) {
      const applied = withBefore(base, local);
      for (const remote of remoteSequences) {
        const bare = transformListNaively(local, remote, 'max');
        const carried = transformListNaively(applied, withBefore(base, remote), 'max');
        expectSame(carried.local, withBefore(applyListOperations(base, remote), bare.local), local, remote);
        expectSame(carried.remote, bare.remote, local, remote);
        if ([...bare.local, ...bare.remote].some((operation) => 'before' in operation)) expect.fail('before appeared');
      }
    }
  });
});

describe('single sentences of the list rules', () => {
  const insert = (index: number, value: Atom): ListOp => ({ type: 'insert', index, value });

  it('"precedes whatever was deleted there before": an insert before a deleted item stays before it', () => {
    const local: ListOp[] = [{ type: 'delete', index: 0 }, insert(0, 'local')];
    expect(mergeLists(['gone'], local, [insert(1, 'remote')], 'remote')).toEqual(['local', 'remote']);
  });

  it('"local head, remote head, remote tail, local tail"', () => {
    const local: ListOp[] = [{ type: 'move', from: 0, to: 2 }, insert(3, 'local')];
    const remote: ListOp[] = [{ type: 'move', from: 1, to: 2 }, insert(3, 'remote')];
    expect(mergeLists(['a', 'b', 'c'], local, remote, 'local')).toEqual(['c', 'a', 'b', 'remote', 'local']);
  });

  it('"put by both, the rule decides", and sum and functions act as remote', () => {
    const low: ListOp[] = [{ type: 'put', index: 0, value: 'low' }];
    const high: ListOp[] = [{ type: 'put', index: 0, value: 'up' }];
    const winners = { remote: 'up', local: 'low', max: 'up', min: 'low', sum: 'up' } as const;
    for (const rule of ['remote', 'local', 'max', 'min', 'sum'] as const) {
      expect(mergeLists(['base'], low, high, rule), rule).toEqual([winners[rule]]);
    }
    expect(mergeLists(['base'], high, low, 'max')).toEqual(['up']);
    expect(mergeLists(['base'], high, low, 'min')).toEqual(['low']);
    expect(mergeLists(['base'], low, high, () => 'function')).toEqual(['up']);
  });

  it('"the loser’s puts on that item are all dropped", judged by the last put, and on a tie local stays', () => {
    const put = (value: Atom): ListOp => ({ type: 'put', index: 0, value });
    expect(transformListNaively([put('z'), put('a')], [put('m')], 'max')).toEqual({ local: [], remote: [put('m')] });
    expect(transformListNaively([put('m')], [put('m')], 'max')).toEqual({ local: [put('m')], remote: [] });
    expect(transformListNaively([put('m')], [put('m')], 'remote')).toEqual({ local: [], remote: [put('m')] });
  });

  it('"moved by both, remote’s place, but local’s under rule local"', () => {
    const local: ListOp[] = [{ type: 'move', from: 0, to: 1 }];
    const remote: ListOp[] = [{ type: 'move', from: 0, to: 2 }];
    expect(mergeLists(['a', 'b', 'c'], local, remote, 'remote')).toEqual(['b', 'c', 'a']);
    expect(mergeLists(['a', 'b', 'c'], local, remote, 'local')).toEqual(['b', 'a', 'c']);
    expect(mergeLists(['a', 'b', 'c'], local, remote, 'max')).toEqual(['b', 'c', 'a']);
  });

  it('"a move with from = to does nothing at all", so it does not contend for the place', () => {
    const move: ListOp = { type: 'move', from: 0, to: 1 };
    expect(mergeLists(['a', 'b'], [move], [{ type: 'move', from: 0, to: 0 }], 'remote')).toEqual(['b', 'a']);
  });
});

function expectConvergence(
  base: readonly Atom[],
  local: readonly ListOp[],
  remote: readonly ListOp[],
  rule: Rule,
  message?: string,
): void {
  const merged = mergeLists(base, local, remote, rule);
  const transformed = transformListNaively(local, remote, rule);
  const afterRemote = applyListOperations(applyListOperations(base, remote), transformed.local);
  const afterLocal = applyListOperations(applyListOperations(base, local), transformed.remote);
  expectSame(afterRemote, merged, message, base, local, remote, rule);
  expectSame(afterLocal, merged, message, base, local, remote, rule);
}

/** Comparing text first keeps the exhaustive loops quick: `expect` runs only where something differs. */
function expectSame(actual: unknown, expected: unknown, ...context: readonly unknown[]): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual, JSON.stringify(context)).toEqual(expected);
}

/** All sequences of one and two operations that fit the list, the n-th operation putting or inserting the n-th value. */
function sequences(base: readonly Atom[], values: readonly [Atom, Atom]): ListOp[][] {
  const singles = operationsOn(base.length, values[0]).map((first) => [first]);
  const pairs = singles.flatMap((single) =>
    operationsOn(applyListOperations(base, single).length, values[1]).map((second) => [...single, second]),
  );
  return [...singles, ...pairs];
}

function operationsOn(length: number, value: Atom): ListOp[] {
  const indexes = Array.from({ length }, (_, index) => index);
  return [
    ...indexes.map((index): ListOp => ({ type: 'put', index, value })),
    ...[...indexes, length].map((index): ListOp => ({ type: 'insert', index, value })),
    ...indexes.map((index): ListOp => ({ type: 'delete', index })),
    ...indexes.flatMap((from) => indexes.map((to): ListOp => ({ type: 'move', from, to }))),
  ];
}

/** The operations with what each of them overwrites when they are applied to the list. */
function withBefore(base: readonly Atom[], operations: readonly ListOp[]): ListOp[] {
  let list = [...base];
  return operations.map((operation) => {
    const before = operation.type === 'put' || operation.type === 'delete' ? list[operation.index] : undefined;
    list = applyListOperations(list, [operation]);
    return before === undefined ? operation : { ...operation, before };
  });
}

interface KnownCase {
  readonly base: readonly Atom[];
  readonly local: ListOp;
  readonly remote: ListOp;
  readonly rule: 'remote';
  readonly result: readonly Atom[];
}

/** Reads one line of the vectors and refuses whatever the recorded cases do not contain. */
function readCase(line: string): KnownCase {
  const { base, local, remote, rule, result } = JSON.parse(line) as Record<string, unknown>;
  if (rule !== 'remote') throw new Error(`An unexpected rule: ${line}`);
  return {
    base: readStrings(base),
    local: readWireOperation(local),
    remote: readWireOperation(remote),
    rule,
    result: readStrings(result),
  };
}

function readStrings(json: unknown): string[] {
  if (!Array.isArray(json) || !json.every((item): item is string => typeof item === 'string')) {
    throw new Error(`Not a list of strings: ${JSON.stringify(json)}`);
  }
  return json;
}

function readWireOperation(json: unknown): ListOp {
  if (!Array.isArray(json)) throw new Error(`Not an operation: ${JSON.stringify(json)}`);
  const [type, first, second] = json as readonly unknown[];
  if (typeof first === 'number') {
    if (type === 'LP' && typeof second === 'string') return { type: 'put', index: first, value: second };
    if (type === 'LI' && typeof second === 'string') return { type: 'insert', index: first, value: second };
    if (type === 'LD' && second === undefined) return { type: 'delete', index: first };
    if (type === 'LM' && typeof second === 'number') return { type: 'move', from: first, to: second };
  }
  throw new Error(`Not a list operation: ${JSON.stringify(json)}`);
}
