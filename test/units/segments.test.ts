import { describe, expect, test } from 'vitest';
import { compose, type Delta, formatDelta, State } from '../../src/index.js';
import { joinSegments, type Segment } from '../../src/sync/undo/segments.js';
import { I, put, U } from '../sync/notation.js';

const FORGOTTEN = new Set([1, 2]);

/** Segments that undo items are, one after the other. */
function segments(...deltas: Parameters<State['apply']>[0][]): Segment[] {
  const state = new State();
  state.apply([I('a')]);
  return deltas.map((delta, at): Segment => ({ role: at + 1, delta: state.apply(delta), origin: at + 1 }));
}

function sizes({ segments: joined }: { readonly segments: readonly Segment[] }): number[] {
  return joined.map(({ delta }: { delta: Delta }) => delta.length);
}

describe('segments of forgotten items', () => {
  test('are joined', () => {
    expect(sizes(joinSegments(segments([put('a', 'f', 1)], [put('a', 'g', 1)]), FORGOTTEN))).toEqual([1]);
  });

  test('are joined where the last takes back what the first did, and edit the field all the same', () => {
    const both = [[I('b', { f: 1, g: 1 })], [U('b', { f: ['D'] })]] as const;
    const [joined, ...others] = joinSegments(segments(...both), FORGOTTEN).segments;
    expect(formatDelta(joined?.delta ?? [])).toEqual([
      ['I', 't', 'b', { g: 1 }],
      ['U', 't', 'b', { f: ['D'] }],
    ]);
    expect(others).toEqual([]);
  });

  test('are as few as the binary digits of their number if they come one by one, and edit the same', () => {
    const state = new State();
    state.apply([I('a', { list: [] })]);
    const deltas: Delta[] = [];
    let joined: readonly Segment[] = [];
    for (let count = 1; count <= 40; count++) {
      const delta = state.apply([U('a', { list: ['LI', count % 3 === 0 ? 1 : 0, `x${count}`] })]);
      deltas.push(delta);
      joined = joinSegments([...joined, { role: 'unrecorded', delta }], FORGOTTEN).segments;
      expect(joined.length).toBeLessThanOrEqual(1 + Math.log2(count));
      expect(joinSegments(joined, FORGOTTEN).segments).toHaveLength(joined.length);
      expect(formatDelta(compose(...joined.map((segment) => segment.delta)))).toEqual(formatDelta(compose(...deltas)));
    }
  });

  test('stay apart from those of items that are known', () => {
    const three = segments([put('a', 'f', 1)], [put('a', 'g', 1)], [put('a', 'h', 1)]);
    expect(sizes(joinSegments(three, new Set([1, 3])))).toEqual([1, 1, 1]);
  });
});
