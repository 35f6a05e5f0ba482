import { insert, remove, rowsOf, update } from './changes.js';
import type { Family } from './family.js';
import type { Json } from './json.js';
import { completeRebase, REBASE_OUTPUTS } from './merging.js';

type Deltas = readonly (readonly Json[])[];
type RebaseCase = readonly [name: string, rule: string, base: Json, pending: Deltas, remotes: Deltas];

const BASE = rowsOf({ f: 0 });
const ABSENT = rowsOf({});
const long = (decimal: number): Json => ({ I: String(decimal) });
const put = (value: Json): readonly Json[] => [update({ f: ['P', value] })];
const op = (...wire: readonly Json[]): readonly Json[] => [update({ f: wire })];
const ops = (...wires: readonly Json[]): readonly Json[] => wires.map((wire) => update({ f: wire }));

const VALUES: readonly RebaseCase[] = [
  ['no pending delta', 'remote', BASE, [], [put(5)]],
  ['an empty pending delta keeps its place', 'local', BASE, [put(1), [], put(2)], [put(5)]],
  ['remote: all pending puts are dropped', 'remote', BASE, [put(1), put(2)], [put(5)]],
  ['local: all pending puts stay', 'local', BASE, [put(1), put(2)], [put(5)]],
  ['max: the last value loses, so none stays', 'max', BASE, [put(9), put(3)], [put(5)]],
  ['max: what loses before any stays is dropped', 'max', BASE, [put(3), put(9)], [put(5)]],
  ['max: what loses in between becomes remote’s value', 'max', BASE, [put(8), put(3), put(9)], [put(5)]],
  ['max: a pending delete in between', 'max', BASE, [put(8), op('D'), put(9)], [put(5)]],
  ['min: a pending delete at the end wins', 'min', BASE, [put(8), op('D')], [put(5)]],
  [
    'sum: every pending put adds its difference',
    'sum',
    rowsOf({ f: long(10) }),
    [put(long(11)), put(long(14))],
    [put(long(20))],
  ],
  [
    'sum: over two remote deltas',
    'sum',
    rowsOf({ f: long(10) }),
    [put(long(11)), put(long(14))],
    [put(long(20)), put(long(25))],
  ],
  ['put, delete; remote deletes: both vanish', 'local', BASE, [put(1), op('D')], [op('D')]],
  ['delete, put; remote deletes', 'local', BASE, [op('D'), put(1)], [op('D')]],
  ['local: delete, create in a later delta', 'local', BASE, [op('D'), ops(['LC'], ['LI', 0, 'l'])], [put(5)]],
  [
    'max: a list that wins after a value that lost is put whole',
    'max',
    BASE,
    [put(['a']), op('LI', 1, 'b')],
    [put(['a', 'a'])],
  ],
  ['max: a list that won before keeps its operations', 'max', BASE, [put(['z']), op('LI', 1, 'b')], [put(['a'])]],
];

const LISTS: readonly RebaseCase[] = [
  [
    'lists: what was deleted anchors what is inserted next',
    'remote',
    rowsOf({ f: ['a', 'b', 'c'] }),
    [op('LD', 1), op('LI', 1, 'l')],
    [op('LI', 2, 'r')],
  ],
  ['lists: boundaries stay', 'remote', rowsOf({ f: ['a'] }), [op('LI', 1, 'l'), op('LI', 2, 'm')], [op('LI', 0, 'r')]],
  ['lists: create, then edits', 'remote', ABSENT, [op('LC'), op('LI', 0, 'l')], [ops(['LC'], ['LI', 0, 'r'])]],
  [
    'lists: the last put on an item is compared',
    'max',
    rowsOf({ f: ['a'] }),
    [op('LP', 0, 'z'), op('LP', 0, 'b')],
    [op('LP', 0, 'm')],
  ],
  ['lists: remote puts, edits are dropped', 'local', rowsOf({ f: ['a'] }), [op('LI', 1, 'l'), op('LD', 0)], [put(5)]],
  [
    'lists: edits, then a put; remote edits',
    'remote',
    rowsOf({ f: ['a'] }),
    [op('LI', 1, 'l'), put(1)],
    [op('LI', 1, 'r')],
  ],
  [
    'lists: edits, then a put; remote puts, local wins',
    'local',
    rowsOf({ f: ['a'] }),
    [op('LI', 1, 'l'), put(1)],
    [put(5)],
  ],
  [
    'lists: edits, then a put; remote puts and wins',
    'remote',
    rowsOf({ f: ['a'] }),
    [op('LI', 1, 'l'), put(1)],
    [put(5)],
  ],
  [
    'lists: put, then edits; remote edits',
    'remote',
    rowsOf({ f: ['a'] }),
    [put(['x']), op('LI', 1, 'l')],
    [op('LI', 1, 'r')],
  ],
  [
    'lists: a move there and a move back',
    'remote',
    rowsOf({ f: ['a', 'b'] }),
    [op('LM', 0, 1), op('LM', 1, 0)],
    [op('LI', 2, 'r')],
  ],
  [
    'lists: a move that comes to nothing is dropped',
    'remote',
    rowsOf({ f: ['a', 'b'] }),
    [op('LM', 0, 1), op('LI', 2, 'l')],
    [op('LD', 1)],
  ],
];

const LIVES: readonly RebaseCase[] = [
  [
    'lives: update, delete; remote updates',
    'remote',
    BASE,
    [put(1), [remove()]],
    [[update({ f: ['P', 5], g: ['P', 5] })]],
  ],
  ['lives: update, delete; remote deletes', 'remote', BASE, [put(1), [remove()]], [[remove()]]],
  ['lives: delete, insert; remote updates', 'remote', BASE, [[remove()], [insert({ f: 1 })]], [put(5)]],
  [
    'lives: delete, insert, update; remote updates',
    'remote',
    BASE,
    [[remove()], [insert({ f: 1 })], [update({ f: ['P', 2], z: ['P', 3] })], [update({ f: ['P', 4] })]],
    [[update({ z: ['P', 5], f: ['P', 5], a: ['P', 5] })]],
  ],
  [
    'lives: updates of one field; remote deletes',
    'remote',
    rowsOf({ f: 0, list: ['a'] }),
    [put(1), [update({ z: ['P', 1], f: ['P', 2] })], [update({ list: ['LI', 1, 'x'] })], [update({ list: ['LD', 0] })]],
    [[remove()]],
  ],
  ['lives: delete, insert; remote deletes', 'remote', BASE, [[remove()], [insert({ f: 1 })]], [[remove()]]],
  [
    'lives: delete, insert; remote replaces',
    'remote',
    BASE,
    [[remove()], [insert({ f: 1, g: 1 })]],
    [[remove(), insert({ f: 5 })]],
  ],
  ['lives: delete; remote replaces', 'remote', BASE, [[remove()], []], [[remove(), insert({ f: 5 })]]],
  [
    'lives: update, update; remote replaces',
    'local',
    BASE,
    [put(1), [update({ g: ['P', 1] })]],
    [[remove(), insert({ f: 5 })]],
  ],
  [
    'lives: one that passes stays if remote does not insert',
    'remote',
    BASE,
    [[remove()], [insert({ f: 1 })], [remove()], [insert({ f: 2 })]],
    [put(5)],
  ],
  [
    'lives: one that passes vanishes if remote inserts',
    'local',
    [],
    [[insert({ f: 1 })], [remove()], [insert({ g: 2 })]],
    [[insert({ f: 5 })]],
  ],
  ['lives: one that passes, and none after it', 'local', [], [[insert({ f: 1 })], [remove()]], [[insert({ f: 5 })]]],
  ['lives: insert, update; remote inserts', 'local', [], [[insert({ f: 1 })], put(2)], [[insert({ f: 5 })]]],
  [
    'lives: insert, update of another field; remote inserts',
    'local',
    [],
    [[insert({ f: 1 })], [update({ g: ['P', 2] })]],
    [[insert({ g: 5 })]],
  ],
  [
    'lives: a field that ends absent was never there',
    'local',
    [],
    [[insert({ f: 1, g: 1 })], op('D')],
    [[insert({ f: 5 })]],
  ],
  [
    'lives: a list created in an inserted record is put',
    'remote',
    [],
    [[insert({})], op('LC'), op('LI', 0, 'l')],
    [[insert({ g: 5 })]],
  ],
  [
    'lives: a list created in an inserted record meets a value',
    'local',
    [],
    [[insert({})], op('LC'), op('LI', 0, 'l')],
    [[insert({ f: 5 })]],
  ],
];

/** The same remote edits as two deltas and composed into one: the results differ. */
const BATCHES: readonly RebaseCase[] = [
  ['batches: max, one by one', 'max', BASE, [put(5)], [put(9), put(1)]],
  ['batches: max, composed', 'max', BASE, [put(5)], [[...put(9), ...put(1)]]],
  ['batches: min, one by one', 'min', BASE, [put(5)], [put(1), put(9)]],
  ['batches: min, composed', 'min', BASE, [put(5)], [[...put(1), ...put(9)]]],
  ['batches: insert and delete, one by one', 'remote', [], [[insert({ f: 1 })]], [[insert({ g: 5 })], [remove()]]],
  ['batches: insert and delete, composed', 'remote', [], [[insert({ f: 1 })]], [[insert({ g: 5 }), remove()]]],
  [
    'batches: list tie, one by one',
    'remote',
    rowsOf({ f: ['a', 'b'] }),
    [ops(['LD', 0], ['LI', 1, 'l'])],
    [op('LD', 1), op('LI', 1, 'r')],
  ],
  [
    'batches: list tie, composed',
    'remote',
    rowsOf({ f: ['a', 'b'] }),
    [ops(['LD', 0], ['LI', 1, 'l'])],
    [ops(['LD', 1], ['LI', 1, 'r'])],
  ],
  [
    'batches: list tie with a move, one by one',
    'remote',
    rowsOf({ f: ['a', 'b'] }),
    [op('LM', 0, 1)],
    [op('LD', 1), op('LI', 1, 'r')],
  ],
  [
    'batches: list tie with a move, composed',
    'remote',
    rowsOf({ f: ['a', 'b'] }),
    [op('LM', 0, 1)],
    [ops(['LD', 1], ['LI', 1, 'r'])],
  ],
];

/** Pending deltas that cannot follow one another, merged as they stand. */
const UNFIT: readonly (readonly [name: string, first: Json, second: Json, remote: Json])[] = [
  ['refused: insert, insert', insert({}), insert({}), insert({ f: 1 })],
  ['refused: update, insert', update({ f: ['P', 1] }), insert({}), update({ f: ['P', 1] })],
  ['refused: delete, update', remove(), update({ f: ['P', 1] }), update({ f: ['P', 1] })],
  ['refused: delete, delete', remove(), remove(), remove()],
  ['refused: put, create', update({ f: ['P', 1] }), update({ f: ['LC'] }), update({ f: ['P', 1] })],
  [
    'refused: put of no list, list operation',
    update({ f: ['P', 1] }),
    update({ f: ['LD', 0] }),
    update({ f: ['P', 1] }),
  ],
];

export const rebasing: Family = {
  file: 'rebase.json',
  description:
    'Pending local deltas, made one after the other, brought past remote deltas, which are taken one by one: what all replicas end with, what is left of every delta, and the conflicts.',
  inputs: [
    ...[...VALUES, ...LISTS, ...LIVES, ...BATCHES].map(([name, rule, base, pending, remotes]) => ({
      ...{ name, base, pending, remotes },
      rules: { t: { f: rule } },
    })),
    ...UNFIT.map(([name, first, second, remote]) => ({
      ...{ name, base: [], pending: [[first], [second]], remotes: [[remote]], rules: {}, applied: false },
    })),
  ],
  outputs: REBASE_OUTPUTS,
  complete: completeRebase,
};
