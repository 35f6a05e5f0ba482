import { describe, expect, it } from 'vitest';
import type { State } from '../../src/index.js';
import type { MeshEvent } from '../../src/mesh/event.js';
import { Integrator } from '../../src/mesh/integrator.js';
import { traceEvents } from '../support/mesh-trace.js';
import { type ConcurrentTrace, hasShared, readShared } from '../support/shared-data.js';

const TRACE = 'traces/concurrent-friendsforever.json.gz';

function textOf(state: State): string {
  const text = state.get('t', 'doc')?.get('text') as readonly string[];
  return text.join('');
}

describe.skipIf(!hasShared(TRACE))('the history of two people who typed at once', () => {
  const trace = hasShared(TRACE) ? (JSON.parse(readShared(TRACE)) as ConcurrentTrace) : undefined;

  for (const names of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    it(`ends in what they ended with, with agent 0 as ${names[0]}`, () => {
      if (trace === undefined) return;
      const integrator = new Integrator();
      for (const event of traceEvents(trace, names)) integrator.integrate(event);
      expect(textOf(integrator.view)).toBe(trace.endContent);
    });
  }

  it('ends in it agent by agent too, where every event that can come does', () => {
    if (trace === undefined) return;
    const integrator = new Integrator();
    const waiting = traceEvents(trace, ['a', 'b']);
    const byAgent: MeshEvent[][] = [[], []];
    for (const event of waiting) byAgent[event.id[0] === 'b' ? 1 : 0]?.push(event);
    const at = [0, 0];
    for (let agent = 0; at[0] !== byAgent[0]?.length || at[1] !== byAgent[1]?.length; agent = 1 - agent) {
      for (;;) {
        const event = byAgent[agent]?.[at[agent] ?? 0];
        if (event === undefined || !event.parents.every((id) => integrator.graph.has(id))) break;
        integrator.integrate(event);
        at[agent] = (at[agent] ?? 0) + 1;
      }
    }
    expect(textOf(integrator.view)).toBe(trace.endContent);
  });
});
