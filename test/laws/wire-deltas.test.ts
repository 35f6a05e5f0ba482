import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  compress,
  type DatastoreError,
  Delta,
  type DeltaInput,
  type FieldOp,
  formatDelta,
  formatState,
  type ListOp,
  parseDelta,
  parseState,
  State,
  type Value,
  type WireChange,
} from '../../src/index.js';
import { applyAll, arbitraryHistory } from '../support/arbitraries/deltas.js';
import { arbitraryFields, arbitraryName, HOSTILE_NAMES } from '../support/arbitraries/values.js';
import { runs } from '../support/seed.js';
import { showDelta, showState } from '../support/show.js';
import { refusalOf } from './refusal.js';
import { withoutBefore } from './without-before.js';

function throughText(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json));
}

const update = (ops: Readonly<Record<string, FieldOp>>): Change => ({
  type: 'update',
  table: 't',
  record: 'r',
  ops: new Map(Object.entries(ops)),
});
const insertion = { type: 'insert', index: 0, value: 1n } as const;

describe('formatDelta', () => {
  const cases: readonly (readonly [string, DeltaInput, readonly WireChange[]])[] = [
    ['nothing', [], []],
    [
      'an insert, its fields in order',
      [
        {
          type: 'insert',
          table: 't',
          record: 'r',
          fields: new Map<string, Value>([
            ['b', 1n],
            ['a', -0],
          ]),
        },
      ],
      [['I', 't', 'r', { a: { N: '-0' }, b: { I: '1' } }]],
    ],
    ['a delete, without before', [{ type: 'delete', table: 't', record: 'r', before: new Map() }], [['D', 't', 'r']]],
    [
      'puts and deletes, all in one',
      [update({ b: { type: 'put', value: ['x'], before: 1 }, a: { type: 'delete', before: undefined } })],
      [['U', 't', 'r', { a: ['D'], b: ['P', ['x']] }]],
    ],
    ['a create', [update({ a: { type: 'list', create: true, ops: [] } })], [['U', 't', 'r', { a: ['LC'] }]]],
    [
      'the first list operation beside the puts, every further one alone',
      [
        update({
          a: { type: 'list', create: true, ops: [insertion, { type: 'put', index: 0, value: 'x', before: 1n }] },
          b: { type: 'put', value: true },
          c: {
            type: 'list',
            create: false,
            ops: [
              { type: 'move', from: 1, to: 0 },
              { type: 'delete', index: 2 },
            ],
          },
        }),
      ],
      [
        ['U', 't', 'r', { a: ['LC'], b: ['P', true] }],
        ['U', 't', 'r', { a: ['LI', 0, { I: '1' }] }],
        ['U', 't', 'r', { a: ['LP', 0, 'x'] }],
        ['U', 't', 'r', { c: ['LM', 1, 0] }],
        ['U', 't', 'r', { c: ['LD', 2] }],
      ],
    ],
  ];

  it.each(cases)('writes %s', (_title, delta, wire) => {
    expect(formatDelta(delta)).toStrictEqual(wire);
  });
});

describe('parseDelta', () => {
  it('compresses, and leaves every before unknown', () => {
    const wire = [
      ['U', 't', 'r', { f: ['P', 1] }],
      ['U', 't', 'r', { f: ['P', []], a: ['LC'] }],
      ['U', 't', 'r', { f: ['LI', 0, 'x'], a: ['LI', 0, 2] }],
      ['D', 't', 'q'],
    ];
    expect(showDelta(parseDelta(wire))).toBe('[delete t/q, update t/r {a: create [insert 0 2], f: put ["x"]}]');
  });

  it('parseDelta(formatDelta(d)) = d for a normal form d that says no before, through JSON text', () => {
    fc.assert(
      fc.property(arbitraryHistory(2), ({ deltas }) => {
        const normal = compress(deltas.flat());
        const parsed = parseDelta(throughText(formatDelta(normal)));
        expect(showDelta(parsed)).toBe(showDelta(normal));
        expect(parsed).toStrictEqual(normal);
      }),
      { numRuns: runs(500) },
    );
  });

  it('parseDelta(formatDelta(d)) = compress(d without before), for any valid sequence, applied or not', () => {
    fc.assert(
      fc.property(arbitraryHistory(2), ({ base, deltas }) => {
        for (const changes of [deltas.flat(), applyAll(base, deltas).applied.flatMap((delta) => [...delta])]) {
          const parsed = parseDelta(throughText(formatDelta(changes)));
          expect(showDelta(parsed)).toBe(showDelta(compress(withoutBefore(changes))));
        }
      }),
      { numRuns: runs(300) },
    );
  });

  const place = { position: 0, table: 't', record: 'r' };
  const inField = { code: 'invalid-json', ...place, field: 'f' };
  const ops: readonly unknown[] = [
    ...[null, 'P', {}, [], ['X'], ['P'], ['P', 1, 1], ['D', 1], ['LC', []], ['LI', 0], ['LI', 0, 1, 1], ['LP', 0]],
    ...[['LD'], ['LD', 0, 0], ['LM', 0], ['LM', 0, 0, 0], ['p', 1], [['P'], 1], ['__proto__'], ['LX', 0, 1]],
    ...[-1, 0.5, '0', null, { I: '0' }, 2 ** 53, Number.NaN].flatMap((index) => [
      ['LI', index, 1],
      ['LP', index, 1],
      ['LD', index],
      ['LM', index, 0],
      ['LM', 0, index],
    ]),
  ];
  it.each(ops.map((op) => ({ op, title: JSON.stringify(op) })))('refuses the operation $title', ({ op }) => {
    expect(refusalOf(() => parseDelta([['U', 't', 'r', { f: op }]]))).toEqual(inField);
  });

  const changes: readonly (readonly [unknown, object])[] = [
    ...[null, 'D', {}, 1].map((change) => [change, { code: 'invalid-json', position: 1 }] as const),
    [[], { code: 'invalid-name', position: 1 }],
    [['D', 't'], { code: 'invalid-name', position: 1, table: 't' }],
    [['D', '', 'r'], { code: 'invalid-name', position: 1, table: '' }],
    [['D', 't', 'r s'], { code: 'invalid-name', position: 1, table: 't', record: 'r s' }],
    [['D', 't', 7], { code: 'invalid-name', position: 1, table: 't' }],
    [['X', 't', 'r', {}], { code: 'invalid-json', ...place, position: 1 }],
    [['D', 't', 'r', {}], { code: 'invalid-json', ...place, position: 1 }],
    [['I', 't', 'r'], { code: 'invalid-json', ...place, position: 1 }],
    [['U', 't', 'r', {}, 1], { code: 'invalid-json', ...place, position: 1 }],
    [['I', 't', 'r', []], { code: 'invalid-json', ...place, position: 1 }],
    [['U', 't', 'r', null], { code: 'invalid-json', ...place, position: 1 }],
    [['I', 't', 'r', { 'no good': 1 }], { code: 'invalid-name', ...place, position: 1, field: 'no good' }],
    [['U', 't', 'r', { '': ['D'] }], { code: 'invalid-name', ...place, position: 1, field: '' }],
    [['I', 't', 'q', {}], { code: 'record-exists', ...place, position: 1, record: 'q' }],
  ];
  it.each(changes.map(([change, refusal]) => ({ change, refusal, title: JSON.stringify(change) })))(
    'refuses the change $title, naming its place',
    ({ change, refusal }) => {
      expect(refusalOf(() => parseDelta([['I', 't', 'q', {}], change]))).toEqual(refusal);
    },
  );

  it('rejects anything but an array of changes, and holes in one', () => {
    for (const json of [null, undefined, {}, 'x', 1]) {
      expect(refusalOf(() => parseDelta(json))).toEqual({ code: 'invalid-json' });
    }
    expect(refusalOf(() => parseDelta(new Array(1)))).toEqual({ code: 'invalid-json', position: 0 });
  });
});

describe('hostile names', () => {
  it('survive in every place of deltas and snapshots, and no prototype is touched', () => {
    const untouched = Object.getOwnPropertyNames(Object.prototype);
    const name = fc.oneof(fc.constantFrom(...HOSTILE_NAMES), arbitraryName());
    fc.assert(
      fc.property(name, name, name, arbitraryFields(), (table, record, field, fields) => {
        const inserted = new Map([...fields, [field, 'x']]);
        const state = new State();
        state.apply(parseDelta(throughText(formatDelta([{ type: 'insert', table, record, fields: inserted }]))));
        expect(new Map(state.get(table, record))).toStrictEqual(inserted);

        const rows = throughText(formatState(state));
        const put: DeltaInput = [
          { type: 'update', table, record, ops: new Map([[field, { type: 'put', value: 'y' }]]) },
        ];
        const copy = parseState(rows);
        copy.apply(parseDelta(throughText(formatDelta(put))));
        expect(copy.get(table, record)?.get(field)).toBe('y');
        expect(showState(parseState(rows))).toBe(showState(state));
      }),
      { numRuns: runs(300) },
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(untouched);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('written as text, a field __proto__ is a field', () => {
    const text = '[["I","__proto__","__proto__",{"__proto__":{"I":"1"}}],["U","__proto__","r",{"__proto__":["D"]}]]';
    expect(JSON.stringify(formatDelta(parseDelta(JSON.parse(text))))).toBe(text);
  });
});

describe('a run of list operations', () => {
  const place = fc.constantFrom(['t', 'r'], ['t', 'r'], ['t', 'r'], ['t', 'other'], ['u', 'r']);
  const field = fc.constantFrom('list', 'list', 'list', 'text', '__proto__');
  const index = fc.constantFrom<unknown>(0, 0, 1, 1, 2, 3, 7, -1, 'a');
  const op = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(fc.constant('LI'), index, fc.constantFrom<unknown>('a', 1, { I: '7' })) },
    { weight: 4, arbitrary: fc.tuple(fc.constant('LD'), index) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('LP', 'LM'), index, fc.constantFrom(0, 1)) },
    { weight: 1, arbitrary: fc.constantFrom<unknown[]>(['P', ['a', 'b']], ['D'], ['LC'], ['LI', 0], ['LX', 0, 1], []) },
  );
  const update = fc
    .tuple(place, field, op)
    .map(([[table, record], name, one]) => ['U', table, record, { [name]: one }]);
  const other = place.chain(([table, record]) =>
    fc.constantFrom<unknown>(['I', table, record, { list: ['x', 'y', 'z'] }], ['D', table, record], 7),
  );
  const json = fc.array(fc.oneof({ weight: 9, arbitrary: update }, { weight: 1, arbitrary: other }), { maxLength: 14 });

  /** Each change read by itself, and all of them composed then. */
  function oneByOne(changes: readonly unknown[]): Delta {
    const read = changes.map((change, position) => {
      try {
        return [...parseDelta([change])];
      } catch (error) {
        throw Object.assign(error as Error, { position });
      }
    });
    return Delta.from(read.flat());
  }

  function outcomeOf(read: () => Delta): unknown {
    try {
      return read().changes;
    } catch (error) {
      const { code, reason, table, record, field: name, index: at, position } = error as DatastoreError;
      return { code, reason, table, record, name, at, position };
    }
  }

  it('is read as the composition of its changes, and a fault in it has its own position', () => {
    fc.assert(
      fc.property(json, (changes) => {
        expect(outcomeOf(() => parseDelta(changes))).toEqual(outcomeOf(() => oneByOne(changes)));
      }),
      { numRuns: runs(500) },
    );
  });

  it('a long one comes back as it was written', () => {
    const ops = Array.from({ length: 50 }, (_, at): ListOp => {
      return at % 3 === 2 ? { type: 'delete', index: at % 7 } : { type: 'insert', index: at % 5, value: `item ${at}` };
    });
    const delta = Delta.from([
      {
        ...{ type: 'update', table: 't', record: 'r' },
        ops: new Map<string, FieldOp>([
          ['a', { type: 'put', value: 1 }],
          ['list', { type: 'list', create: false, ops }],
          ['made', { type: 'list', create: true, ops }],
        ]),
      },
    ]);
    expect(parseDelta(formatDelta(delta)).changes).toEqual(delta.changes);
    expect(Object.keys((formatDelta(delta)[0] as readonly unknown[])[3] as object)).toEqual(['a', 'list']);
  });
});
