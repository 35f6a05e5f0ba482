import { describe, expect, test } from 'vitest';
import { NO_CHANGES } from '../../src/deltas/delta.js';
import { Delta, type DeltaInput, NO_LIMITS } from '../../src/index.js';
import {
  type Entries,
  formatMessage,
  type LogEntry,
  type LogPage,
  type PutOutcome,
  parseSequencerMessage,
  type ReplicaMessage,
  ROLES,
  Sequencer,
  type SequencerOptions,
  type Snapshot,
} from '../../src/sync/index.js';
import { Log } from '../../src/sync/sequencer.js';
import { D, I, put } from './notation.js';

/** A sequencer with the deltas in its log, under the nonces n1, n2, … */
function sequencerWith(deltas: readonly DeltaInput[], options: SequencerOptions = {}): Sequencer {
  const sequencer = new Sequencer(options);
  deltas.forEach((delta, index) => {
    expect(sequencer.put(index, `n${index + 1}`, delta, 'editor').type).toBe('accepted');
  });
  return sequencer;
}

const FOUR: readonly DeltaInput[] = [[I('a')], [put('a', 'f', 1)], [put('a', 'f', 2)], [put('a', 'f', 3)]];

function entriesOf(sequencer: Sequencer, rev: number): readonly LogEntry[] {
  const answer = sequencer.deltasSince(rev);
  if (answer.type !== 'entries') throw new Error(`The log was trimmed after ${rev}`);
  return answer.entries;
}

function summary(outcome: PutOutcome): string {
  switch (outcome.type) {
    case 'accepted':
    case 'repeated':
      return `${outcome.type} ${outcome.rev}`;
    case 'conflict':
      return `conflict ${outcome.entries.map(({ rev, nonce }) => `${rev}:${nonce}`).join(' ')}`;
    case 'reset':
      return `reset ${outcome.since} ${outcome.rev}`;
    case 'refused':
      return `refused ${outcome.reason}${outcome.code === undefined ? '' : ` ${outcome.code}`}`;
  }
}

describe('a put', () => {
  test('against the newest revision is accepted at the next one', () => {
    const sequencer = sequencerWith(FOUR.slice(0, 2));
    expect(sequencer.put(2, 'x', [put('a', 'f', 9)], 'owner')).toEqual({ type: 'accepted', nonce: 'x', rev: 3 });
    expect(sequencer.snapshot().rows).toEqual([{ tid: 't', rowid: 'a', data: { f: 9 } }]);
  });

  test('against an older revision is handed all that it missed, in order, and changes nothing', () => {
    const sequencer = sequencerWith(FOUR);
    expect(summary(sequencer.put(1, 'x', [put('a', 'f', 9)], 'owner'))).toBe('conflict 2:n2 3:n3 4:n4');
    expect(sequencer.revision).toBe(4);
  });

  test('that is repeated gets the revision that it got, whatever came since and whatever the role is by now', () => {
    const sequencer = sequencerWith(FOUR);
    for (const role of ROLES) expect(summary(sequencer.put(1, 'n2', [put('a', 'f', 1)], role))).toBe('repeated 2');
    expect(sequencer.revision).toBe(4);
  });

  test('with the nonce of another put is refused', () => {
    const sequencer = sequencerWith(FOUR);
    expect(summary(sequencer.put(4, 'n2', [put('a', 'f', 9)], 'owner'))).toBe('refused nonce-reused');
  });

  test('of another delta under a nonce of the log is refused, as long as the log holds the entry', () => {
    const sequencer = sequencerWith(FOUR);
    for (const role of ROLES) {
      expect(summary(sequencer.put(1, 'n2', [put('a', 'f', 9)], role))).toBe('refused nonce-reused');
    }
    // A malformed delta is another one, too.
    expect(summary(sequencer.put(1, 'n2', [{ type: 'mood' } as never], 'owner'))).toBe('refused nonce-reused');
    // The same edit in other words is the same delta.
    expect(summary(sequencer.put(1, 'n2', [put('a', 'f', 7), put('a', 'f', 1)], 'owner'))).toBe('repeated 2');
    expect(sequencer.revision).toBe(4);
    sequencer.trim(2);
    expect(summary(sequencer.put(1, 'n2', [put('a', 'f', 9)], 'owner'))).toBe('repeated 2');
  });

  test('against a revision of the future is refused', () => {
    expect(summary(sequencerWith(FOUR).put(5, 'x', [], 'owner'))).toBe('refused unknown-revision');
  });

  test('that does not fit, or is malformed, is refused with the place at fault', () => {
    const sequencer = sequencerWith(FOUR);
    expect(sequencer.put(4, 'x', [I('b'), put('missing', 'f', 1)], 'owner')).toMatchObject({
      type: 'refused',
      nonce: 'x',
      reason: 'invalid',
      code: 'record-missing',
      place: { table: 't', record: 'missing', position: 1 },
    });
    const malformed = [{ type: 'drop', table: 't', record: 'a' }] as unknown as DeltaInput;
    expect(summary(sequencer.put(4, 'x', malformed, 'owner'))).toBe('refused invalid invalid-change');
    expect(sequencer.snapshot().rows).toHaveLength(1);
  });

  test('is refused for an index that is none, and what that says can be sent', () => {
    const sequencer = sequencerWith([[I('a', { l: ['x'] })]]);
    const ops = new Map([['l', { type: 'list', create: false, ops: [{ type: 'delete', index: -1 }] }]]);
    const delta = [{ type: 'update', table: 't', record: 'a', ops }] as unknown as DeltaInput;
    const refused = sequencer.put(1, 'x', delta, 'owner');
    expect(refused).toMatchObject({ reason: 'invalid', code: 'index-out-of-range', place: { field: 'l' } });
    expect(parseSequencerMessage(JSON.parse(JSON.stringify(formatMessage(refused))))).toEqual(refused);
  });

  test('over a limit is refused; one that shrinks what is over it already is not', () => {
    const refusedFor = (limits: object, delta: DeltaInput): string =>
      summary(sequencerWith([], { limits: { ...NO_LIMITS, ...limits } }).put(0, 'x', delta, 'owner'));
    expect(refusedFor({ recordCount: 1 }, [I('a'), I('b')])).toBe('refused limit too-many-records');
    expect(refusedFor({ recordSize: 204 }, [I('a', { f: 'xxxxx' })])).toBe('refused limit record-too-large');
    expect(refusedFor({ recordSize: 205 }, [I('a', { f: 'xxxxx' })])).toBe('accepted 1');
    expect(refusedFor({ datastoreSize: 1099 }, [I('a')])).toBe('refused limit datastore-too-large');
    expect(refusedFor({ deltaSize: 299 }, [I('a'), I('b')])).toBe('refused limit delta-too-large');

    const snapshot = sequencerWith([[I('a', { f: 'xxxxxxxxxx' })]]).snapshot();
    const small = Sequencer.restore(snapshot, [], { limits: { ...NO_LIMITS, recordSize: 205 } });
    expect(summary(small.put(1, 'x', [put('a', 'f', 'xxxxxxxxx')], 'owner'))).toBe('accepted 2');
    expect(summary(small.put(2, 'y', [put('a', 'f', 'xxxxxxxxxx')], 'owner'))).toBe('refused limit record-too-large');
  });

  test.each([
    ['owner', 'accepted 5', 'conflict 4:n4'],
    ['editor', 'accepted 5', 'conflict 4:n4'],
    ['viewer', 'refused permission', 'conflict 4:n4'],
    ['none', 'refused permission', 'refused permission'],
  ] as const)('by the role %s against the newest revision: %s; against an older one: %s', (role, newest, older) => {
    expect(summary(sequencerWith(FOUR).put(4, 'x', [put('a', 'f', 9)], role))).toBe(newest);
    expect(summary(sequencerWith(FOUR).put(3, 'x', [put('a', 'f', 9)], role))).toBe(older);
  });

  test('enters the log in normal form, without what it overwrote, and out of the reach of its sender', () => {
    const sequencer = sequencerWith(FOUR.slice(0, 1));
    const delta: DeltaInput = [
      { type: 'update', table: 't', record: 'a', ops: new Map([['f', { type: 'put', value: 1, before: undefined }]]) },
      { type: 'update', table: 't', record: 'a', ops: new Map([['f', { type: 'put', value: 2, before: 1 }]]) },
    ];
    sequencer.put(1, 'x', delta, 'owner');
    const [entry] = entriesOf(sequencer, 1);
    expect(entry?.delta.changes).toEqual([put('a', 'f', 2)]);
    expect(Object.isFrozen(entry)).toBe(true);
  });

  test.each([
    [-1, 'x', 'owner', 'invalid-revision'],
    [0.5, 'x', 'owner', 'invalid-revision'],
    [0, '', 'owner', 'invalid-nonce'],
    [0, 'a b', 'owner', 'invalid-nonce'],
    [0, 'x'.repeat(129), 'owner', 'invalid-nonce'],
    [0, 'x', 'admin', 'invalid-option'],
  ])('with revision %s, nonce %j and role %s throws %s', (rev, nonce, role, code) => {
    expect(() => new Sequencer().put(rev, nonce, [], role as 'owner')).toThrow(expect.objectContaining({ code }));
  });
});

describe('a proposal', () => {
  const message = { type: 'put', rev: 1, nonce: 'x', delta: Delta.from([put('a', 'f', 1)]) } as const;
  const stateOf = (sequencer: Sequencer): string =>
    JSON.stringify([sequencer.snapshot(), sequencer.firstRevision, sequencer.deltasSince(0)]);

  test('is the answer and the entry, and changes nothing until the entry is accepted', () => {
    const [sequencer, twin] = [sequencerWith([[I('a', { f: 0 })]]), sequencerWith([[I('a', { f: 0 })]])];
    const before = stateOf(sequencer);
    const { answer, entry } = sequencer.propose(message, 'editor');
    expect(answer).toEqual({ type: 'accepted', nonce: 'x', rev: 2 });
    expect(stateOf(sequencer)).toBe(before);
    expect(twin.answer(message, 'editor')).toEqual(answer);
    if (entry === undefined) throw new Error('An accepted put has an entry');
    sequencer.accept(entry);
    expect(stateOf(sequencer)).toBe(stateOf(twin));
    expect(summary(sequencer.put(1, 'x', message.delta, 'editor'))).toBe('repeated 2');
  });

  test('that is dropped has not been made: the same can be put again, and so can something else', () => {
    const sequencer = sequencerWith([[I('a', { f: 0 })]]);
    sequencer.propose(message, 'editor');
    expect(sequencer.propose(message, 'editor').answer).toEqual({ type: 'accepted', nonce: 'x', rev: 2 });
    expect(summary(sequencer.put(1, 'y', [put('a', 'f', 2)], 'editor'))).toBe('accepted 2');
    expect(sequencer.get('t', 'a')).toEqual(new Map([['f', 2]]));
  });

  test('is rejected once another was accepted, and changes nothing then', () => {
    const sequencer = sequencerWith([[I('a', { f: 0 })]]);
    const { entry } = sequencer.propose(message, 'editor');
    sequencer.put(1, 'y', [put('a', 'f', 2)], 'editor');
    const before = stateOf(sequencer);
    expect(() => entry !== undefined && sequencer.accept(entry)).toThrow(expect.objectContaining({ code: 'log-gap' }));
    expect(stateOf(sequencer)).toBe(before);
  });

  test('has no entry where nothing enters the log', () => {
    const sequencer = sequencerWith(FOUR);
    const messages: ReplicaMessage[] = [
      { type: 'fetch', rev: 1 },
      { type: 'fetch-snapshot' },
      { ...message, rev: 3 },
      { ...message, rev: 9 },
      { ...message, rev: 4, delta: Delta.from([I('a')]) },
      { ...message, rev: 3, nonce: 'n4' },
    ];
    for (const each of messages) {
      const { answer, entry } = sequencer.propose(each, 'editor');
      expect([entry, JSON.stringify(answer)]).toEqual([undefined, JSON.stringify(sequencer.answer(each, 'editor'))]);
    }
  });

  test('of another sequencer of the log is accepted without limits, and what does not fit changes nothing', () => {
    const sequencer = new Sequencer({ limits: { ...NO_LIMITS, recordCount: 1 } });
    const entries = entriesOf(sequencerWith([[I('a')], [I('b')]]), 0);
    for (const entry of entries) sequencer.accept(entry);
    expect([sequencer.revision, sequencer.snapshot().nonces]).toEqual([2, ['n1', 'n2']]);
    const before = stateOf(sequencer);
    for (const [nonce, delta, code] of [
      ['x', Delta.from([I('a')]), 'record-exists'],
      ['n1', Delta.from([I('c')]), 'log-mismatch'],
    ] as const) {
      expect(() => sequencer.accept({ rev: 3, nonce, delta })).toThrow(expect.objectContaining({ code }));
    }
    expect(stateOf(sequencer)).toBe(before);
  });
});

describe('the log', () => {
  test('is handed out from any revision that it reaches back to', () => {
    const sequencer = sequencerWith(FOUR);
    expect(entriesOf(sequencer, 0).map(({ rev }) => rev)).toEqual([1, 2, 3, 4]);
    expect(entriesOf(sequencer, 4)).toEqual([]);
    sequencer.trim(2);
    expect(sequencer.firstRevision).toBe(2);
    expect(entriesOf(sequencer, 2).map(({ rev }) => rev)).toEqual([3, 4]);
  });

  test('is handed out in pages, to a fetch and to a put, and says how far it goes on', () => {
    // Each entry counts 100 bytes, each delta 100, and each change 100.
    const sequencer = sequencerWith(FOUR, { answerSize: 600 });
    const revisions = ({ entries, rev }: LogPage): unknown => [entries.map((entry) => entry.rev), rev];
    const fetched = [0, 1, 2, 3, 4].map((rev) => revisions(sequencer.deltasSince(rev) as Entries));
    expect(fetched).toEqual([
      [[1, 2], 4],
      [[2, 3], 4],
      [[3, 4], undefined],
      [[4], undefined],
      [[], undefined],
    ]);
    const missed = sequencer.put(0, 'x', [], 'owner');
    expect(missed.type === 'conflict' && revisions(missed)).toEqual([[1, 2], 4]);
    expect(sequencer.save().log).toHaveLength(4);
    const least = sequencerWith(FOUR, { answerSize: 0 });
    expect(revisions(least.deltasSince(2) as Entries)).toEqual([[3], 4]);
    for (const answerSize of [-1, 1.5]) {
      expect(() => new Sequencer({ answerSize })).toThrow(expect.objectContaining({ code: 'invalid-option' }));
    }
  });

  test('of many small entries is answered a part at a time', () => {
    const sequencer = sequencerWith(Array.from({ length: 12_000 }, () => []));
    const answer = sequencer.deltasSince(0);
    expect(answer.type === 'entries' && [answer.entries.length, answer.rev]).toEqual([10_485, 12_000]);
  });

  test('stays as it is, whatever becomes of the bytes in what is handed out of it', () => {
    const sequencer = sequencerWith([[I('a', { f: { B: 'AQ' } })]]);
    const bytesOf = (): Uint8Array => {
      const [change] = entriesOf(sequencer, 0)[0]?.delta ?? [];
      return (change?.type === 'insert' ? change.fields.get('f') : undefined) as Uint8Array;
    };
    bytesOf()[0] = 9;
    expect(bytesOf()).toEqual(new Uint8Array([1]));
  });

  test('is never served as complete once it was trimmed, nor beyond its end', () => {
    const sequencer = sequencerWith(FOUR);
    sequencer.trim(2);
    expect(sequencer.deltasSince(1)).toEqual({ type: 'reset', since: 1, rev: 4 });
    expect(sequencer.put(1, 'x', [], 'owner')).toEqual({ type: 'reset', since: 1, rev: 4 });
    expect(sequencer.deltasSince(5)).toEqual({ type: 'reset', since: 5, rev: 4 });
    expect(() => sequencer.trim(5)).toThrow(expect.objectContaining({ code: 'invalid-revision' }));
  });

  test('trimmed back to where it was trimmed already stays as it is', () => {
    const sequencer = sequencerWith(FOUR);
    sequencer.trim(3);
    sequencer.trim(1);
    expect(sequencer.firstRevision).toBe(3);
    sequencer.trim(4);
    expect(entriesOf(sequencer, 4)).toEqual([]);
  });

  test('trimmed a second time keeps all entries after that', () => {
    const sequencer = sequencerWith(FOUR);
    sequencer.trim(1);
    sequencer.trim(2);
    expect(entriesOf(sequencer, 2)).toHaveLength(2);
    expect(sequencer.save().log.map(({ rev }) => rev)).toEqual([3, 4]);
  });

  test('recognises a retry after trimming while the nonce is among the recent ones; then the retry is reset', () => {
    const sequencer = sequencerWith(FOUR, { recentNonces: 2 });
    expect(summary(sequencer.put(0, 'n1', [I('a')], 'owner'))).toBe('repeated 1');
    sequencer.trim(4);
    expect(summary(sequencer.put(2, 'n3', [put('a', 'f', 2)], 'owner'))).toBe('repeated 3');
    expect(summary(sequencer.put(1, 'n2', [put('a', 'f', 1)], 'owner'))).toBe('reset 1 4');
    expect(sequencer.revision).toBe(4);
  });

  test('forgets a nonce without a search for the oldest one', () => {
    const log = new Log(0, [], [], 3);
    const append = (rev: number): void => log.append({ rev, nonce: `n${rev}`, delta: NO_CHANGES });
    const nonces = (): number[] => [1, 2, 3, 4, 5, 6, 7].filter((rev) => log.revisionOf(`n${rev}`) === rev);
    const { keys, entries, values, forEach } = Map.prototype;
    const iterator = Map.prototype[Symbol.iterator];
    const forbidden = (): never => {
      throw new Error('a Map was searched');
    };
    Object.assign(Map.prototype, { keys: forbidden, entries: forbidden, values: forbidden, forEach: forbidden });
    Map.prototype[Symbol.iterator] = forbidden;
    try {
      for (const rev of [1, 2, 3, 4, 5]) append(rev);
      log.trim(5);
      for (const rev of [6, 7]) append(rev);
    } finally {
      Object.assign(Map.prototype, { keys, entries, values, forEach });
      Map.prototype[Symbol.iterator] = iterator;
    }
    expect(nonces()).toEqual([5, 6, 7]);
    expect(log.recentNonces()).toEqual(['n5', 'n6', 'n7']);
  });

  test('rejects a count of nonces that is none', () => {
    for (const recentNonces of [-1, 1.5]) {
      expect(() => new Sequencer({ recentNonces })).toThrow(expect.objectContaining({ code: 'invalid-option' }));
    }
  });
});

test('a record of the newest state can be read', () => {
  const sequencer = sequencerWith(FOUR);
  expect(sequencer.get('t', 'a')).toEqual(new Map([['f', 3]]));
  expect(sequencer.get('t', 'nothing')).toBeUndefined();
  expect(sequencer.get('nothing', 'a')).toBeUndefined();
});

describe('a restored sequencer', () => {
  const log = entriesOf(sequencerWith(FOUR), 0);
  const snapshotAt = (rev: number, recentNonces = 100): Snapshot =>
    sequencerWith(FOUR.slice(0, rev), { recentNonces }).snapshot();

  test('goes on from every snapshot and every stored log that reaches it, exactly as the first would have', () => {
    for (let at = 0; at <= 4; at++) {
      for (let first = 0; first <= at; first++) {
        const restored = Sequencer.restore(snapshotAt(at), log.slice(first));
        expect(restored.revision).toBe(4);
        expect(restored.snapshot()).toEqual(sequencerWith(FOUR).snapshot());
        expect(restored.firstRevision).toBe(first);
        expect(entriesOf(restored, first)).toEqual(log.slice(first));
        expect(summary(restored.put(1, 'n2', [put('a', 'f', 1)], 'owner'))).toBe('repeated 2');
        expect(summary(restored.put(4, 'x', [D('a')], 'owner'))).toBe('accepted 5');
      }
    }
  });

  test('knows the nonces of the snapshot and of the stored log, and keeps as many as it is told', () => {
    const restored = Sequencer.restore(snapshotAt(3, 1), log.slice(3), { recentNonces: 2 });
    expect(restored.snapshot().nonces).toEqual(['n3', 'n4']);
    const older = Sequencer.restore(snapshotAt(4, 1), log.slice(1), { recentNonces: 4 });
    expect(older.snapshot().nonces).toEqual(['n2', 'n3', 'n4']);
    const shorter = Sequencer.restore(snapshotAt(4, 3), log.slice(3), { recentNonces: 4 });
    expect(shorter.snapshot().nonces).toEqual(['n2', 'n3', 'n4']);
  });

  test('keeps a nonce that occurs twice up to the snapshot for the later revision', () => {
    const [first, second] = log;
    if (first === undefined || second === undefined) throw new Error('The log has two entries');
    const snapshot = { ...snapshotAt(3), nonces: [first.nonce] };
    const third = { ...second, rev: 3, nonce: 'n3' };
    const restored = Sequencer.restore(snapshot, [first, second, third]);
    expect(restored.snapshot().nonces).toEqual([second.nonce, first.nonce]);
  });

  test('makes snapshots with nonces of consecutive revisions alone, as far back as they are known', () => {
    const snapshot = { ...snapshotAt(4), nonces: ['n2'] };
    const restored = Sequencer.restore(snapshot, log);
    // n2 is that of revision 4, so nobody knows that of revision 2.
    expect(restored.snapshot().nonces).toEqual(['n3', 'n2']);
    expect(summary(restored.put(0, 'n1', log[0]?.delta ?? [], 'owner'))).toBe('repeated 1');
  });

  test('refuses a log with a gap, one that does not reach the snapshot, and one with a nonce twice', () => {
    const restore = (at: number, entries: readonly (LogEntry | undefined)[]): (() => Sequencer) => {
      const found = entries.filter((entry) => entry !== undefined);
      return () => Sequencer.restore(snapshotAt(at), found);
    };
    const gap = expect.objectContaining({ code: 'log-gap' });
    expect(restore(1, [log[1], log[3]])).toThrow(gap);
    expect(restore(1, [log[2], log[3]])).toThrow(gap);
    expect(restore(4, [log[0], log[1]])).toThrow(gap);
    const twice = log.map((entry) => ({ ...entry, nonce: 'n' }));
    expect(restore(0, twice)).toThrow(expect.objectContaining({ code: 'log-mismatch' }));
  });

  test('refuses a snapshot with more nonces than revisions, or one twice', () => {
    const mismatch = expect.objectContaining({ code: 'log-mismatch' });
    expect(() => Sequencer.restore({ ...snapshotAt(1), nonces: ['a', 'b'] }, [])).toThrow(mismatch);
    expect(() => Sequencer.restore({ ...snapshotAt(2), nonces: ['a', 'a'] }, [])).toThrow(mismatch);
  });
});

describe('answers', () => {
  test('to a fetch, for a snapshot and to a put, are what the methods return', () => {
    const sequencer = sequencerWith(FOUR);
    expect(sequencer.answer({ type: 'fetch', rev: 2 }, 'viewer')).toEqual(sequencer.deltasSince(2));
    expect(sequencer.answer({ type: 'fetch-snapshot' }, 'viewer')).toEqual(sequencer.snapshot());
    const message = { type: 'put', rev: 4, nonce: 'x', delta: Delta.from([D('a')]) } as const;
    expect(sequencer.answer(message, 'editor')).toEqual({ type: 'accepted', nonce: 'x', rev: 5 });
  });

  test('to a malformed message are errors', () => {
    const bogus = { type: 'bogus' } as unknown as ReplicaMessage;
    expect(() => new Sequencer().answer(bogus, 'owner')).toThrow(expect.objectContaining({ code: 'invalid-json' }));
  });

  test('are denied to the role none', () => {
    const sequencer = sequencerWith(FOUR);
    expect(sequencer.answer({ type: 'fetch', rev: 0 }, 'none')).toEqual({ type: 'denied' });
    expect(sequencer.answer({ type: 'fetch-snapshot' }, 'none')).toEqual({ type: 'denied' });
  });
});
