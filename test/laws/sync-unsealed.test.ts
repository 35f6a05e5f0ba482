/** Edits that are not sealed: saving them alone, and merging around them. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Replica, type SavedEdits, withSavedEdits } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';
import { arbitraryEdit, changeOf, type EditChoice } from '../support/sync-edits.js';
import { type Site, World } from '../support/sync-world.js';

const RUNS = 60;

/** What happened before: edits of this user and of another, and how far the exchange got. */
interface Past {
  readonly mine: readonly EditChoice[];
  readonly others: readonly EditChoice[];
  readonly exchange: 'seal' | 'send' | 'settle';
}

const arbitraryPast = fc.array(
  fc.record({
    mine: fc.array(arbitraryEdit(), { maxLength: 3 }),
    others: fc.array(arbitraryEdit(), { maxLength: 2 }),
    exchange: fc.constantFrom('seal', 'send', 'settle' as const),
  }),
  { maxLength: 4 },
);
const arbitraryEdits = fc.array(arbitraryEdit(), { maxLength: 8 });

function edit({ replica }: Site, choice: EditChoice): void {
  replica.apply(changeOf(choice, (table, record) => replica.get(table, record)));
}

function worldAfter(past: readonly Past[]): World {
  const world = new World(2);
  const [site, other] = [world.site(0), world.site(1)];
  for (const { mine, others, exchange } of past) {
    for (const choice of mine) edit(site, choice);
    for (const choice of others) edit(other, choice);
    world.sync(site);
    world.sync(other);
    if (exchange === 'send') world.send(site);
    if (exchange === 'settle') world.settle();
  }
  world.sync(site);
  return world;
}

/** The second site's edits reach the log, and the first site hears of them. */
function hearOf(world: World, edits: readonly EditChoice[]): void {
  const [site, other] = [world.site(0), world.site(1)];
  world.settle();
  for (const choice of edits) edit(other, choice);
  world.sync(other);
  world.send(other);
  while (other.toSequencer.length > 0) world.deliverUp(other);
  site.replica.receive(world.sequencer.answer(site.replica.request(), 'owner'));
}

function fail(after: () => unknown): never {
  after();
  throw new Error('given up');
}

/** What a user sees, without the modified time. */
function rowsOf(replica: Replica): unknown {
  return replica.toRows().filter(({ tid }) => !tid.startsWith(':'));
}

describe('edits that are saved alone', () => {
  test('lead, together with what was saved before, to the same replica', () => {
    let saved = 0;
    fc.assert(
      fc.property(arbitraryPast, arbitraryEdits, fc.array(fc.nat(2)), (past, edits, pauses) => {
        const { replica } = worldAfter(past).site(0);
        replica.saveEdits();
        const before: unknown = JSON.parse(JSON.stringify(replica.save('ordinary')));
        const parts: SavedEdits[] = [];
        const save = (): void => {
          const part = replica.saveEdits();
          if (part === undefined) throw new Error('only edits were made');
          parts.push(JSON.parse(JSON.stringify(part)) as SavedEdits);
        };
        edits.forEach((choice, at) => {
          const make = (): unknown => replica.apply(changeOf(choice, (table, record) => replica.get(table, record)));
          if (pauses[at] === 1) replica.batch(make);
          else if (pauses[at] === 2) expect(() => replica.batch(() => fail(make))).toThrow('given up');
          else make();
          if (pauses[at] === 0) save();
        });
        save();
        saved += parts.length;
        const options = { nextNonce: () => `loaded-${++saved}` };
        const loaded = Replica.load(withSavedEdits(before, parts), options);
        const whole = Replica.load(JSON.parse(JSON.stringify(replica.save('ordinary'))), options);
        expect(loaded.toRows()).toEqual(replica.toRows());
        expect(loaded.save().rules).toEqual(expect.arrayContaining([...whole.save().rules]));
        expect(loaded.save().own).toEqual(whole.save().own);
        for (const each of [loaded, replica]) each.rollback();
        expect(loaded.toRows()).toEqual(replica.toRows());
      }),
      { numRuns: runs(RUNS) },
    );
    expect(saved).toBeGreaterThan(0);
  });

  test.each([
    ['a sync', ({ replica }: Site) => replica.sync(new Date(0))],
    ['a rollback', ({ replica }: Site) => replica.rollback()],
    ['a seal', ({ replica }: Site) => replica.seal(new Date(0))],
    ['an undo', ({ replica }: Site) => replica.undo()],
    ['a new title', ({ replica }: Site) => replica.setTitle('new')],
    ['a merge', ({ replica }: Site) => replica.merge()],
    ['an acknowledgement', (_: Site, world: World) => world.settle()],
  ])('are not all there is after %s', (_, happen) => {
    const world = new World(2);
    const site = world.site(0);
    site.replica.apply([{ type: 'insert', table: 't', record: 'a', fields: new Map() }]);
    expect(site.replica.saveEdits()).toBeUndefined();
    site.replica.apply([{ type: 'insert', table: 't', record: 'b', fields: new Map() }]);
    expect(site.replica.saveEdits()?.changes).toHaveLength(1);
    expect(site.replica.saveEdits()?.changes).toHaveLength(0);
    happen(site, world);
    expect(site.replica.saveEdits()).toBeUndefined();
  });
});

describe('a merge that seals nothing', () => {
  test('shows what a sync would show', () => {
    let incoming = 0;
    fc.assert(
      fc.property(arbitraryPast, arbitraryEdits, arbitraryEdits, (past, others, mine) => {
        const [merged, synced] = [worldAfter(past), worldAfter(past)].map((world) => {
          hearOf(world, others);
          const site = world.site(0);
          for (const choice of mine) edit(site, choice);
          return site.replica;
        }) as [Replica, Replica];
        if (merged.status.hasIncoming) incoming++;
        merged.merge();
        synced.sync(new Date(0));
        expect(rowsOf(merged)).toEqual(rowsOf(synced));
        expect([merged.status.hasIncoming, merged.status.hasOutgoing]).toEqual([false, false]);
      }),
      { numRuns: runs(RUNS) },
    );
    expect(incoming).toBeGreaterThan(0);
  });

  test('leaves what a rollback drops: it shows then what a merge after the rollback shows', () => {
    fc.assert(
      fc.property(arbitraryPast, arbitraryEdits, arbitraryEdits, (past, others, mine) => {
        const [early, late] = [worldAfter(past), worldAfter(past)].map((world) => {
          hearOf(world, others);
          const site = world.site(0);
          for (const choice of mine) edit(site, choice);
          return site.replica;
        }) as [Replica, Replica];
        early.rollback();
        early.merge();
        late.merge();
        late.rollback();
        expect(late.toRows()).toEqual(early.toRows());
        expect(late.save('all').pending).toEqual(early.save('all').pending);
      }),
      { numRuns: runs(RUNS) },
    );
  });
});
