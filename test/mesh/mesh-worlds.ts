import assert from 'node:assert/strict';
import { formatState, NO_LIMITS, type Row } from '../../src/index.js';
import { formatEvent, type MeshEvent, MeshReplica } from '../../src/mesh/index.js';
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

/** What the end of a world is compared with. */
export type WorldCheck = 'naive state' | 'another order';

/**
 * Runs a world until everybody has heard everything. All replicas must be in one state: the naive state of their events,
 * or, which is far cheaper, that of a new replica that receives them in another order.
 *
 * @returns how many events there were.
 * @throws if a replica is in another state.
 */
export function checkWorld(draw: Draw, shape: WorldShape, check: WorldCheck = 'naive state'): number {
  const world = new MeshWorld(draw, shape);
  world.run();
  world.settle();
  const events = world.replicas[0]?.content().events ?? [];
  const rows = check === 'naive state' ? naiveRows(events) : rowsInAnotherOrder(draw, events);
  for (const replica of world.replicas) assert.deepEqual(formatState(replica.state()), rows);
  return events.length;
}

function naiveRows(events: readonly MeshEvent[]): Row[] {
  const oracle = new MeshOracle();
  for (const event of events) oracle.add(parseEvent(formatEvent(event)));
  return rowsOf(oracle.state());
}

function rowsInAnotherOrder(draw: Draw, events: readonly MeshEvent[]): readonly Row[] {
  const reader = new MeshReplica({ agent: 'reader', limits: NO_LIMITS, undoDepth: 0 });
  const left = [...events];
  while (left.length > 0) {
    reader.receive({ type: 'events', events: left.splice(draw(left.length), 1) });
    if (draw(4) === 0) reader.sync();
  }
  assert.deepEqual(reader.sync().refused, []);
  return formatState(reader.state());
}
