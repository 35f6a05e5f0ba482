import { describe, expect, test } from 'vitest';
import {
  type Conflict,
  parseDelta,
  parseState,
  ResolutionRules,
  type Rule,
  transform,
  type WireChange,
} from '../../src/index.js';

/** The conflicts of two deltas on a record `r` of table `t` that holds `data`, or on no record at all. */
function conflictsOf(
  data: Readonly<Record<string, unknown>> | undefined,
  localChanges: readonly WireChange[],
  remoteChanges: readonly WireChange[],
  rule: Rule = 'remote',
): Conflict[] {
  const base = parseState(data === undefined ? [] : [{ tid: 't', rowid: 'r', data }]);
  const conflicts: Conflict[] = [];
  transform(base.clone().apply(parseDelta(localChanges)), base.clone().apply(parseDelta(remoteChanges)), {
    rules: new ResolutionRules().set('t', 'f', rule),
    onConflict: (conflict) => conflicts.push(conflict),
  });
  return conflicts;
}

const update = (...op: readonly unknown[]): WireChange => ['U', 't', 'r', { f: op }] as unknown as WireChange;
const insert = (data: Readonly<Record<string, number>>): WireChange => ['I', 't', 'r', data];
const deletion: WireChange = ['D', 't', 'r'];
const at = { table: 't', record: 'r' };
const atField = { ...at, field: 'f' };

describe('fields that both sides gave a value', () => {
  test('name the rule, all four values and the put that lost', () => {
    expect(conflictsOf({ f: 1 }, [update('P', 2)], [update('P', 3)])).toEqual([
      {
        ...atField,
        rule: 'remote',
        base: 1,
        local: 2,
        remote: 3,
        result: 3,
        lost: [{ side: 'local', field: 'f', op: { type: 'put', value: 2, before: 1 } }],
      },
    ]);
  });

  test('say that the remote put lost where the local one won', () => {
    const [conflict] = conflictsOf({ f: 1 }, [update('P', 5)], [update('P', 3)], 'max');
    expect(conflict).toMatchObject({ rule: 'max', result: 5, lost: [{ side: 'remote', op: { value: 3 } }] });
  });

  test('show an absent value as undefined', () => {
    const [conflict] = conflictsOf({}, [update('P', 5)], [update('D')], 'local');
    expect(conflict).toMatchObject({ base: undefined, local: 5, remote: undefined, result: 5 });
  });

  test('are reported for a sum, of which nothing is lost', () => {
    const [conflict] = conflictsOf({ f: 10 }, [update('P', 12)], [update('P', 15)], 'sum');
    expect(conflict).toMatchObject({ rule: 'sum', base: 10, local: 12, remote: 15, result: 17, lost: [] });
  });

  test('are reported for a function, with what it chose between', () => {
    const [conflict] = conflictsOf({ f: 10 }, [update('P', 12)], [update('P', 15)], ({ local }) => local);
    expect(conflict).toMatchObject({ rule: 'function', result: 12, lost: [{ side: 'remote' }] });
  });

  test('are not reported where both sides wanted the same', () => {
    expect(conflictsOf({ f: 1 }, [update('P', 2)], [update('P', 2)])).toEqual([]);
    expect(conflictsOf({ f: 1 }, [update('D')], [update('D')])).toEqual([]);
    expect(conflictsOf({ f: 1 }, [update('P', 4)], [update('P', 4)], ({ local }) => local)).toEqual([]);
  });

  test('are told apart by type', () => {
    const [conflict] = conflictsOf({ f: 1 }, [update('P', 2)], [update('P', { I: '2' })]);
    expect(conflict).toMatchObject({ local: 2, remote: 2n });
  });
});

test('a listener that changes the bytes in a conflict changes no result', () => {
  const base = parseState([{ tid: 't', rowid: 'r', data: { f: { B: 'AA' } } }]);
  const [local, remote] = ['AQ', 'Ag'].map((B) => base.clone().apply(parseDelta([update('P', { B })])));
  if (local === undefined || remote === undefined) throw new Error('Two were made');
  const changed: unknown[] = [];
  const merged = transform(local, remote, {
    rules: new ResolutionRules().set('t', 'f', 'local'),
    onConflict: ({ base: before, local: ours, remote: theirs, result }) => {
      for (const bytes of [before, ours, theirs, result]) if (bytes instanceof Uint8Array) bytes.fill(99);
      changed.push(before, ours, theirs, result);
    },
  });
  expect(changed).toEqual(Array.from({ length: 4 }, () => new Uint8Array([99])));
  expect(merged.local.toJSON()).toEqual([update('P', { B: 'AQ' })]);
  expect([local, remote].map((delta) => delta.toJSON())).toEqual([
    [update('P', { B: 'AQ' })],
    [update('P', { B: 'Ag' })],
  ]);
});

describe('a put or delete of a field against list operations on it', () => {
  test('shows the list that was lost, and the operations', () => {
    const [conflict, ...others] = conflictsOf({ f: ['a'] }, [update('LI', 1, 'b')], [update('P', 'text')]);
    expect(others).toEqual([]);
    expect(conflict).toMatchObject({
      rule: 'put-wins',
      base: ['a'],
      local: ['a', 'b'],
      remote: 'text',
      result: 'text',
      lost: [{ side: 'local', op: { type: 'list', ops: [{ type: 'insert', index: 1, value: 'b' }] } }],
    });
  });

  test('is delete-wins where the field was deleted, on whichever side', () => {
    expect(conflictsOf({ f: ['a'] }, [update('LD', 0)], [update('D')])).toMatchObject([
      { rule: 'delete-wins', local: [], remote: undefined, result: undefined, lost: [{ side: 'local' }] },
    ]);
    expect(conflictsOf({ f: ['a'] }, [update('D')], [update('LD', 0)])).toMatchObject([
      { rule: 'delete-wins', local: undefined, remote: [], result: undefined, lost: [{ side: 'remote' }] },
    ]);
  });
});

describe('a deleted record that the other side edited', () => {
  test('lists every edit that the delete swallowed', () => {
    const remote: WireChange[] = [['U', 't', 'r', { f: ['P', 2], g: ['LC'] }]];
    const [conflict, ...others] = conflictsOf({ f: 1 }, [deletion], remote);
    expect(others).toEqual([]);
    expect(conflict).toEqual({
      ...at,
      rule: 'delete-wins',
      base: new Map([['f', 1]]),
      local: undefined,
      remote: new Map<string, unknown>([
        ['f', 2],
        ['g', []],
      ]),
      result: undefined,
      lost: [
        { side: 'remote', field: 'f', op: { type: 'put', value: 2, before: 1 } },
        { side: 'remote', field: 'g', op: { type: 'list', create: true, ops: [] } },
      ],
    });
  });

  test('is reported the other way round too', () => {
    expect(conflictsOf({ f: 1 }, [update('P', 2)], [deletion])).toMatchObject([
      { rule: 'delete-wins', local: new Map([['f', 2]]), remote: undefined, lost: [{ side: 'local', field: 'f' }] },
    ]);
  });

  test('is replace-wins where the record was inserted anew', () => {
    expect(conflictsOf({ f: 1 }, [update('P', 2)], [deletion, insert({ f: 3 })])).toMatchObject([
      { rule: 'replace-wins', result: new Map([['f', 3]]), lost: [{ side: 'local' }] },
    ]);
    expect(conflictsOf({ f: 1 }, [deletion, insert({ f: 3 })], [update('P', 2)])).toMatchObject([
      { rule: 'replace-wins', result: new Map([['f', 3]]), lost: [{ side: 'remote' }] },
    ]);
  });

  test('is no conflict where both sides deleted it', () => {
    expect(conflictsOf({ f: 1 }, [deletion], [deletion])).toEqual([]);
    expect(conflictsOf({ f: 1 }, [deletion], [deletion, insert({ f: 3 })])).toEqual([]);
  });
});

describe('records inserted on both sides', () => {
  test('are in conflict only in fields that differ', () => {
    expect(conflictsOf(undefined, [insert({ f: 1, g: 2 })], [insert({ f: 3, g: 2, h: 4 })])).toMatchObject([
      { ...atField, rule: 'remote', base: undefined, local: 1, remote: 3, result: 3 },
    ]);
  });
});

describe('items of a list', () => {
  const list = { f: ['a', 'b', 'c'] };

  test('that one side deleted and the other put: the index is the item’s in the base', () => {
    const local = [update('LI', 0, 'new'), update('LP', 2, 'B')];
    expect(conflictsOf(list, local, [update('LD', 1)])).toEqual([
      {
        ...atField,
        index: 1,
        rule: 'delete-wins',
        base: 'b',
        local: 'B',
        remote: undefined,
        result: undefined,
        lost: [
          {
            side: 'local',
            field: 'f',
            op: { type: 'list', create: false, ops: [{ type: 'put', index: 2, value: 'B', before: 'b' }] },
          },
        ],
      },
    ]);
  });

  test('that both sides put', () => {
    const pair = [[update('LP', 0, 'x')], [update('LP', 0, 'y')]] as const;
    expect(conflictsOf(list, ...pair)).toMatchObject([
      { index: 0, rule: 'remote', base: 'a', local: 'x', remote: 'y', result: 'y', lost: [{ side: 'local' }] },
    ]);
    expect(conflictsOf(list, ...pair, 'local')).toMatchObject([{ rule: 'local', result: 'x' }]);
    expect(conflictsOf(list, ...pair, 'min')).toMatchObject([{ rule: 'min', result: 'x', lost: [{ side: 'remote' }] }]);
    expect(conflictsOf(list, [update('LP', 0, 'x')], [update('LP', 0, 'x')])).toEqual([]);
  });

  test('that both sides moved to different places; a move does not say which value it moves', () => {
    expect(conflictsOf(list, [update('LM', 0, 1)], [update('LM', 0, 2)])).toMatchObject([
      {
        index: 0,
        rule: 'remote',
        base: undefined,
        result: undefined,
        lost: [{ side: 'local', op: { ops: [{ type: 'move' }] } }],
      },
    ]);
  });

  test('that both sides moved to the same place are in no conflict', () => {
    expect(conflictsOf(list, [update('LM', 0, 2)], [update('LM', 0, 2)])).toEqual([]);
  });

  test('come in the order of the base, puts before moves', () => {
    const local = [update('LM', 2, 0), update('LP', 0, 'C'), update('LP', 1, 'A')];
    const remote = [update('LM', 2, 1), update('LP', 1, 'c'), update('LP', 0, 'x')];
    const conflicts = conflictsOf(list, local, remote);
    expect(conflicts.map(({ index, lost }) => [index, lost[0]?.op])).toMatchObject([
      [0, { ops: [{ type: 'put' }] }],
      [2, { ops: [{ type: 'put' }] }],
      [2, { ops: [{ type: 'move' }] }],
    ]);
  });

  test('that only one side touched are in no conflict', () => {
    expect(conflictsOf(list, [update('LD', 0)], [update('LD', 2)])).toEqual([]);
    expect(conflictsOf(list, [update('LD', 1)], [update('LD', 1)])).toEqual([]);
  });
});
