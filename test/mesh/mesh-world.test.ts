import fc from 'fast-check';
import { describe, it } from 'vitest';
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
});
