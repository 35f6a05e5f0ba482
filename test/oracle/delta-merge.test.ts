/**
 * The expected outcomes here are written out by hand, cell by cell and rule by rule: the oracle for whole deltas has no
 * second implementation to agree with until the engine meets it.
 */

import { describe, expect, it } from 'vitest';
import type { Change, FieldOp, Rule, Value } from '../../src/index.js';
import type { OracleState } from './delta-merge.js';
import { applyDelta, mergeStates, recordKey } from './delta-merge.js';
import { compareInOrder, sumOf } from './value-order.js';

const table = 't';
const record = 'r';

const emptyState: OracleState = new Map();

function stateWith(fields: Record<string, Value>): OracleState {
  return new Map([[recordKey(table, record), new Map(Object.entries(fields))]]);
}

function insert(fields: Record<string, Value>): Change {
  return { type: 'insert', table, record, fields: new Map(Object.entries(fields)) };
}

function update(ops: Record<string, FieldOp>): Change {
  return { type: 'update', table, record, ops: new Map(Object.entries(ops)) };
}

const remove: Change = { type: 'delete', table, record };

function put(value: Value): FieldOp {
  return { type: 'put', value };
}

const removeField: FieldOp = { type: 'delete' };

function append(index: number, value: string, create = false): FieldOp {
  return { type: 'list', create, ops: [{ type: 'insert', index, value }] };
}

function merge(
  base: OracleState,
  local: readonly Change[],
  remote: readonly Change[],
  rule: Rule = 'remote',
): OracleState {
  return mergeStates(base, local, remote, () => rule);
}

describe('the record table', () => {
  const base = stateWith({ kept: 1, old: 1 });
  const localUpdate = [update({ old: put('local') })];
  const remoteUpdate = [update({ kept: put('remote') })];
  const localReplace = [remove, insert({ kept: 'local', mine: 'local' })];
  const remoteReplace = [remove, insert({ kept: 'remote', theirs: 'remote' })];

  const cells: readonly (readonly [string, readonly Change[], readonly Change[], OracleState])[] = [
    ['update and update: field by field', localUpdate, remoteUpdate, stateWith({ kept: 'remote', old: 'local' })],
    ['update and delete: dropped', localUpdate, [remove], emptyState],
    ['update and replace: remote stays', localUpdate, remoteReplace, stateWith({ kept: 'remote', theirs: 'remote' })],
    ['delete and update: delete wins', [remove], remoteUpdate, emptyState],
    ['delete and delete: both vanish', [remove], [remove], emptyState],
    ['delete and replace: an insert is left', [remove], remoteReplace, stateWith({ kept: 'remote', theirs: 'remote' })],
    ['replace and update: replace wins', localReplace, remoteUpdate, stateWith({ kept: 'local', mine: 'local' })],
    ['replace and delete: an insert is left', localReplace, [remove], stateWith({ kept: 'local', mine: 'local' })],
    [
      'replace and replace: as for insert and insert',
      localReplace,
      remoteReplace,
      stateWith({ kept: 'remote', mine: 'local', theirs: 'remote' }),
    ],
  ];
  for (const [title, local, remote, expected] of cells) {
    it(title, () => expect(merge(base, local, remote)).toEqual(expected));
  }

  it('insert and insert: fields merge as puts over an absent base', () => {
    const local = [insert({ both: 2n, mine: 'local' })];
    const remote = [insert({ both: 3n, theirs: 'remote' })];
    expect(merge(emptyState, local, remote, 'sum')).toEqual(stateWith({ both: 5n, mine: 'local', theirs: 'remote' }));
  });

  it('replace and replace: the replaced record is no base for rule sum', () => {
    const local = [remove, insert({ count: 2n })];
    const remote = [remove, insert({ count: 3n })];
    expect(merge(stateWith({ count: 1n }), local, remote, 'sum')).toEqual(stateWith({ count: 5n }));
  });

  it('one side alone leaves what it leaves when it is applied', () => {
    for (const delta of [localUpdate, localReplace, [remove]]) {
      expect(merge(base, delta, [])).toEqual(applyDelta(base, delta));
      expect(merge(base, [], delta)).toEqual(applyDelta(base, delta));
    }
  });
});

describe('the field rules', () => {
  function mergedField(base: Value | undefined, local: FieldOp, remote: FieldOp, rule: Rule): Value | undefined {
    const state = stateWith(base === undefined ? {} : { field: base });
    const merged = merge(state, [update({ field: local })], [update({ field: remote })], rule);
    return merged.get(recordKey(table, record))?.get('field');
  }

  it('put and delete beat list operations, whichever side they are on and whatever the rule', () => {
    for (const rule of ['remote', 'local', 'max', 'min', 'sum', () => 'function'] satisfies Rule[]) {
      expect(mergedField(['a'], append(1, 'b'), put(1), rule)).toBe(1);
      expect(mergedField(['a'], put(1), append(1, 'b'), rule)).toBe(1);
      expect(mergedField(['a'], append(1, 'b'), removeField, rule)).toBeUndefined();
      expect(mergedField(['a'], removeField, append(1, 'b'), rule)).toBeUndefined();
      expect(mergedField(undefined, append(0, 'b', true), removeField, rule)).toBeUndefined();
    }
  });

  it('list operations of both sides merge, and two creates make one list', () => {
    expect(mergedField(['a'], append(1, 'local'), append(1, 'remote'), 'remote')).toEqual(['a', 'remote', 'local']);
    expect(mergedField(undefined, append(0, 'local', true), append(0, 'remote', true), 'remote')).toEqual([
      'remote',
      'local',
    ]);
  });

  it('remote and local choose the side', () => {
    expect(mergedField(0, put(1), removeField, 'remote')).toBeUndefined();
    expect(mergedField(0, put(1), removeField, 'local')).toBe(1);
    expect(mergedField(0, removeField, removeField, 'local')).toBeUndefined();
  });

  it('max and min give the same answer whichever side asks, absent lowest', () => {
    for (const [low, high] of [[put(1n), put(1)] as const, [removeField, put(false)] as const]) {
      const lowest = low.type === 'put' ? low.value : undefined;
      const highest = high.type === 'put' ? high.value : undefined;
      expect(mergedField(0, low, high, 'max')).toBe(highest);
      expect(mergedField(0, high, low, 'max')).toBe(highest);
      expect(mergedField(0, low, high, 'min')).toBe(lowest);
      expect(mergedField(0, high, low, 'min')).toBe(lowest);
    }
  });

  it('sum adds the local difference, and acts as remote where it cannot', () => {
    expect(mergedField(10n, put(13n), put(11n), 'sum')).toBe(14n);
    expect(mergedField('ten', put(13n), put(11n), 'sum')).toBe(11n);
    expect(mergedField(10n, put(13n), put('eleven'), 'sum')).toBe('eleven');
    expect(mergedField(10n, put(13n), removeField, 'sum')).toBeUndefined();
    expect(mergedField(10n, removeField, put(11n), 'sum')).toBe(11n);
  });

  it('a function is called for equal values too, and undefined means absent', () => {
    expect(mergedField(0, put(1), put(1), ({ base, local, remote }) => [base, local, remote].join())).toBe('0,1,1');
    expect(mergedField(0, put(1), put(1), () => undefined)).toBeUndefined();
  });
});

describe('the order of values and the sum', () => {
  const ascending: readonly (Value | undefined)[] = [
    undefined,
    ...[false, true],
    ...[Number.NaN, Number.NEGATIVE_INFINITY, -(2n ** 63n), -(2 ** 63), -1, -Number.MIN_VALUE, 0n, -0, 0, 1n, 1, 1.5],
    ...[2n ** 53n, 2 ** 53, 2n ** 53n + 1n, 2n ** 63n - 1n, 2 ** 63, Number.POSITIVE_INFINITY],
    ...['', 'a', 'ab', 'b', '\uFFFF', '\u{10000}'],
    ...[new Uint8Array(), new Uint8Array([0]), new Uint8Array([0, 1]), new Uint8Array([255])],
    ...[new Date(-1), new Date(0)],
    ...[[], [1n], [1n, false], [1], ['a']],
  ];

  it('is total: every value is equal to itself alone and below all that follow it', () => {
    for (const [leftIndex, left] of ascending.entries()) {
      for (const [rightIndex, right] of ascending.entries()) {
        expect(Math.sign(compareInOrder(left, right)), `${leftIndex}, ${rightIndex}`).toBe(
          Math.sign(leftIndex - rightIndex),
        );
      }
    }
  });

  it('sums longs exactly, wrapping at 64 bits, and anything with a double as doubles', () => {
    const largest = 2n ** 63n - 1n;
    expect(sumOf(undefined, 1n, largest)).toBe(-(2n ** 63n));
    expect(sumOf(-1n, largest, 0n)).toBe(-(2n ** 63n));
    expect(sumOf(1.5, 2n, 3n)).toBe(3.5);
    expect(sumOf(1n, 2.5, 3n)).toBe(4.5);
    expect(sumOf(undefined, 2.5, 3n)).toBe(5.5);
    expect(sumOf(0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)).toBeNaN();
    expect(sumOf(true, 1n, 1n)).toBeUndefined();
  });
});

describe('deltas that do not fit', () => {
  const refused: readonly (readonly [string, OracleState, readonly Change[]])[] = [
    ['an insert of an existing record', stateWith({}), [insert({})]],
    ['an update of an unknown record', emptyState, [update({ field: put(1) })]],
    ['a delete of an unknown record', emptyState, [remove]],
    ['a list operation on a field that holds no list', stateWith({ field: 1 }), [update({ field: append(0, 'a') })]],
    ['a list operation on an absent field', stateWith({}), [update({ field: append(0, 'a') })]],
    ['a create on a field that is present', stateWith({ field: [] }), [update({ field: append(0, 'a', true) })]],
    ['an index out of range', stateWith({ field: [] }), [update({ field: append(1, 'a') })]],
  ];
  for (const [title, base, delta] of refused) {
    it(`${title} is an error, alone and in a merge`, () => {
      expect(() => applyDelta(base, delta)).toThrow();
      expect(() => merge(base, delta, [])).toThrow();
      expect(() => merge(base, [], delta)).toThrow();
    });
  }

  it('a delete of an absent field is allowed and does nothing', () => {
    expect(applyDelta(stateWith({}), [update({ field: removeField })])).toEqual(stateWith({}));
  });

  it('two changes of one record that are not delete then insert are refused in a merge', () => {
    const twice = [update({ field: put(1) }), update({ field: put(2) })];
    expect(() => merge(stateWith({}), twice, [])).toThrow('normal form');
  });
});
