import fc from 'fast-check';
import { afterAll, expect, it, vi } from 'vitest';
import { type Change, Delta, type UpdateChange } from '../../src/index.js';
import { type LogEntry, Replica } from '../../src/sync/index.js';
import { MergeRun } from '../../src/sync/merge-run.js';
import type { Segment } from '../../src/sync/undo/segments.js';
import { runs } from '../support/seed.js';
import { arbitraryEdit, type EditChoice } from '../support/sync-edits.js';
import { type Act, Play, plain } from '../support/sync-play.js';
import { World } from '../support/sync-world.js';

/** How often entries were merged one by one that might have been merged in a run. */
let mergedAlone = 0;

/** The same machines, built of modules of their own in which each entry is merged alone. */
async function worldsWithoutRuns(): Promise<typeof World> {
  vi.resetModules();
  vi.doMock('../../src/sync/merge-run.js', async (importOriginal) => {
    const original = await importOriginal<typeof import('../../src/sync/merge-run.js')>();
    return {
      MergeRun: class extends original.MergeRun {
        static override canBegin(segments: readonly Segment[]): boolean {
          if (original.MergeRun.canBegin(segments)) mergedAlone++;
          return false;
        }
      },
    };
  });
  return (await import('../support/sync-world.js')).World;
}

const WorldWithoutRuns = await worldsWithoutRuns();
afterAll(() => vi.doUnmock('../../src/sync/merge-run.js'));

const edit = arbitraryEdit();
const logged: fc.Arbitrary<Act[]> = edit.map((choice) => [choice, 'sync', 'send', 'answer']);
const pending: fc.Arbitrary<Act[]> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(edit, fc.constantFrom<Act[]>('end step', 'end step', 'sync')) },
  { weight: 2, arbitrary: fc.tuple(edit, edit, fc.constant<Act>('end step')) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom<Act[]>('undo', 'redo', 'seal')) },
);

/** Edits that the log gets, edits that it lacks, several entries of others that all arrive, and then all is merged. */
const round: fc.Arbitrary<Act[]> = fc
  .tuple(
    fc.array(logged, { maxLength: 3 }),
    fc.array(pending, { minLength: 1, maxLength: 4 }),
    fc.array(edit, { minLength: 3, maxLength: 6 }),
    fc.constantFrom<Act[]>('sync', 'merge'),
  )
  .map(([before, after, others, merge]): Act[] => [...before.flat(), ...after.flat(), { others }, merge]);

const UNDO_ALL: readonly Act[] = ['undo', 'undo', 'undo', 'undo', 'undo', 'redo', 'redo', 'undo', 'sync'];

const EDIT: EditChoice = { kind: 5, record: 0, field: 0, at: 0, to: 0, value: 1 };

/**
 * The second of four entries takes the put of field `remote`. What is left of the local delta inserts record b and deletes
 * it again, so it is dropped, and the third and fourth entries insert and delete b.
 */
const LEFT_WITHOUT_CHANGE: Act[] = [
  { others: [EDIT] },
  'sync',
  { ...EDIT, record: 1 },
  'end step',
  { ...EDIT, record: 1, kind: 0 },
  { ...EDIT, value: 2 },
  'end step',
  {
    others: [
      { ...EDIT, field: 1 },
      { ...EDIT, value: 3 },
      { ...EDIT, record: 1 },
      { ...EDIT, record: 1, kind: 0 },
    ],
  },
  'merge',
];

const IN_LIST: EditChoice = { ...EDIT, field: 5, kind: 9 };

/** What undoes an insert that the log has must follow the inserts before it, also those of later entries. */
const SHIFTED_UNDO: Act[] = [
  IN_LIST,
  'sync',
  'send',
  'answer',
  { ...IN_LIST, at: 1, value: 2 },
  'sync',
  'send',
  'answer',
  { ...EDIT, field: 1 },
  'end step',
  {
    others: [
      { ...EDIT, value: 3 },
      { ...IN_LIST, value: 4 },
      { ...IN_LIST, value: 5 },
    ],
  },
  'sync',
];

it('entries that are merged in a run come out as they do one by one: data, conflicts, and what can be undone', () => {
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 2 }), fc.constantFrom(0, 2, 10), (rounds, undoDepth) => {
      const plays = [World, WorldWithoutRuns].map((Type) => new Play(new Type(2, {}, { undoDepth })));
      const compare = (of: (play: Play) => unknown): void => {
        const [inRun, alone] = plays.map((play) => plain(of(play)));
        expect(inRun).toEqual(alone);
      };
      for (const acts of [...rounds, UNDO_ALL]) {
        for (const what of acts) compare((play) => play.act(what));
        compare((play) => play.seen());
      }
      compare((play) => play.settle());
    }),
    {
      numRuns: runs(75),
      examples: [
        [[LEFT_WITHOUT_CHANGE], 10],
        [[SHIFTED_UNDO], 10],
      ],
    },
  );
  expect(mergedAlone).toBeGreaterThan(0);
});

it('a value that the user gave again is not told as lost when a later entry takes both', () => {
  const replica = new Replica({ nextNonce: () => 'own' });
  const put = (value: number): UpdateChange => ({
    ...{ type: 'update', table: 't', record: 'r' },
    ops: new Map([['f', { type: 'put', value }]]),
  });
  const entry = (rev: number, change: Change, seen: number): LogEntry => ({
    ...{ rev, nonce: `n${rev}`, seen, delta: Delta.from([change]) },
  });
  const another: Change = { type: 'insert', table: 't', record: 'another', fields: new Map() };
  replica.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', 1]]) }]);
  replica.sync(new Date(0));
  replica.outgoing();
  replica.receive({ type: 'accepted', rev: 1, nonce: 'own' });
  replica.apply([put(2)]);
  replica.receive({ type: 'entries', entries: [entry(2, another, 0), entry(3, put(3), 0)] });
  const { conflicts } = replica.sync(new Date(1));
  expect(conflicts.map(({ side, local, remote }) => [side, local, remote])).toEqual([[undefined, 2, 3]]);
});

it('no run begins where one segment undoes another, which a later merge could drop together', () => {
  const delta = Delta.from([]);
  expect(
    MergeRun.canBegin([
      { role: 1, origin: 1, delta },
      { role: 'unrecorded', delta },
      { role: 2, origin: 2, delta },
    ]),
  ).toBe(true);
  expect(
    MergeRun.canBegin([
      { role: 1, origin: 1, delta },
      { role: 'undoing', origin: 1, delta },
    ]),
  ).toBe(false);
});
