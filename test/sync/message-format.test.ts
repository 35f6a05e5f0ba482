import { describe, expect, test } from 'vitest';
import { Delta } from '../../src/index.js';
import {
  formatEntry,
  formatMessage,
  parseEntry,
  parseReplicaMessage,
  parseSequencerMessage,
  Replica,
  type ReplicaMessage,
  Sequencer,
  type SequencerMessage,
} from '../../src/sync/index.js';
import { D, I, put } from './notation.js';

const ENTRY = { rev: 3, nonce: 'n', delta: Delta.from([put('a', 'f', 1)]) };

const FROM_REPLICA: readonly ReplicaMessage[] = [
  { type: 'put', rev: 0, nonce: 'n', delta: Delta.from([D('a'), I('b', { f: [1, 'x'] })]) },
  { type: 'fetch', rev: 7 },
  { type: 'fetch-snapshot' },
];

const FROM_SEQUENCER: readonly SequencerMessage[] = [
  { type: 'accepted', nonce: 'n', rev: 1 },
  { type: 'repeated', nonce: 'n', rev: 1 },
  { type: 'conflict', nonce: 'n', entries: [ENTRY] },
  { type: 'entries', entries: [ENTRY, { ...ENTRY, rev: 4, nonce: 'o' }] },
  { type: 'reset', since: 1, rev: 2 },
  { type: 'refused', nonce: 'n', reason: 'permission', message: 'no' },
  {
    type: 'refused',
    nonce: 'n',
    reason: 'invalid',
    code: 'index-out-of-range',
    message: 'no',
    place: { table: 't', record: 'a', field: 'f', index: 3, position: 0 },
  },
  { type: 'snapshot', rev: 2, rows: [{ tid: 't', rowid: 'a', data: { f: { I: '1' } } }], nonces: ['m', 'n'] },
  { type: 'denied' },
];

/** What is no message of a sequencer, whichever form the deltas of a message have. */
const NO_MESSAGES: readonly (readonly [unknown, string])[] = [
  [null, 'invalid-json'],
  [undefined, 'invalid-json'],
  ['denied', 'invalid-json'],
  [[], 'invalid-json'],
  [{}, 'invalid-json'],
  [{ type: 'put', rev: 0, nonce: 'n', delta: [] }, 'invalid-json'],
  [{ type: 'accepted', rev: 1 }, 'invalid-nonce'],
  [{ type: 'repeated', nonce: 'n', rev: 1.5 }, 'invalid-revision'],
  [{ type: 'entries' }, 'invalid-json'],
  [{ type: 'entries', entries: {} }, 'invalid-json'],
  [{ type: 'entries', entries: [null] }, 'invalid-json'],
  [{ type: 'entries', entries: [{ rev: 2, nonce: 'o', delta: [] }, 7] }, 'invalid-json'],
  [{ type: 'entries', entries: [{ rev: -1, nonce: 'o', delta: [] }] }, 'invalid-revision'],
  [{ type: 'conflict', nonce: 'n' }, 'invalid-json'],
  [{ type: 'conflict', entries: [] }, 'invalid-nonce'],
  [{ type: 'conflict', nonce: 'n', entries: [{ rev: 1, delta: [] }] }, 'invalid-nonce'],
  [{ type: 'reset', since: 1 }, 'invalid-revision'],
  [{ type: 'refused', reason: 'limit', message: '' }, 'invalid-nonce'],
  [{ type: 'refused', nonce: 'n', reason: 'mood', message: '' }, 'invalid-json'],
  [{ type: 'refused', nonce: 'n', reason: 'limit' }, 'invalid-json'],
  [{ type: 'refused', nonce: 'n', reason: 'limit', message: '', code: 5 }, 'invalid-json'],
  [{ type: 'refused', nonce: 'n', reason: 'limit', message: '', place: { table: 5 } }, 'invalid-json'],
  [{ type: 'refused', nonce: 'n', reason: 'limit', message: '', place: { index: 'x' } }, 'invalid-json'],
  [{ type: 'refused', nonce: 'n', reason: 'limit', message: '', place: { where: 'x' } }, 'invalid-json'],
  [{ type: 'snapshot', rev: 1, rows: [] }, 'invalid-json'],
  [{ type: 'snapshot', rev: 1, nonces: [] }, 'invalid-json'],
  [{ type: 'snapshot', rows: [], nonces: [] }, 'invalid-revision'],
  [{ type: 'snapshot', rev: 1, rows: {}, nonces: [] }, 'invalid-json'],
  [{ type: 'snapshot', rev: 1, rows: [], nonces: [1] }, 'invalid-nonce'],
  [{ type: 'snapshot', rev: 0, rows: [], nonces: ['n'] }, 'log-mismatch'],
];

const throughText = (json: unknown): unknown => JSON.parse(JSON.stringify(json));

describe('messages as JSON', () => {
  test.each(FROM_REPLICA.map((message) => [message.type, message] as const))('%s survives the way', (_, message) => {
    expect(parseReplicaMessage(throughText(formatMessage(message)))).toEqual(message);
  });

  test.each(FROM_SEQUENCER.map((message) => [message.type, message] as const))('%s survives the way', (_, message) => {
    expect(parseSequencerMessage(throughText(formatMessage(message)))).toEqual(message);
  });

  test('a log entry survives the way into a stored log', () => {
    expect(parseEntry(throughText(formatEntry(ENTRY)))).toEqual(ENTRY);
    expect(formatEntry(ENTRY)).toEqual({ rev: 3, nonce: 'n', delta: [['U', 't', 'a', { f: ['P', 1] }]] });
  });

  test('what a delta overwrote does not travel', () => {
    const delta = Delta.from([{ type: 'delete', table: 't', record: 'a', before: new Map([['f', 1]]) }]);
    expect(formatMessage({ type: 'put', rev: 0, nonce: 'n', delta })).toEqual({
      type: 'put',
      rev: 0,
      nonce: 'n',
      delta: [['D', 't', 'a']],
    });
  });

  test.each([
    [null, 'invalid-json'],
    [{ type: 'get' }, 'invalid-json'],
    [{ type: 'accepted', nonce: 'n', rev: 1 }, 'invalid-json'],
    [{ type: 'fetch', rev: '1' }, 'invalid-revision'],
    [{ type: 'put', rev: 0, nonce: 5, delta: [] }, 'invalid-nonce'],
    [{ type: 'put', rev: 0, nonce: 'n', delta: {} }, 'invalid-json'],
    [{ type: 'put', rev: 0, nonce: 'n', delta: [['D', 't', 'not a name']] }, 'invalid-name'],
  ] satisfies [unknown, string][])('from a replica, %j is refused as %s', (json, code) => {
    expect(() => parseReplicaMessage(json)).toThrow(expect.objectContaining({ code }));
  });

  test.each(NO_MESSAGES)('from the sequencer, %j is refused as %s', (json, code) => {
    expect(() => parseSequencerMessage(json)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a malformed message', () => {
  const malformed = { rev: 2, nonce: 'o', delta: 'none' };
  test.each([...NO_MESSAGES, [{ type: 'entries', entries: [malformed] }, 'invalid-change'] as const])(
    'is refused by a replica and changes nothing: %j as %s',
    (message, code) => {
      const replica = new Replica({ nextNonce: () => 'n' });
      replica.apply([I('a')]);
      replica.sync(new Date(0));
      const put = replica.outgoing();
      const before = [replica.save(), replica.status, replica.request()];
      expect(() => replica.receive(message as SequencerMessage)).toThrow(expect.objectContaining({ code }));
      expect([replica.save(), replica.status, replica.request()]).toEqual(before);
      expect(replica.outgoing()).toEqual(put);
    },
  );

  test.each([
    [null, 'invalid-json'],
    [undefined, 'invalid-json'],
    ['fetch', 'invalid-json'],
    [[], 'invalid-json'],
    [{}, 'invalid-json'],
    [{ type: 'fetch', rev: -1 }, 'invalid-revision'],
  ])('is refused by a sequencer, whoever asks: %j as %s', (message, code) => {
    for (const role of ['owner', 'none'] as const) {
      const answer = (): unknown => new Sequencer().answer(message as unknown as ReplicaMessage, role);
      expect(answer).toThrow(expect.objectContaining({ code }));
    }
  });

  test('can be changed by who handed it over without changing what was taken', () => {
    const replica = new Replica({ nextNonce: () => 'n' });
    const nonces = ['another'];
    replica.apply([I('a')]);
    replica.sync(new Date(0));
    replica.outgoing();
    replica.receive({ type: 'snapshot', rev: 1, rows: [], nonces });
    nonces[0] = 'n';
    replica.sync(new Date(0));
    expect(replica.status.hasOutgoing).toBe(true);
  });
});
