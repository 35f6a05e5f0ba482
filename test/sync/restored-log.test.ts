import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Replica, Sequencer, type SequencerMessage } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';
import { I, put, seen, U } from './notation.js';
import { EPOCH, Pair, statusOf } from './pair.js';

/** A pair at revision 3, and the sequencer as it was at revision 1, to which others then appended up to `revision`. */
function restored(revision: number): { readonly pair: Pair; readonly other: Sequencer } {
  const pair = new Pair();
  pair.other(I('a', { f: 0 }));
  const backup = pair.sequencer.save();
  pair.catchUp();
  pair.edit(put('a', 'f', 1));
  pair.exchange();
  pair.other(put('a', 'g', 2));
  pair.catchUp();
  const other = Sequencer.restore(backup.snapshot, backup.log);
  for (let rev = 1; rev < revision; rev++) other.put(rev, `again-${rev + 1}`, [put('a', 'h', rev)], 'owner');
  return { pair, other };
}

/** Messages go back and forth until the replica has all that the sequencer has. */
function settle(replica: Replica, sequencer: Sequencer): void {
  for (let round = 0; round < 20; round++) {
    replica.receive(sequencer.answer(replica.request(), 'owner'));
    replica.sync(EPOCH);
    const message = replica.outgoing();
    if (message !== undefined) replica.receive(sequencer.answer(message, 'owner'));
  }
  expect(statusOf(replica)).toBe('isIdle');
  expect(replica.toRows()).toEqual(sequencer.snapshot().rows);
}

describe('a log that was restored from a backup and filled up again', () => {
  test.each([2, 3, 4, 9])('up to revision %i leads an idle replica to a reload, and is told', (revision) => {
    const { pair, other } = restored(revision);
    const answer = other.answer(pair.replica.request(), 'owner');
    expect(answer).toMatchObject({ type: 'reset', since: 3, rev: revision });
    pair.replica.receive(answer);
    expect([pair.replica.status.needsReload, pair.replica.request().type]).toEqual([true, 'fetch-snapshot']);
    pair.replica.receive(other.answer(pair.replica.request(), 'owner'));
    const result = pair.sync();
    expect([result.isReloaded, result.isLogLost]).toEqual([true, true]);
    expect(seen(pair.replica)).toBe(`a{f=0 h=${revision - 1}}`);
    settle(pair.replica, other);
  });

  test('after its snapshot was received: nothing of it is merged into what is lost', () => {
    const { pair, other } = restored(1);
    pair.replica.receive(other.answer(pair.replica.request(), 'owner'));
    pair.replica.receive(other.answer(pair.replica.request(), 'owner'));
    for (let rev = 1; rev < 6; rev++) other.put(rev, `again-${rev + 1}`, [put('a', `f${rev}`, rev)], 'owner');
    pair.replica.receive(other.answer(pair.replica.request(), 'owner'));
    const result = pair.sync();
    expect([result.isReloaded, pair.replica.revision, pair.replica.toRows()]).toEqual([
      ...[true, 6, other.snapshot().rows],
    ]);
  });

  test('puts nothing again that a late copy of a put brought into it', () => {
    const pair = new Pair();
    pair.other(I('a', { list: [] }));
    pair.catchUp();
    const { snapshot, log } = pair.sequencer.save();
    pair.edit(U('a', { list: ['LI', 0, 'x'] }));
    const message = pair.outgoing();
    pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'g', 2))] });
    const other = Sequencer.restore(snapshot, log);
    const accepted = other.answer(message, 'owner');
    expect(() => pair.replica.receive(accepted)).toThrow(expect.objectContaining({ code: 'log-mismatch' }));
    settle(pair.replica, other);
    expect(seen(pair.replica)).toBe('a{list=["x"]}');
  });

  test('takes an edit twice if its put arrives late, and the replica has merged a lost entry of that revision', () => {
    const pair = new Pair();
    pair.other(I('a', { list: [] }));
    pair.catchUp();
    const { snapshot, log } = pair.sequencer.save();
    pair.edit(U('a', { list: ['LI', 0, 'x'] }));
    const message = pair.outgoing();
    pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'g', 2))] });
    pair.sync();
    const other = Sequencer.restore(snapshot, log);
    // Nothing tells the replica that this answer is about a put that it may not make again.
    pair.replica.receive(other.answer(message, 'owner'));
    settle(pair.replica, other);
    expect(seen(pair.replica)).toBe('a{list=["x","x"]}');
  });

  test.each([2, 3, 4])('up to revision %i takes no put that was made on the other log', (revision) => {
    const { pair, other } = restored(revision);
    pair.edit(put('a', 'mine', 7));
    const message = pair.outgoing();
    const answer = other.answer(message, 'owner');
    expect(answer.type).toBe(revision < 3 ? 'refused' : 'reset');
    pair.replica.receive(answer);
    settle(pair.replica, other);
    expect(seen(pair.replica)).toBe(`a{f=0 h=${revision - 1} mine=7}`);
    // A copy that is late changes nothing, either.
    const { revision: newest } = other;
    other.answer(message, 'owner');
    expect(other.revision).toBe(newest);
  });

  test('is a reload like any other if the replica never heard of the nonce at its revision', () => {
    const { pair, other } = restored(3);
    const { head: _, ...saved } = pair.replica.save();
    pair.restart(saved);
    expect(pair.replica.request()).toEqual({ type: 'fetch', rev: 3 });
    expect(other.answer(pair.replica.request(), 'owner').type).toBe('entries');
  });

  test('is noticed by an entry for the revision of the replica with another nonce', () => {
    const { pair, other } = restored(5);
    const entries = other.answer({ type: 'fetch', rev: 1 }, 'owner');
    expect(() => pair.replica.receive(entries)).toThrow(expect.objectContaining({ code: 'log-mismatch' }));
    settle(pair.replica, other);
  });

  test('does not keep a put in flight at the same revision', () => {
    const { pair, other } = restored(3);
    pair.edit(put('a', 'mine', 7));
    const { nonce } = pair.outgoing();
    pair.replica.receive(other.answer(pair.replica.request(), 'owner'));
    pair.replica.receive(other.answer(pair.replica.request(), 'owner'));
    pair.sync();
    expect(pair.outgoing()).toMatchObject({ rev: 3, head: 'again-3' });
    expect(pair.outgoing().nonce).not.toBe(nonce);
    settle(pair.replica, other);
  });
});

describe('the head of a replica', () => {
  test('is the nonce at its revision, and goes with every question and put', () => {
    const pair = new Pair();
    expect([pair.replica.head, pair.replica.request()]).toEqual([undefined, { type: 'fetch', rev: 0 }]);
    pair.other(I('a', { f: 0 }));
    pair.catchUp();
    expect([pair.replica.head, pair.replica.request()]).toEqual([
      'other-1',
      { type: 'fetch', rev: 1, head: 'other-1' },
    ]);
    pair.edit(put('a', 'f', 1));
    expect(pair.outgoing()).toMatchObject({ rev: 1, head: 'other-1' });
    pair.exchange();
    expect(pair.replica.head).toBe('mine-1');
    pair.restart();
    expect(pair.replica.request()).toEqual({ type: 'fetch', rev: 2, head: 'mine-1' });
    const [third, fourth] = [pair.other(put('a', 'f', 3)), pair.other(put('a', 'f', 4))];
    pair.replica.receive({ type: 'entries', entries: [third, fourth] });
    expect(pair.replica.request()).toEqual({ type: 'fetch', rev: 4, head: 'other-4' });
  });

  test('is the last nonce of a snapshot', () => {
    const pair = new Pair();
    pair.other(I('a'));
    pair.other(I('b'));
    pair.sequencer.trim(2);
    pair.replica.receive(pair.sequencer.deltasSince(0));
    pair.replica.receive(pair.sequencer.snapshot());
    expect(pair.replica.request()).toEqual({ type: 'fetch', rev: 2, head: 'other-2' });
    pair.sync();
    expect(pair.replica.head).toBe('other-2');
  });
});

describe('two devices and a server that goes back to a backup at some point', () => {
  const actions = ['edit', 'sync', 'put', 'fetch', 'backup', 'restore', 'trim'] as const;
  const step = fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(...actions, 'edit', 'sync', 'put', 'put', 'fetch'));

  test('agree with the server once messages are exchanged, whatever was lost', () => {
    const property = fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      let sequencer = new Sequencer();
      let backup = sequencer.save();
      const late: SequencerMessage[] = [];
      let count = 0;
      const devices = [0, 1].map(() => new Replica({ nextNonce: () => `n${++count}` }));
      for (const [at, action] of steps) {
        const device = devices[at] as Replica;
        if (action === 'edit') device.apply([I(`r${++count}`, { f: count })]);
        else if (action === 'sync') device.sync(EPOCH);
        else if (action === 'backup') backup = sequencer.save();
        else if (action === 'restore') sequencer = Sequencer.restore(backup.snapshot, backup.log);
        else if (action === 'trim') sequencer.trim(sequencer.revision);
        else {
          const message = action === 'put' ? device.outgoing() : device.request();
          if (message === undefined) continue;
          late.push(sequencer.answer(message, 'owner'));
          try {
            device.receive(late.at(-1) as SequencerMessage);
          } catch (error) {
            expect(error).toMatchObject({ code: 'log-mismatch' });
          }
        }
      }
      for (let round = 0; round < 12; round++) {
        for (const device of devices) {
          device.receive(sequencer.answer(device.request(), 'owner'));
          device.sync(EPOCH);
          const message = device.outgoing();
          if (message !== undefined) device.receive(sequencer.answer(message, 'owner'));
        }
      }
      for (const device of devices) expect(device.toRows()).toEqual(sequencer.snapshot().rows);
    });
    fc.assert(property, { numRuns: runs(300) });
  });
});
