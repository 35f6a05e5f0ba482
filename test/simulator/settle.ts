import { nextArrival, stepOf } from './choose-step.js';
import { Violation } from './violation.js';
import { WORLD_ROLES, type World } from './world.js';

const MOST_ROUNDS = 300;

/**
 * Lets a world come to rest: nothing goes wrong any more, everything under way arrives, and everyone exchanges until
 * there is nothing left to exchange. Whoever could not read becomes a viewer, since only readers can catch up.
 *
 * @throws Violation if it does not come to rest.
 */
export function settle(world: World): void {
  for (const { index } of world.replicas) {
    if (world.roleOf(index) === 'none') world.execute(stepOf('role', index, WORLD_ROLES.indexOf('viewer')));
    world.execute(stepOf('tell-role', index));
  }
  arriveAll(world);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (isQuiet(world)) return;
    for (const { index } of world.replicas) exchange(world, index);
  }
  const statuses = world.replicas.map(({ machine }) => `${machine.revision} ${JSON.stringify(machine.status)}`);
  throw new Violation('everyone comes to rest', `the log is at ${world.sequencer.revision}: ${statuses.join('; ')}`);
}

function exchange(world: World, replica: number): void {
  for (const type of ['sync', 'prepare', 'store', 'send', 'request'] as const) world.execute(stepOf(type, replica));
  arriveAll(world);
  world.execute(stepOf('sync', replica));
}

function arriveAll(world: World): void {
  for (let step = nextArrival(world); step !== undefined; step = nextArrival(world)) world.execute(step);
}

function isQuiet({ replicas, sequencer }: World): boolean {
  return replicas.every(
    ({ machine, isWriting, hasMessage }) =>
      machine.status.isIdle && machine.revision === sequencer.revision && !isWriting && !hasMessage,
  );
}
