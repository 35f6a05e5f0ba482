/** A list that is used as a queue while there is no network: what waits follows what is in it, not what went through. */

import { describe, expect, test } from 'vitest';
import { encodeReplica } from '../../src/codec/binary/index.js';
import type { Change, ListOp } from '../../src/index.js';
import { I } from './notation.js';
import { Pair } from './pair.js';

const PAIRS = 4000;

function edit(...ops: ListOp[]): Change {
  return { type: 'update', table: 't', record: 'a', ops: new Map([['list', { type: 'list', create: false, ops }]]) };
}

function pushAndShift(length: number, at: number): Change {
  return edit({ type: 'insert', index: length, value: `item ${at}`, atEnd: true }, { type: 'delete', index: 0 });
}

/** A pair whose list has these items in the log. */
function pairWith(length: number): Pair {
  const pair = new Pair({ savedUndoSize: 1 << 20 });
  pair.other(I('a', { list: Array.from({ length }, (_, at) => `first ${at}`) }));
  pair.catchUp();
  return pair;
}

describe.each([0, 1, 3])('a queue of %i items', (length) => {
  const last = Array.from({ length }, (_, at) => `item ${PAIRS - length + at}`);

  test.each<[string, (pair: Pair, at: number) => void]>([
    ['nothing is sealed', () => undefined],
    ['undo items end', (pair) => pair.replica.endUndoItem()],
    ['each edit is sealed', (pair) => pair.sync()],
    [
      'each edit is sealed, and one before them is in flight',
      (pair, at) => {
        pair.sync();
        if (at === 0) pair.outgoing();
      },
    ],
    [
      'edits are sealed now and then, and saved each time',
      (pair, at) => {
        if (at % 100 > 0) return;
        pair.sync();
        pair.replica.save();
      },
    ],
  ])('does not grow where %s', (_, then) => {
    const pair = pairWith(length);
    for (let at = 0; at < PAIRS; at++) {
      pair.replica.apply([pushAndShift(length, at)]);
      then(pair, at);
    }
    // What each pair adds, 9 bytes at least, would be 36 kB. A hundred undo items stay, each with what it edited.
    expect(encodeReplica(pair.replica.save()).length).toBeLessThan(25_000);
    expect(pair.replica.get('t', 'a')?.get('list')).toEqual(last);
    pair.other(edit({ type: 'insert', index: length, value: 'from elsewhere' }));
    pair.settle();
    expect(pair.sequencer.get('t', 'a')?.get('list')).toEqual(['from elsewhere', ...last]);
  });
});
