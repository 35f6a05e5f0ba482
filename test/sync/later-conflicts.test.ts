import { describe, expect, test } from 'vitest';
import { decodeEntry, encodeEntry } from '../../src/codec/binary/encoded-entry.js';
import {
  decodeReplica,
  decodeSequencer,
  encodeDelta,
  encodeReplica,
  encodeSequencer,
} from '../../src/codec/binary/index.js';
import type { Conflict } from '../../src/index.js';
import { Delta, parseDelta } from '../../src/index.js';
import { type LogEntry, Replica } from '../../src/sync/index.js';
import { D, I, put, U } from './notation.js';
import { EPOCH, Pair } from './pair.js';

/** Two users of one sequencer, of whom the second edits while it is offline, under rule local. */
function twoUsers(): { readonly mine: Pair; readonly theirs: Replica; exchange(): readonly Conflict[] } {
  const mine = new Pair();
  mine.edit(I('a', { f: 0, list: ['x'] }));
  mine.exchange();
  const theirs = new Replica({ nextNonce: () => `theirs-${mine.sequencer.revision}`, rules: { get: () => 'local' } });
  const catchUp = (replica: Replica): readonly Conflict[] => {
    replica.receive(mine.sequencer.answer(replica.request(), 'owner'));
    return replica.sync(EPOCH).conflicts;
  };
  catchUp(theirs);
  return {
    mine,
    theirs,
    exchange: () => {
      catchUp(theirs);
      const message = theirs.outgoing();
      if (message !== undefined) theirs.receive(mine.sequencer.answer(message, 'owner'));
      return catchUp(mine.replica);
    },
  };
}

const textOf = ({ record, field, rule, side, local, remote }: Conflict): string =>
  `${side} ${record}.${field} ${rule} ${JSON.stringify(local)} ${JSON.stringify(remote)}`;

describe('somebody whose acknowledged edit is overridden', () => {
  test('is told, if the other had not seen it', () => {
    const { mine, theirs, exchange } = twoUsers();
    theirs.apply([put('a', 'f', 2)]);
    theirs.seal(EPOCH);
    mine.edit(put('a', 'f', 1));
    mine.exchange();
    expect(exchange().map(textOf)).toEqual(['later a.f remote 1 2']);
  });

  test('is not told, if the other had seen it when the edit was made', () => {
    const { mine, theirs, exchange } = twoUsers();
    mine.edit(put('a', 'f', 1));
    mine.exchange();
    exchange();
    theirs.apply([put('a', 'f', 2)]);
    theirs.sync(EPOCH);
    expect(exchange()).toEqual([]);
    expect(mine.replica.get('t', 'a')?.get('f')).toBe(2);
  });

  test('is told of a deleted record, once', () => {
    const { mine, theirs, exchange } = twoUsers();
    theirs.apply([D('a')]);
    theirs.seal(EPOCH);
    mine.edit(put('a', 'f', 1), put('a', 'g', 2));
    mine.exchange();
    expect(exchange()).toMatchObject([
      {
        record: 'a',
        rule: 'delete-wins',
        side: 'later',
        result: undefined,
        lost: [{ field: 'f' }, { field: 'g' }],
      },
    ]);
  });

  test('is told after a restart, and of edits that the other made before a restart', () => {
    const { mine, theirs, exchange } = twoUsers();
    theirs.apply([put('a', 'f', 2)]);
    mine.edit(put('a', 'f', 1));
    mine.exchange();
    mine.restart(decodeReplica(encodeReplica(mine.replica.save())));
    expect(exchange().map(textOf)).toEqual(['later a.f remote 1 2']);
  });

  test('is told of edits that were merged before they were sealed', () => {
    const { mine, theirs, exchange } = twoUsers();
    theirs.apply([put('a', 'f', 2)]);
    mine.edit(put('a', 'f', 1));
    mine.exchange();
    theirs.receive(mine.sequencer.answer(theirs.request(), 'owner'));
    theirs.merge();
    expect(exchange().map(textOf)).toEqual(['later a.f remote 1 2']);
  });

  test('is not told of single items of a list', () => {
    const { mine, theirs, exchange } = twoUsers();
    theirs.apply([U('a', { list: ['LP', 0, 'theirs'] })]);
    theirs.seal(EPOCH);
    mine.edit(U('a', { list: ['LP', 0, 'mine'] }));
    mine.exchange();
    expect(exchange()).toEqual([]);
  });
});

describe('what a replica remembers of its own values', () => {
  test('is that of the 1,000 fields that were confirmed last', () => {
    const pair = new Pair();
    for (let record = 0; record < 11; record++) {
      const fields = Object.fromEntries(Array.from({ length: 100 }, (_, field) => [`f${100 + field}`, field]));
      pair.edit(I(`r${10 + record}`, fields));
      pair.exchange();
    }
    const puts = pair.replica.save().puts ?? [];
    expect([puts.length, puts[0], puts.at(-1)]).toEqual([1000, ['t', 'r11', 'f100', 2], ['t', 'r20', 'f199', 11]]);
    pair.sequencer.put(
      11,
      'x',
      parseDelta([
        ['D', 't', 'r10'],
        ['D', 't', 'r11'],
      ]),
      'owner',
    );
    const entry = pair.entries(11).entries[0] as LogEntry;
    pair.replica.receive({ type: 'entries', entries: [{ ...entry, seen: 0 }] });
    expect(pair.sync().conflicts.map(({ record }) => record)).toEqual(['r11']);
    expect(pair.replica.save().puts).toHaveLength(900);
  });
});

describe('what the author of an entry had seen, in bytes', () => {
  const delta = parseDelta([['I', 't', 'a', { f: 1 }]]);

  test('is read as it was written, and nothing is written where that is all', () => {
    const all: LogEntry = { rev: 5, nonce: 'n', delta };
    expect(encodeEntry(all)).toEqual(encodeDelta(delta));
    for (const entry of [all, { ...all, seen: 3 }, { ...all, seen: 0 }]) {
      expect(decodeEntry(encodeEntry(entry), 5, 'n')).toEqual(entry);
    }
    expect(() => decodeEntry(encodeEntry({ ...all, seen: 0 }), 4, 'n')).toThrow(
      expect.objectContaining({ code: 'invalid-binary' }),
    );
  });

  test('is part of a saved sequencer', () => {
    const pair = new Pair();
    for (const [rev, seen] of [0, 0, 1, 3].entries()) {
      pair.sequencer.answer(
        { type: 'put', rev, nonce: `n${rev}`, seen, delta: parseDelta([['I', 't', `r${rev}`, {}]]) },
        'owner',
      );
    }
    const saved = pair.sequencer.save();
    expect(saved.log.map(({ seen }) => seen)).toEqual([undefined, 0, 1, undefined]);
    expect(decodeSequencer(encodeSequencer(saved))).toEqual(saved);
  });
});

test('a record of theirs that somebody replaced or deleted is told as that, wherever it stands in the delta', () => {
  const replaced = [D('a'), I('a', { f: 2 })];
  for (const [theirs, rule] of [
    [[...replaced], 'replace-wins'],
    [[D('a')], 'delete-wins'],
    [[D('a'), I('b')], 'delete-wins'],
    [[...replaced, I('b')], 'replace-wins'],
  ] as const) {
    const pair = new Pair();
    pair.edit(I('a', { f: 1 }));
    pair.exchange();
    const { revision } = pair.sequencer;
    pair.sequencer.answer({ type: 'put', rev: revision, nonce: 'theirs', delta: parseDelta([]), seen: 0 }, 'owner');
    const put = { type: 'put', rev: revision + 1, nonce: 'later', delta: Delta.from(theirs), seen: 0 } as const;
    expect(pair.sequencer.answer(put, 'owner').type).toBe('accepted');
    pair.replica.receive(pair.sequencer.answer(pair.replica.request(), 'owner'));
    expect(pair.sync().conflicts.map((conflict) => conflict.rule)).toEqual([rule]);
  }
});

test('own puts whose revisions go down are not loaded', () => {
  const pair = new Pair();
  pair.edit(I('a', { f: 1, g: 1 }));
  pair.exchange();
  pair.edit(put('a', 'f', 2));
  pair.exchange();
  const saved = pair.replica.save();
  expect(saved.puts).toEqual([
    ['t', 'a', 'g', 1],
    ['t', 'a', 'f', 2],
  ]);
  expect(() => pair.restart({ ...saved, puts: [...(saved.puts ?? [])].reverse() })).toThrow('ascending revision');
});
