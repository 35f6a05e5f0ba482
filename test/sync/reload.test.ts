import { describe, expect, test } from 'vitest';
import { Sequencer, type Snapshot } from '../../src/sync/index.js';
import { D, I, long, put, seen, U } from './notation.js';
import { changedIn, Pair, statusOf } from './pair.js';

/** A pair that both have record `a` at revision 1; then others append `deltas`, and the log is trimmed. */
function farBehind(pair: Pair, others: () => void): void {
  others();
  pair.sequencer.trim(pair.sequencer.revision);
}

function pairWithRecord(options: ConstructorParameters<typeof Pair>[0] = {}): Pair {
  const pair = new Pair(options);
  pair.other(I('a', { f: 0, list: ['x', 'y'] }));
  pair.catchUp();
  return pair;
}

describe('a replica that is too far behind', () => {
  test('is told so by the answer to a fetch, asks for the snapshot, and merges it at the next sync()', () => {
    const pair = pairWithRecord();
    farBehind(pair, () => {
      pair.other(put('a', 'f', 1), I('b'));
      pair.other(U('a', { list: ['LD', 0] }));
    });
    pair.replica.receive(pair.sequencer.answer(pair.replica.request(), 'owner'));
    expect(statusOf(pair.replica)).toBe('needsReload');
    expect(pair.replica.request()).toEqual({ type: 'fetch-snapshot' });
    pair.replica.receive(pair.sequencer.answer(pair.replica.request(), 'owner'));
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","y"]}');
    expect(statusOf(pair.replica)).toBe('hasIncoming needsReload');
    const result = pair.sync();
    expect([changedIn(result), result.isReloaded]).toEqual(['t:a,b', true]);
    expect([seen(pair.replica), pair.isSettled()]).toEqual(['a{f=1 list=["y"]} b{}', true]);
  });

  test('keeps its edits, sealed and open ones, and puts them afterwards', () => {
    const pair = pairWithRecord();
    pair.edit(U('a', { list: ['LI', 2, 'z'] }), I('c'));
    pair.replica.apply([put('a', 'g', 7)]);
    farBehind(pair, () => pair.other(U('a', { list: ['LI', 0, 'w'] }), put('a', 'f', 1)));
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=1 g=7 list=["w","x","y","z"]} c{}');
    expect(pair.sequencer.snapshot().rows.filter(({ tid }) => tid === 't')).toHaveLength(2);
  });

  test('merges the difference as one remote delta, by the rules', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'sum', 'sum').set('t', 'f', 'local');
    pair.edit(put('a', 'sum', long(5)), put('a', 'f', 1));
    farBehind(pair, () => {
      pair.other(put('a', 'sum', long(1)), put('a', 'f', 2));
      pair.other(put('a', 'sum', long(3)));
    });
    pair.settle();
    expect(pair.replica.get('t', 'a')?.get('sum')).toBe(8n);
    expect(pair.replica.get('t', 'a')?.get('f')).toBe(1);
  });

  test('does not delete what came in the place of an item that it deleted', () => {
    const pair = pairWithRecord();
    pair.edit(U('a', { list: ['LD', 0] }));
    farBehind(pair, () => {
      pair.other(U('a', { list: ['LD', 0] }));
      pair.other(U('a', { list: ['LI', 0, 'new'] }));
    });
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=0 list=["new","y"]}');
  });

  test('keeps its put of an item where another stands for it now, by the rule', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'list', 'local');
    pair.edit(U('a', { list: ['LP', 0, 'mine'] }));
    farBehind(pair, () => pair.other(U('a', { list: ['LP', 0, 'theirs'] })));
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=0 list=["mine","y"]}');
  });

  test('keeps its put of an item that another replaced, beside a put of one that is gone', () => {
    const pair = new Pair();
    pair.rules.set('t', 'list', 'local');
    pair.other(I('a', { list: ['a', 'b', 'c', 'd'] }));
    pair.catchUp();
    pair.edit(U('a', { list: ['LI', 0, 'n'] }), U('a', { list: ['LP', 2, 'L'] }), U('a', { list: ['LP', 4, 'M'] }));
    farBehind(pair, () => pair.other(U('a', { list: ['LD', 1] }), U('a', { list: ['LP', 2, 'Q'] })));
    pair.catchUp();
    pair.catchUp();
    expect(seen(pair.replica)).toBe('a{list=["n","a","c","M"]}');
  });

  test('goes on with the entries after the snapshot, whenever they came', () => {
    const pair = pairWithRecord();
    pair.other(put('a', 'f', 1));
    const snapshot = pair.sequencer.snapshot();
    pair.replica.receive({ type: 'reset', since: 1, rev: 2 });
    pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'f', 2))] });
    expect(statusOf(pair.replica)).toBe('hasGap needsReload');
    pair.replica.receive(snapshot);
    expect(statusOf(pair.replica)).toBe('hasIncoming needsReload');
    pair.sync();
    expect([seen(pair.replica), pair.isSettled()]).toEqual(['a{f=2 list=["x","y"]}', true]);
  });

  test('asks for another snapshot if the one that it has is too old by now', () => {
    const pair = pairWithRecord();
    pair.replica.receive({ type: 'reset', since: 1, rev: 2 });
    pair.other(put('a', 'f', 1));
    pair.replica.receive(pair.sequencer.snapshot());
    expect(pair.replica.request()).toEqual({ type: 'fetch', rev: 2, head: 'other-2' });
    farBehind(pair, () => pair.other(put('a', 'f', 2)));
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=2 list=["x","y"]}');
  });

  test('ignores a reset that answers an old question, and a snapshot that it has no need of', () => {
    const pair = pairWithRecord();
    pair.other(put('a', 'f', 1));
    pair.replica.receive({ type: 'reset', since: 0, rev: 9 });
    pair.replica.receive(pair.sequencer.snapshot());
    expect(statusOf(pair.replica)).toBe('isIdle');
    expect(pair.sync().isReloaded).toBe(false);
  });
});

describe('a reload never goes back behind', () => {
  test('an edit that was acknowledged while an older snapshot waited', () => {
    const pair = pairWithRecord();
    const old = pair.sequencer.snapshot();
    pair.edit(I('mine'));
    const late = pair.sequencer.answer(pair.outgoing(), 'owner');
    // What was asked for before the put arrives once more, after the log was trimmed.
    pair.replica.receive({ type: 'reset', since: 1, rev: 2 });
    pair.replica.receive(old);
    pair.replica.receive(late);
    expect(pair.replica.request()).toEqual({ type: 'fetch-snapshot' });
    pair.edit(put('mine', 'f', 1));
    const result = pair.sync();
    expect([pair.replica.revision, seen(pair.replica)]).toEqual([2, 'a{f=0 list=["x","y"]} mine{f=1}']);
    expect([result.conflicts, result.isReloaded]).toEqual([[], false]);
    expect(statusOf(pair.replica)).toBe('hasOutgoing needsReload');
    pair.settle();
    expect([seen(pair.replica), pair.isSettled()]).toEqual(['a{f=0 list=["x","y"]} mine{f=1}', true]);
  });

  test('entries that were merged while an older snapshot waited', () => {
    const pair = pairWithRecord();
    const first = pair.other(put('a', 'f', 1));
    const old = pair.sequencer.snapshot();
    const second = pair.other(put('a', 'f', 2));
    pair.replica.receive({ type: 'reset', since: 1, rev: 3 });
    pair.replica.receive(old);
    pair.replica.receive({ type: 'entries', entries: [first, second] });
    expect(pair.sync().isReloaded).toBe(false);
    expect([pair.replica.revision, statusOf(pair.replica)]).toEqual([3, 'needsReload']);
    pair.settle();
    expect([seen(pair.replica), pair.isSettled()]).toEqual(['a{f=2 list=["x","y"]}', true]);
  });
});

describe('a delta in flight at a reload', () => {
  /** Puts a delta whose answer is lost; `isAccepted` is whether it reached the sequencer. Then the log is trimmed. */
  function lostAnswer(isAccepted: boolean, recentNonces: number, othersCount: number): Pair {
    const pair = pairWithRecord({ sequencer: { recentNonces } });
    pair.edit(U('a', { list: ['LI', 1, 'mine'] }));
    const message = pair.outgoing();
    if (isAccepted) pair.answer(message);
    pair.edit(U('a', { list: ['LI', 2, 'later'] }));
    farBehind(pair, () => {
      for (let count = 1; count <= othersCount; count++) pair.other(put('a', 'f', count));
    });
    pair.restart();
    return pair;
  }

  test('that the log has is recognised by its nonce in the snapshot, and not put again', () => {
    const pair = lostAnswer(true, 10, 3);
    pair.replica.receive(pair.sequencer.deltasSince(pair.replica.revision));
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=3 list=["x","mine","later","y"]}');
  });

  test('that the log does not have is put again', () => {
    const pair = lostAnswer(false, 10, 3);
    pair.replica.receive(pair.sequencer.deltasSince(pair.replica.revision));
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=3 list=["x","mine","later","y"]}');
  });

  test('is acknowledged by a retry first, if the sequencer still knows the nonce', () => {
    const pair = lostAnswer(true, 10, 3);
    expect(pair.exchange()).toEqual({ type: 'repeated', nonce: 'mine-1', rev: 2 });
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=3 list=["x","mine","later","y"]}');
  });

  test.each([
    [true, '["x","mine","later","y"]'],
    [false, '["x","later","y"]'],
  ])('of which nobody knows any more is not put again but handed back; accepted: %s', (isAccepted, list) => {
    const pair = lostAnswer(isAccepted, 2, 3);
    pair.exchange();
    pair.replica.receive(pair.sequencer.snapshot());
    const result = pair.sync();
    expect(result.indeterminate).toMatchObject([{ nonce: 'mine-1' }]);
    expect(result.indeterminate[0]?.delta.changes.filter(({ table }) => table === 't')).toEqual([
      U('a', { list: ['LI', 1, 'mine'] }),
    ]);
    pair.settle();
    expect(seen(pair.replica)).toBe(`a{f=3 list=${list}}`);
  });

  test('stays in flight if the snapshot is not ahead, since it may still be accepted', () => {
    const pair = pairWithRecord();
    pair.edit(U('a', { list: ['LI', 1, 'mine'] }));
    const message = pair.outgoing();
    pair.replica.receive({ type: 'reset', since: 1, rev: 2 });
    pair.replica.receive(pair.sequencer.snapshot());
    pair.sync();
    expect(pair.outgoing()).toEqual(message);
    pair.answer(message);
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","mine","y"]}');
  });

  test('that was never handed out is certain not to be in the log', () => {
    const pair = pairWithRecord({ sequencer: { recentNonces: 0 } });
    pair.edit(U('a', { list: ['LI', 1, 'mine'] }));
    farBehind(pair, () => {
      for (const value of [1, 2, 3]) pair.other(put('a', 'f', value));
    });
    pair.restart();
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=3 list=["x","mine","y"]}');
  });
});

describe('a sequencer that lost part of its log', () => {
  test('refuses what was made after that; the replica goes back to its snapshot and keeps its edits', () => {
    const pair = pairWithRecord();
    const older: Snapshot = pair.sequencer.snapshot();
    pair.other(put('a', 'f', 1));
    pair.catchUp();
    pair.edit(put('a', 'g', 1));
    const behind = Sequencer.restore(older, []);
    const message = pair.outgoing();
    const answer = behind.put(message.rev, message.nonce, message.delta, 'owner');
    expect(answer).toMatchObject({ type: 'refused', reason: 'unknown-revision' });
    pair.replica.receive(answer);
    expect(pair.replica.request()).toEqual({ type: 'fetch-snapshot' });
    pair.restart();
    pair.replica.receive(behind.snapshot());
    expect(pair.sync().refused).toEqual([]);
    expect([seen(pair.replica), pair.replica.revision]).toEqual(['a{f=0 g=1 list=["x","y"]}', 1]);
    const again = pair.outgoing();
    expect(behind.put(again.rev, again.nonce, again.delta, 'owner').type).toBe('accepted');
  });

  test('answers a fetch with a reset to a revision before it', () => {
    const pair = pairWithRecord();
    const older = pair.sequencer.snapshot();
    pair.other(D('a'));
    pair.catchUp();
    const behind = Sequencer.restore(older, []);
    pair.replica.receive(behind.deltasSince(pair.replica.revision));
    pair.replica.receive(behind.snapshot());
    pair.sync();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","y"]}');
  });
});
