import { expect, test } from 'vitest';
import type { Change } from '../../src/index.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { hasShared, readShared, type SequentialTrace } from '../support/shared-data.js';
import { operationsOf } from '../support/trace-operations.js';
import { chooseStep, stepOf } from './choose-step.js';
import { checkRest } from './final-checks.js';
import { HONEST_MACHINES, type ReplicaMachine } from './machines.js';
import { Random } from './random.js';
import type { ReplicaHost } from './replica-host.js';
import { settle } from './settle.js';
import { drawSetup, type Setup } from './setup.js';
import type { StepType } from './step.js';
import { World } from './world.js';

const TRACE = 'traces/sequential-sveltecomponent.json.gz';
const TRANSACTIONS_A_TURN = 1000;
const MOST_STEPS_BETWEEN = 5000;

const STARTS_EMPTY: readonly Change[] = [
  { type: 'insert', table: 'page', record: 'p', fields: new Map([['text', []]]) },
];

/** The users only type, and what leads nowhere is rare. */
const TEMPERS: readonly (readonly [StepType, number])[] = [
  ...(['edit', 'title', 'undo', 'redo', 'end-undo-step'] as const).map((type) => [type, 0] as const),
  ...(['sync', 'save', 'crash', 'request'] as const).map((type) => [type, 0.4] as const),
  ...(['crash-sequencer', 'announce', 'clock'] as const).map((type) => [type, 0.1] as const),
  ...(['prepare', 'deliver-up', 'deliver-down'] as const).map((type) => [type, 3] as const),
];

function setupOfTyping(seed: number): Setup {
  const faults = new Set(['delay', 'reorder', 'drop', 'repeat', 'crash', 'clock', 'trim'] as const);
  const drawn = drawSetup({ seed, replicas: 3, edits: 0, faults });
  return { ...drawn, recentNonces: 10_000, activities: [1, 1, 1], tempers: new Map(TEMPERS) };
}

/** Lets things happen, good and bad, until both are up to date: one has nothing left to send, the other sees it all. */
function exchange(world: World, random: Random, last: ReplicaHost, next: ReplicaHost): void {
  for (let steps = 0; steps < MOST_STEPS_BETWEEN; steps++) {
    const isSent = last.machine.status.isIdle;
    if (isSent && next.machine.status.isIdle && next.machine.revision === world.sequencer.revision) return;
    world.execute(chooseStep(world, random));
  }
  throw new Error(`the replicas are not up to date after ${MOST_STEPS_BETWEEN} steps`);
}

function type(host: ReplicaHost, { txns }: Pick<SequentialTrace, 'txns'>): void {
  for (const { patches } of txns) {
    const ops = patches.flatMap(operationsOf);
    const edit = new Map([['text', { type: 'list', create: false, ops } as const]]);
    host.machine.apply([{ type: 'update', table: 'page', record: 'p', ops: edit }]);
  }
  host.refreshView();
  host.save();
}

function textOf(view: Pick<ReplicaMachine, 'get'>): string {
  const text = view.get('page', 'p')?.get('text');
  return Array.isArray(text) ? text.join('') : 'no list';
}

test.skipIf(!hasShared(TRACE))('three replicas take turns typing a real text over a bad network', () => {
  const trace = JSON.parse(readShared(TRACE)) as SequentialTrace;
  const seed = Math.abs(seedOfThisRun());
  const world = new World(setupOfTyping(seed), HONEST_MACHINES);
  const random = new Random(seed);
  const first = world.replica(0);
  first.machine.apply(STARTS_EMPTY);
  type(first, { txns: [{ patches: [[0, 0, trace.startContent]] }] });
  world.execute(stepOf('sync'));
  let last = first;
  for (let start = 0; start < trace.txns.length; start += TRANSACTIONS_A_TURN) {
    const next = world.replica((start / TRANSACTIONS_A_TURN + 1) % world.replicas.length);
    exchange(world, random, last, next);
    type(next, { txns: trace.txns.slice(start, start + TRANSACTIONS_A_TURN) });
    last = next;
  }
  settle(world);
  checkRest(world);
  const { steps, drops, repeats, crashes } = world.statistics;
  console.log(`Typed in ${steps} steps, with ${drops} drops, ${repeats} repeats and ${crashes} crashes.`);
  for (const count of [drops, repeats, crashes]) expect(count).toBeGreaterThan(0);
  expect(textOf(world.history.state)).toBe(trace.endContent);
  for (const { machine } of world.replicas) expect(textOf(machine)).toBe(trace.endContent);
});
