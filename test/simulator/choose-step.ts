import type { Random } from './random.js';
import type { Step, StepType } from './step.js';
import { SKEW_COUNT, WORLD_ROLES, type World } from './world.js';

type Weighted = readonly [choice: Step, weight: number];

/**
 * Chooses what happens next, from what can happen. How often a type of step comes depends on the temper of the run, and
 * what goes wrong on its faults.
 */
export function chooseStep(world: World, random: Random): Step {
  const { setup } = world;
  const replica = random.pickWeighted(setup.activities.map((activity, index) => [index, activity] as const)) ?? 0;
  if (!setup.faults.has('delay')) {
    const arrival = nextArrival(world);
    if (arrival !== undefined) return arrival;
  }
  const choices = [
    ...userSteps(replica, random),
    ...replicaSteps(world, replica),
    ...networkSteps(world, random),
    ...sequencerSteps(world, replica, random),
    ...troubles(world, replica, random),
  ];
  const tempered = choices.map(([step, weight]) => [step, weight * (setup.tempers.get(step.type) ?? 1)] as const);
  return random.pickWeighted(tempered) ?? stepOf('sync', replica);
}

/** Where messages are not delayed, the sequencer works at once and the oldest message arrives at once. */
export function nextArrival(world: World): Step | undefined {
  for (const { index } of world.replicas) {
    if (world.network.count('up', index) > 0) return stepOf('deliver-up', index);
    if (world.network.count('down', index) > 0) return stepOf('deliver-down', index);
  }
  return world.sequencer.queueLength > 0 ? stepOf('work') : undefined;
}

function userSteps(replica: number, random: Random): Weighted[] {
  return [
    [stepOf('edit', replica, random.next()), 8],
    [stepOf('title', replica, random.below(100)), 0.2],
    [stepOf('undo', replica), 1],
    [stepOf('redo', replica), 0.6],
    [stepOf('end-undo-step', replica), 0.6],
  ];
}

function replicaSteps(world: World, replica: number): Weighted[] {
  const host = world.replica(replica);
  const { hasOutgoing, isInFlight, hasIncoming, hasGap, needsReload } = host.machine.status;
  const canPut = hasOutgoing || isInFlight;
  return [
    [stepOf('sync', replica), hasIncoming ? 6 : 3],
    [stepOf('save', replica), 0.7],
    [stepOf('prepare', replica), canPut && !host.isWriting ? 5 : 0],
    [stepOf('store', replica), host.isWriting ? 15 : 0],
    [stepOf('send', replica), host.hasMessage ? 15 : 0],
    [stepOf('request', replica), hasGap || needsReload ? 4 : 1.5],
  ];
}

function networkSteps(world: World, random: Random): Weighted[] {
  const { faults } = world.setup;
  const steps: Weighted[] = [];
  for (const { index } of world.replicas) {
    for (const direction of ['up', 'down'] as const) {
      const count = world.network.count(direction, index);
      if (count === 0) continue;
      const which = faults.has('reorder') && random.chance(0.3) ? random.below(count) : 0;
      steps.push([stepOf(`deliver-${direction}`, index, which), 6]);
      if (faults.has('drop')) steps.push([stepOf(`drop-${direction}`, index, which), 0.7]);
      if (faults.has('repeat')) steps.push([stepOf(`repeat-${direction}`, index, which), 0.7]);
    }
  }
  return steps;
}

function sequencerSteps({ setup, sequencer }: World, replica: number, random: Random): Weighted[] {
  return [
    [stepOf('work'), sequencer.queueLength > 0 ? 20 : 0],
    [stepOf('announce', replica, 1 + random.below(4)), 1],
    [stepOf('checkpoint'), 0.5],
    [stepOf('trim', 0, random.below(6)), setup.faults.has('trim') && sequencer.trimmable > 0 ? 0.7 : 0],
  ];
}

function troubles({ setup: { faults } }: World, replica: number, random: Random): Weighted[] {
  const role = random.chance(0.6) ? random.below(2) : random.below(WORLD_ROLES.length);
  return [
    [stepOf('crash', replica), faults.has('crash') ? 0.5 : 0],
    [stepOf('crash-sequencer'), faults.has('crash') ? 0.3 : 0],
    [stepOf('role', replica, role), faults.has('role') ? 0.3 : 0],
    [stepOf('tell-role', replica), faults.has('role') ? 0.4 : 0],
    [stepOf('clock', replica, random.below(SKEW_COUNT)), faults.has('clock') ? 0.3 : 0],
  ];
}

export function stepOf(type: StepType, replica = 0, argument = 0): Step {
  return { type, replica, argument };
}
