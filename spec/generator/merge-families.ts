/** Merges of fields, records and lists, and of several pending deltas. */

import {
  type Conflict,
  type DeltaInput,
  formatState,
  parseState,
  type Rule,
  rebase,
  transform,
  transformList,
} from '../../src/index.js';
import { type CaseReader, readCases } from './case-reader.js';
import type { Family } from './family.js';
import { arrayOf, asJson, type Json, type JsonObject, textOf } from './json.js';
import {
  answerOrError,
  readDelta,
  readListOps,
  readRules,
  writeConflict,
  writeDelta,
  writeListOps,
} from './vector-notation.js';

const MERGE_OUTPUTS = ['merged', 'rebasedLocal', 'rebasedRemote', 'conflicts'];

export const fieldMerges: Family = {
  file: 'field-merges.json',
  description:
    'A local and a remote delta on the same base, field by field: the merged rows, what each side applies after the other’s delta, and the conflicts.',
  inputs: () => readCases('field-merges.txt').map(readMerge),
  outputs: MERGE_OUTPUTS,
  complete: completeMerge,
};

export const recordMerges: Family = {
  file: 'record-merges.json',
  description:
    'A local and a remote delta on the same base, record by record: the merged rows, what each side applies after the other’s delta, and the conflicts.',
  inputs: () => readCases('record-merges.txt').map(readMerge),
  outputs: MERGE_OUTPUTS,
  complete: completeMerge,
};

function readMerge(line: CaseReader): JsonObject {
  const rules = line.column().rules();
  const [base, local, remote] = [line.column().rows(), line.column().delta(), line.column().delta()];
  return { name: line.name, base, local, remote, rules, ...line.options() };
}

/** Both deltas are applied to the base before they are merged, unless the case says that they are not. */
function completeMerge(input: JsonObject): JsonObject {
  return answerOrError(() => {
    const conflicts: Conflict[] = [];
    const [remote = []] = deltasOn(input, [readDelta(input['remote'])]);
    const [local = []] = deltasOn(input, [readDelta(input['local'])]);
    const merged = transform(local, remote, {
      rules: readRules(input['rules']),
      onConflict: (conflict) => conflicts.push(conflict),
    });
    return {
      merged: rowsAfter(input, [remote, merged.local]),
      rebasedLocal: writeDelta(merged.local),
      rebasedRemote: writeDelta(merged.remote),
      conflicts: conflicts.map(writeConflict),
    };
  });
}

export const rebasing: Family = {
  file: 'rebase.json',
  description:
    'Pending local deltas, made one after the other, rebased over remote deltas one by one: the merged rows, what is left of every delta, and the conflicts.',
  inputs: () =>
    readCases('rebase.txt').map((line) => {
      const rules = line.column().rules();
      const [base, pending, remotes] = [line.column().rows(), line.column().deltas(), line.column().deltas()];
      return { name: line.name, base, pending, remotes, rules, ...line.options() };
    }),
  outputs: ['merged', 'rebasedPending', 'rebasedRemotes', 'conflicts'],
  // The remote deltas meet the pending ones in turn, each with what the ones before it left.
  complete: (input) =>
    answerOrError(() => {
      const conflicts: Conflict[] = [];
      const remotes = deltasOn(input, arrayOf(input['remotes']).map(readDelta));
      const rules = readRules(input['rules']);
      let pending = deltasOn(input, arrayOf(input['pending']).map(readDelta));
      const rebasedRemotes = remotes.map((remote) => {
        const merged = rebase(pending, remote, { rules, onConflict: (conflict) => conflicts.push(conflict) });
        pending = merged.pending;
        return merged.remote;
      });
      return {
        merged: rowsAfter(input, [...remotes, ...pending]),
        rebasedPending: pending.map(writeDelta),
        rebasedRemotes: rebasedRemotes.map(writeDelta),
        conflicts: conflicts.map(writeConflict),
      };
    }),
};

/** The deltas with what they overwrite, one after the other, on the base of a case. */
function deltasOn({ base, applied }: JsonObject, deltas: readonly DeltaInput[]): readonly DeltaInput[] {
  if (applied === false) return deltas;
  const state = parseState(base);
  return deltas.map((delta) => state.apply(delta));
}

function rowsAfter({ base }: JsonObject, deltas: readonly DeltaInput[]): Json {
  const state = parseState(base);
  for (const delta of deltas) state.apply(delta);
  return asJson(formatState(state));
}

export const listMerges: Family = {
  file: 'list-merges.json',
  description:
    'Local and remote operations on the same list: the merged list, and what each side applies after the other’s operations. First all pairs of single operations on lists of 0 to 2 items, then those behind own items, then chosen longer ones.',
  inputs: () =>
    readCases('list-merges.txt').flatMap((line) => {
      const rule = line.column().word();
      const base = line.column().take('-') ? [] : [...line.word()];
      if (line.name === 'every pair of operations') return pairsOn(base, rule);
      if (line.name === 'every pair for every choice of own items') return pairsWithOwn(base, rule);
      const [local, remote] = [line.column().listOperations(), line.column().listOperations()];
      return [{ name: line.name, base, local, remote, rule, ...line.options() }];
    }),
  outputs: ['merged', 'rebasedLocal', 'rebasedRemote'],
  complete: ({ base, local, remote, rule, own }) => {
    const ofRemote = editList(arrayOf(base), arrayOf(remote));
    const ofLocal = editList(arrayOf(base), arrayOf(local));
    const ownItems = own === undefined ? [] : arrayOf(own);
    const merged = transformList(readListOps(ofLocal.ops), readListOps(ofRemote.ops), {
      rule: textOf(rule) as Rule,
      isOwn: (index) => ownItems.includes(index),
    });
    const rebasedLocal = writeListOps(merged.local);
    return {
      merged: editList(ofRemote.items, arrayOf(rebasedLocal)).items,
      rebasedLocal,
      rebasedRemote: writeListOps(merged.remote),
    };
  },
};

/** Every operation of one side with every operation of the other. */
function pairsOn(base: readonly string[], rule: string): JsonObject[] {
  return operationsOn(base.length, 'l').flatMap((local) =>
    operationsOn(base.length, 'r').map((remote) => ({
      name: `pair ${rule}: ${base.join('') || 'empty'}: ${local.join(' ')} × ${remote.join(' ')}`,
      base,
      local: [local],
      remote: [remote],
      rule,
    })),
  );
}

/** Every operation of local that makes an element with every operation of remote, for every set of own items. */
function pairsWithOwn(base: readonly string[], rule: string): JsonObject[] {
  const append = ['LI', base.length, 'l', 'end'];
  const making = operationsOn(base.length, 'l').filter(([kind]) => kind === 'LI' || kind === 'LM');
  return ownSets(base.length).flatMap((own) =>
    [...making, append].flatMap((local) =>
      operationsOn(base.length, 'r').map((remote) => ({
        name: `own ${own.join(' ')} ${rule}: ${base.join('')}: ${local.join(' ')} × ${remote.join(' ')}`,
        ...{ base, local: [local], remote: [remote], rule, own },
      })),
    ),
  );
}

/** All sets of indexes but the empty one. */
function ownSets(length: number): number[][] {
  const sets = Array.from({ length: 2 ** length - 1 }, (_, number) => number + 1);
  return sets.map((set) =>
    Array.from({ length }, (_, index) => index).filter((index) => Math.floor(set / 2 ** index) % 2),
  );
}

function operationsOn(length: number, value: string): (readonly (string | number)[])[] {
  const indexes = Array.from({ length }, (_, index) => index);
  return [
    ...indexes.map((index) => ['LP', index, value]),
    ...[...indexes, length].map((index) => ['LI', index, value]),
    ...indexes.map((index) => ['LD', index]),
    ...indexes.flatMap((from) => indexes.map((to) => ['LM', from, to])),
  ];
}

/** The list after the operations, and the operations with what they overwrote. */
function editList(items: readonly Json[], ops: readonly Json[]): { items: readonly Json[]; ops: Json } {
  const state = parseState([{ tid: 't', rowid: 'r', data: { f: items } }]);
  const list = { type: 'list' as const, create: false, ops: readListOps(ops) };
  const [change] = state.apply([{ type: 'update', table: 't', record: 'r', ops: new Map([['f', list]]) }]);
  const op = change?.type === 'update' ? change.ops.get('f') : undefined;
  const [row] = formatState(state);
  return { items: arrayOf(asJson(row?.data['f'])), ops: op?.type === 'list' ? writeListOps(op.ops) : [] };
}
