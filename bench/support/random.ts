import type { ListOp } from '../../src/index.js';

/** A seeded generator of numbers from 0 to 1, so that every run measures the same work (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Mix {
  readonly count: number;
  /** How many items the list has at first. */
  readonly length: number;
  readonly seed: number;
  /** The fraction of operations that are moves; of the rest, half insert, three tenths delete, two tenths put. */
  readonly moves: number;
}

/** Random operations on a list, each valid after the ones before it. */
export function randomListOps({ count, length, seed, moves }: Mix): ListOp[] {
  const random = randomFrom(seed);
  let current = length;
  const below = (bound: number): number => Math.floor(random() * bound);
  return Array.from({ length: count }, (_, number): ListOp => {
    if (current > 0 && random() < moves) return { type: 'move', from: below(current), to: below(current) };
    const kind = random();
    if (current === 0 || kind < 0.5) return { type: 'insert', index: below(++current), value: `insert ${number}` };
    if (kind < 0.8) return { type: 'delete', index: below(current--) };
    return { type: 'put', index: below(current), value: `put ${number}` };
  });
}
