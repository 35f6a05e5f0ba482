import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Replica, type SavedReplica, Sequencer } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';
import { I, put, seen, U } from './notation.js';
import { EPOCH, Pair, statusOf } from './pair.js';

/** A device whose source of nonces is copied with it, so that both copies give the same ones. */
function deviceFrom(saved: SavedReplica | undefined, made: number): Replica {
  let nonces = made;
  const options = { nextNonce: () => `n${++nonces}` };
  return saved === undefined ? new Replica(options) : Replica.load(JSON.parse(JSON.stringify(saved)), options);
}

describe('the nonce of a put that somebody else has used', () => {
  test('is given up when the sequencer says so, and the delta is put under another one', () => {
    const pair = new Pair();
    pair.other(I('a'));
    pair.catchUp();
    pair.edit(put('a', 'f', 1));
    pair.sequencer.put(1, 'mine-1', [put('a', 'g', 9)], 'owner');
    expect(pair.exchange()).toMatchObject({ type: 'refused', reason: 'nonce-reused' });
    expect(statusOf(pair.replica)).toBe('hasOutgoing');
    expect(pair.outgoing()).toMatchObject({ rev: 1, nonce: 'mine-2' });
    const result = pair.sync();
    expect([result.refused, result.indeterminate]).toEqual([[], []]);
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=1 g=9}');
  });

  test('does not make the entry of somebody else one’s own: the delta is overtaken', () => {
    const pair = new Pair();
    pair.other(I('a'));
    pair.catchUp();
    pair.edit(put('a', 'f', 1));
    pair.outgoing();
    pair.sequencer.put(1, 'mine-1', [put('a', 'g', 9)], 'owner');
    pair.catchUp();
    expect(seen(pair.replica)).toBe('a{f=1 g=9}');
    expect(pair.outgoing()).toMatchObject({ rev: 2, nonce: 'mine-2' });
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=1 g=9}');
  });

  test('is not remembered in what is saved', () => {
    const pair = new Pair();
    pair.edit(I('a'));
    const { nonce } = pair.outgoing();
    pair.replica.receive({ type: 'refused', nonce, reason: 'nonce-reused', message: '' });
    expect(pair.replica.save()).toMatchObject({ nonce: null, refusal: null });
  });

  test('is given up by a replica that was saved when such a refusal undid the edit', () => {
    const pair = new Pair();
    pair.edit(I('a'));
    pair.outgoing();
    pair.restart({ ...pair.replica.save(), refusal: { reason: 'nonce-reused', message: '' } });
    expect(statusOf(pair.replica)).toBe('hasOutgoing');
    pair.settle();
    expect(seen(pair.replica)).toBe('a{}');
  });
});

type Step = readonly [device: 0 | 1, action: 'edit' | 'sync' | 'put' | 'lose' | 'fetch'];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom(0, 1),
  fc.constantFrom('edit', 'edit', 'sync', 'put', 'put', 'lose', 'fetch'),
);

describe('two devices from the same saved bytes, with the same source of nonces', () => {
  test('lose no edit and double none, whatever is lost on the way', () => {
    const property = fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, isInFlight) => {
      const sequencer = new Sequencer();
      const original = deviceFrom(undefined, 0);
      original.apply([I('a', { list: [] })]);
      original.sync(EPOCH);
      const first = original.outgoing();
      if (first !== undefined && !isInFlight) original.receive(sequencer.answer(first, 'owner'));
      const saved = original.save();
      const devices = [deviceFrom(saved, 1), deviceFrom(saved, 1)] as const;
      const made: string[] = [];
      const act = ([at, action]: Step): void => {
        const device = devices[at];
        if (action === 'edit') {
          const length = (device.get('t', 'a')?.get('list') as readonly string[] | undefined)?.length ?? 0;
          made.push(`${at}-${made.length}`);
          device.apply([U('a', { list: ['LI', length, made.at(-1) as string] })]);
        } else if (action === 'sync') {
          device.sync(EPOCH);
        } else if (action === 'fetch') {
          device.receive(sequencer.answer(device.request(), 'owner'));
        } else {
          const message = device.outgoing();
          const answer = message && sequencer.answer(message, 'owner');
          if (answer !== undefined && action === 'put') device.receive(answer);
        }
      };
      for (const one of steps) act(one);
      for (let round = 0; round < 60; round++) {
        for (const at of [0, 1] as const)
          for (const action of ['sync', 'put', 'fetch', 'sync'] as const) act([at, action]);
      }
      for (const device of devices) {
        expect(statusOf(device)).toBe('isIdle');
        const items = device.get('t', 'a')?.get('list') ?? [];
        expect([...(items as readonly string[])].sort()).toEqual([...made].sort());
      }
      expect(seen(devices[0])).toBe(seen(devices[1]));
    });
    fc.assert(property, { numRuns: runs(200) });
  });
});
