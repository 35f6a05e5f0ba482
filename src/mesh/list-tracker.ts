import { DatastoreError, type Place } from '../errors/datastore-error.js';
import type { ListConflict } from '../lists/decisions.js';
import {
  type ListMove,
  type ListOp,
  type ListPut,
  listDelete,
  listInsert,
  listMove,
  listPut,
} from '../operations/change.js';
import type { RuleName } from '../rules/rule.js';
import { valuesEqual } from '../values/order.js';
import type { Atom } from '../values/value.js';
import { type EventGraph, type EventNode, saw, seenOf } from './event-graph.js';
import { deletedConflict, goneConflict, moveConflict, putConflict } from './item-conflicts.js';
import {
  END,
  FIRST_NEW_LOCATION,
  type ItemState,
  isItemInEffect,
  LocationLine,
  type LocationOrigin,
  type Move,
  NOWHERE,
  type OperationGroup,
  type Put,
  type Run,
  type Spot,
  START,
} from './location-line.js';
import { addInOrder, standingOf } from './register.js';

/** What a retreat takes back of an event: locations that it made, or items that it deleted. */
interface Entry {
  readonly seq: number;
  readonly isDelete: boolean;
  /** The first location. */
  readonly start: number;
  count: number;
  readonly group: OperationGroup;
  /** The item that was moved to the location, if it was made by a move. */
  readonly item: ItemState | undefined;
}

/** The entries of one agent, of which the first `position` are in the prepare version. */
interface AgentEntries {
  readonly agent: number;
  readonly entries: Entry[];
  position: number;
  /** The seq of its latest event on the list. */
  latest: number;
}

/** What the operations of one event on a list have in common. */
export interface ListEdit {
  readonly node: EventNode;
  /** Where the first stands among what the event did. */
  readonly at: number;
  readonly rule: RuleName;
  readonly group: OperationGroup;
  readonly place: Place;
  /** Hears of the items that others edited too. Spec: PEER-8. */
  readonly onConflict: ((conflict: ListConflict) => void) | undefined;
}

/**
 * One list since the base, by locations (LINE-1 to LINE-5) and items (ITEM-1 to ITEM-4): it turns the indexes of an event
 * into those of the list as it is.
 *
 * An event is integrated by bringing the *prepare* version to what its author saw, which takes back and repeats what
 * other events did, run by run, and nothing else; events may come in any topological order, and none is ever replayed.
 * It costs O(log n) for each operation, if an index is found in O(log n), and what lies between the two versions.
 */
export class ListTracker {
  readonly #graph: EventGraph;
  readonly #runs: LocationLine;
  /** By number of location, from the first that is not of the base. Locations of moves have none. */
  readonly #values: (Atom | undefined)[] = [];
  readonly #agents: AgentEntries[] = [];
  readonly #items = new Set<ItemState>();
  #prepared: EventNode | undefined;

  constructor(graph: EventGraph, baseLength: number) {
    this.#graph = graph;
    this.#runs = new LocationLine(baseLength, { isInPrepare: true, isInEffect: true });
  }

  /**
   * Integrates operations of an event on the list as its author saw it.
   *
   * @param shown takes the operations that do the same to the list as it is.
   * @throws DatastoreError `index-out-of-range`; the tracker must not be used after that.
   */
  integrate(edit: ListEdit, ops: readonly ListOp[], shown: ListOp[] | undefined): void {
    this.#prepare(edit.node);
    const own = this.#entriesOf(edit.node.agent);
    let at = edit.at;
    for (const op of ops) {
      switch (op.type) {
        case 'insert':
          this.#insert(edit, own, op.index, op.value, shown);
          break;
        case 'delete':
          this.#delete(edit, own, op.index, shown);
          break;
        case 'put':
          this.#put(edit, at, op, shown);
          break;
        case 'move':
          this.#move(edit, own, at, op, shown);
          break;
      }
      at++;
    }
    own.position = own.entries.length;
    own.latest = edit.node.seq;
  }

  /** Whether events edited the list that the author of an event did not see. */
  hasUnseen(node: EventNode): boolean {
    return this.#agents.some(({ agent, latest }) => latest > seenOf(node, agent));
  }

  /** Updates the prepare version after groups came into it or left it. */
  regroupPrepare(node: EventNode): void {
    this.#prepare(node);
    this.#recount(
      ({ entries, position }) => entries.slice(0, position),
      'prepareDeletes',
      ({ isInPrepare }) => isInPrepare,
    );
    for (const item of this.#items) item.preparePlace = this.#placeInPrepare(item, node);
    this.#runs.recount();
  }

  /** Updates the effect version after groups came into it or left it. */
  regroupEffect(): void {
    this.#recount(
      ({ entries }) => entries,
      'effectDeletes',
      ({ isInEffect }) => isInEffect,
    );
    for (const item of this.#items) {
      item.effectPlace = this.#placeInEffect(item);
      item.standingPut = standingPutOf(item);
    }
    this.#runs.recount();
  }

  /** The items of the list as it is. */
  items(base: () => readonly Atom[]): Atom[] {
    let baseItems: readonly Atom[] | undefined;
    const initial = (location: number): Atom => {
      if (location >= FIRST_NEW_LOCATION) return this.#values[location - FIRST_NEW_LOCATION] as Atom;
      baseItems ??= base();
      return baseItems[location] as Atom;
    };
    const items: Atom[] = [];
    for (const run of this.#runs.runs()) {
      const count = run.inEffect;
      if (run.item === undefined)
        for (let offset = 0; offset < count; offset++) items.push(initial(run.start + offset));
      else if (count > 0) items.push(run.item.standingPut?.value ?? initial(run.item.home.start));
    }
    return items;
  }

  /** Brings the prepare version to what the author of an event saw, and to what the event did so far. */
  #prepare(node: EventNode): void {
    const last = this.#prepared;
    this.#prepared = node;
    // An agent's next event saw the same if the two share what they saw.
    if (last !== undefined && last.agent === node.agent && last.seen === node.seen && last.seq <= node.seq) return;
    const moved = new Set<ItemState>();
    for (const one of this.#agents) {
      const seen = seenOf(node, one.agent);
      const { entries } = one;
      let from = one.position;
      while (from > 0 && (entries[from - 1] as Entry).seq > seen) from--;
      if (from < one.position) this.#toggle(entries, from, one.position, false, moved);
      let to = from;
      if (from === one.position) while (to < entries.length && (entries[to] as Entry).seq <= seen) to++;
      if (to > from) this.#toggle(entries, from, to, true, moved);
      one.position = to;
    }
    for (const item of moved) {
      const place = this.#placeInPrepare(item, node);
      if (place !== item.preparePlace)
        this.#runs.change(item.home, () => {
          item.preparePlace = place;
        });
    }
  }

  /** Takes entries out of the prepare version, or in, and notes the items that may stand elsewhere now. */
  #toggle(entries: readonly Entry[], from: number, to: number, isKnown: boolean, moved: Set<ItemState>): void {
    for (let at = from; at < to; ) {
      const first = entries[at++] as Entry;
      if (first.item !== undefined) moved.add(first.item);
      let { start, count } = first;
      let next = entries[at];
      // What was typed or deleted in one go is one stretch.
      while (at < to && next !== undefined && areAlike(first, next)) {
        if (next.start === start + count) count += next.count;
        else if (next.start + next.count === start) [start, count] = [next.start, count + next.count];
        else break;
        next = entries[++at];
      }
      if (!first.isDelete)
        this.#runs.changeRange(start, count, (run) => {
          run.isKnown = isKnown;
        });
      else if (first.group.isInPrepare) {
        const change = isKnown ? 1 : -1;
        this.#runs.changeRange(start, count, (run) => {
          run.prepareDeletes += change;
        });
      }
    }
  }

  #insert(edit: ListEdit, own: AgentEntries, index: number, value: Atom, shown: ListOp[] | undefined): void {
    const location = this.#newLocation(edit, own, value, undefined);
    const run = this.#makeLocation(edit, index, location, undefined, false);
    if (shown === undefined || !edit.group.isInEffect) return;
    shown.push(listInsert(this.#runs.effectIndexOf(run) + location - run.start, value));
  }

  #delete(edit: ListEdit, own: AgentEntries, index: number, shown: ListOp[] | undefined): void {
    const { run, offset } = this.#find(index, edit.place);
    const home = run.item?.home ?? run;
    const location = run.item === undefined ? run.start + offset : home.start;
    const { isInEffect } = edit.group;
    if (shown !== undefined && isInEffect) {
      const effect = this.#effectIndex(run, offset);
      if (effect !== undefined) shown.push(listDelete(effect));
    }
    if (edit.onConflict !== undefined && run.item !== undefined && isItemInEffect(run.item)) {
      tell(edit, deletedConflict(edit.node, run.item, index));
    }
    this.#runs.changeRange(location, 1, (deleted) => {
      deleted.prepareDeletes++;
      if (isInEffect) deleted.effectDeletes++;
    });
    own.entries.push({
      seq: edit.node.seq,
      isDelete: true,
      start: location,
      count: 1,
      group: edit.group,
      item: undefined,
    });
  }

  #put(edit: ListEdit, at: number, op: ListPut, shown: ListOp[] | undefined): void {
    const item = this.#itemAt(this.#find(op.index, edit.place));
    const { node, rule, group, onConflict } = edit;
    const put: Put = { node, at, rule, group, op, value: op.value };
    addInOrder(this.#graph, item.puts, put);
    const before = item.standingPut;
    item.standingPut = standingPutOf(item);
    if (onConflict !== undefined) {
      tell(edit, isItemInEffect(item) ? putConflict(node, item, put, before) : goneConflict(put, op.index));
    }
    if (shown === undefined || item.standingPut === undefined || item.standingPut === before) return;
    if (before !== undefined && valuesEqual(before.value, item.standingPut.value)) return;
    const effect = this.#effectIndexOfItem(item);
    if (effect !== undefined) shown.push(listPut(effect, item.standingPut.value));
  }

  #move(edit: ListEdit, own: AgentEntries, at: number, op: ListMove, shown: ListOp[] | undefined): void {
    const { from, to } = op;
    const { node, rule, group, onConflict } = edit;
    const spot = this.#find(from, edit.place);
    if (from === to) return;
    const item = this.#itemAt(spot);
    this.#runs.change(item.home, () => {
      item.preparePlace = NOWHERE;
    });
    const location = this.#newLocation(edit, own, undefined, item);
    this.#makeLocation(edit, to, location, item, to > from);
    const effectFrom = this.#effectIndexOfItem(item);
    const before = onConflict === undefined ? undefined : standingMoveOf(item);
    const move: Move = { node, at, rule, group, op, location };
    addInOrder(this.#graph, item.moves, move);
    this.#runs.change(item.home, () => {
      item.preparePlace = location;
      item.effectPlace = this.#placeInEffect(item);
    });
    const effectTo = this.#effectIndexOfItem(item);
    if (onConflict !== undefined) {
      if (effectTo === undefined) tell(edit, goneConflict(move, from));
      else if (effectFrom !== effectTo || this.#isApart(location, item, effectTo)) {
        tell(edit, moveConflict(node, item, move, before, standingMoveOf(item)));
      }
    }
    if (shown === undefined || effectFrom === undefined || effectTo === undefined || effectFrom === effectTo) return;
    shown.push(listMove(effectFrom, effectTo));
  }

  /** Numbers a new location, for an inserted value or an item that is moved. */
  #newLocation(edit: ListEdit, own: AgentEntries, value: Atom | undefined, item: ItemState | undefined): number {
    const location = FIRST_NEW_LOCATION + this.#values.length;
    this.#values.push(value);
    const last = own.entries.at(-1);
    const isOneGo =
      last?.seq === edit.node.seq &&
      last.start + last.count === location &&
      !last.isDelete &&
      last.group === edit.group;
    if (isOneGo && item === undefined && last.item === undefined) last.count++;
    else own.entries.push({ seq: edit.node.seq, isDelete: false, start: location, count: 1, group: edit.group, item });
    return location;
  }

  /** Puts a new location into the line, directly behind the item with the index before it. Spec: LINE-2 to LINE-4. */
  #makeLocation(
    edit: ListEdit,
    index: number,
    location: number,
    item: ItemState | undefined,
    isRightMove: boolean,
  ): Run {
    const runs = this.#runs;
    const agent = this.#graph.agentName(edit.node.agent);
    const left = index === 0 ? undefined : this.#find(index - 1, edit.place, index);
    const leftOrigin = left === undefined ? START : left.run.start + left.offset;
    const isWithin = left !== undefined && left.offset + 1 < left.run.length;
    const next = isWithin ? undefined : runs.next(left?.run);
    const right = runs.firstKnown(next);
    const rightOrigin = isWithin ? leftOrigin + 1 : (right?.start ?? END);
    const made = { leftOrigin, rightOrigin, agent, isRightMove };
    const place = right === next ? next : this.#scan(made, next, right);
    if (left !== undefined && !isWithin && place === next && item === undefined) {
      if (goesOn(left.run, location, made, edit.group)) {
        runs.extend(left.run, 1);
        return left.run;
      }
    }
    const before = isWithin ? runs.splitAt(left.run, left.offset + 1) : place;
    return runs.insertBefore(before, location, 1, made, edit.group, item);
  }

  /**
   * Finds the place of a new location among those that its author did not know, from `first` to before `end`: what it
   * comes directly before. This is the scan of YjsMod and FugueMax with the order of ties of LINE-4, and gives the same
   * order as the tree of LINE-3. Within a run each location is a child of the one before, so only the first matters.
   */
  #scan(made: LocationOrigin, first: Run | undefined, end: Run | undefined): Run | undefined {
    const runs = this.#runs;
    let place = first;
    let isScanning = false;
    for (let run = first; run !== end && run !== undefined; run = runs.next(run)) {
      if (!isScanning) place = run;
      const byLeft = runs.compare(run.leftOrigin, made.leftOrigin);
      if (byLeft < 0) return place;
      if (byLeft > 0) continue;
      const byRight = runs.compare(run.rightOrigin, made.rightOrigin);
      if (byRight < 0) isScanning = true;
      else if (byRight > 0 || !comesFirst(made, run)) isScanning = false;
      else return place;
    }
    return isScanning ? place : end;
  }

  #find(index: number, place: Place, named: number = index): Spot {
    const spot = this.#runs.findInPrepare(index);
    if (spot !== undefined) return spot;
    throw new DatastoreError('index-out-of-range', 'the list that its author saw was shorter', {
      ...place,
      index: named,
    });
  }

  #effectIndex(run: Run, offset: number): number | undefined {
    if (run.item !== undefined) return this.#effectIndexOfItem(run.item);
    return run.inEffect === 0 ? undefined : this.#runs.effectIndexOf(run) + offset;
  }

  #effectIndexOfItem(item: ItemState): number | undefined {
    return isItemInEffect(item) ? this.#runs.effectIndexOf(this.#runs.runOf(item.effectPlace)) : undefined;
  }

  /** Whether an item would have another index at a location than it has. */
  #isApart(location: number, { effectPlace }: ItemState, index: number): boolean {
    const there = this.#runs.effectIndexOf(this.#runs.runOf(location));
    return there - Number(this.#runs.compare(location, effectPlace) > 0) !== index;
  }

  /** Gives the item at a location a state of its own. */
  #itemAt({ run, offset }: Spot): ItemState {
    if (run.item !== undefined) return run.item;
    const home = this.#runs.splitAt(run, offset);
    if (home.length > 1) this.#runs.splitAt(home, 1);
    const item: ItemState = {
      home,
      moves: [],
      puts: [],
      preparePlace: home.start,
      effectPlace: home.start,
      standingPut: undefined,
    };
    home.item = item;
    this.#items.add(item);
    return item;
  }

  #placeInPrepare({ home, moves }: ItemState, node: EventNode): number {
    const seen = moves.filter((move) => {
      const isSeen = move.node === node || (move.node !== undefined && saw(node, move.node));
      return isSeen && move.group.isInPrepare;
    });
    return standingOf(seen)?.location ?? home.start;
  }

  #placeInEffect(item: ItemState): number {
    return standingMoveOf(item)?.location ?? item.home.start;
  }

  /** Counts the deletes of every item again in one of the versions. */
  #recount(
    entriesOf: (agent: AgentEntries) => readonly Entry[],
    count: 'prepareDeletes' | 'effectDeletes',
    holds: (group: OperationGroup) => boolean,
  ): void {
    for (const run of this.#runs.runs()) run[count] = 0;
    for (const agent of this.#agents) {
      for (const { isDelete, start, group } of entriesOf(agent)) {
        if (isDelete && holds(group))
          this.#runs.changeRange(start, 1, (run) => {
            run[count]++;
          });
      }
    }
  }

  #entriesOf(agent: number): AgentEntries {
    let own = this.#agents.find((one) => one.agent === agent);
    if (own === undefined) {
      own = { agent, entries: [], position: 0, latest: 0 };
      this.#agents.push(own);
    }
    return own;
  }
}

function tell({ onConflict }: ListEdit, conflict: ListConflict | undefined): void {
  if (conflict !== undefined) onConflict?.(conflict);
}

function standingMoveOf({ moves }: ItemState): Move | undefined {
  return standingOf(moves.filter(({ group }) => group.isInEffect));
}

function standingPutOf({ puts }: ItemState): Put | undefined {
  return standingOf(
    puts.filter(({ group }) => group.isInEffect),
    ({ value }) => value,
  );
}

/** Whether two entries can be taken in or out together. */
function areAlike(left: Entry, right: Entry): boolean {
  return (
    left.isDelete === right.isDelete &&
    left.group === right.group &&
    left.item === undefined &&
    right.item === undefined
  );
}

/** Whether a new location comes before another with the same origins. Spec: LINE-4. */
function comesFirst(
  made: { readonly agent: string; readonly isRightMove: boolean },
  other: { readonly agent: string; readonly isRightMove: boolean },
): boolean {
  if (made.isRightMove !== other.isRightMove) return made.isRightMove;
  return made.isRightMove ? made.agent < other.agent : made.agent > other.agent;
}

/** Whether a new location behind the end of a run can be a part of that. */
function goesOn(
  run: Run,
  location: number,
  made: { readonly rightOrigin: number; readonly agent: string },
  group: OperationGroup,
): boolean {
  return (
    run.start + run.length === location &&
    run.rightOrigin === made.rightOrigin &&
    run.agent === made.agent &&
    !run.isRightMove &&
    run.group === group &&
    run.isKnown &&
    run.prepareDeletes === 0 &&
    run.effectDeletes === 0 &&
    run.item === undefined
  );
}
