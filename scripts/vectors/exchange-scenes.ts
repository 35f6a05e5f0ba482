/** Conversations about what a replica makes of messages: acknowledgements, entries in any order, and contradictions. */

import { put, scene } from './conversation-script.js';
import { entries, entry, NEW_REPLICA, NOTHING, RESET, snapshot, wants } from './exchange-messages.js';
import type { Json, JsonObject } from './json.js';

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
        { type: 'mood' },
        { type: ['accepted'] },
        { type: 'entries', entries: {} },
        { type: 'entries', entries: [7] },
      ],
      ...[
        { row: 1 },
        { table: 1 },
        { index: -1 },
        { index: 0.5 },
        { position: 2 ** 53 },
        { record: null },
        { index: '0' },
        { position: true },
        { offset: 1 },
        7,
        [],
      ].map((place): Json => ({ ...refusal, reason: 'limit', place: place as Json })),
      ...[
        { ...refusal, reason: 'limit', code: 7 },
        { ...refusal, reason: 'limit', message: 7 },
      ],
      ...[null, {}, 'n', [7]].map((nonces): Json => ({ type: 'snapshot', rev: 9, rows: [], nonces })),
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
  scene('a refusal with a code that nobody knows, and with a place and no code', { f: 0 }, (script) => {
    const refusal = { type: 'refused', nonce: 'ann-2', reason: 'invalid', message: '' };
    script.edit('ann', [put('f', 1)]).each('ann', 'put');
    script.receive('ann', { ...refusal, place: { index: 0, position: 2 ** 53 - 1 } }).each('ann', 'save');
    script.receive('ann', { ...refusal, code: 'mood' }).each('ann', 'save', 'crash', 'sync');
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
  scene('what follows an entry that contradicts is not taken', { f: 0 }, (script) => {
    script.receive('ann', entries(entry(2, 'x', put('f', 1))));
    script.receive('ann', entries(entry(2, 'y', put('f', 2)), entry(3, 'z', put('f', 3)))).sync('ann');
    wants(script);
  }),
  scene('once a put is acknowledged, an entry with its nonce is one of somebody else', { f: 0 }, (script) => {
    script
      .commit('ann', put('f', 1))
      .receive('ann', entries(entry(3, 'ann-2', put('f', 9))))
      .sync('ann');
    wants(script);
  }),
  scene('a gap does not keep a delta from being put', { f: 0 }, (script) => {
    script.receive('ann', entries(entry(4, 'x', put('f', 9)))).edit('ann', [put('g', 1)]);
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
  ...[
    { type: 'accepted', nonce: 'ann-2', rev: 2 },
    entries(entry(3, 'y', put('g', 3)), entry(2, 'ann-2', put('f', 1))),
  ].map((message) =>
    scene(
      `an acknowledgement as ${message['type']} contradicts an entry of somebody else at its revision, and that stays`,
      { f: 0 },
      (script) => {
        script.edit('ann', [put('f', 1)]).each('ann', 'put');
        script
          .receive('ann', entries(entry(2, 'x', put('g', 2))))
          .receive('ann', message)
          .receive('ann', NOTHING);
        wants(script);
        script.sync('ann').receive('ann', NOTHING);
        wants(script);
      },
    ),
  ),
  scene('an entry that does not fit is forgotten with all that waits, a snapshot too', { f: 0 }, (script) => {
    script.receive('ann', RESET).receive('ann', snapshot(5, { f: 5 }));
    script.receive('ann', entries(entry(2, 'x', ['D', 't', 'missing']), entry(3, 'y', put('f', 1)), entry(6, 'z')));
    wants(script);
    script.sync('ann').receive('ann', NOTHING);
    wants(script);
    script.sync('ann');
  }),
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
  scene(
    'what was merged before a failure is reported unless the user has put it back since',
    { f: 0, g: 0 },
    (script) => {
      script.receive(
        'ann',
        entries(entry(2, 'x', put('f', 1), ['I', 't', 'q', {}]), entry(3, 'y', ['D', 't', 'missing'])),
      );
      script.sync('ann').open('ann', put('f', 0)).sync('ann');
    },
  ),
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
  scene('an overtaking entry, and then the refusal', { f: 0, g: 0 }, (script) => {
    script
      .edit('ann', [put('f', 1)])
      .each('ann', 'put')
      .edit('ann', [put('f', 2)]);
    script
      .receive('ann', entries(entry(2, 'x', put('g', 5))))
      .refuse('ann', 'ann-2')
      .sync('ann');
    wants(script);
  }),
  scene(
    'a reset for a revision that was passed is ignored, merged or not, and so is a snapshot that is not needed',
    { f: 0 },
    (script) => {
      script.receive('ann', { ...RESET, since: 0 }).receive('ann', snapshot(5, { f: 5 }));
      script.receive('ann', entries(entry(2, 'x', put('f', 1)))).receive('ann', RESET);
      script.receive('ann', { ...RESET, since: 1, rev: 0 }).receive('ann', { ...RESET, since: 2 });
      wants(script);
    },
  ),
  scene('a replica at revision 0 takes a snapshot unasked', {}, (script) => {
    script.commit('ann', put('f', 1));
    script.do('bob', 'load', { replica: NEW_REPLICA });
    script
      .receive('bob', snapshot(0, {}))
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
];
