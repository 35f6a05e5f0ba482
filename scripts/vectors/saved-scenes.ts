/** Conversations about what a replica stores, and what it is loaded from. */

import { edit, put, scene } from './conversation-script.js';
import { NEW_REPLICA } from './exchange-messages.js';
import type { JsonObject } from './json.js';

const rules = (fields: JsonObject): JsonObject => ({ rules: { t: fields } });

const SAVED: JsonObject = {
  ...NEW_REPLICA,
  ...{ rev: 1, rows: [{ tid: 't', rowid: 'r', data: { f: 0 } }], pending: [[put('f', 1)]], nonce: 'ann-2' },
};
const REFUSAL: JsonObject = { reason: 'limit', message: '' };

/** Each is `SAVED` but for these members. */
const NOT_SAVED: readonly JsonObject[] = [
  ...[{ format: 2 }, { format: null }, { rev: -1 }, { rev: 0.5 }, { rev: null }, { nonce: '' }, { nonce: 7 }],
  ...[
    { pending: [] },
    { pending: [[]] },
    {
      pending: [
        [
          ['I', 't', 'q', {}],
          ['D', 't', 'q'],
        ],
      ],
    },
    { pending: [[], [put('f', 1)]] },
    { pending: null },
    { pending: [7] },
    { open: null },
    { open: [['D', 't', 'missing']] },
  ],
  ...[{ refusal: {} }, { refusal: { ...REFUSAL, reason: 'unknown-revision' } }, { refusal: REFUSAL, nonce: null }],
  ...[{ rows: null }, { rows: [{ tid: 't' }] }, { rows: [] }, { needsReload: null }, { isLogLost: 0 }, { rules: {} }],
  ...[
    ['t', 'r', 'f'],
    ['t', 'r', 'f', 'mood'],
    ['t', 'r', 'f', 'max', 1],
    ['t t', 'r', 'f', 'max'],
    ['t', 'r', 'f', 7],
  ].map((rule) => ({ rules: [rule] })),
  {
    rules: [
      ['t', 'r', 'f', 'max'],
      ['t', 'r', 'f', 'min'],
    ],
  },
];

export const SAVED_SCENES: readonly JsonObject[] = [
  scene('a function must be set before loading', { f: 0 }, (script) => {
    const saved: JsonObject = {
      ...{
        format: 1,
        rev: 1,
        rows: [{ tid: 't', rowid: 'r', data: { f: 0 } }],
        pending: [],
        nonce: null,
        refusal: null,
      },
      ...{ open: [put('f', 1)], rules: [['t', 'r', 'f', 'function']], needsReload: false, isLogLost: false },
    };
    script.do('ann', 'load', { replica: saved });
    script.do('ann', 'load', { replica: { ...saved, rules: [['t', 'r', 'f', 'local']] } });
    const named: JsonObject = { ...saved, rules: [['t', 'r', 'f', 'local']] };
    script.do('ann', 'load', { replica: { ...named, rows: [] } });
    script.do('ann', 'load', { replica: { ...named, nonce: 'ann-2' } });
    script.do('ann', 'load', { replica: { ...saved, pending: [[put('f', 3)]], nonce: 'ann-2' } });
    script.each('ann', 'put', 'save');
  }),
  scene('what no replica saves is not loaded, and the replica stays what it was', { f: 0 }, (script) => {
    script.open('ann', put('f', 7));
    for (const members of NOT_SAVED) script.do('ann', 'load', { replica: { ...SAVED, ...members } });
    for (const replica of [null, 7, []]) script.do('ann', 'load', { replica });
    script.each('ann', 'save');
  }),
  scene('a rule remote is not saved, and is no fault where one is loaded', { f: 0 }, (script) => {
    script.do('ann', 'load', { replica: { ...SAVED, rules: [['t', 'r', 'f', 'remote']] } });
    script.each('ann', 'save');
  }),
  scene('what was stored is loaded with its refusal, its need of a reload and its lost log', { f: 0 }, (script) => {
    script.do('ann', 'load', { replica: { ...SAVED, refusal: REFUSAL, needsReload: true, isLogLost: true } });
    script.each('ann', 'request', 'put', 'save', 'sync', 'save');
  }),
  scene('a replica is stored where it is asked what is to be put, also if that is nothing', { f: 0 }, (script) => {
    script.open('ann', put('f', 1)).each('ann', 'put').open('ann', put('f', 2)).each('ann', 'crash', 'save');
  }),
  scene('the rule of the latest edit is saved, also where that edit is left out', { f: 0, g: 0 }, (script) => {
    script.edit('ann', [put('f', 1)]).do('ann', 'rules', rules({ f: 'local', g: 'local' }));
    script.open('ann', put('f', 2), put('g', 2)).do('ann', 'save', { extent: 'sealed' });
    script.each('ann', 'crash').commit('bob', put('f', 9)).catchUp('ann').put('ann');
  }),
  scene('a crash before anything was stored, and one that forgets what was received', { f: 0 }, (script) => {
    script.each('bob', 'crash').fetch('bob').each('bob', 'crash').catchUp('bob');
    script.do('bob', 'become', { role: 'viewer' });
    script.each('bob', 'save', 'crash').open('bob', put('f', 1));
  }),
  scene('what is saved: all edits, the sealed ones, or those that are to be kept', { f: 0 }, (script) => {
    script
      .edit('ann', edit(['LC'], ['LI', 0, 'a']))
      .open('ann', put('f', 1))
      .do('ann', 'seal', { time: 5 });
    script.open('ann', put('f', 2));
    for (const extent of ['all', 'sealed', 'kept']) script.do('ann', 'save', { extent });
    script.put('ann').each('ann', 'put');
    for (const extent of ['sealed', 'kept']) script.do('ann', 'save', { extent });
    script.refuse('ann', 'ann-3').do('ann', 'save', { extent: 'kept' });
    script.do('ann', 'save', { extent: 'sealed' });
    script.each('ann', 'crash', 'sync');
    script.do('ann', 'save', { extent: 'kept' });
  }),
  scene('a provisional delta that is left out comes back from the log, as anybody’s does', { f: 0 }, (script) => {
    script.open('ann', put('f', 1)).do('ann', 'seal', { time: 5 });
    const sent = script.do('ann', 'put');
    script.do('ann', 'save', { extent: 'kept' });
    script.answer(sent);
    script.each('ann', 'crash').catchUp('ann');
  }),
  scene(
    'a pending delta that is loaded empty is dropped by the next merge, or before it is put',
    { f: 0 },
    (script) => {
      const saved: JsonObject = { ...SAVED, pending: [[], [put('f', 1)], []], nonce: null };
      script.do('ann', 'load', { replica: saved });
      script.each('ann', 'save').commit('bob', put('g', 1)).catchUp('ann').each('ann', 'save');
      script.do('ann', 'load', { replica: { ...saved, rev: 2 } });
      script.each('ann', 'put', 'save');
    },
  ),
  scene('a direct edit of the modified time saves its rule, and yet it has rule max', { f: 0 }, (script) => {
    script.do('ann', 'rules', { rules: { ':info': { mtime: 'local' } } });
    script
      .open('ann', ['U', ':info', 'info', { mtime: ['P', { T: '50' }] }])
      .sync('ann', 40)
      .each('ann', 'save', 'crash');
    script.open('bob', put('f', 1)).sync('bob', 70).put('bob').catchUp('ann').each('ann', 'put');
  }),
  scene('a step that cancels what was loaded as open is dropped, and what others did comes in', {}, (script) => {
    script.edit('ann', [['I', 't', 'q', { f: 1 }]]);
    script.answer(script.do('ann', 'put'));
    script
      .edit('ann', [['D', 't', 'q']])
      .open('ann', ['I', 't', 'q', { f: 2 }])
      .each('ann', 'save', 'crash');
    script
      .open('ann', ['D', 't', 'q'])
      .catchUp('bob')
      .commit('bob', ['U', 't', 'q', { f: ['P', 9] }]);
    script.catchUp('ann').each('ann', 'undo', 'undo', 'redo').sync('ann').each('ann', 'put');
  }),
];
