import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatState } from '../../src/index.js';
import { formatEvent } from '../../src/mesh/index.js';
import { MeshOracle } from '../oracle/mesh-state.js';
import { parseEvent, rowsOf } from '../support/mesh-events.js';
import { drawFrom } from '../support/mesh-graphs.js';
import { runs } from '../support/seed.js';
import { MeshWorld, type WorldShape } from './mesh-world.js';

const WORLD: WorldShape = {
  agents: ['a', 'b', 'c', 'd'],
  events: 0,
  steps: 60,
  records: ['r', 's'],
  fields: { f: 'any', l: 'list' },
  hasLives: true,
  rules: 'alike',
  hasPartitions: true,
};
const WORLDS: Readonly<Record<string, WorldShape>> = {
  'records and lists': WORLD,
  'one list': { ...WORLD, records: ['r'], fields: { l: 'list' } },
  'numbers and values': { ...WORLD, fields: { f: 'any', n: 'number' } },
};

describe('replicas that lose, repeat and delay messages, are cut off and crash', () => {
  for (const [name, shape] of Object.entries(WORLDS)) {
    it(`end in the state of their events: ${name}`, () => {
      fc.assert(
        fc.property(fc.array(fc.nat(1 << 20), { minLength: 400, maxLength: 700 }), (tape) => {
          const world = new MeshWorld(drawFrom(tape), shape);
          world.run();
          world.settle();
          const oracle = new MeshOracle();
          const [first] = world.replicas;
          for (const event of first?.content().events ?? []) oracle.add(parseEvent(formatEvent(event)));
          for (const replica of world.replicas) expect(formatState(replica.state())).toEqual(rowsOf(oracle.state()));
        }),
        { numRuns: runs(40) },
      );
    });
  }
});
