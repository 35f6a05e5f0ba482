import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ListOp, Value } from '../../src/index.js';
import { runs } from '../support/seed.js';
import { type Site, World } from '../support/sync-world.js';

/** What one of three people does, or that all hear of everything. */
interface Act {
  readonly who: number;
  readonly kind: 'push' | 'insert' | 'delete' | 'move' | 'undo' | 'redo' | 'settle';
  readonly at: number;
  readonly to: number;
}

const INSERTS = ['push', 'insert'] as const;
const MOVES = [...INSERTS, 'move'] as const;
const DELETES = [...MOVES, 'delete', 'delete', 'delete', 'undo', 'undo', 'redo'] as const;

/**
 * The first inserts, an undo item each; the second does anything; the third deletes nothing, since two deletions side by
 * side by two people who both undo them can come back in another order (LIST-10), which is then not where they were.
 */
const arbitraryActs: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(acts(0, ...INSERTS), { weight: 2, arbitrary: acts(1, ...DELETES) }, acts(2, ...MOVES), acts(0, 'settle')),
  { maxLength: 30, size: 'max' },
);

function acts(who: number, ...kinds: readonly Act['kind'][]): fc.Arbitrary<Act> {
  return fc.record({ who: fc.constant(who), kind: fc.constantFrom(...kinds), at: fc.nat(9), to: fc.nat(9) });
}

function itemsOf({ replica }: Site): readonly Value[] {
  return replica.get('t', 'r')?.get('list') as readonly Value[];
}

function edit(site: Site, op: ListOp): void {
  const ops = new Map([['list', { type: 'list', create: false, ops: [op] } as const]]);
  site.replica.apply([{ type: 'update', table: 't', record: 'r', ops }]);
  site.replica.endUndoItem();
}

function perform(world: World, { who, kind, at, to }: Act, name: string): void {
  const site = world.site(who);
  const { length } = itemsOf(site);
  if (kind === 'settle') world.settle();
  else if (kind === 'undo') site.replica.undo();
  else if (kind === 'redo') site.replica.redo();
  else if (kind === 'push') edit(site, { type: 'insert', index: length, value: name, atEnd: true });
  else if (kind === 'insert') edit(site, { type: 'insert', index: at % (length + 1), value: name });
  else if (length === 0) return;
  else if (kind === 'delete') edit(site, { type: 'delete', index: at % length });
  else edit(site, { type: 'move', from: at % length, to: to % length });
}

function worldAfter(acts: readonly Act[]): World {
  const world = new World(3);
  const fields = new Map([['list', ['x', 'y']]]);
  world.site(0).replica.apply([{ type: 'insert', table: 't', record: 'r', fields }]);
  world.settle();
  // What comes before does not count.
  world.crash(world.site(0));
  for (const [number, act] of acts.entries()) perform(world, act, `${act.who}-${number}`);
  world.settle();
  return world;
}

describe('what others deleted and put back', () => {
  test('can be undone by the one who inserted it, and nothing else is', () => {
    fc.assert(
      fc.property(arbitraryActs, (acts) => {
        const world = worldAfter(acts);
        const [mine, others] = [world.site(0), world.site(1)];
        const seen = itemsOf(mine);
        while (mine.replica.undo() !== undefined);
        expect(itemsOf(mine)).toEqual(seen.filter((item) => !String(item).startsWith('0-')));
        world.settle();
        expect(itemsOf(others)).toEqual(itemsOf(mine));
      }),
      { numRuns: runs(150) },
    );
  });
});
