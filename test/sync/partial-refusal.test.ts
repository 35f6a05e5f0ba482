import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type DeltaInput, type Limits } from '../../src/index.js';
import type { Refusal, SyncResult } from '../../src/sync/index.js';
import { D, I, long, put, seen, U } from './notation.js';
import { Pair, statusOf } from './pair.js';

const TOO_LARGE = { reason: 'limit', code: 'record-too-large', message: 'too large' } as const;

/** Records `a` and `b` are in the log; then `edits` are in flight, and the refusal arrives. */
function refusing(edits: DeltaInput, refusal: Partial<Refusal>, pair: Pair = withRecords()): SyncResult {
  pair.edit(...edits);
  const { nonce } = pair.outgoing();
  pair.replica.receive({ type: 'refused', nonce, ...TOO_LARGE, ...refusal });
  return pair.sync();
}

function withRecords(options: ConstructorParameters<typeof Pair>[0] = {}): Pair {
  const pair = new Pair(options);
  pair.other(I('a', { f: 0, g: 0 }), I('b', { f: 'x'.repeat(50) }));
  pair.catchUp();
  return pair;
}

/** What was taken out, without the modified time. */
function takenIn({ refused }: SyncResult): unknown[] {
  return refused.flatMap(({ delta }) => delta.toJSON().filter(([, table]) => table === 't'));
}

describe('a refusal that names a place', () => {
  const EDITS = [U('a', { f: ['P', 1], g: ['P', 1] }), D('b'), I('c', { f: 1 }), I('d', { f: 1 })];

  test.each([
    ['an inserted record', { table: 't', record: 'c' }, 'a{f=1 g=1} d{f=1}'],
    ['a deleted record', { table: 't', record: 'b' }, `a{f=1 g=1} b{f="${'x'.repeat(50)}"} c{f=1} d{f=1}`],
    ['an updated record', { table: 't', record: 'a' }, 'a{f=0 g=0} c{f=1} d{f=1}'],
    ['a field of an updated record', { table: 't', record: 'a', field: 'f' }, 'a{f=0 g=1} c{f=1} d{f=1}'],
    ['a field that the delta does not edit', { table: 't', record: 'a', field: 'h' }, 'a{f=0 g=0} c{f=1} d{f=1}'],
    ['a field of an inserted record', { table: 't', record: 'c', field: 'f' }, 'a{f=1 g=1} d{f=1}'],
  ])('takes out the changes of %s, and puts the rest', (_, place, expected) => {
    const pair = withRecords();
    const { refused } = refusing(EDITS, { place }, pair);
    expect([refused.length, refused[0]?.refusal]).toEqual([1, { ...TOO_LARGE, place }]);
    expect(seen(pair.replica)).toBe(expected);
    pair.settle();
    expect(seen(pair.replica)).toBe(expected);
  });

  test.each([
    ['a table that is all that was edited', { table: 't' }],
    ['no record', {}],
    ['a record that the delta does not edit', { table: 't', record: 'z' }],
  ])('takes out everything if it names %s', (_, place) => {
    const pair = withRecords();
    const before = seen(pair.replica);
    refusing(EDITS, { place }, pair);
    expect([seen(pair.replica), pair.isSettled()]).toEqual([before, true]);
  });

  test('hands back what was taken out, with what it overwrote', () => {
    const [report] = refusing(EDITS, { place: { table: 't', record: 'a', field: 'f' } }).refused;
    expect(report?.delta.changes).toMatchObject([
      { type: 'update', record: 'a', ops: new Map([['f', { type: 'put', value: 1, before: 0 }]]) },
    ]);
  });

  test('keeps later edits of what is left, and takes along those of what is not', () => {
    const pair = withRecords();
    pair.edit(I('c', { f: 1 }), I('d', { f: 1 }));
    const { nonce } = pair.outgoing();
    pair.edit(put('c', 'f', 2), put('d', 'f', 2));
    pair.replica.receive({ type: 'refused', nonce, ...TOO_LARGE, place: { table: 't', record: 'c' } });
    expect(pair.sync().refused).toMatchObject([{ conflicts: [{ record: 'c', rule: 'delete-wins' }] }]);
    pair.settle();
    expect(pair.sequencer.get('t', 'd')).toEqual(new Map([['f', 2]]));
    expect(pair.sequencer.get('t', 'c')).toBeUndefined();
  });

  test('survives a crash', () => {
    const pair = withRecords();
    pair.edit(...EDITS);
    const place = { table: 't', record: 'c' };
    pair.replica.receive({ type: 'refused', nonce: pair.outgoing().nonce, ...TOO_LARGE, place });
    pair.restart();
    pair.sync();
    pair.restart();
    expect(statusOf(pair.replica)).toBe('hasOutgoing');
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=1 g=1} d{f=1}');
  });
});

describe('a refusal for a limit of the whole', () => {
  const limits: Limits = { ...DEFAULT_LIMITS, recordCount: 3, datastoreSize: 1900, deltaSize: 700 };
  const within = (limit: Partial<Limits>): Pair =>
    withRecords({ sequencer: { limits: { ...DEFAULT_LIMITS, ...limit } } });

  test.each([
    ['what grows', { datastoreSize: limits.datastoreSize }, 'a{f="123" g=0} b{f="y"}'],
    ['what is new', { recordCount: limits.recordCount }, 'a{f="123" g=0} b{f="y"}'],
  ])('takes out %s', (_, limit, expected) => {
    const pair = within(limit);
    const edits = [put('b', 'f', 'y'), I('c', { f: 'x'.repeat(500) }), I('d', { f: 'x'.repeat(500) })];
    pair.edit(put('a', 'f', '123'));
    pair.settle();
    pair.edit(...edits);
    expect(pair.exchange()).toMatchObject({ type: 'refused', reason: 'limit' });
    expect(takenIn(pair.sync())).toHaveLength(2);
    pair.settle();
    expect(seen(pair.replica)).toBe(expected);
  });

  test('takes out the largest edit of a delta that is too large, until the rest is not', () => {
    const pair = within({ deltaSize: limits.deltaSize });
    pair.edit(put('a', 'f', 'x'.repeat(200)), put('b', 'f', 'x'.repeat(300)), I('c', { f: 'x'.repeat(100) }));
    expect(pair.exchange()).toMatchObject({ type: 'refused', code: 'delta-too-large' });
    expect(takenIn(pair.sync())).toMatchObject([['U', 't', 'b', {}]]);
    pair.settle();
    expect(pair.sequencer.get('t', 'a')?.get('f')).toBe('x'.repeat(200));
    expect(pair.sequencer.get('t', 'c')?.get('f')).toBe('x'.repeat(100));
  });
});

describe('a refusal of a record that is too large', () => {
  /** In the merge `a`, `c` and `d` come to more than 700 bytes, and `b` to less. */
  function merged(limits: Partial<Limits>): Pair {
    const large = { limits: { ...DEFAULT_LIMITS, recordSize: 700 } };
    const pair = new Pair({ sequencer: large, limits: { ...DEFAULT_LIMITS, ...limits } });
    pair.other(...['a', 'b', 'c', 'd'].map((record) => I(record, { f: 'x'.repeat(50) })));
    pair.catchUp();
    pair.edit(...['a', 'b', 'c', 'd'].map((record) => put(record, 'g', 'y'.repeat(record === 'b' ? 50 : 150))));
    pair.other(...['a', 'b', 'c', 'd'].map((record) => put(record, 'h', 'z'.repeat(150))));
    pair.catchUp();
    return pair;
  }

  test('takes out all records that the replica knows to be too large, in one round trip', () => {
    const pair = merged({ recordSize: 700 });
    expect(pair.exchange()).toMatchObject({ code: 'record-too-large', place: { record: 'a' } });
    expect(takenIn(pair.sync())).toMatchObject([
      ['U', 't', 'a', {}],
      ['U', 't', 'c', {}],
      ['U', 't', 'd', {}],
    ]);
    expect(pair.exchange()).toMatchObject({ type: 'accepted' });
    expect(pair.sequencer.get('t', 'b')?.get('g')).toBe('y'.repeat(50));
  });

  test('takes out no other where the replica has a higher limit', () => {
    const pair = merged({ recordSize: 1000 });
    pair.exchange();
    expect(takenIn(pair.sync())).toMatchObject([['U', 't', 'a', {}]]);
  });

  test('takes out no other if the one that it names is within the limit of the replica', () => {
    const pair = merged({ recordSize: 700 });
    const { nonce } = pair.outgoing();
    pair.replica.receive({ type: 'refused', nonce, ...TOO_LARGE, place: { table: 't', record: 'b' } });
    expect(takenIn(pair.sync())).toMatchObject([['U', 't', 'b', {}]]);
  });

  test('leaves what shrinks, though it is too large', () => {
    const pair = new Pair({ limits: { ...DEFAULT_LIMITS, recordSize: 600 } });
    pair.other(I('a', { f: 'x'.repeat(600) }), I('b', { f: 'x'.repeat(250) }));
    pair.catchUp();
    pair.edit(put('a', 'f', 'x'.repeat(500)), put('b', 'g', 'y'.repeat(10)));
    pair.other(put('b', 'h', 'z'.repeat(100)));
    pair.catchUp();
    const { nonce } = pair.outgoing();
    pair.replica.receive({ type: 'refused', nonce, ...TOO_LARGE, place: { table: 't', record: 'b' } });
    expect(takenIn(pair.sync())).toMatchObject([['U', 't', 'b', {}]]);
  });
});

test('a refusal of a delta that is too large names a record of the user, whatever the modified time weighs', () => {
  const pair = withRecords();
  const { refused } = refusing([put('a', 'f', 1)], { code: 'delta-too-large' }, pair);
  expect(takenIn({ refused } as SyncResult)).toMatchObject([['U', 't', 'a', {}]]);
  expect(pair.replica.status.isIdle).toBe(true);
});

describe('undo after a part was refused', () => {
  function refusedPart(): Pair {
    const pair = withRecords();
    pair.rules.set('t', 'f', 'sum');
    pair.replica.apply([put('a', 'f', 10), put('b', 'f', 'new')]);
    pair.replica.endUndoItem();
    pair.replica.apply([put('a', 'f', 11)]);
    pair.sync();
    return pair;
  }
  const place = { table: 't', record: 'a' };

  test('undoes what is left of an item, and forgets an item of which nothing is', () => {
    const pair = refusedPart();
    pair.replica.receive({ type: 'refused', nonce: pair.outgoing().nonce, ...TOO_LARGE, place });
    pair.sync();
    expect(seen(pair.replica)).toBe('a{f=0 g=0} b{f="new"}');
    pair.replica.undo();
    expect(seen(pair.replica)).toBe(`a{f=0 g=0} b{f="${'x'.repeat(50)}"}`);
    expect([pair.replica.canUndo, pair.replica.canRedo]).toEqual([false, true]);
    pair.replica.redo();
    expect(seen(pair.replica)).toBe('a{f=0 g=0} b{f="new"}');
  });

  test('takes along the same part of an undo that waits', () => {
    const pair = refusedPart();
    const { nonce } = pair.outgoing();
    pair.replica.undo();
    pair.replica.undo();
    pair.sync();
    pair.replica.receive({ type: 'refused', nonce, ...TOO_LARGE, place });
    pair.sync();
    pair.settle();
    expect(seen(pair.replica)).toBe(`a{f=0 g=0} b{f="${'x'.repeat(50)}"}`);
  });
});

test('what is left is another put: a late copy of the refused one comes back as what others did', () => {
  const pair = withRecords();
  pair.edit(put('a', 'f', 1), put('b', 'f', 'y'));
  const message = pair.outgoing();
  pair.replica.receive({ type: 'refused', nonce: message.nonce, ...TOO_LARGE, place: { table: 't', record: 'a' } });
  pair.sync();
  expect(pair.answer(message).type).toBe('accepted');
  pair.settle();
  expect(seen(pair.replica)).toBe('a{f=1 g=0} b{f="y"}');
});

test('the modified time goes with the last edit', () => {
  const pair = withRecords();
  expect(refusing([put('a', 'f', long(1))], { place: { table: 't', record: 'a' } }, pair).refused).toHaveLength(1);
  expect([seen(pair.replica).slice(0, 10), pair.isSettled(), pair.replica.mtime]).toEqual([
    'a{f=0 g=0}',
    true,
    undefined,
  ]);
});
