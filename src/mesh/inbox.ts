import { DatastoreError, ServiceError } from '../errors/datastore-error.js';
import { formatEvent, type MeshEvent } from './event.js';
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
  readonly #events = new Map<string, MeshEvent>();
  /** By agent, the first of its events that was refused, with which all later ones fall. */
  readonly #refused = new Map<string, number>();
  #hasNew = false;

  /** Whether anything arrived since {@link drain}. */
  get hasNew(): boolean {
    return this.#hasNew;
  }

  /** What waits. */
  events(): Iterable<MeshEvent> {
    return this.#events.values();
  }

  get isEmpty(): boolean {
    return this.#events.size === 0;
  }

  /**
   * Takes an event, any number of times.
   *
   * @throws ServiceError `log-mismatch` if another event with its id is held or waits. Spec: PEER-2.
   */
  add(event: MeshEvent, graph: EventGraph): void {
    const [agent, seq] = event.id;
    if (seq >= (this.#refused.get(agent) ?? Number.POSITIVE_INFINITY)) return;
    const known = graph.find(event.id)?.event ?? this.#events.get(keyOf(event));
    if (known !== undefined && known !== event && !areSame(known, event)) {
      throw new ServiceError('log-mismatch', `two different events are named ${nameOf(event.id)}`);
    }
    if (graph.has(event.id)) return;
    this.#hasNew ||= known === undefined;
    this.#events.set(keyOf(event), known ?? event);
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
      const missing = event.parents.find((id) => !graph.has(id) && !this.#isRefused(id[0], id[1]));
      if (missing === undefined) ready.push(event);
      else waiting.set(missing.join('\n'), [...(waiting.get(missing.join('\n')) ?? []), event]);
    };
    const arrived = [...this.#events.values()];
    for (const next of arrived) {
      consider(next);
      for (let event = ready.pop(); event !== undefined; event = ready.pop()) {
        const key = keyOf(event);
        this.#events.delete(key);
        if (!graph.has(event.id)) {
          const error = this.#tryIntegrate(event, integrate);
          if (error !== undefined) {
            refused.push({ event, error });
            this.#refused.set(event.id[0], Math.min(event.id[1], this.#refused.get(event.id[0]) ?? event.id[1]));
          }
        }
        const followers = waiting.get(key) ?? [];
        waiting.delete(key);
        for (const follower of followers.reverse()) consider(follower);
      }
    }
    return refused;
  }

  #tryIntegrate(event: MeshEvent, integrate: (event: MeshEvent) => void): DatastoreError | undefined {
    const parent = event.parents.find(([agent, seq]) => this.#isRefused(agent, seq));
    if (parent !== undefined || this.#isRefused(event.id[0], event.id[1])) {
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

  #isRefused(agent: string, seq: number): boolean {
    return seq >= (this.#refused.get(agent) ?? Number.POSITIVE_INFINITY);
  }
}

function keyOf({ id }: MeshEvent): string {
  return id.join('\n');
}

/** Whether two events with one id are the same event. Repeats are rare where replicas ask for what they lack. */
function areSame(left: MeshEvent, right: MeshEvent): boolean {
  return JSON.stringify(formatEvent(left)) === JSON.stringify(formatEvent(right));
}
