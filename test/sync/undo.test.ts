import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type DeltaInput, NO_LIMITS } from '../../src/index.js';
import { D, I, long, put, seen, U } from './notation.js';
import { Pair, statusOf } from './pair.js';

const LI = U('a', { f: ['LI', 0, 'v'] });
const LD = U('a', { f: ['LD', 0] });
const BASE = { f: 0, list: ['x', 'y'] };

function pairWithRecord(base: object = BASE, options: ConstructorParameters<typeof Pair>[0] = {}): Pair {
  const pair = new Pair(options);
  pair.other(I('a', base));
  pair.catchUp();
  return pair;
}

/** What is left when `mine` was done, all was exchanged, the other did `others`, and mine was undone. */
function undoneAfter(
  mine: DeltaInput,
  others: DeltaInput,
  base: object = BASE,
  rule: 'remote' | 'sum' = 'remote',
): string {
  const pair = pairWithRecord(base);
  pair.rules.set('t', 'f', rule);
  pair.replica.apply(mine);
  pair.settle();
  pair.sync();
  pair.settle();
  pair.other(...others);
  pair.catchUp();
  pair.replica.undo();
  pair.sync();
  pair.settle();
  return seen(pair.replica);
}

/** The same, but the other's delta came into the log before mine, while mine was pending. */
function undoneWhilePending(
  mine: DeltaInput,
  others: DeltaInput,
  base: object = BASE,
  rule: 'remote' | 'local' | 'max' | 'sum' = 'remote',
): string {
  const pair = pairWithRecord(base);
  pair.rules.set('t', 'f', rule).set('t', 'list', rule);
  pair.edit(...mine);
  pair.outgoing();
  pair.other(...others);
  pair.catchUp();
  pair.settle();
  pair.replica.undo();
  pair.sync();
  pair.settle();
  return seen(pair.replica);
}

describe('a step', () => {
  test('is what was done between two calls of sync() or endUndoItem()', () => {
    const pair = pairWithRecord({});
    const { replica } = pair;
    replica.apply([put('a', 'f', 1)]);
    replica.apply([put('a', 'g', 1)]);
    replica.endUndoItem();
    replica.apply([put('a', 'f', 2)]);
    pair.sync();
    replica.apply([put('a', 'f', 3)]);
    const shown: string[] = [];
    while (replica.canUndo) {
      replica.undo();
      shown.push(seen(replica));
    }
    expect(shown).toEqual(['a{f=2 g=1}', 'a{f=1 g=1}', 'a{}']);
    expect(replica.undo()).toBeUndefined();
    const redone: string[] = [];
    while (replica.canRedo) {
      replica.redo();
      redone.push(seen(replica));
    }
    expect(redone).toEqual(['a{f=1 g=1}', 'a{f=2 g=1}', 'a{f=3 g=1}']);
    expect(replica.redo()).toBeUndefined();
  });

  test('that was not put is taken out of what will be put', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    pair.edit(U('a', { list: ['LI', 0, 'w'] }));
    pair.replica.undo();
    pair.sync();
    expect(pair.outgoing().delta.changes.filter(({ table }) => table === 't')).toEqual([put('a', 'f', 1)]);
  });

  test('that is in flight is undone by a delta of its own', () => {
    const pair = pairWithRecord();
    pair.edit(U('a', { list: ['LI', 0, 'w'] }));
    pair.outgoing();
    pair.replica.undo();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","y"]}');
    pair.sync();
    pair.exchange();
    expect(pair.outgoing().delta.changes).toEqual([U('a', { list: ['LD', 0] })]);
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","y"]}');
  });

  test('of the oldest ones is forgotten beyond the depth, and nothing can be undone at depth 0', () => {
    const shallow = pairWithRecord({}, { undoDepth: 2 });
    for (const value of [1, 2, 3]) shallow.edit(put('a', 'f', value));
    while (shallow.replica.undo() !== undefined) shallow.sync();
    expect(seen(shallow.replica)).toBe('a{f=1}');
    const none = pairWithRecord({}, { undoDepth: 0 });
    none.edit(put('a', 'f', 1));
    none.replica.apply([put('a', 'f', 2)]);
    expect([none.replica.canUndo, none.replica.undo(), seen(none.replica)]).toEqual([false, undefined, 'a{f=2}']);
  });

  test.each([
    [
      'insert and delete of a field',
      [[I('b', { f: 1 })], [U('b', { f: ['D'] })], [put('b', 'f', 9)]],
      I('b', { f: 5 }),
    ],
    ['insert and delete of an item', [[LI], [LD], [put('a', 'f', 9)]], put('a', 'f', 5)],
  ])('leaves the same, however many are remembered: after an %s', (_, mine, others) => {
    const left = [1, 9].map((undoDepth) => {
      const pair = pairWithRecord({ f: ['x'] }, { undoDepth });
      pair.rules.set('t', 'f', 'local');
      pair.edit(put('a', 'g', 0));
      pair.settle();
      for (const delta of mine) pair.edit(...delta);
      pair.other(others);
      pair.catchUp();
      pair.replica.undo();
      return [seen(pair.replica), pair.replica.save().pending];
    });
    expect(left[0]).toEqual(left[1]);
  });

  test('that changes nothing any more is passed over', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'g', 1));
    pair.edit(put('a', 'f', 1));
    pair.settle();
    pair.other(put('a', 'f', 5));
    pair.catchUp();
    expect(pair.replica.undo()?.changes).toEqual([
      { type: 'update', table: 't', record: 'a', ops: new Map([['g', { type: 'delete', before: 1 }]]) },
    ]);
    expect([seen(pair.replica), pair.replica.canUndo]).toEqual(['a{f=5 list=["x","y"]}', false]);
  });

  test('can no longer be redone once the user edits', () => {
    const pair = pairWithRecord();
    pair.replica.apply([put('a', 'f', 1)]);
    pair.replica.undo();
    expect(pair.replica.canRedo).toBe(true);
    pair.replica.apply([put('a', 'g', 1)]);
    expect([pair.replica.canRedo, pair.replica.redo()]).toEqual([false, undefined]);
  });

  test('does not survive save() and load()', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    pair.restart();
    expect([pair.replica.canUndo, seen(pair.replica)]).toEqual([false, 'a{f=1 list=["x","y"]}']);
    pair.replica.apply([put('a', 'f', 2)]);
    pair.replica.undo();
    expect(seen(pair.replica)).toBe('a{f=1 list=["x","y"]}');
  });

  test('that cannot be undone within the limits stays', () => {
    const limits = { ...DEFAULT_LIMITS, recordSize: 420 };
    const pair = pairWithRecord({}, { limits, sequencer: { limits } });
    pair.edit(put('a', 'f', 'x'.repeat(150)));
    pair.edit(put('a', 'f', ''));
    pair.settle();
    pair.other(put('a', 'g', 'x'.repeat(100)));
    pair.catchUp();
    expect(() => pair.replica.undo()).toThrow(expect.objectContaining({ code: 'record-too-large' }));
    pair.other(U('a', { g: ['D'] }));
    pair.catchUp();
    pair.replica.undo();
    expect(seen(pair.replica)).toBe(`a{f="${'x'.repeat(150)}"}`);
  });
});

describe('undoing what is in the log, after another edited later', () => {
  test.each([
    ['another field: only mine is put back', [put('a', 'f', 1)], [put('a', 'g', 5)], 'a{f=0 g=5 list=["x","y"]}'],
    ['the same field: the other’s value stays', [put('a', 'f', 1)], [put('a', 'f', 5)], 'a{f=5 list=["x","y"]}'],
    ['the same field, deleting it: it stays deleted', [put('a', 'f', 1)], [U('a', { f: ['D'] })], 'a{list=["x","y"]}'],
    ['the record, deleting it: it stays deleted', [put('a', 'f', 1)], [D('a')], ''],
    ['a record that I inserted: it stays', [I('b', { f: 1 })], [put('b', 'g', 5)], 'a{f=0 list=["x","y"]} b{f=1 g=5}'],
    ['a record that I inserted, deleting it', [I('b')], [D('b')], 'a{f=0 list=["x","y"]}'],
    ['a record that I deleted, inserting it: theirs stays', [D('a')], [I('a', { f: 5 })], 'a{f=5 list=["x","y"]}'],
    [
      'a list that I put: the list stays',
      [put('a', 'f', ['p'])],
      [U('a', { f: ['LI', 0, 'o'] })],
      'a{f=["o","p"] list=["x","y"]}',
    ],
    ['a list that I edited, putting it', [U('a', { list: ['LD', 0] })], [put('a', 'list', 5)], 'a{f=0 list=5}'],
  ] satisfies [string, DeltaInput, DeltaInput, string][])('%s', (_, mine, others, expected) => {
    expect(undoneAfter(mine, others)).toBe(expected);
  });

  test.each([
    [
      'an item that I deleted returns to its place',
      [U('a', { list: ['LD', 0] })],
      [U('a', { list: ['LI', 0, 'o'] })],
      '["o","x","y"]',
    ],
    [
      'an item that I inserted goes, wherever it was moved',
      [U('a', { list: ['LI', 0, 'w'] })],
      [U('a', { list: ['LM', 0, 2] })],
      '["x","y"]',
    ],
    [
      'an item that I inserted goes, whatever was put',
      [U('a', { list: ['LI', 0, 'w'] })],
      [U('a', { list: ['LP', 0, 'o'] })],
      '["x","y"]',
    ],
    [
      'an item that I put keeps what was put since',
      [U('a', { list: ['LP', 0, 'w'] })],
      [U('a', { list: ['LP', 0, 'o'] })],
      '["o","y"]',
    ],
    [
      'an item that I moved goes back',
      [U('a', { list: ['LM', 0, 1] })],
      [U('a', { list: ['LI', 2, 'o'] })],
      '["x","y","o"]',
    ],
    [
      'an item that I moved stays where it was moved since',
      [U('a', { list: ['LM', 0, 1] })],
      [U('a', { list: ['LI', 2, 'o'] }), U('a', { list: ['LM', 1, 2] })],
      '["y","o","x"]',
    ],
    [
      'an item that I put and that was deleted stays away',
      [U('a', { list: ['LP', 0, 'w'] })],
      [U('a', { list: ['LD', 0] })],
      '["y"]',
    ],
  ] satisfies [string, DeltaInput, DeltaInput, string][])('list: %s', (_, mine, others, expected) => {
    expect(undoneAfter(mine, others)).toBe(`a{f=0 list=${expected}}`);
  });

  test('under rule sum my share is taken back, and the other’s stays', () => {
    expect(undoneAfter([put('a', 'f', long(5))], [put('a', 'f', long(8))], { f: long(0) }, 'sum')).toBe(
      'a{f={"I":"3"}}',
    );
  });
});

describe('undoing what is in the log', () => {
  const push = (value: string): DeltaInput => [U('a', { list: ['LI', 2, value] })];

  test('that another took, and put back', () => {
    const pair = pairWithRecord();
    pair.edit(...push('w'));
    pair.settle();
    pair.other(U('a', { list: ['LD', 2] }));
    pair.catchUp();
    expect([pair.replica.canUndo, pair.replica.undo()]).toEqual([false, undefined]);
    pair.other(U('a', { list: ['LI', 2, 'w'] }));
    pair.catchUp();
    expect(pair.replica.canUndo).toBe(true);
    pair.replica.undo();
    pair.sync();
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","y"]}');
  });

  test('that another took, and put back after more than is remembered of a stretch of the log', () => {
    const [short, long] = [100_000, 300_000].map((size) => {
      const pair = pairWithRecord({ list: ['x', 'y'] }, { limits: NO_LIMITS, sequencer: { limits: NO_LIMITS } });
      pair.edit(...push('w'));
      pair.settle();
      pair.other(U('a', { list: ['LD', 2] }), U('a', { list: ['LI', 0, 'o'.repeat(size)] }));
      pair.other(U('a', { list: ['LD', 0] }));
      pair.other(U('a', { list: ['LI', 2, 'w'] }));
      pair.catchUp();
      return pair.replica.canUndo;
    });
    expect([short, long]).toEqual([true, false]);
  });
});

describe('undoing what met another’s edit before it entered the log puts back what is there without mine', () => {
  test.each([
    ['rule remote: mine had lost', [put('a', 'f', 1)], [put('a', 'f', 5)], 'remote', { f: 0 }, 'a{f=5}'],
    ['rule local: the value that mine beat', [put('a', 'f', 1)], [put('a', 'f', 5)], 'local', { f: 0 }, 'a{f=5}'],
    ['rule max: the value that mine beat', [put('a', 'f', 5)], [put('a', 'f', 3)], 'max', { f: 0 }, 'a{f=3}'],
    [
      'rule sum: the other’s share',
      [put('a', 'f', long(5))],
      [put('a', 'f', long(3))],
      'sum',
      { f: long(0) },
      'a{f={"I":"3"}}',
    ],
    ['a record that I deleted, as the other left it', [D('a')], [put('a', 'f', 5)], 'remote', { f: 0 }, 'a{f=5}'],
    [
      'an item that I deleted, as the other left it',
      [U('a', { list: ['LD', 0] })],
      [U('a', { list: ['LP', 0, 'o'] })],
      'remote',
      { list: ['x'] },
      'a{list=["o"]}',
    ],
    [
      'a list that I put over, as the other left it',
      [put('a', 'list', 1)],
      [U('a', { list: ['LI', 0, 'o'] })],
      'remote',
      { list: ['x'] },
      'a{list=["o","x"]}',
    ],
    ['a record that both inserted', [I('b', { f: 1 })], [I('b', { g: 2 })], 'remote', {}, 'a{} b{g=2}'],
  ] satisfies [string, DeltaInput, DeltaInput, 'remote' | 'local' | 'max' | 'sum', object, string][])(
    '%s',
    (_, mine, others, rule, base, expected) => {
      expect(undoneWhilePending(mine, others, base, rule)).toBe(expected);
    },
  );
});

describe('undo and redo', () => {
  test('of a step in flight, redone and undone again, leave each edit once', () => {
    const pair = pairWithRecord();
    pair.edit(U('a', { list: ['LI', 1, 'mine'] }));
    pair.outgoing();
    for (const how of ['undo', 'redo', 'undo', 'redo'] as const) {
      pair.replica[how]();
      pair.sync();
    }
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","mine","y"]}');
    pair.replica.undo();
    pair.sync();
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","y"]}');
  });

  test('of steps around an undone one that was in flight put back what the user saw', () => {
    const pair = pairWithRecord({ h: 0, list: ['x'] });
    pair.rules.set('t', 'list', 'local');
    pair.edit(U('a', { list: ['LI', 1, 'w'] }));
    pair.settle();
    pair.edit(put('a', 'h', 1));
    pair.outgoing();
    pair.replica.undo();
    pair.sync();
    pair.exchange();
    pair.outgoing();
    pair.edit(put('a', 'list', 5));
    pair.other(U('a', { list: ['D'] }));
    pair.catchUp();
    pair.exchange();
    pair.other(I('b'));
    pair.catchUp();
    const shown: string[] = [];
    while (pair.replica.undo() !== undefined) shown.push(seen(pair.replica));
    expect(shown).toEqual(['a{h=0 list=["x","w"]} b{}', 'a{h=0 list=["x"]} b{}']);
  });

  test.each([
    ['pending', false],
    ['sealed', true],
  ])('at once, while the undo is %s, leave the item where it was, whatever came between', (_, isSealed) => {
    const pair = pairWithRecord({ list: ['z'] });
    pair.edit(U('a', { list: ['LI', 1, 'x'] }));
    pair.edit(U('a', { list: ['LI', 2, 'y'] }));
    pair.settle();
    const { mtime } = pair.replica;
    pair.replica.undo();
    pair.replica.undo();
    if (isSealed) pair.sync();
    pair.other(U('a', { list: ['LI', 3, 'Z'] }));
    pair.catchUp();
    const shown = [seen(pair.replica)];
    while (pair.replica.redo() !== undefined) shown.push(seen(pair.replica));
    expect(shown).toEqual(['a{list=["z","Z"]}', 'a{list=["z","x","Z"]}', 'a{list=["z","x","y","Z"]}']);
    expect([statusOf(pair.replica), pair.replica.mtime]).toEqual(['isIdle', mtime]);
  });

  test('at once, in another order than the undos entered the queue, still lead back', () => {
    const pair = pairWithRecord({ list: ['z'] });
    for (const [index, item] of ['v', 'w', 'x'].entries()) pair.edit(U('a', { list: ['LI', index + 1, item] }));
    pair.settle();
    pair.replica.undo();
    pair.sync();
    pair.outgoing();
    pair.replica.undo();
    pair.sync();
    pair.exchange();
    pair.replica.undo();
    pair.other(U('a', { list: ['LI', 1, 'Z'] }), put('a', 'f', 1));
    pair.catchUp();
    while (pair.replica.redo() !== undefined);
    expect(seen(pair.replica)).toBe('a{f=1 list=["z","Z","v","w","x"]}');
  });

  test('of one item that two deleted leave it there once', () => {
    const pair = pairWithRecord({ list: ['a', 'x', 'b'] });
    pair.edit(U('a', { list: ['LD', 1] }));
    pair.outgoing();
    pair.replica.undo();
    pair.other(U('a', { list: ['LD', 1] }));
    pair.other(U('a', { list: ['LI', 1, 'x'] }));
    pair.catchUp();
    expect(seen(pair.replica)).toBe('a{list=["a","x","b"]}');
    expect(pair.replica.unsyncedSize).toBe(0);
    pair.settle();
    expect(seen(pair.replica)).toBe('a{list=["a","x","b"]}');
  });

  test('of an item that was overtaken go back to what the other left', () => {
    const pair = pairWithRecord({ f: 0 });
    pair.rules.set('t', 'f', 'local');
    pair.edit(put('a', 'f', 1));
    pair.outgoing();
    pair.replica.undo();
    pair.other(put('a', 'f', 5));
    pair.catchUp();
    expect(seen(pair.replica)).toBe('a{f=5}');
  });

  test('survive others’ edits in between', () => {
    const pair = pairWithRecord();
    pair.edit(U('a', { list: ['LI', 1, 'mine'] }));
    pair.settle();
    pair.replica.undo();
    pair.sync();
    pair.settle();
    pair.other(U('a', { list: ['LI', 0, 'o'] }));
    pair.catchUp();
    pair.replica.redo();
    expect(seen(pair.replica)).toBe('a{f=0 list=["o","x","mine","y"]}');
    pair.sync();
    pair.settle();
    pair.other(U('a', { list: ['LD', 0] }));
    pair.catchUp();
    pair.replica.undo();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","y"]}');
  });

  test('of a refused step do nothing, and of the steps around it what they did', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'g', 1));
    pair.settle();
    pair.edit(U('a', { list: ['LD', 0] }));
    const { nonce } = pair.outgoing();
    pair.edit(put('a', 'h', 1));
    pair.replica.receive({ type: 'refused', nonce, reason: 'limit', message: 'too large' });
    pair.sync();
    const shown: string[] = [];
    while (pair.replica.undo() !== undefined) shown.push(seen(pair.replica));
    expect(shown).toEqual(['a{f=0 g=1 list=["x","y"]}', 'a{f=0 list=["x","y"]}']);
  });

  test('reach after a reload only what is still pending', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'g', 1));
    pair.settle();
    pair.edit(put('a', 'h', 1));
    pair.other(put('a', 'f', 5));
    pair.sequencer.trim(pair.sequencer.revision);
    pair.settle();
    pair.replica.undo();
    expect(seen(pair.replica)).toBe('a{f=5 g=1 list=["x","y"]}');
    expect(pair.replica.canUndo).toBe(false);
  });

  test('leave the modified time alone, and reach the title', () => {
    const pair = new Pair();
    pair.replica.setTitle('one');
    pair.sync(new Date(5));
    pair.settle();
    pair.replica.setTitle('two');
    pair.sync(new Date(6));
    pair.replica.undo();
    expect(pair.replica.title).toBe('one');
    pair.replica.undo();
    expect([pair.replica.title, pair.replica.mtime]).toEqual([undefined, new Date(6)]);
    pair.sync(new Date(7));
    pair.settle();
    expect(statusOf(pair.replica)).toBe('isIdle');
  });

  test('end where the user edits the reserved record directly', () => {
    const pair = new Pair();
    pair.replica.setTitle('one');
    pair.sync();
    pair.replica.apply([{ type: 'delete', table: ':info', record: 'info' }]);
    expect(pair.replica.canUndo).toBe(false);
  });
});

describe('what is below a step that is not in the log', () => {
  test('starts at the log again once nothing is pending, so that a step puts back what is there without it', () => {
    const pair = new Pair();
    pair.rules.set('t', 'f', 'local');
    pair.other(I('a', { f: 0, h: 0 }));
    pair.catchUp();
    pair.edit(put('a', 'f', 1));
    pair.exchange();
    pair.edit(put('a', 'h', 1));
    pair.outgoing();
    pair.replica.undo();
    pair.sync();
    pair.exchange();
    pair.other(put('a', 'g', 1));
    pair.settle();
    pair.edit(put('a', 'f', 2));
    pair.other(put('a', 'f', 9));
    pair.catchUp();
    expect(seen(pair.replica)).toBe('a{f=2 g=1 h=0}');
    pair.replica.undo();
    expect(seen(pair.replica)).toBe('a{f=9 g=1 h=0}');
  });

  test('follows a change of others, even if it is one step that has faded by itself', () => {
    const pair = new Pair();
    pair.other(I('a', { f: 0, list: [] }));
    pair.catchUp();
    pair.edit(U('a', { list: ['LI', 0, 'x'] }));
    pair.settle();
    pair.other(U('a', { list: ['LD', 0] }));
    pair.catchUp();
    pair.edit(put('a', 'f', 1));
    pair.settle();
    pair.other(U('a', { list: ['LI', 0, 'x'] }));
    pair.catchUp();
    const shown = [1, 2].map(() => pair.replica.undo() && seen(pair.replica));
    expect(shown).toEqual(['a{f=0 list=["x"]}', 'a{f=0 list=[]}']);
  });
});
