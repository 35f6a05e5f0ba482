import assert from 'node:assert/strict';
import { formatState } from '../../src/index.js';
import { formatEvent } from '../../src/mesh/index.js';
import { MeshOracle } from '../oracle/mesh-state.js';
import { parseEvent, rowsOf } from '../support/mesh-events.js';
import type { Draw } from '../support/mesh-graphs.js';
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

/** Worlds to simulate, and how many of each the test suite runs. */
export const WORLDS: Readonly<Record<string, { readonly shape: WorldShape; readonly share: number }>> = {
  'records and lists': { shape: WORLD, share: 30 },
  'one list': { shape: { ...WORLD, records: ['r'], fields: { l: 'list' } }, share: 30 },
  'numbers and values, with times': {
    shape: { ...WORLD, fields: { f: 'any', n: 'number' }, hasTimes: true },
    share: 30,
  },
  'two busy agents': { shape: { ...WORLD, agents: ['a', 'b'], fields: { l: 'typing', n: 'number' } }, share: 10 },
  'sixteen busy agents': { shape: { ...WORLD, agents: [...'abcdefghijklmnop'], steps: 160 }, share: 8 },
};

/**
 * Runs a world until everybody has heard everything.
 *
 * @returns how many events there were.
 * @throws if a replica is not in the naive state of its events.
 */
export function checkWorld(draw: Draw, shape: WorldShape): number {
  const world = new MeshWorld(draw, shape);
  world.run();
  world.settle();
  const oracle = new MeshOracle();
  const [first] = world.replicas;
  const events = first?.content().events ?? [];
  for (const event of events) oracle.add(parseEvent(formatEvent(event)));
  const rows = rowsOf(oracle.state());
  for (const replica of world.replicas) assert.deepEqual(formatState(replica.state()), rows);
  return events.length;
}
