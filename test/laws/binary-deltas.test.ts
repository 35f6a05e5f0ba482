import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDelta, encodeDelta } from '../../src/codec/binary/index.js';
import {
  type Atom,
  type Change,
  compress,
  Delta,
  type DeltaInput,
  type FieldOp,
  type Fields,
  type ListOp,
  LONG_MAX,
  LONG_MIN,
  type Value,
} from '../../src/index.js';
import { applyAll, arbitraryHistory } from '../support/arbitraries/deltas.js';
import { arbitraryFields, arbitraryName, HOSTILE_NAMES } from '../support/arbitraries/values.js';
import { runs } from '../support/seed.js';
import { showDelta, showValue } from '../support/show.js';
import { withSomeBefores } from '../support/some-befores.js';
import { refusalOf } from './refusal.js';

const insert = (fields: Fields, record = 'r'): Change => ({ type: 'insert', table: 't', record, fields });
const insertOf = (value: Value): DeltaInput => [insert(new Map([['f', value]]))];
const update = (ops: ReadonlyMap<string, FieldOp>): DeltaInput => [{ type: 'update', table: 't', record: 'r', ops }];
const edit = (...ops: readonly ListOp[]): DeltaInput => update(new Map([['f', { type: 'list', create: false, ops }]]));

function throughBytes(delta: DeltaInput): Delta {
  return decodeDelta(encodeDelta(delta));
}

/** The same maps, filled in the opposite order. */
function reversed(delta: DeltaInput): DeltaInput {
  const turn = <Entry>(map: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> => new Map([...map].reverse());
  return [...delta].map((change) => {
    if (change.type === 'insert') return { ...change, fields: turn(change.fields) };
    if (change.type === 'update') return { ...change, ops: turn(change.ops) };
    return change.before === undefined ? change : { ...change, before: turn(change.before) };
  });
}

describe('decodeDelta(encodeDelta(d)) = d', () => {
  it('for every valid sequence of changes, applied and not', () => {
    fc.assert(
      fc.property(arbitraryHistory(3, 8), ({ base, deltas }) => {
        const { applied } = applyAll(base, deltas);
        for (const delta of [...deltas, ...applied, deltas.flat(), applied.flatMap(({ changes }) => changes)]) {
          expect(throughBytes(delta).equals(delta)).toBe(true);
          expect(showDelta(throughBytes(reversed(delta)))).toBe(showDelta(throughBytes(delta)));
        }
      }),
      { numRuns: runs(150) },
    );
  });

  it('where some befores are known and others are not, and where they are absent', () => {
    fc.assert(
      fc.property(arbitraryHistory(1, 8), fc.infiniteStream(fc.boolean()), ({ base, deltas }, coins) => {
        const [applied = Delta.from([])] = applyAll(base, deltas).applied;
        const delta = withSomeBefores(applied, () => coins.next().value === true);
        expect(showDelta(throughBytes(delta))).toBe(showDelta(delta));
      }),
      { numRuns: runs(150) },
    );
  });

  it('for changes that fit no state, of all names and values', () => {
    const anyChange = fc
      .tuple(arbitraryName(), arbitraryName(), arbitraryFields(4), fc.nat({ max: 2 }))
      .map(([table, record, fields, kind]): Change => {
        if (kind === 0) return { type: 'insert', table, record, fields };
        if (kind === 1) return { type: 'delete', table, record, before: fields };
        const ops = new Map([...fields].map(([field, value]): [string, FieldOp] => [field, { type: 'put', value }]));
        return { type: 'update', table, record, ops };
      });
    const recordOf = ({ table, record }: Change): string => `${table}/${record}`;
    fc.assert(
      // One change a record: a second one could contradict the first, which no delta may.
      fc.property(fc.uniqueArray(anyChange, { maxLength: 5, selector: recordOf }), (delta) => {
        expect(throughBytes(delta).equals(delta)).toBe(true);
      }),
      { numRuns: runs(250) },
    );
  });

  const doubles = [0, -0, 1, -1, 0.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53, -(2 ** 53) + 1, -(2 ** 53), 5e-324, 1e308];
  const longs = [0n, 1n, -1n, 63n, 64n, -64n, -65n, 2n ** 52n, -(2n ** 52n), 2n ** 53n, 2n ** 62n, LONG_MAX, LONG_MIN];
  const texts = ['', 'a', 'ab', 'é', '\ufeff', '\ufeffab', '\uffff', '\u{10000}', '\u{10ffff}x', 'x'.repeat(300)];
  const values: readonly Value[] = [
    ...[true, false, ...doubles, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, ...longs, ...texts],
    ...[[], [127], [128], [...new Uint8Array(70_000)]].map((bytes) => Uint8Array.from(bytes)),
    ...[0, -1, 1, -62_135_596_800_000, 8.64e15, -8.64e15].map((time) => new Date(time)),
    ...[[], ['a'], ['a', 'ab', 'ab', 'é', '', ''], [1, 1n, true, Uint8Array.of(1), new Date(1)]],
  ];
  it.each(values.map((value) => [showValue(value).slice(0, 40), value] as const))('for the value %s', (_, value) => {
    expect(throughBytes(insertOf(value)).changes).toEqual(insertOf(value));
    expect(Object.is(firstValue(throughBytes(insertOf(value))), value) || typeof value === 'object').toBe(true);
  });

  it('for every length at which a number or header grows', () => {
    for (const length of [0, 1, 7, 8, 9, 15, 16, 17, 127, 128, 143, 144, 255, 256, 16_383, 16_384, 65_535, 65_536]) {
      const text = 'é'.repeat(length);
      const flags = Array.from({ length }, (_, at): Atom => at % 20 < 11);
      const typed = Array.from({ length }, (_, index): ListOp => ({ type: 'insert', index, value: 'x' }));
      const cleared = Array.from({ length }, (): ListOp => ({ type: 'delete', index: 3 }));
      for (const delta of [insertOf(text), insertOf(flags), insertOf([...text]), edit(...typed), edit(...cleared)]) {
        expect(throughBytes(delta).equals(delta)).toBe(true);
      }
    }
  });

  it('for names that have tripped up others', () => {
    const fields = new Map(HOSTILE_NAMES.map((name): [string, Value] => [name, name]));
    const delta = HOSTILE_NAMES.map((name): Change => ({ type: 'insert', table: name, record: name, fields }));
    expect(throughBytes(delta).equals(delta)).toBe(true);
    expect(Object.hasOwn(Object.prototype, 'f')).toBe(false);
  });

  it('and what comes out is frozen and new', () => {
    const bytes = Uint8Array.of(1, 2);
    const encoded = encodeDelta(insertOf([bytes, 'x']));
    const decoded = decodeDelta(encoded);
    encoded.fill(0);
    bytes.fill(0);
    expect(decoded.changes).toEqual(insertOf([Uint8Array.of(1, 2), 'x']));
    expect([decoded.changes, decoded.at(0), firstValue(decoded)].every((part) => Object.isFrozen(part))).toBe(true);
  });
});

describe('equal deltas give equal bytes', () => {
  it('whatever order their fields were set in', () => {
    fc.assert(
      fc.property(arbitraryHistory(1, 8), ({ base, deltas }) => {
        for (const delta of [...deltas, ...applyAll(base, deltas).applied]) {
          expect(encodeDelta(reversed(delta))).toEqual(encodeDelta(delta));
        }
      }),
    );
  });

  it('and different ones different bytes: before, type and sign count', () => {
    const put = (value: Value, before?: { before: Value | undefined }): DeltaInput =>
      update(new Map([['f', { type: 'put', value, ...before }]]));
    const different: readonly DeltaInput[] = [
      ...[put(1), put(1n), put(-0), put(0), put(true), put('1'), put([1]), put(new Date(1)), put(Uint8Array.of(1))],
      ...[put(1, { before: undefined }), put(1, { before: 1 }), put(1, { before: [] })],
      [],
      ...[edit({ type: 'delete', index: 0 }), edit({ type: 'delete', index: 0, before: 1 })],
    ];
    const forms = different.map((delta) => String(encodeDelta(delta)));
    expect(new Set(forms).size).toBe(different.length);
  });

  it('and encoding again changes nothing', () => {
    fc.assert(
      fc.property(arbitraryHistory(1, 8), ({ base, deltas }) => {
        for (const delta of [...deltas, ...applyAll(base, deltas).applied]) {
          const bytes = encodeDelta(delta);
          expect(encodeDelta(decodeDelta(bytes))).toEqual(bytes);
        }
      }),
    );
  });
});

describe('the binary form is small', () => {
  const type = (start: number, text: string): ListOp[] =>
    [...text].map((value, at) => ({ type: 'insert', index: start + at, value }));

  it('because names and repeated strings are stored once', () => {
    const status = 'a rather long status that occurs often';
    const records = Array.from({ length: 100 }, (_, at) => insert(new Map([['a-long-field-name', status]]), `r${at}`));
    expect(encodeDelta(records).length).toBeLessThan(100 * 6 + status.length);
  });

  it('because typing, deleting and backspacing are runs', () => {
    const text = 'the quick brown fox jumps over the lazy dog';
    expect(encodeDelta(edit(...type(7, text))).length - encodeDelta(edit(...type(7, 't'))).length).toBeLessThan(
      text.length + 5,
    );
    const once = encodeDelta(edit({ type: 'delete', index: 99 })).length;
    const forward = Array.from({ length: 80 }, (): ListOp => ({ type: 'delete', index: 99 }));
    const backward = Array.from({ length: 80 }, (_, at): ListOp => ({ type: 'delete', index: 99 - at }));
    expect(encodeDelta(edit(...forward)).length - once).toBeLessThan(20);
    expect(encodeDelta(edit(...backward)).length - once).toBeLessThan(20);
  });
});

describe('encodeDelta', () => {
  const put = (value: unknown, more?: object): unknown => [
    { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'put', value, ...more }]]) },
  ];
  const listOf = (...ops: readonly unknown[]): unknown => [
    { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'list', create: false, ops }]]) },
  ];
  const pretender = Object.create(Date.prototype) as Date;
  const malformed: readonly unknown[] = [
    ...[null, undefined, 'x', {}, [null], [undefined], [1], [{}], new Array(1), [[]]],
    ...[{ type: 'x' }, { type: 'insert' }, { type: 'insert', fields: {} }, { type: 'update', ops: [] }].map((part) => [
      { table: 't', record: 'r', ...part },
    ]),
    [{ type: 'delete', table: 't', record: 'r', before: [] }],
    [{ type: 'delete', table: 't t', record: 'r' }],
    [{ type: 'delete', table: 't' }],
    [0, 1].map(() => ({ type: 'delete', table: 't', record: 'r', before: new Map() })),
    [{ type: 'insert', table: 't', record: 'r', fields: new Map([['no name', 1]]) }],
    [{ type: 'insert', table: 't', record: 'r', fields: new Map([[1, 1]]) }],
    [{ type: 'update', table: 't', record: 'r', ops: new Map([['f', null]]) }],
    [{ type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'x' }]]) }],
    ...[null, undefined, {}, 2n ** 63n, '\ud800', [[]], [null], new Array(1), new Date(Number.NaN), pretender].map(
      (value) => put(value),
    ),
    ...[put(1, { before: null }), put(1, { before: ['\ud800'] })],
    [{ type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'list', create: 1, ops: [] }]]) }],
    [{ type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'list', create: true }]]) }],
    ...[null, {}, { type: 'insert', index: 0 }, { type: 'insert', index: -1, value: 1 }].map((op) => listOf(op)),
    ...[
      { type: 'x', index: 0 },
      { type: 'put', index: 0, value: [] },
      { type: 'delete', index: 2 ** 29 },
    ].map((op) => listOf(op)),
    ...[
      { type: 'move', from: 0 },
      { type: 'delete', index: 0, before: [] },
    ].map((op) => listOf(op)),
  ];

  it('rejects anything but a delta, with the error of other functions that take one', () => {
    for (const input of malformed) {
      const refusal = refusalOf(() => encodeDelta(input as DeltaInput));
      expect(refusal).toBeDefined();
      expect(refusal).toEqual(refusalOf(() => compress(input as DeltaInput)));
    }
    expect(refusalOf(() => encodeDelta({} as DeltaInput))?.code).toBe('invalid-change');
    expect(refusalOf(() => encodeDelta(insertOf('\ud800')))).toMatchObject({ code: 'invalid-value', field: 'f' });
    expect(refusalOf(() => encodeDelta([insert(new Map(), 'no name')]))?.code).toBe('invalid-name');
  });
});

function firstValue(delta: DeltaInput): Value | undefined {
  const [change] = delta;
  return change?.type === 'insert' ? change.fields.get('f') : undefined;
}
