import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Change, compose, type Delta, ResolutionRules } from '../../src/index.js';
import { Replica } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';
import { arbitraryEdit, changeOf, type EditChoice } from '../support/sync-edits.js';
import { World } from '../support/sync-world.js';

const RUNS = 100;

/** Edits, then batches inside, then more edits; whether it throws at its end, and whether the one around it goes on. */
interface Batch {
  readonly before: readonly EditChoice[];
  readonly inner: readonly Batch[];
  readonly after: readonly EditChoice[];
  readonly fails: boolean;
}

/** Batches that hold batches down to `depth`: a bound, since two inside each can otherwise go on for ever. */
function batchesTo(depth: number): fc.Arbitrary<Batch> {
  return fc.record({
    before: fc.array(arbitraryEdit(), { maxLength: 3 }),
    inner: depth === 0 ? fc.constant([]) : fc.array(batchesTo(depth - 1), { maxLength: 2 }),
    after: fc.array(arbitraryEdit(), { maxLength: 2 }),
    fails: fc.boolean(),
  });
}

/** What came before: edits of this user and of another, and how far the exchange got. */
interface Past {
  readonly mine: readonly EditChoice[];
  readonly others: readonly EditChoice[];
  readonly isSettled: boolean;
}

const arbitraryPast = fc.array(
  fc.record({
    mine: fc.array(arbitraryEdit(), { maxLength: 3 }),
    others: fc.array(arbitraryEdit(), { maxLength: 2 }),
    isSettled: fc.boolean(),
  }),
  { maxLength: 3 },
);

function edit(replica: Replica, choice: EditChoice): Delta {
  return replica.apply(changeOf(choice, (table, record) => replica.get(table, record)));
}

/** A world after `past`, with some edits of the first site that are not sealed, one of which was undone. */
function worldAfter(past: readonly Past[], uncommitted: readonly EditChoice[], isUndone: boolean): World {
  const world = new World(2);
  const [site, other] = [world.site(0), world.site(1)];
  for (const { mine, others, isSettled } of past) {
    for (const choice of mine) edit(site.replica, choice);
    for (const choice of others) edit(other.replica, choice);
    world.sync(site);
    world.sync(other);
    if (isSettled) world.settle();
  }
  for (const choice of uncommitted) edit(site.replica, choice);
  if (isUndone) site.replica.undo();
  return world;
}

class Broken extends Error {}

/** Runs a batch, whose failure is caught. @returns what of its edits stands. */
function run(replica: Replica, { before, inner, after, fails }: Batch): Delta[] {
  const stands: Delta[] = [];
  try {
    const made = replica.batch(() => {
      for (const choice of before) stands.push(edit(replica, choice));
      for (const batch of inner) stands.push(...run(replica, batch));
      for (const choice of after) stands.push(edit(replica, choice));
      if (fails) throw new Broken();
    });
    expect(made.equals(compose(...stands))).toBe(true);
    return stands;
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return [];
  }
}

/** All that a user could tell of a replica, undoing and redoing everything included; the replica is spent then. */
function storyOf(replica: Replica): unknown[] {
  const story: unknown[] = [replica.save(), replica.toRows(), replica.status, replica.unsyncedSize];
  while (replica.redo() !== undefined) story.push(replica.toRows());
  while (replica.undo() !== undefined) story.push(replica.toRows());
  while (replica.redo() !== undefined) story.push(replica.toRows());
  return JSON.parse(JSON.stringify(story)) as unknown[];
}

describe('a batch', () => {
  test('is one edit: what its edits composed do, and nothing if it throws, batches inside included', () => {
    fc.assert(
      fc.property(
        arbitraryPast,
        fc.array(arbitraryEdit(), { maxLength: 2 }),
        fc.boolean(),
        batchesTo(3),
        (past, uncommitted, isUndone, batch) => {
          const [world, twin] = [0, 1].map(() => worldAfter(past, uncommitted, isUndone));
          if (world === undefined || twin === undefined) throw new Error('there are two');
          const stands = run(world.site(0).replica, batch);
          const whole = compose(...stands);
          if (whole.length > 0) twin.site(0).replica.apply(whole);
          expect(storyOf(world.site(0).replica)).toEqual(storyOf(twin.site(0).replica));
          world.settle();
        },
      ),
      { numRuns: runs(RUNS) },
    );
  });

  test('that throws leaves the rules of earlier edits', () => {
    const rules = new ResolutionRules().set('t', 'f', 'max');
    const replica = new Replica({ nextNonce: () => 'n', rules });
    replica.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', 1]]) }]);
    const saved = JSON.stringify(replica.save());
    rules.set('t', 'f', 'min');
    const put: Change[] = [
      { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'put', value: 2 }]]) },
    ];
    const broken = (): never => {
      replica.apply(put);
      throw new Broken();
    };
    expect(() => replica.batch(broken)).toThrow(Broken);
    expect(JSON.stringify(replica.save())).toBe(saved);
    replica.batch(() => replica.apply(put));
    expect(replica.save().rules).toEqual([['t', 'r', 'f', 'min']]);
  });

  test('counts in the limit of a delta as what is left of it', () => {
    const replica = new Replica({ nextNonce: () => 'n' });
    const note = (at: number, text: string): void =>
      void replica.apply([
        { type: 'update', table: 't', record: `r${at}`, ops: new Map([['f', { type: 'put', value: text }]]) },
      ]);
    const records = Array.from({ length: 25 }, (_, at) => at);
    replica.apply(records.map((at) => ({ type: 'insert', table: 't', record: `r${at}`, fields: new Map() })));
    const long = 'x'.repeat(90_000);
    // Each fits, and together they do not; what is put twice counts once.
    replica.batch(() => {
      for (const at of records.slice(0, 20)) for (let times = 0; times < 3; times++) note(at, long);
    });
    const size = replica.unsyncedSize;
    expect(() =>
      replica.batch(() => {
        for (const at of records) note(at, long);
      }),
    ).toThrow('over the limit of 2097052');
    expect(replica.unsyncedSize).toBe(size);
    replica.batch(() => {
      for (const at of records) note(at, 'short');
    });
    expect(replica.unsyncedSize).toBeLessThan(20_000);
  });

  test('lets the title be set, which is undone with the rest', () => {
    const replica = new Replica({ nextNonce: () => 'n' });
    for (const title of ['one', 'two']) {
      replica.batch(() => {
        replica.apply([{ type: 'insert', table: 't', record: title, fields: new Map() }]);
        replica.setTitle(title);
      });
      replica.endUndoItem();
    }
    replica.undo();
    expect([replica.title, replica.find('t')]).toEqual(['one', ['one']]);
    replica.undo();
    expect([replica.title, replica.find('t'), replica.canUndo]).toEqual([undefined, [], false]);
  });

  test('refuses all that would end its delta, and allows what goes on elsewhere', () => {
    const world = new World(1);
    const { replica } = world.site(0);
    const calls: readonly (() => unknown)[] = [
      () => replica.sync(new Date(0)),
      () => replica.seal(new Date(0)),
      () => replica.rollback(),
      () => replica.reopen(),
      () => replica.retract(),
      () => replica.undo(),
      () => replica.redo(),
    ];
    replica.apply([{ type: 'insert', table: 't', record: 'old', fields: new Map() }]);
    replica.sync(new Date(1));
    const before = JSON.stringify(replica.save());
    replica.batch(() => {
      replica.apply([{ type: 'insert', table: 't', record: 'new', fields: new Map() }]);
      for (const call of calls) expect(call).toThrow('a batch must only edit and read');
      // Until it ends, it is not saved.
      expect(JSON.stringify(replica.save())).toBe(before);
      const put = replica.outgoing();
      if (put !== undefined) replica.receive(world.sequencer.answer(put, 'owner'));
      expect([replica.revision, replica.find('t')]).toEqual([1, ['new', 'old']]);
    });
    world.settle();
    expect(world.sequencer.snapshot().rows.map(({ rowid }) => rowid)).toContain('new');
  });
});
