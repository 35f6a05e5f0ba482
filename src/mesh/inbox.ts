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
  /** In order of arrival, and by agent and seq. */
  #arrived: MeshEvent[] = [];
  readonly #byAgent = new Map<string, Map<number, MeshEvent>>();
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
    const [agent, seq] = event.id;
    if (this.#isRefused(event.id)) return;
    const own = this.#byAgent.get(agent) ?? new Map<number, MeshEvent>();
    const known = graph.find(event.id)?.event ?? own.get(seq);
    if (known !== undefined && known !== event && !areSame(known, event)) {
      throw new ServiceError(
        'log-mismatch',
        `two different events are named ${nameOf(event.id)}: give each copy of a replica its own name`,
      );
    }
    if (known !== undefined || graph.has(event.id)) return;
    this.#byAgent.set(agent, own.set(seq, event));
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
    const refused: RefusedEvent[] = [];
    const waiting = new Map<string, MeshEvent[]>();
    const ready: MeshEvent[] = [];
    const consider = (event: MeshEvent): void => {
      const missing = event.parents.find((id) => !graph.has(id) && !this.#isRefused(id));
      if (missing === undefined) ready.push(event);
      else waiting.set(keyOf(missing), [...(waiting.get(keyOf(missing)) ?? []), event]);
    };
    for (const next of this.#arrived) {
      consider(next);
      for (let event = ready.pop(); event !== undefined; event = ready.pop()) {
        const { id } = event;
        this.#byAgent.get(id[0])?.delete(id[1]);
        if (!graph.has(id)) {
          const error = this.#tryIntegrate(event, integrate);
          if (error !== undefined) {
            refused.push({ event, error });
            this.#refused.set(id[0], Math.min(id[1], this.#refused.get(id[0]) ?? id[1]));
          }
        }
        if (waiting.size === 0) continue;
        const followers = waiting.get(keyOf(id)) ?? [];
        waiting.delete(keyOf(id));
        for (const follower of followers.reverse()) consider(follower);
      }
    }
    this.#arrived = waiting.size === 0 ? [] : this.#arrived.filter(({ id }) => this.#byAgent.get(id[0])?.has(id[1]));
    return refused;
  }

  #tryIntegrate(event: MeshEvent, integrate: (event: MeshEvent) => void): DatastoreError | undefined {
    const parent = event.parents.find((id) => this.#isRefused(id));
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
    return seq >= (this.#refused.get(agent) ?? Number.POSITIVE_INFINITY);
  }
}

function keyOf(id: EventId): string {
  return id.join('\n');
}

/** Whether two events with one id are the same event. Repeats are rare where replicas ask for what they lack. */
function areSame(left: MeshEvent, right: MeshEvent): boolean {
  return JSON.stringify(formatEvent(left)) === JSON.stringify(formatEvent(right));
}
