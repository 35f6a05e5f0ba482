/** Conversations in which a replica goes over to a snapshot. */

import { edit, put, scene, update } from './conversation-script.js';
import {
  ADDED,
  AGAIN,
  entries,
  entry,
  missed,
  NEW_REPLICA,
  NOTHING,
  REMOVED,
  RESET,
  snapshot,
  wants,
} from './exchange-messages.js';
import type { Json, JsonObject } from './json.js';

export const RELOAD_SCENES: readonly JsonObject[] = [
  ...(
    [
      ['is in the snapshot', ['ann-1', 'ann-2', 'x'], [put('g', 1), ['LI', 0, 'a']]],
      ['is not in the snapshot', ['ann-1', 'y', 'x'], []],
      ['is out of reach of the nonces, and in the snapshot', ['x'], [put('g', 1), ['LI', 0, 'a']]],
      ['is out of reach of the nonces, and not in the snapshot', ['x'], []],
    ] as const
  ).map(([name, nonces, done]) =>
    scene(`a delta in flight at a reload ${name}`, { list: ['x'] }, (script) => {
      script.edit('ann', [put('g', 1), ...edit(['LI', 0, 'a'])]).each('ann', 'put');
      script.edit('ann', [put('g', 2), ...edit(['LI', 1, 'b'])]);
      const fields: JsonObject = done.length > 0 ? { g: 1, list: ['a', 'x', 'o'] } : { list: ['x', 'o'] };
      script
        .receive('ann', RESET)
        .receive('ann', snapshot(3, fields, nonces))
        .sync('ann');
      wants(script);
      script.receive('ann', { type: 'accepted', nonce: 'ann-2', rev: 2 });
    }),
  ),
  scene(
    'a reload brings items in, takes some out and moves one, and a pending edit stands',
    { list: ['a', 'b', 'c', 'd'] },
    (script) => {
      script.edit('ann', edit(['LI', 4, 'mine'], ['LD', 1]));
      missed(script, edit(['LI', 0, 'new']), edit(['LM', 3, 1]), edit(['LD', 2]));
      for (const _ of [1, 2]) script.fetch('ann');
      script.sync('ann').put('ann');
    },
  ),
  scene(
    'a reload puts an item in the place of one that a pending delta deletes, and it stays',
    { list: ['a', 'b'] },
    (script) => {
      script.edit('ann', edit(['LD', 0]));
      missed(script, edit(['LD', 0]), edit(['LI', 0, 'new']));
      for (const _ of [1, 2]) script.fetch('ann');
      script.sync('ann').put('ann');
    },
  ),
  scene(
    'a reload puts an item over one that a pending delta puts as well: the rule decides',
    { list: ['a', 'b'] },
    (script) => {
      script.edit('ann', edit(['LP', 0, 'mine']));
      missed(script, edit(['LP', 0, 'theirs']), [put('f', 1)]);
      for (const _ of [1, 2]) script.fetch('ann');
      script.sync('ann').put('ann');
    },
    { rules: { t: { list: 'local' } } },
  ),
  scene(
    'a reload does not see that a record was deleted and inserted again, nor a value that came and went',
    { f: 0, g: 0 },
    (script) => {
      script.edit('ann', [put('f', 1), put('g', 5)]);
      missed(script, REMOVED, AGAIN, [put('g', 0)]);
      for (const _ of [1, 2]) script.fetch('ann');
      script.sync('ann').put('ann');
    },
    { rules: { t: { g: 'max' } } },
  ),
  scene(
    'a sequencer that lost its log: a refusal as unknown-revision leads back to an earlier snapshot',
    { f: 0 },
    (script) => {
      script
        .commit('ann', put('f', 1))
        .commit('ann', put('g', 1))
        .edit('ann', [put('h', 1)])
        .each('ann', 'put');
      script.receive('ann', { type: 'refused', nonce: 'ann-4', reason: 'unknown-revision', message: '' });
      script
        .each('ann', 'request', 'save')
        .receive('ann', snapshot(2, { f: 1 }, ['ann-1', 'ann-2']))
        .sync('ann');
      wants(script);
      script
        .receive('ann', { type: 'accepted', nonce: 'ann-4', rev: 4 })
        .receive('ann', { type: 'accepted', nonce: 'ann-5', rev: 3 });
    },
  ),
  scene(
    'a sequencer that lost its log: a reset from below leads back, and so does its memory after a crash',
    { f: 0 },
    (script) => {
      script.commit('ann', put('f', 1)).commit('ann', put('g', 1)).receive('ann', { type: 'reset', since: 3, rev: 2 });
      script
        .each('ann', 'save', 'crash', 'request')
        .receive('ann', snapshot(2, { f: 1 }, ['ann-1', 'ann-2']))
        .sync('ann');
      wants(script);
      script.each('ann', 'save');
    },
  ),
  scene('a log that goes on is no longer lost: an earlier snapshot is ignored', { f: 0 }, (script) => {
    script.commit('ann', put('f', 1)).receive('ann', { type: 'reset', since: 2, rev: 5 });
    script.receive('ann', snapshot(1, { f: 0 })).sync('ann');
    wants(script);
  }),
  scene('a denied question changes nothing', {}, (script) => {
    script
      .edit('ann', [update({ f: ['P', 1] })])
      .each('ann', 'put')
      .receive('ann', NOTHING);
    wants(script);
  }),
  scene('a log that is lost stays so until a snapshot was merged', { f: 0 }, (script) => {
    script.commit('ann', put('f', 1)).commit('ann', put('f', 2)).receive('ann', { type: 'reset', since: 3, rev: 2 });
    script.receive('ann', { type: 'reset', since: 3, rev: 5 }).receive('ann', snapshot(1, { f: 0 }));
    wants(script);
    script.sync('ann').receive('ann', { type: 'reset', since: 1, rev: 5 }).receive('ann', snapshot(0, {}));
    wants(script);
  }),
  scene('a snapshot that was taken unasked, and that the log has got past, is not merged', {}, (script) => {
    script.do('bob', 'load', { replica: NEW_REPLICA });
    script
      .receive('bob', snapshot(2, { f: 9 }))
      .receive('bob', entries(entry(1, 'a', ...ADDED), entry(2, 'b', put('f', 1))));
    script.sync('bob');
    wants(script, 'bob');
  }),
  scene('nothing is left after a reload of what was pending', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)])
      .receive('ann', RESET)
      .receive('ann', snapshot(2, { f: 5 }))
      .sync('ann')
      .receive('ann', NOTHING);
    wants(script);
  }),
  scene('after a snapshot at the same revision the put is another if the delta is', { list: ['x'] }, (script) => {
    script.edit('ann', edit(['LI', 1, 'a'])).each('ann', 'put');
    script
      .receive('ann', RESET)
      .receive('ann', snapshot(1, { list: ['x'] }))
      .sync('ann');
    wants(script);
    script
      .receive('ann', RESET)
      .receive('ann', snapshot(1, { list: ['o', 'x'] }))
      .sync('ann');
    wants(script);
  }),
  scene(
    'of what a reload puts in lists, only the items that a pending delta deletes are told as new ones',
    { f: 0, list: ['a', 'b', 'c', 'd'], other: ['p', 'q'] },
    (script) => {
      script.commit('ann', ['I', 't', 's', { list: ['x', 'y'] }]);
      script.edit('ann', [
        ...edit(['LD', 0], ['LP', 1, 'mine']),
        update({ other: ['LP', 0, 'mine'] }),
        ['D', 't', 's'],
      ]);
      const fields: JsonObject = { f: 1, list: ['new', 'b', 'theirs', 'd', 'e'], other: ['p', 'theirs'] };
      const { rows } = snapshot(3, fields) as { readonly rows: readonly Json[] };
      const s: Json = { tid: 't', rowid: 's', data: { list: ['x', 'z'] } };
      const q: Json = { tid: 't', rowid: 'q', data: {} };
      script
        .receive('ann', { ...RESET, since: 2 })
        .receive('ann', { ...snapshot(3, fields), rows: [...rows, q, s] })
        .sync('ann');
      wants(script);
    },
    { rules: { t: { list: 'local', other: 'local' } } },
  ),
  scene(
    'what was merged before a failure is reported with the next sync, also records that were made',
    { f: 0 },
    (script) => {
      const made: Json = ['I', 't', 'q', {}];
      script.edit('ann', [put('f', 7)]);
      script.receive('ann', entries(entry(2, 'x', made, put('f', 1)), entry(3, 'y', ['D', 't', 'missing'])));
      script.each('ann', 'sync').open('ann', put('g', 1)).each('ann', 'sync');
    },
  ),
  scene(
    'a reload takes records out and brings others in, and lists that lost, gained and moved items keep the places of pending edits',
    {
      gone: ['a', 'b', 'c', 'd', 'e'],
      left: ['a', 'b', 'c', 'd', 'e'],
      right: ['a', 'b', 'c', 'd', 'e'],
      value: 1,
      none: 1,
    },
    (script) => {
      script.commit('ann', ['I', 't', 's', {}]);
      const item = (field: string, index: number): Json => update({ [field]: ['LP', index, 'mine'] });
      script.edit('ann', [
        item('gone', 3),
        update({ gone: ['LI', 5, 'new'] }),
        item('left', 4),
        item('right', 0),
        item('right', 3),
        put('value', 2),
      ]);
      script.receive('ann', { ...RESET, since: 2 }).receive('ann', {
        ...{ type: 'snapshot', rev: 3, nonces: [] },
        rows: [
          { tid: 't', rowid: 'q', data: { f: [1] } },
          {
            ...{ tid: 't', rowid: 'r' },
            data: {
              gone: ['n', 'm', 'a', 'd', 'o', 'e', 'k'],
              left: ['e', 'a', 'b', 'c', 'd'],
              right: ['b', 'c', 'd', 'a', 'e'],
              value: ['list'],
              some: 1,
            },
          },
        ],
      });
      script.sync('ann');
      wants(script);
    },
    { rules: { t: { gone: 'local', left: 'local', right: 'local', value: 'local' } } },
  ),
  scene('a reset to the very revision that was asked about says nothing of a lost log', { f: 0 }, (script) => {
    script
      .commit('ann', put('f', 1))
      .receive('ann', { type: 'reset', since: 2, rev: 2 })
      .receive('ann', snapshot(1, { f: 0 }));
    wants(script);
  }),
  scene('after a reload only what is pending still can be undone', { f: 0, g: 0 }, (script) => {
    script
      .commit('ann', put('h', 1))
      .edit('ann', [put('f', 1)])
      .each('ann', 'put')
      .edit('ann', [put('g', 1)]);
    script.receive('ann', { ...RESET, since: 2 });
    script.receive('ann', snapshot(4, { f: 1, g: 0, h: 1, i: 5 }, ['ann-3', 'x'])).sync('ann');
    script.each('ann', 'undo', 'undo', 'redo', 'redo');
  }),
  scene('after a reload around an undone step nothing can be undone', { f: 0, g: 0 }, (script) => {
    script
      .commit('ann', put('h', 1))
      .edit('ann', [put('f', 1)])
      .each('ann', 'put', 'undo')
      .edit('ann', [put('g', 1)]);
    script.receive('ann', { ...RESET, since: 2 });
    script.receive('ann', snapshot(4, { f: 0, g: 0, h: 1, i: 5 }, ['y', 'x'])).sync('ann');
    script.each('ann', 'undo', 'redo');
  }),
  scene('a refusal as unknown-revision leaves a snapshot that waits, a reset drops it', { f: 0 }, (script) => {
    const refusal = { type: 'refused', nonce: 'ann-2', reason: 'unknown-revision', message: '' };
    script.edit('ann', [put('f', 1)]).each('ann', 'put');
    script
      .receive('ann', RESET)
      .receive('ann', snapshot(5, { f: 5 }))
      .receive('ann', refusal);
    wants(script);
    script.receive('ann', snapshot(2, { f: 2 }));
    wants(script);
    script.receive('ann', { ...RESET, since: 5, rev: 5 }).receive('ann', snapshot(0, { f: 2 }));
    wants(script);
  }),
  scene(
    'a snapshot that was taken unasked, and that an acknowledgement catches up with, waits for sync',
    {},
    (script) => {
      script.do('bob', 'load', { replica: NEW_REPLICA });
      script
        .edit('bob', [['I', 't', 'q', {}]])
        .each('bob', 'put')
        .receive('bob', snapshot(1, {}, ['x']));
      script.receive('bob', { type: 'accepted', nonce: 'bob-1', rev: 1 }).edit('bob', [['I', 't', 'p', {}]]);
      wants(script, 'bob');
      script.sync('bob');
      wants(script, 'bob');
    },
  ),
  scene('what waited behind a gap in a log that is lost is forgotten', { f: 0 }, (script) => {
    script
      .receive('ann', entries(entry(2, 'x', put('f', 1))))
      .sync('ann')
      .receive('ann', entries(entry(4, 'y', put('f', 4))));
    script
      .receive('ann', { type: 'reset', since: 2, rev: 1 })
      .receive('ann', snapshot(1, { f: 0 }, ['ann-1']))
      .sync('ann');
    script.receive('ann', entries(entry(2, 'p', put('g', 2)), entry(3, 'q', put('g', 3)))).sync('ann');
    wants(script);
  }),
];
