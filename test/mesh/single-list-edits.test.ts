import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Change, NO_LIMITS, type Rule } from '../../src/index.js';
import { formatEvent, MeshReplica, type MeshReplicaOptions } from '../../src/mesh/index.js';
import { runs } from '../support/seed.js';
import { arbitraryListOp, updateBy } from '../support/single-list-ops.js';

const anyPlace = fc.record({
  table: fc.constantFrom('t', 't', 't', 't', 't', 't', ':info', 'not a name'),
  record: fc.constantFrom('r', 'r', 'r', 'r', 'r', 'info', 'not a name'),
  field: fc.constantFrom('list', 'list', 'list', 'other', 'decided', 'no', 'missing', 'mtime'),
});
const place = fc.oneof(
  { weight: 8, arbitrary: anyPlace },
  { weight: 1, arbitrary: fc.constant({ table: ':info', record: 'info', field: 'list' }) },
);
const edit = fc.record({ do: fc.constant('edit' as const), place, op: arbitraryListOp() });
const action = fc.oneof(
  { weight: 6, arbitrary: edit },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('batch' as const), edits: fc.array(edit, { maxLength: 3 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('undo', 'redo', 'end', 'sync', 'rollback', 'others', 'delete', 'insert'),
    }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer Made> ? Made : never;

const FIELDS: Change = {
  type: 'insert',
  table: 't',
  record: 'r',
  fields: new Map<string, never>([
    ['no', 1],
    ['list', ['a', 'b', 'c']],
    ['other', []],
    ['decided', ['d']],
  ] as never),
};

const INFO: Change = { type: 'insert', table: ':info', record: 'info', fields: new Map([['list', ['a', 'b']]]) };

/** What is seen and told of each action, and all that is kept: of each, or in the end, as looking composes what gathered. */
function play(
  changesOf: (change: Change) => Iterable<Change>,
  actions: readonly Action[],
  limits: MeshReplicaOptions['limits'],
  isKeptOfEach: boolean,
): unknown[] {
  // A function is refused in a mesh, wherever it is found out.
  const rules = {
    get: (_: string, field: string): Rule =>
      field === 'list' ? 'local' : field === 'decided' ? (): number => 0 : 'remote',
  };
  const replica = new MeshReplica({ agent: 'a', rules, undoDepth: 3, ...(limits && { limits }) });
  const other = new MeshReplica({ agent: 'b' });
  other.apply([FIELDS, INFO]);
  const exchange = (): void => {
    const events = other.missingFrom(replica.vector());
    if (events !== undefined) replica.receive(events);
  };
  other.seal();
  exchange();
  replica.sync();
  const perform = (given: Action): unknown => {
    if ('place' in given) return replica.apply(changesOf(updateBy(given.place, given.op)) as Change[]).toJSON();
    if ('edits' in given) return replica.batch(() => given.edits.forEach(perform)).toJSON();
    switch (given.do) {
      case 'undo':
        return replica.undo()?.toJSON();
      case 'redo':
        return replica.redo()?.toJSON();
      case 'end':
        return replica.endUndoItem();
      case 'rollback':
        return replica.rollback().toJSON();
      case 'sync': {
        const { sealed, changed, conflicts } = replica.sync(new Date(5));
        return [sealed && formatEvent(sealed), changed, conflicts.length];
      }
      case 'others':
        other.apply([updateBy({ table: 't', record: 'r', field: 'list' }, { type: 'insert', index: 0, value: 'o' })]);
        other.seal();
        return exchange();
      case 'insert':
        return replica.apply([FIELDS]).toJSON();
      default:
        return replica.apply([{ type: 'delete', table: 't', record: 'r' }]).toJSON();
    }
  };
  const kept = (): unknown[] => {
    const { open, openRules } = replica.content();
    return [replica.unsyncedSize, open.toJSON(), openRules];
  };
  const seen = actions.map((given) => {
    let told: unknown;
    try {
      told = perform(given);
    } catch (error) {
      const { code, reason, table, record, field, index: at } = error as Record<string, unknown>;
      told = [code, reason, table, record, field, at];
    }
    return [told, replica.get('t', 'r'), replica.canUndo, isKeptOfEach && kept()];
  });
  return [...seen, kept()];
}

it('what gathered of a list comes before what is done to its record later', () => {
  const replica = new MeshReplica({ agent: 'a' });
  replica.apply([FIELDS]);
  replica.seal();
  const insert = (index: number): Change =>
    updateBy({ table: 't', record: 'r', field: 'list' }, { type: 'insert', index, value: 'x' });
  for (const index of [0, 1, 2]) replica.apply([insert(index)]);
  replica.apply([{ type: 'delete', table: 't', record: 'r' }]);
  expect(replica.seal()?.delta.toJSON()).toEqual([['D', 't', 'r']]);
});

it('an edit of a list by itself does what it does among other changes', () => {
  const limits = fc.constantFrom(
    undefined,
    { ...NO_LIMITS, recordSize: 950 },
    { ...NO_LIMITS, datastoreSize: 2700 },
    // An event keeps 300 bytes for the time at which it is sealed.
    { ...NO_LIMITS, deltaSize: 800 },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 20 }), limits, fc.boolean(), (actions, given, isKeptOfEach) => {
      // Changes that are not in an array are never taken for one operation.
      const slow = play((change) => new Set([change]), actions, given, isKeptOfEach);
      expect(play((change) => [change], actions, given, isKeptOfEach)).toEqual(slow);
    }),
    { numRuns: runs(500) },
  );
});
