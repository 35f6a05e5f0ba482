/** Conversations about the limits that edits are held to, and the room that they leave for the modified time. */

import { put, scene, update } from './conversation-script.js';
import { NEW_REPLICA } from './exchange-messages.js';
import type { Json, JsonObject } from './json.js';

const NO_INFO: Json = ['D', ':info', 'info'];
const CREATE: Json = ['I', 't', 'q', {}];
const removed = (record: string): Json => ['D', 't', record];
const info = (ops: JsonObject): Json => ['U', ':info', 'info', ops];
const letters = (count: number): string => 'x'.repeat(count);

export const LIMIT_SCENES: readonly JsonObject[] = [
  scene(
    'limits of edits: records, the number of them, and the datastore',
    { f: 'x' },
    (script) => {
      script
        .open('ann', put('f', letters(49)))
        .open('ann', put('f', letters(51)))
        .open('ann', put('f', letters(50)));
      script
        .open('ann', put('g', 1))
        .open('ann', update({ f: ['D'] }))
        .open('ann', put('g', 1));
      script
        .open('ann', CREATE)
        .open('ann', ['I', 't', 'p', {}])
        .open('ann', removed('q'), ['I', 't', 'p', {}])
        .sync('ann');
    },
    { replicaLimits: { recordSize: 250, recordCount: 3 } },
  ),
  ...[1399, 1400].map((datastoreSize) =>
    scene(
      `limits of edits: room for the modified time that the view lacks, in a datastore of ${datastoreSize}`,
      {},
      (script) => {
        script.open('bob', NO_INFO).open('bob', put('f', 1)).open('bob', put('f', 2));
        script
          .sync('bob', 1)
          .open('bob', put('g', 1))
          .open('bob', update({ f: ['D'] }))
          .open('bob', put('g', 1));
        script
          .open('bob', update({ g: ['D'] }))
          .open('bob', info({ mtime: ['D'] }))
          .open('bob', put('g', ''));
      },
      { replicaLimits: { datastoreSize } },
    ),
  ),
  ...[2, 3].map((recordCount) =>
    scene(
      `limits of edits: room for the record of the modified time, among ${recordCount} records`,
      {},
      (script) => {
        script
          .open('bob', NO_INFO)
          .open('bob', CREATE)
          .open('bob', ['I', 't', 'p', {}])
          .open('bob', put('f', 1))
          .sync('bob', 1);
        script.open('bob', ['I', 't', 'p', {}]).open('bob', removed('r'), ['I', 't', 'o', {}]);
      },
      { replicaLimits: { recordCount } },
    ),
  ),
  scene(
    'limits of edits: what is open gathers up to the limit of a delta, but for 100 bytes',
    { f: '' },
    (script) => {
      script
        .open('ann', put('f', letters(100)))
        .open('ann', put('g', ''))
        .open('ann', put('g', 'x'));
      script
        .open('ann', CREATE)
        .open('ann', put('f', letters(99)), put('g', 'x'))
        .sync('ann')
        .open('ann', CREATE)
        .each('ann', 'put');
    },
    { replicaLimits: { deltaSize: 400 } },
  ),
  ...[20, 21].map((length) =>
    scene(
      `limits of edits: sealed deltas are joined up to the limit, and wait apart beyond it: the third has ${length} letters`,
      { f: '' },
      (script) => {
        script.edit('ann', ...['f', 'g'].map((field) => [put(field, letters(90))]), [put('h', letters(length))]);
        script.put('ann').put('ann');
      },
      { replicaLimits: { deltaSize: 400 } },
    ),
  ),
  scene(
    'limits of edits: the record that will get the modified time has room for it',
    {},
    (script) => {
      script.open('bob', NO_INFO).open('bob', ['I', ':info', 'info', { title: letters(51) }]);
      script
        .open('bob', ['I', ':info', 'info', { title: letters(50) }])
        .sync('bob')
        .open('bob', info({ mtime: ['D'], title: ['P', letters(51)] }));
      script
        .open('bob', info({ mtime: ['D'], title: ['P', letters(49)] }))
        .open('bob', info({ title: ['P', letters(51)] }))
        .open('bob', info({ mtime: ['P', 1], title: ['P', letters(50)] }));
    },
    { replicaLimits: { recordSize: 350 } },
  ),
  ...[{ datastoreSize: 1399 }, { datastoreSize: 1400 }, { recordCount: 2 }, { recordCount: 3 }].map(
    (replicaLimits: JsonObject) =>
      scene(
        `limits of edits: one that deletes the modified time leaves room for another, with ${JSON.stringify(replicaLimits)}`,
        {},
        (script) => {
          script
            .open('ann', NO_INFO, CREATE)
            .each('ann', 'rollback')
            .open('ann', info({ mtime: ['D'] }), CREATE)
            .sync('ann');
        },
        { replicaLimits },
      ),
  ),
  scene(
    'limits of edits: an open delta that is over its limit may shrink, or keep its size',
    {},
    (script) => {
      const rows: Json = [{ tid: 't', rowid: 'r', data: {} }];
      script.do('ann', 'load', { replica: { ...NEW_REPLICA, rev: 1, rows, open: [put('f', letters(300))] } });
      for (const count of [301, 300, 250]) script.open('ann', put('f', letters(count)));
      script.open('ann', update({ f: ['D'] })).open('ann', put('f', letters(101)));
    },
    { replicaLimits: { deltaSize: 400 } },
  ),
  scene(
    'limits of edits: undoing and redoing are held to that of a delta',
    { f: letters(200), g: '' },
    (script) => {
      script
        .commit('ann', put('f', ''))
        .open('ann', info({ a: ['P', letters(100)] }))
        .each('ann', 'undo');
      script
        .open('ann', info({ a: ['P', ''] }))
        .each('ann', 'undo')
        .sync('ann');
      script
        .put('ann')
        .commit('ann', put('g', letters(200)))
        .open('ann', info({ a: ['P', letters(150)] }))
        .each('ann', 'undo', 'redo', 'save');
    },
    { replicaLimits: { deltaSize: 600 } },
  ),
  scene(
    'limits of edits: taking out is held to none',
    { f: letters(50) },
    (script) => {
      script.edit('ann', [put('h', '')], [update({ f: ['D'] })]).commit('bob', put('g', ''));
      script.catchUp('ann').each('ann', 'undo', 'put');
    },
    { replicaLimits: { recordSize: 350 } },
  ),
];
