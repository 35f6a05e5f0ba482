import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeReplicaMessage, decodeSequencerMessage, encodeMessage } from '../../src/codec/binary/encoded-message.js';
import { isDatastoreError } from '../../src/errors/datastore-error.js';
import { Delta, formatDelta, formatState, parseDelta } from '../../src/index.js';
import type { LogEntry, ReplicaMessage, SequencerMessage } from '../../src/sync/index.js';
import { arbitraryHistory, arbitraryState } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';

const DELTA = parseDelta([['U', 't', 'a', { f: ['P', 1], list: ['LP', 0, 'ü'] }]]);

const FROM_REPLICA: readonly ReplicaMessage[] = [
  { type: 'put', rev: 3, head: 'h', nonce: 'n', seen: 1, delta: DELTA },
  { type: 'put', rev: 0, nonce: '!~', delta: Delta.from([]) },
  { type: 'fetch', rev: 2, head: 'h' },
  { type: 'fetch', rev: 0 },
  { type: 'fetch-snapshot' },
];

const ENTRIES: readonly LogEntry[] = [
  { rev: 4, nonce: 'n4', delta: DELTA },
  { rev: 5, nonce: 'n5', seen: 2, delta: DELTA },
];

const FROM_SEQUENCER: readonly SequencerMessage[] = [
  { type: 'accepted', nonce: 'n', rev: 4 },
  { type: 'repeated', nonce: 'n', rev: 4 },
  {
    type: 'refused',
    nonce: 'n',
    reason: 'limit',
    code: 'record-too-large',
    message: 'tóo large',
    place: { table: 't' },
  },
  { type: 'entries', entries: [] },
  { type: 'entries', entries: ENTRIES, rev: 9 },
  { type: 'conflict', nonce: 'n', entries: ENTRIES },
  { type: 'reset', since: 3, rev: 9, isLogLost: true },
  { type: 'snapshot', rev: 2, rows: [{ tid: 't', rowid: 'r', data: { text: 'x' } }], nonces: ['n1', 'n2'] },
  { type: 'snapshot', rev: 0, rows: [], nonces: [] },
  { type: 'denied' },
];

describe('a message in the binary form', () => {
  test.each(FROM_REPLICA)('of a replica survives the way: %j', (message) => {
    const { head, message: read } = decodeReplicaMessage(encodeMessage(message, { handle: 'h' }));
    expect(read).toEqual(message);
    expect(head['handle']).toBe('h');
  });

  test.each(FROM_SEQUENCER)('of a sequencer survives the way: %j', (message) => {
    const { head, message: read } = decodeSequencerMessage(encodeMessage(message, { role: 'editor', time: 7 }));
    expect(read).toEqual(message);
    expect(head).toMatchObject({ role: 'editor', time: 7 });
  });

  test('survives the way with any history', () => {
    const scene = fc.record({ state: arbitraryState(), first: fc.nat({ max: 5 }), others: arbitraryHistory(3) });
    fc.assert(
      fc.property(scene, ({ state, first, others: { deltas } }) => {
        const entries = deltas.map((delta, at): LogEntry => {
          const rev = first + at + 1;
          return {
            rev,
            nonce: `n${rev}`,
            ...(rev > 1 && at % 2 === 1 ? { seen: rev - 2 } : {}),
            delta: parseDelta(formatDelta(delta)),
          };
        });
        const page: SequencerMessage = { type: 'entries', entries };
        expect(decodeSequencerMessage(encodeMessage(page, {})).message).toEqual(page);
        const snapshot: SequencerMessage = { type: 'snapshot', rev: first, rows: formatState(state), nonces: [] };
        expect(decodeSequencerMessage(encodeMessage(snapshot, {})).message).toEqual(snapshot);
        for (const { delta, rev, nonce } of entries) {
          const put: ReplicaMessage = { type: 'put', rev, nonce, delta };
          expect(decodeReplicaMessage(encodeMessage(put, {})).message).toEqual(put);
        }
      }),
      { numRuns: runs(60) },
    );
  });

  test('that is damaged anywhere is read as a message, or refused by a typed error', () => {
    const found = new Set<string>();
    const read = (bytes: Uint8Array): void => {
      for (const decode of [decodeReplicaMessage, decodeSequencerMessage]) {
        try {
          found.add(`read ${decode(bytes).message.type}`);
        } catch (error) {
          if (!isDatastoreError(error)) throw error;
          found.add(error.code);
        }
      }
    };
    for (const message of [FROM_REPLICA[0], FROM_SEQUENCER[4], FROM_SEQUENCER[7]] as const) {
      const bytes = encodeMessage(message as ReplicaMessage, { handle: 'h' });
      for (let at = 0; at < bytes.length; at++) {
        read(bytes.subarray(0, at));
        for (const bit of [1, 16, 128]) {
          const damaged = bytes.slice();
          damaged[at] = (damaged[at] ?? 0) ^ bit;
          read(damaged);
        }
      }
    }
    expect([...found]).toEqual(expect.arrayContaining(['read put', 'read entries', 'invalid-json', 'invalid-binary']));
  });

  test('without data has none', () => {
    const bytes = encodeMessage({ type: 'fetch', rev: 1 }, {});
    expect(() => decodeReplicaMessage(Uint8Array.of(...bytes, 0))).toThrow('this message has no data');
    expect(() => decodeReplicaMessage(Uint8Array.of(0, 0, 0))).toThrow('begins with the length of its head');
    expect(() => decodeReplicaMessage(Uint8Array.of(0, 0, 0, 9, 123))).toThrow('begins with the length of its head');
  });
});
