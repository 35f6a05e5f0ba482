/** Conversations in which a user undoes and redoes, alone and with others. */

import { edit, long, put, type Script, scene, update } from './conversation-script.js';
import type { Json, JsonObject } from './json.js';

type Edits = readonly Json[];
type Case = readonly [name: string, mine: Edits, others: Edits, base: JsonObject, rule?: string];

const LIST: JsonObject = { list: ['x', 'y'] };
const insertQ = (fields: JsonObject): Json => ['I', 't', 'q', fields];
const removed = (record: string): Json => ['D', 't', record];

/** My step is in the log, and then another edits. */
const LATER: readonly Case[] = [
  ['another field', [put('f', 1)], [put('g', 5)], { f: 0 }],
  ['the same field', [put('f', 1)], [put('f', 5)], { f: 0 }],
  ['the same field, deleting it', [put('f', 1)], [update({ f: ['D'] })], { f: 0 }],
  ['a field that I deleted', [update({ f: ['D'] })], [put('f', 5)], { f: 0 }],
  ['the record, deleting it', [put('f', 1)], [removed('r')], { f: 0 }],
  ['the record, replacing it', [put('f', 1)], [removed('r'), ['I', 't', 'r', { g: 5 }]], { f: 0 }],
  ['a record that I inserted', [insertQ({ f: 1 })], [['U', 't', 'q', { g: ['P', 5] }]], {}],
  ['a record that I inserted, deleting it', [insertQ({ f: 1 })], [removed('q')], {}],
  ['a record that I inserted, replacing it', [insertQ({ f: 1 })], [removed('q'), insertQ({ f: 5 })], {}],
  ['a record that I deleted, inserting it', [removed('r')], [['I', 't', 'r', { f: 5 }]], { f: 0 }],
  [
    'a record of two fields that I deleted, inserting it with one',
    [removed('r')],
    [['I', 't', 'r', { f: 5 }]],
    { f: 0, g: 1 },
  ],
  ['a record that I replaced', [removed('r'), ['I', 't', 'r', { f: 1 }]], [put('g', 5)], { f: 0, h: 0 }],
  ['a list that I put', [put('f', ['p'])], [update({ f: ['LI', 0, 'o'] })], { f: 0 }],
  ['a list that I created', [update({ f: ['LC'] })], [update({ f: ['LI', 0, 'o'] })], {}],
  ['a list that I put, and another field', [put('f', ['p']), put('g', 1)], [update({ f: ['LI', 0, 'o'] })], { f: 0 }],
  ['a list that I edited, putting it', edit(['LD', 0]), [put('list', 5)], LIST],
  ['before an item that I deleted', edit(['LD', 0]), edit(['LI', 0, 'o']), LIST],
  ['an item that I inserted, moving it', edit(['LI', 0, 'w']), edit(['LM', 0, 2]), LIST],
  ['an item that I inserted, putting it', edit(['LI', 0, 'w']), edit(['LP', 0, 'o']), LIST],
  ['an item that I inserted, deleting it', edit(['LI', 0, 'w']), edit(['LD', 0]), LIST],
  ['an item that I put', edit(['LP', 0, 'w']), edit(['LP', 0, 'o']), LIST],
  ['an item that I put, deleting it', edit(['LP', 0, 'w']), edit(['LD', 0]), LIST],
  ['after an item that I moved', edit(['LM', 0, 1]), edit(['LI', 2, 'o']), LIST],
  ['an item that I moved, moving it', edit(['LM', 0, 1]), edit(['LI', 2, 'o'], ['LM', 1, 2]), LIST],
  ['a sum', [put('f', long(5))], [put('f', long(8))], { f: long(0) }, 'sum'],
  ['a sum, deleting it', [put('f', long(5))], [update({ f: ['D'] })], { f: long(0) }, 'sum'],
  ['a maximum, which does not count here', [put('f', 5)], [put('f', 3)], { f: 0 }, 'max'],
];

/** Another's edit enters the log while mine is pending, and mine follows it. */
const BEFORE: readonly Case[] = [
  ['under rule remote', [put('f', 1)], [put('f', 5)], { f: 0 }],
  ['under rule local', [put('f', 1)], [put('f', 5)], { f: 0 }, 'local'],
  ['under rule max', [put('f', 5)], [put('f', 3)], { f: 0 }, 'max'],
  ['under rule sum', [put('f', long(5))], [put('f', long(3))], { f: long(0) }, 'sum'],
  ['of a record that I deleted', [removed('r')], [put('f', 5)], { f: 0 }],
  ['of an item that I deleted', edit(['LD', 0]), edit(['LP', 0, 'o']), { list: ['x'] }],
  ['of a list that I put over', [put('list', 1)], edit(['LI', 0, 'o']), { list: ['x'] }],
  ['of a record that both inserted', [insertQ({ f: 1 })], [insertQ({ g: 2 })], {}],
];

const scenes = (
  title: string,
  cases: readonly Case[],
  play: (script: Script, mine: Edits, others: Edits) => unknown,
): JsonObject[] =>
  cases.map(([name, mine, others, base, rule]) =>
    scene(
      `${title} ${name}`,
      base,
      (script) => play(script, mine, others),
      rule === undefined ? {} : { rules: { t: { f: rule } } },
    ),
  );

export const UNDO_SCENES: readonly JsonObject[] = [
  ...scenes('undoing what is in the log, after another edited', LATER, (script, mine, others) =>
    script
      .commit('ann', ...mine)
      .catchUp('bob')
      .commit('bob', ...others)
      .catchUp('ann')
      .each('ann', 'undo')
      .sync('ann')
      .put('ann')
      .each('ann', 'redo'),
  ),
  ...scenes('undoing what met another’s edit while it was pending,', BEFORE, (script, mine, others) =>
    script
      .edit('ann', mine)
      .each('ann', 'put')
      .commit('bob', ...others)
      .catchUp('ann')
      .put('ann')
      .each('ann', 'undo')
      .sync('ann')
      .put('ann')
      .each('ann', 'redo'),
  ),
  scene('redoing where there is nothing to redo ends no step', { f: 0, g: 0 }, (script) => {
    script.open('ann', put('f', 1)).each('ann', 'redo').open('ann', put('g', 1)).each('ann', 'undo');
  }),
  scene('an edit that is no step and touches only what was undone leaves the rest to be undone', { f: 0 }, (script) => {
    script.open('ann', put('f', 1)).each('ann', 'end-step').do('ann', 'title', { title: 'one' });
    script
      .each('ann', 'undo')
      .open('ann', ['U', ':info', 'info', { title: ['P', 'two'] }])
      .each('ann', 'undo', 'redo');
  }),
];
