import { describe, expect, test } from 'vitest';
import { type DeltaInput, type ListOp, parseState, type State } from '../../src/index.js';
import { type ConcurrentTrace, hasShared, readShared, type SequentialTrace } from '../support/shared-data.js';
import { operationsOf } from '../support/trace-operations.js';
import { TwoAgents } from '../support/two-agents.js';

const EDITS_A_DELTA = 1000;

function listDelta(ops: readonly ListOp[]): DeltaInput {
  return [{ type: 'update', table: 't', record: 'r', ops: new Map([['text', { type: 'list', create: false, ops }]]) }];
}

function textOf(state: State): string {
  const text = state.get('t', 'r')?.get('text');
  return Array.isArray(text) ? text.join('') : 'no list';
}

function stateOf(text: string): State {
  return parseState([{ tid: 't', rowid: 'r', data: { text: [...text] } }]);
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

const CONCURRENT = 'traces/concurrent-friendsforever.json.gz';

describe('a concurrent trace of two agents, folded transaction by transaction', () => {
  test.skipIf(!hasShared(CONCURRENT))('ends in its content with agent 0 as remote', () => {
    const trace = JSON.parse(readShared(CONCURRENT)) as ConcurrentTrace;
    expect(TwoAgents.fold(trace, 0)).toBe(trace.endContent);
  });

  test.skipIf(!hasShared(CONCURRENT))('with the roles exchanged meets the limit of ties, at exactly one place', () => {
    const trace = JSON.parse(readShared(CONCURRENT)) as ConcurrentTrace;
    // A deletion that separated two runs of typing has left the window of the merge, so that the runs tie and interleave.
    const typed = ', huh? The whole ';
    const tied = ' The whole , hh?u';
    const place = trace.endContent.indexOf(typed);
    const expected = trace.endContent.slice(0, place) + tied + trace.endContent.slice(place + typed.length);
    expect(TwoAgents.fold(trace, 1)).toBe(expected);
  });
});
