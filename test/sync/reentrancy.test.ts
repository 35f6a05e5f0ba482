import { describe, expect, test } from 'vitest';
import type { MergeFunction } from '../../src/index.js';
import type { Replica } from '../../src/sync/index.js';
import { I, put, seen } from './notation.js';
import { EPOCH, Pair } from './pair.js';

/** A replica whose user and somebody else changed the same field; the function decides in the next `sync()`. */
function collision(rule: (pair: Pair) => MergeFunction): Pair {
  const pair = new Pair();
  pair.other(I('a', { f: 0, g: 0 }));
  pair.catchUp();
  pair.rules.set('t', 'f', rule(pair));
  pair.replica.apply([put('a', 'f', 1), put('a', 'g', 1)]);
  pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'f', 2))] });
  return pair;
}

const CALLS: readonly (readonly [string, (replica: Replica) => unknown])[] = [
  ['apply', (replica) => replica.apply([put('a', 'g', 9)])],
  ['setTitle', (replica) => replica.setTitle('title')],
  ['sync', (replica) => replica.sync(EPOCH)],
  ['seal', (replica) => replica.seal(EPOCH)],
  ['reopen', (replica) => replica.reopen()],
  ['retract', (replica) => replica.retract()],
  ['rollback', (replica) => replica.rollback()],
  ['undo', (replica) => replica.undo()],
  ['redo', (replica) => replica.redo()],
  ['endUndoItem', (replica) => replica.endUndoItem()],
  ['outgoing', (replica) => replica.outgoing()],
  ['receive', (replica) => replica.receive({ type: 'reset', since: 2, rev: 9 })],
  ['save', (replica) => replica.save()],
];

describe('a merge function that changes its replica', () => {
  test.each(CALLS)('12: cannot call %s: it throws bad-state and changes nothing', (_, call) => {
    const codes: unknown[] = [];
    const pair = collision(({ replica }) => ({ local }) => {
      const before = [seen(replica), replica.revision, JSON.stringify(replica.status)];
      try {
        call(replica);
      } catch (error) {
        codes.push((error as { code: unknown }).code);
      }
      expect([seen(replica), replica.revision, JSON.stringify(replica.status)]).toEqual(before);
      return local;
    });
    const quiet = collision(
      () =>
        ({ local }) =>
          local,
    );
    expect(pair.sync()).toEqual(quiet.sync());
    expect(codes).toEqual(['bad-state']);
    expect(pair.replica.save()).toEqual(quiet.replica.save());
    pair.replica.undo();
    quiet.replica.undo();
    expect(seen(pair.replica)).toBe(seen(quiet.replica));
  });

  test('12: the replica can be edited again once the function has returned or thrown', () => {
    const pair = collision(
      () =>
        ({ local }) =>
          local,
    );
    pair.sync();
    pair.replica.apply([put('a', 'g', 5)]);
    expect(seen(pair.replica)).toBe('a{f=1 g=5}');
  });

  test('12: another replica can be edited meanwhile', () => {
    const other = new Pair();
    const pair = collision(() => ({ local }) => {
      other.replica.apply([I('b')]);
      return local;
    });
    pair.sync();
    expect(seen(other.replica)).toBe('b{}');
  });
});
