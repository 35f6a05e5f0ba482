import { checkFunction } from '../../errors/arguments.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { isPromiseLike } from '../../values/brands.js';

/** A function that is called with each event. */
export type Listener<Event> = (event: Event) => void;

/** How far events may lead to further events: a listener that edits at every change would never come to an end. */
const LONGEST_CHAIN = 1000;

/** An event that waits to be told. */
interface Waiting {
  readonly listeners: readonly Listener<never>[];
  readonly name: PropertyKey;
  readonly event: unknown;
  /** How many events led to it, each caused by a listener of the one before. */
  readonly depth: number;
}

/**
 * The listeners of one object, by the name of the event. Adding a listener twice is adding it once; removing one that
 * was never added has no effect. Once closed, there are none and none can be added.
 *
 * What a listener causes is told when all have heard what it was told of. So every listener hears all events, in the
 * order in which they happened.
 */
export class Listeners<Events extends object> {
  readonly #byName = new Map<PropertyKey, Set<Listener<never>>>();
  readonly #failed: (error: unknown) => void;
  /** The event that is being told, and those after it; `undefined` while nothing is told. */
  #queue: Waiting[] | undefined;
  #depth = 0;
  #isClosed = false;

  /** @param failed hears what a listener throws or rejects with. The other listeners are called all the same. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** @throws DatastoreError `invalid-option` for anything but a function. */
  add<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    checkFunction(listener, 'a listener');
    if (this.#isClosed) return;
    const listeners = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, listeners.add(listener));
  }

  /** @throws DatastoreError `invalid-option` for anything but a function. */
  remove<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    checkFunction(listener, 'a listener');
    const listeners = this.#byName.get(name);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#byName.delete(name);
  }

  removeAll(name: keyof Events): void {
    this.#byName.delete(name);
  }

  has(name: keyof Events): boolean {
    return this.#byName.has(name);
  }

  /**
   * Calls all listeners, before it returns, unless it is called by one: then after all have heard what that one was told
   * of. A listener that an earlier one removes is not called, nor is one that was added after the event.
   */
  tell<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const listeners = [...(this.#byName.get(name) ?? [])];
    if (listeners.length === 0) return;
    const waiting: Waiting = { listeners, name, event, depth: this.#depth + 1 };
    if (waiting.depth > LONGEST_CHAIN) {
      this.#failed(endless());
    } else if (this.#queue === undefined) {
      this.#tellAll([waiting]);
    } else {
      this.#queue.push(waiting);
    }
  }

  /** Removes all listeners for good. */
  close(): void {
    this.#isClosed = true;
    for (const listeners of this.#byName.values()) listeners.clear();
    this.#byName.clear();
  }

  #tellAll(queue: Waiting[]): void {
    this.#queue = queue;
    try {
      // The queue grows while it is told.
      for (const { listeners, name, event, depth } of queue) {
        this.#depth = depth;
        for (const listener of listeners) {
          if (this.#byName.get(name)?.has(listener) === true) this.#call(listener as Listener<unknown>, event);
        }
      }
    } finally {
      this.#queue = undefined;
      this.#depth = 0;
    }
  }

  #call(listener: (event: unknown) => unknown, event: unknown): void {
    try {
      const result = listener(event);
      if (isPromiseLike(result)) result.then(undefined, (error: unknown) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
    }
  }
}

function endless(): DatastoreError {
  return new DatastoreError('bad-state', 'listeners keep answering events with edits: they are not told of this event');
}
