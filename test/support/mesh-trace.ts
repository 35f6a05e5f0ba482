import { compress, type ListOp } from '../../src/index.js';
import { type EventId, type MeshEvent, NO_RULES, ownEvent } from '../../src/mesh/event.js';
import type { ConcurrentTrace, Patch } from './shared-data.js';

/** The transactions of a trace as events, after one that makes the text. Its author is the first agent. */
export function traceEvents(trace: ConcurrentTrace, agents: readonly string[]): MeshEvent[] {
  const insert = { type: 'insert', table: 't', record: 'doc', fields: new Map([['text', []]]) } as const;
  const first = ownEvent([agents[0] ?? '', 1], [], compress([insert]), NO_RULES, undefined);
  const ids: EventId[] = [];
  const counts: number[] = agents.map((_, agent) => Number(agent === 0));
  const events = trace.txns.map(({ parents, agent, patches }) => {
    const seq = (counts[agent] ?? 0) + 1;
    counts[agent] = seq;
    const id: EventId = [agents[agent] ?? '', seq];
    ids.push(id);
    const ops = listOps(patches);
    const update = { type: 'update', table: 't', record: 'doc', ops: new Map([['text', ops]]) } as const;
    const parentIds = parents.length === 0 ? [first.id] : parents.map((parent) => ids[parent] as EventId);
    return ownEvent(id, parentIds, compress([update]), NO_RULES, undefined);
  });
  return [first, ...events];
}

function listOps(patches: readonly Patch[]): { type: 'list'; create: false; ops: ListOp[] } {
  const ops: ListOp[] = [];
  for (const [position, deleteCount, inserted] of patches) {
    for (let count = deleteCount; count > 0; count--) ops.push({ type: 'delete', index: position });
    let index = position;
    for (const value of inserted) ops.push({ type: 'insert', index: index++, value });
  }
  return { type: 'list', create: false, ops };
}
