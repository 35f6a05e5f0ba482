import type { Role } from '../../src/sync/index.js';
import { Fingerprint } from './fingerprint.js';
import { History } from './history.js';
import type { Machines } from './machines.js';
import { type Direction, Network } from './network.js';
import { ReplicaHost } from './replica-host.js';
import { SequencerHost } from './sequencer-host.js';
import type { Setup } from './setup.js';
import { noStatistics, type Statistics } from './statistics.js';
import { formatStep, type Step, type StepType } from './step.js';

export const WORLD_ROLES: readonly Role[] = ['owner', 'editor', 'viewer', 'none'];

/** How wrong a clock can be, in milliseconds. */
const SKEWS: readonly number[] = [0, 1, -1, 3_600_000, -3_600_000, 10 ** 12, -(10 ** 12), -3 * 10 ** 12];
export const SKEW_COUNT: number = SKEWS.length;

const START_TIME = 1_700_000_000_000;
const STEP_TIME = 250;

/** Replicas, a sequencer and the network between them. It moves one step at a time, and only by steps. */
export class World {
  readonly setup: Setup;
  readonly statistics: Statistics = noStatistics();
  readonly history = new History();
  readonly network: Network;
  readonly replicas: readonly ReplicaHost[];
  readonly sequencer: SequencerHost;
  readonly #fingerprint = new Fingerprint();
  readonly #roles: Role[];
  readonly #skews: number[];
  readonly #listener: ((event: string) => void) | undefined;
  #time = START_TIME;

  /** @param listener is told every event, in words. */
  constructor(setup: Setup, machines: Machines, listener?: (event: string) => void) {
    this.setup = setup;
    this.#listener = listener;
    this.network = new Network(setup.replicas);
    const note = (event: string): void => this.#note(event);
    const { network, history, statistics } = this;
    const around = { setup, machines, network, history, statistics, note };
    this.sequencer = new SequencerHost(around);
    this.replicas = Array.from({ length: setup.replicas }, (_, index) => new ReplicaHost(index, around));
    this.#roles = this.replicas.map(() => 'owner');
    this.#skews = this.replicas.map(() => 0);
  }

  /** The same text for the same events in the same order. */
  get fingerprint(): string {
    return this.#fingerprint.toString();
  }

  roleOf(replica: number): Role {
    return this.#roles[replica] ?? 'none';
  }

  replica(index: number): ReplicaHost {
    const host = this.replicas[index];
    if (host === undefined) throw new RangeError(`there is no replica ${index}`);
    return host;
  }

  /** What the clock of a replica shows. */
  clockOf(replica: number): Date {
    return new Date(this.#time + (this.#skews[replica] ?? 0));
  }

  setRole(replica: number, role: Role): void {
    this.#roles[replica] = role;
  }

  setSkew(replica: number, skew: number): void {
    this.#skews[replica] = skew;
  }

  execute(step: Step): void {
    this.#note(formatStep(step));
    this.statistics.steps++;
    this.#time += STEP_TIME;
    ACTIONS[step.type](this, step.replica, step.argument);
  }

  deliver(direction: Direction, replica: number, message: string | undefined): void {
    if (message === undefined) return;
    this.statistics.delivered++;
    if (direction === 'up') this.sequencer.receive(replica, message, this.roleOf(replica));
    else this.replica(replica).receive(message);
  }

  /** Everything that decides what can happen next, as text, but for the clocks and for what was received too early. */
  toText(): string {
    return [...this.replicas, this.sequencer, this.network].map((part) => part.toText()).join('\n');
  }

  #note(event: string): void {
    this.#fingerprint.add(event);
    this.#listener?.(event);
  }
}

type Action = (world: World, replica: number, argument: number) => void;

const ACTIONS: Readonly<Record<StepType, Action>> = {
  edit: (world, replica, argument) => world.replica(replica).user.edit(argument),
  title: (world, replica, argument) => world.replica(replica).user.setTitle(argument),
  undo: (world, replica) => world.replica(replica).user.undo(),
  redo: (world, replica) => world.replica(replica).user.redo(),
  'end-undo-step': (world, replica) => world.replica(replica).machine.endUndoItem(),
  sync: (world, replica) => world.replica(replica).sync(world.clockOf(replica)),
  save: (world, replica) => world.replica(replica).save(),
  prepare: (world, replica) => world.replica(replica).prepare(),
  store: (world, replica) => world.replica(replica).store(),
  send: (world, replica) => world.replica(replica).send(),
  request: (world, replica) => world.replica(replica).request(),
  'deliver-up': (world, replica, which) => world.deliver('up', replica, world.network.take('up', replica, which)),
  'deliver-down': (world, replica, which) => world.deliver('down', replica, world.network.take('down', replica, which)),
  'drop-up': (world, replica, which) => drop(world, 'up', replica, which),
  'drop-down': (world, replica, which) => drop(world, 'down', replica, which),
  'repeat-up': (world, replica, which) => repeat(world, 'up', replica, which),
  'repeat-down': (world, replica, which) => repeat(world, 'down', replica, which),
  crash: (world, replica) => world.replica(replica).crash(),
  role: (world, replica, argument) => world.setRole(replica, WORLD_ROLES[argument] ?? 'owner'),
  'tell-role': (world, replica) => world.replica(replica).setRole(world.roleOf(replica)),
  clock: (world, replica, argument) => world.setSkew(replica, SKEWS[argument] ?? 0),
  announce: (world, replica, argument) => world.sequencer.announce(replica, argument),
  work: (world) => world.sequencer.work(),
  checkpoint: (world) => world.sequencer.checkpoint(),
  trim: (world, _replica, argument) => world.sequencer.trim(argument),
  'crash-sequencer': (world) => world.sequencer.crash(),
};

function drop({ network, statistics }: World, direction: Direction, replica: number, which: number): void {
  if (network.take(direction, replica, which) !== undefined) statistics.drops++;
}

function repeat(world: World, direction: Direction, replica: number, which: number): void {
  const message = world.network.look(direction, replica, which);
  if (message === undefined) return;
  world.statistics.repeats++;
  world.deliver(direction, replica, message);
}
