import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { runs } from '../support/seed.js';
import { arbitraryEdit } from '../support/sync-edits.js';
import { type Act, EVENTS, Play } from '../support/sync-play.js';
import { World } from '../support/sync-world.js';

const RUNS = 150;

const listEdit = arbitraryEdit().map((choice) => ({ ...choice, kind: 5 + (choice.kind % 7), record: 0, field: 5 }));

const arbitraryActs = (): fc.Arbitrary<Act[]> =>
  fc.array(
    fc.oneof(
      { weight: 12, arbitrary: listEdit },
      { weight: 2, arbitrary: arbitraryEdit() },
      { weight: 5, arbitrary: fc.constant('sync' as const) },
      { weight: 4, arbitrary: fc.constantFrom('seal', 'end step', 'undo', 'redo', 'rollback', 'reopen', 'retract') },
      { weight: 3, arbitrary: fc.constantFrom(...EVENTS) },
    ),
    { minLength: 10, maxLength: 60 },
  );

/** The same machines, built of modules of their own in which list edits of any length are shortened. */
async function shorteningWorlds(): Promise<typeof World> {
  vi.resetModules();
  vi.doMock('../../src/deltas/shorten-least.js', () => ({ SHORTEN_LEAST: 1 }));
  vi.doMock('../../src/lists/transients.js', async (importOriginal) => {
    const original = await importOriginal<typeof import('../../src/lists/transients.js')>();
    return {
      withoutTransients: (ops: Parameters<typeof original.withoutTransients>[0]) => {
        const left = original.withoutTransients(ops);
        if (left.count < ops.count) shortened++;
        return left;
      },
    };
  });
  return (await import('../support/sync-world.js')).World;
}

let shortened = 0;

const ShorteningWorld = await shorteningWorlds();
afterAll(() => vi.doUnmock('../../src/lists/transients.js'));
afterAll(() => vi.doUnmock('../../src/deltas/shorten-least.js'));

/** What the user sees. */
const rows = (play: Play): unknown => (play.seen() as unknown[])[1];

describe('edits of lists without their transient items', () => {
  test('change nothing that the user sees, whatever is merged, refused, retracted or loaded', () => {
    fc.assert(
      fc.property(arbitraryActs(), fc.nat({ max: 3 }), (acts, undoDepth) => {
        const plays = [World, ShorteningWorld].map((Type) => new Play(new Type(2, {}, { undoDepth })));
        for (const [at, what] of acts.entries()) {
          for (const play of plays) play.act(what);
          const [whole, short] = plays.map(rows);
          expect([at, short]).toEqual([at, whole]);
        }
        for (const play of plays) play.settle();
        const [whole, short] = plays.map(rows);
        expect(short).toEqual(whole);
      }),
      { numRuns: runs(RUNS) },
    );
    expect(shortened).toBeGreaterThan(0);
  });
});
