import { describe, expect, test } from 'vitest';
import { decodeReplica, decodeSequencer, encodeReplica, encodeSequencer } from '../../src/codec/binary/index.js';
import { DatastoreError, type DatastoreErrorCode, Delta } from '../../src/index.js';
import { Replica, type SavedReplica, type SavedSequencer, Sequencer } from '../../src/sync/index.js';
import { D, I, put, seen, U } from './notation.js';
import { Pair } from './pair.js';

function pairUnderWay(): Pair {
  const pair = new Pair({ sequencer: { recentNonces: 2 } });
  pair.rules.set('t', 'f', 'max').set('t', 'e', () => 1n);
  pair.other(I('a', { f: 0, list: ['x', 'y'] }));
  pair.other(I('b', { text: 'a longer text', twin: 'a longer text' }));
  pair.catchUp();
  pair.edit(put('a', 'f', 1), put('a', 'e', 5), U('a', { list: ['LI', 1, 'w'] }));
  pair.outgoing();
  pair.edit(D('b'));
  pair.replica.apply([I('c', { f: 3 })]);
  pair.other(U('a', { list: ['LD', 0] }));
  return pair;
}

function refusedWith(action: () => unknown): DatastoreErrorCode | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof DatastoreError) return error.code;
    throw error;
  }
  return undefined;
}

describe('decodeReplica(encodeReplica(r)) = r', () => {
  test('for a replica with edits under way, which goes on where it was', () => {
    const pair = pairUnderWay();
    const saved = pair.replica.save();
    const bytes = encodeReplica(saved);
    const decoded = decodeReplica(bytes);
    expect(sorted(decoded)).toEqual(sorted(saved));
    expect(encodeReplica(decoded)).toEqual(bytes);
    const loaded = Replica.load(decoded, { nextNonce: () => 'next', rules: pair.rules });
    expect([seen(loaded), loaded.outgoing()]).toEqual([seen(pair.replica), pair.replica.outgoing()]);
  });

  test('for a new one, and one with a refusal', () => {
    const pair = new Pair();
    expect(decodeReplica(encodeReplica(pair.replica.save()))).toEqual(pair.replica.save());
    pair.edit(I('a'));
    const { nonce } = pair.outgoing();
    const place = { table: 't', record: 'a', position: 0 };
    pair.replica.receive({ type: 'refused', nonce, reason: 'limit', code: 'record-too-large', message: 'é', place });
    expect(decodeReplica(encodeReplica(pair.replica.save()))).toEqual(pair.replica.save());
  });

  test('in the same bytes, whatever the order of its rules and members', () => {
    const saved = pairUnderWay().replica.save();
    expect(saved.rules.length).toBeGreaterThan(1);
    const turned = Object.fromEntries(Object.entries({ ...saved, rules: [...saved.rules].reverse() }).reverse());
    expect(encodeReplica(turned as unknown as SavedReplica)).toEqual(encodeReplica(saved));
  });

  test('and takes fewer bytes than its JSON', () => {
    const saved = pairUnderWay().replica.save();
    expect(encodeReplica(saved).length).toBeLessThan(JSON.stringify(saved).length / 2);
  });

  test('while what save() does not give is refused', () => {
    const saved = pairUnderWay().replica.save();
    expect(refusedWith(() => encodeReplica({ ...saved, rev: -1 }))).toBe('invalid-json');
    expect(refusedWith(() => encodeReplica({ ...saved, rules: [['t', 'no name', 'f', 'max']] }))).toBe('invalid-name');
  });
});

describe('decodeSequencer(encodeSequencer(s)) = s', () => {
  function savedSequencers(): SavedSequencer[] {
    const { sequencer } = pairUnderWay();
    const whole = sequencer.save();
    sequencer.trim(2);
    const early = {
      type: 'snapshot',
      rev: 1,
      rows: [{ tid: 't', rowid: 'a', data: {} }],
      nonces: ['other-1'],
    } as const;
    const later = { rev: 2, nonce: 'n2', delta: Delta.from([put('a', 'f', 1)]) };
    return [whole, sequencer.save(), new Sequencer().save(), { snapshot: early, log: [later] }];
  }

  test('with all its entries, some, none, and some after its snapshot', () => {
    for (const saved of savedSequencers()) {
      const bytes = encodeSequencer(saved);
      const decoded = decodeSequencer(bytes);
      expect(decoded).toEqual(saved);
      expect(encodeSequencer(decoded)).toEqual(bytes);
      const restored = Sequencer.restore(decoded.snapshot, decoded.log);
      expect(restored.revision).toBe(saved.log.at(-1)?.rev ?? saved.snapshot.rev);
    }
  });

  test('while what cannot be restored is refused', () => {
    const [saved] = savedSequencers();
    if (saved === undefined) throw new Error('There is one');
    const { snapshot, log } = saved;
    expect(refusedWith(() => encodeSequencer({ snapshot, log: [...log.slice(0, 1), ...log.slice(2)] }))).toBe(
      'log-gap',
    );
    expect(refusedWith(() => encodeSequencer({ snapshot: { ...snapshot, nonces: ['x'] }, log }))).toBe('log-mismatch');
    expect(refusedWith(() => encodeSequencer({ snapshot, log: log.map((entry) => ({ ...entry, nonce: 'n' })) }))).toBe(
      'log-mismatch',
    );
  });

  test('and what save() gives is what restore() goes on from', () => {
    const { sequencer } = pairUnderWay();
    const { snapshot, log } = sequencer.save();
    const restored = Sequencer.restore(snapshot, log, { recentNonces: 2 });
    expect(restored.save()).toEqual(sequencer.save());
  });
});

function sorted(saved: SavedReplica): SavedReplica {
  return { ...saved, rules: [...saved.rules].sort() };
}
