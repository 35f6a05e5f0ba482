import { describe, expect, test } from 'vitest';
import { type MergeFunction, sizeOfDelta } from '../../src/index.js';
import { Replica, type SavedReplica } from '../../src/sync/index.js';
import { withoutEdits } from '../../src/sync/saved-replica.js';
import { I, long, put, seen, U } from './notation.js';
import { Pair, statusOf } from './pair.js';

function pairWithRecord(): Pair {
  const pair = new Pair();
  pair.other(I('a', { f: 0, list: ['x'] }));
  pair.catchUp();
  return pair;
}

describe('what is saved', () => {
  test('has no history where no undo item is remembered, whatever may be saved of one', () => {
    const formats = [0, 1].map((undoDepth) => {
      const pair = new Pair({ undoDepth, savedUndoSize: 1000 });
      pair.edit(I('a'));
      return pair.replica.save().format;
    });
    expect(formats).toEqual([1, 2]);
  });

  test('is plain data: the state of the log, and every edit on top of it', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    pair.outgoing();
    pair.edit(put('a', 'f', 2));
    pair.replica.apply([put('a', 'f', 3)]);
    const saved = pair.replica.save();
    expect(JSON.parse(JSON.stringify(saved))).toEqual(saved);
    expect(saved).toMatchObject({ format: 1, rev: 1, nonce: 'mine-1', refusal: null, rules: [], needsReload: false });
    expect(saved.rows).toEqual([{ tid: 't', rowid: 'a', data: { f: 0, list: ['x'] } }]);
    expect(saved.pending.map((delta) => delta.filter(([, table]) => table === 't'))).toEqual([
      [['U', 't', 'a', { f: ['P', 1] }]],
      [['U', 't', 'a', { f: ['P', 2] }]],
    ]);
    expect(saved.open).toEqual([['U', 't', 'a', { f: ['P', 3] }]]);
    expect(JSON.stringify(saved)).not.toContain('before');
  });

  test('leads to a replica that shows the same, does the same and saves the same', () => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1), U('a', { list: ['LI', 0, 'w'] }));
    const message = pair.outgoing();
    pair.edit(U('a', { list: ['LD', 1] }));
    pair.replica.apply([I('b')]);
    const saved = pair.replica.save();
    const before = [seen(pair.replica), statusOf(pair.replica), pair.replica.revision, pair.replica.unsyncedSize];
    pair.restart();
    expect([seen(pair.replica), statusOf(pair.replica), pair.replica.revision, pair.replica.unsyncedSize]).toEqual(
      before,
    );
    expect(pair.replica.save()).toEqual(saved);
    expect(pair.replica.outgoing()).toEqual(message);
  });

  test('before a put is sent holds its nonce, so that a crash between doubles nothing', () => {
    const pair = pairWithRecord();
    pair.edit(U('a', { list: ['LI', 1, 'mine'] }));
    const message = pair.outgoing();
    const saved = pair.replica.save();
    pair.answer(message);
    pair.restart(saved);
    expect(pair.exchange().type).toBe('repeated');
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=0 list=["x","mine"]}');
  });

  test('is saved in part: what is to be kept leaves out what is open and what is provisional, with its flight', () => {
    const time = new Date(0);
    const replica = new Replica({ nextNonce: () => 'n1' });
    const changesOf = (saved: SavedReplica): unknown => [
      saved.pending.map((delta) => delta.filter(([, table]) => table === 't').map(([, , record]) => record)),
      saved.open.map(([, , record]) => record),
      saved.nonce,
    ];
    replica.apply([I('provisional')]);
    expect(replica.seal(time)).toBe(true);
    replica.outgoing();
    replica.apply([I('open')]);
    expect(changesOf(replica.save())).toEqual([[['provisional']], ['open'], 'n1']);
    expect(changesOf(replica.save('sealed'))).toEqual([[['provisional']], [], 'n1']);
    expect(changesOf(replica.save('kept'))).toEqual([[], [], null]);
    expect(replica.provisional).toBe('next');
    replica.sync(time);
    expect(changesOf(replica.save('kept'))).toEqual([[['provisional'], ['open']], [], 'n1']);
    expect(replica.provisional).toBe('none');
  });

  test('is saved in part: what was sealed before is kept, and its flight', () => {
    const time = new Date(0);
    const replica = new Replica({ nextNonce: () => 'n1' });
    replica.apply([I('ordinary')]);
    replica.sync(time);
    replica.outgoing();
    replica.apply([I('provisional')]);
    replica.seal(time);
    expect(replica.provisional).toBe('later');
    expect(replica.save('kept')).toMatchObject({ nonce: 'n1', pending: [expect.anything()] });
    replica.receive({ type: 'accepted', nonce: 'n1', rev: 1 });
    expect(replica.provisional).toBe('next');
    expect(replica.save('kept')).toMatchObject({ nonce: null, pending: [], rev: 1 });
  });

  test('does not hold what was received: it is asked for again', () => {
    const pair = pairWithRecord();
    pair.replica.receive({ type: 'entries', entries: [pair.other(put('a', 'f', 1))] });
    pair.restart();
    expect(statusOf(pair.replica)).toBe('isIdle');
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f=1 list=["x"]}');
  });

  test('remembers that a reload is needed', () => {
    const pair = pairWithRecord();
    pair.replica.receive({ type: 'reset', since: 1, rev: 4 });
    pair.restart();
    expect(pair.replica.request()).toEqual({ type: 'fetch-snapshot' });
  });
});

describe('the rule of a field', () => {
  test('is the one that was set when the edit was made', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', 'local');
    pair.replica.apply([put('a', 'f', 1)]);
    pair.rules.set('t', 'f', 'remote');
    pair.other(put('a', 'f', 2));
    pair.catchUp();
    expect(seen(pair.replica)).toBe('a{f=1 list=["x"]}');
  });

  test('is that of the latest edit where several wait', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', 'local');
    pair.edit(put('a', 'f', 1));
    pair.outgoing();
    pair.rules.set('t', 'f', 'remote');
    pair.edit(put('a', 'f', 3));
    pair.rules.set('t', 'f', 'local');
    pair.other(put('a', 'f', 2));
    pair.catchUp();
    expect(seen(pair.replica)).toBe('a{f=2 list=["x"]}');
  });

  test('belongs to the record that was edited', () => {
    const pair = pairWithRecord();
    pair.other(I('b', { f: 0 }));
    pair.catchUp();
    pair.rules.set('t', 'f', 'local');
    pair.replica.apply([put('a', 'f', 1)]);
    pair.rules.set('t', 'f', 'remote');
    pair.replica.apply([put('b', 'f', 1)]);
    pair.other(put('a', 'f', 2), put('b', 'f', 2));
    pair.catchUp();
    expect(seen(pair.replica)).toBe('a{f=1 list=["x"]} b{f=2}');
  });

  test('is saved by its name, and in force again after loading, whatever is set by then', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', 'sum');
    pair.replica.apply([put('a', 'f', long(5))]);
    pair.rules.set('t', 'f', 'remote');
    expect(pair.replica.save().rules).toEqual([['t', 'a', 'f', 'sum']]);
    pair.restart();
    pair.other(put('a', 'f', long(2)));
    pair.settle();
    expect(pair.replica.get('t', 'a')?.get('f')).toBe(7);
  });

  test('that is a function must be set again before loading', () => {
    const pair = pairWithRecord();
    const join: MergeFunction = ({ local, remote }) => `${String(local)}+${String(remote)}`;
    pair.rules.set('t', 'f', join);
    pair.replica.apply([put('a', 'f', 1)]);
    const saved = pair.replica.save();
    expect(saved.rules).toEqual([['t', 'a', 'f', 'function']]);
    pair.rules.set('t', 'f', 'remote');
    expect(() => pair.restart(saved)).toThrow(
      expect.objectContaining({ code: 'rule-missing', table: 't', record: 'a', field: 'f' }),
    );
    pair.rules.set('t', 'f', join);
    pair.restart(saved);
    pair.other(put('a', 'f', 2));
    pair.settle();
    expect(seen(pair.replica)).toBe('a{f="1+2" list=["x"]}');
  });

  test('is forgotten when the edit is in the log', () => {
    const pair = pairWithRecord();
    pair.rules.set('t', 'f', () => 'x');
    pair.edit(put('a', 'f', 1));
    pair.settle();
    expect(pair.replica.save().rules).toEqual([]);
  });
});

describe('loading refuses', () => {
  const saved = (): SavedReplica => {
    const pair = pairWithRecord();
    pair.edit(put('a', 'f', 1));
    return pair.replica.save();
  };
  test.each([
    ['what is no object', 'saved'],
    ['another format', { ...saved(), format: 2 }],
    ['a revision that is none', { ...saved(), rev: -1 }],
    ['a nonce that is none', { ...saved(), nonce: '' }],
    ['a nonce without a delta', { ...saved(), nonce: 'n', pending: [] }],
    ['a nonce of a delta that does nothing', { ...saved(), nonce: 'n', pending: [[], ...saved().pending] }],
    ['a refusal of nothing that was put', { ...saved(), refusal: { reason: 'limit', message: '' } }],
    [
      'a refusal that is never stored',
      { ...saved(), nonce: 'n', refusal: { reason: 'unknown-revision', message: '' } },
    ],
    [
      'two rules for one field',
      {
        ...saved(),
        rules: [
          ['t', 'a', 'f', 'max'],
          ['t', 'a', 'f', 'min'],
        ],
      },
    ],
    ['pending deltas that are none', { ...saved(), pending: {} }],
    ['a rule that is none', { ...saved(), rules: [['t', 'a', 'f', 'newest']] }],
    ['a rule without a place', { ...saved(), rules: [['t', 'a', 'max']] }],
    ['a refusal that is none', { ...saved(), refusal: { reason: 'mood', message: '' } }],
    ['a refusal without a message', { ...saved(), refusal: { reason: 'limit' } }],
    ['a flag that is none', { ...saved(), needsReload: 1 }],
  ] satisfies [string, unknown][])('%s', (_, json) => {
    expect(() => Replica.load(json, { nextNonce: () => 'n' })).toThrow(
      expect.objectContaining({ code: 'invalid-json' }),
    );
  });

  test('nothing where a delta that does nothing was not put, which is dropped when it would be, and not when asked about', () => {
    const replica = Replica.load({ ...saved(), pending: [[], ...saved().pending] }, { nextNonce: () => 'n' });
    expect([replica.provisional, replica.save().pending.length]).toEqual(['none', 2]);
    replica.outgoing();
    expect([replica.status.isInFlight, replica.save().pending.length]).toEqual([true, 1]);
  });

  test('edits that do not fit the state', () => {
    expect(() => Replica.load({ ...saved(), rows: [] }, { nextNonce: () => 'n' })).toThrow(
      expect.objectContaining({ code: 'record-missing' }),
    );
  });
});

test('a saved replica without its edits is loaded as the state of its log, whatever it remembers of them', () => {
  const pair = pairWithRecord();
  pair.edit(put('a', 'f', 1));
  pair.other(put('a', 'list', ['y']));
  pair.catchUp();
  const saved = new Replica({ nextNonce: () => 'n', savedUndoSize: 1000 }).save();
  expect(pair.replica.save().seen).toEqual([1, 2]);
  for (const whole of [pair.replica.save(), { ...saved, rev: 1, seen: [0] }]) {
    const base = withoutEdits(whole);
    expect(Replica.load(base, { nextNonce: () => 'n' }).save()).toEqual(base);
  }
});

describe('what is saved without the open edits', () => {
  test('has what could be undone before those were begun', () => {
    const pair = new Pair({ savedUndoSize: 1000 });
    pair.edit(I('a', { f: 1 }));
    pair.edit(put('a', 'f', 2));
    pair.replica.undo();
    pair.edit(put('a', 'f', 3));
    pair.replica.apply([put('a', 'f', 4)]);
    pair.replica.endUndoItem();
    pair.replica.apply([put('a', 'f', 5)]);
    for (const extent of ['sealed', 'kept'] as const) {
      const { replica } = pair;
      pair.restart(replica.save(extent));
      expect(seen(pair.replica)).toBe('a{f=3}');
      expect(pair.replica.undo() && seen(pair.replica)).toBe('a{f=1}');
      expect(pair.replica.undo() && seen(pair.replica)).toBe('');
      expect(pair.replica.undo()).toBeUndefined();
      pair.replica = replica;
    }
  });

  test('has nothing of the history if others’ edits were merged since', () => {
    const pair = new Pair({ savedUndoSize: 1000 });
    pair.edit(I('a', { f: 1 }));
    pair.settle();
    pair.replica.apply([put('a', 'f', 4)]);
    pair.other(I('b'));
    pair.replica.receive(pair.sequencer.answer(pair.replica.request(), 'owner'));
    pair.replica.merge();
    expect([pair.replica.save('sealed').format, pair.replica.save().format]).toEqual([1, 2]);
  });
});

test('what remembers a field at two revisions is not loaded', () => {
  const pair = pairWithRecord();
  pair.edit(put('a', 'f', 1));
  pair.settle();
  const saved = pair.replica.save();
  expect(saved.puts).toEqual([['t', 'a', 'f', 2]]);
  const twice = [
    ['t', 'a', 'f', 1],
    ['t', 'a', 'f', 2],
  ];
  expect(() => pair.restart({ ...saved, puts: twice })).toThrow('none twice');
});

test('as many of the latest items in the queue are saved as weigh no more than they may', () => {
  const weight = sizeOfDelta([put('a', 'f', 1)]);
  for (const kept of [0, 1, 3]) {
    const pair = new Pair({ savedUndoSize: kept * weight + weight - 1 });
    for (const value of [0, 1, 2, 3, 4, 5, 6]) {
      pair.replica.apply([value === 0 ? I('a', { f: 0 }) : put('a', 'f', value)]);
      pair.replica.endUndoItem();
    }
    pair.restart();
    let count = 0;
    while (pair.replica.undo() !== undefined) count++;
    expect([count, seen(pair.replica)]).toEqual([kept, `a{f=${6 - kept}}`]);
  }
});
