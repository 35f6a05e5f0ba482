/** Conversations in which the sequencer has to decide. */

import { put, type Script, scene } from './conversation-script.js';
import type { Json, JsonObject } from './json.js';

const message = (rev: Json, nonce: Json, ...delta: readonly Json[]): JsonObject => ({ type: 'put', rev, nonce, delta });
const VALID = put('f', 1);
const UNFIT: Json = ['I', 't', 'r', {}];

/** Four more deltas in the log, under nonces m2 to m5: revision 5. */
function fiveRevisions(script: Script): void {
  for (const rev of [1, 2, 3, 4]) script.answer(message(rev, `m${rev + 1}`, put('f', rev)));
}

function answerAll(
  script: Script,
  messages: readonly Json[],
  roles: readonly (string | undefined)[] = [undefined],
): void {
  for (const one of messages) for (const role of roles) script.answer(one, role);
}

export const SEQUENCER_SCENES: readonly JsonObject[] = [
  scene('sequencer: what is no message is refused, and not answered', {}, (script) =>
    answerAll(script, [
      ...[
        { type: 'post' },
        { type: ['put'] },
        { type: 'accepted', nonce: 'm', rev: 2 },
        {},
        [],
        'put',
        { type: 'fetch' },
      ],
      ...['', 'a b', 'é', 'x'.repeat(129), 7, null].map((nonce) => message(1, nonce, VALID)),
      ...[-1, 0.5, '1', true, null, 9007199254740992].map((rev) => message(rev, 'm', VALID)),
      ...[message(1, 'm', ['X']), message(1, 'm', ['D', 't t', 'r']), message(1, 'm', put('f', { I: 'x' }))],
      ...[message(1, 'm', ['D', 't', 'r'], ['D', 't', 'r']), { type: 'put', rev: 1, nonce: 'm' }],
    ]),
  ),
  scene(
    'sequencer: nonces of 1 and 128 characters, the first and the last; and what is not named is ignored',
    {},
    (script) =>
      answerAll(script, [
        ...[message(1, '!', VALID), message(2, '~'.repeat(128), VALID)],
        ...[
          { ...message(3, 'm', VALID), more: 1 },
          { type: 'fetch', rev: 3, more: 1 },
        ],
      ]),
  ),
  scene('sequencer: an empty delta is accepted like any other', {}, (script) => {
    script.answer(message(1, 'm'));
    script.catchUp('bob');
  }),
  scene('sequencer: what is accepted enters the log in normal form', { f: 0, g: 0 }, (script) =>
    answerAll(script, [message(1, 'm', put('g', 1), put('f', 1), put('g', 2), ['I', 't', 'q', {}], ['D', 't', 'q'])]),
  ),
  scene('sequencer: the first line that applies, for every role', {}, (script) =>
    answerAll(
      script,
      [message(9, 'm', UNFIT), message(0, 'm', UNFIT), message(1, 'm', UNFIT), message(0, 'ann-1', UNFIT)],
      ['none', 'viewer', 'editor', 'owner'],
    ),
  ),
  scene(
    'sequencer: a nonce that is known, at the revision of its put and at others, whatever the role',
    {},
    (script) => {
      fiveRevisions(script);
      answerAll(
        script,
        [message(1, 'm2', UNFIT), message(2, 'm2', VALID), message(0, 'm2', VALID), message(9, 'm2', VALID)],
        ['owner', 'none'],
      );
    },
  ),
  scene('sequencer: only owners and editors write, and a none reads nothing', {}, (script) => {
    for (const role of ['none', 'viewer', 'editor', 'owner']) {
      answerAll(script, [message(1, `m-${role}`, VALID), message(2, `m-${role}`, VALID)], [role]);
      answerAll(script, [{ type: 'fetch', rev: 1 }, { type: 'fetch-snapshot' }], [role]);
    }
  }),
  scene(
    'sequencer: a refusal names code and place, for a limit and for what does not fit',
    { f: 0 },
    (script) =>
      answerAll(script, [
        ...[message(1, 'm1', put('g', 1), UNFIT), message(1, 'm2', put('f', 'xxx'))],
        ...[message(1, 'm3', ['I', 't', 's', {}]), message(1, 'm4', put('f', 'xx'))],
      ]),
    { limits: { recordSize: 202, recordCount: 2 } },
  ),
  scene('sequencer: a log is served whole, or not at all', {}, (script) => {
    fiveRevisions(script);
    const questions: Json[] = [0, 1, 2, 3, 4, 5, 6].map((rev) => ({ type: 'fetch', rev }));
    questions.push(message(2, 'm', VALID), message(4, 'm', VALID));
    answerAll(script, questions);
    answerAll(script.trim(3), questions);
    answerAll(script.trim(2), questions.slice(0, 5));
    answerAll(script.trim(5), questions);
    script.trim(6);
  }),
  ...[0, 1, 3, 9].map((recentNonces) =>
    scene(
      `sequencer: which nonces it keeps beside those of its entries, and a snapshot carries, if ${recentNonces} are asked for`,
      {},
      (script) => {
        fiveRevisions(script);
        const questions: Json[] = [
          { type: 'fetch-snapshot' },
          ...[0, 1, 2, 3, 4].map((rev) => message(rev, nonceAt(rev + 1), VALID)),
        ];
        answerAll(script, questions);
        answerAll(script.trim(4), questions);
        script.answer(message(5, 'm6', put('f', 6)));
        answerAll(script, questions);
      },
      { recentNonces },
    ),
  ),
  ...[1, 3, 4, 5].flatMap((from) =>
    [9, 1].map((recentNonces) =>
      scene(
        `sequencer: restored from a snapshot at revision 3 and the log after ${from}, to keep ${recentNonces} nonces`,
        { f: 0 },
        (script) => {
          for (const rev of [1, 2]) script.answer(message(rev, `m${rev + 1}`, put('f', rev)));
          const snapshot = script.answer({ type: 'fetch-snapshot' });
          for (const rev of [3, 4, 5]) script.answer(message(rev, `m${rev + 1}`, put('g', rev)));
          script.do('sequencer', 'restore', { message: snapshot, rev: from });
          answerAll(script, [
            ...[
              { type: 'fetch-snapshot' },
              { type: 'fetch', rev: 1 },
              { type: 'fetch', rev: 3 },
              { type: 'fetch', rev: 0 },
            ],
            ...[0, 1, 2, 4].map((rev) => message(rev, nonceAt(rev + 1), VALID)),
            ...[message(2, 'm5', VALID), message(6, 'm7', put('f', 7))],
          ]);
        },
        { recentNonces },
      ),
    ),
  ),
  scene(
    'sequencer: restored from its newest snapshot, with and without its log, and with more nonces than it keeps',
    { f: 0 },
    (script) => {
      fiveRevisions(script);
      const snapshot = script.answer({ type: 'fetch-snapshot' });
      const questions: Json[] = [
        { type: 'fetch', rev: 3 },
        ...[2, 3, 4].map((rev) => message(rev, `m${rev + 1}`, VALID)),
      ];
      for (const rev of [2, 5]) {
        script.do('sequencer', 'restore', { message: snapshot, rev });
        answerAll(script, questions);
      }
      const nonces = ['m3', 'm4', 'm5'];
      script.do('sequencer', 'restore', { message: { type: 'snapshot', rev: 5, rows: [], nonces }, rev: 5 });
      answerAll(script, questions);
    },
    { recentNonces: 2 },
  ),
  scene(
    'sequencer: restored from a snapshot whose nonces are not those of the log, which it keeps',
    { f: 0 },
    (script) => {
      fiveRevisions(script);
      const rows: Json = [{ tid: 't', rowid: 'r', data: { f: 7 } }];
      script.do('sequencer', 'restore', { message: { type: 'snapshot', rev: 3, rows, nonces: ['x', 'm3'] }, rev: 0 });
      answerAll(script, [
        message(1, 'x', VALID),
        message(1, 'm2', VALID),
        message(2, 'm3', VALID),
        message(0, 'ann-1', VALID),
      ]);
      answerAll(script, [{ type: 'fetch', rev: 0 }, { type: 'fetch-snapshot' }]);
    },
  ),
  scene('sequencer: what it is not restored from', { f: 0 }, (script) => {
    fiveRevisions(script);
    const rows: Json = [{ tid: 't', rowid: 'r', data: { f: 0 } }];
    const snapshot = (rev: number, ...nonces: string[]): JsonObject => ({ type: 'snapshot', rev, rows, nonces });
    for (const [message, rev, without] of [
      [snapshot(9), 0, 0],
      [snapshot(6), 1, 0],
      [snapshot(2), 1, 4],
      [snapshot(5), 0, 2],
      [snapshot(1, 'x', 'y'), 1, 0],
      [snapshot(2, 'x', 'x'), 2, 0],
      [snapshot(2, 'm4'), 2, 0],
      [{ ...snapshot(2), rows: [{ tid: 't' }] }, 2, 0],
      [{ ...snapshot(1, 'x'), rows: [] }, 1, 0],
    ] as const) {
      script.do('sequencer', 'restore', { message, rev, without });
      script.answer({ type: 'fetch', rev: 4 });
    }
  }),
  scene(
    'sequencer: what is restored is held to no limits, what is put then is',
    { f: 0 },
    (script) => {
      script.answer(message(1, 'm2', put('f', 'xx')));
      const rows = [{ tid: 't', rowid: 'r', data: { f: 0, g: 0 } }];
      script.do('sequencer', 'restore', { message: { type: 'snapshot', rev: 1, rows, nonces: [] }, rev: 1 });
      answerAll(script, [
        { type: 'fetch-snapshot' },
        message(2, 'm3', put('f', 'xxx')),
        message(2, 'm4', put('f', 'x')),
      ]);
    },
    { limits: { recordSize: 301 } },
  ),
];

function nonceAt(rev: number): string {
  return rev === 1 ? 'ann-1' : `m${rev}`;
}
