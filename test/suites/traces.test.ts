import { describe, expect, test } from 'vitest';
import { type Delta, type ListOp, rebase, State } from '../../src/index.js';
import { type ConcurrentTrace, hasShared, readShared, type SequentialTrace } from '../support/shared-data.js';
import { operationsOf } from '../support/trace-operations.js';

const EDITS_A_DELTA = 1000;

function listDelta(ops: readonly ListOp[]): Delta {
  return [{ type: 'update', table: 't', record: 'r', ops: new Map([['text', { type: 'list', create: false, ops }]]) }];
}

function textOf(state: State): string {
  const text = state.get('t', 'r')?.get('text');
  return Array.isArray(text) ? text.join('') : 'no list';
}

function stateOf(text: string): State {
  return State.fromRows([{ tid: 't', rowid: 'r', data: { text: [...text] } }]);
}

describe('sequential traces replay to their end as list operations', () => {
  for (const name of ['sequential-sveltecomponent', 'sequential-automerge-paper']) {
    const file = `traces/${name}.json.gz`;
    test.skipIf(!hasShared(file))(name, () => {
      const trace = JSON.parse(readShared(file)) as SequentialTrace;
      const state = stateOf(trace.startContent);
      const ops = trace.txns.flatMap(({ patches }) => patches.flatMap(operationsOf));
      for (let start = 0; start < ops.length; start += EDITS_A_DELTA) {
        state.apply(listDelta(ops.slice(start, start + EDITS_A_DELTA)));
      }
      expect(textOf(state)).toBe(trace.endContent);
    });
  }
});

/** Two agents on one common base, each with the deltas that the other has not seen. */
class TwoAgents {
  readonly #base = stateOf('');
  readonly #pending: [Delta[], Delta[]] = [[], []];
  readonly #joined: [number, number] = [0, 0];

  readonly #remote: 0 | 1;

  /** @param remote the agent whose deltas count as remote throughout. */
  constructor(remote: 0 | 1) {
    this.#remote = remote;
  }

  edit(agent: 0 | 1, delta: Delta): void {
    this.#pending[agent].push(delta);
  }

  /** Shows an agent the first `count` deltas of the other: they join the base, and its own are rebased over them. */
  show(agent: 0 | 1, count: number): void {
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

  /** The text when both have seen everything. */
  end(): string {
    for (const agent of [0, 1] as const)
      this.show(agent, this.#joined[agent === 0 ? 1 : 0] + this.#pending[agent === 0 ? 1 : 0].length);
    return textOf(this.#base);
  }
}

/** Brings remote deltas, each on its own, past a local sequence. */
function foldRemotes(local: readonly Delta[], remotes: readonly Delta[]): Delta[] {
  let pending = local;
  return remotes.map((delta) => {
    const merged = rebase(pending, delta);
    pending = merged.pending;
    return merged.remote;
  });
}

function foldTrace(trace: ConcurrentTrace, remote: 0 | 1): string {
  const agents = new TwoAgents(remote);
  const counts: [number, number] = [0, 0];
  const numbers = trace.txns.map(({ agent }) => (agent === 0 ? counts[0]++ : counts[1]++));
  const seen = [0, 0];
  for (const { parents, agent, patches } of trace.txns) {
    const own = agent === 0 ? 0 : 1;
    for (const parent of parents) {
      if (trace.txns[parent]?.agent !== agent) seen[own] = Math.max(seen[own] ?? 0, (numbers[parent] ?? 0) + 1);
    }
    agents.show(own, seen[own] ?? 0);
    agents.edit(own, listDelta(patches.flatMap(operationsOf)));
  }
  return agents.end();
}

const CONCURRENT = 'traces/concurrent-friendsforever.json.gz';

describe('a concurrent trace of two agents, folded transaction by transaction', () => {
  test.skipIf(!hasShared(CONCURRENT))('ends in its content with agent 0 as remote', () => {
    const trace = JSON.parse(readShared(CONCURRENT)) as ConcurrentTrace;
    expect(foldTrace(trace, 0)).toBe(trace.endContent);
  });

  test.skipIf(!hasShared(CONCURRENT))('with the roles exchanged meets the limit of ties, at exactly one place', () => {
    const trace = JSON.parse(readShared(CONCURRENT)) as ConcurrentTrace;
    // A deletion that separated two runs of typing has left the window of the merge, so that the runs tie and interleave.
    const typed = ', huh? The whole ';
    const tied = ' The whole , hh?u';
    const place = trace.endContent.indexOf(typed);
    const expected = trace.endContent.slice(0, place) + tied + trace.endContent.slice(place + typed.length);
    expect(foldTrace(trace, 1)).toBe(expected);
  });
});
