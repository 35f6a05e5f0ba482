import { type DeltaInput, type ListOp, parseState, rebase } from '../../src/index.js';
import type { ConcurrentTrace } from './shared-data.js';
import { operationsOf } from './trace-operations.js';

/**
 * Folds a history of two agents on one common base. Each agent has pending deltas that the other has not seen. Before an
 * agent's transaction, what its parents show it of the other's joins the base, and its own pending ones are rebased over
 * that, keeping their boundaries. One agent counts as remote throughout.
 */
export class TwoAgents {
  readonly #base = parseState([{ tid: 't', rowid: 'r', data: { text: [] } }]);
  readonly #pending: [DeltaInput[], DeltaInput[]] = [[], []];
  readonly #joined: [number, number] = [0, 0];
  readonly #remote: 0 | 1;

  private constructor(remote: 0 | 1) {
    this.#remote = remote;
  }

  /** The text that a whole history ends in. */
  static fold(trace: ConcurrentTrace, remote: 0 | 1): string {
    const agents = new TwoAgents(remote);
    const counts: [number, number] = [0, 0];
    const numbers = trace.txns.map(({ agent }) => (agent === 0 ? counts[0]++ : counts[1]++));
    const seen: [number, number] = [0, 0];
    for (const { parents, agent, patches } of trace.txns) {
      const own = agent === 0 ? 0 : 1;
      for (const parent of parents) {
        if (trace.txns[parent]?.agent !== agent) seen[own] = Math.max(seen[own], (numbers[parent] ?? 0) + 1);
      }
      agents.#show(own, seen[own]);
      agents.#pending[own].push(textDelta(patches.flatMap(operationsOf)));
    }
    agents.#show(0, counts[1]);
    agents.#show(1, counts[0]);
    return agents.#text();
  }

  /** Shows an agent the first `count` deltas of the other: they join the base, and its own are rebased over them. */
  #show(agent: 0 | 1, count: number): void {
    const other = agent === 0 ? 1 : 0;
    const shown = this.#pending[other].splice(0, count - this.#joined[other]);
    if (shown.length === 0) return;
    this.#joined[other] = count;
    for (const delta of shown) this.#base.apply(delta);
    this.#pending[agent] =
      other === this.#remote
        ? shown.reduce((pending, delta) => rebase(pending, delta).pending, this.#pending[agent])
        : foldRemotes(shown, this.#pending[agent]);
  }

  #text(): string {
    const text = this.#base.get('t', 'r')?.get('text');
    return Array.isArray(text) ? text.join('') : 'no list';
  }
}

/** Brings remote deltas, each on its own, past a local sequence. */
function foldRemotes(local: readonly DeltaInput[], remotes: readonly DeltaInput[]): DeltaInput[] {
  let pending = local;
  return remotes.map((delta) => {
    const merged = rebase(pending, delta);
    pending = merged.pending;
    return merged.remote;
  });
}

function textDelta(ops: readonly ListOp[]): DeltaInput {
  return [{ type: 'update', table: 't', record: 'r', ops: new Map([['text', { type: 'list', create: false, ops }]]) }];
}
