/** Conversations about what a user edits before anybody hears of it: sealing, rules, title and time, and what is saved. */

import { long, put, scene, update } from './conversation-script.js';
import type { Json, JsonObject } from './json.js';

const NO_INFO: Json = ['D', ':info', 'info'];
const CREATE: Json = ['I', 't', 'q', {}];
const removed = (record: string): Json => ['D', 't', record];
/** Who edits this loses nothing of it: a list of these rules. */
const rules = (fields: JsonObject): JsonObject => ({ rules: { t: fields } });

export const EDIT_SCENES: readonly JsonObject[] = [
  scene('an edit takes place as a whole or not at all, and a viewer has none', { f: 0 }, (script) => {
    script.open('ann', put('f', 1), CREATE, CREATE).open('ann', removed('missing'));
    script.open('ann', put('f', 1), ['D', 't', 'missing'], ['I', ':info', 'info', {}]);
    for (const role of ['editor', 'viewer', 'none']) {
      script.do('ann', 'become', { role });
      script.open('ann', put('f', role)).each('ann', 'undo', 'redo', 'rollback');
      script.do('ann', 'title', { title: role });
    }
    script.sync('ann');
  }),
  scene('a viewer may not undo, redo or set a title, not even to no effect', {}, (script) => {
    script.do('bob', 'become', { role: 'viewer' });
    script.open('bob').each('bob', 'undo', 'redo').do('bob', 'title', { title: null });
  }),
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
  scene('the modified time has rule max after a crash as well', { f: 0 }, (script) => {
    script.open('ann', put('f', 1)).sync('ann', 2000).each('ann', 'save', 'crash');
    script.open('bob', put('g', 1)).sync('bob', 1000).put('bob').catchUp('ann').put('ann');
  }),
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
  scene('undoing and redoing are edits as well: the rule is the one that is set by then', { f: 0, g: 0 }, (script) => {
    script.commit('ann', put('f', 1)).commit('ann', put('g', 1)).each('ann', 'undo').sync('ann').put('ann');
    script.do('ann', 'rules', rules({ f: 'local', g: 'local' }));
    script.each('ann', 'redo', 'undo', 'undo').catchUp('bob');
    script.do('ann', 'rules', rules({}));
    script.sync('ann').commit('bob', put('f', 9), put('g', 9)).catchUp('ann').put('ann');
  }),
  scene('an edit that was rolled back has been one: the rule that was set for it stays', { f: 0 }, (script) => {
    script.edit('ann', [put('f', 1)]).do('ann', 'rules', rules({ f: 'local' }));
    script.open('ann', put('f', 2)).each('ann', 'rollback', 'save');
    script.commit('bob', put('f', 9)).catchUp('ann').put('ann');
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
