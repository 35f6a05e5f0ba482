import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  compress,
  Delta,
  type DeltaInput,
  type FieldOp,
  formatDelta,
  formatState,
  invert,
  type Row,
  type State,
  sizeOfChange,
  sizeOfDelta,
  sizeOfRecord,
  sizeOfValue,
  type Value,
  type WireAtom,
  type WireValue,
} from '../../src/index.js';
import { arbitraryHistory } from '../support/arbitraries/deltas.js';
import { arbitraryFields, arbitraryText, arbitraryValue } from '../support/arbitraries/values.js';
import { runs } from '../support/seed.js';
import { showState } from '../support/show.js';
import { refusalOf } from './refusal.js';

const utf8 = new TextEncoder();

/** The naive twin reads sizes off the wire form: nothing of the engine's own counting is in it. */
function recountAtom(wire: WireAtom): number {
  if (typeof wire === 'string') return utf8.encode(wire).length;
  return typeof wire === 'object' && 'B' in wire ? Buffer.from(wire.B, 'base64url').length : 0;
}

function recountValue(wire: WireValue): number {
  if (!Array.isArray(wire)) return recountAtom(wire as WireAtom);
  return wire.reduce((size: number, item: WireAtom) => size + 20 + recountAtom(item), 0);
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

function recountRow({ data }: Row): number {
  return 100 + sum(Object.values(data).map((value) => 100 + recountValue(value)));
}

function recountState(state: State): number {
  return 1000 + sum(formatState(state).map(recountRow));
}

function recountDelta(delta: DeltaInput): number {
  const changes = formatDelta(delta).map(([tag, , , content]) => {
    if (tag === 'I') return 100 + sum(Object.values(content).map(recountValue));
    if (tag === 'D') return 100;
    return 100 + sum(Object.values(content).map(([, first, second]) => valueSize(first) + valueSize(second)));
  });
  return changes.length === 0 ? 0 : 100 + sum(changes);
}

/** An index weighs nothing, as a double does. */
function valueSize(part: WireValue | undefined): number {
  return part === undefined ? 0 : recountValue(part);
}

const insert = (...values: Value[]): Change => ({
  type: 'insert',
  table: 't',
  record: 'r',
  fields: new Map(values.map((value, at) => [`f${at}`, value])),
});
const update = (...ops: FieldOp[]): Change => ({
  type: 'update',
  table: 't',
  record: 'r',
  ops: new Map(ops.map((op, at) => [`f${at}`, op])),
});

describe('sizes counted by hand', () => {
  const values: readonly (readonly [Value, number])[] = [
    ...[true, 1n, 1.5, Number.NaN, new Date(0), '', new Uint8Array(), []].map((value) => [value, 0] as const),
    ['abc', 3],
    ['é', 2],
    ['\u07ff\u0800', 5],
    ['\ud7ff\ue000\uffff', 9],
    ['\u{1f600}', 4],
    ['a\u{10ffff}é', 7],
    [new Uint8Array(7), 7],
    [[true, 1n, 0.5, new Date(0)], 80],
    [['abc', '', new Uint8Array(2)], 65],
  ];
  it.each(values)('%o weighs %i', (value, size) => {
    expect(sizeOfValue(value)).toBe(size);
    expect(
      sizeOfRecord(
        new Map([
          ['f', value],
          ['g', 'xyz'],
        ]),
      ),
    ).toBe(100 + 100 + size + 100 + 3);
  });

  const changes: readonly (readonly [string, Change, number])[] = [
    ['an empty insert', insert(), 100],
    ['an insert counts the items of lists', insert('abc', ['d'], 1n), 124],
    ['a delete', { type: 'delete', table: 't', record: 'r', before: new Map([['f', 'abc']]) }, 100],
    ['an empty update', update(), 100],
    ['a put', update({ type: 'put', value: 'abc', before: 'abcdef' }), 103],
    ['a put of a list counts its items', update({ type: 'put', value: ['abc', 1n] }), 143],
    ['puts and deletes of several fields', update({ type: 'put', value: 'é' }, { type: 'delete', before: 'x' }), 102],
    ['a list without steps', update({ type: 'list', create: false, ops: [] }), 100],
    ['a create', update({ type: 'list', create: true, ops: [] }), 100],
    [
      'list operations, each after the first another change, and no 20 for an item',
      update({
        type: 'list',
        create: true,
        ops: [
          { type: 'insert', index: 0, value: 'abc' },
          { type: 'put', index: 0, value: 'de', before: 'abc' },
          { type: 'move', from: 0, to: 0 },
          { type: 'delete', index: 0, before: 'de' },
        ],
      }),
      505,
    ],
    [
      'list operations of two fields beside a put',
      update(
        { type: 'list', create: false, ops: [{ type: 'delete', index: 0 }] },
        { type: 'list', create: false, ops: [{ type: 'insert', index: 0, value: 'ab' }] },
        { type: 'put', value: 'c' },
      ),
      203,
    ],
  ];
  it.each(changes)('%s', (_title, change, size) => {
    expect(sizeOfChange(change)).toBe(size);
    const doesNothing = Delta.from([change]).length === 0;
    expect(sizeOfDelta([change])).toBe(doesNothing ? 0 : 100 + size);
    expect(sizeOfDelta([change, { ...insert('abc'), record: 'other' }])).toBe(100 + (doesNothing ? 0 : size) + 103);
  });

  it('a delta without changes weighs nothing', () => {
    expect(sizeOfDelta([])).toBe(0);
  });
});

describe('sizes recounted', () => {
  it('a string weighs its UTF-8, values and records what their wire forms say', () => {
    fc.assert(
      fc.property(arbitraryText(40), arbitraryValue(), arbitraryFields(), (text, value, fields) => {
        expect(sizeOfValue(text)).toBe(utf8.encode(text).length);
        const [wire] = formatDelta([insert(value)]);
        expect(sizeOfChange(insert(value))).toBe(100 + sum(Object.values(wire?.[3] ?? {}).map(recountValue)));
        expect(sizeOfRecord(fields)).toBe(100 + sum([...fields.values()].map((one) => 100 + sizeOfValue(one))));
      }),
      { numRuns: runs(500) },
    );
  });

  it('State.size and recordCount equal a recount after any sequence of deltas, refused ones and undoing included', () => {
    fc.assert(
      fc.property(arbitraryHistory(4), fc.nat(), ({ base, deltas }, at) => {
        const state = base.clone();
        const expectRecounted = (): void => {
          expect(state.size).toBe(recountState(state));
          expect(state.recordCount).toBe(formatState(state).length);
        };
        expectRecounted();
        for (const delta of deltas) {
          const broken = delta.toSpliced(at % (delta.length + 1), 0, {
            type: 'delete',
            table: 't',
            record: 'none',
          });
          expect(refusalOf(() => state.apply(broken))?.code).toBe('record-missing');
          expectRecounted();
          const before = showState(state);
          const applied = state.apply(delta);
          expectRecounted();
          const undoing = state.clone();
          undoing.apply(invert(applied));
          expect([showState(undoing), undoing.size]).toEqual([before, recountState(undoing)]);
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('a delta weighs what its wire changes weigh, with `before` or without, compressed or not', () => {
    fc.assert(
      fc.property(arbitraryHistory(3), ({ base, deltas }) => {
        const state = base.clone();
        for (const delta of deltas) {
          const applied = state.apply(delta);
          for (const form of [delta, applied, compress(delta)]) expect(sizeOfDelta(form)).toBe(recountDelta(form));
          expect(sizeOfDelta(applied)).toBe(sizeOfDelta(delta));
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('compressing never enlarges', () => {
    fc.assert(
      fc.property(arbitraryHistory(3, 10), ({ deltas }) => {
        const changes = deltas.flat();
        expect(sizeOfDelta(compress(changes))).toBeLessThanOrEqual(sizeOfDelta(changes));
      }),
      { numRuns: runs(500) },
    );
  });
});
