import { type Limits, NO_LIMITS } from '../../src/index.js';
import type { Fault } from './faults.js';
import { Random } from './random.js';
import { STEP_TYPES, type StepType } from './step.js';

/** What a run is made from; together with a schedule it determines every event. */
export interface RunOptions {
  readonly seed: number;
  readonly replicas: number;
  /** How many edits the users make in all. */
  readonly edits: number;
  readonly faults: ReadonlySet<Fault>;
}

/** The run options and what the seed makes of them. */
export interface Setup extends RunOptions {
  readonly limits: Limits;
  readonly recentNonces: number;
  readonly undoDepth: number;
  /** How much more often than usual each type of step comes, so that runs differ in character. */
  readonly tempers: ReadonlyMap<StepType, number>;
  /** How active each replica is. */
  readonly activities: readonly number[];
}

const TEMPERS: readonly number[] = [0.1, 0.5, 1, 1, 2, 4];
const ACTIVITIES: readonly number[] = [0.2, 1, 1, 3];
const NONCE_COUNTS: readonly number[] = [0, 1, 4, 20, 10_000];
const UNDO_DEPTHS: readonly number[] = [0, 1, 3, 100, 100];

export function drawSetup(options: RunOptions): Setup {
  const random = new Random(options.seed ^ 0x2545f491);
  const { faults, replicas } = options;
  return {
    ...options,
    limits: faults.has('limit') ? drawLimits(random) : NO_LIMITS,
    recentNonces: faults.has('trim') ? random.pick(NONCE_COUNTS) : 10_000,
    undoDepth: random.pick(UNDO_DEPTHS),
    tempers: new Map(STEP_TYPES.map((type) => [type, random.pick(TEMPERS)])),
    activities: Array.from({ length: replicas }, () => random.pick(ACTIVITIES)),
  };
}

/** No limits, or one that a run meets. */
function drawLimits(random: Random): Limits {
  switch (random.below(8)) {
    case 0:
      return { ...NO_LIMITS, datastoreSize: 2500 + random.below(3000) };
    case 1:
      return { ...NO_LIMITS, recordSize: 500 + random.below(1000) };
    case 2:
    case 3:
      return { ...NO_LIMITS, deltaSize: 350 + random.below(1200) };
    case 4:
      return { ...NO_LIMITS, recordCount: 3 + random.below(4) };
    default:
      return NO_LIMITS;
  }
}
