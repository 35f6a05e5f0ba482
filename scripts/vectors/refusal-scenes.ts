/** Conversations in which a put is refused, or taken back, and later edits have to stand without it. */

import { edit, long, put, type Script, scene, update } from './conversation-script.js';
import type { Json, JsonObject } from './json.js';

type Edits = readonly Json[];

const CREATE: Json = ['I', 't', 'q', { f: 1 }];
const inQ = (ops: JsonObject): Json => ['U', 't', 'q', ops];

/** What is refused, what came after it, and the fields of the record before both. */
const LATER: readonly (readonly [name: string, refused: Edits, later: Edits, base: JsonObject])[] = [
  ['another field', [put('f', 1)], [put('g', 2)], {}],
  ['the same field', [put('f', 1)], [put('f', 2)], { f: 0 }],
  ['the same field, deleting it', [put('f', 1)], [update({ f: ['D'] })], { f: 0 }],
  ['the same field, where it was deleted', [update({ f: ['D'] })], [put('f', 2)], { f: 0 }],
  ['a record that it inserted', [CREATE], [inQ({ f: ['P', 2], g: ['P', 3] })], {}],
  ['a record that it inserted, and then deleting it', [CREATE], [['D', 't', 'q']], {}],
  ['a record that it deleted, inserting it', [['D', 't', 'r']], [['I', 't', 'r', { f: 2, h: 4 }]], { f: 0, g: 1 }],
  ['a list that it created', [update({ f: ['LC'] })], [update({ f: ['LI', 0, 'a'] })], {}],
  ['a list that it put', [put('list', ['p'])], edit(['LI', 0, 'a']), { list: ['x'] }],
  ['an item that it inserted', edit(['LI', 0, 'w']), edit(['LP', 0, 'v'], ['LI', 1, 'z']), { list: ['x', 'y'] }],
  ['an item that it put', edit(['LP', 0, 'w']), edit(['LP', 0, 'v']), { list: ['x', 'y'] }],
  ['an item that it moved', edit(['LM', 0, 1]), edit(['LM', 1, 2]), { list: ['x', 'y', 'z'] }],
  ['a place beside an item that it deleted', edit(['LD', 0]), edit(['LI', 0, 'a']), { list: ['x', 'y'] }],
];

const SUMS: readonly (readonly [name: string, refused: Edits, later: Edits, base: JsonObject])[] = [
  ['longs', [put('f', long(15))], [put('f', long(17))], { f: long(10) }],
  ['doubles', [put('f', 15)], [put('f', 17)], { f: 10 }],
  ['a long that is gone', [put('f', long(5))], [put('f', long(7))], {}],
  ['a double that is gone', [put('f', 5)], [put('f', 7)], {}],
  ['a double that is gone, and a later long', [put('f', 5)], [put('f', long(7))], {}],
  ['a long that is gone, and a later double', [put('f', long(5))], [put('f', 7)], {}],
  ['a number over a string', [put('f', 5)], [put('f', 7)], { f: 'a' }],
  ['a string over a number', [put('f', 'a')], [put('f', 7)], { f: 3 }],
  ['a number that a string takes the place of', [put('f', 5)], [put('f', 'a')], { f: 3 }],
  ['a number that is deleted later', [put('f', 5)], [update({ f: ['D'] })], { f: 3 }],
  ['a number where nothing was by then', [update({ f: ['D'] })], [put('f', 5)], { f: 3 }],
];

/** The first delta is in flight and the second waits when the refusal arrives; then all is exchanged. */
function refuse(script: Script, refused: Edits, later: Edits): void {
  script.edit('ann', refused).each('ann', 'put').edit('ann', later).refuse('ann', 'ann-2');
  script.each('ann', 'put', 'sync', 'save').put('ann');
}

/** What is done after a step is in flight; it counts to 10 and inserts an item, and is refused in the end. */
const TURNS: readonly (readonly [name: string, ...steps: readonly string[]])[] = [
  ['a step, its undoing pending', 'undo', 'sync'],
  ['a step, its undoing open', 'undo'],
  ['a step, undone and redone', 'undo', 'sync', 'redo', 'sync'],
  ['a step, undone, redone and undone', 'undo', 'sync', 'redo', 'sync', 'undo', 'sync'],
];

export const REFUSAL_SCENES: readonly JsonObject[] = [
  ...LATER.map(([name, refused, later, base]) =>
    scene(`refused, and a later edit of ${name}`, base, (script) => refuse(script, refused, later)),
  ),
  scene(
    'refused, and a later edit of the same field under rule max, which loses to no undoing',
    { f: 5 },
    (script) => {
      refuse(script, [put('f', 7)], [put('f', 2)]);
    },
    { rules: { t: { f: 'max' } } },
  ),
  ...SUMS.map(([name, refused, later, base]) =>
    scene(`refused under rule sum: ${name}`, base, (script) => refuse(script, refused, later), {
      rules: { t: { f: 'sum' } },
    }),
  ),
  ...TURNS.map(([name, ...steps]) =>
    scene(
      `refused: ${name}`,
      { f: long(0), list: [] },
      (script) => {
        script.edit('ann', [put('f', long(10)), ...edit(['LI', 0, 'a'])]).each('ann', 'put', ...steps);
        script.refuse('ann', 'ann-2').each('ann', 'sync', 'undo', 'redo').sync('ann').put('ann');
      },
      { rules: { t: { f: 'sum' } } },
    ),
  ),
  scene(
    'refused: an undoing, and the redoing falls; another step in between stands',
    { f: long(0), list: [] },
    (script) => {
      script.commit('ann', put('f', long(10)), ...edit(['LI', 0, 'a'])).each('ann', 'undo', 'sync', 'put', 'redo');
      script
        .each('ann', 'sync')
        .edit('ann', [put('f', long(11))])
        .refuse('ann', 'ann-3')
        .each('ann', 'sync')
        .put('ann');
      script.each('ann', 'undo', 'undo');
    },
    { rules: { t: { f: 'sum' } } },
  ),
  scene(
    'refused: an undoing, and of what can be undone only the redoing that falls is gone',
    { f: 0 },
    (script) => {
      script.commit('ann', put('f', 1)).each('ann', 'undo', 'sync', 'put', 'redo', 'sync');
      script
        .edit('ann', [put('h', 1)])
        .refuse('ann', 'ann-3')
        .each('ann', 'sync', 'undo', 'undo', 'redo');
    },
    { undoDepth: 2 },
  ),
  scene(
    'refused: an undoing, and the redoing falls that is too old to be undone',
    { f: long(0), list: [] },
    (script) => {
      script
        .commit('ann', put('f', long(10)), ...edit(['LI', 0, 'a']))
        .each('ann', 'undo', 'sync', 'put', 'redo', 'sync');
      script
        .edit('ann', [put('h', 1)], [put('h', 2)])
        .refuse('ann', 'ann-3')
        .each('ann', 'sync')
        .put('ann');
    },
    { rules: { t: { f: 'sum' } }, undoDepth: 1 },
  ),
  scene('refused: two lines at once, each part that falls as it is by then', { f: 0, list: ['x'] }, (script) => {
    script.edit('ann', [put('f', 1)], edit(['LI', 0, 'a'])).each('ann', 'put', 'undo', 'undo', 'redo');
    script
      .edit('ann', edit(['LI', 0, 'b']))
      .refuse('ann', 'ann-2')
      .each('ann', 'sync', 'save');
  }),
  scene(
    'refused after a crash: nothing takes turns with what was saved',
    { f: long(0) },
    (script) => {
      script
        .edit('ann', [put('f', long(10))])
        .each('ann', 'put', 'undo', 'sync', 'save', 'crash')
        .refuse('ann', 'ann-2');
      script.each('ann', 'save', 'crash', 'sync').put('ann');
    },
    { rules: { t: { f: 'sum' } } },
  ),
  scene('refused: the rest of what can be undone stays', { f: 0, list: ['x', 'y'] }, (script) => {
    script
      .commit('ann', put('g', 1))
      .edit('ann', edit(['LD', 0]))
      .each('ann', 'put')
      .edit('ann', [put('h', 1)]);
    script.refuse('ann', 'ann-3').each('ann', 'sync', 'undo', 'undo', 'undo', 'redo', 'redo');
  }),
  scene('refused: the undoing comes before what others did', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1), put('g', 1)])
      .each('ann', 'put')
      .refuse('ann', 'ann-2');
    script.commit('bob', put('f', 2)).fetch('ann').sync('ann').each('ann', 'put');
  }),
  scene(
    'a viewer whose puts are refused one by one, and of an older revision handed what they missed',
    { f: 0 },
    (script) => {
      script
        .edit('ann', [put('f', 1)])
        .each('ann', 'put')
        .edit('ann', [put('f', 2)]);
      script
        .commit('bob', put('g', 1))
        .put('ann', 'viewer')
        .each('ann', 'sync')
        .put('ann', 'viewer')
        .each('ann', 'sync');
      script.put('ann', 'viewer').each('ann', 'sync', 'put');
    },
  ),
  scene('a refused put of which a copy is accepted late comes back as what others did', { f: 0 }, (script) => {
    script.edit('ann', [put('f', 1)]);
    const sent = script.do('ann', 'put');
    script.receive('ann', script.answer(sent, 'viewer')).sync('ann').answer(sent);
    script.catchUp('ann');
  }),
];
