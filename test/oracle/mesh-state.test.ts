import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseEvent, rowsOf, type WireEvent } from '../support/mesh-events.js';
import { hasShared, readShared } from '../support/shared-data.js';
import { keyOf } from './mesh-graph.js';
import { MeshMisfit, MeshOracle } from './mesh-state.js';

interface Graph {
  readonly name: string;
  readonly events: readonly WireEvent[];
  readonly rows: unknown;
}

const SAMPLE = 'vectors/mesh-sample.jsonl';

/** The rows of events in any order, without those that are refused. */
function rowsFrom(events: readonly WireEvent[]): unknown {
  const oracle = new MeshOracle();
  const held = new Set<string>();
  const tried = new Set<string>();
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (const event of events) {
      const key = keyOf(event.id);
      if (tried.has(key) || !event.parents.every((parent) => held.has(keyOf(parent)))) continue;
      tried.add(key);
      isDone = false;
      const isBlind = event.parents.some((parent) =>
        event.parents.some((other) => oracle.graph.past(keyOf(other)).has(keyOf(parent))),
      );
      const before = keyOf([event.id[0], event.id[1] - 1]);
      const sawLast =
        event.id[1] === 1 ||
        event.parents.some((parent) => keyOf(parent) === before || oracle.graph.past(keyOf(parent)).has(before));
      if (isBlind || !sawLast) continue;
      try {
        oracle.add(parseEvent(event));
        held.add(key);
      } catch (error) {
        if (!(error instanceof MeshMisfit)) throw error;
      }
    }
  }
  return rowsOf(oracle.state(held));
}

describe('the naive State(V) of the mesh', () => {
  it.skipIf(!hasShared(SAMPLE))('leads every recorded graph to its recorded rows', () => {
    const lines = readShared(SAMPLE).split('\n');
    const graphs = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Graph);
    expect(graphs.length).toBeGreaterThan(80);
    for (const { name, events, rows } of graphs) expect(rowsFrom(events), name).toEqual(rows);
  });

  it('leads every graph of the vectors to its rows', () => {
    const { cases } = JSON.parse(readFileSync('spec/vectors/mesh.json', 'utf8')) as { cases: readonly Graph[] };
    expect(cases.length).toBeGreaterThanOrEqual(300);
    for (const { name, events, rows } of cases) expect(rowsFrom(events), name).toEqual(rows);
  });
});
