/** Saved replicas and sequencers that the encoder never writes. */

import {
  type Column,
  PUT_TRUE,
  type Refusal,
  type ReplicaColumns,
  replicaWith,
  type SequencerColumns,
  sequencerWith,
} from './binary-file.js';

const EMPTY: Partial<ReplicaColumns> = Object.fromEntries(Object.keys(PUT_TRUE).map((column) => [column, null]));

const replica = (name: string, columns: Partial<ReplicaColumns>): Refusal => [
  `a replica with ${name}`,
  replicaWith(columns),
  'replica',
];
const refusal = (name: string, text: Column): Refusal => replica(name, { refusal: text });
const sequencer = (name: string, columns: Partial<SequencerColumns>): Refusal => [
  `a sequencer with ${name}`,
  sequencerWith(columns),
  'sequencer',
];

const REPLICAS: readonly Refusal[] = [
  replica('a flag that does not exist', { head: [1, 4] }),
  replica('no flags', { head: [1] }),
  replica('a revision of 2^53', { head: [128, 128, 128, 128, 128, 128, 128, 16, 0] }),
  replica('more flags', { head: [1, 0, 0] }),
  replica('a nonce, and nothing pending', { ...EMPTY, refusal: null, rules: null, counts: [0, 0] }),
  replica('a nonce, and nothing in the first pending delta', {
    ...EMPTY,
    refusal: null,
    rules: null,
    counts: [0, 0, 0],
  }),
  replica('a nonce with a space', { nonce: 'n n' }),
  replica('a nonce of 129 characters', { nonce: 'n'.repeat(129) }),
  replica('a nonce that is not ASCII', { nonce: 'é' }),
  replica('no open delta', { ...EMPTY, refusal: null, rules: null, nonce: null, counts: [0] }),
  replica('no state', { ...EMPTY, refusal: null, rules: null, nonce: null, counts: null }),
  replica('fewer changes than there are', { counts: [0, 0, 0] }),
  replica('more changes than there are', { counts: [0, 2, 0] }),
  replica('an update in its state', { nonce: null, refusal: null, counts: [1, 0] }),
  replica('changes in a delta that are not in normal form', {
    groups: [0x11, 2],
    records: [2, 0],
    fields: [0, 1, 0, 0],
    tags: [0x13],
    counts: [0, 2, 0],
  }),
  replica('a delta that says what it overwrote', { beforeTags: [0x03] }),
  replica('a delete that says what it deleted', { groups: [0x03, 2] }),
  replica('a group that reaches into the next delta', {
    groups: [0x11, 2],
    records: [2, 0],
    fields: [0, 1, 0, 0],
    tags: [0x13],
    counts: [0, 1, 1],
  }),
];

const STORED_REFUSALS: readonly Refusal[] = [
  replica('a refusal, and nothing in flight', { nonce: null }),
  refusal('a refusal as unknown-revision', '{"reason":"unknown-revision","message":"m"}'),
  refusal('a refusal of another reason', '{"reason":"mood","message":"m"}'),
  refusal('a refusal without a message', '{"reason":"limit"}'),
  refusal('a refusal without a reason', '{"message":"m"}'),
  refusal('a refusal that is a list', '[]'),
  refusal('a refusal that is no JSON', '{"reason":"limit","message":"m"'),
  refusal('a refusal that is not UTF-8', [0x22, 0xc3, 0x28, 0x22]),
  refusal('a refusal with white space', '{"reason":"limit", "message":"m"}'),
  refusal('a refusal with its members in another order', '{"message":"m","reason":"limit"}'),
  refusal('a refusal with a member too many', '{"reason":"limit","message":"m","more":1}'),
  refusal('a refusal with a member twice', '{"reason":"limit","reason":"limit","message":"m"}'),
  refusal('a refusal with a code that is a number', '{"reason":"limit","code":1,"message":"m"}'),
  refusal('a refusal with an escape that is not needed', '{"reason":"limit","message":"\\u006d"}'),
  refusal('a refusal with an escape in capitals', '{"reason":"limit","message":"\\u001F"}'),
  refusal('a refusal with a long escape', '{"reason":"limit","message":"\\u000a"}'),
  refusal('a refusal with an escaped slash', '{"reason":"limit","message":"\\/"}'),
  refusal('a place in another order', '{"reason":"limit","message":"m","place":{"record":"r","table":"t"}}'),
  refusal('a place with a member too many', '{"reason":"limit","message":"m","place":{"row":1}}'),
  refusal('a place of the wrong kind', '{"reason":"limit","message":"m","place":{"index":"0"}}'),
  refusal('a place whose index is true', '{"reason":"limit","message":"m","place":{"index":true}}'),
  refusal('a place whose index is below 0', '{"reason":"limit","message":"m","place":{"index":-1}}'),
  refusal('a place whose index is no whole number', '{"reason":"limit","message":"m","place":{"index":0.5}}'),
  refusal('a place whose index is written with an exponent', '{"reason":"limit","message":"m","place":{"index":1e2}}'),
  refusal('a place whose position is 2^53', '{"reason":"limit","message":"m","place":{"position":9007199254740992}}'),
  refusal('a message that is a number', '{"reason":"limit","message":1}'),
  refusal('a place that is none', '{"reason":"limit","message":"m","place":null}'),
];

const RULES: readonly Refusal[] = [
  replica('a rule that does not exist', { rules: [2, 1, 0, 6] }),
  replica('a rule cut short', { rules: [2, 1, 0] }),
  replica('a rule of a name that is not there', { rules: [3, 1, 0, 2] }),
  replica('two rules for one field', { rules: [2, 1, 0, 2, 2, 1, 0, 3] }),
  replica('one rule twice', { rules: [2, 1, 0, 2, 2, 1, 0, 2] }),
  replica('rules out of order', { rules: [2, 1, 0, 2, 2, 0, 0, 2] }),
  replica('a name that only nobody uses', { names: [0x80, 0x66, 0x80, 0x72, 0x80, 0x74, 0x80, 0x75] }),
];

const SEQUENCERS: readonly Refusal[] = [
  sequencer('one nonce at two revisions', { nonces: 'n1 n2 n1' }),
  sequencer('more nonces than revisions', { head: [3, 4, 0], nonces: 'n0 n1 n2 n3' }),
  sequencer('fewer nonces than it says', { nonces: 'n2 n3' }),
  sequencer('more nonces than it says', { head: [3, 2, 0] }),
  sequencer('no nonce of its entry', { head: [3, 0, 0], nonces: null }),
  sequencer('a nonce with a character that none has', { nonces: 'n1 n2 né' }),
  sequencer('an empty nonce', { nonces: 'n1  n3' }),
  sequencer('a space at the end', { nonces: 'n1 n2 n3 ' }),
  sequencer('a nonce of 129 characters', { nonces: `n1 n2 ${'n'.repeat(129)}` }),
  sequencer('more entries after its snapshot than there are', { head: [3, 3, 2], nonces: 'n1 n2 n3 n4 n5' }),
  sequencer('an entry before the first revision', { head: [0, 0, 0], nonces: 'n' }),
  sequencer('a head that is too long', { head: [3, 3, 0, 0] }),
  sequencer('a head that is too short', { head: [3, 3] }),
  sequencer('more changes than there are', { counts: [0, 2] }),
  sequencer('an entry that says what it overwrote', { beforeTags: [0x03] }),
  sequencer('a record twice in its state', {
    groups: [0x10, 2],
    records: [2, 0],
    fields: [0, 1, 0, 0],
    tags: [0x13],
    counts: [2],
    head: [3, 3, 0],
  }),
];

export const HISTORY_REFUSALS: readonly Refusal[] = [REPLICAS, STORED_REFUSALS, RULES, SEQUENCERS].flat();

/** Shows that what is damaged above is whole without the damage. */
export const UNDAMAGED_HISTORIES: readonly (readonly ['replica' | 'sequencer', Uint8Array])[] = [
  ['replica', replicaWith({})],
  ['replica', replicaWith({ head: [1, 2], nonce: '~'.repeat(128), refusal: null, rules: null })],
  ['replica', replicaWith({ ...EMPTY, refusal: null, rules: null, nonce: null, counts: [0, 0] })],
  ['replica', replicaWith({ ...EMPTY, refusal: null, rules: null, nonce: null, counts: [0, 0, 0] })],
  ['replica', replicaWith({ rules: [2, 0, 0, 5, 2, 1, 0, 2] })],
  ['replica', replicaWith({ refusal: '{"reason":"limit","message":"\\u001f\\n/m"}' })],
  ['replica', replicaWith({ refusal: '{"reason":"limit","code":"x","message":"m","place":{"table":"t","index":1}}' })],
  ['sequencer', sequencerWith({})],
  ['sequencer', sequencerWith({ head: [2, 2, 1] })],
  ['sequencer', sequencerWith({ head: [3, 0, 0], nonces: 'n3' })],
];
