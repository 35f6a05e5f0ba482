import type { Delta } from '../deltas/delta.js';
import { DatastoreError } from '../errors/datastore-error.js';
import { invariant } from '../errors/invariant-error.js';
import { quote } from '../errors/quote.js';
import { compareAgents, type EventId, type MeshEvent } from './event.js';

/** How many events of each agent a replica holds or an event saw: by GRAPH-2, its first ones. Spec: PEER-1. */
export type VersionVector = ReadonlyMap<string, number>;

/**
 * What is kept of a set that was trimmed: how many events of each agent were in it, and its heads with their numbers.
 * Spec: WINDOW-3.
 */
export interface TrimmedSet {
  readonly vector: VersionVector;
  readonly heads: readonly TrimmedHead[];
}

/** An event that was trimmed and that no other trimmed event follows. */
export interface TrimmedHead {
  readonly id: EventId;
  readonly number: number;
}

export const NOTHING_TRIMMED: TrimmedSet = { vector: new Map(), heads: [] };

/** An event in a graph. */
export interface EventNode {
  readonly event: MeshEvent;
  /** How many events arrived before, since the trimmed set. */
  readonly index: number;
  /** The number of its agent in this graph; not the same in another replica. */
  readonly agent: number;
  readonly seq: number;
  /** Lamport's, raised by `time`. Spec: GRAPH-5. */
  readonly number: number;
  /**
   * How many events of each agent it saw. An agent's events that follow each other share one array, so the entry of the
   * own agent may lag behind: `seq` says it.
   */
  readonly seen: readonly number[];
  /** What it did to the view when it was integrated, with what that overwrote; unknown after loading. */
  shown: Delta | undefined;
}

/** Whether `node` saw `other`. Spec: GRAPH-2. */
export function saw(node: EventNode, other: EventNode): boolean {
  if (node.agent === other.agent) return node.seq > other.seq;
  return (node.seen[other.agent] ?? 0) >= other.seq;
}

/** How many events of an agent `node` saw, itself included. */
export function seenOf(node: EventNode, agent: number): number {
  return agent === node.agent ? node.seq : (node.seen[agent] ?? 0);
}

/**
 * The events that a replica holds since the set that was trimmed, in the order in which they arrived, which is
 * topological. It knows who saw whom, the linear order, and where it can be cut so that everything later saw everything
 * before (WINDOW-1). The cost of adding an event grows with its parents and with the number of agents.
 */
export class EventGraph {
  readonly trimmed: TrimmedSet;
  readonly #agents: string[] = [];
  readonly #agentNumbers = new Map<string, number>();
  /** By agent, the events since the trimmed set. */
  readonly #byAgent: EventNode[][] = [];
  readonly #trimmedSeqs: number[] = [];
  readonly #nodes: EventNode[] = [];
  #heads: EventNode[] = [];
  /** Ascending: how many events lie before each cut that all later events saw. The first is 0. */
  readonly #cuts: number[] = [0];

  constructor(trimmed: TrimmedSet = NOTHING_TRIMMED) {
    this.trimmed = trimmed;
    for (const [agent, seq] of trimmed.vector) this.#trimmedSeqs[this.agentNumber(agent)] = seq;
  }

  get length(): number {
    return this.#nodes.length;
  }

  /** All events, in order of arrival. */
  get nodes(): readonly EventNode[] {
    return this.#nodes;
  }

  /** The number of an agent in this graph; a new one if there is none. */
  agentNumber(agent: string): number {
    const known = this.#agentNumbers.get(agent);
    if (known !== undefined) return known;
    const number = this.#agents.length;
    this.#agents.push(agent);
    this.#agentNumbers.set(agent, number);
    this.#byAgent.push([]);
    this.#trimmedSeqs.push(0);
    return number;
  }

  /** The name of the agent with a number. */
  agentName(agent: number): string {
    return this.#agents[agent] ?? '';
  }

  /** How many events of an agent are held, trimmed ones included. */
  held(agent: string): number {
    const number = this.#agentNumbers.get(agent);
    if (number === undefined) return 0;
    return (this.#trimmedSeqs[number] ?? 0) + (this.#byAgent[number]?.length ?? 0);
  }

  /** What is held, trimmed events included. */
  vector(): Map<string, number> {
    return this.vectorAt(this.length);
  }

  /** {@link vector} as it was when only the first `count` events were there. */
  vectorAt(count: number): Map<string, number> {
    const vector = new Map<string, number>();
    for (const [number, agent] of this.#agents.entries()) {
      const own = this.#byAgent[number] ?? [];
      const seq = (this.#trimmedSeqs[number] ?? 0) + firstAtLeast(own, count);
      if (seq > 0) vector.set(agent, seq);
    }
    return vector;
  }

  find([agent, seq]: EventId): EventNode | undefined {
    const number = this.#agentNumbers.get(agent);
    if (number === undefined) return undefined;
    return this.#byAgent[number]?.[seq - 1 - (this.#trimmedSeqs[number] ?? 0)];
  }

  /** Whether an event is held, or lies in the trimmed set. */
  has([agent, seq]: EventId): boolean {
    return seq <= this.held(agent);
  }

  /** The ids of the events that no other one saw, in order of their agents. */
  heads(): EventId[] {
    const heads = this.#nodes.length === 0 ? this.trimmed.heads : this.#heads.map(({ event }) => event);
    return heads.map(({ id }) => id).sort(([left], [right]) => compareAgents(left, right));
  }

  /** The heads among the first `count` events, with their numbers. */
  headsAt(count: number): TrimmedHead[] {
    if (count === 0) return [...this.trimmed.heads];
    const heads: EventNode[] = [];
    for (let at = count - 1; at >= 0; at--) {
      const node = this.#nodes[at];
      if (node !== undefined && !heads.some((head) => saw(head, node))) heads.push(node);
    }
    return heads
      .map(({ event, number }) => ({ id: event.id, number }))
      .sort((left, right) => compareAgents(left.id[0], right.id[0]));
  }

  /** The linear order: by number, and by agent among equals. Spec: GRAPH-5. */
  compare(left: EventNode, right: EventNode): number {
    if (left.number !== right.number) return left.number - right.number;
    return compareAgents(this.agentName(left.agent), this.agentName(right.agent));
  }

  /**
   * The node that an event would be if it were added next; nothing is changed. Its parents must be held.
   *
   * @throws DatastoreError `invalid-change` if GRAPH-2 does not hold, or it did not see all that was trimmed.
   * Spec: GRAPH-2, GRAPH-4, WINDOW-3.
   */
  place(event: MeshEvent): EventNode {
    const [agentName, seq] = event.id;
    const agent = this.agentNumber(agentName);
    const own = this.#byAgent[agent]?.at(-1);
    const [onlyId] = event.parents;
    if (
      own !== undefined &&
      event.parents.length === 1 &&
      onlyId?.[0] === agentName &&
      onlyId[1] === seq - 1 &&
      own.seq === seq - 1
    ) {
      // Most events follow the last of their agent, and saw the same besides.
      const number = Math.max(event.time ?? 0, own.number + 1);
      return { event, index: this.length, agent, seq, number, seen: own.seen, shown: undefined };
    }
    const parents: EventNode[] = [];
    let number = event.time ?? 0;
    let ownSeq = 0;
    for (const id of event.parents) {
      const parent = this.find(id);
      if (parent === undefined) continue;
      parents.push(parent);
      if (parent.number >= number) number = parent.number + 1;
      if (parent.agent === agent) ownSeq = parent.seq;
    }
    const seen = this.#seenBy(event, agent, parents);
    if (Math.max(seen[agent] ?? 0, ownSeq) !== seq - 1) {
      throw new DatastoreError('invalid-change', `event ${nameOf(event.id)} did not see the agent's event before it`);
    }
    if (parents.length < event.parents.length) {
      for (const head of this.trimmed.heads) number = Math.max(number, head.number + 1);
    }
    return { event, index: this.length, agent, seq, number: Math.max(number, 1), seen, shown: undefined };
  }

  /** The index of the first event that a node which was just placed did not see; `length` if it saw all. */
  firstUnseen(node: EventNode): number {
    const heads = this.#heads;
    if (node.event.parents.length === heads.length && heads.every((head) => saw(node, head))) return this.length;
    let first = this.length;
    for (let agent = 0; agent < this.#byAgent.length; agent++) {
      if (agent === node.agent) continue;
      const own = this.#byAgent[agent] ?? [];
      const next = own[Math.max(0, (node.seen[agent] ?? 0) - (this.#trimmedSeqs[agent] ?? 0))];
      if (next !== undefined && next.index < first) first = next.index;
    }
    return first;
  }

  /**
   * Adds a placed node.
   *
   * @param firstUnseen what {@link firstUnseen} says of it.
   */
  append(node: EventNode, firstUnseen: number): void {
    const own = this.#byAgent[node.agent];
    invariant(own !== undefined && node.index === this.length, 'a node is added where it was placed');
    if (firstUnseen === this.length) {
      if (this.length > 0) this.#cuts.push(this.length);
      this.#heads = [node];
    } else {
      while ((this.#cuts.at(-1) ?? 0) > firstUnseen) this.#cuts.pop();
      this.#heads = [...this.#heads.filter((head) => !saw(node, head)), node];
    }
    own.push(node);
    this.#nodes.push(node);
  }

  /** The latest cut at or before `index`: all events from there on saw all before it. Spec: WINDOW-1. */
  cutBefore(index: number): number {
    const cuts = this.#cuts;
    let low = 0;
    let high = cuts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cuts[middle] ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    return cuts[low - 1] ?? 0;
  }

  /** All cuts, the latest first. What is held is one too: the next event of this replica will see all of it. */
  *cutsFromLatest(): Generator<number> {
    yield this.length;
    for (let at = this.#cuts.length - 1; at >= 0; at--) yield this.#cuts[at] ?? 0;
  }

  /** The latest event of an agent since the trimmed set. */
  latestOf(agent: string): EventNode | undefined {
    const number = this.#agentNumbers.get(agent);
    return number === undefined ? undefined : this.#byAgent[number]?.at(-1);
  }

  /** The events that are not in a vector, in order of arrival. */
  missingFrom(vector: VersionVector): EventNode[] {
    const missing: EventNode[] = [];
    for (const [number, own] of this.#byAgent.entries()) {
      const known = (vector.get(this.agentName(number)) ?? 0) - (this.#trimmedSeqs[number] ?? 0);
      for (let at = Math.max(0, known); at < own.length; at++) missing.push(own[at] as EventNode);
    }
    return missing.sort((left, right) => left.index - right.index);
  }

  #seenBy(event: MeshEvent, agent: number, parents: readonly EventNode[]): readonly number[] {
    const [only] = parents;
    if (only !== undefined && parents.length === 1 && event.parents.length === 1) {
      if (only.agent === agent) return only.seen;
      const seen = [...only.seen];
      seen[only.agent] = only.seq;
      return dense(seen);
    }
    if (parents.length < event.parents.length || event.parents.length === 0) this.#requireTrimmed(event, parents);
    const seen = [...this.#trimmedSeqs];
    for (const parent of parents) {
      for (const other of parents) {
        if (other !== parent && saw(other, parent)) {
          const reason = `one parent of event ${nameOf(event.id)} saw another: ${nameOf(parent.event.id)}`;
          throw new DatastoreError('invalid-change', reason);
        }
      }
      for (let number = 0; number < parent.seen.length; number++) {
        seen[number] = Math.max(seen[number] ?? 0, parent.seen[number] ?? 0);
      }
      seen[parent.agent] = Math.max(seen[parent.agent] ?? 0, parent.seq);
    }
    return dense(seen);
  }

  /** Parents in the trimmed set must be all of its heads, and then there are no others. */
  #requireTrimmed(event: MeshEvent, parents: readonly EventNode[]): void {
    const { heads } = this.trimmed;
    const isAll =
      parents.length === 0 &&
      event.parents.length === heads.length &&
      heads.every(({ id }) => event.parents.some(([agent, seq]) => agent === id[0] && seq === id[1]));
    if (isAll) return;
    throw new DatastoreError(
      'invalid-change',
      `event ${nameOf(event.id)} did not see all that was trimmed: make its edits again`,
    );
  }
}

/** An event by name, for messages. */
export function nameOf([agent, seq]: EventId): string {
  return `${quote(agent)} ${seq}`;
}

function dense(seen: number[]): readonly number[] {
  for (let at = 0; at < seen.length; at++) seen[at] ??= 0;
  return seen;
}

/** How many nodes of an agent have an index below `index`. */
function firstAtLeast(own: readonly EventNode[], index: number): number {
  let low = 0;
  let high = own.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((own[middle]?.index ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}
