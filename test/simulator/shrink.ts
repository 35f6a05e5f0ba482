import type { Step } from './step.js';

export interface ShrinkOptions {
  /** How many replays may be spent. */
  readonly most?: number;
}

type Test = (candidate: readonly Step[]) => boolean;

/** How far apart two steps can be that are deleted together. */
const PAIR_REACH = 12;

/**
 * Deletes steps from a schedule as long as it still fails: first large stretches, then single steps, then pairs of steps
 * that are close to each other, such as one that sends a message and one that drops it. `fails` must give the same answer
 * for the same schedule.
 */
export function shrink(schedule: readonly Step[], fails: Test, { most = 20_000 }: ShrinkOptions = {}): readonly Step[] {
  let left = most;
  const isFailing: Test = (candidate) => {
    left--;
    return left >= 0 && fails(candidate);
  };
  let current = schedule;
  for (let stretch = current.length >> 1; stretch > 1; stretch >>= 1) {
    current = withoutStretches(current, stretch, isFailing);
  }
  for (let length = -1; length !== current.length && left > 0; ) {
    length = current.length;
    current = withoutStretches(current, 1, isFailing);
    if (current.length === length) current = withoutPairs(current, isFailing);
  }
  return current;
}

/** Deletes every stretch of steps that it can, from the end on. */
function withoutStretches(schedule: readonly Step[], stretch: number, fails: Test): readonly Step[] {
  let current = schedule;
  for (let start = current.length - stretch; start > -stretch; start -= stretch) {
    const candidate = [...current.slice(0, Math.max(0, start)), ...current.slice(start + stretch)];
    if (fails(candidate)) current = candidate;
  }
  return current;
}

function withoutPairs(schedule: readonly Step[], fails: Test): readonly Step[] {
  let current = schedule;
  for (let first = current.length - 2; first >= 0; first--) {
    for (let second = first + 1; second <= first + PAIR_REACH && second < current.length; second++) {
      const candidate = current.filter((_, index) => index !== first && index !== second);
      if (!fails(candidate)) continue;
      current = candidate;
      break;
    }
  }
  return current;
}
