import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Atom, Change } from '../../src/index.js';
import { runs } from '../support/seed.js';
import { type Site, World } from '../support/sync-world.js';
import {
  edit,
  itemsOf,
  TYPED_FIELD,
  TYPED_RECORD,
  TYPED_TABLE,
  type TypingAction,
  type TypingOptions,
  TypingWorld,
} from '../support/typing-world.js';

const RUNS = 20;

/** What happens in a schedule: mostly keys and messages. */
function arbitrarySchedule(people: number, kinds: readonly TypingAction['type'][]): fc.Arbitrary<TypingAction[]> {
  const action = fc.record({
    type: fc.constantFrom(...kinds),
    who: fc.nat({ max: people - 1 }),
    at: fc.nat({ max: 5 }),
    to: fc.nat({ max: 5 }),
  }) as fc.Arbitrary<TypingAction>;
  return fc.array(action, { maxLength: 120, size: 'max' });
}

const MESSAGES = ['sync', 'sync', 'send', 'send', 'send', 'ask', 'up', 'up', 'up', 'down', 'down', 'down'] as const;

function check(options: TypingOptions, schedule: readonly TypingAction[]): void {
  const typing = new TypingWorld(options);
  for (const action of schedule) typing.perform(action);
  typing.finish();
  expect(typing.torn()).toEqual([]);
}

/**
 * Two people are the smallest case, and a third can type between them. Five cost the most, and type only where all are at
 * one place.
 */
function law(
  name: string,
  people: readonly number[],
  carets: (typists: number) => readonly number[],
  kinds: readonly TypingAction['type'][],
  bystanders = 0,
): void {
  for (const typists of people) {
    test(`${name}: ${typists} people`, () => {
      const options = { typists, bystanders, wordLength: 5, base: 'xyz', carets: carets(typists) };
      fc.assert(
        fc.property(arbitrarySchedule(typists + bystanders, kinds), (schedule) => check(options, schedule)),
        { numRuns: runs(RUNS) },
      );
    });
  }
}

describe('each word stays whole, however slowly messages travel', () => {
  const here = (typists: number): number[] => Array.from({ length: typists }, () => 1);
  const nearby = (typists: number): number[] => Array.from({ length: typists }, (_, index) => index % 3);
  law('typed at one place', [2, 3, 5], here, ['key', 'key', 'key', ...MESSAGES]);
  law('typed at the beginning', [3], () => [], ['key', 'key', 'key', ...MESSAGES]);
  law('with backspace', [2, 3], here, ['key', 'key', 'typo', ...MESSAGES]);
  law('nearby', [4], nearby, ['key', 'key', 'key', ...MESSAGES]);
  law('over restarts and reloads', [2, 3], here, ['key', 'key', 'key', ...MESSAGES, 'restart', 'trim']);
  law('beside somebody who moves and deletes', [2, 3], here, ['key', 'key', 'key', ...MESSAGES, 'move', 'delete'], 1);
});

describe('what several people append stands in the order of the log', () => {
  test('whoever owns the last item', () => {
    const appends = fc.array(fc.record({ who: fc.nat({ max: 2 }), isSent: fc.boolean() }), {
      maxLength: 30,
      size: 'max',
    });
    fc.assert(
      fc.property(appends, (steps) => {
        const world = new World(3);
        const [first] = world.sites;
        if (first === undefined) throw new Error('there is nobody');
        first.replica.apply([
          { type: 'insert', table: TYPED_TABLE, record: TYPED_RECORD, fields: new Map([[TYPED_FIELD, []]]) },
        ]);
        world.sync(first);
        world.settle();
        for (const [number, { who, isSent }] of steps.entries()) {
          const site = world.site(who);
          append(site, `${who}-${number}`);
          if (!isSent) continue;
          world.send(site);
          world.deliverUp(site);
        }
        world.settle();
        const log = world.log.flatMap(({ delta }) => [...delta].flatMap(insertedBy));
        expect(itemsOf(first)).toEqual(log);
      }),
      { numRuns: runs(50) },
    );
  });
});

describe('what can still come apart', () => {
  const page: TypingOptions = { typists: 2, bystanders: 0, wordLength: 0, base: '', carets: [] };

  test('what is typed backwards, where somebody else begins in front of it', () => {
    const { world } = new TypingWorld(page);
    const [a, b] = [world.site(0), world.site(1)];
    edit(b, [{ type: 'insert', index: 0, value: 'b0' }]);
    world.settle();
    edit(a, [{ type: 'insert', index: 0, value: 'a0' }]);
    edit(b, [{ type: 'insert', index: 0, value: 'b1' }]);
    edit(b, [{ type: 'insert', index: 0, value: 'b2' }]);
    world.send(b);
    world.deliverUp(b);
    world.deliverDown(b);
    world.send(b);
    world.deliverUp(b);
    world.settle();
    expect(itemsOf(a)).toEqual(['b2', 'b1', 'a0', 'b0']);
  });

  test('a word to the end of which somebody else moves an item from the left', () => {
    const { world } = new TypingWorld({ ...page, base: 'X' });
    const [a, b] = [world.site(0), world.site(1)];
    edit(a, [{ type: 'insert', index: 1, value: 'a1' }]);
    world.settle();
    edit(a, [{ type: 'insert', index: 2, value: 'a2' }]);
    edit(b, [{ type: 'move', from: 0, to: 1 }]);
    world.send(a);
    world.deliverUp(a);
    world.settle();
    expect(itemsOf(a)).toEqual(['a1', 'X', 'a2']);
  });
});

function append(site: Site, value: string): void {
  edit(site, [{ type: 'insert', index: itemsOf(site).length, value, atEnd: true }]);
}

function insertedBy(change: Change): Atom[] {
  if (change.type !== 'update') return [];
  const op = change.ops.get(TYPED_FIELD);
  return op?.type === 'list' ? op.ops.flatMap((step) => (step.type === 'insert' ? [step.value] : [])) : [];
}
