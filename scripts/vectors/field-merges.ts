import { insert, rowsOf, update, was } from './changes.js';
import type { Family } from './family.js';
import { LIST_SCENES, PUT_AND_LIST_SCENES } from './field-list-scenes.js';
import { long } from './field-scene.js';
import type { JsonObject } from './json.js';
import { completeMerge, MERGE_OUTPUTS } from './merging.js';
import { PUT_SCENES, SUM_SCENES } from './put-scenes.js';

const OTHERS: readonly JsonObject[] = [
  {
    name: 'different fields',
    base: rowsOf({ f: 0, g: 0 }),
    local: [update({ f: ['P', 1] })],
    remote: [update({ g: ['P', 2] })],
    rules: {},
  },
  { name: 'remote alone', base: rowsOf({ f: 0 }), local: [], remote: [update({ f: ['P', 2] })], rules: {} },
  { name: 'local alone', base: rowsOf({ f: 0 }), local: [update({ f: ['P', 1] })], remote: [], rules: {} },
  {
    name: 'local alone keeps what does nothing',
    base: rowsOf({ f: ['a'], g: 0 }),
    local: [update({ f: ['LM', 0, 0] }), update({ h: ['D'] })],
    remote: [update({ g: ['P', 2] })],
    rules: {},
  },
  {
    name: 'every field by its own rule, conflicts in order of fields',
    base: rowsOf({ a: 0, b: 0, c: long(0), d: 0 }),
    local: [update({ a: ['P', 1], b: ['P', 1], c: ['P', long(1)], d: ['P', 1] })],
    remote: [update({ a: ['P', 2], b: ['P', 2], c: ['P', long(2)], d: ['P', 2] })],
    rules: { t: { b: 'local', c: 'sum' }, u: { d: 'local' } },
  },
  {
    name: 'a delta is compressed before it is merged',
    base: rowsOf({ f: 0 }),
    local: [update({ f: ['P', 9] }), update({ f: ['P', 1] })],
    remote: [update({ f: ['P', 3] }), update({ f: ['P', 2] })],
    rules: { t: { f: 'max' } },
  },
  {
    name: 'not applied: nothing is known of what was there',
    base: rowsOf({ f: 0, g: ['a'] }),
    local: [update({ f: ['P', 1], g: ['LP', 0, 'l'] })],
    remote: [update({ f: ['P', 2], g: ['LP', 0, 'r'] })],
    rules: { t: { f: 'local', g: 'local' } },
    applied: false,
  },
  {
    name: 'not applied: local knows, remote does not',
    base: rowsOf({ f: ['a'] }),
    local: [update({ f: ['P', 1, was(['a'])] })],
    remote: [update({ f: ['LD', 0] })],
    rules: {},
    applied: false,
  },
  {
    name: 'not applied: remote’s list operations are unknown to it too',
    base: rowsOf({ f: ['a'] }),
    local: [update({ f: ['LD', 0] })],
    remote: [update({ f: ['P', 1] })],
    rules: {},
    applied: false,
  },
  {
    name: 'refused: rule sum needs to know what a local put overwrote',
    base: rowsOf({ f: 0 }),
    local: [update({ f: ['P', 1] })],
    remote: [update({ f: ['P', 2] })],
    rules: { t: { f: 'sum' } },
    applied: false,
  },
  {
    name: 'refused: rule sum needs to know it even where remote deletes',
    base: rowsOf({ f: 0 }),
    local: [update({ f: ['P', 1] })],
    remote: [update({ f: ['D'] })],
    rules: { t: { f: 'sum' } },
    applied: false,
  },
  {
    name: 'rule sum need not know what a local delete removed',
    base: rowsOf({ f: 0 }),
    local: [update({ f: ['D'] })],
    remote: [update({ f: ['P', 2] })],
    rules: { t: { f: 'sum' } },
    applied: false,
  },
  {
    name: 'of an item the base is what local’s first put says, or else remote’s',
    base: rowsOf({ f: ['a', 'b', 'c'] }),
    local: [
      update({ f: ['LP', 0, 'l', was('a')] }),
      update({ f: ['LP', 1, 'm'] }),
      update({ f: ['LP', 1, 'n', was('m')] }),
      update({ f: ['LP', 2, 'o'] }),
    ],
    remote: [
      update({ f: ['LP', 0, 'r', was('z')] }),
      update({ f: ['LP', 1, 's', was('y')] }),
      update({ f: ['LP', 2, 't'] }),
    ],
    rules: {},
    applied: false,
  },
  {
    name: 'refused: one side creates the list that the other edits',
    base: rowsOf({}),
    local: [update({ f: ['LC'] })],
    remote: [update({ f: ['LI', 0, 'r'] })],
    rules: {},
    applied: false,
  },
  {
    name: 'refused: one side inserts the record that the other updates',
    base: [],
    local: [insert({})],
    remote: [update({ f: ['P', 2] })],
    rules: {},
    applied: false,
  },
];

export const fieldMerges: Family = {
  file: 'field-merges.json',
  description:
    'A local and a remote delta on the same base, field by field: what both replicas end with, what each applies after the other’s, and the conflicts.',
  inputs: [
    ...[...PUT_SCENES, ...SUM_SCENES, ...PUT_AND_LIST_SCENES, ...LIST_SCENES].map(
      ([name, rule, base, local, remote]) => ({
        name,
        base: rowsOf(base === null ? {} : { f: base }),
        local: local.map((op) => update({ f: op })),
        remote: remote.map((op) => update({ f: op })),
        rules: { t: { f: rule } },
      }),
    ),
    ...OTHERS,
  ],
  outputs: MERGE_OUTPUTS,
  complete: completeMerge,
};
