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
  FIRST_NEW_LOCATION,
  type ItemState,
  LocationLine,
  type Move,
  NOWHERE,
  type OperationGroup,
  type Put,
  type Spot,
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
    this.#runs = new LocationLine(baseLength, { isInPrepare: true, isInEffect: true }, (agent) =>
      graph.agentName(agent),
    );
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
      'prepare',
      ({ entries, position }) => entries.slice(0, position),
      ({ isInPrepare }) => isInPrepare,
    );
    for (const item of this.#items) item.preparePlace = this.#placeInPrepare(item, node);
    this.#runs.recount();
  }

  /** Updates the effect version after groups came into it or left it. */
  regroupEffect(): void {
    this.#recount(
      'effect',
      ({ entries }) => entries,
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
    const runs = this.#runs;
    runs.visit((run) => {
      const item = runs.itemOf(run);
      const count = runs.inEffect(run);
      const start = item === undefined ? runs.startOf(run) : item.home;
      for (let offset = 0; offset < count; offset++) items.push(item?.standingPut?.value ?? initial(start + offset));
    });
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
      if (place !== item.preparePlace) this.#runs.placeItem(item, place, item.effectPlace);
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
      if (!first.isDelete) this.#runs.setKnown(start, count, isKnown);
      else if (first.group.isInPrepare) this.#runs.addDeletes(start, count, 'prepare', isKnown ? 1 : -1);
    }
  }

  #insert(edit: ListEdit, own: AgentEntries, index: number, value: Atom, shown: ListOp[] | undefined): void {
    const location = this.#newLocation(edit, own, value, undefined);
    const run = this.#makeLocation(edit, index, location, undefined, false);
    if (shown === undefined || !edit.group.isInEffect) return;
    shown.push(listInsert(this.#runs.effectIndexOf(run) + location - this.#runs.startOf(run), value));
  }

  #delete(edit: ListEdit, own: AgentEntries, index: number, shown: ListOp[] | undefined): void {
    const spot = this.#find(index, edit.place);
    const runs = this.#runs;
    const item = runs.itemOf(spot.run);
    const location = item === undefined ? runs.startOf(spot.run) + spot.offset : item.home;
    const { isInEffect } = edit.group;
    if (shown !== undefined && isInEffect) {
      const effect = this.#effectIndex(spot, item);
      if (effect !== undefined) shown.push(listDelete(effect));
    }
    if (edit.onConflict !== undefined && item !== undefined && runs.isInEffect(item)) {
      tell(edit, deletedConflict(edit.node, item, index));
    }
    runs.delete(item === undefined ? spot : { run: runs.runOf(location), offset: 0 }, isInEffect);
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
      tell(edit, this.#runs.isInEffect(item) ? putConflict(node, item, put, before) : goneConflict(put, op.index));
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
    this.#runs.placeItem(item, NOWHERE, item.effectPlace);
    const location = this.#newLocation(edit, own, undefined, item);
    this.#makeLocation(edit, to, location, item, to > from);
    const effectFrom = this.#effectIndexOfItem(item);
    const before = onConflict === undefined ? undefined : standingMoveOf(item);
    const move: Move = { node, at, rule, group, op, location };
    addInOrder(this.#graph, item.moves, move);
    this.#runs.placeItem(item, location, this.#placeInEffect(item));
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

  /** Puts a new location into the line, directly behind the item with the index before it. Returns its run. */
  #makeLocation(
    edit: ListEdit,
    index: number,
    location: number,
    item: ItemState | undefined,
    isRightMove: boolean,
  ): number {
    const left = index === 0 ? undefined : this.#find(index - 1, edit.place, index);
    return this.#runs.insert(left, { location, agent: edit.node.agent, isRightMove, group: edit.group, item });
  }

  #find(index: number, place: Place, named: number = index): Spot {
    const spot = this.#runs.findInPrepare(index);
    if (spot !== undefined) return spot;
    throw new DatastoreError('index-out-of-range', 'the list that the author of the event saw has no such index', {
      ...place,
      index: named,
    });
  }

  #effectIndex({ run, offset }: Spot, item: ItemState | undefined): number | undefined {
    if (item !== undefined) return this.#effectIndexOfItem(item);
    return this.#runs.inEffect(run) === 0 ? undefined : this.#runs.effectIndexOf(run) + offset;
  }

  #effectIndexOfItem(item: ItemState): number | undefined {
    const runs = this.#runs;
    return runs.isInEffect(item) ? runs.effectIndexOf(runs.runOf(item.effectPlace)) : undefined;
  }

  /** Whether an item would have another index at a location than it has. */
  #isApart(location: number, { effectPlace }: ItemState, index: number): boolean {
    const there = this.#runs.effectIndexOf(this.#runs.runOf(location));
    return there - Number(this.#runs.compare(location, effectPlace) > 0) !== index;
  }

  /** The state of the item at a location. */
  #itemAt(spot: Spot): ItemState {
    const known = this.#runs.itemOf(spot.run);
    if (known !== undefined) return known;
    const item = this.#runs.makeItem(spot);
    this.#items.add(item);
    return item;
  }

  #placeInPrepare({ home, moves }: ItemState, node: EventNode): number {
    const seen = moves.filter((move) => {
      const isSeen = move.node === node || (move.node !== undefined && saw(node, move.node));
      return isSeen && move.group.isInPrepare;
    });
    return standingOf(seen)?.location ?? home;
  }

  #placeInEffect(item: ItemState): number {
    return standingMoveOf(item)?.location ?? item.home;
  }

  /** Counts the deletes of every item again in one of the versions. */
  #recount(
    version: 'prepare' | 'effect',
    entriesOf: (agent: AgentEntries) => readonly Entry[],
    holds: (group: OperationGroup) => boolean,
  ): void {
    this.#runs.clearDeletes(version);
    for (const agent of this.#agents) {
      for (const { isDelete, start, group } of entriesOf(agent)) {
        if (isDelete && holds(group)) this.#runs.addDeletes(start, 1, version, 1);
      }
    }
  }

  #entriesOf(agent: number): AgentEntries {
    for (const one of this.#agents) if (one.agent === agent) return one;
    const own = { agent, entries: [], position: 0, latest: 0 };
    this.#agents.push(own);
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
