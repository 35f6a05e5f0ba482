import { describe, expect, it } from 'vitest';
import type { Change, FieldOp, ListOp, RuleName, Value } from '../../src/index.js';
import { type MeshConflict, type MeshEvent, MeshReplica } from '../../src/mesh/index.js';

const PLACE = { table: 't', record: 'r' } as const;

interface Conflicts {
  /** What b was told when a's event arrived, and what a was told when b's did. */
  readonly atB: readonly MeshConflict[];
  readonly atA: readonly MeshConflict[];
}

/** Two replicas begin with one record and edit it apart; b is later. */
function meet(fields: Readonly<Record<string, Value>>, one: Change[], other: Change[], rule?: RuleName): Conflicts {
  const options = rule === undefined ? {} : { rules: { get: () => rule } };
  const [a, b] = [new MeshReplica({ agent: 'a', ...options }), new MeshReplica({ agent: 'b', ...options })];
  const pass = (from: MeshReplica, to: MeshReplica): readonly MeshConflict[] => {
    const message = from.missingFrom(to.vector());
    if (message !== undefined) to.receive(message);
    return to.sync().conflicts;
  };
  a.apply([{ type: 'insert', ...PLACE, fields: new Map(Object.entries(fields)) }]);
  a.seal();
  pass(a, b);
  a.apply(one);
  b.apply(other);
  a.seal();
  b.seal();
  return { atB: pass(a, b), atA: pass(b, a) };
}

function update(op: FieldOp): Change[] {
  return [{ type: 'update', ...PLACE, ops: new Map([['f', op]]) }];
}

function put(value: Value): Change[] {
  return update({ type: 'put', value });
}

function edit(...ops: ListOp[]): Change[] {
  return update({ type: 'list', create: false, ops });
}

const remove: Change = { type: 'delete', ...PLACE };

describe('conflicts that a mesh replica tells', () => {
  it('are what two puts of a field came to, with the one that lost', () => {
    const { atA, atB } = meet({ f: 'base' }, put('a'), put('b'));
    expect(atB).toMatchObject([
      { ...PLACE, field: 'f', rule: 'remote', local: 'b', remote: 'a', result: 'b', event: ['a', 2] },
    ]);
    expect(atB[0]?.lost).toMatchObject([{ side: 'remote', field: 'f', op: { type: 'put', value: 'a' } }]);
    expect(atA).toMatchObject([{ rule: 'remote', local: 'a', remote: 'b', result: 'b' }]);
    expect(atA[0]?.lost).toMatchObject([{ side: 'local', field: 'f', op: { type: 'put', value: 'a' } }]);
  });

  it('are written as JSON with their event, whatever values are in them', () => {
    const { atB } = meet({ f: 1n }, put(5n), put(9n));
    expect(JSON.parse(JSON.stringify(atB))).toEqual([
      {
        ...PLACE,
        field: 'f',
        rule: 'remote',
        event: ['a', 2],
        base: null,
        local: { I: '9' },
        remote: { I: '5' },
        result: { I: '9' },
        lost: [{ side: 'remote', field: 'f', ops: [['P', { I: '5' }]] }],
      },
    ]);
  });

  it('name the rule that decided', () => {
    const of = (rule: RuleName, one: Change[], other: Change[], base: Value): unknown =>
      meet({ f: base }, one, other, rule).atA.map((conflict) => [conflict.rule, conflict.result]);
    expect(of('max', put(9n), put(5n), 1n)).toEqual([['max', 9n]]);
    expect(of('local', put('a'), put('b'), 'base')).toEqual([['local', 'a']]);
    // Values that are no numbers cannot be added: the later one wins.
    expect(of('sum', put('a'), put('b'), 'base')).toEqual([['remote', 'b']]);
    const moves = [1, 2].map((to) => edit({ type: 'move', from: 0, to })) as [Change[], Change[]];
    expect(of('local', ...moves, ['x', 'y', 'z'])).toEqual([['local', undefined]]);
    expect(of('max', ...moves, ['x', 'y', 'z'])).toEqual([['remote', undefined]]);
  });

  it('are none where both say the same, where one saw the other, and where all increments count', () => {
    expect(meet({ f: 'base' }, put('same'), put('same'))).toEqual({ atA: [], atB: [] });
    expect(meet({ f: 1n }, put(3n), put(5n), 'sum')).toEqual({ atA: [], atB: [] });
    const list = { f: ['x', 'y'] };
    expect(meet(list, edit({ type: 'delete', index: 0 }), edit({ type: 'delete', index: 0 }))).toEqual({
      atA: [],
      atB: [],
    });
    expect(meet(list, edit({ type: 'delete', index: 0 }), edit({ type: 'put', index: 1, value: 'z' }))).toEqual({
      atA: [],
      atB: [],
    });
  });

  it('are a record that one updates and the other deletes or replaces, whichever arrives first', () => {
    const gone = meet({ f: 'base' }, put('lost'), [remove]);
    const told = { ...PLACE, rule: 'delete-wins', lost: [{ field: 'f', op: { type: 'put', value: 'lost' } }] };
    expect(gone.atB).toMatchObject([{ ...told, lost: [{ side: 'remote' }] }]);
    expect(gone.atA).toMatchObject([{ ...told, lost: [{ side: 'local' }] }]);
    const again: Change[] = [remove, { type: 'insert', ...PLACE, fields: new Map() }];
    const replaced = meet({ f: 'base' }, put('lost'), again);
    expect([replaced.atB[0]?.rule, replaced.atA[0]?.rule]).toEqual(['replace-wins', 'replace-wins']);
  });

  it('are list operations under a put or delete of the whole field', () => {
    const typed = edit({ type: 'insert', index: 0, value: 'typed' });
    const { atA, atB } = meet({ f: ['x'] }, typed, put('whole'));
    expect(atB).toMatchObject([{ field: 'f', rule: 'put-wins', result: 'whole' }]);
    expect(atB[0]?.lost).toMatchObject([{ side: 'remote', op: { type: 'list', ops: [{ value: 'typed' }] } }]);
    expect(atA).toMatchObject([{ field: 'f', rule: 'put-wins', remote: 'whole', result: 'whole' }]);
    expect(atA[0]?.lost).toMatchObject([{ side: 'local', op: { type: 'list', ops: [{ value: 'typed' }] } }]);
    const deleted = meet({ f: ['x'] }, typed, update({ type: 'delete' }));
    expect([deleted.atB[0]?.rule, deleted.atA[0]?.rule]).toEqual(['delete-wins', 'delete-wins']);
  });

  it('are increments on what a reset overwrote', () => {
    const { atA, atB } = meet({ f: 10n }, put(12n), update({ type: 'delete' }), 'sum');
    expect(atB).toMatchObject([{ field: 'f', rule: 'delete-wins', result: undefined }]);
    expect(atB[0]?.lost).toMatchObject([{ side: 'remote', op: { type: 'put', value: 12n } }]);
    expect(atA).toMatchObject([{ field: 'f', rule: 'delete-wins', local: 12n }]);
    expect(atA[0]?.lost).toMatchObject([{ side: 'local', op: { type: 'put', value: 12n } }]);
  });

  it('are items that both put', () => {
    const one = edit({ type: 'put', index: 1, value: 'a' });
    const { atA, atB } = meet({ f: ['x', 'y'] }, one, edit({ type: 'put', index: 1, value: 'b' }));
    expect(atB).toMatchObject([{ field: 'f', index: 1, rule: 'remote', local: 'b', remote: 'a', result: 'b' }]);
    expect(atB[0]?.lost).toMatchObject([{ side: 'remote', op: { ops: [{ type: 'put', index: 1, value: 'a' }] } }]);
    expect(atA).toMatchObject([{ index: 1, local: 'a', remote: 'b', result: 'b', lost: [{ side: 'local' }] }]);
    const most = meet(
      { f: ['x'] },
      edit({ type: 'put', index: 0, value: 9n }),
      edit({ type: 'put', index: 0, value: 5n }),
      'max',
    );
    expect(most.atA).toMatchObject([{ rule: 'max', local: 9n, remote: 5n, result: 9n, lost: [{ side: 'remote' }] }]);
  });

  it('are items that both moved apart, and not those that both moved to one place', () => {
    const list = { f: ['x', 'y', 'z', 'w'] };
    const one = edit({ type: 'move', from: 0, to: 1 });
    const { atA, atB } = meet(list, one, edit({ type: 'move', from: 0, to: 3 }));
    expect(atB).toMatchObject([{ field: 'f', index: 0, rule: 'remote', lost: [{ side: 'remote' }] }]);
    expect(atA[0]?.lost).toMatchObject([{ side: 'local', op: { ops: [{ type: 'move', from: 0, to: 1 }] } }]);
    expect(meet(list, one, one)).toEqual({ atA: [], atB: [] });
  });

  it('are items that one puts or moves and the other deletes', () => {
    const list = { f: ['x', 'y', 'z'] };
    for (const op of [
      { type: 'put', index: 1, value: 'new' },
      { type: 'move', from: 1, to: 2 },
    ] as const) {
      const { atA, atB } = meet(list, edit(op), edit({ type: 'delete', index: 1 }));
      expect(atB).toMatchObject([
        { field: 'f', index: 1, rule: 'delete-wins', lost: [{ side: 'remote', op: { ops: [op] } }] },
      ]);
      expect(atA).toMatchObject([
        { field: 'f', index: 1, rule: 'delete-wins', lost: [{ side: 'local', op: { ops: [op] } }] },
      ]);
    }
  });

  it('name the rule of the last of all moves of an item', () => {
    let rule: RuleName = 'remote';
    const a = new MeshReplica({ agent: 'a', rules: { get: () => rule } });
    a.apply([{ type: 'insert', ...PLACE, fields: new Map([['f', ['x', 'y', 'z', 'w']]]) }]);
    a.seal();
    const b = new MeshReplica({ agent: 'b' });
    b.receive({ type: 'events', events: a.missingFrom(b.vector())?.events ?? [] });
    b.sync();
    b.apply(edit({ type: 'move', from: 0, to: 3 }));
    const theirs = b.seal() as MeshEvent;
    a.apply(edit({ type: 'move', from: 0, to: 1 }));
    a.seal();
    rule = 'local';
    a.apply(edit({ type: 'move', from: 1, to: 2 }));
    a.seal();
    a.receive({ type: 'events', events: [theirs] });
    expect(a.sync().conflicts).toMatchObject([{ rule: 'local', lost: [{ side: 'remote' }] }]);
  });
});
