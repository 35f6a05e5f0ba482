import type { Change } from '../../src/index.js';
import { stepOf } from './choose-step.js';
import { checkRest } from './final-checks.js';
import { HONEST_MACHINES, type Machines, type ReplicaMachine } from './machines.js';
import type { Direction } from './network.js';
import { settle } from './settle.js';
import { drawSetup, type Setup } from './setup.js';
import type { Step } from './step.js';
import { Violation } from './violation.js';
import { World } from './world.js';

/** One edit of a script, made on what the user sees by then; an empty one where it does not fit. */
export type ScriptedEdit = (view: Pick<ReplicaMachine, 'get'>) => readonly Change[];

/** What each replica edits, in order. */
export type Script = readonly (readonly ScriptedEdit[])[];

/** What was explored. */
export interface Explored {
  readonly states: number;
  readonly moves: number;
}

/** Something that can happen next. It can be repeated on another world in the same situation. */
interface Move {
  readonly name: string;
  readonly replica: number;
  /** What it is beside what happens at the replica alone: the sequencer answers, or an edit gets its time. */
  readonly type: 'answer' | 'edit' | 'other';
  readonly perform: (scene: Scene) => void;
}

/** A world, and how far each replica is in its script. */
interface Scene {
  readonly world: World;
  readonly made: number[];
}

const MOST_ON_A_LINK = 2;
const DIRECTIONS: readonly Direction[] = ['up', 'down'];

/**
 * Goes through every sequence of up to `depth` moves: replicas edit and put, every message under way arrives, is lost or
 * is repeated, and replicas and the sequencer crash at each point. In every situation on the way the world is let come to
 * rest and checked. A situation that was met before is not explored again, and of two orders of neighbouring moves that
 * lead to the same, one is gone.
 *
 * @throws Violation naming the moves that led to it.
 */
export function exploreAll(script: Script, depth: number, machines: Machines = HONEST_MACHINES): Explored {
  const setup = setupOf(script);
  const seen = new Set<string>();
  let frontier: (readonly Move[])[] = [[]];
  let moves = 0;
  for (let length = 0; length <= depth; length++) {
    const next: (readonly Move[])[] = [];
    for (const path of frontier) {
      moves++;
      const scene = perform(setup, machines, path);
      const key = keyOf(scene, path);
      if (seen.has(key)) continue;
      seen.add(key);
      for (const move of length < depth ? movesOf(scene, script) : []) {
        if (!isOtherOrder(path.at(-1), move)) next.push([...path, move]);
      }
      naming(path, () => {
        settle(scene.world);
        checkRest(scene.world);
      });
    }
    frontier = next;
  }
  return { states: seen.size, moves };
}

/**
 * Whether a move can as well come before the last one, which is the order that is gone: they are moves of two replicas, and
 * neither are both about the sequencer, nor does it tell which of two edits is the later one.
 */
function isOtherOrder(last: Move | undefined, move: Move): boolean {
  if (last === undefined || move.replica >= last.replica) return false;
  return move.type === 'other' || move.type !== last.type;
}

function setupOf(script: Script): Setup {
  const drawn = drawSetup({ seed: 1, replicas: script.length, edits: 0, faults: new Set() });
  return { ...drawn, undoDepth: 0 };
}

/** The scene after the moves; it starts with everyone knowing the first delta of the log. */
function perform(setup: Setup, machines: Machines, path: readonly Move[]): Scene {
  const world = new World(setup, machines);
  for (const { index } of world.replicas) {
    for (const type of ['request', 'deliver-up', 'work', 'deliver-down', 'sync', 'save'] as const) {
      world.execute(stepOf(type, index));
    }
  }
  const scene = { world, made: world.replicas.map(() => 0) };
  naming(path, () => {
    for (const move of path) move.perform(scene);
  });
  return scene;
}

/** What was received too early to be merged is in no text, so such a scene counts as met nowhere else. */
function keyOf({ world, made }: Scene, path: readonly Move[]): string {
  const hasGap = world.replicas.some(({ machine }) => machine.status.hasGap);
  return `${world.toText()}\n${made.join()}${hasGap ? describe(path) : ''}`;
}

function movesOf(scene: Scene, script: Script): Move[] {
  const moves: Move[] = [];
  for (const { index, machine } of scene.world.replicas) {
    const isFree = scene.world.network.count('up', index) < MOST_ON_A_LINK;
    const edit = script[index]?.[scene.made[index] ?? 0];
    if (edit !== undefined) moves.push(editMove(index, edit));
    const { hasOutgoing, isInFlight } = machine.status;
    if (isFree && (hasOutgoing || isInFlight)) moves.push(...putMoves(index));
    moves.push(movesBy(index, `replica ${index} crashes`, [stepOf('crash', index)]));
    for (const direction of DIRECTIONS) moves.push(...messageMoves(scene, direction, index));
  }
  return moves;
}

function editMove(replica: number, edit: ScriptedEdit): Move {
  return {
    name: `replica ${replica} edits`,
    ...{ replica, type: 'edit' },
    perform: ({ world, made }) => {
      const host = world.replica(replica);
      made[replica] = (made[replica] ?? 0) + 1;
      const changes = edit(host.machine);
      if (changes.length > 0) host.user.apply(changes);
      for (const type of ['sync', 'save'] as const) world.execute(stepOf(type, replica));
    },
  };
}

/** A put, and the two that a crash cuts short. */
function putMoves(replica: number): Move[] {
  const prepare = stepOf('prepare', replica);
  const store = stepOf('store', replica);
  const crash = stepOf('crash', replica);
  return [
    movesBy(replica, `replica ${replica} puts`, [prepare, store, stepOf('send', replica)]),
    movesBy(replica, `replica ${replica} crashes before it stores its put`, [prepare, crash]),
    movesBy(replica, `replica ${replica} crashes before it sends its put`, [prepare, store, crash]),
  ];
}

/** What can become of every message on a link. */
function messageMoves({ world }: Scene, direction: Direction, replica: number): Move[] {
  const moves: Move[] = [];
  for (let which = 0; which < world.network.count(direction, replica); which++) {
    const message = `message ${which} ${direction} of replica ${replica}`;
    moves.push(movesBy(replica, `${message} is lost`, [stepOf(`drop-${direction}`, replica, which)]));
    for (const way of ['deliver', 'repeat'] as const) {
      const arrives = stepOf(`${way}-${direction}`, replica, which);
      const name = `${message} arrives${way === 'repeat' ? ' and stays' : ''}`;
      if (direction === 'down') moves.push(movesBy(replica, name, [arrives, stepOf('sync', replica)]));
      else moves.push(...answerMoves(replica, name, arrives));
    }
  }
  return moves;
}

/** An answer of the sequencer, and the ones that a crash cuts short. */
function answerMoves(replica: number, name: string, arrives: Step): Move[] {
  const work = stepOf('work');
  const crash = stepOf('crash-sequencer');
  return [
    movesBy(replica, name, [arrives, work, work], 'answer'),
    movesBy(replica, `${name}, and the sequencer crashes at once`, [arrives, crash], 'answer'),
    movesBy(replica, `${name}, and the sequencer crashes half-way`, [arrives, work, crash], 'answer'),
  ];
}

function movesBy(replica: number, name: string, steps: readonly Step[], type: Move['type'] = 'other'): Move {
  return {
    ...{ name, replica, type },
    perform: ({ world }) => {
      for (const step of steps) world.execute(step);
    },
  };
}

function naming(path: readonly Move[], action: () => void): void {
  try {
    action();
  } catch (error) {
    const law = error instanceof Violation ? error.law : 'nothing throws';
    throw new Violation(law, `${String(error)}; after: ${describe(path)}`, error);
  }
}

function describe(path: readonly Move[]): string {
  return path.map(({ name }) => name).join(', ');
}
