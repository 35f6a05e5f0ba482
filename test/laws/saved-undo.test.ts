/** Undo and redo over restarts: a twin that is never restarted does the same. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeReplica, encodeReplica } from '../../src/codec/binary/index.js';
import { parseDelta, sizeOfDelta } from '../../src/index.js';
import { Replica, type SavedEdits, type SavedReplica, withSavedEdits } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';
import { arbitraryEdit, changeOf, type EditChoice } from '../support/sync-edits.js';
import { type Site, World } from '../support/sync-world.js';

const RUNS = 30;
const SIZE = 1_000_000;

type Act =
  | { readonly type: 'edit' | 'others'; readonly edits: readonly EditChoice[] }
  | { readonly type: (typeof PLAIN)[number] | 'restart' };

const PLAIN = [
  ...(['end', 'undo', 'redo', 'title', 'sync', 'merge', 'seal', 'reopen', 'retract'] as const),
  ...(['send', 'answer', 'refuse', 'fetch', 'settle', 'trim'] as const),
] as const;

function arbitraryActs(maxLength: number): fc.Arbitrary<Act[]> {
  const edits = fc.array(arbitraryEdit(), { minLength: 1, maxLength: 3 });
  return fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ type: fc.constant('edit' as const), edits }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('others' as const), edits }) },
      { weight: 7, arbitrary: fc.record({ type: fc.constantFrom(...PLAIN) }) },
      { weight: 3, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
    ),
    { maxLength },
  );
}

function edit({ replica }: Site, choice: EditChoice): void {
  replica.apply(changeOf(choice, (table, record) => replica.get(table, record)));
}

function deliver(world: World, site: Site): void {
  while (site.toSequencer.length > 0) world.deliverUp(site);
  while (site.fromSequencer.length > 0) world.deliverDown(site);
}

function act(world: World, step: Act): void {
  const [mine, other] = [world.site(0), world.site(1)];
  switch (step.type) {
    case 'edit':
      for (const choice of step.edits) edit(mine, choice);
      break;
    case 'others':
      for (const choice of step.edits) edit(other, choice);
      world.sync(other);
      world.send(other);
      deliver(world, other);
      world.ask(other);
      deliver(world, other);
      break;
    case 'end':
      mine.replica.endUndoItem();
      break;
    case 'undo':
    case 'redo':
    case 'merge':
    case 'reopen':
    case 'retract':
      mine.replica[step.type]();
      break;
    case 'title':
      mine.replica.setTitle(mine.replica.title === 'one' ? 'two' : 'one');
      break;
    case 'seal':
      mine.replica.seal(new Date(0));
      break;
    case 'trim':
      world.trim(world.sequencer.revision);
      break;
    case 'sync':
      world.sync(mine);
      break;
    case 'send':
      world.send(mine);
      break;
    case 'answer':
      world.send(mine);
      deliver(world, mine);
      break;
    case 'refuse': {
      const put = world.send(mine);
      mine.toSequencer.pop();
      if (put !== undefined)
        mine.replica.receive({ type: 'refused', nonce: put.nonce, reason: 'invalid', message: '' });
      break;
    }
    case 'fetch':
      world.ask(mine);
      deliver(world, mine);
      world.sync(mine);
      break;
    case 'settle':
      world.settle();
      break;
    case 'restart':
      break;
  }
}

/** What is stored of one replica: all of it, or what was edited since. */
class Disk {
  #saved: unknown;
  #edits: unknown[] = [];

  store(replica: Replica): void {
    const edits: SavedEdits | undefined = replica.saveEdits();
    if (edits !== undefined && edits.changes.length > 0) this.#edits.push(JSON.parse(JSON.stringify(edits)));
    else [this.#saved, this.#edits] = [JSON.parse(JSON.stringify(replica.save())), []];
  }

  restart(site: Site, isInBytes: boolean): void {
    const saved = site.replica.save();
    const stored = withSavedEdits(this.#saved, this.#edits);
    // A rule stays where edits cancelled one another.
    expect(stored).toEqual({ ...saved, rules: expect.arrayContaining([...saved.rules]) as unknown });
    const bytes = isInBytes ? encodeReplica(saved) : undefined;
    site.replica = Replica.load(bytes === undefined ? stored : decodeReplica(bytes), site.options);
    expect(site.replica.save()).toEqual(saved);
  }
}

/** What a user sees, and may do. */
function shown({ replica }: Site): unknown {
  return [replica.canUndo, replica.canRedo, replica.toRows()];
}

/** What the history of a saved replica weighs. The first segment of each delta has to be saved anyway. */
function weightOf({ pending, segments = [], undo = [], redo = [] }: SavedReplica): number {
  const further = pending.filter((_, at) => at > 0 && segments[at]?.[0] === segments[at - 1]?.[0]);
  const stacked = [...undo, ...redo].flatMap(([, , ...deltas]) => deltas);
  return [...further, ...stacked].reduce((sum, delta) => sum + sizeOfDelta(parseDelta(delta)), 0);
}

function undone(site: Site): unknown[] {
  const states: unknown[] = [];
  while (site.replica.undo() !== undefined) states.push(site.replica.toRows());
  return states;
}

/** What undoing everything shows, step by step, and redoing it. */
function ends(site: Site): unknown[] {
  const states = undone(site);
  while (site.replica.redo() !== undefined) states.push(shown(site));
  return states;
}

function worlds(): [World, World] {
  return [new World(2, {}, { savedUndoSize: SIZE }), new World(2, {}, { savedUndoSize: SIZE })];
}

describe('a replica that is restarted', () => {
  test('undoes and redoes what it would have without the restarts, whatever others do', () => {
    let count = 0;
    fc.assert(
      fc.property(arbitraryActs(16), fc.boolean(), (acts, isInBytes) => {
        const [world, twin] = worlds();
        const disk = new Disk();
        let isStored = false;
        for (const step of acts) {
          if (step.type === 'restart') {
            // What was received and not merged is not saved.
            isStored &&= !world.site(0).replica.status.hasIncoming;
            for (const { replica } of [world.site(0), twin.site(0)]) if (replica.status.hasIncoming) replica.merge();
            if (!isStored) disk.store(world.site(0).replica);
            disk.restart(world.site(0), isInBytes);
          }
          for (const one of [world, twin]) act(one, step);
          // Now and then several edits are stored together, and undo items that ended among them.
          isStored = step.type !== 'end' && (step.type !== 'edit' || step.edits.length > 1);
          if (isStored) disk.store(world.site(0).replica);
          expect(world.site(0).replica.toRows()).toEqual(twin.site(0).replica.toRows());
        }
        const states = ends(world.site(0));
        count += states.length;
        expect(states).toEqual(ends(twin.site(0)));
        for (const one of [world, twin]) one.settle();
        expect(world.site(0).replica.toRows()).toEqual(twin.site(0).replica.toRows());
      }),
      { numRuns: runs(RUNS) },
    );
    expect(count).toBeGreaterThan(0);
  });

  test('undoes one by one the items that ended among edits that were stored alone', () => {
    let count = 0;
    const edits = fc.array(arbitraryEdit(), { minLength: 1, maxLength: 3 });
    const edited = fc.oneof(
      fc.record({ type: fc.constant('edit' as const), edits }),
      fc.record({ type: fc.constantFrom('end', 'store') }),
    );
    fc.assert(
      fc.property(arbitraryActs(5), fc.array(edited, { minLength: 2, maxLength: 10 }), (acts, steps) => {
        const [world, twin] = worlds();
        for (const step of acts) for (const one of [world, twin]) act(one, step);
        for (const { replica } of [world.site(0), twin.site(0)]) replica.sync(new Date(0));
        const disk = new Disk();
        disk.store(world.site(0).replica);
        for (const step of steps) {
          if (step.type === 'store') disk.store(world.site(0).replica);
          else for (const one of [world, twin]) act(one, step as Act);
        }
        for (const one of [world, twin]) edit(one.site(0), { kind: 0, record: 0, field: 0, at: 0, to: 0, value: 1 });
        disk.store(world.site(0).replica);
        disk.restart(world.site(0), false);
        const states = undone(world.site(0));
        count += states.length;
        expect(states).toEqual(undone(twin.site(0)));
      }),
      { numRuns: runs(RUNS) },
    );
    expect(count).toBeGreaterThan(0);
  });

  test('keeps the latest of its history that weighs no more than it may', () => {
    let [kept, dropped] = [0, 0];
    fc.assert(
      fc.property(arbitraryActs(12), fc.oneof(fc.nat(150), fc.nat(600)), (acts, savedUndoSize) => {
        const [world, twin] = worlds();
        for (const step of acts) for (const one of [world, twin]) act(one, step);
        const [site, other] = [world.site(0), twin.site(0)];
        for (const { replica } of [site, other]) replica.merge();
        site.replica = Replica.load(site.replica.save(), { ...site.options, savedUndoSize });
        const saved = site.replica.save();
        site.replica = Replica.load(saved, site.options);
        expect(site.replica.toRows()).toEqual(other.replica.toRows());
        expect(weightOf(saved)).toBeLessThanOrEqual(savedUndoSize);
        const [states, all] = [undone(site), undone(other)];
        expect(states).toEqual(all.slice(0, states.length));
        kept += states.length;
        dropped += all.length - states.length;
      }),
      { numRuns: runs(2 * RUNS) },
    );
    expect(kept).toBeGreaterThan(0);
    expect(dropped).toBeGreaterThan(0);
  });
});
