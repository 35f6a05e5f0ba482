import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { runs } from '../support/seed.js';
import { arbitraryEdit, type EditChoice } from '../support/sync-edits.js';
import { type Act, CALLS, EVENTS, Play, plain } from '../support/sync-play.js';
import { World } from '../support/sync-world.js';

const RUNS = 200;

const arbitraryActs = (): fc.Arbitrary<Act[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: arbitraryEdit() },
      { weight: 5, arbitrary: fc.constant('sync' as const) },
      { weight: 4, arbitrary: fc.constantFrom(...CALLS.filter((call) => call !== 'merge')) },
      { weight: 3, arbitrary: fc.constantFrom(...EVENTS) },
    ),
    { minLength: 10, maxLength: 40 },
  );

const INSERT_OR_DELETE: EditChoice = { kind: 0, record: 0, field: 0, at: 0, to: 0, value: 0 };

/** Two segments of one delta, an insert and what deletes it again, of which a merge takes what else the second did. */
const LEFT_WITHOUT_CHANGE: Act[] = [
  { ...INSERT_OR_DELETE, record: 1 },
  'sync',
  { ...INSERT_OR_DELETE, record: 1 },
  INSERT_OR_DELETE,
  'other',
  'send',
  'sync',
  'other',
  'sync',
  'sync',
  'sync',
  'sync',
  'reopen',
];

/** An insert, a delete of a field that it has not, and a put of that field, which is undone in the end. */
const DELETED_IN_INSERTED: Act[] = [
  INSERT_OR_DELETE,
  'sync',
  { ...INSERT_OR_DELETE, kind: 2, field: 1 },
  'sync',
  'other',
  { ...INSERT_OR_DELETE, kind: 3, field: 1 },
  'sync',
  'sync',
  'other',
];

/** The same machines, built of modules of their own in which no segments are joined. */
async function separateWorlds(): Promise<typeof World> {
  vi.resetModules();
  vi.doMock('../../src/sync/undo/segments.js', async (importOriginal) => ({
    ...(await importOriginal<object>()),
    joinSegments: (segments: unknown) => {
      keptApart++;
      return { segments, isShorter: false };
    },
  }));
  return (await import('../support/sync-world.js')).World;
}

/** How often segments were kept apart that might have been joined. */
let keptApart = 0;

const SeparateWorld = await separateWorlds();
afterAll(() => vi.doUnmock('../../src/sync/undo/segments.js'));

describe('segments that are joined', () => {
  test('change nothing that anybody could tell: merges, refusals, reloads, undoing, redoing and taking back', () => {
    fc.assert(
      fc.property(arbitraryActs(), fc.nat({ max: 3 }), (acts, undoDepth) => {
        const plays = [World, SeparateWorld].map((Type) => new Play(new Type(2, {}, { undoDepth })));
        for (const what of acts) {
          const [joined, separate] = plays.map((play) => plain([play.act(what), play.seen()]));
          expect(joined).toEqual(separate);
        }
        for (const what of ['undo', 'undo', 'undo', 'undo', 'redo', 'redo', 'sync'] as const) {
          const [joined, separate] = plays.map((play) => plain([play.act(what), play.seen()]));
          expect(joined).toEqual(separate);
        }
        const [joined, separate] = plays.map((play) => plain(play.settle()));
        expect(joined).toEqual(separate);
      }),
      {
        numRuns: runs(RUNS),
        examples: [
          [LEFT_WITHOUT_CHANGE, 0],
          [DELETED_IN_INSERTED, 1],
        ],
      },
    );
    expect(keptApart).toBeGreaterThan(0);
  });
});
