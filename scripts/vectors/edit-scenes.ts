/** Conversations about what a user edits before anybody hears of it: limits, sealing, rules, title and time, and what is saved. */

import { edit, long, put, scene, update } from './conversation-script.js';
import type { Json, JsonObject } from './json.js';

const NO_INFO: Json = ['D', ':info', 'info'];
const CREATE: Json = ['I', 't', 'q', {}];
const removed = (record: string): Json => ['D', 't', record];
/** Who edits this loses nothing of it: a list of these rules. */
const rules = (fields: JsonObject): JsonObject => ({ rules: { t: fields } });

export const EDIT_SCENES: readonly JsonObject[] = [
  scene('an edit takes place as a whole or not at all, and a viewer has none', { f: 0 }, (script) => {
    script.open('ann', put('f', 1), CREATE, CREATE).open('ann', removed('missing'));
    for (const role of ['editor', 'viewer', 'none']) {
      script.do('ann', 'become', { role });
      script.open('ann', put('f', role)).each('ann', 'undo', 'redo', 'rollback');
      script.do('ann', 'title', { title: role });
    }
    script.sync('ann');
  }),
  scene(
    'limits of edits: records, the number of them, and the datastore',
    { f: 'x' },
    (script) => {
      script
        .open('ann', put('f', 'x'.repeat(49)))
        .open('ann', put('f', 'x'.repeat(51)))
        .open('ann', put('f', 'x'.repeat(50)));
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
          .open('bob', ['U', ':info', 'info', { mtime: ['D'] }])
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
        .open('ann', put('f', 'x'.repeat(100)))
        .open('ann', put('g', ''))
        .open('ann', put('g', 'x'));
      script
        .open('ann', CREATE)
        .open('ann', put('f', 'x'.repeat(99)), put('g', 'x'))
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
        script.edit('ann', ...['f', 'g'].map((field) => [put(field, 'x'.repeat(90))]), [put('h', 'x'.repeat(length))]);
        script.put('ann').put('ann');
      },
      { replicaLimits: { deltaSize: 400 } },
    ),
  ),
  scene('one delta is in flight, the next gather behind it', { f: 0, g: 0, h: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)], [put('g', 1)])
      .each('ann', 'put')
      .edit('ann', [put('h', 1)], [put('f', 2)]);
    script.each('ann', 'put', 'save');
    script.put('ann').put('ann');
  }),
  scene('an open delta that comes to nothing is not sealed', { f: 0 }, (script) => {
    script.open('ann', CREATE, removed('q')).open('ann', update({})).sync('ann', 9).each('ann', 'put');
    script.open('ann', put('f', 0)).sync('ann', 9).each('ann', 'put');
  }),
  scene('the modified time is set to the time of sealing, and never back', { f: 0 }, (script) => {
    script
      .open('ann', put('f', 1))
      .sync('ann', 1000)
      .open('ann', put('f', 2))
      .sync('ann', 500)
      .sync('ann', 2000)
      .put('ann');
    script.edit('bob', [put('f', 3)]).do('bob', 'edit', { delta: [put('f', 4)] });
    script.sync('bob', 700).catchUp('bob').each('bob', 'put');
  }),
  scene('the modified time is a date: anything below that, or in its place, is put over', { f: 0 }, (script) => {
    for (const mtime of [['P', 'z'], ['P', { T: '2000' }], ['D'], ['P', ['x']]] as Json[]) {
      script.open('ann', ['U', ':info', 'info', { mtime }]).sync('ann', 1000);
    }
  }),
  scene(
    'the modified time has rule max, whatever is set',
    { f: 0 },
    (script) => {
      script
        .open('ann', put('f', 1))
        .sync('ann', 2000)
        .open('bob', put('g', 1))
        .sync('bob', 1000)
        .put('bob')
        .catchUp('ann')
        .put('ann');
      script
        .open('ann', put('f', 2))
        .sync('ann', 3000)
        .open('bob', put('g', 2))
        .catchUp('bob')
        .sync('bob', 4000)
        .put('bob')
        .catchUp('ann');
    },
    { rules: { ':info': { mtime: 'remote' } } },
  ),
  scene('the title is set, set again and deleted', {}, (script) => {
    for (const title of ['one', 'two', null, null]) script.do('ann', 'title', { title });
    script.each('ann', 'undo', 'undo', 'undo', 'undo', 'redo', 'redo');
  }),
  scene('the title makes the record that holds it, which is no step', {}, (script) => {
    script.open('ann', NO_INFO);
    script.do('ann', 'title', { title: null });
    script.open('ann', put('f', 1)).do('ann', 'title', { title: 'one' });
    script.each('ann', 'undo', 'undo', 'undo', 'save');
  }),
  scene('the rule of a field is the one of its latest edit', { f: 0, g: 0 }, (script) => {
    script.do('ann', 'rules', rules({ f: 'local', g: 'local' }));
    script.open('ann', put('f', 1), put('g', 1));
    script.do('ann', 'rules', rules({ g: 'remote', f: 'remote' }));
    script.open('ann', put('g', 3));
    script.do('ann', 'rules', rules({ g: 'local', f: 'max' }));
    script.sync('ann').commit('bob', put('f', 5), put('g', 5)).do('ann', 'save');
    script.catchUp('ann').put('ann').each('ann', 'save');
  }),
  scene('the rule of a field belongs to its record, and to edits that were undone as well', { f: 0 }, (script) => {
    script.commit('ann', ['I', 't', 's', { f: 0 }]).catchUp('bob');
    script.do('ann', 'rules', rules({ f: 'local' }));
    script.edit('ann', [put('f', 1)]);
    script.do('ann', 'rules', rules({ f: 'remote' }));
    script.edit('ann', [['U', 't', 's', { f: ['P', 1] }]]);
    script.do('ann', 'rules', rules({ f: 'min' }));
    script.open('ann', ['U', 't', 's', { f: ['P', 2] }]).each('ann', 'undo', 'save');
    script
      .commit('bob', put('f', 9), ['U', 't', 's', { f: ['P', 9] }])
      .catchUp('ann')
      .put('ann');
  }),
  scene(
    'rules are saved by name, and are in force after a crash whatever is set by then',
    { f: long(0), g: 0, h: 0 },
    (script) => {
      script.do('ann', 'rules', rules({ f: 'sum', g: 'max', h: 'remote', i: 'min', list: 'local' }));
      script.open(
        'ann',
        put('f', long(5)),
        put('g', 7),
        put('h', 7),
        update({ i: ['D'] }),
        ['I', 't', 'q', { i: 1, list: [] }],
        removed('q'),
      );
      script.do('ann', 'rules', rules({}));
      script
        .each('ann', 'save', 'crash')
        .commit('bob', put('f', long(3)), put('g', 9), put('h', 9))
        .catchUp('ann');
      script.each('ann', 'save');
    },
  ),
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
  scene('a merge makes of a provisional delta one that is to be kept', { f: 0 }, (script) => {
    script.open('ann', put('f', 1)).do('ann', 'seal', { time: 5 });
    script.do('ann', 'save', { extent: 'kept' });
    script.commit('bob', put('g', 1)).catchUp('ann').do('ann', 'save', { extent: 'kept' });
  }),
  scene('what is sealed apart is to be kept once a sync is made', { f: 0 }, (script) => {
    script.open('ann', put('f', 1)).do('ann', 'seal', { time: 5 });
    script.sync('ann').do('ann', 'save', { extent: 'kept' });
  }),
  scene('taking out is an edit as well: the rule is the one that is set by then', { f: 0 }, (script) => {
    script.edit('ann', [put('f', 1)], [put('f', 2)]);
    script.do('ann', 'rules', rules({ f: 'local' }));
    script.each('ann', 'undo', 'save').commit('bob', put('f', 9)).catchUp('ann').put('ann');
  }),
  scene('no title is taken away where there is none, and that is no edit', { f: 0 }, (script) => {
    script.open('ann', NO_INFO).open('ann', put('f', 1)).each('ann', 'undo').do('ann', 'title', { title: null });
    script.each('ann', 'redo');
  }),
  scene(
    'edits that cancel one another are dropped before they are put, and what is edited next is put',
    { f: 0 },
    (script) => {
      script
        .edit('ann', [CREATE], [removed('q')])
        .receive('ann', { type: 'denied' })
        .each('ann', 'put');
      script
        .receive('ann', { type: 'denied' })
        .edit('ann', [CREATE], [removed('q')], [put('f', 1)])
        .each('ann', 'put');
    },
  ),
  scene('steps that cancel one another are not sealed, and set no time', { f: 0 }, (script) => {
    script
      .open('ann', CREATE)
      .each('ann', 'end-step')
      .open('ann', removed('q'))
      .sync('ann', 9)
      .receive('ann', { type: 'denied' });
    script.each('ann', 'put', 'save');
  }),
  scene('the rule of an open edit stays while one before it is acknowledged', { f: 0, g: 0 }, (script) => {
    script.do('ann', 'rules', rules({ g: 'local' }));
    script
      .edit('ann', [put('f', 1)])
      .each('ann', 'put')
      .open('ann', put('g', 1))
      .put('ann');
    script.do('ann', 'rules', rules({}));
    script.catchUp('bob').commit('bob', put('g', 2)).catchUp('ann').put('ann');
  }),
  scene('a step that comes to nothing is no open edit once it ends', { f: 0 }, (script) => {
    script.open('ann', CREATE, removed('q')).receive('ann', { type: 'denied' }).each('ann', 'end-step');
    script.receive('ann', { type: 'denied' });
  }),
];
