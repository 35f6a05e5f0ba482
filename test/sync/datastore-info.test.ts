import { describe, expect, test } from 'vitest';
import { type Change, type DeltaInput, type FieldOp, type Limits, NO_LIMITS } from '../../src/index.js';
import { D, I, put } from './notation.js';
import { EPOCH, Pair, statusOf } from './pair.js';

describe('the modified time', () => {
  test('is set when sync() seals local edits, and only then', () => {
    const pair = new Pair();
    pair.sync(new Date(5));
    expect(pair.replica.mtime).toBeUndefined();
    pair.replica.apply([I('a')]);
    pair.sync(new Date(6));
    pair.sync(new Date(7));
    expect(pair.replica.mtime).toEqual(new Date(6));
  });

  test('that is later already leaves nothing to put of an edit that was undone by hand, before a provisional one', () => {
    const pair = new Pair();
    pair.replica.apply([I('a')]);
    pair.sync(new Date(9));
    pair.exchange();
    for (const edit of [I('x'), D('x')]) {
      pair.replica.apply([edit]);
      pair.sync(new Date(5));
    }
    pair.replica.apply([I('y')]);
    expect(pair.replica.seal(new Date(5))).toBe(true);
    expect(pair.replica.provisional).toBe('next');
  });

  test('is never set, and does not stay, more than a day ahead of the server once its time is known', () => {
    const day = 86_400_000;
    const century = new Date('2126-11-29');
    const pair = new Pair();
    pair.replica.apply([I('a')]);
    pair.sync(century);
    pair.exchange();
    expect(pair.replica.mtime).toEqual(century);
    // Nobody knows better, so it stays.
    pair.edit(put('a', 'f', 1));
    expect(pair.replica.mtime).toEqual(century);
    pair.replica.setClockOffset(50);
    pair.replica.apply([put('a', 'f', 2)]);
    pair.replica.seal(new Date(1000));
    expect(pair.replica.mtime).toEqual(new Date(1000));
    pair.replica.setClockOffset(-day);
    pair.replica.apply([put('a', 'f', 3)]);
    pair.sync(new Date(2 * day));
    expect(pair.replica.mtime).toEqual(new Date(2 * day));
    pair.replica.setClockOffset(-day - 1);
    pair.replica.apply([put('a', 'f', 4)]);
    pair.sync(new Date(3 * day));
    expect(pair.replica.mtime).toEqual(new Date(2 * day));
    pair.replica.apply([put('a', 'f', 5)]);
    pair.sync(new Date(5 * day));
    expect(pair.replica.mtime).toEqual(new Date(4 * day - 1));
    expect(() => pair.replica.setClockOffset(0.5)).toThrow(expect.objectContaining({ code: 'invalid-option' }));
  });

  test('is not set by what others did, so two replicas do not answer each other for ever', () => {
    const pair = new Pair();
    pair.replica.receive({ type: 'entries', entries: [pair.other(I('a'))] });
    pair.sync(new Date(5));
    expect([pair.replica.mtime, statusOf(pair.replica)]).toEqual([undefined, 'isIdle']);
  });

  test('never goes back, neither by a clock that lies nor by a merge', () => {
    const pair = new Pair();
    pair.replica.apply([I('a')]);
    pair.sync(new Date(9));
    pair.replica.apply([put('a', 'f', 1)]);
    pair.sync(new Date(4));
    expect(pair.replica.mtime).toEqual(new Date(9));
    pair.other({ type: 'insert', table: ':info', record: 'info', fields: new Map([['mtime', new Date(7)]]) });
    pair.settle();
    expect(pair.replica.mtime).toEqual(new Date(9));
    pair.other({
      type: 'update',
      table: ':info',
      record: 'info',
      ops: new Map([['mtime', { type: 'put', value: new Date(20) }]]),
    });
    pair.replica.apply([put('a', 'f', 2)]);
    pair.sync(new Date(15));
    pair.settle();
    expect(pair.replica.mtime).toEqual(new Date(20));
  });

  const infoMade: Change = { type: 'insert', table: ':info', record: 'info', fields: new Map() };
  const infoDeleted: Change = { type: 'delete', table: ':info', record: 'info' };
  const infoUpdated = (field: string, op: FieldOp): Change => {
    return { type: 'update', table: ':info', record: 'info', ops: new Map([[field, op]]) };
  };
  const titled = infoUpdated('title', { type: 'put', value: 'x'.repeat(50) });
  const timeDeleted = infoUpdated('mtime', { type: 'delete' });

  test.each([
    ['its record', 'recordSize', 350, [titled], 'record-too-large'],
    ['the datastore, that an edit deletes', 'datastoreSize', 1400, [timeDeleted, I('b')], 'datastore-too-large'],
    ['the datastore, with its record', 'datastoreSize', 1400, [infoDeleted, I('b')], 'datastore-too-large'],
    ['the number of records, with its record', 'recordCount', 3, [infoDeleted, I('b')], 'too-many-records'],
  ] satisfies [string, keyof Limits, number, DeltaInput, string][])(
    'finds room in %s',
    (_, limit, needed, edit, code) => {
      const within = (most: number): Pair => {
        const limits = { ...NO_LIMITS, [limit]: most };
        const pair = new Pair({ limits, sequencer: { limits } });
        pair.replica.apply([infoMade, I('a')]);
        if (limit !== 'recordSize') pair.sync();
        return pair;
      };
      expect(() => within(needed - 1).replica.apply(edit)).toThrow(expect.objectContaining({ code }));
      const pair = within(needed);
      pair.replica.apply(edit);
      pair.settle();
      expect(pair.replica.mtime).toEqual(EPOCH);
      expect(pair.sequencer.revision).toBe(1);
    },
  );

  test('is a copy that changes nothing inside', () => {
    const pair = new Pair();
    const time = new Date(5);
    pair.replica.apply([I('a')]);
    pair.sync(time);
    time.setTime(1);
    pair.replica.mtime?.setTime(2);
    expect(pair.replica.mtime).toEqual(new Date(5));
  });

  test('gives way to what somebody put there that sorts higher', () => {
    const pair = new Pair();
    pair.replica.apply([{ type: 'insert', table: ':info', record: 'info', fields: new Map([['mtime', ['x']]]) }]);
    pair.sync(new Date(5));
    expect(pair.replica.mtime).toBeUndefined();
    pair.settle();
  });
});

describe('the title', () => {
  test('is set, replaced and deleted, and reaches the others', () => {
    const pair = new Pair();
    expect(pair.replica.title).toBeUndefined();
    pair.replica.setTitle(undefined);
    expect(statusOf(pair.replica)).toBe('isIdle');
    pair.replica.setTitle('Groceries');
    expect(pair.replica.title).toBe('Groceries');
    pair.sync(new Date(5));
    pair.settle();
    expect(pair.sequencer.snapshot().rows).toEqual([
      { tid: ':info', rowid: 'info', data: { mtime: { T: '5' }, title: 'Groceries' } },
    ]);
    pair.replica.setTitle('Food');
    pair.replica.setTitle(undefined);
    expect(pair.replica.title).toBeUndefined();
  });

  test('that is refused by the limits leaves nothing behind', () => {
    const limits = { datastoreSize: 1250, recordSize: 1e6, deltaSize: 1e6, recordCount: 10 };
    const pair = new Pair({ limits });
    expect(() => pair.replica.setTitle('x'.repeat(200))).toThrow(
      expect.objectContaining({ code: 'datastore-too-large' }),
    );
    expect([pair.replica.recordCount, statusOf(pair.replica)]).toEqual([0, 'isIdle']);
  });
});
