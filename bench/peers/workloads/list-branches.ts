import type { ListOp } from '../../../src/index.js';
import { randomFrom } from '../../support/random.js';
import type { Engine, ListEngine } from '../engine.js';
import { type Effort, expectTrue, firstTimesOf, repeat, sizesOf, type Times, timed, timesOf } from '../sample.js';
import type { Measurement, Workload } from '../workload.js';

const LENGTH = 10_000;
const COUNTS = [100, 1000, 10_000];
const MOVES = 0.2;

const WORK = 'merge and read';

const CHECKED =
  'Both documents must be equal and hold as many items as the edits of both sides leave. Half of the edits insert and half delete, at random places; puts are left out because not every list has them.';

export const lists: Workload = {
  name: 'lists',
  title: `Two branches of a list of ${LENGTH.toLocaleString('en')} items`,
  explanation: `Each branch makes N edits separately; then each receives the other's, and both lists are read. “One side” is what the first of them does of that, for Deltaic alone: with a log it merges for both. ${CHECKED}`,
  main: `${WORK} ms`,
  parts: () => COUNTS.length,
  run: (engine, part, effort) => run(engine.lists, 0, part, effort),
};

export const moves: Workload = {
  name: 'moves',
  title: `The same with ${100 * MOVES}% moves`,
  explanation: `As above, in the engine's movable list. If one side moves what the other deletes, engines differ about what is left, so the length is only bounded.`,
  main: `${WORK} ms`,
  parts: () => COUNTS.length,
  run: (engine: Engine, part, effort) => run(engine.moves, MOVES, part, effort),
};

function run(engine: ListEngine<unknown> | undefined, moves: number, part: number, effort: Effort): Measurement[] {
  if (engine === undefined) return [];
  const length = effort.scale(LENGTH);
  const items = Array.from({ length }, (_, number) => `item ${number}`);
  const base = engine.create(items);
  return COUNTS.slice(part, part + 1).map((count) => {
    const [local, remote] = [1, 2].map((seed) => randomEdits(length, effort.scale(count), moves, seed)) as [
      ListOp[],
      ListOp[],
    ];
    const lengths = mergedLengths(length, local, remote);
    let bytes = 0;
    let merged: unknown;
    const { first, usual } = repeat(() => {
      const [mine, theirs] = [engine.fork(base), engine.fork(base)];
      const [branches, edit] = timed(() => [engine.edit(mine, local), engine.edit(theirs, remote)] as const);
      const [, merge] = timed(() => {
        bytes = engine.merge(...branches);
      });
      merged = mine;
      const [[left, right], read] = timed(() => [engine.read(mine), engine.read(theirs)] as const);
      expectTrue(left.length === right.length && left.every((item, at) => item === right[at]), 'both lists are alike');
      expectTrue(left.length >= lengths.least && left.length <= lengths.most, `${left.length} items are left`);
      return { ...timesOf('edit', edit), ...timesOf(WORK, merge, read) };
    }, effort);
    return {
      case: `${count.toLocaleString('en')} edits`,
      idiom: engine.idiom,
      figures: {
        ...usual,
        ...firstTimesOf(WORK, first),
        ...oneSide(engine, base, [local, remote], effort),
        ...(bytes > 0 && { 'sent kB': bytes / 1000 }),
        ...(engine.state !== undefined && sizesOf('state', engine.state(merged))),
      },
    };
  });
}

/** One side's part of the same, where it can be told: with a log one side merges for both, without one each for itself. */
function oneSide<Doc>(
  { mergeOneSide, fork, edit, read }: ListEngine<Doc>,
  base: Doc,
  [local, remote]: readonly [ListOp[], ListOp[]],
  effort: Effort,
): Times {
  if (mergeOneSide === undefined) return {};
  const { usual } = repeat(() => {
    const [mine, theirs] = [edit(fork(base), local), edit(fork(base), remote)];
    const [, merge] = timed(() => mergeOneSide(mine, theirs));
    return timesOf('one side', merge, timed(() => read(mine.doc))[1]);
  }, effort);
  return usual;
}

function randomEdits(lengthBefore: number, count: number, moves: number, seed: number): ListOp[] {
  const random = randomFrom(seed);
  let length = lengthBefore;
  const below = (bound: number): number => Math.floor(random() * bound);
  return Array.from({ length: count }, (_, number): ListOp => {
    if (random() < moves) return { type: 'move', from: below(length), to: below(length) };
    if (random() < 0.5) return { type: 'insert', index: below(++length), value: `new ${seed} ${number}` };
    return { type: 'delete', index: below(length--) };
  });
}

/** How many items are left: fewest if a delete beats a move, most if a move beats a delete. */
function mergedLengths(
  length: number,
  local: readonly ListOp[],
  remote: readonly ListOp[],
): { least: number; most: number } {
  const [mine, theirs] = [outcome(length, local), outcome(length, remote)];
  const deleted = new Set([...mine.deleted, ...theirs.deleted]);
  const rescued = [...deleted].filter(
    (item) =>
      (mine.moved.has(item) && !mine.deleted.has(item)) || (theirs.moved.has(item) && !theirs.deleted.has(item)),
  );
  const least = length - deleted.size + mine.added + theirs.added;
  return { least, most: least + rescued.length };
}

/** Tracks the items of the base by number; new ones are -1. */
function outcome(length: number, ops: readonly ListOp[]): { deleted: Set<number>; moved: Set<number>; added: number } {
  const items = Array.from({ length }, (_, number) => number);
  const [deleted, moved] = [new Set<number>(), new Set<number>()];
  for (const op of ops) {
    if (op.type === 'insert') items.splice(op.index, 0, -1);
    else if (op.type === 'delete') deleted.add(items.splice(op.index, 1)[0] ?? -1);
    else if (op.type === 'move') {
      const [item = -1] = items.splice(op.from, 1);
      items.splice(op.to, 0, item);
      moved.add(item);
    }
  }
  deleted.delete(-1);
  moved.delete(-1);
  return { deleted, moved, added: items.filter((item) => item === -1).length };
}
