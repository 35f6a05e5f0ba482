import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Replica } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';
import { arbitraryEdit, changeOf, type EditChoice } from '../support/sync-edits.js';
import { type Site, World } from '../support/sync-world.js';

const RUNS = 75;

/** What one user does between two steps: edits, and what of the exchange happens then. */
interface Step {
  readonly edits: readonly EditChoice[];
  readonly others: readonly EditChoice[];
  readonly exchange: 'nothing' | 'seal' | 'send' | 'answer' | 'fetch' | 'settle';
}

function arbitrarySteps(): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.record({
      edits: fc.array(arbitraryEdit(), { minLength: 1, maxLength: 3 }),
      others: fc.array(arbitraryEdit(), { maxLength: 2 }),
      exchange: fc.constantFrom('nothing', 'seal', 'send', 'answer', 'fetch', 'settle' as const),
    }),
    { maxLength: 8 },
  );
}

function rowsOf(replica: Replica, isWanted: (record: string) => boolean = () => true): string {
  return JSON.stringify(replica.toRows().filter(({ tid, rowid }) => tid === 't' && isWanted(rowid)));
}

function edit({ replica }: Site, choice: EditChoice): void {
  replica.apply(changeOf(choice, (table, record) => replica.get(table, record)));
}

function exchange(world: World, site: Site, how: Step['exchange']): void {
  if (how === 'seal' || how === 'send') world.sync(site);
  if (how === 'send') world.send(site);
  if (how === 'answer') {
    world.send(site);
    while (site.toSequencer.length > 0) world.deliverUp(site);
    while (site.fromSequencer.length > 0) world.deliverDown(site);
  }
  if (how === 'fetch') {
    world.ask(site);
    exchange(world, site, 'answer');
    world.sync(site);
  }
  if (how === 'settle') world.settle();
}

function undoAll({ replica }: Site): number {
  let count = 0;
  while (replica.undo() !== undefined) count++;
  return count;
}

/** Two sites after some steps, with everything in the log. */
function worldAfter(steps: readonly Step[]): { world: World; mine: Site } {
  const world = new World(2);
  for (const step of steps) {
    for (const choice of step.edits) edit(world.site(0), choice);
    for (const choice of step.others) edit(world.site(1), choice);
    exchange(world, world.site(0), step.exchange);
  }
  world.settle();
  return { world, mine: world.site(0) };
}

describe('one user alone', () => {
  test('undoing every step leads back through every state, and redoing leads forward again', () => {
    fc.assert(
      fc.property(arbitrarySteps(), (steps) => {
        const world = new World(1);
        const site = world.site(0);
        const states = [rowsOf(site.replica)];
        for (const step of steps) {
          for (const choice of step.edits) edit(site, choice);
          site.replica.endUndoItem();
          exchange(world, site, step.exchange);
          if (rowsOf(site.replica) !== states.at(-1)) states.push(rowsOf(site.replica));
        }
        const seen = new Set(states);
        while (site.replica.undo() !== undefined) expect(seen.has(rowsOf(site.replica))).toBe(true);
        expect(rowsOf(site.replica)).toBe(states[0]);
        while (site.replica.redo() !== undefined) expect(seen.has(rowsOf(site.replica))).toBe(true);
        expect(rowsOf(site.replica)).toBe(states.at(-1));
        world.settle();
        expect(rowsOf(site.replica)).toBe(states.at(-1));
      }),
      { numRuns: runs(RUNS) },
    );
  });
});

describe('two users', () => {
  test('who edit different records: undoing everything leaves what the other did', () => {
    fc.assert(
      fc.property(arbitrarySteps(), fc.boolean(), (steps, settlesFirst) => {
        const world = new World(2);
        const [mine, others] = [world.site(0), world.site(1)];
        for (const step of steps) {
          for (const choice of step.edits) edit(mine, { ...choice, record: 0 });
          for (const choice of step.others) edit(others, { ...choice, record: 1 });
          exchange(world, mine, step.exchange);
          exchange(world, others, step.exchange);
        }
        if (settlesFirst) world.settle();
        undoAll(mine);
        world.settle();
        const isMine = (record: string): boolean => record === 'a';
        expect(rowsOf(mine.replica, isMine)).toBe('[]');
        expect(rowsOf(mine.replica)).toBe(rowsOf(others.replica));
      }),
      { numRuns: runs(RUNS) },
    );
  });

  test('who edit the same records: whatever is undone and redone fits, and both end alike', () => {
    fc.assert(
      fc.property(arbitrarySteps(), fc.array(fc.boolean(), { maxLength: 12 }), (steps, undos) => {
        const world = new World(2);
        const [mine, others] = [world.site(0), world.site(1)];
        const [...waiting] = undos;
        for (const step of steps) {
          for (const choice of step.edits) edit(mine, choice);
          for (const choice of step.others) edit(others, choice);
          exchange(world, others, step.exchange);
          if (waiting.pop()) mine.replica.undo();
          exchange(world, mine, step.exchange);
          if (waiting.pop()) mine.replica.undo();
          else mine.replica.redo();
        }
        world.settle();
        const settled = rowsOf(mine.replica);
        const count = undoAll(mine);
        for (let index = 0; index < count; index++) mine.replica.redo();
        expect(rowsOf(mine.replica)).toBe(settled);
        world.settle();
        expect(rowsOf(mine.replica)).toBe(rowsOf(others.replica));
      }),
      { numRuns: runs(RUNS) },
    );
  });

  test('one of whom undoes what is in the log, and redoes it at once: as if nothing had been undone', () => {
    fc.assert(
      fc.property(arbitrarySteps(), fc.array(arbitraryEdit(), { maxLength: 3 }), fc.nat(2), (steps, others, more) => {
        const [world, twin] = [false, true].map((isTwin) => {
          const { world: scene, mine } = worldAfter(steps);
          for (let count = 0; count <= more && !isTwin; count++) mine.replica.undo();
          for (const choice of others) edit(scene.site(1), choice);
          scene.sync(scene.site(1));
          exchange(scene, scene.site(1), 'answer');
          exchange(scene, mine, 'fetch');
          while (mine.replica.redo() !== undefined);
          scene.settle();
          return scene;
        }) as [World, World];
        expect(rowsOf(world.site(0).replica)).toBe(rowsOf(twin.site(0).replica));
      }),
      { numRuns: runs(RUNS) },
    );
  });

  test('one of whom undoes what was overtaken: as if it had not been done', () => {
    fc.assert(
      fc.property(
        arbitrarySteps(),
        fc.array(arbitraryEdit(), { minLength: 1, maxLength: 3 }),
        fc.array(arbitraryEdit(), { minLength: 1, maxLength: 3 }),
        (steps, lost, others) => {
          const [world, twin] = [false, true].map((isTwin) => {
            const { world: scene, mine } = worldAfter(steps);
            if (!isTwin) {
              const before = rowsOf(mine.replica);
              for (const choice of lost) edit(mine, choice);
              // An item without effect is passed over by undo.
              if (rowsOf(mine.replica) === before) mine.replica.rollback();
              scene.sync(mine);
              if (mine.replica.outgoing() !== undefined) mine.replica.undo();
            }
            scene.site(1).replica.apply([{ type: 'insert', table: 'u', record: 'other', fields: new Map() }]);
            for (const choice of others) edit(scene.site(1), choice);
            scene.sync(scene.site(1));
            exchange(scene, scene.site(1), 'answer');
            scene.settle();
            return scene;
          }) as [World, World];
          expect(rowsOf(world.site(0).replica)).toBe(rowsOf(twin.site(0).replica));
        },
      ),
      { numRuns: runs(RUNS) },
    );
  });
});
