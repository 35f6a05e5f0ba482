/** Whole conversations between replicas and a sequencer. */

import { runConversation } from './conversation.js';
import { EDIT_SCENES } from './edit-scenes.js';
import { EXCHANGE_SCENES } from './exchange-scenes.js';
import type { Family } from './family.js';
import type { Json, JsonObject } from './json.js';
import { LIMIT_SCENES } from './limit-scenes.js';
import { REFUSAL_SCENES } from './refusal-scenes.js';
import { RELOAD_SCENES } from './reload-scenes.js';
import { SAVED_SCENES } from './saved-scenes.js';
import { SEQUENCER_SCENES } from './sequencer-scenes.js';
import { TAKING_BACK_SCENES } from './taking-back-scenes.js';
import { UNDO_CHAIN_SCENES } from './undo-chain-scenes.js';
import { UNDO_SCENES } from './undo-scenes.js';

const START: Json = [['I', 't', 'r', { f: 0, list: ['x', 'y'] }]];

const edit = (at: string, ...delta: readonly Json[]): JsonObject => ({ at, do: 'edit', delta });
const update = (at: string, ops: JsonObject): JsonObject => edit(at, ['U', 't', 'r', ops]);
const sync = (at: string, time = 0): JsonObject => ({ at, do: 'sync', time });
const put = (at: string): JsonObject => ({ at, do: 'put' });
const request = (at: string): JsonObject => ({ at, do: 'request' });
const crash = (at: string): JsonObject => ({ at, do: 'crash' });
/** Delivers what an earlier step answered, by that step's position. */
const deliver = (message: number, role?: string): JsonObject => ({
  at: 'sequencer',
  do: 'answer',
  message,
  ...(role === undefined ? {} : { role }),
});
const receive = (at: string, message: number): JsonObject => ({ at, do: 'receive', message });

/** Steps 0 to 8: ann makes record `r` of table `t`, and bob gets it. Both are at revision 1. */
const BOTH_HAVE_R: readonly JsonObject[] = [
  edit('ann', ...(START as readonly Json[])),
  sync('ann'),
  put('ann'),
  deliver(2),
  receive('ann', 3),
  request('bob'),
  deliver(5),
  receive('bob', 6),
  sync('bob'),
];

const conversation = (name: string, steps: readonly JsonObject[], others: JsonObject = {}): JsonObject => ({
  name,
  ...others,
  replicas: ['ann', 'bob'],
  steps: [...BOTH_HAVE_R, ...steps],
});

const inputs: readonly JsonObject[] = [
  conversation('a delta is made, put, acknowledged and fetched', []),
  conversation('who comes second is handed what was missed, rebases and puts again under another nonce', [
    ...[update('ann', { list: ['LI', 0, 'a'] }), sync('ann', 5), put('ann'), deliver(11), receive('ann', 12)],
    ...[update('bob', { list: ['LI', 2, 'b'] }), sync('bob', 4), put('bob'), deliver(16), receive('bob', 17)],
    ...[put('bob'), sync('bob', 6), put('bob'), deliver(21), receive('bob', 22)],
    ...[request('ann'), deliver(24), receive('ann', 25), sync('ann')],
  ]),
  conversation('an answer is lost, and the retry is recognised', [
    ...[update('ann', { f: ['P', 1] }), sync('ann'), put('ann'), deliver(11), put('ann'), deliver(13)],
    ...[receive('ann', 14), receive('ann', 14), receive('ann', 12)],
  ]),
  conversation('the acknowledgement is the delta in the log, and the answer comes after it', [
    ...[update('ann', { f: ['P', 1] }), sync('ann'), put('ann'), deliver(11), request('ann'), deliver(13)],
    ...[receive('ann', 14), receive('ann', 12), sync('ann')],
  ]),
  conversation('a replica crashes between storing its put and sending it, and between sending and hearing', [
    ...[update('ann', { list: ['LI', 2, 'a'] }), sync('ann'), put('ann'), crash('ann'), put('ann'), deliver(13)],
    ...[crash('ann'), put('ann'), deliver(16), receive('ann', 17), sync('ann')],
  ]),
  conversation('entries arrive out of order and repeatedly', [
    ...[update('ann', { f: ['P', 1] }), sync('ann'), put('ann'), deliver(11), receive('ann', 12), request('bob')],
    ...[deliver(14), update('ann', { f: ['P', 2] }), sync('ann'), put('ann'), deliver(18), receive('ann', 19)],
    ...[{ at: 'ann', do: 'request' }, receive('bob', 15), receive('bob', 15), request('bob'), deliver(24)],
    ...[receive('bob', 25), receive('bob', 15), sync('bob')],
  ]),
  conversation(
    'a delta over a limit is refused and undone, and the edit after it stands',
    [
      ...[update('ann', { f: ['P', 'x'.repeat(120)] }), sync('ann'), put('ann'), update('ann', { g: ['P', 1] })],
      ...[sync('ann'), update('bob', { list: ['LI', 0, 'y'.repeat(60)] }), sync('bob'), put('bob'), deliver(16)],
      ...[receive('bob', 17), deliver(11), receive('ann', 19), sync('ann'), put('ann'), deliver(22)],
      ...[receive('ann', 23), sync('ann')],
    ],
    { limits: { recordSize: 540 } },
  ),
  conversation('a viewer cannot edit, and what was pending before is refused', [
    ...[update('ann', { f: ['P', 1] }), sync('ann'), put('ann'), { at: 'ann', do: 'become', role: 'viewer' }],
    ...[update('ann', { f: ['P', 2] }), deliver(11, 'viewer'), receive('ann', 14), sync('ann')],
    ...[request('ann'), deliver(17, 'viewer'), request('ann'), deliver(19, 'none')],
  ]),
  conversation('a log that was trimmed leads to a reload, and the delta in flight is recognised in the snapshot', [
    ...[update('ann', { list: ['LI', 1, 'a'] }), sync('ann'), put('ann'), deliver(11), update('ann', { f: ['P', 7] })],
    ...[sync('ann'), request('bob'), deliver(15), receive('bob', 16), update('bob', { g: ['P', 1] }), sync('bob')],
    ...[put('bob'), deliver(20), receive('bob', 21), { at: 'sequencer', do: 'trim', rev: 3 }, request('ann')],
    ...[deliver(24), receive('ann', 25), request('ann'), deliver(27), receive('ann', 28), sync('ann'), put('ann')],
    ...[deliver(31), receive('ann', 32)],
  ]),
  conversation(
    'a log that was trimmed, and nobody can tell any more whether it has the delta in flight',
    [
      ...[update('ann', { list: ['LI', 1, 'a'] }), sync('ann'), put('ann')],
      ...[update('bob', { g: ['P', 1] }), sync('bob'), put('bob'), deliver(14), receive('bob', 15)],
      ...[update('bob', { g: ['P', 2] }), sync('bob'), put('bob'), deliver(19), receive('bob', 20)],
      ...[{ at: 'sequencer', do: 'trim', rev: 3 }, deliver(11), receive('ann', 23), request('ann'), deliver(25)],
      ...[receive('ann', 26), sync('ann')],
    ],
    { recentNonces: 1 },
  ),
  conversation(
    'three deltas meet under rule sum, and undoing takes back its own share',
    [
      ...[update('ann', { f: ['P', 5] }), sync('ann'), put('ann'), update('bob', { f: ['P', 3] }), sync('bob')],
      ...[put('bob'), deliver(14), receive('bob', 15), deliver(11), receive('ann', 17), sync('ann'), put('ann')],
      ...[deliver(20), receive('ann', 21), { at: 'ann', do: 'undo' }, sync('ann'), put('ann'), deliver(25)],
      ...[receive('ann', 26), request('bob'), deliver(28), receive('bob', 29), sync('bob'), { at: 'ann', do: 'redo' }],
    ],
    { rules: { t: { f: 'sum' } } },
  ),
  ...[
    ...SEQUENCER_SCENES,
    ...EXCHANGE_SCENES,
    ...RELOAD_SCENES,
    ...EDIT_SCENES,
    ...LIMIT_SCENES,
    ...SAVED_SCENES,
    ...REFUSAL_SCENES,
    ...UNDO_SCENES,
    ...UNDO_CHAIN_SCENES,
    ...TAKING_BACK_SCENES,
  ],
];

export const conversations: Family = {
  file: 'conversations.json',
  description:
    'Conversations of replicas with a sequencer: what each step answers, the log, and what is seen in the end.',
  inputs,
  outputs: ['answers', 'log', 'seen'],
  complete: runConversation,
};
