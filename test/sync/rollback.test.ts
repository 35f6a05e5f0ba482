import { describe, expect, test } from 'vitest';
import { D, I, long, put, seen, U } from './notation.js';
import { changedIn, EPOCH, Pair, statusOf } from './pair.js';

/** A pair that both have record `a` with f = 0, in the log at revision 1. */
function pairWithRecord(options: ConstructorParameters<typeof Pair>[0] = {}): Pair {
  const pair = new Pair(options);
  pair.other(I('a', { f: 0, list: ['x'] }));
  pair.catchUp();
  return pair;
}

describe('a rollback', () => {
  test('drops what was not sealed, also by a role that may not write any more', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    pair.replica.apply([put('a', 'f', 2), I('b')]);
    pair.replica.setTitle('title');
    pair.replica.setRole('viewer');
    const applied = pair.replica.rollback();
    expect(applied.changes.map(({ type, table, record }) => `${type} ${table} ${record}`)).toEqual([
      'update :info info',
      'update t a',
      'delete t b',
    ]);
    expect(seen(pair.replica)).toBe('a{f=1 list=["x"]}');
    expect(pair.replica.title).toBeUndefined();
    expect(statusOf(pair.replica)).toBe('hasOutgoing');
    expect(pair.replica.rollback().changes).toEqual([]);
  });

  test('does not report its records at the next sync', () => {
    const pair = pairWithRecord();
    pair.replica.apply([put('a', 'f', 2)]);
    pair.replica.rollback();
    expect(changedIn(pair.sync())).toBe('');
    expect(pair.replica.outgoing()).toBeUndefined();
  });

  test('makes an undoing undone: the step can be undone again', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    pair.settle();
    pair.replica.undo();
    pair.replica.apply([put('a', 'f', 5)]);
    pair.replica.rollback();
    expect([seen(pair.replica), pair.replica.canRedo]).toEqual(['a{f=1 list=["x"]}', false]);
    pair.replica.undo();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x"]}');
  });

  test('leaves alone what undoing took out of a sealed delta', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    pair.replica.undo();
    pair.replica.apply([put('a', 'f', 5)]);
    pair.replica.rollback();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x"]}');
    pair.replica.redo();
    expect(seen(pair.replica)).toBe('a{f=1 list=["x"]}');
  });

  test('goes back to the rule of the edits that are left', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', 'sum');
    pair.replica.apply([put('a', 'f', long(3))]);
    pair.replica.rollback();
    expect(pair.replica.save().rules).toEqual([]);
  });
});

describe('sealing apart', () => {
  test('does not join what waits, and merges nothing', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    pair.other(I('b'));
    pair.replica.receive(pair.entries(1));
    pair.replica.apply([put('a', 'g', 2)]);
    expect(pair.replica.seal(EPOCH)).toBe(true);
    expect(pair.replica.seal(EPOCH)).toBe(false);
    expect(seen(pair.replica)).toBe('a{f=1 g=2 list=["x"]}');
    expect(pair.replica.save().pending).toHaveLength(2);
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=1 g=2 list=["x"]} b{}');
  });

  test('is refused without a time', () => {
    expect(() => pairWithRecord().replica.seal('now' as never)).toThrow(
      expect.objectContaining({ code: 'invalid-value' }),
    );
  });
});

describe('what was sealed last', () => {
  test('is dropped with what undoing took out of it, which cannot be redone without what it was made on', () => {
    const pair = new Pair();
    pair.replica.apply([I('a', { f: 1 })]);
    pair.restart();
    pair.replica.apply([U('a', { f: ['D'] })]);
    pair.replica.seal(EPOCH);
    pair.replica.undo();
    pair.replica.reopen();
    pair.replica.rollback();
    expect([seen(pair.replica), pair.replica.redo()]).toEqual(['', undefined]);
  });

  test('stays while it may be in the log', () => {
    const pair = pairWithRecord();
    expect(pair.replica.reopen()).toBe(false);
    pair.edit(put('a', 'f', 1));
    pair.outgoing();
    expect([pair.replica.reopen(), pair.replica.retract()]).toEqual([false, undefined]);
    pair.exchange();
    expect([pair.replica.reopen(), pair.replica.retract()]).toEqual([false, undefined]);
    expect(seen(pair.replica)).toBe('a{f=1 list=["x"]}');
  });

  test('is opened again once others came first, and merged by the next sync', () => {
    const pair = pairWithRecord();
    pair.edit(U('a', { list: ['LI', 1, 'y'] }));
    const put1 = pair.outgoing();
    pair.other(U('a', { list: ['LI', 0, 'w'] }));
    pair.replica.receive(pair.answer(put1));
    expect(pair.replica.reopen()).toBe(true);
    expect(statusOf(pair.replica)).toBe('hasUncommitted hasIncoming');
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=0 list=["w","x","y"]}');
  });

  test('is opened again, and dropped by a rollback', () => {
    const pair = pairWithRecord();
    pair.replica.apply([put('a', 'f', 1)]);
    pair.replica.seal(EPOCH);
    pair.replica.apply([put('a', 'g', 1)]);
    pair.replica.reopen();
    expect(seen(pair.replica)).toBe('a{f=1 g=1 list=["x"]}');
    pair.replica.rollback();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x"]}');
    expect(statusOf(pair.replica)).toBe('isIdle');
  });

  test('is opened again after a merge and dropped with what was edited since, and no step of it can be undone', () => {
    const pair = pairWithRecord();
    pair.edit(I('b'));
    pair.other(put('a', 'g', 1));
    pair.catchUp();
    pair.replica.reopen();
    pair.replica.apply([put('b', 'f', 1)]);
    pair.replica.rollback();
    expect([seen(pair.replica), pair.replica.undo()]).toEqual(['a{f=0 g=1 list=["x"]}', undefined]);
  });

  test('is retracted after a refusal, which is then not reported', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    const { nonce } = pair.outgoing();
    pair.replica.receive({ type: 'refused', nonce, reason: 'permission', message: '' });
    expect(pair.replica.retract()?.changes.changes).toMatchObject([{ table: ':info' }, { table: 't', record: 'a' }]);
    expect(pair.sync()).toMatchObject({ refused: [] });
    expect(seen(pair.replica)).toBe('a{f=0 list=["x"]}');
    expect(statusOf(pair.replica)).toBe('isIdle');
  });

  test('takes along later edits that cannot stand without it, and says so', () => {
    const pair = pairWithRecord();
    pair.replica.apply([I('b')]);
    pair.replica.seal(EPOCH);
    pair.replica.apply([put('b', 'f', 1), put('a', 'f', 1)]);
    const retraction = pair.replica.retract();
    expect(retraction?.conflicts).toMatchObject([{ table: 't', record: 'b', rule: 'delete-wins' }]);
    expect(seen(pair.replica)).toBe('a{f=1 list=["x"]}');
    pair.replica.undo();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x"]}');
  });

  test('is retracted without touching the difference of a later sum, or a later put', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'n', 'sum');
    pair.replica.apply([put('a', 'n', long(10)), put('a', 'f', 1), I('b')]);
    pair.replica.seal(EPOCH);
    pair.replica.apply([put('a', 'n', long(13)), put('a', 'f', 2), D('b')]);
    pair.replica.retract();
    expect(seen(pair.replica)).toBe('a{f=2 list=["x"] n={"I":"3"}}');
    pair.settle();
  });

  test('leaves nothing to undo of what was open then, once that is rolled back', () => {
    const pair = pairWithRecord();
    pair.replica.apply([put('a', 'f', 1)]);
    pair.replica.seal(EPOCH);
    pair.replica.apply([I('b')]);
    pair.replica.retract();
    pair.replica.apply([put('a', 'g', 2)]);
    pair.replica.rollback();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x"]}');
    expect([pair.replica.canUndo, pair.replica.undo()]).toEqual([false, undefined]);
    expect(seen(pair.replica)).toBe('a{f=0 list=["x"]}');
  });

  test.each([0, 1, 2])('is not what a merge left no change of, however many steps are remembered: %d', (undoDepth) => {
    const pair = pairWithRecord({ undoDepth });
    pair.edit(put('a', 'g', 1));
    pair.settle();
    pair.edit(put('a', 'f', 1));
    pair.replica.apply([I('b')]);
    pair.replica.endUndoItem();
    pair.replica.apply([D('b'), I('c')]);
    pair.replica.seal(EPOCH);
    pair.other(I('c', { f: 9 }));
    pair.catchUp();
    expect([pair.replica.save().pending.length, pair.replica.reopen()]).toEqual([1, true]);
    pair.replica.rollback();
    expect(seen(pair.replica)).toBe('a{f=0 g=1 list=["x"]} c{f=9}');
    expect(pair.replica.reopen()).toBe(false);
  });

  test('is taken from behind those that wait, which stay', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    pair.outgoing();
    pair.replica.apply([put('a', 'g', 2)]);
    pair.replica.seal(EPOCH);
    pair.replica.retract();
    expect(seen(pair.replica)).toBe('a{f=1 list=["x"]}');
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=1 list=["x"]}');
  });
});

test.each(['rollback', 'retract'] as const)('what a %s hands out is a copy', (how) => {
  const pair = pairWithRecord();
  pair.edit(put('a', 'when', { T: '5' }));
  pair.settle();
  pair.replica.apply([put('a', 'when', { T: '6' })]);
  if (how === 'retract') pair.replica.seal(EPOCH);
  const changes = how === 'retract' ? pair.replica.retract()?.changes : pair.replica.rollback();
  let isSeen = false;
  for (const change of changes ?? []) {
    const op = change.type === 'update' ? change.ops.get('when') : undefined;
    if (op?.type !== 'put' || !(op.value instanceof Date)) continue;
    isSeen = true;
    op.value.setTime(99);
  }
  expect([isSeen, seen(pair.replica)]).toEqual([true, 'a{f=0 list=["x"] when={"T":"5"}}']);
});

test('what was sealed apart has dependents where a later edit cannot stand without it', () => {
  const pair = pairWithRecord();
  pair.replica.apply([I('new', { f: 1 })]);
  pair.replica.seal(EPOCH);
  pair.replica.apply([put('a', 'f', 2)]);
  expect(pair.replica.hasDependents).toBe(false);
  pair.replica.apply([put('new', 'f', 2)]);
  expect(pair.replica.hasDependents).toBe(true);
});

test('what is in flight stays in flight beside a snapshot of its own revision, after which it may still be accepted', () => {
  const pair = pairWithRecord();
  pair.edit(put('a', 'f', 1));
  const { rev } = pair.outgoing();
  pair.replica.receive({ type: 'reset', since: rev, rev });
  pair.replica.receive(pair.sequencer.snapshot());
  expect(statusOf(pair.replica)).toBe('isInFlight hasIncoming needsReload');
  expect([pair.replica.reopen(), pair.replica.retract()]).toEqual([false, undefined]);
});
