/** Conversations about what a replica makes of messages: acknowledgements, entries in any order, snapshots, and contradictions. */

import { edit, put, type Script, scene, update } from './conversation-script.js';
import type { Json, JsonObject } from './json.js';

const entry = (rev: number, nonce: string, ...delta: readonly Json[]): JsonObject => ({ rev, nonce, delta });
const entries = (...them: readonly JsonObject[]): JsonObject => ({ type: 'entries', entries: them });
const snapshot = (rev: number, data: JsonObject, nonces: readonly string[] = []): JsonObject => ({
  ...{ type: 'snapshot', rev, nonces },
  rows: [
    { tid: ':info', rowid: 'info', data: { mtime: { T: '0' } } },
    { tid: 't', rowid: 'r', data },
  ],
});
const RESET: JsonObject = { type: 'reset', since: 1, rev: 9 };
const ADDED: readonly Json[] = [
  ['I', ':info', 'info', { mtime: { T: '0' } }],
  ['I', 't', 'r', { f: 0 }],
];
const REMOVED: readonly Json[] = [['D', 't', 'r']];
const AGAIN: readonly Json[] = [['I', 't', 'r', { f: 3, g: 9 }]];
const NOTHING: JsonObject = { type: 'denied' };
const NEW_REPLICA: JsonObject = {
  ...{ format: 1, rev: 0, rows: [], pending: [], nonce: null, refusal: null, open: [], rules: [] },
  ...{ needsReload: false, isLogLost: false },
};

/** What a replica wants after all that. */
function wants(script: Script, at = 'ann'): void {
  script.each(at, 'request', 'put');
}

/** Others put items in front of the list, and the log that tells is trimmed. */
function missed(script: Script, ...deltas: readonly (readonly Json[])[]): void {
  for (const delta of deltas) script.commit('bob', ...delta);
  script.trim(1 + deltas.length);
}

export const EXCHANGE_SCENES: readonly JsonObject[] = [
  scene('messages: what is none is refused, and changes nothing', { f: 0 }, (script) => {
    const refusal = { type: 'refused', nonce: 'n', message: '' };
    for (const message of [
      ...[{ type: 'put', rev: 1, nonce: 'n', delta: [] }, {}, null, { type: 'accepted', nonce: 'n' }],
      ...[{ type: 'repeated', nonce: '', rev: 1 }, { type: 'reset', since: 1, rev: -1 }, { type: 'entries' }],
      ...[entries(entry(2, '', put('f', 1))), entries(entry(2, 'n', ['X'])), entries(entry(-1, 'n'))],
      ...[
        { ...refusal, reason: 'mood' },
        { type: 'refused', nonce: 'n', reason: 'limit' },
      ],
      ...[
        { ...refusal, reason: 'limit', place: { row: 1 } },
        { ...refusal, reason: 'limit', code: 7 },
      ],
      ...[snapshot(1, {}, ['a', 'b']), snapshot(2, {}, ['a', 'a']), snapshot(2, {}, ['a b']), snapshot(2, { f: null })],
    ] as Json[]) {
      script.receive('ann', message);
    }
    script.each('ann', 'sync');
    wants(script);
  }),
  scene('a refusal with every part of a place, and with members that are not named', { f: 0 }, (script) => {
    script.edit('ann', [put('f', 1)]).each('ann', 'put');
    script.receive('ann', {
      ...{ type: 'refused', nonce: 'ann-2', reason: 'invalid', code: 'index-out-of-range', message: '', more: 1 },
      place: { table: 't', record: 'r', field: 'f', index: 3, position: 0 },
    });
    script.each('ann', 'save', 'crash', 'sync');
  }),
  scene('an acknowledgement of another nonce, or of what was acknowledged, means nothing', { f: 0 }, (script) => {
    script.edit('ann', [put('f', 1)]).each('ann', 'put');
    script.receive('ann', { type: 'accepted', nonce: 'bob-1', rev: 7 });
    script.receive('ann', { type: 'repeated', nonce: 'ann-2', rev: 2 });
    script.receive('ann', { type: 'repeated', nonce: 'ann-2', rev: 9 });
    script.receive('ann', { type: 'refused', nonce: 'ann-2', reason: 'limit', message: '' });
    script.receive('ann', entries(entry(2, 'ann-2', put('f', 7))));
    wants(script);
  }),
  scene('entries up to the revision of the replica are ignored, whatever they say', { f: 0 }, (script) => {
    script.edit('ann', [put('f', 1)]).each('ann', 'put');
    script.receive(
      'ann',
      entries(entry(1, 'x', put('f', 7)), entry(1, 'y'), entry(0, 'z'), entry(1, 'ann-2', put('f', 1))),
    );
    wants(script);
  }),
  scene('an acknowledgement at another revision contradicts the put', { f: 0 }, (script) => {
    script.edit('ann', [put('f', 1)]).each('ann', 'put');
    script.receive('ann', { type: 'accepted', nonce: 'ann-2', rev: 3 }).receive('ann', NOTHING);
    wants(script);
  }),
  scene(
    'an entry with the nonce of the put and another delta, or at another revision, contradicts it',
    { f: 0 },
    (script) => {
      script.edit('ann', [put('f', 1)]).each('ann', 'put');
      script.receive('ann', entries(entry(2, 'ann-2', put('f', 2)))).receive('ann', NOTHING);
      script.receive('ann', entries(entry(3, 'ann-2', put('f', 1)))).receive('ann', NOTHING);
      script.receive('ann', entries(entry(2, 'ann-2', put('f', 0), put('f', 1))));
      wants(script);
    },
  ),
  scene('an entry that does not fit needs a reload, and a snapshot at the same revision heals', { f: 0 }, (script) => {
    script.edit('ann', [put('g', 1)]).each('ann', 'put');
    script.receive('ann', entries(entry(2, 'x', ['D', 't', 'missing']), entry(3, 'y', put('f', 1))));
    script.sync('ann').receive('ann', NOTHING);
    wants(script);
    script
      .receive('ann', snapshot(0, {}))
      .receive('ann', snapshot(1, { f: 9 }, ['ann-1']))
      .sync('ann');
    wants(script);
    script.put('ann');
  }),
  scene('two entries for one revision need a reload', { f: 0 }, (script) => {
    script.receive('ann', entries(entry(2, 'x', put('f', 1)), entry(2, 'x', put('f', 2))));
    script.receive('ann', entries(entry(2, 'y', put('f', 3)))).receive('ann', NOTHING);
    wants(script);
    script
      .sync('ann')
      .receive('ann', snapshot(2, { f: 3 }, ['ann-1', 'y']))
      .sync('ann');
    wants(script);
  }),
  scene('what was merged before an entry that does not fit is reported with the next sync', { f: 0 }, (script) => {
    script.receive('ann', entries(entry(2, 'x', put('f', 1)), entry(3, 'y', ['D', 't', 'missing'])));
    script.each('ann', 'sync', 'sync');
  }),
  scene('entries with a gap wait, and what is missing is asked for', { f: 0 }, (script) => {
    const [second, third, fourth] = [2, 3, 4].map((rev) => entry(rev, `x${rev}`, put('f', rev)));
    script.receive('ann', entries(fourth as JsonObject)).sync('ann');
    wants(script);
    script.receive('ann', entries(second as JsonObject)).each('ann', 'request', 'sync', 'request');
    script.receive('ann', entries(third as JsonObject, second as JsonObject)).each('ann', 'request', 'sync', 'request');
  }),
  scene('nothing is left of what was overtaken, so nothing is put', { f: 0, g: 0 }, (script) => {
    script.edit('ann', [put('f', 1)]).each('ann', 'put');
    script.edit('ann', [put('g', 1)]);
    script.commit('bob', put('f', 2), put('g', 2)).catchUp('ann');
    wants(script);
  }),
  scene('a refusal, and then the entry that proves it wrong; or an overtaking one', { f: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)])
      .each('ann', 'put')
      .refuse('ann', 'ann-2');
    script.receive('ann', entries(entry(2, 'ann-2', put('f', 1)))).sync('ann');
    script
      .edit('ann', [put('f', 2)])
      .each('ann', 'put')
      .refuse('ann', 'ann-3');
    script.receive('ann', entries(entry(3, 'x', put('f', 5)))).sync('ann');
    wants(script);
  }),
  scene(
    'a reset for a revision that was passed is ignored, merged or not, and so is a snapshot that is not needed',
    { f: 0 },
    (script) => {
      script.receive('ann', { ...RESET, since: 0 }).receive('ann', snapshot(5, { f: 5 }));
      script.receive('ann', entries(entry(2, 'x', put('f', 1)))).receive('ann', RESET);
      script.receive('ann', { ...RESET, since: 2 });
      wants(script);
    },
  ),
  scene('a replica at revision 0 takes a snapshot unasked', {}, (script) => {
    script.commit('ann', put('f', 1));
    script.do('bob', 'load', { replica: NEW_REPLICA });
    script
      .open('bob', ['I', 't', 'q', {}])
      .receive('bob', snapshot(2, { f: 1 }, ['ann-1', 'ann-2']))
      .sync('bob');
    wants(script, 'bob');
  }),
  scene(
    'of two snapshots the newer is merged, then the entries after it, and a reset past both asks for another',
    { f: 0 },
    (script) => {
      script
        .receive('ann', RESET)
        .receive('ann', snapshot(5, { f: 5 }))
        .receive('ann', snapshot(4, { f: 4 }));
      script.receive('ann', entries(entry(6, 'x', put('g', 6)), entry(8, 'z', put('g', 8))));
      wants(script);
      script.receive('ann', { ...RESET, since: 5 });
      wants(script);
      script.receive('ann', { ...RESET, since: 6 });
      wants(script);
      script.receive('ann', snapshot(7, { f: 7 })).sync('ann');
      wants(script);
    },
  ),
  scene('after a snapshot at the same revision the put stays what it was, if it is the same', { f: 0 }, (script) => {
    script.edit('ann', [put('g', 1)]).each('ann', 'put');
    script
      .receive('ann', RESET)
      .receive('ann', snapshot(1, { f: 3 }, ['ann-1']))
      .sync('ann');
    wants(script);
    script
      .receive('ann', { ...RESET, since: 1 })
      .receive('ann', snapshot(1, { f: 3, g: 2 }, ['ann-1']))
      .sync('ann');
    wants(script);
  }),
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
];
