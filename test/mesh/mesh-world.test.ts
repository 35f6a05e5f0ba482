import fc from 'fast-check';
import { describe, it } from 'vitest';
import { Random } from '../simulator/random.js';
import { drawFrom } from '../support/mesh-graphs.js';
import { runs } from '../support/seed.js';
import { checkWorld, WORLDS } from './mesh-worlds.js';

describe('replicas that lose, repeat and delay messages, are cut off and crash', () => {
  for (const [name, { shape, share }] of Object.entries(WORLDS)) {
    it(`end in the state of their events: ${name}`, () => {
      fc.assert(
        fc.property(fc.array(fc.nat(1 << 20), { minLength: 400, maxLength: 700 }), (tape) => {
          checkWorld(drawFrom(tape), shape);
        }),
        { numRuns: runs(share) },
      );
    });
  }

  it('end, after longer lives, in the state of a replica that receives their events in another order', () => {
    // In this world, operations on created lists come into effect and go out of it while runs of their line are cut.
    const random = new Random(2_000_228);
    const shape = { ...(WORLDS['two busy agents'] as (typeof WORLDS)[string]).shape, steps: 300 };
    checkWorld((below) => random.below(below), shape, 'another order');
  });
});
