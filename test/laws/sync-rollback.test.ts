import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Replica } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';
import { arbitraryEdit, changeOf, type EditChoice } from '../support/sync-edits.js';
import { type Site, World } from '../support/sync-world.js';

const RUNS = 150;

/** What a user does before the next `sync()`. */
type Act = EditChoice | 'undo' | 'redo' | 'end step';

/** What happened before: edits of this user and of another, and how far the exchange got. */
interface Past {
  readonly mine: readonly EditChoice[];
  readonly others: readonly EditChoice[];
  readonly undone: number;
  readonly exchange: 'seal' | 'send' | 'settle';
}

const arbitraryPast = (): fc.Arbitrary<Past[]> =>
  fc.array(
    fc.record({
      mine: fc.array(arbitraryEdit(), { maxLength: 3 }),
      others: fc.array(arbitraryEdit(), { maxLength: 2 }),
      undone: fc.nat(1),
      exchange: fc.constantFrom('seal', 'send', 'settle' as const),
    }),
    { maxLength: 4 },
  );

const arbitraryActs = (): fc.Arbitrary<Act[]> =>
  fc.array(fc.oneof({ weight: 3, arbitrary: arbitraryEdit() }, fc.constantFrom('undo', 'redo', 'end step' as const)), {
    maxLength: 8,
  });

function act({ replica }: Site, what: Act): void {
  if (what === 'undo') replica.undo();
  else if (what === 'redo') replica.redo();
  else if (what === 'end step') replica.endUndoItem();
  else replica.apply(changeOf(what, (table, record) => replica.get(table, record)));
}

function worldAfter(past: readonly Past[]): World {
  const world = new World(2);
  const [site, other] = [world.site(0), world.site(1)];
  for (const { mine, others, undone, exchange } of past) {
    for (const choice of mine) act(site, choice);
    for (const choice of others) act(other, choice);
    for (let count = 0; count < undone; count++) site.replica.undo();
    world.sync(site);
    world.sync(other);
    if (exchange === 'send') world.send(site);
    if (exchange === 'settle') world.settle();
  }
  world.sync(site);
  return world;
}

/** All that a user could tell of a replica, undoing and redoing everything included; the replica is spent then. */
function storyOf(replica: Replica): unknown[] {
  const story: unknown[] = [replica.toRows(), replica.status, replica.unsyncedSize, replica.canUndo, replica.canRedo];
  while (replica.redo() !== undefined) story.push(replica.toRows());
  while (replica.undo() !== undefined) story.push(replica.toRows());
  while (replica.redo() !== undefined) story.push(replica.toRows());
  return story;
}

/** The first site sends, but the second comes first, and the first hears of that. */
function overtake(world: World): void {
  const [site, other] = [world.site(0), world.site(1)];
  world.send(site);
  site.toSequencer.length = 0;
  other.replica.apply([{ type: 'insert', table: 'u', record: `r${world.sequencer.revision}`, fields: new Map() }]);
  for (world.sync(other); !other.replica.status.isIdle; world.sync(other)) {
    world.ask(other);
    world.send(other);
    while (other.toSequencer.length > 0) world.deliverUp(other);
    while (other.fromSequencer.length > 0) world.deliverDown(other);
  }
  site.replica.receive(world.sequencer.answer(site.replica.request(), 'owner'));
}

describe('rolling back', () => {
  test('is as if nothing had been done since the last sync, for undo and redo as well', () => {
    fc.assert(
      fc.property(arbitraryPast(), arbitraryActs(), (past, acts) => {
        const { replica } = worldAfter(past).site(0);
        const site = worldAfter(past).site(0);
        // What was not sent yet can be undone, and an undo redone, by taking it out of what is sealed; a rollback
        // leaves that alone.
        const isTakenBack = site.replica.status.hasOutgoing;
        for (const what of acts) if (!isTakenBack || (what !== 'undo' && what !== 'redo')) act(site, what);
        site.replica.rollback();
        expect(storyOf(site.replica)).toEqual(storyOf(replica));
      }),
      { numRuns: runs(RUNS) },
    );
  });

  test('says what it changed, and what is saved then is what would have been saved before', () => {
    fc.assert(
      fc.property(arbitraryPast(), fc.array(arbitraryEdit(), { maxLength: 6 }), (past, choices) => {
        const world = worldAfter(past);
        const site = world.site(0);
        const [rows, saved] = [site.replica.toRows(), JSON.stringify(site.replica.save())];
        for (const choice of choices) act(site, choice);
        const touched = new Set(site.replica.rollback().changes.map(({ table, record }) => `${table}/${record}`));
        expect(site.replica.toRows()).toEqual(rows);
        expect(JSON.stringify({ ...site.replica.save(), rules: [] })).toBe(
          JSON.stringify({ ...(JSON.parse(saved) as object), rules: [] }),
        );
        for (const name of touched) expect(name).toMatch(/^t\//);
        world.settle();
      }),
      { numRuns: runs(RUNS) },
    );
  });
});

describe('sealing and opening again', () => {
  test('is as if it had stayed open', () => {
    fc.assert(
      fc.property(arbitraryPast(), arbitraryActs(), arbitraryActs(), (past, before, after) => {
        const [world, twin] = [worldAfter(past), worldAfter(past)];
        for (const what of before) {
          if (what !== 'undo' && what !== 'redo') for (const each of [world, twin]) act(each.site(0), what);
        }
        const { replica } = world.site(0);
        if (!replica.seal(new Date(1))) return;
        expect(replica.reopen()).toBe(true);
        for (const what of after) {
          if (what !== 'undo' && what !== 'redo') for (const each of [world, twin]) act(each.site(0), what);
        }
        replica.rollback();
        twin.site(0).replica.rollback();
        expect(replica.toRows()).toEqual(twin.site(0).replica.toRows());
        expect(storyOf(replica)).toEqual(storyOf(twin.site(0).replica));
      }),
      { numRuns: runs(RUNS) },
    );
  });
});

describe('retracting what was sealed last', () => {
  test('leaves edits of other records, and all replicas end alike', () => {
    fc.assert(
      fc.property(
        arbitraryPast(),
        fc.array(arbitraryEdit(), { minLength: 1, maxLength: 4 }),
        fc.array(arbitraryEdit(), { maxLength: 4 }),
        fc.boolean(),
        (past, sealed, later, isOvertaken) => {
          const world = worldAfter(past);
          const site = world.site(0);
          const before = site.replica.get('t', 'a');
          for (const choice of sealed) act(site, { ...choice, record: 0 });
          if (!site.replica.seal(new Date(1))) return;
          for (const choice of later) act(site, { ...choice, record: 1 });
          const kept = site.replica.get('t', 'b');
          if (isOvertaken) overtake(world);
          expect(site.replica.retract()).toMatchObject({ conflicts: [] });
          expect(site.replica.get('t', 'a')).toEqual(before);
          expect(site.replica.get('t', 'b')).toEqual(kept);
          world.settle();
          expect(world.site(0).replica.toRows()).toEqual(world.site(1).replica.toRows());
        },
      ),
      { numRuns: runs(RUNS) },
    );
  });
});
