import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { Delta, DeltaInput, ListOp, Rule } from '../../src/index.js';
import { type Put, Replica, type ReplicaOptions, Sequencer } from '../../src/sync/index.js';
import { arbitraryListOp, updateBy } from '../support/single-list-ops.js';

// What waits is written anew as soon as items come and go.
vi.mock('../../src/deltas/shorten-least.js', () => ({ SHORTEN_LEAST: 3 }));

const TIME = new Date(0);
const ROOM = 1e6;

const place = fc.record({
  table: fc.constantFrom('t', 't', 't', 't', 't', 't', 't', ':info', 'not a name'),
  record: fc.constantFrom('r', 'r', 'r', 'r', 'r', 'r', 'info', 'not a name'),
  field: fc.constantFrom('list', 'list', 'list', 'other', 'text', 'text', 'no', 'missing', 'mtime'),
});
const edit = fc.record({
  do: fc.constant('edit' as const),
  place,
  op: arbitraryListOp([-1, undefined]),
  isInBatch: fc.constantFrom(false, false, true),
});
const action = fc.oneof(
  { weight: 8, arbitrary: edit },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'undo',
        'undo',
        'redo',
        'redo',
        'end',
        'sync',
        'seal',
        'put',
        'others',
        'saveEdits',
        'rollback',
        'viewer',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete', 'insert', 'replace', 'create') }) },
);
type Action = { readonly do: string } | (typeof edit extends fc.Arbitrary<infer Edit> ? Edit : never);

type EditList = (replica: Replica, table: string, record: string, field: string, op: ListOp) => unknown;

function opIn(delta: Delta, field: string): unknown {
  const change = delta.at(0);
  const edited = change?.type === 'update' ? change.ops.get(field) : undefined;
  return edited?.type === 'list' ? edited.ops[0] : undefined;
}

/** The ways to edit a list: all must do the same. Changes that are not in an array are never taken for one operation. */
const WAYS: readonly EditList[] = [
  (replica, table, record, field, op) => opIn(replica.apply(new Set([updateBy({ table, record, field }, op)])), field),
  (replica, table, record, field, op) => opIn(replica.apply([updateBy({ table, record, field }, op)]), field),
  (replica, table, record, field, op) => replica.editList(table, record, field, op),
];

const START: DeltaInput = [
  {
    type: 'insert',
    table: 't',
    record: 'r',
    fields: new Map<string, never>([
      ['no', 1],
      ['list', ['a', 'b', 'c']],
      ['text', []],
    ] as never),
  },
];

/** What everybody sees, and what is stored, after each action. */
function play(editList: EditList, actions: readonly Action[], rule: Rule, limits: ReplicaOptions['limits']): unknown[] {
  const sequencer = new Sequencer();
  sequencer.put(0, 'start', START, 'owner');
  let nonces = 0;
  const rules = { get: (_: string, field: string): Rule => (field === 'list' ? rule : 'remote') };
  const replica = new Replica({
    nextNonce: () => `n${++nonces}`,
    rules,
    ...(limits && { limits }),
    savedUndoSize: 10_000,
  });
  const exchange = (): void => {
    replica.receive(sequencer.answer(replica.request(), 'owner'));
    replica.sync(TIME);
  };
  exchange();
  const perform = (given: Action): unknown => {
    if ('place' in given) {
      const { table, record, field } = given.place;
      const edit = (): unknown => editList(replica, table, record, field, given.op);
      if (!given.isInBatch) return edit();
      const results: unknown[] = [];
      return [
        replica
          .batch(() => {
            results.push(edit(), editList(replica, 't', 'r', 'text', { type: 'insert', index: 0, value: 'b' }));
          })
          .toJSON(),
        results,
      ];
    }
    switch (given.do) {
      case 'undo':
        return replica.undo()?.toJSON();
      case 'redo':
        return replica.redo()?.toJSON();
      case 'end':
        return replica.endUndoItem();
      case 'sync':
        return exchange();
      case 'seal':
        return replica.seal(TIME);
      case 'put': {
        const put = replica.outgoing();
        return put && replica.receive(sequencer.answer(put, 'owner'));
      }
      case 'others':
        return sequencer.put(
          sequencer.revision,
          `o${sequencer.revision}`,
          [updateBy({ table: 't', record: 'r', field: 'list' }, { type: 'insert', index: 0, value: 'o' })],
          'owner',
        ).type;
      case 'saveEdits':
        return replica.saveEdits();
      case 'rollback':
        return replica.rollback().toJSON();
      case 'viewer':
        return replica.setRole(replica.role === 'viewer' ? 'owner' : 'viewer');
      case 'delete':
        return replica.apply([{ type: 'delete', table: 't', record: 'r' }]).toJSON();
      case 'insert':
        return replica.apply(START).toJSON();
      case 'replace':
        return replica
          .apply([{ type: 'update', table: 't', record: 'r', ops: new Map([['list', { type: 'put', value: ['p'] }]]) }])
          .toJSON();
      default:
        return replica
          .apply([
            updateBy({ table: 't', record: 'r', field: 'other' }, { type: 'insert', index: 0, value: 'n' }, true),
          ])
          .toJSON();
    }
  };
  return actions.map((given) => {
    let result: unknown;
    try {
      result = perform(given);
    } catch (error) {
      result = { message: (error as Error).message, ...(error as object) };
    }
    return [result, replica.save(), replica.unsyncedSize, replica.size, replica.canUndo, replica.status];
  });
}

it('editing a list without a delta does, stores and undoes what applying the change does', () => {
  const plenty = { datastoreSize: ROOM, recordSize: ROOM, deltaSize: ROOM, recordCount: ROOM };
  const limits = fc.oneof(
    fc.constant(undefined),
    fc.integer({ min: 1500, max: 2000 }).map((datastoreSize) => ({ ...plenty, datastoreSize })),
    fc.integer({ min: 450, max: 800 }).map((recordSize) => ({ ...plenty, recordSize })),
    fc.integer({ min: 400, max: 1200 }).map((deltaSize) => ({ ...plenty, deltaSize })),
  );
  const rule = fc.constantFrom<Rule>('remote', 'remote', 'remote', 'local', 'sum', 'unknown' as Rule);
  fc.assert(
    fc.property(fc.array(action, { minLength: 5, maxLength: 30 }), rule, limits, (actions, chosen, most) => {
      const [general, ...others] = WAYS.map((way) => play(way, actions, chosen, most));
      for (const other of others) expect(other).toEqual(general);
    }),
    { numRuns: 500 },
  );
});

it('what waits of a list that is used as a queue stays small either way', () => {
  const [general, ...others] = WAYS.map((editList) => {
    const replica = new Replica({ nextNonce: () => 'n' });
    replica.apply(START);
    replica.sync(TIME);
    replica.receive(new Sequencer().answer(replica.outgoing() as Put, 'owner'));
    for (let at = 0; at < 40; at++) {
      editList(replica, 't', 'r', 'text', { type: 'insert', index: 0, value: at });
      editList(replica, 't', 'r', 'text', { type: 'delete', index: 0 });
    }
    return replica.save();
  });
  expect(JSON.stringify(general).length).toBeLessThan(1000);
  for (const other of others) expect(other).toEqual(general);
});

it('an operation whose getter edits the same list comes after that edit', () => {
  const [general, ...others] = WAYS.map((editList) => {
    const replica = new Replica({ nextNonce: () => 'n' });
    replica.apply(START);
    replica.state();
    const hostile = {
      type: 'insert',
      index: 0,
      get value() {
        editList(replica, 't', 'r', 'list', { type: 'insert', index: 0, value: 'inner' });
        return 'outer';
      },
    } as const;
    editList(replica, 't', 'r', 'list', hostile);
    replica.sync(TIME);
    return [replica.toRows(), replica.outgoing()?.delta.toJSON()];
  });
  for (const other of others) expect(other).toEqual(general);
});

it('neither what is given to editList nor what it gives can change the replica', () => {
  const replica = new Replica({ nextNonce: () => 'n' });
  replica.apply(START);
  const given = new Uint8Array([7]);
  replica.editList('t', 'r', 'list', { type: 'insert', index: 0, value: given });
  given[0] = 8;
  const removed = replica.editList('t', 'r', 'list', { type: 'put', index: 0, value: given });
  given[0] = 9;
  expect(removed).toEqual({ type: 'put', index: 0, value: new Uint8Array([8]), before: new Uint8Array([7]) });
  if (removed.type === 'put' && removed.value instanceof Uint8Array) removed.value[0] = 10;
  expect(replica.get('t', 'r')?.get('list')).toEqual([new Uint8Array([8]), 'a', 'b', 'c']);
});
