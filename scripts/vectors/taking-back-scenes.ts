/** Conversations in which a user takes back what was edited or sealed. */

import { edit, long, put, scene } from './conversation-script.js';
import type { JsonObject } from './json.js';

const SEAL: JsonObject = { time: 5 };

export const TAKING_BACK_SCENES: readonly JsonObject[] = [
  scene('rolling back drops what is open, and what could be undone and redone is as it was', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)], [put('f', 2)])
      .put('ann')
      .each('ann', 'undo')
      .sync('ann')
      .put('ann');
    script.open('ann', put('f', 7), ['I', 't', 'q', {}]).each('ann', 'end-step').open('ann', put('g', 1));
    script
      .each('ann', 'rollback', 'rollback', 'redo', 'undo', 'undo', 'rollback', 'redo', 'redo', 'undo')
      .sync('ann')
      .each('ann', 'put');
  }),
  scene('what undoing took out of a sealed delta stays out', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)], [put('f', 2)])
      .open('ann', put('f', 3))
      .each('ann', 'undo', 'undo', 'rollback', 'redo', 'save');
  }),
  scene(
    'a step that is remembered again, as what came after it was made open and dropped, is taken out',
    { f: 0 },
    (script) => {
      script.open('ann', put('f', 1)).do('ann', 'seal', SEAL);
      script.open('ann', put('g', 1)).do('ann', 'seal', SEAL);
      script.each('ann', 'reopen', 'rollback', 'undo', 'save');
    },
    { undoDepth: 1 },
  ),
  scene('anybody rolls back', { f: 0 }, (script) => {
    script.open('ann', put('f', 1)).do('ann', 'become', { role: 'viewer' });
    script.each('ann', 'rollback').sync('ann');
  }),
  scene('anybody makes open again and withdraws', { f: 0 }, (script) => {
    script.edit('ann', [put('f', 1)]).do('ann', 'become', { role: 'viewer' });
    script.each('ann', 'reopen', 'sync', 'withdraw', 'put');
  }),
  scene('what is sealed apart joins no other, with the modified time, and merges nothing', { f: 0 }, (script) => {
    script
      .commit('bob', put('g', 1))
      .edit('ann', [put('f', 1)])
      .open('ann', put('f', 2))
      .fetch('ann');
    script.do('ann', 'seal', SEAL);
    script.do('ann', 'seal', SEAL);
    script.open('ann', put('f', 3)).each('ann', 'save').sync('ann').put('ann').put('ann');
  }),
  scene('what was sealed last is made open again, together with what is open', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)])
      .open('ann', put('g', 1))
      .do('ann', 'seal', SEAL);
    script
      .open('ann', put('h', 1))
      .each(
        'ann',
        'reopen',
        'save',
        'undo',
        'undo',
        'redo',
        'rollback',
        'undo',
        'redo',
        'rollback',
        'reopen',
        'rollback',
        'reopen',
        'redo',
        'undo',
        'undo',
      );
    script.each('ann', 'save');
  }),
  scene(
    'what was sealed last is withdrawn, and what is open stands as far as it can',
    { f: long(0), list: ['x'] },
    (script) => {
      script
        .edit('ann', [put('f', long(1))])
        .open('ann', put('f', long(3)), ...edit(['LI', 0, 'a']), ['I', 't', 'q', {}])
        .do('ann', 'seal', SEAL);
      script.open('ann', put('f', long(7)), ...edit(['LP', 0, 'b'], ['LI', 1, 'c']), ['U', 't', 'q', { f: ['P', 1] }]);
      script.each('ann', 'withdraw', 'save', 'undo', 'redo', 'withdraw', 'withdraw').sync('ann').each('ann', 'put');
    },
    { rules: { t: { f: 'sum' } } },
  ),
  scene(
    'a delta of which a merge leaves no change is dropped, and the one before it is made open again',
    { f: 0 },
    (script) => {
      script
        .edit('ann', [put('f', 1)])
        .open('ann', ['I', 't', 'q', {}])
        .each('ann', 'end-step');
      script.open('ann', ['D', 't', 'q'], ['I', 't', 's', {}]).do('ann', 'seal', { time: 0 });
      script.commit('bob', ['I', 't', 's', { f: 9 }]).catchUp('ann');
      script.each('ann', 'save', 'reopen', 'rollback', 'reopen');
    },
  ),
  scene(
    'once a delta was dropped whose steps can be undone, undoing a step leaves what the user saw before it',
    { f: 0 },
    (script) => {
      script.open('ann', ['I', 't', 'q', {}]).each('ann', 'end-step');
      script.open('ann', ['D', 't', 'q'], ['I', 't', 's', {}]).do('ann', 'seal', { time: 0 });
      script.open('ann', put('f', 1)).do('ann', 'seal', { time: 0 });
      script.commit('bob', ['I', 't', 's', {}]).catchUp('ann');
      script.commit('bob', put('f', 5)).catchUp('ann');
      script.each('ann', 'undo', 'undo', 'undo', 'undo');
    },
    { rules: { t: { f: 'local' } } },
  ),
  scene('what is in flight is taken back only if it is not in the log for certain', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)])
      .each('ann', 'put', 'reopen', 'withdraw')
      .refuse('ann', 'ann-2')
      .each('ann', 'reopen')
      .sync('ann')
      .each('ann', 'put');
    script
      .commit('bob', put('g', 1))
      .each('ann', 'withdraw')
      .fetch('ann')
      .each('ann', 'withdraw')
      .sync('ann')
      .each('ann', 'put');
  }),
  scene('what a snapshot rules out is taken back, and what it does not is left', { f: 0 }, (script) => {
    const snapshot = (nonces: readonly string[]): JsonObject => ({ type: 'snapshot', rev: 3, rows: [], nonces });
    script
      .edit('ann', [put('f', 1)])
      .each('ann', 'put')
      .receive('ann', { type: 'reset', since: 1, rev: 3 });
    script.receive('ann', { type: 'snapshot', rev: 1, rows: [], nonces: [] }).each('ann', 'withdraw');
    for (const nonces of [['y'], ['ann-2', 'y'], ['x', 'y']])
      script.receive('ann', snapshot(nonces)).each('ann', 'withdraw');
    script.each('ann', 'withdraw').sync('ann');
  }),
  scene('what was undone since the last sync is undone no more, and so cannot be redone', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)])
      .put('ann')
      .open('ann', put('f', 2))
      .each('ann', 'undo', 'rollback', 'redo', 'undo');
  }),
  scene('what was loaded as open is dropped, and nothing can be undone', { f: 0 }, (script) => {
    script.open('ann', put('f', 1)).each('ann', 'save', 'crash', 'rollback', 'undo', 'redo');
    script
      .open('ann', put('f', 2))
      .each('ann', 'save', 'crash')
      .open('ann', put('g', 1))
      .each('ann', 'rollback', 'undo');
  }),
  scene(
    'what has been through a merge is made open again and dropped, and nothing can be undone',
    { f: 0 },
    (script) => {
      script
        .edit('ann', [['I', 't', 'q', {}]])
        .commit('bob', put('g', 1))
        .catchUp('ann')
        .each('ann', 'reopen');
      script.open('ann', put('h', 1)).each('ann', 'rollback', 'undo', 'redo');
    },
  ),
  scene('what was open when a sealed delta was withdrawn is dropped, and nothing can be undone', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)])
      .open('ann', ['I', 't', 'q', {}])
      .each('ann', 'withdraw')
      .open('ann', put('g', 1))
      .each('ann', 'rollback', 'undo', 'redo');
  }),
  scene('what is sealed behind a delta in flight is taken back, and that flies on', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)])
      .each('ann', 'put')
      .edit('ann', [put('g', 1)])
      .each('ann', 'withdraw', 'put');
    script
      .edit('ann', [put('g', 2)])
      .each('ann', 'reopen', 'put', 'withdraw')
      .put('ann')
      .sync('ann')
      .put('ann');
  }),
  scene('what was open when a sealed delta is made open again is a step by itself', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)])
      .open('ann', put('g', 1))
      .each('ann', 'reopen')
      .open('ann', put('h', 1));
    script.each('ann', 'undo', 'undo', 'undo', 'redo');
  }),
  scene('nothing is left open of what cannot stand without what is withdrawn', {}, (script) => {
    script
      .edit('ann', [['I', 't', 'q', {}]])
      .open('ann', ['U', 't', 'q', { f: ['P', 1] }])
      .each('ann', 'withdraw');
    script.receive('ann', { type: 'denied' }).sync('ann').each('ann', 'put');
  }),
  scene(
    'what stood through the refusal of another is made open again and dropped, and nothing can be undone',
    { f: 0 },
    (script) => {
      script
        .commit('ann', put('g', 1))
        .edit('ann', [put('f', 1)])
        .each('ann', 'put')
        .edit('ann', [put('h', 1)]);
      script.refuse('ann', 'ann-3').each('ann', 'sync', 'reopen', 'rollback', 'undo');
    },
  ),
  scene(
    'what was received and forgotten again rules nothing out, and a refusal does for whatever reason',
    { f: 0 },
    (script) => {
      script.edit('ann', [put('f', 1)]).each('ann', 'put');
      script.receive('ann', { type: 'entries', entries: [{ rev: 2, nonce: 'x', delta: [['D', 't', 'missing']] }] });
      script
        .each('ann', 'sync', 'reopen')
        .receive('ann', { type: 'refused', nonce: 'ann-2', reason: 'unknown-revision', message: '' });
      script
        .each('ann', 'reopen')
        .receive('ann', { type: 'refused', nonce: 'ann-2', reason: 'nonce-reused', message: '' });
      script.each('ann', 'reopen');
    },
  ),
  scene(
    'after a rollback that can be redone which could be when a step was taken out of a sealed delta',
    { f: 0 },
    (script) => {
      script
        .edit('ann', [put('f', 1)], [put('g', 1)])
        .each('ann', 'undo', 'sync')
        .open('ann', put('h', 1));
      script
        .each('ann', 'undo', 'undo')
        .open('ann', ['U', ':info', 'info', { a: ['P', 1] }])
        .each('ann', 'rollback', 'redo', 'redo');
    },
  ),
  scene(
    'behind steps that were taken out, what is made open again and dropped leaves nothing to undo',
    {},
    (script) => {
      script
        .edit('ann', [['I', 't', 'q', { f: 1 }]])
        .open('ann', ['U', 't', 'q', { f: ['P', 2] }])
        .do('ann', 'seal', SEAL);
      script
        .each('ann', 'undo', 'undo', 'reopen', 'rollback', 'undo', 'redo', 'redo')
        .commit('bob', ['I', 't', 'q', { g: 1 }]);
      script.catchUp('ann').each('ann', 'undo', 'undo');
    },
  ),
  scene('what comes to nothing is counted no more', { list: ['a', 'b'] }, (script) => {
    script
      .edit('ann', [['D', 't', 'r']])
      .open('ann', ['I', 't', 'r', {}], ['D', 't', 'r'])
      .each('ann', 'undo');
    script
      .open('ann', ...edit(['LI', 0, 'j'], ['LD', 1]))
      .sync('ann')
      .each('ann', 'put');
  }),
];
