import { describe, expect, test } from 'vitest';
import type { DeltaInput } from '../../src/index.js';
import { D, I, long, put, seen, U } from './notation.js';
import { changedIn, Pair, statusOf } from './pair.js';

const REFUSAL = { reason: 'limit', code: 'record-too-large', message: 'too large' } as const;

/**
 * Record `a` in the log; then `refused` is in flight, `later` waits behind it, and the refusal arrives. The next
 * `sync()` brings it in.
 */
function afterRefusal(
  refused: DeltaInput,
  later: DeltaInput = [],
  base: object = { f: 0, list: ['x', 'y'] },
  pair: Pair = new Pair(),
): { pair: Pair; result: ReturnType<Pair['sync']> } {
  pair.other(I('a', base));
  pair.catchUp();
  pair.edit(...refused);
  const { nonce } = pair.outgoing();
  if ([...later].length > 0) pair.edit(...later);
  const before = seen(pair.replica);
  pair.replica.receive({ type: 'refused', nonce, ...REFUSAL });
  expect(seen(pair.replica)).toBe(before);
  expect(statusOf(pair.replica)).toContain('hasIncoming');
  expect(pair.replica.outgoing()).toBeUndefined();
  const result = pair.sync();
  pair.settle();
  return { pair, result };
}

describe('a refusal', () => {
  test('undoes the refused delta at the next sync(), and reports it and the records', () => {
    const refused = [put('a', 'f', 1), I('b', { f: 2 })];
    const { pair, result } = afterRefusal(refused);
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","y"]}');
    expect(changedIn(result)).toBe('t:a,b');
    expect(result.refused).toMatchObject([{ nonce: 'mine-1', refusal: REFUSAL, conflicts: [] }]);
    const [report] = result.refused;
    expect(report?.delta.changes.filter(({ table }) => table === 't')).toMatchObject([
      { type: 'update', record: 'a', ops: new Map([['f', { type: 'put', value: 1, before: 0 }]]) },
      { type: 'insert', record: 'b' },
    ]);
  });

  test.each([
    ['another field', [put('a', 'f', 1)], [put('a', 'g', 2)], {}, 'a{g=2}'],
    ['another record', [I('b')], [put('a', 'g', 2)], {}, 'a{g=2}'],
    ['the same field', [put('a', 'f', 1)], [put('a', 'f', 2)], { f: 0 }, 'a{f=2}'],
    ['the same field, deleted', [put('a', 'f', 1)], [U('a', { f: ['D'] })], { f: 0 }, 'a{}'],
    ['a deleted record, inserted again', [D('a')], [I('a', { g: 1 })], { f: 0 }, 'a{f=0 g=1}'],
  ] satisfies [string, DeltaInput, DeltaInput, object, string][])(
    'leaves a later edit of %s',
    (_, refused, later, base, expected) => {
      const { pair, result } = afterRefusal(refused, later, base);
      expect(seen(pair.replica)).toBe(expected);
      expect(result.refused.flatMap(({ conflicts }) => conflicts)).toEqual([]);
    },
  );

  test.each([
    ['inserted', [U('a', { list: ['LI', 0, 'w'] })], [U('a', { list: ['LI', 3, 'z'] })], '["x","y","z"]'],
    ['deleted', [U('a', { list: ['LD', 0] })], [U('a', { list: ['LI', 1, 'z'] })], '["x","y","z"]'],
    ['moved', [U('a', { list: ['LM', 0, 1] })], [U('a', { list: ['LP', 1, 'z'] })], '["z","y"]'],
    ['put', [U('a', { list: ['LP', 0, 'w'] })], [U('a', { list: ['LP', 0, 'z'] })], '["z","y"]'],
  ] satisfies [string, DeltaInput, DeltaInput, string][])(
    'of an item that was %s leaves a later edit of the list',
    (_, refused, later, expected) => {
      expect(seen(afterRefusal(refused, later).pair.replica)).toBe(`a{f=0 list=${expected}}`);
    },
  );

  test('takes along, and reports, later edits of what the refused delta made', () => {
    const { pair, result } = afterRefusal([I('b')], [put('b', 'f', 1), put('a', 'g', 1)], {});
    expect(seen(pair.replica)).toBe('a{g=1}');
    expect(result.refused).toMatchObject([{ conflicts: [{ table: 't', record: 'b', rule: 'delete-wins' }] }]);
    expect(result.conflicts).toEqual([]);
  });

  test.each([
    ['a number', { f: long(10) }, 12n],
    ['nothing', {}, 2n],
  ])('under rule sum leaves the difference that a later edit made, over %s', (_, base, expected) => {
    const pair = new Pair();
    pair.rules.set('t', 'f', 'sum');
    const before = 'f' in base ? 10 : 0;
    const [refused, later] = [[put('a', 'f', long(before + 5))], [put('a', 'f', long(before + 7))]];
    const { result } = afterRefusal(refused, later, base, pair);
    expect(pair.replica.get('t', 'a')?.get('f')).toBe(expected);
    expect(result.refused).toMatchObject([{ conflicts: [] }]);
  });

  test('under rule sum takes nothing along, not even a difference of 0', () => {
    const pair = new Pair();
    pair.rules.set('t', 'f', 'sum');
    const { result } = afterRefusal([put('a', 'f', 5)], [put('a', 'f', 5)], { f: 0 }, pair);
    expect([seen(pair.replica), result.refused[0]?.conflicts]).toEqual(['a{f=0}', []]);
  });

  test('comes before the remote deltas that arrived with it', () => {
    const pair = new Pair();
    pair.other(I('a', { f: 0 }));
    pair.catchUp();
    pair.edit(put('a', 'f', 1));
    const { nonce } = pair.outgoing();
    pair.replica.receive({ type: 'refused', nonce, ...REFUSAL });
    pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'f', 2))] });
    const result = pair.sync();
    expect(seen(pair.replica)).toBe('a{f=2}');
    expect([result.refused.length, result.conflicts.length]).toEqual([1, 0]);
  });

  test('for another nonce is ignored, and so is one that the log proves wrong', () => {
    const pair = new Pair();
    pair.edit(I('a'));
    const message = pair.outgoing();
    pair.replica.receive({ type: 'refused', nonce: 'somebody', ...REFUSAL });
    expect(statusOf(pair.replica)).toBe('isInFlight');
    pair.replica.receive({ type: 'refused', nonce: message.nonce, ...REFUSAL });
    const answer = pair.answer(message);
    pair.replica.receive(answer);
    expect(pair.sync().refused).toEqual([]);
    expect([seen(pair.replica), pair.isSettled()]).toEqual(['a{}', true]);
  });

  test('for want of permission comes back as what others did if a late copy of the put is accepted', () => {
    const pair = new Pair();
    pair.other(I('a', { f: 0 }));
    pair.catchUp();
    pair.edit(put('a', 'f', 1));
    const message = pair.outgoing();
    pair.replica.receive(pair.sequencer.put(message.rev, message.nonce, message.delta, 'viewer'));
    expect(pair.sync().refused).toHaveLength(1);
    expect(pair.answer(message).type).toBe('accepted');
    expect(changedIn(pair.catchUp())).toBe('t:a');
    expect([seen(pair.replica), pair.isSettled()]).toEqual(['a{f=1}', true]);
  });

  describe('takes along the pending part that only undid or redid what was refused', () => {
    function withCounter(): Pair {
      const pair = new Pair();
      pair.rules.set('t', 'f', 'sum');
      pair.other(I('a', { f: long(0), list: [] }));
      pair.catchUp();
      pair.edit(put('a', 'f', long(10)), U('a', { list: ['LI', 0, 'tag'] }));
      return pair;
    }

    function refuse(pair: Pair): void {
      pair.replica.receive({ type: 'refused', nonce: pair.outgoing().nonce, ...REFUSAL });
      pair.sync();
      pair.settle();
    }

    test('a step: its undoing falls, so that it is not undone twice', () => {
      const pair = withCounter();
      pair.outgoing();
      pair.replica.undo();
      pair.sync();
      refuse(pair);
      expect(seen(pair.replica)).toBe('a{f={"I":"0"} list=[]}');
    });

    test('an undoing: the redoing falls, so that the step is not done twice', () => {
      const pair = withCounter();
      pair.settle();
      pair.replica.undo();
      pair.sync();
      pair.outgoing();
      pair.replica.redo();
      refuse(pair);
      expect(seen(pair.replica)).toBe('a{f={"I":"10"} list=["tag"]}');
    });

    test('a step that was undone, and redone by taking the undoing out: it falls as if it had not been', () => {
      const pair = withCounter();
      pair.outgoing();
      pair.replica.undo();
      pair.sync();
      pair.replica.redo();
      refuse(pair);
      expect(seen(pair.replica)).toBe('a{f={"I":"0"} list=[]}');
    });
  });

  test('survives a crash until it has been reported', () => {
    const pair = new Pair();
    pair.edit(I('a'));
    const { nonce } = pair.outgoing();
    pair.edit(I('b'));
    pair.replica.receive({ type: 'refused', nonce, ...REFUSAL });
    pair.restart();
    expect(seen(pair.replica)).toBe('a{} b{}');
    expect(pair.sync().refused).toMatchObject([{ nonce, refusal: REFUSAL }]);
    expect(seen(pair.replica)).toBe('b{}');
    pair.restart();
    expect(pair.sync().refused).toEqual([]);
  });

  test('by the sequencer for a limit leads back to where both agree', () => {
    const limits = { datastoreSize: 1100, recordSize: 300, deltaSize: 900, recordCount: 9 };
    const pair = new Pair({ sequencer: { limits } });
    pair.edit(I('a', { f: 'x'.repeat(200) }));
    expect(pair.exchange()).toMatchObject({ type: 'refused', reason: 'limit' });
    expect(pair.sync().refused).toMatchObject([{ refusal: { reason: 'limit' } }]);
    expect([seen(pair.replica), pair.isSettled()]).toEqual(['', true]);
  });

  test('of a viewer whose role changed undoes everything that was pending, delta by delta', () => {
    const pair = new Pair();
    pair.edit(I('a'));
    const first = pair.outgoing();
    pair.edit(I('b'));
    pair.replica.setRole('viewer');
    pair.replica.receive(pair.sequencer.put(first.rev, first.nonce, first.delta, 'viewer'));
    expect(pair.sync().refused).toMatchObject([{ refusal: { reason: 'permission' } }]);
    expect(seen(pair.replica)).toBe('b{}');
    const second = pair.outgoing();
    pair.replica.receive(pair.sequencer.put(second.rev, second.nonce, second.delta, 'viewer'));
    expect(pair.sync().refused).toHaveLength(1);
    expect([seen(pair.replica), statusOf(pair.replica)]).toEqual(['', 'isIdle']);
  });
});
