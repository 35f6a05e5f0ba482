import { describe, expect, it } from 'vitest';
import { parseEvent, rowsOf, type WireEvent } from '../support/mesh-events.js';
import { hasShared, readShared } from '../support/shared-data.js';
import { MeshOracle } from './mesh-state.js';

interface Graph {
  readonly name: string;
  readonly events: readonly WireEvent[];
  readonly rows: unknown;
}

const SAMPLE = 'vectors/mesh-sample.jsonl';

describe.skipIf(!hasShared(SAMPLE))('the naive State(V) of the mesh', () => {
  const graphs = hasShared(SAMPLE)
    ? readShared(SAMPLE)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Graph)
    : [];

  it('leads every recorded graph to its recorded rows', () => {
    expect(graphs.length).toBeGreaterThan(80);
    for (const { name, events, rows } of graphs) {
      const oracle = new MeshOracle();
      for (const event of events) oracle.add(parseEvent(event));
      expect(rowsOf(oracle.state()), name).toEqual(rows);
    }
  });
});
