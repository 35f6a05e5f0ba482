/** The outcomes of merges in the vectors, measured against the oracle, which shares nothing with the engine. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { arrayOf, type Json, type JsonObject, objectOf, textOf } from '../../spec/generator/json.js';
import {
  readDelta,
  readFields,
  readListOps,
  readRules,
  writeFields,
  writeListOps,
} from '../../spec/generator/vector-notation.js';
import {
  type Atom,
  compose,
  compress,
  type Delta,
  type DeltaInput,
  parseState,
  parseValue,
  type Rule,
} from '../../src/index.js';
import { applyDelta, mergeStates, type OracleState, recordKey } from '../oracle/delta-merge.js';
import { applyListOperations, mergeLists, transformListNaively } from '../oracle/list-merge.js';

const folder = resolve(import.meta.dirname, '../../spec/vectors');

/** The cases of a file that end in a merge, and not in an error. */
function mergesOf(file: string): JsonObject[] {
  const { cases } = objectOf(JSON.parse(readFileSync(resolve(folder, file), 'utf8')) as Json);
  return arrayOf(cases)
    .map(objectOf)
    .filter((vector) => vector['error'] === undefined);
}

function stateOf(rows: Json | undefined): OracleState {
  return new Map(
    arrayOf(rows).map((json) => {
      const { tid, rowid, data } = objectOf(json);
      return [recordKey(textOf(tid), textOf(rowid)), readFields(data)];
    }),
  );
}

/** Records and fields have no order in the oracle, so both are sorted away before anything is compared. */
function showState(state: OracleState): unknown {
  return Object.fromEntries([...state].map(([key, fields]) => [key, writeFields(fields)]));
}

function applyAll(base: OracleState, deltas: readonly DeltaInput[]): OracleState {
  return deltas.reduce<OracleState>(applyDelta, base);
}

/** One change for each record, or delete and insert, which is all that the oracle reads. */
function composed(deltas: readonly DeltaInput[]): Delta {
  return compose(...deltas);
}

function expectMerged(vector: JsonObject, local: readonly DeltaInput[], remote: DeltaInput): void {
  const rules = readRules(vector['rules']);
  const base = stateOf(vector['base']);
  const merged = mergeStates(base, composed(local), composed([remote]), (table, field) => rules.get(table, field));
  expect(showState(merged), textOf(vector['name'])).toEqual(showState(stateOf(vector['merged'])));
}

describe.each(['field-merges.json', 'record-merges.json'])('%s', (file) => {
  test('merges as the oracle merges the states', () => {
    for (const vector of mergesOf(file)) {
      expectMerged(vector, [readDelta(vector['local'])], readDelta(vector['remote']));
    }
  });

  test('both ways lead to the merged rows', () => {
    for (const vector of mergesOf(file)) {
      const [base, merged] = [stateOf(vector['base']), showState(stateOf(vector['merged']))];
      const { local, remote, rebasedLocal, rebasedRemote } = vector;
      const remoteFirst = applyAll(base, [remote, rebasedLocal].map(readDelta));
      const localFirst = applyAll(base, [local, rebasedRemote].map(readDelta));
      expect([remoteFirst, localFirst].map(showState), textOf(vector['name'])).toEqual([merged, merged]);
    }
  });
});

describe('rebase.json', () => {
  const vectors = mergesOf('rebase.json');
  const deltas = (json: Json | undefined): DeltaInput[] => arrayOf(json).map(readDelta);

  test('one remote delta merges as the oracle merges the states, the pending deltas composed', () => {
    const single = vectors.filter(({ remotes }) => arrayOf(remotes).length === 1);
    expect(single.length).toBeGreaterThan(0);
    for (const vector of single) {
      expectMerged(vector, deltas(vector['pending']), composed(deltas(vector['remotes'])));
    }
  });

  test('both ways lead to the merged rows', () => {
    for (const vector of vectors) {
      const [base, merged] = [stateOf(vector['base']), showState(stateOf(vector['merged']))];
      const { pending, remotes, rebasedPending, rebasedRemotes } = vector;
      const remoteFirst = applyAll(base, [...deltas(remotes), ...deltas(rebasedPending)]);
      const localFirst = applyAll(base, [...deltas(pending), ...deltas(rebasedRemotes)]);
      expect([remoteFirst, localFirst].map(showState), textOf(vector['name'])).toEqual([merged, merged]);
    }
  });

  test('delivered in two batches and composed, the same remote edits end differently', () => {
    const batches = new Map<string, Json[]>();
    for (const { name, merged } of vectors) {
      const [, title, kind] = /^batches: (.*), (one by one|composed)$/.exec(textOf(name)) ?? [];
      if (title !== undefined && kind !== undefined)
        batches.set(title, [...(batches.get(title) ?? []), merged ?? null]);
    }
    expect(batches.size).toBe(5);
    for (const [title, [oneByOne, together]] of batches) expect(oneByOne, title).not.toEqual(together);
  });
});

describe('list-merges.json', () => {
  const vectors = mergesOf('list-merges.json').map((vector) => ({
    name: textOf(vector['name']),
    base: itemsOf(vector['base']),
    local: readListOps(vector['local']),
    remote: readListOps(vector['remote']),
    rule: textOf(vector['rule']) as Rule,
    isOwn: (index: number) => arrayOf(vector['own'] ?? []).includes(index),
    merged: itemsOf(vector['merged']),
    rebasedLocal: readListOps(vector['rebasedLocal']),
    rebasedRemote: readListOps(vector['rebasedRemote']),
  }));

  test('merges as the oracle reads the list off the merged order', () => {
    for (const { name, base, local, remote, rule, isOwn, merged } of vectors) {
      expect(mergeLists(base, local, remote, rule, isOwn), name).toEqual(merged);
    }
  });

  test('the operations are those of the naive twin', () => {
    for (const { name, base, local, remote, rule, isOwn, rebasedLocal, rebasedRemote } of vectors) {
      const twin = transformListNaively(withBefore(base, local), remote, rule, isOwn);
      expect(writeListOps(twin.local), name).toEqual(writeListOps(rebasedLocal));
      expect(writeListOps(twin.remote), name).toEqual(writeListOps(rebasedRemote));
    }
  });

  test('both ways lead to the merged list', () => {
    for (const { name, base, local, remote, merged, rebasedLocal, rebasedRemote } of vectors) {
      expect(applyListOperations(applyListOperations(base, remote), rebasedLocal), name).toEqual(merged);
      expect(applyListOperations(applyListOperations(base, local), rebasedRemote), name).toEqual(merged);
    }
  });
});

describe('local′ of applied deltas', () => {
  test('says what it overwrites after remote', () => {
    for (const vector of [...mergesOf('field-merges.json'), ...mergesOf('record-merges.json')]) {
      if (vector['applied'] === false) continue;
      const state = parseState(vector['base']);
      state.apply(readDelta(vector['remote']));
      const rebased = compress(readDelta(vector['rebasedLocal']));
      expect(compress(state.apply(rebased)), textOf(vector['name'])).toEqual(rebased);
    }
  });
});

function itemsOf(json: Json | undefined): Atom[] {
  return arrayOf(json).map((item) => parseValue(item) as Atom);
}

/** The operations with what each of them overwrites on the list. */
function withBefore(base: readonly Atom[], ops: ReturnType<typeof readListOps>): ReturnType<typeof readListOps> {
  let list = [...base];
  return ops.map((op) => {
    const before = op.type === 'put' || op.type === 'delete' ? list[op.index] : undefined;
    list = applyListOperations(list, [op]);
    return before === undefined ? op : { ...op, before };
  });
}
