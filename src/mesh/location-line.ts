import { InvariantError } from '../errors/invariant-error.js';
import type { ListOp } from '../operations/change.js';
import type { Atom } from '../values/value.js';
import type { Assigned } from './register.js';

/**
 * Numbers of locations: those of the base from 0, those that operations make from FIRST_NEW_LOCATION. START is the left
 * origin of what was put at the very beginning, and END the right origin of what had nothing behind it.
 */
export const FIRST_NEW_LOCATION: number = 2 ** 30;
export const START = -1;
export const END: number = 2 ** 31 - 1;
/** The place of an item that was just taken out. */
export const NOWHERE = -2;
/** In the place of a run where there is none. */
export const NO_RUN = -1;

/** How many runs a block has room for. An insert adds two at most, so a block is divided while it still has room for two. */
const BLOCK_ROOM = 64;
const BLOCK_FULL = BLOCK_ROOM - 2;

/** The agent of the base. */
const NOBODY = -1;

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
  /** The location where it was inserted, which is a run of its own. */
  readonly home: number;
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

/** A location that is to be put into the line. */
export interface NewLocation {
  readonly location: number;
  /** The number of its author. */
  readonly agent: number;
  readonly isRightMove: boolean;
  readonly group: OperationGroup;
  /** The item that is moved to it, if it is made by a move. */
  readonly item: ItemState | undefined;
}

/** A location: its run, and how many locations of that stand before it. */
export interface Spot {
  readonly run: number;
  readonly offset: number;
}

/**
 * The locations of a list in their line (LINE-3), counted in two versions at once: what the author of the event at hand
 * saw (*prepare*) and what there is (*effect*). The idea is that of eg-walker (Gentle and Kleppmann 2025).
 *
 * Neighbours with consecutive numbers, made by one agent in one go and in the same condition, are one *run*. Runs are
 * numbers, and what is known of them stands in columns. They stand in blocks that know how many of their locations are
 * visible in each version, so that finding an index skips whole blocks, and an edit moves the runs of one block.
 *
 * Each new location knows its run. Where a run is cut, the smaller part gets a new number, so a location is renumbered
 * O(log n) times while a run is cut into pieces. The run of a base location is searched for.
 */
export class LocationLine {
  readonly #baseLength: number;
  readonly #agentName: (agent: number) => string;
  // By run.
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  /** The left origin of the first location; each other one has the one before. */
  readonly #leftOrigins: number[] = [];
  readonly #rightOrigins: number[] = [];
  readonly #agents: number[] = [];
  readonly #areRightMoves: number[] = [];
  /** Whether the author of the event at hand knew the locations. */
  readonly #areKnown: number[] = [];
  /** How many deletes of each of its items hold, in both versions. */
  readonly #prepareDeletes: number[] = [];
  readonly #effectDeletes: number[] = [];
  /** How many of its locations are visible in each version. */
  readonly #inPrepare: number[] = [];
  readonly #inEffect: number[] = [];
  readonly #blocks: number[] = [];
  /** The group of the operations that made it. */
  readonly #groups: OperationGroup[] = [];
  /** The item that is or was here, if it was ever moved or put: such a location is a run of its own. */
  readonly #items: (ItemState | undefined)[] = [];
  #runCount = 0;
  /** Numbers of runs that became a part of another. */
  readonly #free: number[] = [];
  // By block.
  readonly #slots: number[] = emptyBlock();
  readonly #used: number[] = [0];
  /** Its position in the line. */
  readonly #positions: number[] = [0];
  // By position in the line.
  readonly #order: number[] = [0];
  readonly #prepareCounts: number[] = [0];
  readonly #effectCounts: number[] = [0];
  /** How many base locations stand in the blocks before. Base locations stand in the order of their numbers. */
  readonly #baseBefore: number[] = [0];
  /** By new location: its run. */
  readonly #runsOfNew: number[] = [];

  /** @param agentName the name of an agent by its number. */
  constructor(baseLength: number, group: OperationGroup, agentName: (agent: number) => string) {
    this.#baseLength = baseLength;
    this.#agentName = agentName;
    if (baseLength === 0) return;
    const base = { agent: NOBODY, isRightMove: false, group, item: undefined };
    const run = this.#newRun({ ...base, location: 0 }, baseLength, START, END);
    this.#insertSlot(0, 0, run);
    this.#count(run);
  }

  /** The location that is visible in the prepare version with `index` before it, if there is one. */
  findInPrepare(index: number): Spot | undefined {
    const counts = this.#prepareCounts;
    let rest = index;
    for (let at = 0; at < counts.length; at++) {
      const count = counts[at] as number;
      if (rest >= count) {
        rest -= count;
        continue;
      }
      const visible = this.#inPrepare;
      const slots = this.#slots;
      let slot = (this.#order[at] as number) * BLOCK_ROOM;
      let run = slots[slot] as number;
      for (let length = visible[run] as number; rest >= length; length = visible[run] as number) {
        rest -= length;
        run = slots[++slot] as number;
      }
      return { run, offset: rest };
    }
    return undefined;
  }

  /** The run that a location is in. */
  runOf(location: number): number {
    if (location >= FIRST_NEW_LOCATION) return this.#runsOfNew[location - FIRST_NEW_LOCATION] as number;
    const before = this.#baseBefore;
    let low = 1;
    let high = before.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((before[middle] as number) <= location) low = middle + 1;
      else high = middle;
    }
    const block = this.#order[low - 1] as number;
    const end = block * BLOCK_ROOM + (this.#used[block] as number);
    for (let slot = block * BLOCK_ROOM; slot < end; slot++) {
      const run = this.#slots[slot] as number;
      const offset = location - (this.#starts[run] as number);
      if (offset >= 0 && offset < (this.#lengths[run] as number)) return run;
    }
    throw new InvariantError('a base location is in a run');
  }

  /** The first location of a run. */
  startOf(run: number): number {
    return this.#starts[run] as number;
  }

  /** The item that is or was at the only location of a run, if it was ever moved or put. */
  itemOf(run: number): ItemState | undefined {
    return this.#items[run];
  }

  /** How many locations of a run are visible in the effect version. */
  inEffect(run: number): number {
    return this.#inEffect[run] as number;
  }

  /** How many visible locations of the effect version stand before a run. */
  effectIndexOf(run: number): number {
    const block = this.#blocks[run] as number;
    const position = this.#positions[block] as number;
    const counts = this.#effectCounts;
    let index = 0;
    for (let at = 0; at < position; at++) index += counts[at] as number;
    const slots = this.#slots;
    const visible = this.#inEffect;
    for (let slot = block * BLOCK_ROOM; slots[slot] !== run; slot++) index += visible[slots[slot] as number] as number;
    return index;
  }

  /** Whether the item is there in the effect version. */
  isInEffect({ home }: ItemState): boolean {
    const run = this.runOf(home);
    return (this.#groups[run] as OperationGroup).isInEffect && this.#effectDeletes[run] === 0;
  }

  /** Whether a location stands before, at or behind another: negative, 0 or positive. START and END are locations here. */
  compare(left: number, right: number): number {
    if (left === right) return 0;
    if (left === START || right === END) return -1;
    if (right === START || left === END) return 1;
    const [a, b] = [this.runOf(left), this.runOf(right)];
    if (a === b) return left - right;
    const [blockA, blockB] = [this.#blocks[a] as number, this.#blocks[b] as number];
    if (blockA === blockB) return this.#slotOf(a) - this.#slotOf(b);
    return (this.#positions[blockA] as number) - (this.#positions[blockB] as number);
  }

  /**
   * Puts a new location directly behind one that its author knew, or at the very beginning. It is known, and visible in
   * both versions if its group is. Spec: LINE-2 to LINE-4.
   *
   * @returns its run.
   */
  insert(left: Spot | undefined, made: NewLocation): number {
    if (left === undefined) return this.#insertBetween(NO_RUN, made);
    const { run, offset } = left;
    const end = offset + 1;
    if (end === this.#lengths[run]) return this.#insertBetween(run, made);
    const leftOrigin = (this.#starts[run] as number) + offset;
    const rest = this.#cut(run, end);
    return this.#insertBefore(rest, made, leftOrigin, leftOrigin + 1);
  }

  /** Gives an item a state of its own, and its location a run of its own. */
  makeItem({ run, offset }: Spot): ItemState {
    const home = this.#isolate(run, offset, 1);
    const place = this.#starts[home] as number;
    const item: ItemState = {
      home: place,
      moves: [],
      puts: [],
      preparePlace: place,
      effectPlace: place,
      standingPut: undefined,
    };
    this.#items[home] = item;
    return item;
  }

  /** Places an item where it stands in both versions. */
  placeItem(item: ItemState, preparePlace: number, effectPlace: number): void {
    const { preparePlace: preparedBefore, effectPlace: effectBefore } = item;
    item.preparePlace = preparePlace;
    item.effectPlace = effectPlace;
    this.#countAt(preparedBefore);
    this.#countAt(effectBefore);
    this.#countAt(preparePlace);
    this.#countAt(effectPlace);
  }

  /** Counts one delete more of the item at a location, which is that of its insert. */
  delete({ run, offset }: Spot, isInEffect: boolean): void {
    const isAtEnd = offset === 0 || offset === (this.#lengths[run] as number) - 1;
    const deleted = this.#isolate(run, offset, 1);
    this.#prepareDeletes[deleted] = (this.#prepareDeletes[deleted] as number) + 1;
    if (isInEffect) this.#effectDeletes[deleted] = (this.#effectDeletes[deleted] as number) + 1;
    this.#countWithItem(deleted);
    if (isAtEnd) this.#joinAround(deleted);
  }

  /** Takes a stretch of locations into the prepare version, or out of it. */
  setKnown(start: number, count: number, isKnown: boolean): void {
    this.#changeRange(start, count, (run) => {
      this.#areKnown[run] = Number(isKnown);
    });
  }

  /** Counts deletes more, or fewer if negative, of each item of a stretch of locations, in one of the versions. */
  addDeletes(start: number, count: number, version: 'prepare' | 'effect', added: number): void {
    this.#changeRange(start, count, (run) => {
      const counts = version === 'prepare' ? this.#prepareDeletes : this.#effectDeletes;
      counts[run] = (counts[run] as number) + added;
    });
  }

  /** Forgets all deletes in one of the versions. {@link recount} must follow. */
  clearDeletes(version: 'prepare' | 'effect'): void {
    (version === 'prepare' ? this.#prepareDeletes : this.#effectDeletes).fill(0);
  }

  /** Counts everything again, after groups or places of items changed. */
  recount(): void {
    this.visit((run) => this.#count(run));
  }

  /** Visits all runs in the order of the line. */
  visit(see: (run: number) => void): void {
    for (const block of this.#order) {
      const first = block * BLOCK_ROOM;
      const end = first + (this.#used[block] as number);
      for (let slot = first; slot < end; slot++) see(this.#slots[slot] as number);
    }
  }

  /** Puts a location behind the end of a run, or at the very beginning, before all that its author knew. */
  #insertBetween(left: number, made: NewLocation): number {
    const leftOrigin = left === NO_RUN ? START : (this.#starts[left] as number) + (this.#lengths[left] as number) - 1;
    const next = this.#next(left);
    const right = this.#firstKnown(next);
    const rightOrigin = right === NO_RUN ? END : (this.#starts[right] as number);
    const place = right === next ? next : this.#scan(made, leftOrigin, rightOrigin, next, right);
    if (place === next && left !== NO_RUN && this.#goesOn(left, made, rightOrigin)) {
      this.#lengths[left] = (this.#lengths[left] as number) + 1;
      this.#setRunOf(made.location, 1, left);
      this.#count(left);
      return left;
    }
    return this.#insertBefore(place, made, leftOrigin, rightOrigin);
  }

  /**
   * Finds the place of a new location among those that its author did not know, from `first` to before `end`: what it
   * comes directly before. This is the scan of YjsMod and FugueMax with the order of ties of LINE-4, and gives the same
   * order as the tree of LINE-3. Within a run each location is a child of the one before, so only the first matters.
   */
  #scan(made: NewLocation, leftOrigin: number, rightOrigin: number, first: number, end: number): number {
    let place = first;
    let isScanning = false;
    for (let run = first; run !== end && run !== NO_RUN; run = this.#next(run)) {
      if (!isScanning) place = run;
      const byLeft = this.compare(this.#leftOrigins[run] as number, leftOrigin);
      if (byLeft < 0) return place;
      if (byLeft > 0) continue;
      const byRight = this.compare(this.#rightOrigins[run] as number, rightOrigin);
      if (byRight < 0) isScanning = true;
      else if (byRight > 0 || !this.#comesFirst(made, run)) isScanning = false;
      else return place;
    }
    return isScanning ? place : end;
  }

  /** Whether a new location comes before a run with the same origins. Spec: LINE-4. */
  #comesFirst({ agent, isRightMove }: NewLocation, run: number): boolean {
    if (isRightMove !== (this.#areRightMoves[run] === 1)) return isRightMove;
    const [name, other] = [this.#agentName(agent), this.#agentName(this.#agents[run] as number)];
    return isRightMove ? name < other : name > other;
  }

  /** Whether a new location behind the end of a run can be a part of that. */
  #goesOn(run: number, { location, agent, group, item }: NewLocation, rightOrigin: number): boolean {
    return (
      (this.#starts[run] as number) + (this.#lengths[run] as number) === location &&
      this.#rightOrigins[run] === rightOrigin &&
      this.#agents[run] === agent &&
      this.#areRightMoves[run] === 0 &&
      this.#groups[run] === group &&
      this.#areKnown[run] === 1 &&
      this.#prepareDeletes[run] === 0 &&
      this.#effectDeletes[run] === 0 &&
      this.#items[run] === undefined &&
      item === undefined
    );
  }

  /** Puts a new run before another, or at the very end. */
  #insertBefore(next: number, made: NewLocation, leftOrigin: number, rightOrigin: number): number {
    const run = this.#newRun(made, 1, leftOrigin, rightOrigin);
    const block = next === NO_RUN ? (this.#order.at(-1) as number) : (this.#blocks[next] as number);
    const slot = next === NO_RUN ? (this.#used[block] as number) : this.#slotOf(next);
    this.#insertSlot(block, slot, run);
    this.#count(run);
    this.#divide(block);
    return run;
  }

  /** The run behind another one, or the first. */
  #next(run: number): number {
    if (run === NO_RUN) return this.#firstFrom(0);
    const block = this.#blocks[run] as number;
    const slot = this.#slotOf(run) + 1;
    if (slot < (this.#used[block] as number)) return this.#slots[block * BLOCK_ROOM + slot] as number;
    return this.#firstFrom((this.#positions[block] as number) + 1);
  }

  #firstFrom(position: number): number {
    for (let at = position; at < this.#order.length; at++) {
      const block = this.#order[at] as number;
      if ((this.#used[block] as number) > 0) return this.#slots[block * BLOCK_ROOM] as number;
    }
    return NO_RUN;
  }

  /** The first run whose locations are known in the prepare version, from one on. */
  #firstKnown(from: number): number {
    if (from === NO_RUN || this.#areKnown[from] === 1) return from;
    const block = this.#blocks[from] as number;
    let slot = this.#slotOf(from) + 1;
    for (let at = this.#positions[block] as number; at < this.#order.length; at++, slot = 0) {
      const here = this.#order[at] as number;
      for (const end = this.#used[here] as number; slot < end; slot++) {
        const run = this.#slots[here * BLOCK_ROOM + slot] as number;
        if (this.#areKnown[run] === 1) return run;
      }
    }
    return NO_RUN;
  }

  /** Changes the condition of all runs of a stretch of locations, which are cut to fit. */
  #changeRange(start: number, count: number, edit: (run: number) => void): void {
    const end = start + count;
    for (let at = start; at < end; ) {
      const found = this.runOf(at);
      const offset = at - (this.#starts[found] as number);
      const run = this.#isolate(found, offset, Math.min((this.#lengths[found] as number) - offset, end - at));
      at += this.#lengths[run] as number;
      edit(run);
      this.#countWithItem(run);
      this.#joinAround(run);
    }
  }

  /** Gives a stretch of a run a run of its own. */
  #isolate(run: number, offset: number, count: number): number {
    const location = (this.#starts[run] as number) + offset;
    if (offset + count < (this.#lengths[run] as number)) this.#cut(run, offset + count);
    return offset === 0 ? this.runOf(location) : this.#cut(this.runOf(location), offset);
  }

  /** Cuts a run in two. Returns the second. */
  #cut(run: number, offset: number): number {
    const block = this.#blocks[run] as number;
    const start = this.#starts[run] as number;
    const length = this.#lengths[run] as number;
    const added = this.#copyOf(run);
    const slot = this.#slotOf(run);
    const isFirstSmaller = offset < length >> 1;
    const [first, second] = isFirstSmaller ? [added, run] : [run, added];
    this.#insertSlot(block, isFirstSmaller ? slot : slot + 1, added);
    const prepare = this.#inPrepare[run] as number;
    const effect = this.#inEffect[run] as number;
    this.#lengths[first] = offset;
    this.#starts[second] = start + offset;
    this.#lengths[second] = length - offset;
    this.#leftOrigins[second] = start + offset - 1;
    // While groups change, a run may count a part of what it holds: the sum stays, until all is counted again.
    this.#inPrepare[first] = Math.min(prepare, offset);
    this.#inPrepare[second] = Math.max(0, prepare - offset);
    this.#inEffect[first] = Math.min(effect, offset);
    this.#inEffect[second] = Math.max(0, effect - offset);
    this.#setRunOf(this.#starts[added] as number, this.#lengths[added] as number, added);
    this.#divide(block);
    return second;
  }

  #joinAround(run: number): void {
    const block = this.#blocks[run] as number;
    const first = block * BLOCK_ROOM;
    const slot = first + this.#slotOf(run);
    if (slot + 1 < first + (this.#used[block] as number)) this.#join(run, this.#slots[slot + 1] as number);
    if (slot > first) this.#join(this.#slots[slot - 1] as number, this.#slots[slot] as number);
  }

  /** Makes one run of two neighbours in a block, if they are in the same condition and the second goes on from the first. */
  #join(run: number, next: number): void {
    const start = this.#starts[next] as number;
    const isOne =
      (this.#starts[run] as number) + (this.#lengths[run] as number) === start &&
      this.#leftOrigins[next] === start - 1 &&
      this.#rightOrigins[run] === this.#rightOrigins[next] &&
      this.#agents[run] === this.#agents[next] &&
      this.#groups[run] === this.#groups[next] &&
      this.#areKnown[run] === this.#areKnown[next] &&
      this.#prepareDeletes[run] === this.#prepareDeletes[next] &&
      this.#effectDeletes[run] === this.#effectDeletes[next] &&
      this.#items[run] === undefined &&
      this.#items[next] === undefined;
    if (!isOne) return;
    const [length, added] = [this.#lengths[run] as number, this.#lengths[next] as number];
    const [kept, lost] = length < added ? [next, run] : [run, next];
    this.#setRunOf(this.#starts[lost] as number, this.#lengths[lost] as number, kept);
    this.#starts[kept] = this.#starts[run] as number;
    this.#leftOrigins[kept] = this.#leftOrigins[run] as number;
    this.#lengths[kept] = length + added;
    this.#inPrepare[kept] = (this.#inPrepare[run] as number) + (this.#inPrepare[next] as number);
    this.#inEffect[kept] = (this.#inEffect[run] as number) + (this.#inEffect[next] as number);
    this.#removeSlot(lost);
  }

  /** Counts what is visible of a run, and so of its block. */
  #count(run: number): void {
    const position = this.#positions[this.#blocks[run] as number] as number;
    const prepare = this.#prepareCount(run) - (this.#inPrepare[run] as number);
    const effect = this.#effectCount(run) - (this.#inEffect[run] as number);
    this.#prepareCounts[position] = (this.#prepareCounts[position] as number) + prepare;
    this.#effectCounts[position] = (this.#effectCounts[position] as number) + effect;
    this.#inPrepare[run] = (this.#inPrepare[run] as number) + prepare;
    this.#inEffect[run] = (this.#inEffect[run] as number) + effect;
  }

  #countAt(place: number): void {
    if (place !== NOWHERE) this.#count(this.runOf(place));
  }

  /** Counts a run again, or where its item stands if it has one. */
  #countWithItem(run: number): void {
    const item = this.#items[run];
    if (item === undefined) this.#count(run);
    else {
      this.#countAt(item.preparePlace);
      this.#countAt(item.effectPlace);
    }
  }

  #prepareCount(run: number): number {
    const item = this.#items[run];
    const home = item === undefined ? run : this.runOf(item.home);
    const isThere =
      this.#areKnown[home] === 1 &&
      this.#prepareDeletes[home] === 0 &&
      (this.#groups[home] as OperationGroup).isInPrepare &&
      (item === undefined || item.preparePlace === this.#starts[run]);
    return isThere ? (this.#lengths[run] as number) : 0;
  }

  #effectCount(run: number): number {
    const item = this.#items[run];
    const home = item === undefined ? run : this.runOf(item.home);
    const isThere =
      this.#effectDeletes[home] === 0 &&
      (this.#groups[home] as OperationGroup).isInEffect &&
      (item === undefined || item.effectPlace === this.#starts[run]);
    return isThere ? (this.#lengths[run] as number) : 0;
  }

  #newRun(made: NewLocation, length: number, leftOrigin: number, rightOrigin: number): number {
    const run = this.#freeRun();
    this.#starts[run] = made.location;
    this.#lengths[run] = length;
    this.#leftOrigins[run] = leftOrigin;
    this.#rightOrigins[run] = rightOrigin;
    this.#agents[run] = made.agent;
    this.#areRightMoves[run] = Number(made.isRightMove);
    this.#areKnown[run] = 1;
    this.#prepareDeletes[run] = 0;
    this.#effectDeletes[run] = 0;
    this.#inPrepare[run] = 0;
    this.#inEffect[run] = 0;
    this.#blocks[run] = 0;
    this.#groups[run] = made.group;
    this.#items[run] = made.item;
    this.#setRunOf(made.location, length, run);
    return run;
  }

  /** A run like another, with a number of its own. It is in no block yet, and no location is in it. */
  #copyOf(run: number): number {
    const copy = this.#freeRun();
    // A column without holes is read faster, so each gets an entry at once.
    this.#starts[copy] = this.#starts[run] as number;
    this.#lengths[copy] = 0;
    this.#inPrepare[copy] = 0;
    this.#inEffect[copy] = 0;
    this.#blocks[copy] = 0;
    this.#leftOrigins[copy] = this.#leftOrigins[run] as number;
    this.#rightOrigins[copy] = this.#rightOrigins[run] as number;
    this.#agents[copy] = this.#agents[run] as number;
    this.#areRightMoves[copy] = this.#areRightMoves[run] as number;
    this.#areKnown[copy] = this.#areKnown[run] as number;
    this.#prepareDeletes[copy] = this.#prepareDeletes[run] as number;
    this.#effectDeletes[copy] = this.#effectDeletes[run] as number;
    this.#groups[copy] = this.#groups[run] as OperationGroup;
    this.#items[copy] = undefined;
    return copy;
  }

  #freeRun(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    return this.#runCount++;
  }

  #setRunOf(start: number, count: number, run: number): void {
    if (start < FIRST_NEW_LOCATION) return;
    const first = start - FIRST_NEW_LOCATION;
    for (let at = first; at < first + count; at++) this.#runsOfNew[at] = run;
  }

  /** Where a run stands in its block. */
  #slotOf(run: number): number {
    const slots = this.#slots;
    const first = (this.#blocks[run] as number) * BLOCK_ROOM;
    for (let slot = first; slot < first + BLOCK_ROOM; slot++) if (slots[slot] === run) return slot - first;
    throw new InvariantError('a run is in its block');
  }

  #insertSlot(block: number, at: number, run: number): void {
    const slots = this.#slots;
    const used = this.#used[block] as number;
    const first = block * BLOCK_ROOM;
    // For so few runs a loop is faster than `copyWithin`.
    for (let slot = first + used; slot > first + at; slot--) slots[slot] = slots[slot - 1] as number;
    slots[first + at] = run;
    this.#used[block] = used + 1;
    this.#blocks[run] = block;
  }

  #removeSlot(run: number): void {
    const slots = this.#slots;
    const block = this.#blocks[run] as number;
    const used = (this.#used[block] as number) - 1;
    const first = block * BLOCK_ROOM;
    for (let slot = first + this.#slotOf(run); slot < first + used; slot++) slots[slot] = slots[slot + 1] as number;
    this.#used[block] = used;
    this.#free.push(run);
  }

  /** Moves half of the runs of a full block into a new one behind it. */
  #divide(block: number): void {
    const used = this.#used[block] as number;
    if (used <= BLOCK_FULL) return;
    const added = this.#order.length;
    const kept = used >> 1;
    this.#slots.push(...emptyBlock());
    let prepare = 0;
    let effect = 0;
    let base = 0;
    for (let slot = kept; slot < used; slot++) {
      const run = this.#slots[block * BLOCK_ROOM + slot] as number;
      this.#slots[added * BLOCK_ROOM + slot - kept] = run;
      this.#blocks[run] = added;
      prepare += this.#inPrepare[run] as number;
      effect += this.#inEffect[run] as number;
      if ((this.#starts[run] as number) < FIRST_NEW_LOCATION) base += this.#lengths[run] as number;
    }
    this.#used[block] = kept;
    this.#used[added] = used - kept;
    const position = this.#positions[block] as number;
    this.#prepareCounts.splice(position, 1, (this.#prepareCounts[position] as number) - prepare, prepare);
    this.#effectCounts.splice(position, 1, (this.#effectCounts[position] as number) - effect, effect);
    const baseEnd = position + 1 < this.#order.length ? this.#baseBefore[position + 1] : this.#baseLength;
    this.#baseBefore.splice(position + 1, 0, (baseEnd as number) - base);
    this.#order.splice(position + 1, 0, added);
    for (let at = position + 1; at < this.#order.length; at++) this.#positions[this.#order[at] as number] = at;
  }
}

/** The slots of a block without runs. */
function emptyBlock(): number[] {
  return new Array<number>(BLOCK_ROOM).fill(NO_RUN);
}
