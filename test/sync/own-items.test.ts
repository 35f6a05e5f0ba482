import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeReplica, encodeReplica } from '../../src/codec/binary/index.js';
import { type Change, Delta, type FieldOp, type ListOp } from '../../src/index.js';
import { Replica, type SavedReplica, Sequencer } from '../../src/sync/index.js';
import { OwnItems } from '../../src/sync/own-items.js';
import { runs } from '../support/seed.js';
import { I, seen, U } from './notation.js';
import { Pair } from './pair.js';

const PLACE = { table: 't', record: 'r' } as const;

function update(op: FieldOp, field = 'f'): Change {
  return { type: 'update', ...PLACE, ops: new Map([[field, op]]) };
}

function list(...ops: readonly ListOp[]): Change {
  return update({ type: 'list', create: false, ops });
}

function insert(index: number, atEnd = false): ListOp {
  return { type: 'insert', index, value: 'x', ...(atEnd ? { atEnd } : {}) };
}

/** The indexes of the own items of a list. */
function ownIn(own: OwnItems, length: number, field = 'f'): number[] {
  const isOwn = own.isOwn('t', 'r', field);
  return Array.from({ length }, (_, index) => index).filter((index) => isOwn?.(index) === true);
}

describe('own items', () => {
  test('of a delta in flight that a snapshot has are own, as if it had been confirmed', () => {
    const pair = new Pair();
    pair.other(I('a', { list: ['x'] }));
    pair.catchUp();
    pair.edit(U('a', { list: ['LI', 1, 'mine'] }));
    pair.answer(pair.outgoing());
    pair.other(U('a', { list: ['LI', 0, 'o'] }));
    pair.sequencer.trim(pair.sequencer.revision);
    pair.replica.receive(pair.sequencer.answer(pair.replica.request(), 'owner'));
    pair.replica.receive(pair.sequencer.snapshot());
    pair.sync();
    expect(seen(pair.replica)).toBe('a{list=["o","x","mine"]}');
    expect(pair.replica.save().own?.[0]).toEqual([['t', 'a', 'list', [[2, 3]]]]);
  });

  test('are what a list of flags would say, as long as there are few runs', () => {
    const step = fc.record({
      kind: fc.constantFrom('insert', 'insert', 'insert', 'delete', 'move', 'put' as const),
      isOwn: fc.boolean(),
      at: fc.nat({ max: 9 }),
      to: fc.nat({ max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        const own = OwnItems.none();
        const flags = [false, false, false];
        for (const { kind, isOwn, at, to } of steps) {
          const index = at % (flags.length + (kind === 'insert' ? 1 : 0) || 1);
          if (kind === 'insert') {
            own.follow([list(insert(index))], isOwn);
            flags.splice(index, 0, isOwn);
          } else if (flags.length > 0) {
            const target = to % flags.length;
            if (kind === 'delete') {
              own.follow([list({ type: 'delete', index })], isOwn);
              flags.splice(index, 1);
            } else if (kind === 'move') {
              own.follow([list({ type: 'move', from: index, to: target })], isOwn);
              flags.splice(target, 0, ...flags.splice(index, 1));
            } else own.follow([list({ type: 'put', index, value: 'y' })], isOwn);
          }
          const expected = flags.flatMap((flag, place) => (flag ? [place] : []));
          expect(ownIn(own, flags.length)).toEqual(expected);
          expect(ownIn(OwnItems.restore(own.save()), flags.length)).toEqual(expected);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  test('are forgotten with a put or delete of the list, and with the record', () => {
    const endings: Change[] = [
      update({ type: 'put', value: ['a', 'b', 'c'] }),
      update({ type: 'delete' }),
      { type: 'delete', ...PLACE },
      { type: 'insert', ...PLACE, fields: new Map([['f', ['a', 'b', 'c']]]) },
    ];
    for (const ending of endings) {
      const own = OwnItems.none();
      own.follow([list(insert(0), insert(1))], true);
      expect(ownIn(own, 3)).toEqual([0, 1]);
      own.follow([ending], false);
      expect(ownIn(own, 3)).toEqual([]);
    }
  });

  test('are all items of a list that was put, or inserted with a record', () => {
    const own = OwnItems.none();
    own.follow([update({ type: 'put', value: ['a', 'b'] })], true);
    expect(ownIn(own, 3)).toEqual([0, 1]);
    own.follow([{ type: 'insert', ...PLACE, fields: new Map([['f', ['a', 'b', 'c']]]) }], true);
    expect(ownIn(own, 4)).toEqual([0, 1, 2]);
  });

  test('are remembered for the 16 runs that grew last, and the 256 lists that were edited last', () => {
    const own = OwnItems.none();
    for (let run = 0; run < 20; run++) own.follow([list(insert(0)), list(insert(0))], run % 2 === 0);
    for (let run = 0; run < 20; run++) {
      own.follow([list(insert(0))], true);
      own.follow([list(insert(0))], false);
    }
    expect(own.save()[0]?.[3]).toHaveLength(16);
    for (let field = 0; field < 300; field++) {
      own.follow([update({ type: 'list', create: false, ops: [insert(0)] }, `f${field}`)], true);
    }
    expect(own.save()).toHaveLength(256);
    expect([ownIn(own, 1, 'f43'), ownIn(own, 1, 'f44')]).toEqual([[], [0]]);
  });

  test('of names that a plain object could not hold', () => {
    const own = OwnItems.none();
    own.follow([update({ type: 'list', create: false, ops: [insert(0)] }, '__proto__')], true);
    expect(ownIn(OwnItems.restore(own.save()), 1, '__proto__')).toEqual([0]);
  });
});

describe('a saved replica', () => {
  /** A replica with an own item in the log, and an insert and an append that wait. */
  function saved(): SavedReplica {
    let nonces = 0;
    const options = { nextNonce: () => `n${++nonces}` };
    const sequencer = new Sequencer();
    const replica = new Replica(options);
    replica.apply([{ type: 'insert', ...PLACE, fields: new Map([['f', []]]) }]);
    replica.apply([list(insert(0), insert(1))]);
    replica.seal(new Date(0));
    const put = replica.outgoing();
    if (put !== undefined) replica.receive(sequencer.answer(put, 'owner'));
    replica.sync(new Date(0));
    replica.apply([list(insert(1), insert(3, true))]);
    return replica.save();
  }

  test('has own items and appends, in JSON and in bytes', () => {
    const replica = saved();
    expect(replica.own).toEqual([[['t', 'r', 'f', [[0, 2]]]], [[0, 't', 'r', 'f', [1]]]]);
    const options = { nextNonce: () => 'n' };
    expect(Replica.load(JSON.parse(JSON.stringify(replica)), options).save()).toEqual(replica);
    expect(decodeReplica(encodeReplica(replica))).toEqual(replica);
  });

  test('without any says nothing of them', () => {
    const { own: _, ...others } = saved();
    const loaded = Replica.load({ ...others, open: [] }, { nextNonce: () => 'n' });
    expect('own' in loaded.save()).toBe(false);
  });

  test('is rejected if it says what cannot be', () => {
    const replica = saved();
    const [items, appends] = replica.own ?? [[], []];
    const wrong: unknown[] = [
      null,
      [items],
      [items, appends, []],
      [[['t', 'r', 'f', []]], []],
      [[['t', 'r', 'f', [[1, 1]]]], []],
      [
        [
          [
            't',
            'r',
            'f',
            [
              [0, 2],
              [1, 3],
            ],
          ],
        ],
        [],
      ],
      [[['t', 'r', 'due date', [[0, 1]]]], []],
      [[['t', 'r', 'f', Array.from({ length: 17 }, (_, at) => [2 * at, 2 * at + 1])]], []],
      [[], [[0, 't', 'r', 'f', []]]],
      [[], [[0, 't', 'r', 'f', [1, 1]]]],
      [[], [[0, 't', 'r', 'f', [9]]]],
      [[], [[1, 't', 'r', 'f', [1]]]],
      [[], [...appends, ...appends]],
      [[], []],
      [[...items, ...items], []],
      [Array.from({ length: 257 }, (_, at) => ['t', 'r', `f${at}`, [[0, 1]]]), []],
      [items, [...appends, [0, 's', 'r', 'f', [0]]]],
    ];
    for (const own of wrong) {
      expect(() => Replica.load({ ...replica, own }, { nextNonce: () => 'n' })).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^invalid-(json|name)$/) }),
      );
    }
  });

  test('is put without appends: what travels is the same', () => {
    const replica = Replica.load(saved(), { nextNonce: () => 'n' });
    replica.seal(new Date(0));
    const sent = inspect(replica.outgoing()?.delta.changes, { depth: null });
    expect(sent).toContain("type: 'insert'");
    expect(sent).not.toContain('atEnd');
    expect(Delta.from([list(insert(0, true))]).changes).toEqual([list(insert(0, true))]);
  });
});
