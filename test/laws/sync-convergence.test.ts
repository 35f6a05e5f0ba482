import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatState, State } from '../../src/index.js';
import { Replica, type SequencerOptions } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';
import { arbitraryEdit, changeOf, type EditChoice } from '../support/sync-edits.js';
import { type Site, store, World } from '../support/sync-world.js';

const RUNS = 300;

type Action =
  | { readonly type: 'edit'; readonly site: number; readonly edit: EditChoice }
  | { readonly type: 'undo' | 'redo' | 'sync' | 'send' | 'ask' | 'crash' | 'store'; readonly site: number }
  | { readonly type: 'up' | 'down'; readonly site: number; readonly at: number; readonly isRepeated: boolean }
  | { readonly type: 'drop'; readonly site: number; readonly isUp: boolean }
  | { readonly type: 'crash-sequencer' }
  | { readonly type: 'trim'; readonly by: number };

function arbitraryAction(): fc.Arbitrary<Action> {
  const site = fc.nat({ max: 2 });
  const edit = fc.record({ type: fc.constant('edit' as const), site, edit: arbitraryEdit() });
  const plain = fc.record({
    type: fc.constantFrom('undo', 'redo', 'sync', 'sync', 'sync', 'send', 'send', 'ask', 'crash', 'store' as const),
    site,
  });
  const deliver = fc.record({
    type: fc.constantFrom('up', 'down' as const),
    site,
    at: fc.constantFrom(0, 0, 0, 1, 2),
    isRepeated: fc.constantFrom(false, false, false, true),
  });
  const drop = fc.record({ type: fc.constant('drop' as const), site, isUp: fc.boolean() });
  const sequencer = fc.oneof(
    fc.constant({ type: 'crash-sequencer' as const }),
    fc.record({ type: fc.constant('trim' as const), by: fc.nat({ max: 3 }) }),
  );
  return fc.oneof(
    { weight: 10, arbitrary: edit },
    { weight: 10, arbitrary: plain as fc.Arbitrary<Action> },
    { weight: 12, arbitrary: deliver as fc.Arbitrary<Action> },
    { weight: 1, arbitrary: drop },
    { weight: 1, arbitrary: sequencer },
  );
}

function perform(world: World, action: Action): void {
  switch (action.type) {
    case 'edit': {
      const { replica } = world.site(action.site);
      replica.apply(changeOf(action.edit, (table, record) => replica.get(table, record)));
      break;
    }
    case 'crash-sequencer':
      world.crashSequencer();
      break;
    case 'trim':
      world.trim(Math.max(0, world.sequencer.revision - action.by));
      break;
    case 'drop': {
      const site = world.site(action.site);
      (action.isUp ? site.toSequencer : site.fromSequencer).shift();
      break;
    }
    case 'up':
      world.deliverUp(world.site(action.site), action.at, action.isRepeated);
      break;
    case 'down':
      world.deliverDown(world.site(action.site), action.at, action.isRepeated);
      break;
    default:
      performAt(world, world.site(action.site), action.type);
  }
}

function performAt(world: World, site: Site, type: string): void {
  if (type === 'undo') site.replica.undo();
  if (type === 'redo') site.replica.redo();
  if (type === 'sync') world.sync(site);
  if (type === 'send') world.send(site);
  if (type === 'ask') world.ask(site);
  if (type === 'crash') world.crash(site);
  if (type === 'store') store(site);
}

function checkConverged(world: World): void {
  const state = new State();
  for (const { delta } of world.log) state.apply(delta);
  const expected = JSON.stringify(formatState(state));
  expect(JSON.stringify(world.sequencer.snapshot().rows)).toBe(expected);
  for (const { replica } of world.sites) {
    expect(JSON.stringify(replica.toRows())).toBe(expected);
    expect(replica.size).toBe(state.size);
  }
  expect(new Set(world.log.map(({ nonce }) => nonce)).size).toBe(world.log.length);
}

/** What is saved is what is there, and describes itself again. */
function checkSaved({ replica, options }: Site): void {
  const saved = JSON.stringify(replica.save());
  const loaded = Replica.load(JSON.parse(saved), options);
  expect(JSON.stringify(loaded.toRows())).toBe(JSON.stringify(replica.toRows()));
  expect(JSON.stringify(loaded.save())).toBe(saved);
}

/** Counts every edit: in a list that each adds an item of its own to, and in a field under rule sum that each adds to. */
function editTally(world: World, site: Site, value: number): void {
  const fields = site.replica.get('t', 'tally');
  const sum = fields?.get('sum') ?? 0n;
  site.replica.apply([
    {
      type: 'update',
      table: 't',
      record: 'tally',
      ops: new Map([
        ['list', { type: 'list', create: false, ops: [{ type: 'insert', index: value % 3, value }] }],
        ['sum', { type: 'put', value: (typeof sum === 'bigint' ? sum : 0n) + BigInt(value) }],
      ]),
    },
  ]);
  store(site);
  if (value % 5 === 0) world.send(site);
}

/** A world whose replicas all have a record with a list that nobody ever shortens and a sum. */
function tallyWorld(options: SequencerOptions): World {
  const world = new World(3, options);
  const [first] = world.sites;
  if (first === undefined) throw new Error('There are sites');
  const items = [-1, -2, -3];
  first.replica.apply([{ type: 'insert', table: 't', record: 'tally', fields: new Map([['list', items]]) }]);
  world.sync(first);
  store(first);
  world.settle();
  return world;
}

/** Pages of one entry, of a few, or of all. */
const arbitraryAnswerSize = fc.constantFrom(0, 1500, 1 << 20);

describe('whatever is delayed, dropped, repeated, reordered or crashes, all replicas end in the state of the log', () => {
  test('with edits of every kind and rule, undo and redo, and a log that is trimmed and comes in pages', () => {
    fc.assert(
      fc.property(fc.array(arbitraryAction(), { maxLength: 120 }), arbitraryAnswerSize, (actions, answerSize) => {
        const world = new World(3, { answerSize });
        for (const action of actions) {
          perform(world, action);
          if ('site' in action) checkSaved(world.site(action.site));
        }
        world.settle();
        checkConverged(world);
        for (const { results } of world.sites) {
          for (const { refused, indeterminate } of results) expect([...refused, ...indeterminate]).toEqual([]);
        }
      }),
      { numRuns: runs(RUNS) },
    );
  });

  test('and every edit takes effect exactly once', () => {
    fc.assert(
      fc.property(fc.array(arbitraryAction(), { maxLength: 150 }), arbitraryAnswerSize, (actions, answerSize) => {
        const world = tallyWorld({ recentNonces: 1000, answerSize });
        let count = 0;
        for (const action of actions) {
          if (action.type === 'edit') editTally(world, world.site(action.site), ++count);
          else if (action.type !== 'undo' && action.type !== 'redo') perform(world, action);
        }
        world.settle();
        checkConverged(world);
        const fields = world.site(0).replica.get('t', 'tally');
        const list = fields?.get('list');
        const expected = Array.from({ length: count + 4 }, (_, index) => index - 3).filter((value) => value !== 0);
        expect(Array.isArray(list) ? [...list].sort((left, right) => Number(left) - Number(right)) : list).toEqual(
          expected,
        );
        expect(fields?.get('sum') ?? 0n).toBe(BigInt((count * (count + 1)) / 2));
      }),
      { numRuns: runs(RUNS) },
    );
  });
});
