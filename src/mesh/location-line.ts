import { InvariantError } from '../errors/invariant-error.js';
import type { ListOp } from '../operations/change.js';
import type { Atom } from '../values/value.js';
import type { Assigned } from './register.js';

/**
 * The locations of a list in their line (LINE-3), counted in two versions at once: what the author of the event at hand
 * saw (*prepare*) and what there is (*effect*). The idea is that of eg-walker (Gentle and Kleppmann 2025).
 *
 * Neighbours with consecutive numbers, made by one agent in one go and in the same condition, are one *run*. Runs stand in
 * blocks that know how many of their locations are visible in each version, so finding an index skips whole blocks, and
 * an edit moves the runs of one block. Base locations are numbered from 0, those that operations make from
 * FIRST_NEW_LOCATION.
 */

export const FIRST_NEW_LOCATION: number = 2 ** 30;
/** The left origin of what was put at the very beginning, and the right origin of what had nothing behind it. */
export const START = -1;
export const END: number = 2 ** 31 - 1;
/** The place of an item that was just taken out. */
export const NOWHERE = -2;

const RUNS_IN_BLOCK_MAX = 64;
const RUNS_IN_CHUNK_MAX = 256;

/**
 * Operations on one list that hold together, in each of the two versions. Those on a list that was put hold whenever
 * that list is looked at; those on a created list hold as long as one of their creates counts (FIELD-5).
 */
export interface OperationGroup {
  isInPrepare: boolean;
  isInEffect: boolean;
}

/** An item that was ever moved or put. */
export interface ItemState {
  /** The run of the location where it was inserted, which is that location alone. */
  readonly home: Run;
  readonly moves: Move[];
  readonly puts: Put[];
  /** The location where it stands in either version, if it is there at all. */
  preparePlace: number;
  effectPlace: number;
  /** The put that stands in the effect version. */
  standingPut: Put | undefined;
}

/** An operation on an item, as its author made it. */
export interface ItemEdit extends Assigned {
  readonly op: ListOp;
  readonly group: OperationGroup;
}

export interface Move extends ItemEdit {
  readonly location: number;
}

export interface Put extends ItemEdit {
  readonly value: Atom;
}

/** Where a new location goes, and who made it. Spec: LINE-2. */
export interface LocationOrigin {
  readonly leftOrigin: number;
  readonly rightOrigin: number;
  /** Empty for the base. */
  readonly agent: string;
  readonly isRightMove: boolean;
}

/** Neighbouring locations in the same condition. A class, so that all have one shape and are read fast. */
export class Run implements LocationOrigin {
  /** The number of its first location. */
  readonly start: number;
  length: number;
  /** The left origin of its first location; each other one has the one before. */
  readonly leftOrigin: number;
  readonly rightOrigin: number;
  readonly agent: string;
  readonly isRightMove: boolean;
  /** The group of the operations that made it. */
  readonly group: OperationGroup;
  /** Whether the author of the event at hand knew the locations. */
  isKnown = true;
  /** How many deletes of each of its items hold, in both versions. */
  prepareDeletes = 0;
  effectDeletes = 0;
  /** The item that is or was here, if it was ever moved or put: such a location is a run of its own. */
  item: ItemState | undefined;
  /** How many of its locations are visible in each version. */
  inPrepare = 0;
  inEffect = 0;
  block: Block;

  constructor(
    start: number,
    length: number,
    origin: LocationOrigin,
    leftOrigin: number,
    group: OperationGroup,
    item: ItemState | undefined,
    block: Block,
  ) {
    this.start = start;
    this.length = length;
    this.leftOrigin = leftOrigin;
    this.rightOrigin = origin.rightOrigin;
    this.agent = origin.agent;
    this.isRightMove = origin.isRightMove;
    this.group = group;
    this.item = item;
    this.block = block;
  }
}

interface Block {
  readonly runs: Run[];
  /** Its position among the blocks. */
  at: number;
}

/** A location: its run, and how many locations of that stand before it. */
export interface Spot {
  readonly run: Run;
  readonly offset: number;
}

function prepareCount(run: Run): number {
  const { item } = run;
  if (item === undefined) return run.isKnown && run.group.isInPrepare && run.prepareDeletes === 0 ? run.length : 0;
  return item.preparePlace === run.start && isItemInPrepare(item) ? 1 : 0;
}

function effectCount(run: Run): number {
  const { item } = run;
  if (item === undefined) return run.group.isInEffect && run.effectDeletes === 0 ? run.length : 0;
  return item.effectPlace === run.start && isItemInEffect(item) ? 1 : 0;
}

function isItemInPrepare({ home }: ItemState): boolean {
  return home.isKnown && home.group.isInPrepare && home.prepareDeletes === 0;
}

export function isItemInEffect({ home }: ItemState): boolean {
  return home.group.isInEffect && home.effectDeletes === 0;
}

export class LocationLine {
  readonly #blocks: Block[] = [{ runs: [], at: 0 }];
  /** By block, how many of its locations are visible: a search reads these, and not blocks that lie about in memory. */
  readonly #prepareCounts: number[] = [0];
  readonly #effectCounts: number[] = [0];
  readonly #index = new RunIndex();

  constructor(baseLength: number, group: OperationGroup) {
    if (baseLength === 0) return;
    const base = { leftOrigin: START, rightOrigin: END, agent: '', isRightMove: false };
    this.insertBefore(undefined, 0, baseLength, base, group, undefined);
  }

  /** The location that is visible in the prepare version with `index` before it, if there is one. */
  findInPrepare(index: number): Spot | undefined {
    let rest = index;
    const counts = this.#prepareCounts;
    for (let at = 0; at < counts.length; at++) {
      const count = counts[at] ?? 0;
      if (rest >= count) {
        rest -= count;
        continue;
      }
      const { runs } = this.#blocks[at] as Block;
      for (const run of runs) {
        if (rest < run.inPrepare) return { run, offset: rest };
        rest -= run.inPrepare;
      }
    }
    return undefined;
  }

  /** The run that a location is in. */
  runOf(location: number): Run {
    return this.#index.find(location);
  }

  /** How many visible locations of the effect version stand before a run. */
  effectIndexOf(run: Run): number {
    let index = 0;
    for (let at = 0; at < run.block.at; at++) index += this.#effectCounts[at] ?? 0;
    for (const other of run.block.runs) {
      if (other === run) return index;
      index += other.inEffect;
    }
    throw new InvariantError('a run is in its block');
  }

  /** The run behind another one, or the first, if there is one. */
  next(run: Run | undefined): Run | undefined {
    if (run === undefined) return this.#firstFrom(0);
    const { runs, at } = run.block;
    return runs[runs.indexOf(run) + 1] ?? this.#firstFrom(at + 1);
  }

  /** The first run whose locations are known in the prepare version, from one on. */
  firstKnown(from: Run | undefined): Run | undefined {
    if (from === undefined || from.isKnown) return from;
    let block: Block | undefined = from.block;
    for (let at = block.runs.indexOf(from) + 1; block !== undefined; at = 0) {
      for (; at < block.runs.length; at++) {
        const run = block.runs[at] as Run;
        if (run.isKnown) return run;
      }
      block = this.#blocks[block.at + 1];
    }
    return undefined;
  }

  /** Whether a location stands before, at or behind another: negative, 0 or positive. START and END are locations here. */
  compare(left: number, right: number): number {
    if (left === right) return 0;
    if (left === START || right === END) return -1;
    if (right === START || left === END) return 1;
    const [a, b] = [this.runOf(left), this.runOf(right)];
    if (a === b) return left - right;
    if (a.block !== b.block) return a.block.at - b.block.at;
    return a.block.runs.indexOf(a) - b.block.runs.indexOf(b);
  }

  /** Cuts a run in two, so that a location begins one. Returns that. */
  splitAt(run: Run, offset: number): Run {
    if (offset === 0) return run;
    const rest = new Run(
      run.start + offset,
      run.length - offset,
      run,
      run.start + offset - 1,
      run.group,
      undefined,
      run.block,
    );
    rest.isKnown = run.isKnown;
    rest.prepareDeletes = run.prepareDeletes;
    rest.effectDeletes = run.effectDeletes;
    rest.inPrepare = Math.max(0, run.inPrepare - offset);
    rest.inEffect = Math.max(0, run.inEffect - offset);
    run.length = offset;
    run.inPrepare -= rest.inPrepare;
    run.inEffect -= rest.inEffect;
    run.block.runs.splice(run.block.runs.indexOf(run) + 1, 0, rest);
    this.#index.add(rest);
    this.#divide(run.block);
    return rest;
  }

  /** Puts a new run before another, or at the very end. Its locations are known, and visible in both versions. */
  insertBefore(
    next: Run | undefined,
    start: number,
    length: number,
    origin: LocationOrigin,
    group: OperationGroup,
    item: ItemState | undefined,
  ): Run {
    const block = next?.block ?? (this.#blocks.at(-1) as Block);
    const run = new Run(start, length, origin, origin.leftOrigin, group, item, block);
    if (next === undefined) block.runs.push(run);
    else block.runs.splice(block.runs.indexOf(next), 0, run);
    this.#count(run);
    this.#index.add(run);
    this.#divide(block);
    return run;
  }

  /** Makes a run longer at its end by locations that are in the same condition. */
  extend(run: Run, count: number): void {
    run.length += count;
    this.#count(run);
  }

  /** Changes the condition of a run, and of its item if it has one; the counts follow. */
  change(run: Run, edit: (run: Run) => void): void {
    const { item } = run;
    if (item === undefined) {
      edit(run);
      this.#count(run);
      return;
    }
    const { preparePlace, effectPlace } = item;
    edit(run);
    for (const place of [preparePlace, effectPlace, item.preparePlace, item.effectPlace]) {
      if (place !== NOWHERE) this.#count(this.runOf(place));
    }
  }

  /** Changes the condition of all runs of a stretch of locations, which are cut to fit. */
  changeRange(start: number, count: number, edit: (run: Run) => void): void {
    const end = start + count;
    for (let at = start; at < end; ) {
      const found = this.runOf(at);
      const run = this.splitAt(found, at - found.start);
      if (run.start + run.length > end) this.splitAt(run, end - run.start);
      this.change(run, edit);
      at = run.start + run.length;
      this.#joinAround(run);
    }
  }

  /** All runs in the order of the line. */
  *runs(): Generator<Run> {
    for (const { runs } of this.#blocks) yield* runs;
  }

  /** Counts everything again, after groups changed. */
  recount(): void {
    for (const { runs } of this.#blocks) for (const run of runs) this.#count(run);
  }

  /** Counts what is visible of a run, and so of its block. */
  #count(run: Run): void {
    const { at } = run.block;
    const [prepare, effect] = [prepareCount(run), effectCount(run)];
    this.#prepareCounts[at] = (this.#prepareCounts[at] ?? 0) + prepare - run.inPrepare;
    this.#effectCounts[at] = (this.#effectCounts[at] ?? 0) + effect - run.inEffect;
    run.inPrepare = prepare;
    run.inEffect = effect;
  }

  #firstFrom(start: number): Run | undefined {
    for (let at = start; at < this.#blocks.length; at++) {
      const first = this.#blocks[at]?.runs[0];
      if (first !== undefined) return first;
    }
    return undefined;
  }

  #joinAround(run: Run): void {
    const { runs } = run.block;
    const at = runs.indexOf(run);
    const [previous, next] = [runs[at - 1], runs[at + 1]];
    if (next !== undefined) this.#join(run, next);
    if (previous !== undefined) this.#join(previous, run);
  }

  /** Makes one run of two neighbours in a block, if they are in the same condition and the second goes on from the first. */
  #join(run: Run, next: Run): void {
    const isOne =
      run.start + run.length === next.start &&
      next.leftOrigin === next.start - 1 &&
      run.rightOrigin === next.rightOrigin &&
      run.agent === next.agent &&
      run.group === next.group &&
      run.isKnown === next.isKnown &&
      run.prepareDeletes === next.prepareDeletes &&
      run.effectDeletes === next.effectDeletes &&
      run.item === undefined &&
      next.item === undefined;
    if (!isOne) return;
    run.length += next.length;
    run.inPrepare += next.inPrepare;
    run.inEffect += next.inEffect;
    run.block.runs.splice(run.block.runs.indexOf(next), 1);
    this.#index.remove(next);
  }

  /** Splits a block that has outgrown its size. */
  #divide(block: Block): void {
    if (block.runs.length <= RUNS_IN_BLOCK_MAX) return;
    const half: Block = { runs: block.runs.splice(RUNS_IN_BLOCK_MAX / 2), at: 0 };
    let prepare = 0;
    let effect = 0;
    for (const run of half.runs) {
      run.block = half;
      prepare += run.inPrepare;
      effect += run.inEffect;
    }
    const { at } = block;
    this.#prepareCounts.splice(at, 1, (this.#prepareCounts[at] ?? 0) - prepare, prepare);
    this.#effectCounts.splice(at, 1, (this.#effectCounts[at] ?? 0) - effect, effect);
    this.#blocks.splice(at + 1, 0, half);
    for (let after = at + 1; after < this.#blocks.length; after++) (this.#blocks[after] as Block).at = after;
  }
}

/** Finds the run of a location: all runs by the number of their first location, in chunks. */
class RunIndex {
  readonly #chunks: Run[][] = [[]];

  find(location: number): Run {
    const chunk = this.#chunks[this.#chunkOf(location)] ?? [];
    const run = chunk[positionIn(chunk, location)];
    if (run === undefined || location >= run.start + run.length) throw new InvariantError('a location is in a run');
    return run;
  }

  add(run: Run): void {
    const at = this.#chunkOf(run.start);
    const chunk = this.#chunks[at] ?? [];
    const last = chunk.at(-1);
    if (last === undefined || last.start < run.start) chunk.push(run);
    else chunk.splice(positionIn(chunk, run.start) + 1, 0, run);
    if (chunk.length > RUNS_IN_CHUNK_MAX) this.#chunks.splice(at + 1, 0, chunk.splice(RUNS_IN_CHUNK_MAX / 2));
  }

  remove(run: Run): void {
    const at = this.#chunkOf(run.start);
    const chunk = this.#chunks[at] ?? [];
    chunk.splice(positionIn(chunk, run.start), 1);
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
  }

  /** The last chunk that begins at or before a location. */
  #chunkOf(location: number): number {
    let low = 1;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#chunks[middle]?.[0]?.start ?? 0) <= location) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The last run of a chunk that begins at or before a location; -1 if none does. */
function positionIn(chunk: readonly Run[], location: number): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunk[middle]?.start ?? 0) <= location) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
