import { describe, expect, test } from 'vitest';
import { parseDelta, parseState, parseValue, transformList } from '../../src/index.js';
import { parseMeshMessage } from '../../src/mesh/index.js';
import { parseReplicaMessage, parseSequencerMessage, Replica, Sequencer } from '../../src/sync/index.js';

/** How long a sparse array may claim to be: a copy of it takes 2.4 GB. */
const LENGTH = 1e8;

/** An array of that length with these items at its start, and how often something of it was read. */
function sparse(...items: readonly unknown[]): { array: readonly unknown[]; reads: () => number } {
  const array = [...items];
  array.length = LENGTH;
  let count = 0;
  const note = (): void => {
    // Whatever went through all of it would take minutes to say so.
    if (++count > 1000) throw new Error('read more than a thousand items');
  };
  const watched = new Proxy(array, {
    get: (target, key, receiver) => {
      note();
      return Reflect.get(target, key, receiver) as unknown;
    },
    has: (target, key) => {
      note();
      return Reflect.has(target, key);
    },
  });
  return { array: watched, reads: () => count };
}

const SAVED = new Replica({ nextNonce: () => 'n' }).save();
const SNAPSHOT = new Sequencer().snapshot();
const insert = ['I', 't', 'r', {}];
const update = (op: unknown): unknown => [['U', 't', 'r', { f: op }]];
const own = (...parts: readonly unknown[]): unknown => ({ ...SAVED, own: parts });
const load = (saved: unknown): unknown => Replica.load(saved, { nextNonce: () => 'n' });

const READERS: readonly (readonly [what: string, items: readonly unknown[], read: (array: unknown) => unknown])[] = [
  ['a delta', [insert], parseDelta],
  ['a delta of holes', [], parseDelta],
  ['a change', insert, (array) => parseDelta([array])],
  ['an operation', ['P', 1], (array) => parseDelta(update(array))],
  ['a list operation', ['LI', 0, 1], (array) => parseDelta(update(array))],
  ['a list', [1], parseValue],
  ['a list in a delta', [1], (array) => parseDelta(update(['P', array]))],
  ['rows', [{ tid: 't', rowid: 'r', data: {} }], parseState],
  ['the entries of a message', [], (entries) => parseSequencerMessage({ type: 'entries', entries })],
  ['the delta of a put', [insert], (delta) => parseReplicaMessage({ type: 'put', rev: 0, nonce: 'n', delta })],
  ['nonces', ['n'], (nonces) => parseSequencerMessage({ ...SNAPSHOT, rev: 9, nonces })],
  ['a stored log', [], (log) => Sequencer.restore(SNAPSHOT, log as never)],
  ['pending deltas', [[insert]], (pending) => load({ ...SAVED, pending })],
  ['rules', [['t', 'r', 'f', 'max']], (rules) => load({ ...SAVED, rules })],
  ['a rule', ['t', 'r', 'f', 'max'], (rule) => load({ ...SAVED, rules: [rule] })],
  ['own items', [[], []], (array) => load({ ...SAVED, own: array })],
  ['own items of lists', [], (array) => load(own(array, []))],
  ['own items of a list', ['t', 'r', 'f', [[0, 1]]], (array) => load(own([array], []))],
  ['runs', [[0, 1]], (array) => load(own([['t', 'r', 'f', array]], []))],
  ['a run', [0, 1], (array) => load(own([['t', 'r', 'f', [array]]], []))],
  ['appends', [], (array) => load(own([], array))],
  ['appends of a list', [0, 't', 'r', 'f', [0]], (array) => load(own([], [array]))],
  ['numbers of appends', [0], (array) => load(own([], [[0, 't', 'r', 'f', array]]))],
  ['list operations', [{ type: 'delete', index: 0 }], (array) => transformList(array as never, [])],
  ['events of a mesh', [], (events) => parseMeshMessage({ type: 'events', events })],
];

describe('a sparse array that claims a hundred million items', () => {
  test.each(READERS)('is rejected at the first hole, as %s', (_, items, read) => {
    const { array, reads } = sparse(...items);
    expect(() => read(array)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^(invalid-(json|change|name|nonce|value|revision)|log-gap)$/),
      }),
    );
    expect(reads()).toBeLessThan(200);
  });
});
