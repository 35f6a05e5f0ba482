import { describe, expect, test } from 'vitest';
import {
  type Change,
  Delta,
  type DeltaInput,
  formatState,
  type MergeFunction,
  NO_LIMITS,
  sizeOfDelta,
} from '../../src/index.js';
import { type PutOutcome, Replica, type SequencerMessage } from '../../src/sync/index.js';
import { D, I, put, seen, stateAfter } from './notation.js';
import { changedIn, EPOCH, Pair, statusOf } from './pair.js';

/** A pair that both have record `a` with f = 0, in the log at revision 1. */
function pairWithRecord(options: ConstructorParameters<typeof Pair>[0] = {}): Pair {
  const pair = new Pair(options);
  pair.other(I('a', { f: 0 }));
  pair.catchUp();
  return pair;
}

describe('local edits', () => {
  test('show at once, all of them or none', () => {
    const pair = pairWithRecord();
    pair.replica.apply([put('a', 'f', 1), I('b')]);
    expect(seen(pair.replica)).toBe('a{f=1} b{}');
    expect(() => pair.replica.apply([put('a', 'f', 2), I('b')])).toThrow(
      expect.objectContaining({ code: 'record-exists' }),
    );
    expect(seen(pair.replica)).toBe('a{f=1} b{}');
    expect(pair.replica.unsyncedSize).toBe(100 + 100 + 100);
  });

  test('are kept as they were made, whatever becomes of the bytes in what was handed out for them', () => {
    const pair = pairWithRecord();
    const bytes = (applied: DeltaInput): Uint8Array => {
      const [change] = applied;
      const op = change?.type === 'update' ? change.ops.get('f') : undefined;
      if (op?.type !== 'put' || !(op.value instanceof Uint8Array)) throw new Error('That puts no bytes');
      return op.value;
    };
    bytes(pair.replica.apply([put('a', 'f', { B: 'AQ' })]))[0] = 2;
    pair.sync();
    pair.replica.undo();
    bytes(pair.replica.redo() ?? [])[0] = 3;
    pair.sync();
    expect(seen(pair.replica)).toBe('a{f={"B":"AQ"}}');
    expect(bytes(pair.replica.outgoing()?.delta.changes.filter(({ table }) => table === 't') ?? [])).toEqual(
      new Uint8Array([1]),
    );
  });

  test('that are invalid are rejected with a typed error, and so is a malformed message', () => {
    const pair = pairWithRecord();
    for (const none of [null, [null], {}, 'x']) {
      expect(() => pair.replica.apply(none as unknown as DeltaInput)).toThrow(
        expect.objectContaining({ code: 'invalid-change' }),
      );
    }
    const bogus = { type: 'bogus' } as unknown as SequencerMessage;
    expect(() => pair.replica.receive(bogus)).toThrow(expect.objectContaining({ code: 'invalid-json' }));
    expect(statusOf(pair.replica)).toBe('isIdle');
  });

  test('are put as they were made, whatever becomes of the bytes in a put', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', { B: 'AQ' }));
    const bytesOf = (): Uint8Array => {
      const change = pair.outgoing().delta.changes.find(({ table }) => table === 't');
      const op = change?.type === 'update' ? change.ops.get('f') : undefined;
      return (op?.type === 'put' ? op.value : undefined) as Uint8Array;
    };
    bytesOf()[0] = 9;
    expect(bytesOf()).toEqual(new Uint8Array([1]));
  });

  test('are kept as they were made, whatever becomes of the bytes in a conflict that they won', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', 'local');
    pair.replica.apply([put('a', 'f', { B: 'AQ' })]);
    pair.other(put('a', 'f', 'other'));
    pair.replica.receive(pair.sequencer.deltasSince(pair.replica.revision));
    const { conflicts } = pair.sync();
    const values = conflicts.flatMap(({ local, result, lost }) => [local, result, ...lost.map(({ op }) => op)]);
    expect(values).toContainEqual(new Uint8Array([1]));
    for (const value of values) if (value instanceof Uint8Array) value[0] = 9;
    const [change] = pair.replica.outgoing()?.delta.changes.filter(({ table }) => table === 't') ?? [];
    expect(change).toEqual(put('a', 'f', { B: 'AQ' }));
  });

  test.each<[what: string, value: unknown, copies: number]>([
    ['bytes', { B: 'AQID' }, 1],
    ['a date', { T: '7' }, 1],
    ['a list of bytes', [{ B: 'AQ' }, { B: 'Ag' }, { T: '7' }, 'text'], 4],
  ])('are copied once for all the conflicts of one sync() that they win: %s', (_, value, copies) => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', 'local');
    pair.replica.apply([put('a', 'f', value)]);
    for (let count = 0; count < 20; count++) pair.other(put('a', 'f', count));
    pair.replica.receive(pair.sequencer.deltasSince(pair.replica.revision));
    const { conflicts } = pair.sync();
    expect(conflicts).toHaveLength(20);
    const objects = new Set<unknown>();
    for (const { base, local, remote, result } of conflicts) {
      for (const side of [base, local, remote, result]) {
        for (const each of [side, ...(Array.isArray(side) ? side : [])])
          if (typeof each === 'object') objects.add(each);
      }
    }
    expect(objects.size).toBe(copies);
    expect(conflicts.map(({ remote }) => remote)).toEqual(Array.from({ length: 20 }, (_each, count) => count));
  });

  test('stay as they are when nothing was received', () => {
    const pair = pairWithRecord();
    pair.replica.apply([put('a', 'f', 1)]);
    const result = pair.sync();
    expect(result).toMatchObject({ conflicts: [], refused: [], indeterminate: [], isReloaded: false });
    expect([...result.changed]).toEqual([]);
  });

  test.each(['viewer', 'none'] as const)('of the role %s fail at once and change nothing', (role) => {
    const pair = pairWithRecord({ role });
    const notPermitted = expect.objectContaining({ code: 'not-permitted' });
    expect(() => pair.replica.apply([put('a', 'f', 1)])).toThrow(notPermitted);
    expect(() => pair.replica.setTitle('x')).toThrow(notPermitted);
    expect(() => pair.replica.undo()).toThrow(notPermitted);
    expect(() => pair.replica.redo()).toThrow(notPermitted);
    expect(seen(pair.replica)).toBe('a{f=0}');
    expect(statusOf(pair.replica)).toBe('isIdle');
    pair.replica.setRole('editor');
    pair.replica.apply([put('a', 'f', 1)]);
    expect(seen(pair.replica)).toBe('a{f=1}');
  });

  test('are held to the limits, with room left for the modified time', () => {
    const limits = { ...NO_LIMITS, deltaSize: 401, recordCount: 3 };
    const pair = new Pair({ limits, sequencer: { limits } });
    pair.replica.apply([I('a')]);
    pair.replica.apply([I('b')]);
    expect(() => pair.replica.apply([I('c')])).toThrow(expect.objectContaining({ code: 'too-many-records' }));
    expect(() => pair.replica.apply([put('b', 'f', 'x')])).not.toThrow();
    expect(() => pair.replica.apply([put('b', 'g', 'x')])).toThrow(
      expect.objectContaining({ code: 'delta-too-large' }),
    );
    expect(seen(pair.replica)).toBe('a{} b{f="x"}');
  });

  test('fill a delta to the last byte, and the sequencer takes it', () => {
    const limits = { ...NO_LIMITS, deltaSize: 400 };
    const pair = new Pair({ limits, sequencer: { limits } });
    pair.replica.apply([I('a', { f: 'x'.repeat(100) })]);
    expect(() => pair.replica.apply([put('a', 'g', 'x')])).toThrow(
      expect.objectContaining({ code: 'delta-too-large' }),
    );
    pair.sync();
    const message = pair.outgoing();
    expect(sizeOfDelta(message.delta)).toBe(400);
    expect(pair.answer(message).type).toBe('accepted');
  });
});

describe('what others did', () => {
  test('becomes visible in sync() and at no other time', () => {
    const pair = pairWithRecord();
    pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'f', 1))] });
    expect(seen(pair.replica)).toBe('a{f=0}');
    const result = pair.sync();
    expect(seen(pair.replica)).toBe('a{f=1}');
    expect(changedIn(result)).toBe('t:a');
  });

  test('is reported by record, and only where the content differs', () => {
    const pair = pairWithRecord();
    pair.replica.apply([put('a', 'f', 7)]);
    pair.other(put('a', 'f', 7), I('b', { f: 1 }), I('c'));
    pair.other(put('b', 'f', 2), D('c'));
    pair.other(put('b', 'f', 1), I('d'));
    expect(changedIn(pair.catchUp())).toBe('t:b,d');
  });

  test('is merged delta by delta in the order of the log, by the rules', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', 'max');
    pair.replica.apply([put('a', 'f', 5)]);
    pair.other(put('a', 'f', 7));
    pair.other(put('a', 'f', 3));
    const result = pair.catchUp();
    // 7 beats 5, and nothing of the local edit is left that could beat 3.
    expect(seen(pair.replica)).toBe('a{f=3}');
    expect(result.conflicts).toMatchObject([{ table: 't', record: 'a', field: 'f', rule: 'max', local: 5, remote: 7 }]);
    expect(pair.replica.outgoing()?.delta.changes.some(({ table }) => table === 't')).toBe(false);
  });

  test('is ignored when it is repeated, and asked for when it is missing', () => {
    const pair = pairWithRecord();
    const [second, third, fourth] = [1, 2, 3].map((value) => pair.other(put('a', 'f', value)));
    if (second === undefined || third === undefined || fourth === undefined) throw new Error('Three were appended');
    pair.replica.receive({ type: 'entries', entries: [fourth, third] });
    expect(statusOf(pair.replica)).toBe('hasGap');
    expect(changedIn(pair.sync())).toBe('');
    expect(pair.replica.request()).toEqual({ type: 'fetch', rev: 1, head: 'other-1' });
    pair.replica.receive({ type: 'entries', entries: [second] });
    expect(statusOf(pair.replica)).toBe('hasIncoming');
    pair.replica.receive(pair.entries(0));
    expect(pair.replica.request()).toEqual({ type: 'fetch', rev: 4, head: 'other-4' });
    pair.sync();
    expect([seen(pair.replica), pair.replica.revision]).toEqual(['a{f=3}', 4]);
    pair.replica.receive(pair.entries(0));
    expect(statusOf(pair.replica)).toBe('isIdle');
  });
});

describe('a log that comes in pages', () => {
  test('is asked for until its end, and can be merged at any time', () => {
    const pair = new Pair({ sequencer: { answerSize: 600 } });
    pair.other(I('a'));
    for (let value = 1; value <= 6; value++) pair.other(put('a', 'f', value));
    const steps: string[] = [];
    do {
      pair.replica.receive(pair.sequencer.answer(pair.replica.request(), 'owner'));
      const status = statusOf(pair.replica);
      if (pair.replica.request().type === 'fetch' && steps.length === 1) pair.sync();
      steps.push(`${status} ${JSON.stringify(pair.replica.request())}`);
    } while (pair.replica.status.hasGap);
    expect(steps).toEqual([
      'hasIncoming hasGap {"type":"fetch","rev":2,"head":"other-2"}',
      'hasIncoming hasGap {"type":"fetch","rev":4,"head":"other-4"}',
      'hasIncoming hasGap {"type":"fetch","rev":6,"head":"other-6"}',
      'hasIncoming {"type":"fetch","rev":7,"head":"other-7"}',
    ]);
    pair.sync();
    expect([seen(pair.replica), statusOf(pair.replica)]).toEqual(['a{f=6}', 'isIdle']);
  });

  test('is a gap until its end is known, and no longer once what was received is forgotten', () => {
    const pair = pairWithRecord();
    pair.replica.receive({ type: 'entries', entries: [], rev: 3 });
    expect(statusOf(pair.replica)).toBe('hasGap');
    pair.replica.receive({ type: 'conflict', nonce: 'n', entries: [], rev: 2 });
    expect(statusOf(pair.replica)).toBe('hasGap');
    pair.replica.receive({ type: 'entries', entries: [] });
    expect(statusOf(pair.replica)).toBe('isIdle');
    const [second] = [pair.other(put('a', 'f', 1))];
    pair.replica.receive({ type: 'entries', entries: [second], rev: 9 });
    pair.replica.receive({ type: 'entries', entries: [second] });
    expect(statusOf(pair.replica)).toBe('hasIncoming hasGap');
    expect(() => pair.replica.receive({ type: 'entries', entries: [], rev: -1 })).toThrow(
      expect.objectContaining({ code: 'invalid-revision' }),
    );
  });
});

describe('the status', () => {
  test('goes from idle over open, outgoing, in flight and incoming back to idle', () => {
    const pair = pairWithRecord();
    expect(statusOf(pair.replica)).toBe('isIdle');
    pair.replica.apply([put('a', 'f', 1)]);
    expect(statusOf(pair.replica)).toBe('hasUncommitted');
    pair.sync();
    expect(statusOf(pair.replica)).toBe('hasOutgoing');
    const message = pair.outgoing();
    expect(statusOf(pair.replica)).toBe('isInFlight');
    pair.edit(put('a', 'f', 2));
    expect(statusOf(pair.replica)).toBe('hasOutgoing isInFlight');
    pair.other(I('b'));
    pair.replica.receive(pair.answer(message));
    expect(statusOf(pair.replica)).toBe('hasOutgoing isInFlight hasIncoming');
    expect(pair.replica.outgoing()).toBeUndefined();
    pair.sync();
    expect(statusOf(pair.replica)).toBe('hasOutgoing');
    pair.settle();
    expect(statusOf(pair.replica)).toBe('isIdle');
    expect(seen(pair.replica)).toBe('a{f=2} b{}');
  });

  test('an open delta without effect is not sealed', () => {
    const pair = pairWithRecord();
    pair.edit(I('b'), D('b'));
    expect(statusOf(pair.replica)).toBe('isIdle');
    pair.edit(I('b'));
    pair.edit(D('b'), I('c'));
    expect(pair.outgoing().delta.changes.filter(({ table }) => table === 't')).toEqual([I('c')]);
  });
});

describe('one delta is in flight at a time', () => {
  test('it keeps its nonce, and what waits behind it becomes one delta', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    const first = pair.outgoing();
    pair.edit(put('a', 'f', 2));
    pair.edit(I('b'));
    expect(pair.outgoing()).toEqual(first);
    pair.replica.receive(pair.answer(first));
    const second = pair.outgoing();
    expect(second.nonce).not.toBe(first.nonce);
    expect(second.rev).toBe(2);
    expect(second.delta.changes.filter(({ table }) => table === 't')).toEqual([put('a', 'f', 2), I('b')]);
  });

  test('what waits queues where it would be larger than a delta may be', () => {
    const limits = { ...NO_LIMITS, deltaSize: 450 };
    const pair = new Pair({ limits, sequencer: { limits } });
    for (const record of ['a', 'b', 'c']) pair.edit(I(record, { f: 'x'.repeat(90) }));
    const records: string[] = [];
    while (pair.replica.outgoing() !== undefined) {
      records.push(
        pair
          .outgoing()
          .delta.changes.filter(({ table }) => table === 't')
          .map(({ record }) => record)
          .join(),
      );
      pair.exchange();
    }
    expect(records).toEqual(['a', 'b', 'c']);
  });

  test('nothing travels that says what it overwrote', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1), D('a'), I('b', { g: 1 }));
    expect(pair.outgoing().delta.changes.filter(({ table }) => table === 't')).toEqual([D('a'), I('b', { g: 1 })]);
  });

  test('rebased over others it gets another nonce', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'g', 1));
    const first = pair.outgoing();
    pair.other(put('a', 'f', 5));
    expect(pair.answer(first).type).toBe('conflict');
    pair.replica.receive(pair.answer(first));
    pair.sync();
    const second = pair.outgoing();
    expect([second.rev, second.nonce === first.nonce]).toEqual([2, false]);
    expect(pair.answer(first).type).toBe('conflict');
    expect(pair.answer(second).type).toBe('accepted');
  });
});

describe('an acknowledgement', () => {
  const own = (pair: Pair): SequencerMessage => ({ type: 'entries', entries: pair.entries(1).entries });

  test.each([
    ['the answer', (answer: PutOutcome, _pair: Pair) => [answer]],
    ['the delta in the log', (_answer: PutOutcome, pair: Pair) => [own(pair)]],
    ['the answer, then the log', (answer: PutOutcome, pair: Pair) => [answer, own(pair)]],
    ['the log, then the answer', (answer: PutOutcome, pair: Pair) => [own(pair), answer]],
    ['the answer twice', (answer: PutOutcome, _pair: Pair) => [answer, answer]],
    ['the log twice', (_answer: PutOutcome, pair: Pair) => [own(pair), own(pair)]],
  ])('as %s takes effect once', (_, messages) => {
    const pair = pairWithRecord();
    pair.edit({ ...put('a', 'f', 1) }, I('b'));
    const answer = pair.answer(pair.outgoing());
    pair.edit(put('b', 'g', 1));
    for (const message of messages(answer, pair)) pair.replica.receive(message);
    expect([pair.replica.revision, statusOf(pair.replica)]).toEqual([2, 'hasOutgoing']);
    expect(changedIn(pair.sync())).toBe('');
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=1} b{g=1}');
    expect(pair.sequencer.revision).toBe(3);
  });

  test('also comes for a put that was repeated', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    const message = pair.outgoing();
    pair.answer(message);
    const answer = pair.answer(pair.outgoing());
    expect(answer.type).toBe('repeated');
    pair.replica.receive(answer);
    expect(pair.isSettled()).toBe(true);
  });

  test('is found in the log that a later fetch brings, with what others did after it', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    pair.answer(pair.outgoing());
    pair.other(put('a', 'g', 2));
    expect(changedIn(pair.catchUp())).toBe('t:a');
    expect([seen(pair.replica), pair.isSettled()]).toEqual(['a{f=1 g=2}', true]);
  });

  test('for another nonce is ignored', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    pair.outgoing();
    pair.replica.receive({ type: 'accepted', nonce: 'somebody', rev: 2 });
    expect([pair.replica.revision, statusOf(pair.replica)]).toEqual([1, 'isInFlight']);
  });

  test('that contradicts the put is an error, and the replica asks for a snapshot', () => {
    const mismatch = expect.objectContaining({ code: 'log-mismatch' });
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    const { nonce } = pair.outgoing();
    expect(() => pair.replica.receive({ type: 'accepted', nonce, rev: 7 })).toThrow(mismatch);
    expect(pair.replica.status.needsReload).toBe(true);
    expect(pair.replica.request()).toEqual({ type: 'fetch-snapshot' });
  });

  test.each(['accepted', 'entry'])(
    'as %s that contradicts an entry at its revision is an error, and that entry is forgotten',
    (kind) => {
      const pair = pairWithRecord();
      pair.edit(put('a', 'f', 1));
      const { nonce, delta } = pair.outgoing();
      pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'g', 5))] });
      const message: SequencerMessage =
        kind === 'accepted'
          ? { type: 'accepted', nonce, rev: 2 }
          : { type: 'entries', entries: [{ rev: 2, nonce, delta }] };
      expect(() => pair.replica.receive(message)).toThrow(expect.objectContaining({ code: 'log-mismatch' }));
      expect(pair.replica.status.needsReload).toBe(true);
      pair.sync();
      expect(seen(pair.replica)).toBe('a{f=1}');
      pair.settle();
      expect(seen(pair.replica)).toBe('a{f=1 g=5}');
    },
  );
});

describe('a log that does not fit', () => {
  test('is an error, changes nothing and needs a reload, which heals it', () => {
    const pair = pairWithRecord();
    pair.replica.apply([put('a', 'g', 1)]);
    pair.replica.receive({
      type: 'entries',
      entries: [{ rev: 2, nonce: 'x', delta: Delta.from([put('missing', 'f', 1)]) }],
    });
    expect(() => pair.sync()).toThrow(expect.objectContaining({ code: 'log-mismatch' }));
    expect(seen(pair.replica)).toBe('a{f=0 g=1}');
    expect(statusOf(pair.replica)).toBe('hasOutgoing needsReload');
    pair.other(put('a', 'f', 3));
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=3 g=1}');
    expect(pair.sequencer.snapshot().rows).toHaveLength(2);
  });

  test('may also be two deltas at one revision, whichever of them the log has', () => {
    const pair = pairWithRecord();
    pair.replica.receive({ type: 'entries', entries: [{ rev: 2, nonce: 'x', delta: Delta.from([put('a', 'g', 9)]) }] });
    const entries = [pair.other(put('a', 'f', 1))];
    expect(() => pair.replica.receive({ type: 'entries', entries })).toThrow(
      expect.objectContaining({ code: 'log-mismatch' }),
    );
    expect(statusOf(pair.replica)).toBe('needsReload');
    pair.replica.receive(pair.sequencer.answer(pair.replica.request(), 'owner'));
    pair.sync();
    expect([seen(pair.replica), pair.isSettled()]).toEqual(['a{f=1}', true]);
  });

  test('keeps what was merged before it, and reports that with the next sync()', () => {
    const pair = pairWithRecord();
    const good = pair.other(put('a', 'f', 1));
    const bad = { rev: 3, nonce: 'x', delta: Delta.from([D('missing')]) };
    pair.replica.receive({ type: 'entries', entries: [good, bad] });
    expect(() => pair.sync()).toThrow();
    expect([seen(pair.replica), pair.replica.revision]).toEqual(['a{f=1}', 2]);
    expect(changedIn(pair.sync())).toBe('t:a');
  });

  test('reports with the next sync() only what the user did not take back in between', () => {
    const pair = pairWithRecord();
    const good = pair.other(put('a', 'f', 1));
    const bad = { rev: 3, nonce: 'x', delta: Delta.from([D('missing')]) };
    pair.replica.receive({ type: 'entries', entries: [good, bad] });
    expect(() => pair.sync()).toThrow();
    pair.replica.apply([put('a', 'f', 0)]);
    expect(changedIn(pair.sync())).toBe('');
  });
});

describe('a merge function that fails', () => {
  const thrown = new RangeError('broken');
  const nonsense: readonly (readonly [string, MergeFunction])[] = [
    ['throws', () => raise(thrown)],
    ['returns an object', () => ({}) as never],
    ['spreads a number', ({ local, remote }) => [...(remote as never), ...(local as never)]],
    ['is async', (async () => Promise.reject(thrown)) as never],
  ];

  test.each(nonsense)('24: and %s leaves its field to rule remote, and everything else goes on', (_, rule) => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', rule);
    pair.replica.apply([put('a', 'f', 1), put('a', 'g', 1), I('c')]);
    pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'f', 2), I('b'))] });
    const { conflicts, ruleFailures } = pair.sync();
    expect([seen(pair.replica), pair.replica.revision]).toEqual(['a{f=2 g=1} b{} c{}', 2]);
    const error = expect.objectContaining({ code: 'invalid-rule', table: 't', record: 'a', field: 'f' });
    expect(ruleFailures).toEqual([{ table: 't', record: 'a', field: 'f', error }]);
    expect(conflicts).toEqual([
      expect.objectContaining({ rule: 'function', field: 'f', local: 1, remote: 2, result: 2, failure: error }),
    ]);
    expect([pair.replica.status.needsReload, pair.replica.status.hasIncoming]).toEqual([false, false]);
    pair.settle();
    expect(pair.sequencer.answer({ type: 'fetch', rev: 2 }, 'owner')).toMatchObject({ entries: [{ rev: 3 }] });
    expect(pair.sync().ruleFailures).toEqual([]);
  });

  test('24: is told with the conflict of its field, and with no other of the table, record or name', () => {
    const pair = pairWithRecord();
    for (const [table, field] of [
      ['t', 'f'],
      ['t', 'g'],
      ['u', 'f'],
    ] as const) {
      pair.rules.set(table, field, ({ local }) => (local === 13 ? raise(thrown) : local));
    }
    const ofOther: Change = { type: 'insert', table: 'u', record: 'a', fields: new Map([['f', 0]]) };
    pair.other(I('b'), ofOther);
    pair.catchUp();
    const edits = (first: number): Change[] => [
      ...[put('a', 'f', first), put('a', 'g', first + 1), put('b', 'f', first + 2)],
      { type: 'update', table: 'u', record: 'a', ops: new Map([['f', { type: 'put', value: first + 3 }]]) },
    ];
    pair.replica.apply(edits(13));
    pair.replica.receive({ type: 'entries', entries: [pair.other(...edits(1))] });
    const { conflicts } = pair.sync();
    expect(conflicts.map(({ table, record, field, failure }) => [table, record, field, failure?.cause])).toEqual([
      ['t', 'a', 'f', thrown],
      ['t', 'a', 'g', undefined],
      ['t', 'b', 'f', undefined],
      ['u', 'a', 'f', undefined],
    ]);
  });

  test('24: tells what it threw, once for each field and merge', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', () => raise(thrown));
    pair.edit(put('a', 'f', 1));
    pair.edit(put('a', 'f', 2));
    pair.replica.apply([put('a', 'f', 3)]);
    pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'f', 4))] });
    expect(pair.sync().ruleFailures.map(({ error }) => error.cause)).toEqual([thrown]);
  });

  test('24: in one merge is not said to have failed in the next one', () => {
    const pair = pairWithRecord();
    let calls = 0;
    pair.rules.set('t', 'f', ({ local }) => (++calls === 1 ? raise(thrown) : local));
    pair.rules.set('t', 'g', ({ local }) => local);
    pair.replica.apply([put('a', 'f', 1), put('a', 'g', 1)]);
    const entries = [pair.other(put('a', 'f', 2)), pair.other(put('a', 'g', 2))];
    pair.replica.receive({ type: 'entries', entries });
    const { conflicts, ruleFailures } = pair.sync();
    expect(conflicts.map(({ field, failure }) => [field, failure?.cause])).toEqual([
      ['f', thrown],
      ['g', undefined],
    ]);
    expect(ruleFailures).toHaveLength(1);
  });

  test('24: while a snapshot is merged leaves its field to rule remote as well', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', () => raise(thrown));
    pair.replica.apply([put('a', 'f', 1), I('c')]);
    pair.other(put('a', 'f', 2));
    pair.replica.receive({ type: 'reset', since: 1, rev: 2 });
    pair.replica.receive(pair.sequencer.answer({ type: 'fetch-snapshot' }, 'owner'));
    const result = pair.sync();
    expect([seen(pair.replica), result.isReloaded]).toEqual(['a{f=2} c{}', true]);
    expect(result.ruleFailures.map(({ error }) => error.cause)).toEqual([thrown]);
  });

  test('24: and edits its replica is told what it did', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', () => {
      pair.replica.apply([I('x')]);
      return 9;
    });
    pair.replica.apply([put('a', 'f', 1)]);
    pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'f', 2))] });
    const [failure] = pair.sync().ruleFailures;
    expect(failure?.error.cause).toMatchObject({ code: 'bad-state' });
    expect(seen(pair.replica)).toBe('a{f=2}');
  });
});

function raise(error: Error): never {
  throw error;
}

describe('options and arguments', () => {
  test.each([
    [{ role: 'admin' as 'owner' }, 'invalid-option'],
    [{ limits: { ...NO_LIMITS, deltaSize: -1 } }, 'invalid-option'],
    [{ undoDepth: -1 }, 'invalid-option'],
    [{ undoDepth: 0.5 }, 'invalid-option'],
  ])('%o is refused as %s', (options, code) => {
    expect(() => new Replica({ nextNonce: () => 'n', ...options })).toThrow(expect.objectContaining({ code }));
  });

  test('a time that is none, a title that is none, a role that is none and a nonce that is none', () => {
    const replica = new Replica({ nextNonce: () => 'not a nonce' });
    const invalidValue = expect.objectContaining({ code: 'invalid-value' });
    expect(() => replica.sync(new Date(Number.NaN))).toThrow(invalidValue);
    expect(() => replica.sync(0 as unknown as Date)).toThrow(invalidValue);
    expect(() => replica.setTitle(1 as unknown as string)).toThrow(invalidValue);
    expect(() => replica.setRole('admin' as 'owner')).toThrow(expect.objectContaining({ code: 'invalid-option' }));
    replica.apply([I('a')]);
    replica.sync(EPOCH);
    expect(() => replica.outgoing()).toThrow(expect.objectContaining({ code: 'invalid-nonce' }));
  });

  test('a replica shows what a state with the same content shows', () => {
    const pair = pairWithRecord();
    const state = stateAfter([I('a', { f: 0 })]);
    expect([pair.replica.size, pair.replica.recordCount, pair.replica.tables()]).toEqual([state.size, 1, ['t']]);
    expect(pair.replica.toRows()).toEqual(formatState(state));
    expect(pair.replica.get('t', 'a')).toEqual(state.get('t', 'a'));
  });
});
