import { describe, expect, it } from 'vitest';
import { compress, type Delta, type DeltaInput, LONG_MAX, LONG_MIN, State } from '../../src/index.js';
import { showState } from '../support/show.js';
import { refusalOf } from './refusal.js';

const place = { position: 0, table: 't', record: 'r' };
const inField = { ...place, field: 'f' };

function newState(): State {
  const state = new State();
  const fields = new Map<string, bigint | string[]>([
    ['number', 1n],
    ['list', ['a', 'b']],
    ['empty', []],
  ]);
  state.apply([{ type: 'insert', table: 't', record: 'r', fields }]);
  return state;
}

/** The error that both `apply` and `compress` give, or `apply` alone where only the state shows that it does not fit. */
function expectRefusal(delta: unknown, refusal: object, isSeenWithoutState = true): void {
  const state = newState();
  expect(refusalOf(() => state.apply(delta as Delta))).toEqual(refusal);
  expect(showState(state)).toBe(showState(newState()));
  if (isSeenWithoutState) expect(refusalOf(() => compress(delta as Delta))).toEqual(refusal);
}

const update = (ops: unknown): object => ({ type: 'update', table: 't', record: 'r', ops });
const on = (field: string, op: unknown): object => update(new Map([[field, op]]));
const edit = (field: string, ...ops: unknown[]): object => on(field, { type: 'list', create: false, ops });

describe('malformed whatever state it meets', () => {
  const malformed: readonly (readonly [string, unknown, object])[] = [
    ['a change that is null', null, { code: 'invalid-change', position: 0 }],
    ['a change that is text', 'insert', { code: 'invalid-change', position: 0 }],
    ['a change of no type', { table: 't', record: 'r' }, { code: 'invalid-change', ...place }],
    ['a change of another type', { type: 'toString', table: 't', record: 'r' }, { code: 'invalid-change', ...place }],
    ['no table', { type: 'delete', record: 'r' }, { code: 'invalid-name', position: 0 }],
    ['no record', { type: 'delete', table: 't' }, { code: 'invalid-name', position: 0, table: 't' }],
    ['a bad table', { type: 'delete', table: 'a b', record: 'r' }, { code: 'invalid-name', position: 0, table: 'a b' }],
    [
      'a bad record',
      { type: 'delete', table: 't', record: 'é' },
      { code: 'invalid-name', position: 0, table: 't', record: 'é' },
    ],
    [
      'an insert without fields',
      { type: 'insert', table: 't', record: 's' },
      { code: 'invalid-value', ...place, record: 's' },
    ],
    [
      'fields in an object',
      { type: 'insert', table: 't', record: 'r', fields: { f: 1 } },
      { code: 'invalid-value', ...place },
    ],
    ['operations in an object', update({ f: { type: 'delete' } }), { code: 'invalid-change', ...place }],
    ['no operations', update(undefined), { code: 'invalid-change', ...place }],
    ['a bad field', on('f\n', { type: 'delete' }), { code: 'invalid-name', ...place, field: 'f\n' }],
    ['a field that is no text', update(new Map([[1, { type: 'delete' }]])), { code: 'invalid-name', ...place }],
    ['an operation that is null', on('f', null), { code: 'invalid-change', ...inField }],
    ['an operation of no type', on('f', {}), { code: 'invalid-change', ...inField }],
    [
      'an operation of another type',
      on('f', { type: 'insert', index: 0, value: 1 }),
      { code: 'invalid-change', ...inField },
    ],
    ['a put of nothing', on('f', { type: 'put' }), { code: 'invalid-value', ...inField }],
    ['a put over no value', on('f', { type: 'put', value: 1, before: null }), { code: 'invalid-value', ...inField }],
    ['a create that is text', on('f', { type: 'list', create: 'no', ops: [] }), { code: 'invalid-change', ...inField }],
    ['no list operations', on('f', { type: 'list', create: true }), { code: 'invalid-change', ...inField }],
    ['a list operation that is null', edit('f', null), { code: 'invalid-change', ...inField }],
    ['a list operation of another type', edit('f', { type: 'swap', index: 0 }), { code: 'invalid-change', ...inField }],
    ['no index', edit('f', { type: 'delete' }), { code: 'invalid-change', ...inField }],
    ['an index that is a long', edit('f', { type: 'delete', index: 0n }), { code: 'invalid-change', ...inField }],
    ['a move to nowhere', edit('f', { type: 'move', from: 0 }), { code: 'invalid-change', ...inField }],
    [
      'a list in a list',
      edit('f', { type: 'insert', index: 2, value: [] }),
      { code: 'invalid-value', ...inField, index: 2 },
    ],
    ['nothing in a list', edit('f', { type: 'put', index: 1 }), { code: 'invalid-value', ...inField, index: 1 }],
    [
      'deletion of no value',
      edit('f', { type: 'delete', index: 1, before: {} }),
      { code: 'invalid-value', ...inField, index: 1 },
    ],
    ...[-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].flatMap((index) =>
      [
        { type: 'insert', index, value: 1 },
        { type: 'put', index, value: 1 },
        { type: 'delete', index },
        { type: 'move', from: index, to: 0 },
        { type: 'move', from: 0, to: index },
      ].map(
        (op) =>
          [`index ${index} of a ${op.type}`, edit('f', op), { code: 'index-out-of-range', ...inField, index }] as const,
      ),
    ),
  ];
  it.each(malformed)('%s', (_title, change, refusal) => {
    expectRefusal([change], refusal);
  });

  it('a delta that is not an array, or has a hole', () => {
    for (const delta of [null, undefined, {}, 'x', 1]) expectRefusal(delta, { code: 'invalid-change' });
    expectRefusal(new Map([['a', 1]]), { code: 'invalid-change', position: 0 });
    expectRefusal(new Array(1), { code: 'invalid-change', position: 0 });
  });
});

describe('an invalid value', () => {
  const hostile: readonly (readonly [string, unknown])[] = [
    ...[null, undefined, {}, Symbol('x'), () => 1, new Map(), new Set(), /x/, new ArrayBuffer(1)].map(titled),
    ...[LONG_MAX + 1n, LONG_MIN - 1n, 10n ** 1000n, new Date(Number.NaN), '\ud800', 'a\udc00', '\udc00\ud800'].map(
      titled,
    ),
    ...[new String('x'), new Number(1), new Uint16Array(1), new DataView(new ArrayBuffer(1))].map(titled),
  ];
  function titled(value: unknown, at: number): readonly [string, unknown] {
    return [`${at}: ${Object.prototype.toString.call(value)}`, value];
  }

  function expectNoValue(value: unknown): void {
    const invalid = { code: 'invalid-value', ...inField };
    expectRefusal([{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', value]]) }], invalid);
    expectRefusal([on('f', { type: 'put', value })], invalid);
    expectRefusal([on('f', { type: 'put', value: [1, value] })], { ...invalid, index: 1 });
    expectRefusal([edit('f', { type: 'insert', index: 7, value })], { ...invalid, index: 7 });
    expectRefusal([edit('f', { type: 'put', index: 7, value })], { ...invalid, index: 7 });
  }

  it.each(hostile)('%s is refused alone and in a list', (_title, value) => expectNoValue(value));

  it('a list with a hole, or with a list in it, is refused', () => {
    const invalid = { code: 'invalid-value', ...inField };
    expectRefusal([on('f', { type: 'put', value: new Array(2) })], { ...invalid, index: 0 });
    expectRefusal([on('f', { type: 'put', value: [1, []] })], { ...invalid, index: 1 });
  });

  it.each([
    ['a date', Object.create(Date.prototype)],
    ['bytes', Object.create(Uint8Array.prototype)],
  ])('what only claims to be %s is refused', (_title, value) => expectNoValue(value));
});

describe('what does not fit the state', () => {
  const outOfRange = (field: string, index: number): object => ({ code: 'index-out-of-range', ...place, field, index });
  const misfits: readonly (readonly [string, unknown, object])[] = [
    [
      'insert of a record that exists',
      { type: 'insert', table: 't', record: 'r', fields: new Map() },
      { code: 'record-exists', ...place },
    ],
    [
      'update of a record that does not',
      { ...update(new Map()), record: 's' },
      { code: 'record-missing', ...place, record: 's' },
    ],
    [
      'delete of a record that does not',
      { type: 'delete', table: '__proto__', record: 'r' },
      { code: 'record-missing', ...place, table: '__proto__' },
    ],
    [
      'create where a value is',
      on('number', { type: 'list', create: true, ops: [] }),
      { code: 'field-exists', ...place, field: 'number' },
    ],
    [
      'create where a list is',
      on('empty', { type: 'list', create: true, ops: [] }),
      { code: 'field-exists', ...place, field: 'empty' },
    ],
    [
      'a list operation on nothing',
      edit('f', { type: 'insert', index: 0, value: 1 }),
      { code: 'field-missing', ...inField },
    ],
    ['no list operation, on nothing', edit('f'), { code: 'field-missing', ...inField }],
    [
      'a list operation on nothing called constructor',
      edit('constructor'),
      { code: 'field-missing', ...place, field: 'constructor' },
    ],
    ['a list operation on a number', edit('number'), { code: 'not-a-list', ...place, field: 'number' }],
    ['insert beyond the end', edit('list', { type: 'insert', index: 3, value: 1 }), outOfRange('list', 3)],
    ['put at the end', edit('list', { type: 'put', index: 2, value: 1 }), outOfRange('list', 2)],
    ['delete at the end', edit('list', { type: 'delete', index: 2 }), outOfRange('list', 2)],
    ['delete of nothing', edit('empty', { type: 'delete', index: 0 }), outOfRange('empty', 0)],
    ['move from the end', edit('list', { type: 'move', from: 2, to: 0 }), outOfRange('list', 2)],
    ['move to the end', edit('list', { type: 'move', from: 0, to: 2 }), outOfRange('list', 2)],
    ['a move that does nothing, of nothing', edit('list', { type: 'move', from: 2, to: 2 }), outOfRange('list', 2)],
    [
      'a later index, after a deletion',
      edit('list', { type: 'delete', index: 0 }, { type: 'delete', index: 1 }),
      outOfRange('list', 1),
    ],
  ];
  it.each(misfits)('%s', (_title, change, refusal) => {
    expectRefusal([change], refusal, false);
  });

  it('is judged by what the changes before it left, and named by its position', () => {
    const remove = { type: 'delete', table: 't', record: 'r' };
    const insert = { type: 'insert', table: 't', record: 'r', fields: new Map() };
    expectRefusal([remove, remove], { code: 'record-missing', ...place, position: 1 });
    expectRefusal([remove, insert, insert], { code: 'record-exists', ...place, position: 2 });
    expectRefusal([remove, insert, edit('list')], { code: 'field-missing', ...place, field: 'list', position: 2 });
  });

  it('is not a delete of an absent field, which does nothing', () => {
    const state = newState();
    state.apply([on('f', { type: 'delete' })] as unknown as DeltaInput);
    expect(showState(state)).toBe(showState(newState()));
  });
});

it('messages name the place, quote names and stay short whatever they quote', () => {
  const message = (delta: unknown): string => {
    try {
      new State().apply(delta as Delta);
    } catch (error) {
      return String(error);
    }
    return '';
  };
  expect(message([{ type: 'delete', table: 't', record: 'r' }])).toContain('position 0, table "t", record "r"');
  expect(message([{ type: 'delete', table: 'x\n'.repeat(100_000), record: 'r' }]).length).toBeLessThan(400);
});
