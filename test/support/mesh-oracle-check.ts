import { expect } from 'vitest';
import { formatState } from '../../src/index.js';
import { Integrator } from '../../src/mesh/integrator.js';
import type { OracleEvent } from '../oracle/mesh-graph.js';
import { MeshOracle } from '../oracle/mesh-state.js';
import { rowsOf, toMeshEvent } from './mesh-events.js';

/** Integrates events in their order, and holds the state to the oracle's after each. */
export function expectOracleStates(events: readonly OracleEvent[]): void {
  const oracle = new MeshOracle();
  const integrator = new Integrator();
  for (const one of events) {
    oracle.add(one);
    integrator.integrate(toMeshEvent(one));
    expect(formatState(integrator.view)).toEqual(rowsOf(oracle.state()));
  }
}
