import { describe, expect, it } from 'vitest';
import { decodeDelta, encodeDelta } from '../../src/codec/binary/index.js';
import {
  type Atom,
  type Change,
  compress,
  type Delta,
  diff,
  type FieldOp,
  type Fields,
  formatState,
  invert,
  type ListOp,
  parseState,
  State,
  type Value,
} from '../../src/index.js';
import { showDelta, showState } from '../support/show.js';

/** Fresh values of every kind that could be changed from outside. */
function mutableFields(): Map<string, Value> {
  return new Map<string, Value>([
    ['bytes', Uint8Array.of(1, 2)],
    ['date', new Date(5)],
    ['list', [Uint8Array.of(3), new Date(7), 'x']],
    ['plain', ['a', 'b']],
  ]);
}

function newState(): State {
  const state = new State();
  state.apply([{ type: 'insert', table: 't', record: 'r', fields: mutableFields() }]);
  return state;
}

/** Does to a value whatever its receiver can do, and more than the types allow. */
function spoilValue(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(99);
  else if (value instanceof Date) value.setTime(99);
  else if (Array.isArray(value)) {
    for (const item of value) spoilValue(item);
    attempt(() => value.push('spoilt'));
    attempt(() => value.splice(0, 1));
  }
}

/** Spoils everything within reach of a delta, of fields, or of an array of either. */
function spoil(reach: unknown): void {
  if (reach instanceof Map) {
    for (const entry of reach.values()) spoil(entry);
    attempt(() => reach.set('spoilt', true));
    attempt(() => reach.delete('bytes'));
    attempt(() => reach.clear());
  } else if (isPlain(reach)) {
    for (const [key, part] of Object.entries(reach)) {
      spoil(part);
      attempt(() => Object.assign(reach, { [key]: 99 }));
    }
  } else {
    if (Array.isArray(reach)) for (const part of reach) spoil(part);
    spoilValue(reach);
  }
}

function isPlain(something: unknown): something is object {
  return something !== null && typeof something === 'object' && Object.getPrototypeOf(something) === Object.prototype;
}

function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

const update = (field: string, op: FieldOp): Change => ({
  type: 'update',
  table: 't',
  record: 'r',
  ops: new Map([[field, op]]),
});
const editList = (...ops: ListOp[]): Change => update('list', { type: 'list', create: false, ops });
const fresh = (): Atom => Uint8Array.of(42);

/** One delta for each way in which a value enters a state or leaves it as `before`. */
const EDITS: readonly (readonly [string, () => Change[]])[] = [
  ['an insert', () => [{ type: 'insert', table: 't', record: 'new', fields: mutableFields() }]],
  ['a put of bytes', () => [update('bytes', { type: 'put', value: fresh(), before: fresh() })]],
  ['a put of a date', () => [update('date', { type: 'put', value: new Date(8) })]],
  ['a put of a list', () => [update('list', { type: 'put', value: [fresh(), new Date(9)] })]],
  ['a delete of a field', () => [update('list', { type: 'delete' }), update('bytes', { type: 'delete' })]],
  [
    'a create',
    () => [update('new', { type: 'list', create: true, ops: [{ type: 'insert', index: 0, value: fresh() }] })],
  ],
  ['a list insert', () => [editList({ type: 'insert', index: 1, value: fresh() })]],
  [
    'a list put',
    () => [editList({ type: 'put', index: 0, value: fresh() }, { type: 'put', index: 1, value: fresh() })],
  ],
  ['a list delete', () => [editList({ type: 'delete', index: 1 }, { type: 'delete', index: 0 })]],
  ['a list move', () => [editList({ type: 'move', from: 0, to: 2 })]],
  ['a delete', () => [{ type: 'delete', table: 't', record: 'r' }]],
  [
    'a replace',
    () => [
      { type: 'delete', table: 't', record: 'r' },
      { type: 'insert', table: 't', record: 'r', fields: mutableFields() },
    ],
  ],
];

describe.each(EDITS)('%s', (_title, edit) => {
  it('is copied on the way in: spoiling the delta afterwards changes nothing', () => {
    const [spoilt, spared] = [newState(), newState()];
    const delta = edit();
    spoilt.apply(delta);
    spared.apply(edit());
    spoil(delta);
    expect(showState(spoilt)).toBe(showState(spared));
  });

  it('is copied on the way out: spoiling the applied delta changes no state, not even one cloned before', () => {
    const [spoilt, spared] = [newState(), newState()];
    const base = spoilt.clone();
    const undo = invert(spared.apply(edit()));
    spoil(spoilt.apply(edit()));
    expect(showState(spoilt)).toBe(showState(spared));
    expect(showState(base)).toBe(showState(newState()));
    spared.apply(undo);
    expect(showState(spared)).toBe(showState(newState()));
  });

  it('is handed out frozen, through and through', () => {
    const state = newState();
    const applied = state.apply(edit());
    const shown = showDelta(applied);
    for (const delta of [applied, compress(applied), invert(applied), diff(newState(), state)]) expectFrozen(delta);
    expect(showDelta(applied)).toBe(shown);
  });

  it('leaves the caller’s delta alone', () => {
    const delta = edit();
    newState().apply(delta);
    compress(delta);
    expect(showDelta(delta)).toBe(showDelta(edit()));
  });
});

it('what so many list edits overwrite that they are kept as columns is copied on the way out', () => {
  const made = Array.from({ length: 400 }, (_, index): ListOp => ({ type: 'insert', index, value: 'x' }));
  const gone = Array.from({ length: 403 }, (): ListOp => ({ type: 'delete', index: 0 }));
  const state = newState();
  const base = state.clone();
  const [change] = state.apply(decodeDelta(encodeDelta([editList(...made, ...gone)])));
  const op = change?.type === 'update' ? change.ops.get('list') : undefined;
  if (op?.type !== 'list') throw new Error('that is an edit of a list');
  for (const step of op.ops) if (step.type === 'delete') spoilValue(step.before);
  expect(showState(base)).toBe(showState(newState()));
});

function expectFrozen(delta: Delta): void {
  const waiting: unknown[] = [delta.changes];
  for (const part of waiting) {
    if (typeof part !== 'object' || part === null || part instanceof Uint8Array || part instanceof Date) continue;
    expect(Object.isFrozen(part)).toBe(true);
    if (part instanceof Map) {
      expect(() => part.set('f', 1)).toThrow(TypeError);
      expect(() => part.delete('f')).toThrow(TypeError);
      expect(() => part.clear()).toThrow(TypeError);
      waiting.push(...part.values());
    } else waiting.push(...Object.values(part));
  }
}

describe('what is read from a state can be spoilt without changing it', () => {
  const reads: readonly (readonly [string, (state: State) => unknown])[] = [
    ['get', (state) => state.get('t', 'r')],
    ['query', (state) => state.query('t')],
    ['query by bytes', (state) => state.query('t', { bytes: Uint8Array.of(1, 2) })],
    ['tables', (state) => state.tables()],
    ['toRows', (state) => formatState(state)],
    ['diff, inserts', (state) => diff(new State(), state)],
    ['diff, puts', (state) => diff(parseState([{ tid: 't', rowid: 'r', data: { list: [], plain: 1 } }]), state)],
  ];
  it.each(reads)('%s', (_title, read) => {
    const state = newState();
    spoil(read(state));
    expect(showState(state)).toBe(showState(newState()));
    expect(state.size).toBe(newState().size);
  });

  it('a clone goes its own way, in both directions', () => {
    const state = newState();
    const copy = state.clone();
    copy.apply([{ type: 'delete', table: 't', record: 'r' }]);
    expect([copy.recordCount, copy.size, copy.tables()]).toEqual([0, 1000, []]);
    expect(showState(state)).toBe(showState(newState()));
    const other = state.clone();
    state.apply([update('bytes', { type: 'delete' }), { type: 'insert', table: 't', record: 's', fields: new Map() }]);
    expect(showState(other)).toBe(showState(newState()));
  });
});

describe('what is handed to a state can be spoilt without changing it', () => {
  it('the rows of a snapshot', () => {
    const rows = JSON.parse(JSON.stringify(formatState(newState()))) as unknown;
    const state = parseState(rows);
    spoil(rows);
    expect(showState(state)).toBe(showState(newState()));
  });

  it('the conditions of a query', () => {
    const where: Fields = mutableFields();
    expect(newState().query('t', where)).toHaveLength(1);
    expect(new Map(where)).toEqual(mutableFields());
  });
});
