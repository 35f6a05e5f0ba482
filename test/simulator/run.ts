import { chooseStep } from './choose-step.js';
import { checkRest } from './final-checks.js';
import { HONEST_MACHINES, type Machines } from './machines.js';
import { Random } from './random.js';
import { settle } from './settle.js';
import { drawSetup, type RunOptions } from './setup.js';
import type { Statistics } from './statistics.js';
import type { Step } from './step.js';
import { Violation } from './violation.js';
import { World } from './world.js';

/** How a run went. */
export interface Outcome {
  /** What happened before the world was let come to rest. */
  readonly schedule: readonly Step[];
  readonly statistics: Statistics;
  readonly fingerprint: string;
  readonly violation: Violation | undefined;
}

export type EventListener = (event: string) => void;

/** Makes up a schedule as it goes, from the seed alone, and then checks where everyone ended. */
export function run(options: RunOptions, machines: Machines = HONEST_MACHINES, listener?: EventListener): Outcome {
  const random = new Random(options.seed);
  const schedule: Step[] = [];
  return play(options, machines, listener, schedule, (world) => {
    while (world.statistics.edits < options.edits) {
      const step = chooseStep(world, random);
      schedule.push(step);
      world.execute(step);
    }
  });
}

/** Goes through a given schedule, and then checks where everyone ended. */
export function replay(
  options: RunOptions,
  schedule: readonly Step[],
  machines: Machines = HONEST_MACHINES,
  listener?: EventListener,
): Outcome {
  return play(options, machines, listener, schedule, (world) => {
    for (const step of schedule) world.execute(step);
  });
}

function play(
  options: RunOptions,
  machines: Machines,
  listener: EventListener | undefined,
  schedule: readonly Step[],
  main: (world: World) => void,
): Outcome {
  const world = new World(drawSetup(options), machines, listener);
  world.statistics.runs = 1;
  let violation: Violation | undefined;
  try {
    main(world);
    settle(world);
    checkRest(world);
  } catch (error) {
    violation = error instanceof Violation ? error : new Violation('nothing throws', String(error), error);
  }
  return { schedule, statistics: world.statistics, fingerprint: world.fingerprint, violation };
}
