import { type Rule, State, transformList } from '../../src/index.js';
import { rowsOf } from './changes.js';
import type { Family } from './family.js';
import { arrayOf, asJson, type Json, type JsonObject, textOf } from './json.js';
import { ITEM_SCENES } from './list-item-scenes.js';
import { PLACE_SCENES } from './list-place-scenes.js';
import { readListOps, writeListOps } from './notation.js';

const BASES: readonly (readonly string[])[] = [[], ['a'], ['a', 'b']];

export const listMerges: Family = {
  file: 'list-merges.json',
  description:
    'Local and remote operations on the same list: what both sides end with, and what each applies after the other’s. First all pairs of single operations on lists of 0 to 2 items, then chosen longer ones.',
  inputs: [
    ...['remote', 'local'].flatMap((rule) => BASES.flatMap((base) => pairsOn(base, rule))),
    ...[...PLACE_SCENES, ...ITEM_SCENES].map(([name, rule, base, local, remote]) => ({
      name,
      base: [...base],
      local,
      remote,
      rule,
    })),
  ],
  outputs: ['merged', 'rebasedLocal', 'rebasedRemote'],
  complete: ({ base, local, remote, rule }: JsonObject): JsonObject => {
    const ofRemote = editList(arrayOf(base), arrayOf(remote));
    const ofLocal = editList(arrayOf(base), arrayOf(local));
    const merged = transformList(readListOps(ofLocal.ops), readListOps(ofRemote.ops), { rule: textOf(rule) as Rule });
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
  const state = State.fromRows(rowsOf({ f: items }));
  const list = { type: 'list' as const, create: false, ops: readListOps(ops) };
  const [change] = state.apply([{ type: 'update', table: 't', record: 'r', ops: new Map([['f', list]]) }]);
  const op = change?.type === 'update' ? change.ops.get('f') : undefined;
  const [row] = state.toRows();
  return { items: arrayOf(asJson(row?.data['f'])), ops: op?.type === 'list' ? writeListOps(op.ops) : [] };
}
