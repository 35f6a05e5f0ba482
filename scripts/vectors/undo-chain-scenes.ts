/** Conversations about what is a step, what of it can be undone and redone, and how long. */

import { edit, long, put, type Script, scene, update } from './conversation-script.js';
import type { Json, JsonObject } from './json.js';

const insertQ = (fields: JsonObject): Json => ['I', 't', 'q', fields];
const removed = (record: string): Json => ['D', 't', record];
const LIST: JsonObject = { list: ['x', 'y'] };

/** Ann undoes a step whose delta is in flight, while bob edits, and merges what he did. */
function undoneInFlight(script: Script): Script {
  return script
    .commit('ann', put('f', 1))
    .edit('ann', [put('h', 1)])
    .each('ann', 'put', 'undo', 'sync')
    .catchUp('bob')
    .commit('bob', put('g', 1))
    .catchUp('ann');
}

export const UNDO_CHAIN_SCENES: readonly JsonObject[] = [
  scene('a step is what was edited between two points', {}, (script) => {
    script
      .open('ann', put('f', 1))
      .open('ann', put('g', 1))
      .each('ann', 'end-step')
      .open('ann', put('f', 2))
      .sync('ann')
      .open('ann', put('f', 3));
    script.each('ann', 'undo', 'undo', 'undo', 'undo', 'redo', 'redo', 'redo', 'redo');
  }),
  scene('edit, undo, edit without a sync: two steps', { f: 0 }, (script) => {
    script.open('ann', put('f', 1)).open('ann', put('g', 1)).each('ann', 'undo').open('ann', put('f', 2));
    script.each('ann', 'redo', 'undo', 'undo', 'redo').open('ann', put('f', 4)).each('ann', 'redo', 'undo', 'undo');
  }),
  scene('a step that comes to nothing is none, and yet nothing can be redone', { f: 0 }, (script) => {
    script
      .open('ann', put('f', 1))
      .each('ann', 'end-step', 'undo')
      .open('ann', insertQ({}), removed('q'))
      .each('ann', 'end-step', 'redo')
      .receive('ann', { type: 'denied' })
      .each('ann', 'undo');
  }),
  scene('what was not sent is taken out of what will be put', LIST, (script) => {
    script
      .edit('ann', [put('f', 1)], edit(['LI', 0, 'w']))
      .each('ann', 'undo')
      .sync('ann')
      .each('ann', 'put', 'save')
      .put('ann');
  }),
  scene('what is taken out of the open delta leaves none', LIST, (script) => {
    script
      .open('ann', ...edit(['LI', 0, 'w']))
      .each('ann', 'undo')
      .sync('ann')
      .each('ann', 'put', 'redo')
      .sync('ann')
      .each('ann', 'put');
  }),
  scene('the only step of a sealed delta is taken out, and the modified time in it stays', { f: 0 }, (script) => {
    script
      .open('ann', put('f', 1))
      .sync('ann', 1000)
      .each('ann', 'undo')
      .put('ann')
      .each('ann', 'redo')
      .sync('ann', 500)
      .each('ann', 'put');
  }),
  scene(
    'the steps of a delta behind the one in flight are taken out, the one in flight is undone after it',
    LIST,
    (script) => {
      script
        .edit('ann', [put('f', 1)])
        .each('ann', 'put')
        .edit('ann', [put('f', 2)])
        .each('ann', 'undo', 'save', 'undo', 'redo', 'undo', 'save');
      script.sync('ann').put('ann').put('ann').each('ann', 'redo', 'redo').sync('ann').put('ann');
    },
  ),
  scene('what is in flight, undone and redone and so on, is there once', { list: ['x', 'y'] }, (script) => {
    script
      .edit('ann', edit(['LI', 1, 'mine']))
      .each('ann', 'put', 'undo', 'sync', 'redo', 'sync', 'undo', 'redo', 'sync')
      .put('ann')
      .put('ann');
    script.each('ann', 'undo', 'sync').put('ann');
  }),
  scene('a step that changes nothing any more is passed over, and cannot be redone', { f: 0 }, (script) => {
    script
      .commit('ann', put('g', 1))
      .commit('ann', put('f', 1))
      .catchUp('bob')
      .commit('bob', put('f', 5))
      .catchUp('ann');
    script.each('ann', 'undo', 'undo', 'redo', 'redo');
  }),
  scene('a put of what was there already is a step like any other', { f: 1 }, (script) => {
    script
      .edit('ann', [put('f', 2)], [put('f', 2)])
      .put('ann')
      .each('ann', 'undo', 'undo', 'redo', 'redo');
  }),
  scene('undoing survives others’ edits, and redoing as well', { list: ['x', 'y'] }, (script) => {
    script
      .commit('ann', ...edit(['LI', 1, 'mine']))
      .each('ann', 'undo', 'sync')
      .put('ann')
      .catchUp('bob')
      .commit('bob', ...edit(['LI', 0, 'o']));
    script
      .catchUp('ann')
      .each('ann', 'redo', 'sync')
      .put('ann')
      .catchUp('bob')
      .commit('bob', ...edit(['LD', 0]))
      .catchUp('ann')
      .each('ann', 'undo');
  }),
  scene(
    'a redone step is a step again: another’s delta that enters before it is what undoing leaves',
    { f: 0 },
    (script) => {
      script.commit('ann', put('f', 1)).each('ann', 'undo', 'sync').put('ann').each('ann', 'redo', 'sync', 'put');
      script.catchUp('bob').commit('bob', put('f', 5)).catchUp('ann').put('ann').each('ann', 'undo', 'sync').put('ann');
    },
    { rules: { t: { f: 'local' } } },
  ),
  scene(
    'steps around an undone one that is in flight go back to what the user saw',
    { h: 0, list: ['x'] },
    (script) => {
      script
        .commit('ann', ...edit(['LI', 1, 'w']))
        .edit('ann', [put('h', 1)])
        .each('ann', 'put', 'undo', 'sync');
      script
        .put('ann')
        .each('ann', 'put')
        .edit('ann', [put('list', 5)])
        .catchUp('bob')
        .commit('bob', update({ list: ['D'] }));
      script
        .catchUp('ann')
        .put('ann')
        .catchUp('bob')
        .commit('bob', insertQ({}))
        .catchUp('ann')
        .each('ann', 'undo', 'undo', 'undo', 'redo', 'redo');
    },
    { rules: { t: { list: 'local' } } },
  ),
  scene(
    'and still after it is in the log, until nothing is pending',
    { f: 0, h: 0 },
    (script) => {
      undoneInFlight(script)
        .put('ann')
        .each('ann', 'put')
        .edit('ann', [put('f', 2)])
        .put('ann');
      script
        .each('ann', 'put')
        .catchUp('bob')
        .commit('bob', put('f', 9))
        .catchUp('ann')
        .put('ann')
        .each('ann', 'undo', 'undo');
    },
    { rules: { t: { f: 'local' } } },
  ),
  ...[false, true].map((isUndoingLogged) =>
    scene(
      isUndoingLogged
        ? 'steps that are all pending are undone exactly, after an undoing is in the log'
        : 'steps that got into the log together with an undoing yield to what another did later',
      { f: 0, h: 0 },
      (script) => {
        undoneInFlight(script).put('ann');
        if (isUndoingLogged) script.each('ann', 'put');
        script.edit('ann', [put('i', 2)], [put('f', 2)]).put('ann');
        if (isUndoingLogged) script.each('ann', 'put');
        script.catchUp('bob').commit('bob', put('f', 9)).catchUp('ann').each('ann', 'undo', 'undo', 'undo');
      },
      { rules: { t: { f: 'local' } }, undoDepth: 2 },
    ),
  ),
  scene(
    'once nothing is pending, undoing leaves what is there without the step again',
    { f: 0, h: 0 },
    (script) => {
      undoneInFlight(script)
        .put('ann')
        .put('ann')
        .edit('ann', [put('f', 2)])
        .each('ann', 'put');
      script.catchUp('bob').commit('bob', put('f', 9)).catchUp('ann').put('ann').each('ann', 'undo', 'undo');
    },
    { rules: { t: { f: 'local' } } },
  ),
  scene('a reload while an undoing is pending leaves nothing to undo', { f: 0, h: 0 }, (script) => {
    script
      .commit('ann', put('f', 1))
      .edit('ann', [put('h', 1)])
      .each('ann', 'put', 'undo', 'sync')
      .catchUp('bob');
    script.commit('bob', put('g', 1)).trim(3).fetch('ann').fetch('ann').each('ann', 'sync', 'undo', 'redo');
  }),
  scene(
    'a sum in flight that was undone meets another’s, and undoing gives back its share',
    { f: long(0) },
    (script) => {
      script
        .commit('ann', put('f', long(1)))
        .edit('ann', [put('f', long(6))])
        .each('ann', 'put', 'undo', 'sync')
        .catchUp('bob');
      script
        .commit('bob', put('f', long(101)))
        .catchUp('ann')
        .put('ann')
        .put('ann')
        .each('ann', 'undo', 'redo', 'redo');
    },
    { rules: { t: { f: 'sum' } } },
  ),
  scene(
    'the undoing of a sum that is in the log meets another’s, and gives back its share',
    { f: long(0) },
    (script) => {
      script
        .commit('ann', put('f', long(5)))
        .commit('ann', put('f', long(7)))
        .catchUp('bob')
        .commit('bob', put('f', long(17)))
        .catchUp('ann');
      script.do('ann', 'rules', { rules: {} });
      script
        .each('ann', 'undo')
        .commit('bob', put('f', long(27)))
        .catchUp('ann')
        .each('ann', 'undo', 'redo', 'redo');
    },
    { rules: { t: { f: 'sum' } } },
  ),
  scene('a chain gives way to a later edit of a record from where it deletes that', {}, (script) => {
    script
      .commit('ann', insertQ({ f: 1 }))
      .commit('ann', ['U', 't', 'q', { f: ['P', 2] }], put('f', 2))
      .commit('ann', ['U', 't', 'q', { g: ['P', 3] }]);
    script
      .catchUp('bob')
      .commit('bob', ['U', 't', 'q', { h: ['P', 5] }])
      .catchUp('ann')
      .each('ann', 'undo', 'undo', 'undo', 'redo', 'redo', 'redo');
  }),
  scene('a chain gives way to later edits of a list from where it puts that', { list: ['x'] }, (script) => {
    script
      .commit('ann', ...edit(['LI', 0, 'a']))
      .commit('ann', put('list', ['p']))
      .commit('ann', ...edit(['LI', 1, 'b']), put('f', 1));
    script
      .catchUp('bob')
      .commit('bob', ...edit(['LI', 0, 'o']))
      .catchUp('ann')
      .each('ann', 'undo', 'undo', 'undo', 'redo', 'redo', 'redo');
  }),
  scene('redoing gives way as undoing does', { list: ['x'], f: 0 }, (script) => {
    script
      .commit('ann', put('list', ['p']))
      .commit('ann', removed('r'))
      .each('ann', 'undo', 'undo', 'sync')
      .put('ann')
      .catchUp('bob');
    script
      .commit('bob', ...edit(['LI', 0, 'o']))
      .catchUp('ann')
      .each('ann', 'redo', 'redo');
  }),
  scene('after a reload only what is pending can be undone, and nothing redone', { f: 0 }, (script) => {
    script
      .commit('ann', put('g', 1))
      .edit('ann', [put('h', 1)])
      .edit('ann', [put('i', 1)])
      .each('ann', 'undo')
      .catchUp('bob')
      .commit('bob', put('f', 5))
      .trim(3);
    script.fetch('ann').fetch('ann').each('ann', 'sync', 'redo', 'undo', 'undo');
  }),
  scene('after a crash only what is edited later can be undone', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)])
      .each('ann', 'save', 'crash')
      .open('ann', put('f', 2))
      .each('ann', 'undo', 'undo', 'redo');
  }),
  scene('an edit of the reserved table is no step, and ends the one before it', {}, (script) => {
    script
      .open('ann', put('f', 1))
      .open('ann', put('g', 1), ['U', ':info', 'info', { x: ['P', 1] }], put('h', 1))
      .open('ann', put('i', 1));
    script.each('ann', 'undo', 'undo', 'undo', 'redo', 'redo');
  }),
  scene('the history ends where an edit that is no step touches what a step touched', {}, (script) => {
    script.do('ann', 'title', { title: 'one' });
    script.open('ann', put('f', 1)).each('ann', 'end-step').do('ann', 'title', { title: 'two' });
    script
      .each('ann', 'undo')
      .open('ann', ['U', ':info', 'info', { x: ['P', 1] }])
      .each('ann', 'redo', 'undo', 'undo');
  }),
  scene('the history ends where the record that holds the title is deleted', {}, (script) => {
    script.do('ann', 'title', { title: 'one' });
    script.open('ann', put('f', 1), ['D', ':info', 'info']).each('ann', 'undo', 'undo');
  }),
  scene(
    'of more steps than are to be remembered the oldest are forgotten',
    {},
    (script) => {
      script
        .edit('ann', [put('f', 1)], [put('f', 2)], [put('f', 3)])
        .each('ann', 'undo', 'redo', 'undo', 'undo', 'undo', 'redo', 'redo', 'redo');
    },
    { undoDepth: 2 },
  ),
  scene(
    'steps that are forgotten are merged, and those above them undone, as if they were not',
    LIST,
    (script) => {
      script.edit(
        'ann',
        edit(['LD', 0]),
        edit(['LI', 0, 'a']),
        edit(['LI', 1, 'b']),
        edit(['LM', 0, 2]),
        edit(['LI', 1, 'c']),
      );
      script
        .commit('bob', ...edit(['LI', 1, 'o']))
        .catchUp('ann')
        .each('ann', 'undo', 'undo', 'redo', 'sync');
      script.put('ann').each('ann', 'undo').sync('ann').put('ann');
    },
    { undoDepth: 1 },
  ),
  scene(
    'a step that is remembered again after a rollback is taken out',
    {},
    (script) => {
      script.edit('ann', [put('f', 1)], [put('g', 1)]);
      script
        .open('ann', put('h', 1))
        .each('ann', 'end-step')
        .open('ann', put('i', 1))
        .each('ann', 'end-step', 'rollback');
      script.edit('ann', [put('j', 1)]).each('ann', 'undo', 'undo', 'save');
    },
    { undoDepth: 2 },
  ),
  scene(
    'no step can be undone if none is to be remembered',
    {},
    (script) => {
      script
        .edit('ann', [put('f', 1)])
        .open('ann', put('f', 2))
        .each('ann', 'undo', 'redo');
    },
    { undoDepth: 0 },
  ),
  scene(
    'what cannot be undone within the limits stays',
    { f: 'x'.repeat(99) },
    (script) => {
      script
        .edit('ann', [put('f', '')])
        .put('ann')
        .catchUp('bob')
        .commit('bob', put('g', ''))
        .catchUp('ann')
        .each('ann', 'undo');
      script
        .catchUp('bob')
        .commit('bob', update({ g: ['D'] }))
        .catchUp('ann')
        .each('ann', 'undo');
    },
    { replicaLimits: { recordSize: 300 } },
  ),
  scene('steps that cancel one another can be undone once they are dropped, one by one', { f: 0, g: 0 }, (script) => {
    script.open('ann', insertQ({})).each('ann', 'end-step').open('ann', removed('q')).sync('ann');
    script.each('ann', 'undo', 'undo', 'redo', 'redo').sync('ann');
    script
      .edit('ann', [put('f', 1)])
      .open('ann', insertQ({}))
      .each('ann', 'end-step')
      .open('ann', removed('q'));
    script
      .sync('ann')
      .catchUp('bob')
      .commit('bob', put('f', 5), put('g', 5))
      .catchUp('ann')
      .each('ann', 'undo', 'undo', 'undo');
  }),
  scene('once nothing is pending or open, also as that was dropped, a step is taken out again', { f: 0 }, (script) => {
    script
      .commit('ann', put('f', 1))
      .edit('ann', [put('h', 1)])
      .each('ann', 'put', 'undo')
      .sync('ann');
    script.catchUp('bob').commit('bob', put('g', 1)).catchUp('ann').put('ann');
    script.open('ann', insertQ({})).each('ann', 'end-step').open('ann', removed('q')).each('ann', 'end-step');
    script
      .put('ann')
      .sync('ann')
      .open('ann', put('i', 1))
      .each('ann', 'undo', 'save')
      .receive('ann', { type: 'denied' });
  }),
];
