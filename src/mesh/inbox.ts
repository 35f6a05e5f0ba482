import { DatastoreError, ServiceError } from '../errors/datastore-error.js';
import { type EventId, formatEvent, type MeshEvent } from './event.js';
import { type EventGraph, nameOf } from './event-graph.js';

/** An event that is refused, by everybody and for ever, and why. Spec: GRAPH-4. */
export interface RefusedEvent {
  readonly event: MeshEvent;
  readonly error: DatastoreError;
}

/**
 * Events that arrived and are not integrated: each waits for its parents. Spec: GRAPH-4.
 */
export class Inbox {
  /** In order of arrival. */
  #arrived: MeshEvent[] = [];
  /** The first `#namedCount` of them by agent and seq: nobody looks for the others by name yet. */
  readonly #byAgent = new Map<string, Map<number, MeshEvent>>();
  #namedCount = 0;
  /** By agent, the first of its events that was refused; all later ones are refused with it. */
  readonly #refused = new Map<string, number>();
  #hasNew = false;

  /** Whether anything arrived since {@link drain}. */
  get hasNew(): boolean {
    return this.#hasNew;
  }

  /** What waits. */
  get events(): readonly MeshEvent[] {
    return this.#arrived;
  }

  /**
   * Takes an event; it may come any number of times.
   *
   * @throws ServiceError `log-mismatch` if another event with its id is held or waits. Spec: PEER-2.
   */
  add(event: MeshEvent, graph: EventGraph): void {
    if (this.#isRefused(event.id)) return;
    const isHeld = graph.has(event.id);
    const known = isHeld ? graph.find(event.id)?.event : this.#find(event.id);
    if (known !== undefined && known !== event && !areSame(known, event)) {
      throw new ServiceError(
        'log-mismatch',
        `two different events are named ${nameOf(event.id)}: give each copy of a replica its own name`,
      );
    }
    if (known !== undefined || isHeld) return;
    this.#arrived.push(event);
    this.#hasNew = true;
  }

  /**
   * Integrates every event whose parents are held, and then those that waited for it.
   *
   * @param integrate throws a DatastoreError where an event is to be refused.
   * @returns what was refused now.
   */
  drain(graph: EventGraph, integrate: (event: MeshEvent) => void): RefusedEvent[] {
    this.#hasNew = false;
    const arrived = this.#arrived;
    const refused: RefusedEvent[] = [];
    // By the first parent that is missing. Most events have all of theirs.
    const waiting = new Map<string, MeshEvent[]>();
    for (const next of arrived) {
      if (this.#waitsFor(next, graph, waiting)) continue;
      this.#take(next, graph, integrate, refused);
      if (waiting.size > 0)
        this.#takeFollowers(next, graph, waiting, (event) => this.#take(event, graph, integrate, refused));
    }
    this.#byAgent.clear();
    this.#namedCount = 0;
    this.#arrived = waiting.size === 0 ? [] : arrived.filter(({ id }) => !graph.has(id) && !this.#isRefused(id));
    return refused;
  }

  /** Whether an event has to wait; then it is noted by what it waits for. */
  #waitsFor(event: MeshEvent, graph: EventGraph, waiting: Map<string, MeshEvent[]>): boolean {
    for (const id of event.parents) {
      if (graph.has(id) || this.#isRefused(id)) continue;
      const others = waiting.get(keyOf(id));
      if (others === undefined) waiting.set(keyOf(id), [event]);
      else others.push(event);
      return true;
    }
    return false;
  }

  /** Takes what waited for an event, what waited for that, and so on. */
  #takeFollowers(
    first: MeshEvent,
    graph: EventGraph,
    waiting: Map<string, MeshEvent[]>,
    take: (event: MeshEvent) => void,
  ): void {
    const taken = [first];
    for (let event = taken.pop(); event !== undefined; event = taken.pop()) {
      const followers = waiting.get(keyOf(event.id)) ?? [];
      waiting.delete(keyOf(event.id));
      for (const follower of followers) {
        if (this.#waitsFor(follower, graph, waiting)) continue;
        take(follower);
        taken.push(follower);
      }
    }
  }

  #take(event: MeshEvent, graph: EventGraph, integrate: (event: MeshEvent) => void, refused: RefusedEvent[]): void {
    const { id } = event;
    if (graph.has(id)) return;
    const error = this.#tryIntegrate(event, integrate);
    if (error === undefined) return;
    refused.push({ event, error });
    this.#refused.set(id[0], Math.min(id[1], this.#refused.get(id[0]) ?? id[1]));
  }

  /** The event with an id, if it waits. */
  #find([agent, seq]: EventId): MeshEvent | undefined {
    for (; this.#namedCount < this.#arrived.length; this.#namedCount++) {
      const event = this.#arrived[this.#namedCount] as MeshEvent;
      const [name, number] = event.id;
      const own = this.#byAgent.get(name);
      if (own === undefined) this.#byAgent.set(name, new Map([[number, event]]));
      else own.set(number, event);
    }
    return this.#byAgent.get(agent)?.get(seq);
  }

  #tryIntegrate(event: MeshEvent, integrate: (event: MeshEvent) => void): DatastoreError | undefined {
    const parent = this.#refused.size === 0 ? undefined : event.parents.find((id) => this.#isRefused(id));
    if (parent !== undefined || this.#isRefused(event.id)) {
      const reason = `event ${nameOf(event.id)} saw ${nameOf(parent ?? event.id)}, which was refused`;
      return new DatastoreError('invalid-change', reason);
    }
    try {
      integrate(event);
      return undefined;
    } catch (error) {
      if (error instanceof DatastoreError) return error;
      throw error;
    }
  }

  #isRefused([agent, seq]: EventId): boolean {
    return this.#refused.size > 0 && seq >= (this.#refused.get(agent) ?? Number.POSITIVE_INFINITY);
  }
}

function keyOf(id: EventId): string {
  return id.join('\n');
}

/** Whether two events with one id are the same event. Repeats are rare where replicas ask for what they lack. */
function areSame(left: MeshEvent, right: MeshEvent): boolean {
  return JSON.stringify(formatEvent(left)) === JSON.stringify(formatEvent(right));
}
